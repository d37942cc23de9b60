"""What a cart amounts to: sums, parts and fees."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shop.ordering.rules import (
    AddressNeeded,
    CartLine,
    Choice,
    EmptyCart,
    LineGone,
    MethodNotOffered,
    PickupNotOffered,
    PriceChanged,
    Stall,
    attempt_digest,
    check_draft,
    draft_order,
)
from shop.shipping.rules import Destination, Origin, Packed, Rate, Tariff, Zone, step_fee_vnd

TODAY = date(2026, 11, 23)
HERE = Destination("VN", "20242", "48", "centre")
RATE = Rate(1000, 25_000, 500, 5_000, 30_000, 1, 2)
TARIFF = Tariff(dict.fromkeys((Zone.PROVINCE, Zone.COMMUNE, Zone.REGION, Zone.COUNTRY), RATE))


def a_stall(id_: int, payee_id: int | None = 1) -> Stall:
    return Stall(
        id_, f"s-{id_}", f"Nhà {id_}", "", "NN", "chị Mẫu", "thôn", "", Origin("20410", "48", "centre"),
        (1, 2), [], payee_id,
    )  # fmt: skip


def a_line(variant_id: int, stall: Stall, quantity: int = 1, price_vnd: int = 95_000,
           weight_g: int = 600, on_sale: bool = True) -> CartLine:  # fmt: skip
    return CartLine(
        variant_id, variant_id, stall, f"p-{variant_id}", f"SKU-{variant_id}", "Bột", "", "Hũ", "",
        "hũ", "", quantity, price_vnd, price_vnd, 9, on_sale, None, Packed(quantity, weight_g), "goods",
    )  # fmt: skip


def draft(lines, destination=HERE, choices=None, tariffs=None):
    tariffs = {line.stall.id: TARIFF for line in lines} if tariffs is None else tariffs
    return draft_order(
        lines, destination=destination, choices=choices or {}, tariffs=tariffs, ordered_on=TODAY
    )


LINES = st.lists(
    st.tuples(
        st.integers(1, 5), st.integers(1, 30), st.integers(1_000, 5_000_000), st.integers(1, 900)
    ),
    min_size=1, max_size=20,
)  # fmt: skip


@given(LINES, st.sets(st.integers(1, 5)))
def test_an_order_is_the_sum_of_its_parts_and_a_part_the_sum_of_its_lines(rows, collected):
    lines = [
        a_line(number, a_stall(seller), quantity, price, weight)
        for number, (seller, quantity, price, weight) in enumerate(rows)
    ]
    found = draft(
        lines,
        choices={seller: Choice(delivery="pickup", pickup_point_id=1) for seller in collected},
    )
    assert found.items_vnd == sum(quantity * price for _, quantity, price, _ in rows)
    assert found.total_vnd == found.items_vnd + found.shipping_vnd
    assert found.total_vnd == sum(part.total_vnd for part in found.parts)
    assert [part.stall.id for part in found.parts] == sorted({seller for seller, *_ in rows})
    for part in found.parts:
        assert all(line.stall.id == part.stall.id for line in part.lines)
        weight_g = sum(q * g for seller, q, _, g in rows if seller == part.stall.id)
        fee_vnd = None if part.stall.id in collected else step_fee_vnd(RATE, weight_g)
        assert part.shipping_vnd == (fee_vnd or 0)
        assert part.needs_quote == (part.stall.id not in collected and fee_vnd is None)
    assert sorted(id(x) for part in found.parts for x in part.lines) == sorted(map(id, lines))


@given(LINES)
def test_the_order_of_the_lines_changes_nothing(rows):
    lines = [
        a_line(number, a_stall(seller), quantity, price, weight)
        for number, (seller, quantity, price, weight) in enumerate(rows)
    ]
    assert draft(lines).total_vnd == draft(lines[::-1]).total_vnd


def test_each_seller_weighs_her_own_parcel():
    one, other = a_stall(1), a_stall(2)
    # 2 × 600 g = 1.200 g → 30.000 đ; 600 g → 25.000 đ.
    found = draft([a_line(1, one, 2), a_line(2, other)])
    assert [part.shipping_vnd for part in found.parts] == [30_000, 25_000]
    assert (found.items_vnd, found.total_vnd) == (285_000, 340_000)
    assert (found.parts[0].arrives_from, found.parts[0].arrives_to) == (
        date(2026, 11, 25), date(2026, 11, 27),
    )  # fmt: skip


def test_what_is_collected_costs_no_fee_and_is_ready_after_the_sellers_days():
    part = draft([a_line(1, a_stall(1))], choices={1: Choice("pickup", "cod", 1)}).parts[0]
    assert (part.shipping_vnd, part.delivery, part.needs_quote) == (0, None, False)
    assert (part.arrives_from, part.arrives_to) == (date(2026, 11, 24), date(2026, 11, 25))


def test_abroad_is_asked_for_and_nothing_is_added_yet():
    found = draft([a_line(1, a_stall(1))], destination=Destination("DE"))
    assert (found.needs_quote, found.total_vnd) == (True, 95_000)


def check(found, shown_vnd=None, destination=HERE, points=None):
    check_draft(
        found,
        destination=destination,
        shown_total_vnd=found.total_vnd if shown_vnd is None else shown_vnd,
        offered_points=points or {},
    )


@pytest.mark.parametrize(
    ("refusal", "lines", "destination", "choice", "points"),
    [
        (EmptyCart, [], HERE, Choice(), {}),
        (LineGone, [a_line(1, a_stall(1), on_sale=False)], HERE, Choice(), {}),
        (AddressNeeded, [a_line(1, a_stall(1))], Destination(), Choice(), {}),
        (AddressNeeded, [a_line(1, a_stall(1))], Destination("VN", None, "48"), Choice(), {}),
        (PickupNotOffered, [a_line(1, a_stall(1))], HERE, Choice("pickup", "cod", 8), {1: [7]}),
        (PickupNotOffered, [a_line(1, a_stall(1))], HERE, Choice("pickup"), {1: [7]}),
        (PickupNotOffered, [a_line(1, a_stall(1))], HERE, Choice("pickup", "cod", 7), {2: [7]}),
        (MethodNotOffered, [a_line(1, a_stall(1))], HERE, Choice(method="gold"), {}),
        (MethodNotOffered, [a_line(1, a_stall(1))], Destination("DE"), Choice(), {}),
        (MethodNotOffered, [a_line(1, a_stall(1, None))], HERE, Choice(method="transfer"), {}),
    ],
)
def test_what_cannot_be_placed_is_refused_by_name(refusal, lines, destination, choice, points):
    with pytest.raises(refusal):
        check(draft(lines, destination, {1: choice}), destination=destination, points=points)


@pytest.mark.parametrize("off_by", [-1, 1, -95_000, 10**12])
def test_another_total_than_was_shown_is_asked_again_with_both(off_by):
    found = draft([a_line(1, a_stall(1))])
    with pytest.raises(PriceChanged) as refusal:
        check(found, found.total_vnd + off_by)
    assert refusal.value.actual_vnd == found.total_vnd == 120_000
    assert refusal.value.shown_vnd == 120_000 + off_by


def test_what_was_sent_has_one_digest_whatever_its_order():
    first = attempt_digest([("name", "Lan"), ("note", "")])
    assert first == attempt_digest([("note", ""), ("name", "Lan")])
    assert first != attempt_digest([("name", "La"), ("note", "n")])
    assert attempt_digest([("a", "\ud800")])
