"""Whoever stores an event that moves money says so; ``books.keep_books`` hears it."""

from collections.abc import Iterable
from typing import NamedTuple

from sqlalchemy.orm import Session

from shop.db import gathered

TRANSFER, CASH, VOUCHER = "payment", "cash", "voucher"
#: What of one seller's part was sold for campaigns.
CAMPAIGN = "campaign_sale"
#: In ``to_book`` alone: a share that a settlement kept by an older rule, by its transaction.
KEPT_SHARE = "kept_share"


class Subject(NamedTuple):
    """What postings are about.

    A payment by its id; a parcel's cash, what an organisation's voucher gives to one seller, or
    what campaigns get of a part, by its seller order's.
    """

    of: str
    id: int

    def __str__(self) -> str:
        return f"{self.of}:{self.id}"


def named_in(subjects: Iterable[str]) -> tuple[dict[int, list[str]], dict[int, list[str]]]:
    """Return what postings are about, as far as an order is: by payment, and by seller order.

    >>> named_in(["payment:12", "cash:7", "voucher:7", "campaign:3", ""])
    ({12: ['payment:12']}, {7: ['cash:7', 'voucher:7']})
    """
    payments: dict[int, list[str]] = {}
    parts: dict[int, list[str]] = {}
    for subject in subjects:
        of, _, number = subject.partition(":")
        if number.isdecimal() and of == TRANSFER:
            payments.setdefault(int(number), []).append(subject)
        elif number.isdecimal() and of in (CASH, VOUCHER, CAMPAIGN):
            parts.setdefault(int(number), []).append(subject)
    return payments, parts


def tell_books(session: Session, subject: Subject, key: str) -> None:
    """Say that an event was stored; ``key`` is its name in ``queries/history.py``."""
    gathered(session, "told_books").append((subject, key))
