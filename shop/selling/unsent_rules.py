"""Steps of orders that were tapped without a network and come later. Plain Python."""

from collections.abc import Mapping
from typing import Any

from shop.ordering.rules import SellerOrderState as S
from shop.queued.rules import whole

#: The kind of act that phones send, and the steps that it may be.
STEP = "selling.step"
STEPS = (S.CONFIRMED, S.PACKED)
#: Where an order stands that has the step before it.
_STILL_BEFORE = {
    S.CONFIRMED: frozenset({S.AWAITING_QUOTE, S.QUOTED, S.PLACED}),
    S.PACKED: frozenset({S.AWAITING_QUOTE, S.QUOTED, S.PLACED, S.CONFIRMED}),
}


def read_step(facts: Mapping[str, str]) -> dict[str, Any] | None:
    """Read an act on one order; None when it is none.

    >>> read_step({"stall": "3", "order": "12", "to": "packed"})
    {'stall': 3, 'order': 12, 'to': 'packed'}
    >>> read_step({"stall": "3", "order": "12", "to": "cancelled"}) is None
    True
    """
    found = {name: whole(facts, name, 10**12) for name in ("stall", "order")}
    if None in found.values() or facts.get("to") not in STEPS:
        return None
    return {**found, "to": facts["to"]}


def is_behind(state: str, step: str) -> bool:
    """Tell whether an order has this step behind it: another phone made it, or she did at home.

    >>> is_behind("handed_over", "packed"), is_behind("placed", "packed")
    (True, False)
    >>> is_behind("cancelled", "packed")
    False
    """
    return S(state) != S.CANCELLED and S(state) not in _STILL_BEFORE[S(step)]
