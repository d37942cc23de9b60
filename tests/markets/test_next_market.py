"""Late money of a market that is over pays the same goods at the next one of its series."""

from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import select

from shop.db import db, transaction
from shop.markets.actions import sessions
from shop.markets.models import MarketOffer, MarketOrder, MarketSession
from shop.markets.rules.refusals import NoNextMarket, NotAtNextMarket
from shop.ordering.models import Order, SellerOrder
from shop.organising import closing, market_day
from shop.organising.next_market import next_market, take_to_next_market
from shop.payments.actions import confirm_received
from shop.payments.methods import By
from shop.payments.models import Credit, Payment, Refund
from shop.payments.queries import last_money_event
from shop.payments.rules.refunds import RefundMovedOn
from shop.sellers.bank_accounts import change_bank_account
from shop.sellers.models import Seller
from tests.cards.worker import deliver
from tests.conftest import NOON
from tests.engines import both_engines
from tests.markets.conftest import BY

OFFICER = By("officer", None, "Hương")
CLOSED = NOON + timedelta(days=2, hours=1)
DAY = NOON + timedelta(days=3, hours=1)
NEXT = NOON + timedelta(days=5)


def delivered(now) -> None:
    with time_machine.travel(now + timedelta(minutes=1), tick=False):
        deliver()


@pytest.fixture
def late(app, a_market, a_seller):
    """Two of a thing for 80.000 were transferred once the market was over; returns ids.

    ``late(collects=True, price_vnd=30_000)``: what it costs at the next market, None for no
    market.
    """

    def make(*, collects: bool = True, price_vnd: int | None = 30_000, quantity: int = 9):
        seller = a_seller("Sương")
        unit = db.session.get(Seller, seller).organisation_id
        db.session.rollback()
        with transaction() as session:
            change_bank_account(
                session, organisation_id=unit, bank_bin="970405", holder="HOI LHPN XA",
                number="4711000815", now=NOON - timedelta(days=9), **BY,
            )  # fmt: skip
            series = sessions.write_series(
                session, organisation_id=unit, title_vi="Chợ thứ Bảy", title_en="", rule="weekly:6",
                shift="none", now=NOON, **BY,
            ).id  # fmt: skip
        market, pickup, offer, variant, _ = a_market(
            seller_id=seller, series_id=series, collects=collects
        )
        with transaction() as session:
            order = market_day.order_for(
                session, session_id=market, goods={offer: 2}, name="Trần Lan",
                phone="+84905000123", pickup_id=pickup, method="transfer", attempt_id="a",
                locale="vi", now=NOON, **BY,
            ).order_id  # fmt: skip
        payment = db.session.scalars(select(Payment.id)).one()
        db.session.rollback()
        closing.keep_market_hours(CLOSED)
        with transaction() as session:
            market_day.leave_bag(session, session_id=market, number=1, key="a", now=DAY, **BY)
        delivered(DAY)
        with transaction() as session:
            confirm_received(
                session, payment_id=payment, amount_vnd=80_000,
                after=last_money_event(session, payment), by=OFFICER, note="", now=NEXT,
            )  # fmt: skip
        delivered(NEXT)
        if price_vnd is not None:
            a_market(
                seller_id=seller, variant_id=variant, series_id=series, collects=collects,
                price_vnd=price_vnd, quantity=quantity, now=NEXT,
            )  # fmt: skip
        refund = db.session.scalars(select(Refund)).one()
        assert (refund.reason, refund.amount_vnd) == ("late", 80_000)
        db.session.rollback()
        return order, payment, refund.id, unit

    return make


def take(refund: int):
    with transaction() as session:
        return take_to_next_market(session, refund_id=refund, by=OFFICER, now=NEXT)


def paid() -> list[tuple[int, int]]:
    db.session.rollback()
    return [
        (one.amount_vnd, one.received_vnd)
        for one in db.session.scalars(select(Payment).order_by(Payment.id))
    ]


