"""Rules of the buyer's pages: who may see how much of an order, and how far it has come."""

import hashlib
import hmac
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from shop.kernel.errors import Refusal
from shop.kernel.phones import written
from shop.kernel.sealing import same_secret
from shop.ordering.rules import SellerOrderState as S


class Level(StrEnum):
    """How much of an order a visitor may see (QUALITY T41)."""

    #: Code and last four digits: what is in it and how far it is; the address stays masked.
    TRACKED = "t"
    #: The private link: also cancel and answer a quote; the address stays masked.
    LINK = "l"
    #: Phone or e-mail of the order, typed whole: shown is everything, as to KNOWN. Seller and
    #: driver know them too, so this alone gives neither the private link nor an account or money.
    PROVED = "p"
    #: She ordered here or owns the account: everything.
    KNOWN = "k"


_RANK = {Level.TRACKED: 0, Level.LINK: 1, Level.PROVED: 2, Level.KNOWN: 2}
#: Passes that only the buyer was given: with these she may speak about the goods in public, keep
#: the order in an account, and say where her money goes.
HERS_ALONE = frozenset({Level.LINK, Level.KNOWN})
#: How long the pass for one order lives in a browser. The private link lives longer.
PASS_LIVES = {
    Level.TRACKED: timedelta(hours=1),
    Level.LINK: timedelta(hours=12),
    Level.PROVED: timedelta(hours=24),
    Level.KNOWN: timedelta(hours=24),
}


class WrongPair(Refusal):
    """No order has this code together with these digits. Never says which one was wrong."""

    code = "wrong_pair"
    status = 422


class WrongProof(Refusal):
    """Neither the phone nor the e-mail that stands in the order."""

    code = "wrong_proof"
    status = 422


def highest(levels: Iterable[Level]) -> Level:
    """Return the level that shows most: to PROVED and KNOWN the same, called KNOWN."""
    best = max(levels, key=_RANK.__getitem__)
    return Level.KNOWN if best == Level.PROVED else best


def may(level: Level, least: Level) -> bool:
    return _RANK[level] >= _RANK[least]


def write_pass(key: str, link_digest: str, level: Level, until: datetime) -> str:
    """Return the value of the cookie that opens one order until a moment."""
    ends = int(until.timestamp())
    return f"{level}.{ends}.{_pass_mac(key, link_digest, level, ends)}"


def read_pass(value: str, keys: Iterable[str], link_digest: str, now: datetime) -> Level | None:
    """Return what a cookie opens, or None when it is not ours or has run out."""
    level, _, rest = value.partition(".")
    ends, _, mac = rest.partition(".")
    if level not in tuple(Level) or not (ends.isascii() and ends.isdecimal() and len(ends) < 12):
        return None
    if int(ends) <= now.timestamp():
        return None
    right = any(same_secret(mac, _pass_mac(key, link_digest, level, int(ends))) for key in keys)
    return Level(level) if right else None


def _pass_mac(key: str, link_digest: str, level: str, ends: int) -> str:
    text = f"order-pass:{link_digest}:{level}:{ends}".encode()
    return hmac.new(key.encode(), text, hashlib.sha256).hexdigest()[:43]


def grouped_code(code: str) -> str:
    """Return an order code in fours, for reading aloud: "7K2M 9PXA"."""
    return " ".join(code[i : i + 4] for i in range(0, len(code), 4))


def masked_phone(e164: str) -> str:
    """Return "0905 ••• •23": enough to recognise one's own."""
    shown = written(e164)
    keep_from, keep_to = 4, len(shown) - 2
    return "".join(
        "•" if c.isdigit() and keep_from <= i < keep_to else c for i, c in enumerate(shown)
    )


def given_name(name: str) -> str:
    """Return the last word of a Vietnamese name, by which people are called."""
    return name.rsplit(maxsplit=1)[-1] if name.split() else ""


@dataclass(frozen=True, slots=True)
class Step:
    """One line of a timeline. ``phase``: done, now or todo; ``at`` is None for what comes."""

    key: str
    phase: str
    at: datetime | None = None
    note: str = ""


#: What normally follows each state.
_NEXT = {
    S.AWAITING_QUOTE: S.QUOTED,
    S.QUOTED: S.PLACED,
    S.PLACED: S.CONFIRMED,
    S.CONFIRMED: S.PACKED,
    S.HANDED_OVER: S.DELIVERED,
    S.READY_FOR_PICKUP: S.DELIVERED,
    S.DELIVERY_FAILED: S.HANDED_OVER,
    S.REFUSED: S.RETURNED,
}
_ARRIVED = (S.DELIVERED, S.COMPLETED)


def timeline(moves: Sequence[tuple[str, datetime, str]], state: str, delivery: str) -> list[Step]:
    """Return what happened to a part, where it stands, and what comes.

    Args:
        moves: (state reached, when, note), oldest first.
        delivery: "delivery" or "pickup".
    """
    shown = [move for move in moves if move[0] != S.COMPLETED]
    steps = [Step(to, "done", at, note) for to, at, note in shown]
    if steps and state not in _ARRIVED:
        last = steps.pop()
        steps.append(Step(last.key, "now", last.at, last.note))
    current = S(state)
    while (following := _following(current, delivery)) is not None:
        steps.append(Step(following, "todo"))
        current = following
    return steps


def _following(state: S, delivery: str) -> S | None:
    if state == S.PACKED:
        return S.READY_FOR_PICKUP if delivery == "pickup" else S.HANDED_OVER
    return _NEXT.get(state)


def money_mark(held_vnd: Sequence[int]) -> str:
    """Return the ETag of what was received of each transfer of an order, in their order.

    >>> money_mark([110_000, 0])
    '"110000-0"'
    """
    return '"' + "-".join(map(str, held_vnd)) + '"'


def money_seen(mark: str, count: int) -> list[int]:
    """Return what a page had seen of each transfer when it was made; nothing for a strange mark.

    >>> money_seen('W/"110000-0"', 2), money_seen("*", 2)
    ([110000, 0], [0, 0])
    """
    parts = mark.removeprefix("W/").strip('"').split("-")
    if len(parts) != count or not all(p.isascii() and p.isdecimal() and len(p) < 16 for p in parts):
        return [0] * count
    return [int(part) for part in parts]
