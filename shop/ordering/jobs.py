"""What the clock starts: promises that run out, carts that nobody came back to."""

from datetime import datetime

from shop.db import in_transaction
from shop.ordering import actions

#: Parts in one transaction: short enough that nobody waits for it.
AT_ONCE = 20


def expire_reservations(now: datetime) -> None:
    """Cancel orders whose time has run out, and free their stock."""
    while in_transaction(lambda session: actions.expire_due(session, now=now, limit=AT_ONCE)):
        pass


def complete_delivered(now: datetime) -> None:
    """Close orders that arrived a week ago."""
    while in_transaction(
        lambda session: actions.complete_delivered(session, now=now, limit=AT_ONCE)
    ):
        pass


def forget_carts(now: datetime) -> None:
    """Delete carts that are over."""
    while in_transaction(lambda session: actions.forget_carts(session, now=now)):
        pass
