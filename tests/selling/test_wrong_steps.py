"""A step that was tapped wrongly is taken back: goods, cash, transfer, books and buyer are as before."""

import re
from functools import partial
from typing import Any

import pytest
from sqlalchemy import func, select

from shop.audit.models import AuditEntry
from shop.db import db, transaction
from shop.kernel.clock import now_utc
from shop.ledger.queries import booked
from shop.operations.proofs import broken
from shop.operations.queries import orders as desk
from shop.ordering.actions import move_seller_order
from shop.ordering.models import Order, SellerOrder, SellerOrderMove
from shop.ordering.queries import order_page
from shop.ordering.rules import (
    ACTOR_KINDS,
    MOVES,
    TAKEN_BACK,
    IllegalMove,
    SellerOrderState,
    take_back,
    without_wrong_taps,
)
from shop.payments import refunds
from shop.payments.actions import confirm_received
from shop.payments.methods import By
from shop.payments.models import CodCollection, Payment
from shop.payments.queries import last_money_event
from shop.payments.told import TRANSFER, Subject
from shop.sellers.models import Seller
from shop.web.lists import cut
from tests.engines import both_engines

S = SellerOrderState


@pytest.fixture(autouse=True)
def all_is_proved(request: pytest.FixtureRequest) -> Any:
    """After each test that used the shop, stock, orders, payments and books hold together."""
    used = "app" in request.fixturenames
    yield
    if used:
        db.session.rollback()
        assert broken(db.session()) == {}
        db.session.rollback()


def last_move(part: int) -> int:
    db.session.rollback()
    found = db.session.scalar(
        select(func.max(SellerOrderMove.id)).where(SellerOrderMove.seller_order_id == part)
    )
    db.session.rollback()
    return found or 0


def cash_of(part: int) -> tuple[str, int]:
    db.session.rollback()
    row = db.session.get_one(CodCollection, part)
    return row.state, row.amount_vnd


def payment_of(part: int) -> Payment:
    db.session.rollback()
    return db.session.scalars(
        select(Payment)
        .join(SellerOrder, SellerOrder.order_id == Payment.order_id)
        .where(SellerOrder.id == part)
    ).one()


def under_way(stall: Any, part: int, to: str) -> None:
    """Tap a parcel that was sent as not accepted or lost, as the seller does."""
    stall.post(f"/ban-hang/don/{part}/giao", kieu="carrier", hang="ghtk", ma="S1A2")
    answer = stall.post(f"/ban-hang/don/{part}/buoc", toi=to)
    assert answer.status_code == 303


def tapped_back(stall: Any, part: int, move: int | None = None) -> Any:
    return stall.post(f"/ban-hang/don/{part}/buoc/lui/{move or last_move(part)}")


def pay(payment_id: int) -> None:
    with transaction() as session:
        payment = session.get_one(Payment, payment_id)
        confirm_received(
            session, payment_id=payment_id, amount_vnd=payment.amount_vnd, after=0,
            by=By("seller"), now=now_utc(),
        )  # fmt: skip


def test_only_some_steps_have_a_way_back_and_it_is_no_move():
    assert set(TAKEN_BACK) == {
        (S.PACKED, S.CONFIRMED), (S.HANDED_OVER, S.PACKED), (S.READY_FOR_PICKUP, S.PACKED),
        (S.DELIVERED, S.HANDED_OVER), (S.DELIVERED, S.READY_FOR_PICKUP),
        (S.NOT_COLLECTED, S.READY_FOR_PICKUP), (S.REFUSED, S.HANDED_OVER), (S.LOST, S.HANDED_OVER),
    }  # fmt: skip
    assert not set(TAKEN_BACK) & set(MOVES)
    for current in S:
        for to in S:
            for kind in ACTOR_KINDS:
                try:
                    allowed = take_back(current, to, kind) == to
                except IllegalMove:
                    allowed = False
                is_house = kind in ("seller", "officer", "operator")
                assert allowed == ((current, to) in TAKEN_BACK and is_house), (current, to, kind)


