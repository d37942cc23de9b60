"""What the clock does for campaigns."""

from datetime import datetime

from shop.db import in_transaction, transaction
from shop.fundraising.actions import campaigns as actions
from shop.fundraising.actions import duties, forgetting
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


def forget_givers(now: datetime) -> None:
    """Drop how to reach those who gave money or goods a year ago."""
    for forget in (forgetting.forget_goods_givers, forgetting.forget_money_givers):
        while in_transaction(lambda session, forget=forget: forget(session, now)):
            pass
