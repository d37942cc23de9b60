"""Which way money went in a line of a statement: by its columns, its sign and the bank's words.

A line that does not say so for certain is no line: a person is told its number.
"""

import re
from dataclasses import dataclass
from typing import Any

from shop.kernel.cells import Unreadable
from shop.kernel.text import fold

#: Words in a column such as "Loại giao dịch", folded.
_OUT = frozenset((
    "d", "dr", "no", "debit", "chi", "ra", "di", "out", "rut", "tru", "phi", "withdrawal", "outgoing",
    "sent",
))  # fmt: skip
_IN = frozenset((
    "c", "cr", "co", "credit", "thu", "vao", "den", "toi", "ve", "in", "nhan", "nop", "cong", "deposit",
    "incoming", "received",
))  # fmt: skip
#: Words that stand beside those when nothing else is said.
_BESIDE = frozenset((
    "ghi", "bao", "tien", "so", "phat", "sinh", "ps", "loai", "giao", "dich", "gd", "chuyen", "khoan",
    "ck", "dau", "hoac", "mat", "tieu", "money", "cash", "transfer", "paid", "amount", "gia", "tri",
    "vnd", "or", "type", "sign",
))  # fmt: skip
#: Before an amount: "VND -95,000".
_CURRENCY = re.compile(r"^[^\W\d_]{1,4}\s*(?=[+\-−–(])")
_MINUS = ("-", "−", "–", "(")


@dataclass(frozen=True, slots=True)
class Moved:
    """``vnd``: above zero what came, below zero what went, 0 when the line moves nothing.

    ``reversed``: it went because the bank took back what it had credited (a storno).
    """

    vnd: int
    reversed: bool = False


def way_of(cell: Any) -> int:
    """Return 1 for words of money that came, -1 for money that went, 0 when they say nothing.

    Raises:
        Unreadable: they say both.

    >>> [way_of(words) for words in ("Ghi nợ", "GD đi", "DR", "-", "Chuyển tiền đến", "QR")]
    [-1, -1, -1, -1, 1, 0]
    """
    bare = str(cell or "").strip()
    if bare in ("+", *_MINUS):
        return 1 if bare == "+" else -1
    words = set(fold(bare).split())
    out, came = bool(words & _OUT), bool(words & _IN)
    if out and came:
        raise Unreadable("way")
    return came - out


def only_way_of(cell: Any) -> int:
    """Return as ``way_of``, 0 as well for what says anything else: a name, a note, an empty cell's dash.

    >>> [only_way_of(words) for words in ("Tiền ra", "C", "+", "-", "Lê Thị Thu", "Nợ/Có")]
    [-1, 1, 1, 0, 0, 0]
    """
    bare = str(cell or "").strip()
    if bare == "+":
        return 1
    words = set(fold(bare).split())
    if not words <= _OUT | _IN | _BESIDE or (words & _OUT and words & _IN):
        return 0
    return bool(words & _IN) - bool(words & _OUT)


def names_both(head: str) -> bool:
    """Tell whether a column's head, folded, names both ways and nothing else.

    >>> [names_both(head) for head in ("no co", "tien vao tien ra", "ghi no debit", "phi thu")]
    [True, True, False, False]
    """
    words = set(head.split()) - _BESIDE
    return bool(words & _OUT and words & _IN) and words <= _OUT | _IN and "phi" not in words


def is_signed(cell: Any) -> bool:
    """Tell whether an amount carries a sign, so that its column needs no words."""
    if isinstance(cell, (int, float)) and not isinstance(cell, bool):
        return cell < 0
    bare = _CURRENCY.sub("", str(cell or "").strip())
    return (bare.startswith(("+", *_MINUS)) and any(c.isdigit() for c in bare)) or (
        bare.endswith("-") and len(bare) > 1
    )  # fmt: skip


def moved(credit: int, debit: int, amount: int, way: int, *, certain: bool) -> Moved:
    """Return what a line moved.

    Args:
        credit, debit: of columns of their own, 0 where they are empty.
        amount: of one column for both ways.
        way: as ``way_of`` returns it.
        certain: an amount without a sign came, for the file has signs or no words at all.

    Raises:
        Unreadable: both columns are filled, or nothing says which way it went.
    """
    if credit and debit:
        raise Unreadable("two ways")
    if credit:
        return Moved(credit, reversed=credit < 0)
    if debit:  # Whatever its sign: many banks write what went out with a minus.
        return Moved(-abs(debit))
    if way < 0:
        return Moved(-abs(amount))
    if amount < 0:
        return Moved(amount, reversed=way > 0)
    if amount and not way and not certain:
        raise Unreadable("way")
    return Moved(amount)
