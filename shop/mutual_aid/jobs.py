"""What the clock starts: those who helped long ago are forgotten by name."""

from datetime import datetime

from shop.db import in_transaction
from shop.mutual_aid import actions


def forget_helpers(now: datetime) -> None:
    """Drop names and numbers a year after."""
    while in_transaction(lambda session: actions.forget_helpers(session, now)):
        pass
