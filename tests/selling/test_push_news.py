"""A new order is pushed to the stall's people, and an announcement to those whom it is for."""

import json
from datetime import timedelta

import pytest
from sqlalchemy import select

from shop.accounts.models import SignIn
from shop.db import db, transaction
from shop.kernel.clock import now_utc, vietnam_date
from shop.notifications import push_rules, pushing
from shop.notifications.push_handlers import announced, order_placed
from shop.ordering.events import OrderPlaced
from shop.ordering.models import SellerOrder
from shop.organisations.actions import appoint
from shop.organisations.telling.actions import announce
from shop.organisations.telling.events import Announced
from shop.sellers.helping import grant_help
from tests.notifications.test_push import AUTH, HERS, opened


@pytest.fixture
def pushes(app, monkeypatch):
    """Let a person's device be pushed to; what came there is kept, read by the device itself."""
    settings = app.extensions["settings"]
    for name, value in (("push_key", push_rules.new_key()), ("push_hosts", "127.0.0.1:9")):
        monkeypatch.setitem(settings.__dict__, name, value)
    came = []

    def service(_method, address, _headers, body):
        came.append((address.rpartition("/")[2], json.loads(opened(body))))
        return 201, b"", {}

    monkeypatch.setattr(pushing, "fetch", service)

    def give(account_id, locale="vi"):
        with transaction() as session:
            pushing.add_device(
                session, account_id=account_id, locale=locale, p256dh=HERS, auth=AUTH,
                sign_in_id=session.scalar(
                    select(SignIn.id).where(SignIn.account_id == account_id)
                ),
                endpoint=f"http://127.0.0.1:9/{account_id}", now=now_utc(),
            )  # fmt: skip

    give.came = came
    return give


def test_a_new_order_is_pushed_to_its_stall_alone_without_a_name(pushes, a_stall, in_state):
    hers, other = a_stall(), a_stall()
    pushes(hers.owner_id)
    pushes(other.owner_id)
    order = in_state("placed", seller_id=hers.id)
    event = OrderPlaced(
        order_id=db.session.scalar(select(SellerOrder.order_id).where(SellerOrder.id == order))
    )
    order_placed(event)
    order_placed(event)
    ((device, shown),) = pushes.came
    assert device == str(hers.owner_id)
    assert shown["body"].startswith("Đơn mới: 1")
    assert shown["body"].endswith("Đà Nẵng")
    assert shown["url"].endswith(f"/ban-hang/don/{order}")
    page = hers.page(f"/ban-hang/don/{order}")
    assert page.split('<h1 class="h2">')[1].split("<")[0] not in str(shown)


def test_an_announcement_is_pushed_to_the_units_people_in_their_language(
    pushes, an_organisation, an_account, sign_in
):
    unit, elsewhere, now = an_organisation("Hội A"), an_organisation("Hội B"), now_utc()
    people = [an_account(name) for name in ("Lành", "Hảo")]
    with transaction() as session:
        for person, where in zip(people, (unit, elsewhere), strict=True):
            appoint(
                session, organisation_id=where, account_id=person, role="officer",
                starts_on=vietnam_date(now), actor_id=None, actor_name="", now=now,
            )  # fmt: skip
    for person in people:
        sign_in(person, "officer")
        pushes(person, "en")
    with transaction() as session:
        row = announce(
            session, organisation_id=unit, title="Họp tổ thứ bảy", text="Mời chị em.",
            is_open=False, actor_id=None, actor_name="", now=now,
        )  # fmt: skip
        number = row.id
    announced(Announced(announcement_id=number))
    ((device, shown),) = pushes.came
    assert device == str(people[0])
    assert shown["body"] == "Họp tổ thứ bảy"
    assert "/en/" in shown["url"]


@pytest.mark.parametrize(
    ("right", "is_over", "is_told"),
    [("see_orders", False, True), ("move_orders", False, True), ("edit_goods", False, False),
     ("see_orders", True, False)],
)  # fmt: skip
def test_a_new_order_is_pushed_to_who_helps_with_orders_while_her_leave_holds(
    app, pushes, a_stall, in_state, an_account, sign_in, right, is_over, is_told
):
    hers, helper = a_stall(), an_account("Lê Thị Lan")
    now = now_utc()
    with transaction() as session:
        leave = grant_help(
            session, seller_id=hers.id, helper_id=helper, owner_id=hers.owner_id, rights=[right],
            last_day=vietnam_date(now) + timedelta(days=9), consent_kind="voice",
            consent_on=vietnam_date(now), actor_id=None, actor_name="Hương", now=now,
        )  # fmt: skip
        if is_over:
            leave.ends_at = now + timedelta(microseconds=1)
    sign_in(helper, "seller")
    pushes(helper)
    order = in_state("placed", seller_id=hers.id)
    order_placed(
        OrderPlaced(
            order_id=db.session.scalar(select(SellerOrder.order_id).where(SellerOrder.id == order))
        )
    )
    assert [device for device, _ in pushes.came] == [str(helper)] * is_told