def test_a_buyer_reads_nothing_of_a_wrong_tap():
    def step(from_state: str, to_state: str) -> Any:
        return type("Step", (), {"from_state": from_state, "to_state": to_state})

    steps = [
        step("packed", "handed_over"), step("handed_over", "lost"), step("lost", "handed_over"),
        step("handed_over", "refused"), step("refused", "handed_over"),
        step("handed_over", "delivered"),
    ]  # fmt: skip
    assert [s.to_state for s in without_wrong_taps(steps)] == ["handed_over", "delivered"]


@both_engines
@pytest.mark.parametrize("wrong", ["refused", "lost"])
def test_a_parcel_for_cash_is_under_way_again_and_its_cash_is_waited_for(
    stall, in_state, state_of, wrong
):
    part = in_state("packed", seller_id=stall.id)
    under_way(stall, part, wrong)
    assert cash_of(part) == ("written_off", 120_000)
    move = last_move(part)
    page = stall.page(f"/ban-hang/don/{part}")
    assert f"/ban-hang/don/{part}/buoc/lui/{move}" in page
    for _ in range(2):  # A second tap is no second step.
        answer = tapped_back(stall, part, move)
        assert answer.headers["Location"] == f"/ban-hang/don/{part}?da=hoan-tac"
    assert state_of(part) == "handed_over"
    assert cash_of(part) == ("promised", 120_000)
    assert last_move(part) == move + 1
    order = db.session.scalars(select(Order).join(SellerOrder).where(SellerOrder.id == part)).one()
    assert order.link_expires_at is None, "The buyer's private link lives on."
    db.session.rollback()
    page = stall.page(f"/ban-hang/don/{part}")
    assert "Ghi nhầm, hàng vẫn đang trên đường" in page
    assert f"/lui/{move}" not in page
    assert stall.post(f"/ban-hang/don/{part}/buoc", toi="delivered").status_code == 303
    assert cash_of(part) == ("with_carrier", 120_000)


@both_engines
def test_a_transfer_is_hers_again_and_the_books_say_so(stall, in_state, state_of):
    part = in_state("packed", seller_id=stall.id, method="transfer")
    payment = payment_of(part).id
    pay(payment)
    under_way(stall, part, "refused")
    assert payment_of(part).amount_vnd == 0
    subject = f"payment:{payment}"
    kinds = {
        account.kind for account, vnd in booked(db.session(), [subject])[subject].items() if vnd
    }
    assert "refunds_payable" in kinds
    assert tapped_back(stall, part).status_code == 303
    paid = payment_of(part)
    assert (paid.amount_vnd, paid.received_vnd, paid.expired_at) == (120_000, 120_000, None)
    stands = {a.kind: vnd for a, vnd in booked(db.session(), [subject])[subject].items() if vnd}
    assert stands == {"bank": 120_000, "prepaid": -120_000}


@both_engines
def test_money_that_went_back_meanwhile_keeps_the_step_as_it_is(stall, in_state, state_of):
    part = in_state("packed", seller_id=stall.id, method="transfer")
    payment = payment_of(part).id
    pay(payment)
    under_way(stall, part, "lost")
    with transaction() as session:
        refunds.give_back(
            session, of=Subject(TRANSFER, payment), amount_vnd=20_000,
            after=last_money_event(session, payment), by=By("seller"), now=now_utc(),
        )  # fmt: skip
    move = last_move(part)
    answer = tapped_back(stall, part, move)
    assert answer.status_code == 409
    assert "đã trả lại khách 20.000" in answer.text.replace("\u00a0", " ")
    assert state_of(part) == "lost"
    assert last_move(part) == move
    assert payment_of(part).amount_vnd == 0


def test_what_happened_after_it_keeps_a_step(stall, in_state, state_of):
    part = in_state("packed", seller_id=stall.id)
    under_way(stall, part, "refused")
    move = last_move(part)
    stall.post(f"/ban-hang/don/{part}/buoc", toi="returned", ban_lai="y")
    assert tapped_back(stall, part, move).status_code == 409
    assert state_of(part) == "returned"


