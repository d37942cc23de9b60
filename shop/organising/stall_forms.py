"""The stall's form for what is sold there, and how acts of the stall are read."""

from collections.abc import Mapping
from typing import Any

from shop.queued.rules import whole

#: Limits of one sale at the stall.
MOST_OF_ONE, MOST_VND = 999, 100_000_000


def goods_in(facts: Mapping[str, str]) -> dict[int, int] | None:
    """Return how many of each offer: fields named ``n12``. None when one is no number.

    >>> goods_in({"n12": "2", "n13": "", "slip": "x"}), goods_in({"n1": "two"})
    ({12: 2}, None)
    """
    goods: dict[int, int] = {}
    for name, typed in facts.items():
        if name[:1] != "n" or not name[1:].isdecimal() or len(name) > 15 or not typed.strip():
            continue
        n = whole({"n": typed.strip()}, "n", MOST_OF_ONE)
        if n is None:
            return None
        if n:
            goods[int(name[1:])] = n
    return goods


def read_bag(facts: Mapping[str, str]) -> dict[str, Any] | None:
    """Read an act on one bag."""
    found = {"market": whole(facts, "market", 10**12), "number": whole(facts, "number", 10**6)}
    return None if None in found.values() else found


def read_hand_over(facts: Mapping[str, str]) -> dict[str, Any] | None:
    """Read the handing over of a bag: with what was due by the phone."""
    found = read_bag(facts)
    due = whole(facts, "due", MOST_VND)
    return None if found is None or due is None else {**found, "due": due}


def read_goods_back(facts: Mapping[str, str]) -> dict[str, Any] | None:
    """Read that goods of a bag came back."""
    found = read_bag(facts)
    more = {"line": whole(facts, "line", 10**12), "n": whole(facts, "n", MOST_OF_ONE)}
    return None if found is None or None in more.values() else {**found, **more}


def read_take_back(facts: Mapping[str, str]) -> dict[str, Any] | None:
    """Read that the last act on a bag is taken back, and which that was."""
    found, act = read_bag(facts), whole(facts, "act", 10**12)
    return None if found is None or act is None else {**found, "act": act}


def read_sale(facts: Mapping[str, str]) -> dict[str, Any] | None:
    """Read a sale at the stall; a slip pays some of it, or all."""
    market, total = whole(facts, "market", 10**12), whole(facts, "total", MOST_VND)
    goods, slip = goods_in(facts), facts.get("slip", "").strip()[:60]
    by_slip = whole(facts, "slip_vnd", MOST_VND) if slip else 0
    if market is None or total is None or goods is None or by_slip is None or by_slip > total:
        return None
    return {
        "market": market, "total": total, "slip": slip, "slip_vnd": by_slip,
        "goods": {str(offer): n for offer, n in sorted(goods.items())},
    }  # fmt: skip
