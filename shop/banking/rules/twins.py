"""Knowing the same money again: told by a service and by a statement, or by two statements.

A service's own number tells its repeats apart; this is for reports of different sources.
Two equal gifts on one day are two lines of one statement, and each has at most one twin
in any other report, so that they never become one (PRODUCT 4.5).
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from shop.banking.rules.movements import bank_references, bare_sum
from shop.kernel.text import fold

#: A bank books what came late in the evening a day or two later; its reference stays.
BOOKED_LATER = timedelta(days=4)
#: Shorter texts ("ung ho") have to be equal; longer ones may stand inside the other.
_LONG = 8


@dataclass(frozen=True, slots=True)
class Report:
    """What two reports of the same money are compared by. ``batch``: the service or the file."""

    id: int
    batch: str
    #: As ``money_of`` says it.
    amount: int | str
    day: date
    text: str
    reference: str
    #: Valid memos in the text.
    memos: tuple[str, ...] = ()


def money_of(amount_vnd: int | None, currency: str, written: str) -> int | str:
    """Return what two reports of the same money agree in: đồng, or "USD 1250.00"."""
    return amount_vnd if amount_vnd is not None else f"{currency} {bare_sum(written)}"


def twin_of(one: Report, others: Iterable[Report]) -> Report | None:
    """Return the earlier report of the same money, or None.

    Args:
        others: reports into the same account that have no twin in ``one``'s batch yet,
            the oldest first.
    """
    there = [o for o in others if o.amount == one.amount and o.batch != one.batch]
    mine = bank_references(one.reference, one.text)
    for other in there:
        if abs(other.day - one.day) <= BOOKED_LATER and mine & _references(other):
            return other
    for other in there:
        if other.day == one.day and _texts_agree(one, other) and not _numbered_apart(one, other):
            return other
    return None


def cousin_of(one: Report, others: Iterable[Report]) -> Report | None:
    """Return a report that may be of the same money: a person has to say.

    Same account, amount and memo, told by another source within a day, in other words.
    """
    for other in others:
        if (
            other.amount == one.amount
            and other.batch != one.batch
            and abs(other.day - one.day) <= timedelta(days=1)
            and set(one.memos) & set(other.memos)
            and not _are_apart(one, other)
        ):
            return other
    return None


def _references(report: Report) -> frozenset[str]:
    return bank_references(report.reference, report.text)


def _are_apart(one: Report, other: Report) -> bool:
    """Tell whether the bank itself says, by references of one kind, that these are two transfers."""
    return "FT" in _kinds_apart(one, other)


def _numbered_apart(one: Report, other: Report) -> bool:
    """Tell whether these may be two transfers, for they have different numbers of one shape.

    Some banks count the lines of a file anew: so much is a person's to say.
    """
    return bool(_kinds_apart(one, other))


def _kinds_apart(one: Report, other: Report) -> set[str]:
    """Return the kinds of references that both reports have, when they share none at all."""
    mine, theirs = _references(one), _references(other)
    if mine & theirs:
        return set()
    return {_kind(number) for number in mine} & {_kind(number) for number in theirs}


def _kind(reference: str) -> str:
    """Return what a reference looks like: "FT" of the banks' common network, or its shape."""
    return "FT" if reference.startswith("FT") else re.sub(r"[0-9]", "9", reference)


def _texts_agree(one: Report, other: Report) -> bool:
    """Tell whether one text is the other, or stands whole in what the bank wrote around it."""
    short, long = sorted((_bare(one.text), _bare(other.text)), key=len)
    return short == long or (len(short) >= _LONG and short in long)


def _bare(text: str) -> str:
    return fold(text).replace(" ", "")
