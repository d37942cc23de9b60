"""What the clock starts: seasons begin and end at midnight in Vietnam."""

from datetime import datetime

from shop.catalogue.actions import turn_seasons
from shop.db import in_transaction
from shop.kernel.clock import vietnam_date


def turn_seasons_of_day(now: datetime) -> None:
    """Put seasonal goods on the shelves or take them off. Asked often, so that midnight is not missed."""
    in_transaction(lambda session: turn_seasons(session, today=vietnam_date(now), now=now))
