"""Standing orders: ordered once when a market opens, within what was agreed, paused by the buyer."""

from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import select

from shop.db import db, transaction
from shop.kernel.errors import NotYours
from shop.markets.actions import sessions
from shop.markets.events import MarketAnnounced
from shop.markets.models import MarketOffer, MarketOrder, MarketSession
from shop.ordering.models import Order, SellerOrder
from shop.organising import closing, standing
from shop.organising.models import StandingLine, StandingOrder, StandingRun
from shop.outbox.relay import deliver_waiting
from shop.sellers.models import Seller
from tests.conftest import NOON
from tests.markets.conftest import BY, NOWHERE, choice
from tests.operations.conftest import Desk

WEEK = timedelta(days=8)


@pytest.fixture
def a_habit(app, an_account, a_seller, a_variant, a_market, at_market, place):
    """Chi ordered two jars at a market that comes every week: (account, order code, series)."""

    def make() -> tuple[int, str, int]:
        chi = an_account("Chi", email="chi@example.net")
        stall = a_seller("Sương")
        unit = db.session.get(Seller, stall).organisation_id
        with transaction() as session:
            series = sessions.write_series(
                session, organisation_id=unit, title_vi="Chợ thứ Bảy", title_en="",
                rule="weekly:6", shift="none", now=NOON, **BY,
            ).id  # fmt: skip
        market, pickup, offer, _, _ = a_market(
            seller_id=stall, series_id=series, quantity=9, price_vnd=40_000
        )
        with transaction() as session:
            session.get_one(MarketOffer, offer).every_time = True
        placed = place(
            at_market({offer: 2}), 80_000, choices=choice(stall, market, pickup),
            destination=NOWHERE, account_id=chi,
        )  # fmt: skip
        return chi, placed.code, series

    return make


def next_market(series: int, **offer: int) -> int:
    """Copy the next session, change what is offered, and show it."""
    by = {**BY, "now": NOON + timedelta(days=1)}
    with transaction() as session:
        row = sessions.copy_session(session, series_id=series, **by)
        for name, value in offer.items():
            one = session.scalars(select(MarketOffer).where(MarketOffer.session_id == row.id)).one()
            setattr(one, name, value)
        session.flush()
        sessions.show_session(session, session_id=row.id, **by)
        return row.id


def opened(market: int) -> None:
    """Let the market open and its news arrive, twice."""
    db.session.rollback()
    at = db.session.get(MarketSession, market).opens_at
    with time_machine.travel(at, tick=False):
        closing.keep_market_hours(at)
        for _ in range(3):
            deliver_waiting(at)
        standing.follow_announcement(MarketAnnounced(market, "opened"))


def keep(chi: int, code: str) -> int:
    with transaction() as session:
        return standing.keep_standing(
            session, account_id=chi, order_code=code, actor_name="Chi", now=NOON
        ).id


def bags(market: int) -> list[int]:
    db.session.rollback()
    return list(
        db.session.scalars(
            select(MarketOrder.amount_vnd).where(
                MarketOrder.session_id == market, MarketOrder.parts > 0
            )
        )
    )


def test_what_was_ordered_once_is_ordered_at_the_next_market_once_and_told(a_habit, mails):
    chi, code, series = a_habit()
    keep(chi, code)
    market = next_market(series)
    opened(market)
    assert bags(market) == [80_000]
    order = db.session.scalars(select(Order).order_by(Order.id.desc())).first()
    assert order.account_id == chi
    part = db.session.scalars(select(SellerOrder).where(SellerOrder.order_id == order.id)).one()
    assert (part.source_kind, part.source_id, part.method) == ("market_session", market, "cod")
    [run] = db.session.scalars(select(StandingRun).where(StandingRun.session_id == market)).all()
    assert (run.order_id, run.left_out, run.why) == (order.id, 0, "")
    told = [str(mail["Subject"]) for mail in mails()]
    assert sum("đã đặt đơn đều" in one for one in told) == 1, told


@pytest.mark.parametrize(
    "offer", [{"price_vnd": 40_001}, {"quantity": 1}, {"fell_at": None, "ended_at": NOON}]
)
def test_dearer_short_or_gone_nothing_is_ordered_and_she_is_told(a_habit, mails, offer):
    chi, code, series = a_habit()
    keep(chi, code)
    if "ended_at" in offer:
        market = next_market(series)
        with transaction() as session:
            one = session.scalars(select(MarketOffer).where(MarketOffer.session_id == market)).one()
            one.ended_at = NOON
    else:
        market = next_market(series, **offer)
    opened(market)
    assert bags(market) == []
    [run] = db.session.scalars(select(StandingRun).where(StandingRun.session_id == market)).all()
    assert (run.order_id, run.why) == (None, "market_nothing_ordered")
    told = [str(mail["Subject"]) for mail in mails()]
    assert sum("chưa đặt được" in one for one in told) == 1, told


def test_paused_it_rests_and_goes_on_after(a_habit, sign_in):
    chi, code, series = a_habit()
    hers = Desk(sign_in(chi), chi)
    base = "/tai-khoan/don-deu"
    assert code in hers.get(base).text
    assert hers.post(f"{base}/tu/{code}").status_code == 303
    assert hers.post(f"{base}/tu/{code}").status_code == 409, "One a market."
    mine = db.session.scalars(select(StandingOrder.id)).one()
    assert hers.post(f"{base}/{mine}/nghi").status_code == 303
    assert "Đang nghỉ" in hers.get(base).text
    market = next_market(series)
    opened(market)
    assert bags(market) == []
    first = db.session.scalars(select(StandingRun.session_id)).all()
    assert len(first) == 1, "The market of the order itself has its order."
    assert market not in first
    assert hers.post(f"{base}/{mine}/tiep").status_code == 303
    opened(market)
    assert bags(market) == [80_000]
    assert hers.post(f"{base}/{mine}/thoi").status_code == 303
    assert hers.post(f"{base}/{mine}/nghi").status_code == 404
    assert db.session.scalars(select(StandingLine.quantity)).all() == [2]


def test_anothers_order_becomes_no_standing_order(a_habit, an_account):
    _, code, _ = a_habit()
    other = an_account("Xa")
    with pytest.raises(NotYours), transaction() as session:
        standing.keep_standing(
            session, account_id=other, order_code=code, actor_name="Xa", now=NOON
        )
