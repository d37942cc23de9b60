"""Delivery fees, worked out by hand at each boundary."""

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shop.shipping.rules import (
    Destination,
    Origin,
    Packed,
    Rate,
    Tariff,
    Zone,
    chargeable_g,
    delivery_of,
    fee_range,
    step_fee_vnd,
    zone_of,
)

# 20.000 đ up to 500 g, 5.000 đ for each further 500 g begun, at most 10 kg; 2 to 3 days.
RATE = Rate(500, 20_000, 500, 5_000, 10_000, 2, 3)
HOME = Origin("20410", "48", "centre")


@pytest.mark.parametrize(
    ("weight_g", "fee_vnd"),
    [
        (1, 20_000),
        (499, 20_000),
        (500, 20_000),
        (501, 25_000),
        (1_000, 25_000),
        (1_001, 30_000),
        (2_000, 35_000),
        (2_001, 40_000),
        (9_999, 115_000),
        (10_000, 115_000),
        (10_001, None),
    ],
)
def test_a_fee_grows_by_a_step_for_each_step_begun(weight_g, fee_vnd):
    assert step_fee_vnd(RATE, weight_g) == fee_vnd


@pytest.mark.parametrize(
    ("destination", "zone"),
    [
        (Destination("VN", "20410", "48", "centre"), Zone.COMMUNE),
        (Destination("VN", "20242", "48", "centre"), Zone.PROVINCE),
        (Destination("VN", "19774", "46", "centre"), Zone.REGION),
        (Destination("VN", "00070", "01", "north"), Zone.COUNTRY),
        (Destination("VN", None, "48", "centre"), Zone.PROVINCE),
        (Destination("DE"), Zone.ABROAD),
    ],
)
def test_the_zone_is_how_far_it_is_from_the_seller(destination, zone):
    assert zone_of(HOME, destination) == zone


@pytest.mark.parametrize(
    ("items", "divisor", "weight_g"),
    [
        # Two jars of 600 g.
        ([Packed(2, 600)], 6000, 1_200),
        # A box of 30 × 20 × 10 cm counts as 6.000 / 6.000 = 1 kg; it weighs 400 g.
        ([Packed(1, 400, 300, 200, 100)], 6000, 1_000),
        # The same box by air: 6.000 / 5.000 = 1,2 kg.
        ([Packed(1, 400, 300, 200, 100)], 5000, 1_200),
        # The same box filled with salt: its weight decides.
        ([Packed(1, 1_500, 300, 200, 100)], 6000, 1_500),
        # Exactly as heavy as it is large.
        ([Packed(1, 1_000, 300, 200, 100)], 6000, 1_000),
        # A basket of 30 × 30 × 30 cm (4,5 kg by size) and a jar of unknown size (600 g).
        ([Packed(1, 500, 300, 300, 300), Packed(1, 600)], 6000, 5_100),
        # One cubic millimetre over a whole gram counts as the next gram.
        ([Packed(1, 1, 6001, 1, 1)], 6000, 2),
    ],
)
def test_a_parcel_is_charged_by_weight_or_by_size_whichever_is_more(items, divisor, weight_g):
    assert chargeable_g(items, divisor) == weight_g


@pytest.mark.parametrize(
    ("goods_vnd", "fee_vnd", "free"),
    [(299_999, 25_000, False), (300_000, 0, True), (300_001, 0, True)],
)
def test_delivery_is_free_from_the_threshold_on(goods_vnd, fee_vnd, free):
    tariff = Tariff({Zone.PROVINCE: RATE}, free_from_vnd=300_000)
    found = delivery_of(
        tariff, Zone.PROVINCE, [Packed(1, 600)],
        goods_vnd=goods_vnd, ordered_on=date(2026, 11, 23), lead_days=(1, 2),
    )  # fmt: skip
    assert (found.fee_vnd, found.free) == (fee_vnd, free)


@pytest.mark.parametrize("zone", [Zone.ABROAD, Zone.COUNTRY])
def test_what_has_no_rate_goes_by_quote_even_when_other_deliveries_are_free(zone):
    tariff = Tariff({Zone.PROVINCE: RATE}, free_from_vnd=1)
    found = delivery_of(
        tariff, zone, [Packed(1, 600)],
        goods_vnd=900_000, ordered_on=date(2026, 11, 23), lead_days=(1, 2),
    )  # fmt: skip
    assert (found.fee_vnd, found.free, found.arrives_from) == (None, False, None)


