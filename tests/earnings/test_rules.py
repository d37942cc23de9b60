"""Pots, periods and thresholds, by hand. No database."""

from dataclasses import replace
from datetime import date
from types import SimpleNamespace

import pytest

from shop.earnings.rules import (
    POTS,
    Sold,
    Threshold,
    nears,
    passes,
    period_of,
    pots_of,
    threshold_of,
)
from shop.ledger.rules import KINDS

TODAY = date(2026, 11, 26)


@pytest.mark.parametrize(
    ("name", "first", "last"),
    [
        ("thang-nay", (2026, 11, 1), (2026, 11, 30)),
        ("thang-truoc", (2026, 10, 1), (2026, 10, 31)),
        ("quy-nay", (2026, 10, 1), (2026, 12, 31)),
        ("nam-nay", (2026, 1, 1), (2026, 12, 31)),
        ("nam-truoc", (2025, 1, 1), (2025, 12, 31)),
        ("2026-02", (2026, 2, 1), (2026, 2, 28)),
        ("2024-12", (2024, 12, 1), (2024, 12, 31)),
    ],
)
def test_a_period_is_whole_months(name, first, last):
    assert period_of(name, TODAY) == (name, date(*first), date(*last))


@pytest.mark.parametrize(
    "name", ["", "x", "2026-13", "2026-00", "1999-01", "2026-1", "٢٠٢٦-٠١", "2026-02-01"]
)
def test_what_is_no_period_is_this_month(name):
    assert period_of(name, TODAY) == ("thang-nay", date(2026, 11, 1), date(2026, 11, 30))


def test_january_follows_december():
    day = date(2026, 1, 15)
    assert period_of("thang-truoc", day)[1:] == (date(2025, 12, 1), date(2025, 12, 31))
    assert period_of("quy-nay", day)[1:] == (date(2026, 1, 1), date(2026, 3, 31))
    assert period_of("quy-nay", date(2026, 12, 31))[1:] == (date(2026, 10, 1), date(2026, 12, 31))


def test_pots_count_accounts_as_people_read_them():
    rows = [
        SimpleNamespace(kind="seller_payable", balance_vnd=-92_000),
        SimpleNamespace(kind="delivery_payable", balance_vnd=-15_000),
        SimpleNamespace(kind="seller_receivable", balance_vnd=7_600),
        SimpleNamespace(kind="suspense", balance_vnd=500),
    ]
    found = pots_of(rows)
    assert (found["o-hoi"], found["toi-no"], found["chua-ro"]) == (107_000, 7_600, -500)
    assert sum(found.values()) == 107_000 + 7_600 - 500


def test_every_account_that_a_seller_owns_is_in_a_pot():
    hers = {kind for kind, of in KINDS.items() if of.owners & {"seller", "payee"}}
    # What a carrier paid to an organisation is owed to her by it: counted there. A fund's money
    # lies in an organisation's account alone.
    elsewhere = {"cash_with_collector", "fund_bank"}
    assert hers - {kind for kinds in POTS.values() for kind in kinds} <= elsewhere


def test_what_is_left_to_her_is_what_was_sold_less_what_went_to_others():
    sold = Sold(3, 300_000, 100_000, 30_000, 16_000, 2_000, 1_000)
    assert (sold.revenue_vnd, sold.withheld_vnd, sold.net_vnd) == (230_000, 3_000, 211_000)
    less = replace(sold, reductions_vnd=50_000)
    assert (less.revenue_vnd, less.withheld_vnd, less.net_vnd) == (180_000, 3_000, 161_000)


def test_a_household_is_told_at_four_fifths_of_the_threshold():
    """DOMAIN 3.3: 1 billion a year."""
    law = threshold_of(2026)
    assert law is not None
    assert (law.vnd, law.note_at_percent) == (1_000_000_000, 80)
    assert law.source_vi
    assert threshold_of(2030) == law
    assert threshold_of(2025) is None
    for kind, revenue, told in (
        ("ho_kinh_doanh", 799_999_999, False), ("ho_kinh_doanh", 800_000_000, True),
        ("ca_nhan", 800_000_000, True), ("ca_nhan", 1_000_000_000, True),
        ("ca_nhan", 1_000_000_001, False), ("htx", 2_000_000_000, False),
        ("doanh_nghiep", 2_000_000_000, False),
    ):  # fmt: skip
        assert nears(law, kind, revenue) is told
    assert not nears(None, "ca_nhan", 10**12)
    assert passes(law, "ca_nhan", 1_000_000_001)
    assert not passes(law, "ca_nhan", 1_000_000_000), "Up to it nothing is owed."
    assert not passes(law, "htx", 2_000_000_000)
    assert not passes(None, "ca_nhan", 10**12)
    assert nears(Threshold(2026, 10, 80, "", ""), "ca_nhan", 8)
