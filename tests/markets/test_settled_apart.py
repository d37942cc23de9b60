"""A market's settlement holds what was sold there alone; nothing is paid twice, and nothing never."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select, update

from shop.db import db, transaction
from shop.kernel.clock import vietnam_date
from shop.markets.models import MarketSession
from shop.operations.proofs import broken
from shop.organising import market_day
from shop.payouts.actions.deciding import approve_settlement, change_rhythm, unapprove_settlement
from shop.payouts.actions.drafting import draft_settlement, drop_settlement
from shop.payouts.jobs import draft_due
from shop.payouts.models import PayoutLine, PayoutMark, PayoutStatement, Settlement
from shop.payouts.queries.owed import owed_by
from shop.payouts.rules import NothingToSettle
from shop.sellers.models import Payee, Seller
from tests.conftest import NOON
from tests.engines import both_engines
from tests.markets.conftest import BY
from tests.markets.test_settling import EVENING, settle
from tests.payments.conftest import payments_of, receive
from tests.payments.test_books import move
from tests.payouts.conftest import OFFICER

NIGHT = EVENING + timedelta(hours=3)


@pytest.fixture
def both(an_evening, a_variant, an_order, an_account):
    """A market and a sale in the shop of the same unit and seller: (market, unit, shop's đồng)."""
    unit, seller = db.session.execute(
        select(Payee.organisation_id, func.min(Seller.id))
        .join(MarketSession, MarketSession.payee_id == Payee.id)
        .join(Seller, Seller.organisation_id == Payee.organisation_id)
        .where(MarketSession.id == an_evening)
        .group_by(Payee.organisation_id)
    ).one()
    db.session.rollback()
    with transaction() as session:
        session.execute(
            update(Seller).where(Seller.id == seller).values(paid_through_organisation=True)
        )
    made = an_order({a_variant(seller_id=seller): (seller, "transfer")}, now=NOON)
    [payment] = payments_of(made.order_id)
    receive(payment.id, payment.amount_vnd, OFFICER)
    move(made.parts[0], "confirmed", "packed", "handed_over", "delivered", at=NOON)
    return an_evening, unit, an_account("Cán bộ")


def draft(unit: int, now=NIGHT) -> int:
    with transaction() as session:
        return draft_settlement(
            session, organisation_id=unit, to_on=vietnam_date(now), now=now, **BY
        ).id


def drop(settlement_id: int) -> None:
    with transaction() as session:
        drop_settlement(session, settlement_id=settlement_id, now=NIGHT, **BY)


def paid(settlement_id: int | None) -> int:
    """Return what a settlement pays, with what it carries over."""
    db.session.rollback()
    row = db.session.get_one(Settlement, settlement_id)
    return row.pays_vnd + row.carried_vnd


def of_market(market: int) -> int | None:
    db.session.rollback()
    return db.session.get_one(MarketSession, market).settlement_id


def owed(unit: int) -> int:
    db.session.rollback()
    return sum(row.owed_vnd for row in owed_by(db.session(), [unit]))


@both_engines
def test_a_market_and_a_period_hold_each_its_own(both):
    market, unit, _ = both
    whole = owed(unit)
    settle(market)
    period = draft(unit)
    at_market = paid(of_market(market))
    assert 0 < at_market < whole
    assert paid(of_market(market)) + paid(period) == whole
    lines = select(func.count(func.distinct(PayoutLine.entry_id)), func.count(PayoutLine.entry_id))
    assert len(set(db.session.execute(lines).one())) == 1
    assert not broken(db.session())


@both_engines
def test_a_waiting_draft_of_a_period_keeps_no_market_from_ending(both):
    market, unit, _ = both
    whole = owed(unit)
    period = draft(unit)
    assert paid(period) == whole, "It took what was there."
    settle(market)
    assert of_market(market) is None, "Nothing is left for the market: nothing is paid twice."
    drop(period)
    with transaction() as session:
        market_day.unsettle_market(session, session_id=market, now=NIGHT, **BY)
    settle(market)
    assert 0 < paid(of_market(market)) < whole
    assert paid(of_market(market)) + paid(draft(unit)) == whole


@both_engines
@pytest.mark.parametrize("period_first", [False, True])
def test_what_a_dropped_draft_held_is_paid_later_whatever_was_drafted_after_it(both, period_first):
    """Marks of the one never pass by what the other lets go."""
    market, unit, person = both
    whole = owed(unit)
    if period_first:
        period = draft(unit)
        drop(period)
        settle(market)
        period = draft(unit)
    else:
        settle(market)
        period = draft(unit)
    in_market = paid(of_market(market))
    with transaction() as session:
        approve_settlement(
            session, settlement_id=period, approver_id=person, actor_id=person, actor_name="",
            now=NIGHT,
        )  # fmt: skip
        market_day.unsettle_market(session, session_id=market, now=NIGHT, **BY)
    again = draft(unit, NIGHT + timedelta(minutes=1))
    assert paid(again) == in_market
    assert paid(period) + paid(again) == whole
    assert not broken(db.session())


@both_engines
def test_what_a_market_does_not_pay_stays_open_for_the_period(both):
    market, unit, _ = both
    whole = owed(unit)
    with transaction() as session:
        change_rhythm(
            session, organisation_id=unit, rhythm="monthly", least_vnd=50_000, now=NIGHT, **BY
        )
    settle(market)
    held = paid(of_market(market))
    db.session.rollback()
    rows = db.session.scalars(
        select(PayoutStatement).where(PayoutStatement.settlement_id == of_market(market))
    ).all()
    assert all(row.pays_vnd >= 50_000 and row.carried_vnd == 0 for row in rows)
    assert held < whole
    [period] = [draft(unit)]
    db.session.rollback()
    row = db.session.get_one(Settlement, period)
    assert held + row.pays_vnd + row.carried_vnd == whole
    assert not broken(db.session())


def test_the_clocks_months_do_not_count_a_market(both):
    market, unit, person = both
    settle(market)
    made = of_market(market) or 0
    with transaction() as session:
        approve_settlement(
            session, settlement_id=made, approver_id=person, actor_id=person, actor_name="",
            now=NIGHT,
        )  # fmt: skip
        unapprove_settlement(session, settlement_id=made, now=NIGHT, actor_id=None, actor_name="")
        change_rhythm(session, organisation_id=unit, rhythm="weekly", least_vnd=0, now=NIGHT, **BY)
    draft_due(NIGHT + timedelta(days=8))
    db.session.rollback()
    kinds = db.session.scalars(select(Settlement.source_kind).order_by(Settlement.id)).all()
    assert kinds == ["market", "period"]
    assert (
        db.session.scalar(
            select(func.count())
            .select_from(PayoutMark)
            .where(PayoutMark.settlement_id == of_market(market))
        )
        == 0
    )
    with pytest.raises(NothingToSettle):
        drop(db.session.scalars(select(func.max(Settlement.id))).one())
        draft(unit, NOON - timedelta(days=20))
