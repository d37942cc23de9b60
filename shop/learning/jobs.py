"""What the clock starts: those who sat in classes long ago are forgotten by name."""

from datetime import datetime

from shop.db import in_transaction
from shop.learning import actions


def forget_seats(now: datetime) -> None:
    """Drop names and phones a year after."""
    while in_transaction(lambda session: actions.forget_seats(session, now)):
        pass
