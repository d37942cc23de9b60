"""What a settlement counts has arrived: the tap that says so is taken back before, or not at all."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from shop.db import db, transaction
from shop.kernel.clock import day_begins, vietnam_date
from shop.kernel.errors import Refusal
from shop.ledger.models import LedgerAccount, LedgerEntry, LedgerTransaction
from shop.operations.proofs import broken
from shop.ordering.models import SellerOrder, SellerOrderMove
from shop.ordering.rules import StepStays
from shop.payments.methods import By
from shop.payments.wrong_steps import take_step_back
from shop.payouts.actions.drafting import draft_settlement, drop_settlement
from shop.payouts.models import PayoutLine, Settlement
from tests.conftest import NOON
from tests.engines import both_engines
from tests.ordering.test_race import all_at_once
from tests.payments.test_books import cash, move
from tests.payouts.conftest import draft
from tests.shares.conftest import a_rule

#: A fixture of another room.
__all__ = ["a_rule"]

#: After midnight: the next day has begun.
NIGHT = NOON + timedelta(hours=14)
#: The same day, when the wrong tap is seen, and the next, when the day is settled.
SEEN, EARLY = NOON + timedelta(hours=2), NOON + timedelta(hours=20)


def take_back(part: int, at: datetime = SEEN) -> bool:
    with transaction() as session:
        wrong = session.scalar(
            select(func.max(SellerOrderMove.id)).where(SellerOrderMove.seller_order_id == part)
        )
        return take_step_back(
            session, seller_order_id=part, move_id=wrong or 0, by=By("seller"), now=at
        )


def state_of(part: int) -> str:
    db.session.rollback()
    found = db.session.get_one(SellerOrder, part).state
    db.session.rollback()
    return found


def standing_by_midnight() -> dict[str, int]:
    """Return what the books say, by kind of account, of what happened on the day of the taps."""
    db.session.rollback()
    rows = db.session.execute(
        select(LedgerAccount.kind, func.sum(LedgerEntry.amount_vnd))
        .join(LedgerEntry, LedgerEntry.account_id == LedgerAccount.id)
        .join(LedgerTransaction, LedgerTransaction.id == LedgerEntry.transaction_id)
        .where(LedgerTransaction.occurred_at < day_begins(vietnam_date(NIGHT)))
        .group_by(LedgerAccount.kind)
    ).all()
    db.session.rollback()
    return {kind: int(vnd) for kind, vnd in rows}


@pytest.fixture
def tapped(a_maker: Any, sold: Any) -> int:
    """A sale that the union collected and whose arrival the seller tapped."""
    _payment, part = sold(a_maker())
    return part


@both_engines
def test_what_a_settlement_counts_has_arrived(tapped, union):
    made = draft(union, at=EARLY)
    with pytest.raises(StepStays) as kept:
        take_back(tapped)
    assert kept.value.why == "settled"
    assert state_of(tapped) == "delivered"
    with transaction() as session:
        drop_settlement(session, settlement_id=made, actor_id=None, actor_name="", now=EARLY)
    assert take_back(tapped) is True
    assert state_of(tapped) == "handed_over"


@both_engines
def test_a_settlement_after_it_counts_nothing_of_it(tapped, union, a_maker, sold):
    assert take_back(tapped) is True
    _payment, other = sold(a_maker())
    draft(union, at=EARLY)
    assert state_of(other) == "delivered"
    with transaction() as session:
        of_both = session.scalar(select(func.sum(PayoutLine.amount_vnd)))
    assert of_both == 110_000, "Of the one taken back, what was posted and its opposite."


@both_engines
def test_taken_back_after_midnight_it_is_in_no_statement_of_the_day_before(
    tapped, union, a_maker, sold
):
    assert take_back(tapped, at=NIGHT) is True
    sold(a_maker())
    made = draft(union, at=EARLY)
    with transaction() as session:
        assert session.scalar(select(func.sum(PayoutLine.amount_vnd))) == 110_000
        assert session.get_one(Settlement, made).pays_vnd == 110_000
        assert broken(session) == {}


@both_engines
@pytest.mark.parametrize("method", ["cod", "transfer"])
def test_of_the_day_of_a_wrong_tap_nothing_is_left_in_any_account(
    a_maker, a_variant, an_order, union, a_rule, method
):
    """Neither cash that its carrier did not take, nor the union's commission."""
    a_rule(union)
    seller = a_maker()
    [part] = an_order({a_variant(seller_id=seller): (seller, method)}).parts
    move(part, "confirmed", "packed", "handed_over", "delivered", at=NOON)
    if method == "cod":
        cash(part, "with_carrier", carrier="GHTK")
    tapped = standing_by_midnight()
    assert ("seller_receivable" if method == "cod" else "seller_payable") in tapped
    assert any(tapped.values())
    assert take_back(part, at=NIGHT) is True
    assert not any(standing_by_midnight().values())


@both_engines
def test_drafted_in_the_same_moment_it_is_counted_with_its_opposite_or_stays(app, tapped, union):
    def work(number: int) -> str:
        if number % 2:
            try:
                with transaction() as session:
                    draft_settlement(
                        session, organisation_id=union, to_on=vietnam_date(NOON), actor_id=None,
                        actor_name="", now=EARLY,
                    )  # fmt: skip
            except Refusal:
                return "nothing to draft"
            return "drafted"
        return "taken back" if take_back(tapped) else "again"

    outcomes = all_at_once(app, work, 6)
    with transaction() as session:
        counted = session.scalar(select(func.sum(PayoutLine.amount_vnd))) or 0
    assert counted == (110_000 if state_of(tapped) == "delivered" else 0), outcomes
    assert outcomes["taken back"] == (state_of(tapped) == "handed_over"), outcomes
