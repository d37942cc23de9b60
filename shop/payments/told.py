"""Whoever stores an event that moves money says so; ``books.keep_books`` hears it."""

from typing import NamedTuple

from sqlalchemy.orm import Session

from shop.db import gathered

TRANSFER, CASH, VOUCHER = "payment", "cash", "voucher"
#: What of one seller's part was sold for campaigns.
CAMPAIGN = "campaign_sale"


class Subject(NamedTuple):
    """What postings are about.

    A payment by its id; a parcel's cash, what an organisation's voucher gives to one seller, or
    what campaigns get of a part, by its seller order's.
    """

    of: str
    id: int

    def __str__(self) -> str:
        return f"{self.of}:{self.id}"


def tell_books(session: Session, subject: Subject, key: str) -> None:
    """Say that an event was stored; ``key`` is its name in ``queries/history.py``."""
    gathered(session, "told_books").append((subject, key))