def test_a_parcel_above_the_heaviest_goes_by_quote_even_above_the_threshold():
    tariff = Tariff({Zone.PROVINCE: RATE}, free_from_vnd=1)
    found = delivery_of(
        tariff, Zone.PROVINCE, [Packed(17, 600)],
        goods_vnd=900_000, ordered_on=date(2026, 11, 23), lead_days=(1, 2),
    )  # fmt: skip
    assert (found.weight_g, found.fee_vnd) == (10_200, None)


def test_the_days_are_the_sellers_and_the_roads_together():
    found = delivery_of(
        Tariff({Zone.PROVINCE: RATE}), Zone.PROVINCE, [Packed(1, 600)],
        goods_vnd=95_000, ordered_on=date(2026, 12, 30), lead_days=(1, 2),
    )  # fmt: skip
    # 30/12 + 1 + 2 = 2/1, 30/12 + 2 + 3 = 4/1.
    assert (found.arrives_from, found.arrives_to) == (date(2027, 1, 2), date(2027, 1, 4))


def test_without_a_ward_the_fee_is_a_range_over_the_zones():
    near, far = Rate(500, 15_000, 500, 5_000, 10_000, 0, 1), RATE
    tariff = Tariff({Zone.COMMUNE: near, Zone.COUNTRY: far}, free_from_vnd=500_000)
    assert fee_range(tariff, [Packed(1, 501)], 95_000) == (20_000, 25_000, False)
    assert fee_range(tariff, [Packed(1, 501)], 500_000) == (0, 0, False)
    assert fee_range(tariff, [Packed(99, 501)], 95_000) is None
    assert fee_range(tariff, [Packed(99, 501)], 500_000) is None  # Free, if anybody carried it.
    assert fee_range(Tariff(), [Packed(1, 501)], 95_000) is None


def test_a_range_tells_whether_it_holds_everywhere_inside_vietnam():
    light = replace(RATE, max_g=1_000)
    inner = (Zone.COMMUNE, Zone.PROVINCE, Zone.REGION, Zone.COUNTRY)
    whole = Tariff({**dict.fromkeys(inner, RATE), Zone.COUNTRY: light}, free_from_vnd=500_000)
    assert fee_range(whole, [Packed(1, 501)], 95_000).everywhere
    assert fee_range(whole, [Packed(1, 501)], 500_000) == (0, 0, True)
    # Too heavy for the furthest zone: she is asked there, also where goods for so much travel free.
    assert not fee_range(whole, [Packed(3, 501)], 95_000).everywhere
    assert fee_range(whole, [Packed(3, 501)], 500_000) == (0, 0, False)
    # A rate for abroad says nothing of Vietnam.
    assert fee_range(Tariff({Zone.ABROAD: RATE}), [Packed(1, 501)], 95_000) is None


@given(
    weight_g=st.integers(1, 200_000),
    first_g=st.integers(1, 5_000),
    step_g=st.integers(1, 2_000),
    step_vnd=st.integers(0, 50_000),
)
def test_more_weight_never_costs_less_and_the_last_step_is_paid_in_full(
    weight_g, first_g, step_g, step_vnd
):
    rate = Rate(first_g, 20_000, step_g, step_vnd, 300_000, 1, 2)
    fee = step_fee_vnd(rate, weight_g)
    more = step_fee_vnd(rate, weight_g + 1)
    assert fee is not None
    assert more is not None
    assert fee <= more <= fee + step_vnd
    assert step_fee_vnd(rate, weight_g + step_g) == (
        fee + step_vnd if weight_g >= first_g else step_fee_vnd(rate, weight_g + step_g)
    )


@given(st.lists(st.tuples(st.integers(1, 50), st.integers(1, 5_000)), min_size=1, max_size=9))
def test_without_sizes_a_parcel_is_charged_its_weight(rows):
    items = [Packed(quantity, weight_g) for quantity, weight_g in rows]
    assert chargeable_g(items, 6000) == sum(quantity * weight_g for quantity, weight_g in rows)
