"""What the clock does for campaigns."""

from datetime import datetime

from shop.db import transaction
from shop.fundraising.actions import campaigns as actions


def close_what_is_over(now: datetime) -> None:
    """Close campaigns whose last day has passed."""
    with transaction() as session:
        actions.close_what_is_over(session, now)
