"""What a voucher takes off, and when it does not hold. No database."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shop.ordering.rules import Sold, goods_back_vnd, off_back_vnd
from shop.vouchers.rules import (
    KINDS,
    CodeNotReadable,
    Voucher,
    VoucherFirstOrder,
    VoucherMinimum,
    VoucherNoFee,
    VoucherNotForThese,
    VoucherNotYet,
    VoucherOver,
    VoucherRefused,
    VoucherUsedByYou,
    VoucherUsedUp,
    WrongVoucher,
    check_new,
    checked_code,
    proposed_code,
    read_voucher_code,
    taken_off,
    written_code,
)
from tests.conftest import NOON

TWENTY = Voucher(
    1, "TET2027", "Tết", "Tet", "amount", 20_000, sellers=frozenset({3, 4})
)  # fmt: skip
TENTH = replace(TWENTY, kind="percent", percent=10, most_off_vnd=30_000)
FREE = replace(TWENTY, kind="delivery", most_off_vnd=30_000)
DAY = timedelta(days=1)


def off(voucher: Voucher, goods: dict[int, int], fees=None, final=True):
    found = taken_off(voucher, goods=goods, fees=fees or {}, final=final, now=NOON)
    return dict(found.goods), dict(found.delivery)


@pytest.mark.parametrize(
    ("voucher", "goods", "fees", "taken"),
    [
        (TWENTY, {3: 95_000}, {}, ({3: 20_000}, {})),
        (TWENTY, {3: 15_000}, {}, ({3: 15_000}, {})),
        (TWENTY, {3: 60_000, 4: 30_000, 5: 90_000}, {}, ({3: 13_333, 4: 6_667}, {})),
        (TENTH, {3: 95_005}, {}, ({3: 9_500}, {})),
        (TENTH, {3: 400_000}, {}, ({3: 30_000}, {})),
        (FREE, {3: 95_000}, {3: 25_000}, ({}, {3: 25_000})),
        (FREE, {3: 95_000, 4: 10_000}, {3: 25_000, 4: 35_000}, ({}, {3: 12_500, 4: 17_500})),
        (FREE, {3: 95_000, 4: 10_000}, {3: 25_000, 4: None}, ({}, {3: 25_000})),
        (FREE, {3: 95_000, 5: 10_000}, {3: 0, 5: 35_000}, None),
    ],
)
def test_what_a_voucher_takes_off(voucher, goods, fees, taken):
    if taken is None:
        with pytest.raises(VoucherNoFee):
            off(voucher, goods, fees)
    else:
        assert off(voucher, goods, fees) == taken


def test_delivery_that_nobody_knows_yet_is_no_refusal_until_it_is_said_where():
    assert off(FREE, {3: 95_000}, {3: None}, final=False) == ({}, {})


@pytest.mark.parametrize(
    ("voucher", "refusal"),
    [
        (replace(TWENTY, stopped=True), VoucherOver),
        (replace(TWENTY, ends_at=NOON), VoucherOver),
        (replace(TWENTY, starts_at=NOON + DAY), VoucherNotYet),
        (replace(TWENTY, sellers=frozenset()), VoucherNotForThese),
        (replace(TWENTY, min_goods_vnd=95_001), VoucherMinimum),
        (replace(TWENTY, most_uses=3, used=3), VoucherUsedUp),
        (replace(TWENTY, budget_vnd=50_000, spent_vnd=30_001), VoucherUsedUp),
        (replace(TWENTY, most_each=1, used_by_her=1), VoucherUsedByYou),
        (replace(TWENTY, first_order=True, ordered_before=True), VoucherFirstOrder),
    ],
)
def test_each_limit_refuses_by_its_name(voucher, refusal):
    with pytest.raises(refusal):
        off(voucher, {3: 95_000})


def test_what_is_missing_is_said():
    with pytest.raises(VoucherMinimum) as refused:
        off(replace(TWENTY, min_goods_vnd=100_000), {3: 60_000, 5: 90_000})
    assert (refused.value.least_vnd, refused.value.missing_vnd) == (100_000, 40_000)


@pytest.mark.parametrize(
    "voucher",
    [
        replace(TWENTY, ends_at=NOON + DAY, starts_at=NOON),
        replace(TWENTY, min_goods_vnd=95_000),
        replace(TWENTY, most_uses=3, used=2),
        replace(TWENTY, budget_vnd=50_000, spent_vnd=30_000),
        replace(TWENTY, most_each=1, first_order=True),
    ],
)
def test_the_last_that_a_limit_allows_holds(voucher):
    assert off(voucher, {3: 95_000}) == ({3: 20_000}, {})


GOODS = st.dictionaries(st.integers(1, 5), st.integers(1, 3_000_000), min_size=1, max_size=5)


@given(
    GOODS,
    st.dictionaries(st.integers(1, 5), st.none() | st.integers(0, 90_000)),
    st.sets(st.integers(1, 5)),
    st.sampled_from(KINDS),
    st.integers(1_000, 500_000),
    st.integers(1, 100),
)
def test_whatever_is_in_the_cart_no_more_is_taken_than_there_is(
    goods, fees, sellers, kind, most, percent
):
    voucher = replace(
        TWENTY, kind=kind, most_off_vnd=most, percent=percent if kind == "percent" else 0,
        sellers=frozenset(sellers),
    )  # fmt: skip
    try:
        found = taken_off(voucher, goods=goods, fees=fees, final=True, now=NOON)
    except VoucherRefused:
        return
    assert found.total_vnd <= most
    assert all(0 <= vnd <= goods[seller] for seller, vnd in found.goods.items())
    assert all(0 <= vnd <= (fees[seller] or 0) for seller, vnd in found.delivery.items())
    assert {*found.goods, *found.delivery} <= sellers
    hers = sum(vnd for seller, vnd in goods.items() if seller in sellers)
    if kind == "amount":
        assert found.total_vnd == min(most, hers)
    if kind == "percent":
        assert found.total_vnd == min(most, hers * percent // 100)


@given(
    st.lists(st.tuples(st.integers(1, 5), st.integers(1, 90_000)), min_size=1, max_size=4),
    st.data(),
)
def test_what_the_payer_is_spared_adds_up_to_all_of_it(lines, data):
    """However goods come back in steps, buyer and payer together get back the full price."""
    items_vnd = sum(units * price for units, price in lines)
    discount_vnd = data.draw(st.integers(0, items_vnd))
    back = [data.draw(st.integers(0, units)) for units, _ in lines]
    sold = [
        Sold(i, units, price, back[i]) for i, (units, price) in enumerate(lines)
    ]  # fmt: skip
    worth_vnd = sum(n * price for n, (_, price) in zip(back, lines, strict=True))
    spared_vnd = off_back_vnd(sold, discount_vnd)
    assert goods_back_vnd(sold, discount_vnd) + spared_vnd == worth_vnd
    assert 0 <= spared_vnd <= discount_vnd
    whole = [replace(line, returned=line.quantity) for line in sold]
    assert off_back_vnd(whole, discount_vnd) == discount_vnd


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("tet-2027", "TET2027"),
        (" T E T 2O27 ", "TET2027"),
        ("il0v3", "110V3"),
        ("Tết đến", "TETDEN"),
        ("!!!", ""),
    ],
)
def test_a_code_is_read_as_people_write_it(typed, read):
    assert read_voucher_code(typed) == read


def test_a_code_that_nobody_invented_can_be_said_aloud():
    code = proposed_code()
    assert len(code) == 8
    assert checked_code(code) == code
    assert written_code(code) == code


def test_a_code_is_shown_as_it_was_written():
    assert written_code("Vụ mới-27 lo") == "VUMOI27LO"
    assert read_voucher_code("VUMOI27LO") == read_voucher_code("vum0i271o") == "VUM012710"


@pytest.mark.parametrize("typed", ["abc", "Tết", "!!!!!", "a" * 17])
def test_a_code_is_neither_too_short_nor_too_long(typed):
    with pytest.raises(CodeNotReadable):
        checked_code(typed)


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ({"kind": "gift"}, "amount"),
        ({"most_off_vnd": 999}, "amount"),
        ({"most_off_vnd": 50_000_001}, "amount"),
        ({"kind": "percent"}, "percent"),
        ({"percent": 10}, "percent"),
        ({"kind": "percent", "percent": 101}, "percent"),
        ({"ends_at": NOON}, "days"),
        ({"starts_at": NOON + 2 * DAY, "ends_at": NOON + DAY}, "days"),
    ],
)
def test_a_voucher_that_makes_no_sense_is_not_made(wrong, why):
    wanted = {
        "kind": "amount", "most_off_vnd": 20_000, "percent": 0, "starts_at": None,
        "ends_at": None, "now": NOON,
    }  # fmt: skip
    check_new(**wanted)
    with pytest.raises(WrongVoucher) as refused:
        check_new(**{**wanted, **wrong})
    assert refused.value.why == why
