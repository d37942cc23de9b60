"""Who gets what of a sale, reckoned by hand and at random. No database."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shop.shares.rules import (
    MOST_COMMISSION,
    NO_SHARES,
    CommissionRule,
    Creditor,
    Rate,
    RateOutOfRange,
    ShareBook,
    Shares,
    TaxRule,
    after_discount,
    back_vnd,
    check_rate,
    of_percent,
    shares_of,
)

DAY = date(2026, 11, 23)
BEFORE, AFTER = DAY - timedelta(days=1), DAY + timedelta(days=1)
UNION = Creditor(9, "Hội", "Union")


def rule(hundredths: int = 800, **more) -> CommissionRule:
    rate = Rate(hundredths, more.pop("fixed_vnd", 0))
    return CommissionRule(1, 9, rate, more.pop("from_on", DAY), **more)


def book(*rules: CommissionRule, taxes: tuple[TaxRule, ...] = ()) -> ShareBook:
    return ShareBook({9: rules}, {9: UNION}, {5: (9,), 9: (9,)}, taxes)


@pytest.mark.parametrize(
    ("goods", "quantity", "rate", "told"),
    [
        (100_000, 1, Rate(800), (92_000, 8_000)),
        (95_000, 1, Rate(800), (87_400, 7_600)),
        (95_000, 1, Rate(750), (87_875, 7_125)),
        (33_333, 1, Rate(800), (30_666, 2_667)),
        (90_000, 3, Rate(0, 2_000), (84_000, 6_000)),
        (90_000, 3, Rate(500, 1_000), (82_500, 7_500)),
        (1_000, 1, Rate(0, 2_000), (0, 1_000)),
        (100_000, 1, None, (100_000, 0)),
        (0, 1, Rate(800, 500), (0, 0)),
    ],
)
def test_a_commission_is_so_much_of_the_goods(goods, quantity, rate, told):
    assert shares_of(goods, quantity, rate)[:3] == (*told, 0)


def test_a_campaign_has_its_share_before_the_commission_and_tax_is_of_the_makers_part():
    assert shares_of(100_000, 1, Rate(800), campaign_vnd=20_000, tax=(100, 50)) == Shares(
        72_000, 8_000, 20_000, 1_000, 500
    )
    assert shares_of(100_000, 1, Rate(800), campaign_vnd=95_000) == Shares(0, 5_000, 95_000)
    assert shares_of(100_000, 1, Rate(5_000), campaign_vnd=49_500, tax=(100, 50)) == Shares(
        500, 50_000, 49_500, 500, 0
    )


@given(
    st.integers(0, 10**9), st.integers(1, 999), st.integers(0, MOST_COMMISSION),
    st.integers(0, 10**6), st.integers(0, 10**9), st.tuples(st.integers(0, 2500), st.integers(0, 2500)),
)  # fmt: skip
def test_shares_of_a_line_lose_nothing_and_leave_nobody_less_than_nought(
    goods, quantity, hundredths, fixed, campaign, tax
):
    found = shares_of(goods, quantity, Rate(hundredths, fixed), campaign_vnd=campaign, tax=tax)
    assert sum(found[:3]) == goods
    assert min(found) >= 0
    assert found.vat_vnd + found.pit_vnd <= found.maker_vnd


@given(st.integers(0, 10**9), st.integers(1, 999), st.data())
def test_returns_give_back_all_that_was_kept_in_whatever_steps(kept, quantity, data):
    left, back, total = quantity, 0, 0
    while left:
        back += (some := data.draw(st.integers(1, left)))
        left -= some
        step = back_vnd(kept, quantity, back) - total
        assert step >= 0
        total += step
    assert total == kept


@given(st.lists(st.integers(0, 10**7), min_size=1, max_size=20), st.data())
def test_a_reduction_is_shared_by_all_lines_to_the_last_dong(goods, data):
    discount = data.draw(st.integers(0, sum(goods)))
    paid = after_discount(goods, discount)
    assert sum(paid) == sum(goods) - discount
    assert all(0 <= part <= whole for part, whole in zip(paid, goods, strict=True))


def test_halves_are_rounded_up_and_what_is_less_down():
    assert [of_percent(vnd, 50) for vnd in (99, 100, 299, 300)] == [0, 1, 1, 2]


@pytest.mark.parametrize(
    ("from_on", "until_on", "holds"),
    [
        (DAY, None, True), (DAY, DAY, True), (BEFORE, DAY, True), (BEFORE, BEFORE, False),
        (AFTER, None, False), (BEFORE, AFTER, True),
    ],
)  # fmt: skip
def test_a_rule_holds_from_its_first_day_to_its_last(from_on, until_on, holds):
    found = book(rule(from_on=from_on, until_on=until_on))
    creditor = found.creditor_of(5, DAY)
    assert (creditor is not None) is holds
    assert (found.rate_of(creditor, 3, 1, DAY) is not None) is holds
    tax = book(taxes=(TaxRule("goods", 100, 50, from_on, until_on),))
    assert tax.tax_of("goods", DAY) == ((100, 50) if holds else (0, 0))


def test_of_rules_that_fit_the_first_holds():
    found = book(
        rule(0, fixed_vnd=500, seller_id=3), rule(500, category_ids=frozenset({7, 8})), rule(800)
    )
    assert found.rate_of(UNION, 3, 7, DAY) == Rate(0, 500)
    assert found.rate_of(UNION, 4, 8, DAY) == Rate(500)
    assert found.rate_of(UNION, 4, 1, DAY) == Rate(800)
    only = book(rule(seller_id=3))
    assert only.rate_of(UNION, 4, 7, DAY) is None


def test_the_nearest_organisation_with_a_rule_is_the_one_that_is_owed():
    near = Creditor(5, "Xã", "Commune")
    found = ShareBook({5: [rule(300)], 9: [rule(800)]}, {5: near, 9: UNION}, {5: (5, 9), 6: (9,)})
    assert found.creditor_of(5, DAY) == near
    assert found.creditor_of(6, DAY) == UNION
    assert found.creditor_of(7, DAY) is None
    assert found.creditor_of(5, BEFORE) is None
    over = ShareBook(
        {5: [rule(300, from_on=BEFORE, until_on=BEFORE)], 9: [rule(800)]},
        {5: near, 9: UNION}, {5: (5, 9)},
    )  # fmt: skip
    assert over.creditor_of(5, DAY) == UNION
    assert NO_SHARES.creditor_of(5, DAY) is None


TAXES = (
    TaxRule("goods", 100, 50, DAY),
    TaxRule("services", 500, 200, DAY),
    TaxRule("goods_service", 300, 150, DAY),
    TaxRule("goods", 200, 100, BEFORE, BEFORE),
)


def test_unknown_goods_are_taxed_by_the_highest_rate_of_the_day():
    """DOMAIN 3.3 (44.2.b)."""
    found = book(taxes=TAXES)
    assert found.tax_of("goods", DAY) == (100, 50)
    assert found.tax_of("", DAY) == (500, 200)
    assert found.tax_of("other", DAY) == (500, 200)
    assert found.tax_of("", BEFORE) == (200, 100)
    assert found.tax_of("goods", BEFORE - timedelta(days=1)) == (0, 0)


def test_tax_is_reckoned_on_all_that_was_paid_for_the_goods():
    """By hand: 95.000 at 1 % and 0,5 %."""
    found = shares_of(95_000, 1, Rate(800), tax=(100, 50))
    assert (found.vat_vnd, found.pit_vnd) == (950, 475)
    assert shares_of(33, 1, tax=(100, 50))[3:] == (0, 0)
    assert shares_of(150, 1, tax=(100, 50))[3:] == (2, 1)


@pytest.mark.parametrize(
    "rate", [Rate(), Rate(-1), Rate(MOST_COMMISSION + 1), Rate(100, -1), Rate(0, 10_000_001)]
)
def test_a_rate_that_cannot_be_meant_is_refused(rate):
    with pytest.raises(RateOutOfRange):
        check_rate(rate)


def test_a_rate_is_kept_in_few_words():
    assert [rate.text for rate in (Rate(800), Rate(750), Rate(725), Rate(800, 2000), Rate(0, 500), Rate(5))] == [
        "8", "7,5", "7,25", "8+2000", "+500", "0,05",
    ]  # fmt: skip