def test_a_step_of_the_clock_or_of_another_stall_is_not_taken_back(
    a_stall, stall, in_state, state_of
):
    part = in_state("packed", seller_id=stall.id)
    under_way(stall, part, "refused")
    move = last_move(part)
    other = a_stall()
    assert tapped_back(other, part, move).status_code == 404
    assert tapped_back(stall, part, move - 2).status_code == 409
    assert tapped_back(stall, part, 10**9).status_code == 404
    assert state_of(part) == "refused"
    clocked = in_state("handed_over", seller_id=stall.id)
    with transaction() as session:
        move_seller_order(
            session, seller_order_id=clocked, to="lost", actor_kind="system", actor_id=None,
            now=now_utc(),
        )  # fmt: skip
    assert "/lui/" not in stall.page(f"/ban-hang/don/{clocked}")
    assert tapped_back(stall, clocked).status_code == 409
    assert state_of(clocked) == "lost"


def test_the_buyer_is_told_that_it_was_a_mistake(stall, in_state, deliver, mails):
    part = in_state("packed", seller_id=stall.id)
    under_way(stall, part, "refused")
    deliver()
    assert any("không được nhận" in mail["Subject"] for mail in mails())
    tapped_back(stall, part)
    deliver()
    (letter,) = [mail for mail in mails() if "vẫn đang trên đường" in mail["Subject"]]
    assert "báo nhầm" in letter.get_body(("plain",)).get_content()
    row = db.session.get_one(SellerOrder, part)
    page = order_page(db.session(), row.order_id)
    assert page is not None
    assert page.summary.key == "handed_over"
    db.session.rollback()


def test_a_wrong_tap_that_no_letter_told_yet_is_told_to_nobody(stall, in_state, deliver, mails):
    part = in_state("packed", seller_id=stall.id)
    deliver()
    before = len(mails())
    stall.post(f"/ban-hang/don/{part}/giao", kieu="carrier", hang="ghtk", ma="S1A2")
    tapped_back(stall, part)
    deliver()
    assert len(mails()) == before
    stall.post(f"/ban-hang/don/{part}/giao", kieu="carrier", hang="ghtk", ma="S1A3")
    deliver()
    (letter,) = [mail for mail in mails() if "đã gửi hàng" in mail["Subject"]]
    text = letter.get_body(("plain",)).get_content()
    assert "S1A3" in text
    assert "S1A2" not in text


def test_who_helps_the_seller_takes_it_back_by_page(
    stall, in_state, state_of, an_officer, an_organisation
):  # fmt: skip
    part = in_state("packed", seller_id=stall.id)
    under_way(stall, part, "refused")
    unit = db.session.scalars(select(Seller.organisation_id).where(Seller.id == stall.id)).one()
    db.session.rollback()
    at = f"/dieu-hanh/nguoi-ban/{stall.id}/don"
    back = f"{at}/{part}/lui/{last_move(part)}"
    for stranger in (an_officer(an_organisation()), an_officer(unit, "treasurer")):
        assert stranger.get(at).status_code == 404
        assert stranger.post(back).status_code == 404
    helper = an_officer(unit)
    assert "Bấm nhầm ở đơn" in helper.get(f"/dieu-hanh/nguoi-ban/{stall.id}").text
    assert back in helper.get(at).text
    for _ in range(2):
        assert helper.post(back).headers["Location"] == f"{at}?da=hoan-tac"
    assert state_of(part) == "handed_over"
    lines = db.session.execute(
        select(AuditEntry.actor_id, AuditEntry.facts).where(
            AuditEntry.action == "order_step.taken_back"
        )
    ).all()
    assert [line.actor_id for line in lines] == [helper.account_id], "One act, one line."
    db.session.rollback()
    assert back not in helper.get(at).text
    assert helper.post(f"{at}/{part}/lui/{last_move(part)}").status_code == 409, "The way back."