@both_engines
@pytest.mark.parametrize("collects", [True, False], ids=["unit", "seller"])
def test_late_money_pays_the_same_goods_there_and_the_rest_stays_on_a_code(late, collects):
    _, _, refund, _ = late(collects=collects)
    placed = take(refund)
    bag = db.session.scalars(
        select(MarketOrder).where(MarketOrder.order_id == placed.order_id)
    ).one()
    newest = db.session.scalars(select(MarketSession.id).order_by(MarketSession.id.desc())).first()
    assert bag.session_id == newest
    assert paid()[1] == (60_000, 60_000)
    credit = db.session.scalars(select(Credit)).one()
    assert (credit.issued_vnd, credit.left_vnd) == (80_000, 20_000)
    assert (credit.organisation_id is not None) is collects
    assert db.session.get_one(MarketOffer, 2).taken == 2
    db.session.rollback()
    with pytest.raises(RefundMovedOn):
        take(refund)
    assert len(paid()) == 2


def test_what_costs_more_there_is_still_asked_of_the_buyer(late):
    _, _, refund, _ = late(price_vnd=50_000)
    with transaction() as session:
        assert next_market(session, refund, NEXT).left_vnd == -20_000
    take(refund)
    assert paid()[1] == (100_000, 80_000)
    assert db.session.scalars(select(Credit.left_vnd)).one() == 0


@pytest.mark.parametrize(
    ("more", "refused"),
    [({"price_vnd": None}, NoNextMarket), ({"quantity": 1}, NotAtNextMarket)],
    ids=["no market", "too few"],
)
def test_without_a_market_or_goods_nothing_is_stored(late, more, refused):
    order, _, refund, _ = late(**more)
    with pytest.raises(refused):
        take(refund)
    db.session.rollback()
    assert db.session.scalars(select(Order.id)).all() == [order]
    assert db.session.scalars(select(Credit.id)).all() == []
    assert db.session.scalars(select(Refund.state)).one() == "asked"


def test_the_treasurer_writes_it_down_and_others_do_not_see_it(
    late, an_officer, an_organisation
):  # fmt: skip
    _, payment, refund, unit = late()
    at = f"/dieu-hanh/phien-cho/tien-tre/{refund}"
    with time_machine.travel(NEXT, tick=False):
        treasurer, stranger = (
            an_officer(unit, "treasurer"),
            an_officer(an_organisation("Xa"), "head"),
        )
        assert f'href="{at}"' in treasurer.get(f"/dieu-hanh/tien-ve/{payment}").text
        page = treasurer.get(at).text
        assert "20.000" in page
        assert "Nhà văn hoá thôn" in page
        for other in (stranger, an_officer(unit, "officer")):
            assert other.get(at).status_code == 404
            assert other.post(at).status_code == 404
        assert treasurer.post(at).location == f"/dieu-hanh/tien-ve/{payment}?da=phien-sau"
        again = treasurer.post(at)
        assert again.status_code == 409
        assert "vừa đổi khác" in again.text
    assert paid()[1] == (60_000, 60_000)
    states = db.session.scalars(select(SellerOrder.state).order_by(SellerOrder.id)).all()
    assert states == ["not_collected", "placed"]


def test_the_desk_of_the_market_names_late_money_on_a_seller_s_own_account(
    late, an_officer
):  # fmt: skip
    order, _, refund, unit = late(collects=False)
    at = f"/dieu-hanh/phien-cho/tien-tre/{refund}"
    with transaction() as session:
        code = session.get_one(Order, order).code
        first, second = session.scalars(select(MarketSession.id).order_by(MarketSession.id))
    with time_machine.travel(NEXT, tick=False):
        officer = an_officer(unit, "head")
        desk = f"/dieu-hanh/phien-cho/{first}"
        page = officer.get(desk).text
        assert f'href="{at}"' in page
        assert f"Đơn {code}, 80.000" in page
        assert at not in officer.get(f"/dieu-hanh/phien-cho/{second}").text
        assert f'href="{desk}"' in officer.get(at).text
        assert officer.post(at).location == f"{desk}?da=phien-sau"
        assert at not in officer.get(desk).text, "It is paid."
