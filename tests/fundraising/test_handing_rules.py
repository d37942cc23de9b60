"""Which moves of a hand-over, and of money that comes back, are legal: all, and no others."""

from itertools import product

import pytest

from shop.fundraising.handing_rules import DisbursementState, SaidState, may_go, may_return


@pytest.mark.parametrize(("state", "to"), list(product(DisbursementState, repeat=2)))
def test_a_hand_over_moves_only_as_two_people_may(state, to):
    legal = {
        ("planned", "approved"), ("planned", "cancelled"), ("approved", "planned"),
        ("approved", "done"), ("approved", "cancelled"), ("cancelled", "planned"),
    }  # fmt: skip
    assert may_go(state, to) is ((state, to) in legal)


@pytest.mark.parametrize(("state", "to"), list(product(SaidState, repeat=2)))
def test_money_that_is_back_is_decided_once(state, to):
    assert may_return(state, to) is ((state, to) in {("said", "noted"), ("said", "dropped")})