@both_engines
def test_an_older_refusal_is_found_behind_newer_parcels_and_what_moved_by_itself_hides_none(
    stall, in_state, an_officer, run, monkeypatch
):
    monkeypatch.setattr(desk, "cut", partial(cut, size=2))
    refused = in_state("packed", seller_id=stall.id)
    under_way(stall, refused, "refused")
    tapped = [refused, *(in_state("packed", seller_id=stall.id) for _ in range(2))]
    for part in tapped[1:]:
        stall.post(f"/ban-hang/don/{part}/giao", kieu="own")
    for _ in range(3):
        moving = in_state("packed", seller_id=stall.id)
        with transaction() as session:
            move_seller_order(
                session, seller_order_id=moving, to="handed_over", actor_kind="system",
                actor_id=None, now=now_utc(),
            )  # fmt: skip
    seller = db.session.get_one(Seller, stall.id)
    slug, unit = seller.slug, seller.organisation_id
    at, helper = f"/dieu-hanh/nguoi-ban/{stall.id}/don", an_officer(unit)
    for page, shown in ((1, tapped[1:]), (2, [refused])):
        text = helper.get(f"{at}?trang={page}").text
        assert sorted(map(int, re.findall(rf"{at}/(\d+)/lui/", text))) == shown
        assert f"Trang {page} trên 2" in text
    assert len(run("order", "wrong-steps", slug).splitlines()) == 3


def test_the_desk_takes_it_back_by_command(stall, in_state, state_of, run):
    part = in_state("packed", seller_id=stall.id)
    under_way(stall, part, "lost")
    slug, code = db.session.execute(
        select(Seller.slug, Order.code)
        .select_from(SellerOrder)
        .join(Order, Order.id == SellerOrder.order_id)
        .join(Seller, Seller.id == SellerOrder.seller_id)
        .where(SellerOrder.id == part)
    ).one()
    step = str(last_move(part))
    assert f"{step}  {code}" in run("order", "wrong-steps", slug)
    assert "Đã ghi" in run("order", "take-back", slug, code.lower(), "--step", step)
    assert state_of(part) == "handed_over"
    again = run("order", "take-back", slug, code, "--step", step, fails=True)
    assert "không có bước nào" in again
    assert state_of(part) == "handed_over", "The step before it is another act."
    line = db.session.execute(
        select(AuditEntry.action, AuditEntry.channel).order_by(AuditEntry.id.desc()).limit(1)
    ).one()
    assert tuple(line) == ("order_step.taken_back", "command")
    db.session.rollback()


@pytest.mark.parametrize("state", ["placed", "handed_over", "refused", "delivered", "returned"])
def test_the_summary_of_a_wrong_step_leads_to_something_on_the_page(stall, in_state, state):
    part = in_state(state, seller_id=stall.id)
    for fields in ({"toi": "moon"}, {"toi": "cancelled", "ghi_chu": "x" * 301}):
        answer = stall.post(f"/ban-hang/don/{part}/buoc", **fields)
        assert answer.status_code == 422
        summary = answer.text.split("data-summary", 1)[1].split("</ul>")[0]
        targets = re.findall(r'href="#([^"]+)"', summary)
        assert targets
        for target in targets:
            assert f'id="{target}"' in answer.text, (state, fields, target)


def test_forms_of_an_order_leave_what_is_wrong_to_the_shop(stall, in_state):
    orders = [in_state(state, seller_id=stall.id) for state in ("placed", "confirmed", "refused")]
    for order in [*orders, in_state("placed", seller_id=stall.id, method="transfer")]:
        page = stall.page(f"/ban-hang/don/{order}")
        forms = re.findall(r"<form[^>]*>.*?</form>", page.split("<main")[1], re.DOTALL)
        assert forms
        for form in forms:
            if re.search(r'<(?:select|textarea|input (?![^>]*type="hidden"))', form):
                assert "novalidate" in form.split(">")[0], form[:200]
