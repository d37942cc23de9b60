"""The one table of legal moves, over its whole square."""

from datetime import timedelta
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shop.ordering.rules import (
    ACTOR_KINDS,
    BUYER_CANCELS,
    EXPIRING,
    HOLDING,
    MOVES,
    Holds,
    IllegalMove,
    SellerOrderState,
    buyer_summary,
    move,
    next_states,
    reserved_until,
    stock_effect,
)
from tests.conftest import NOON

S = SellerOrderState
#: DECISIONS 2, written down a second time by hand; the last for late money (DECISIONS 3).
DECIDED = """
awaiting_quote quoted
quoted placed
placed confirmed
confirmed packed
packed handed_over
handed_over delivered
delivered completed
packed ready_for_pickup
ready_for_pickup delivered
ready_for_pickup not_collected
awaiting_quote cancelled
quoted cancelled
placed cancelled
confirmed cancelled
packed cancelled
handed_over delivery_failed
delivery_failed handed_over
delivery_failed returned
handed_over refused
refused returned
handed_over lost
delivered returned
completed returned
cancelled placed
quoted quoted
"""
PAIRS = {tuple(S(word) for word in row.split()) for row in DECIDED.split("\n") if row}


def allowed(current, to, actor_kind, delivery) -> bool:
    try:
        return move(current, to, actor_kind, delivery) == to
    except IllegalMove:
        return False


@pytest.mark.parametrize(("current", "to"), list(product(S, S)))
def test_a_part_goes_only_where_the_decisions_say(current, to):
    somebody = [
        (kind, way)
        for kind in ACTOR_KINDS
        for way in ("delivery", "pickup")
        if allowed(current, to, kind, way)
    ]
    assert bool(somebody) == ((current, to) in PAIRS)
    assert {kind for kind, _ in somebody} == set(MOVES.get((current, to), ()))
    if (current, to) == (S.PACKED, S.HANDED_OVER):
        assert {way for _, way in somebody} == {"delivery"}
    if (current, to) == (S.PACKED, S.READY_FOR_PICKUP):
        assert {way for _, way in somebody} == {"pickup"}


def test_the_buyer_accepts_cancels_until_packed_receives_and_nothing_else():
    hers = {pair for pair in PAIRS if "buyer" in MOVES[pair]}
    assert hers == {
        (S.QUOTED, S.PLACED),
        *((state, S.CANCELLED) for state in (S.AWAITING_QUOTE, S.QUOTED, S.PLACED, S.CONFIRMED)),
        (S.HANDED_OVER, S.DELIVERED),
        (S.DELIVERED, S.COMPLETED),
    }
    assert {S.AWAITING_QUOTE, S.QUOTED, S.PLACED, S.CONFIRMED} == BUYER_CANCELS


def test_every_state_is_reached_and_no_stranger_moves_anything():
    assert {end for _, end in PAIRS} | {S.AWAITING_QUOTE} == set(S)
    assert not any(allowed(*pair, "stranger", "delivery") for pair in PAIRS)


def test_stock_follows_each_way_through_the_table_and_never_twice():
    """Walk every path: promised stock is freed or leaves once; what left comes back at most once."""
    seen = set()

    def walk(state, promised, out):
        assert promised == (state in HOLDING)
        if (state, promised, out) in seen:
            return
        seen.add((state, promised, out))
        for start, end in PAIRS:
            if start != state:
                continue
            effect = stock_effect(start, end)
            assert not (effect in ("release", "take_out") and not promised)
            assert not (effect == "take_back" and not out)
            assert not (effect == "promise" and (promised or out))
            walk(
                end,
                (promised or effect == "promise") and effect not in ("release", "take_out"),
                (out or effect == "take_out") and effect != "take_back",
            )

    for first in (S.AWAITING_QUOTE, S.PLACED):
        walk(first, True, False)
    assert {state for state, _, out in seen if out} == {
        S.HANDED_OVER, S.DELIVERED, S.COMPLETED, S.DELIVERY_FAILED, S.REFUSED, S.LOST,
    }  # fmt: skip


def test_the_buttons_of_a_state_are_what_the_table_allows():
    assert next_states(S.PACKED, "seller", "delivery") == [S.HANDED_OVER, S.CANCELLED]
    assert next_states(S.PACKED, "seller", "pickup") == [S.READY_FOR_PICKUP, S.CANCELLED]
    assert next_states(S.PACKED, "buyer", "delivery") == []
    assert next_states(S.RETURNED, "operator", "delivery") == []


@pytest.mark.parametrize(
    ("state", "method", "hours"),
    [
        (S.PLACED, "cod", 72),
        (S.PLACED, "transfer", 24),
        (S.AWAITING_QUOTE, "transfer", 168),
        (S.QUOTED, "cod", 168),
        (S.CONFIRMED, "cod", None),
        (S.PACKED, "transfer", None),
    ],
)
def test_stock_is_promised_for_as_long_as_decided(state, method, hours):
    until = reserved_until(state, method, Holds(), NOON)
    assert until == (hours and NOON + timedelta(hours=hours))
    assert until is None or state in EXPIRING


@pytest.mark.parametrize(
    ("states", "key", "done", "total", "cancelled"),
    [
        ("placed", "placed", 1, 1, 0),
        ("placed placed", "placed", 2, 2, 0),
        ("cancelled cancelled", "cancelled", 2, 2, 2),
        ("delivered cancelled", "delivered", 1, 1, 1),
        ("placed confirmed", "in_preparation", 2, 2, 0),
        ("placed packed", "partly_packed", 1, 2, 0),
        ("placed handed_over cancelled", "partly_on_the_way", 1, 2, 1),
        ("delivered handed_over placed", "partly_arrived", 1, 3, 0),
        ("delivered completed", "partly_arrived", 2, 2, 0),
        ("ready_for_pickup handed_over", "partly_ready", 1, 2, 0),
        ("quoted delivered", "answer_quote", 1, 2, 0),
        ("lost delivered", "trouble", 1, 2, 0),
        ("quoted lost", "answer_quote", 1, 2, 0),
    ],
)
def test_the_buyer_is_told_one_thing_and_cancelled_parts_are_left_out(
    states, key, done, total, cancelled
):
    told = buyer_summary(states.split())
    assert (told.key, told.done, told.total, told.cancelled) == (key, done, total, cancelled)


@given(st.lists(st.sampled_from(list(S)), min_size=1, max_size=6))
def test_whatever_the_parts_are_the_figures_add_up(states):
    told = buyer_summary(states)
    assert 0 < told.done <= told.total
    assert told.key == "cancelled" or told.total + told.cancelled == len(states)
    shuffled = buyer_summary(sorted(states))
    assert shuffled == told
