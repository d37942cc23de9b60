"""Rules of settlements, without a database."""

from datetime import date, timedelta

import pytest

from shop.payouts import rules
from shop.payouts.rules import (
    SETTLEMENT_MOVES,
    STATEMENT_MOVES,
    BankNow,
    BooksHoldLess,
    SettlementMoved,
    SettlementState,
    StatementMoved,
    StatementState,
    Trouble,
)
from tests.conftest import NOON


@pytest.mark.parametrize("to", SettlementState)
@pytest.mark.parametrize("state", SettlementState)
def test_a_settlement_moves_as_its_table_says(state, to):
    allowed = {("drafted", "approved"), ("drafted", "dropped"), ("approved", "drafted")}
    if (state, to) in allowed:
        rules.check_settlement_move(state, to)
    else:
        with pytest.raises(SettlementMoved):
            rules.check_settlement_move(state, to)
    assert set(SETTLEMENT_MOVES) == set(SettlementState)


@pytest.mark.parametrize("to", StatementState)
@pytest.mark.parametrize("state", StatementState)
def test_a_statement_moves_as_its_table_says(state, to):
    allowed = {
        ("drafted", "approved"), ("drafted", "carried"), ("approved", "drafted"),
        ("carried", "drafted"), ("approved", "sent"), ("sent", "confirmed"), ("sent", "failed"),
        ("confirmed", "failed"), ("failed", "sent"), ("approved", "carried"), ("failed", "carried"),
    }  # fmt: skip
    if (state, to) in allowed:
        rules.check_statement_move(state, to)
    else:
        with pytest.raises(StatementMoved):
            rules.check_statement_move(state, to)
    assert set(STATEMENT_MOVES) == set(StatementState)


@pytest.mark.parametrize(
    ("rhythm", "last", "today", "period"),
    [
        ("by_hand", None, date(2026, 11, 26), None),
        ("monthly", None, date(2026, 11, 26), (date(2026, 10, 1), date(2026, 10, 31))),
        ("monthly", date(2026, 10, 31), date(2026, 11, 30), None),
        ("monthly", date(2026, 10, 31), date(2026, 12, 1), (date(2026, 11, 1), date(2026, 11, 30))),
        # A worker that stood still for months misses nothing: one settlement for all of it.
        ("monthly", date(2026, 8, 31), date(2026, 11, 2), (date(2026, 9, 1), date(2026, 10, 31))),
        # 26 November 2026 is a Thursday.
        ("weekly", None, date(2026, 11, 26), (date(2026, 11, 16), date(2026, 11, 22))),
        ("weekly", date(2026, 11, 22), date(2026, 11, 29), None),
        ("weekly", date(2026, 11, 22), date(2026, 11, 30), (date(2026, 11, 23), date(2026, 11, 29))),
        # Settled by hand amid the week.
        ("weekly", date(2026, 11, 25), date(2026, 11, 30), (date(2026, 11, 26), date(2026, 11, 29))),
    ],
)  # fmt: skip
def test_the_period_that_is_due(rhythm, last, today, period):
    assert rules.due_period(rhythm, last, today) == period


def test_a_day_ends_at_midnight_in_vietnam_and_never_after_now():
    cut = rules.cut_off(date(2026, 11, 22), NOON)
    assert cut.isoformat() == "2026-11-23T00:00:00+07:00"
    assert rules.cut_off(date(2026, 11, 23), NOON) == NOON


@pytest.mark.parametrize(
    ("due", "least", "paid"),
    [(100, 0, 100), (1, 0, 1), (0, 0, 0), (-5, 0, 0), (99, 100, 0), (100, 100, 100)],
)
def test_debts_and_small_sums_are_not_paid(due, least, paid):
    assert rules.pays_vnd(due, least) == paid


def test_what_stands_in_the_way_of_a_payout():
    day = timedelta(days=1)
    first = BankNow(7, NOON)
    assert rules.trouble(7, first, NOON) is None, "her first account is paid at once"
    assert rules.trouble(None, BankNow(None), NOON) == Trouble.NO_ACCOUNT
    assert rules.trouble(6, first, NOON) == Trouble.CHANGED
    changed = BankNow(7, NOON, had_earlier=True)
    assert rules.trouble(7, changed, NOON + 2 * day - timedelta(seconds=1)) == Trouble.ON_HOLD
    assert rules.trouble(7, changed, NOON + 2 * day) is None
    assert rules.trouble(6, first, NOON, short_vnd=1) == Trouble.SHORT
    assert changed.free_at == NOON + 2 * day


def test_a_payout_leaves_the_account_that_pays_first_and_then_the_others():
    assert rules.where_it_leaves([(1, 100), (2, 50)], 80) == {1: 80}
    assert rules.where_it_leaves([(1, 100), (2, 50)], 120) == {1: 100, 2: 20}
    assert rules.where_it_leaves([(1, -10), (2, 50)], 50) == {2: 50}
    assert rules.where_it_leaves([(1, 100)], 130, elsewhere_vnd=30) == {1: 130}
    with pytest.raises(BooksHoldLess) as refused:
        rules.where_it_leaves([(1, 100), (2, 50)], 151)
    assert (refused.value.held_vnd, refused.value.wanted_vnd) == (150, 151)


def test_a_memo_fits_into_a_transfer():
    assert rules.memo(12, "Bột ngũ cốc Gò Mít") == "QT12 BOT NGU COC GO MIT"
    assert len(rules.memo(123456, "Tổ hợp tác đan lát Tay Ấm thôn Bến Đò")) <= 25
