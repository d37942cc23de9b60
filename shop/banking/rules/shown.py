"""What a person saw is what is stored: of a statement's file, and of a transfer's shares."""

import re
from collections.abc import Iterable
from hashlib import sha256
from typing import NamedTuple

from shop.kernel.errors import Refusal


class StatementMovedOn(Refusal):
    """Its columns were named again since it was shown: it would store other lines."""

    code = "statement_moved_on"
    status = 409


class SharesMoved(Refusal):
    """Orders or their money moved since a page showed who has what of a transfer.

    ``shown``, ``actual``: (order's code, đồng of the transfer, đồng it missed before) of each.
    """

    code = "shares_moved"
    status = 409


class Share(NamedTuple):
    """What an order has of a transfer, and what it misses before that."""

    payment_id: int
    vnd: int
    missing_vnd: int


def write_shares(shares: Iterable[Share]) -> str:
    """Return shares as a page carries them.

    >>> write_shares([Share(7, 110_000, 110_000), Share(9, 98_000, 110_000)])
    '7:110000:110000 9:98000:110000'
    """
    return " ".join(f"{one.payment_id}:{one.vnd}:{one.missing_vnd}" for one in shares)


def read_shares(text: str) -> list[Share]:
    """Return the shares that a page carried; none of what no page writes.

    >>> read_shares("7:110000:110000 9:98000:0"), read_shares("7:1"), read_shares("")
    ([Share(payment_id=7, vnd=110000, missing_vnd=110000), Share(payment_id=9, vnd=98000, missing_vnd=0)], [], [])
    """
    parts = [_SHARE.fullmatch(one) for one in text.split(" ")]
    return [Share(*map(int, one.groups())) for one in parts if one] if all(parts) else []


#: No more digits than any amount or number of ours.
_SHARE = re.compile(r"([0-9]{1,15}):([0-9]{1,15}):([0-9]{1,15})")


def mark_of(sealed_lines: bytes) -> str:
    """Return a mark of what a file says; each naming seals its lines anew, so gives another."""
    return sha256(sealed_lines).hexdigest()[:16]
