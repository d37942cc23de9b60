"""What the clock does for campaigns."""

from datetime import datetime

from shop.db import transaction
from shop.fundraising.actions import campaigns as actions
from shop.fundraising.actions import duties
from shop.fundraising.actions.slips import end_slips_due


def close_what_is_over(now: datetime) -> None:
    """Close campaigns whose last day has passed."""
    with transaction() as session:
        actions.close_what_is_over(session, now)


def end_slips(now: datetime) -> None:
    """End market slips whose last day has passed; what is left goes back to their funds."""
    with transaction() as session:
        end_slips_due(session, now)


def remind_of_duties(now: datetime) -> None:
    """Tell organisers what has to be done within a week, and what is late."""
    with transaction() as session:
        duties.remind_of_duties(session, now)
