"""Where money stands: derived from amounts, and cash moves only as the table says."""

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shop.payments.rules.amounts import missing_vnd, payment_state, surplus_vnd
from shop.payments.rules.cash import MOVES, CashState, IllegalCashMove, move_cash


@pytest.mark.parametrize(
    ("owed", "received", "refunded", "state"),
    [
        (100, 0, 0, "unpaid"),
        (100, 40, 0, "part_paid"),
        (100, 100, 0, "paid"),
        (100, 130, 0, "overpaid"),
        (100, 130, 30, "paid"),
        (100, 130, 10, "overpaid"),
        (100, 100, 40, "part_refunded"),
        (100, 100, 100, "refunded"),
        (0, 0, 0, "unpaid"),
        (0, 100, 0, "overpaid"),
        (0, 100, 100, "refunded"),
    ],
)
def test_the_state_follows_from_the_amounts(owed, received, refunded, state):
    assert payment_state(owed, received, refunded) == state


@given(st.integers(0, 10**9), st.integers(0, 10**9), st.integers(0, 10**9))
def test_missing_and_surplus_say_the_same_as_the_state(owed, received, refunded):
    refunded = min(refunded, received)
    missing, surplus = (f(owed, received, refunded) for f in (missing_vnd, surplus_vnd))
    assert missing == 0 or surplus == 0
    assert received - refunded + missing - surplus == owed
    state = payment_state(owed, received, refunded)
    assert (state == "overpaid") == (surplus > 0)
    if state == "paid":
        assert missing == surplus == 0


def test_cash_moves_only_as_written():
    allowed = {
        ("promised", "with_carrier"), ("promised", "with_seller"), ("promised", "written_off"),
        ("with_carrier", "remitted"), ("with_carrier", "written_off"),
        ("with_seller", "remitted"), ("with_seller", "written_off"),
    }  # fmt: skip
    assert set(MOVES) == set(CashState)
    for current, to in product(CashState, CashState):
        if (current, to) in allowed:
            assert move_cash(current, to) == to
        else:
            with pytest.raises(IllegalCashMove):
                move_cash(current, to)
