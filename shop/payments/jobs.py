"""What the clock starts: posting what happened before there were books."""

from datetime import datetime

from shop.db import in_transaction
from shop.payments import books


def book_history(now: datetime) -> None:
    """Work off what waits; nothing to do once it is empty, which it stays."""
    while in_transaction(lambda session: books.book_history(session, now)):
        pass
