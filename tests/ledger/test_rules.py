"""What a posting must satisfy, without a database."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shop.ledger.rules import (
    CREDIT,
    DEBIT,
    KINDS,
    Account,
    Leg,
    WrongPosting,
    check_account,
    legs_between,
    shown_vnd,
    tidy,
)
from tests.ledger.conftest import BANK, DELIVERY, PREPAID, SALES, legs

OWNERS = st.sampled_from([("bank", "payee:1"), ("bank", "payee:2"), ("prepaid", "seller:1"),
                          ("sales", "seller:1"), ("suspense", "payee:1")])  # fmt: skip
ACCOUNTS = OWNERS.map(lambda pair: Account(*pair))
BALANCES = st.dictionaries(ACCOUNTS, st.integers(-(10**9), 10**9))


def test_a_posting_is_balanced_and_has_two_legs():
    assert tidy(legs(BANK, PREPAID, 5)) == [Leg(BANK, 5), Leg(PREPAID, -5)]
    for wrong in (
        [],
        [Leg(BANK, 5)],
        [Leg(BANK, 0), Leg(PREPAID, 0)],
        [Leg(BANK, 5), Leg(BANK, -5)],
        [Leg(BANK, 5), Leg(PREPAID, -4)],
        [Leg(BANK, 5.0), Leg(PREPAID, -5.0)],
        [Leg(BANK, True), Leg(PREPAID, -1)],
        [Leg(BANK, 2**53), Leg(PREPAID, -(2**53))],
        [Leg(BANK, 5, "USD"), Leg(PREPAID, -5)],
    ):
        with pytest.raises(WrongPosting):
            tidy(wrong)


def test_legs_of_one_account_become_one_and_those_of_nought_go():
    found = tidy([Leg(BANK, 5), Leg(SALES, -3), Leg(DELIVERY, 0), Leg(BANK, 2), Leg(SALES, -4)])
    assert found == [Leg(BANK, 7), Leg(SALES, -7)]


def test_a_foreign_amount_keeps_its_currency_beside_the_dong():
    dollars = [Leg(BANK, 260_000, "USD", 1000), Leg(PREPAID, -260_000)]
    assert tidy([*dollars, Leg(BANK, 26_000, "USD", 100), Leg(PREPAID, -26_000)]) == [
        Leg(BANK, 286_000, "USD", 1100),
        Leg(PREPAID, -286_000),
    ]
    with pytest.raises(WrongPosting):
        tidy([*dollars, Leg(BANK, 26_000, "EUR", 100), Leg(PREPAID, -26_000)])


@pytest.mark.parametrize(
    "wrong",
    [
        Account("till", "seller:1"),
        Account("bank", "seller:1"),
        Account("bank", "payee"),
        Account("bank", "payee:"),
        Account("bank", "payee:١"),
        Account("sales", "seller:1", "Viettel Post"),
        Account("carrier_cod", "seller:1", "x" * 61),
    ],
)
def test_an_account_is_of_a_known_kind_and_its_owner_of_a_known_sort(wrong):
    with pytest.raises(WrongPosting):
        check_account(wrong)


def test_every_kind_says_where_money_lies_or_whose_it_is():
    assert {kind.normal for kind in KINDS.values()} == {DEBIT, CREDIT}
    assert all(len(name) <= 20 for name in KINDS)
    assert shown_vnd("bank", 5) == shown_vnd("sales", -5) == 5


@given(st.lists(st.tuples(ACCOUNTS, ACCOUNTS, st.integers(1, 10**9)), min_size=1))
def test_tidying_changes_no_account_by_a_dong(moves):
    before = [leg for debit, credit, vnd in moves for leg in legs(debit, credit, vnd)]
    try:
        found = tidy(before)
    except WrongPosting:
        found = []  # Every account came out where it began.
    for account in {leg.account for leg in before}:
        was = sum(leg.amount_vnd for leg in before if leg.account == account)
        assert sum(leg.amount_vnd for leg in found if leg.account == account) == was


@given(BALANCES, BALANCES)
def test_legs_lead_from_what_was_to_what_is(before, after):
    reached = dict(before)
    for leg in legs_between(before, after):
        assert leg.amount_vnd
        reached[leg.account] = reached.get(leg.account, 0) + leg.amount_vnd
    assert {k: v for k, v in reached.items() if v} == {k: v for k, v in after.items() if v}
