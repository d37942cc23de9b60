"""Goods that are there for a part of the year: in season or not, and when they come again. Plain Python."""

import calendar
from datetime import date, timedelta
from typing import NamedTuple

from shop.kernel.errors import Refusal

#: A season that comes every year leaves some of it out, else it is none.
LONGEST_DAYS = 350


class Away(NamedTuple):
    """Out of season. ``returns_on``: the day it comes again; None when nobody said."""

    returns_on: date | None


class SeasonHalf(Refusal):
    """A season has a first and a last day: one of them is missing."""

    code = "season_half"
    status = 422


class SeasonTurned(Refusal):
    """A season ends before it begins, or it is so long that it is none: ``most`` days."""

    code = "season_turned"
    status = 422


def check_season(begins_on: date | None, ends_on: date | None) -> None:
    """Refuse days that make no season. A 29th of February does not count: what holds in one year
    holds in all.

    Raises:
        SeasonHalf, SeasonTurned
    """
    if (begins_on is None) != (ends_on is None):
        raise SeasonHalf
    if begins_on and ends_on:
        days = (ends_on - begins_on).days - _leapdays(begins_on, ends_on)
        if ends_on < begins_on or days >= LONGEST_DAYS:
            raise SeasonTurned(most=LONGEST_DAYS)


def current(begins_on: date, ends_on: date, yearly: bool, today: date) -> tuple[date, date]:
    """Return the season that runs or comes next; one that does not come again stays as it was.

    >>> current(date(2026, 5, 1), date(2026, 8, 31), True, date(2026, 9, 1))
    (datetime.date(2027, 5, 1), datetime.date(2027, 8, 31))
    """
    while yearly and ends_on < today:
        begins_on, ends_on = _a_year_later(begins_on), _a_year_later(ends_on)
    return begins_on, ends_on


def _leapdays(begins_on: date, ends_on: date) -> int:
    """Return how many days of February 29 lie after the first day and up to the last.

    >>> _leapdays(date(2028, 1, 1), date(2028, 2, 29)), _leapdays(date(2028, 2, 29), date(2029, 2, 28))
    (1, 0)
    """
    found = calendar.leapdays(begins_on.year, ends_on.year + 1)
    found -= calendar.isleap(begins_on.year) and begins_on >= date(begins_on.year, 2, 29)
    return found - (calendar.isleap(ends_on.year) and ends_on < date(ends_on.year, 2, 29))


def away_of(begins_on: date | None, ends_on: date | None, yearly: bool, today: date) -> Away | None:
    """Tell whether goods are out of season on a day; None while they are in it, or have none.

    >>> away_of(date(2026, 5, 1), date(2026, 8, 31), True, date(2026, 9, 1))
    Away(returns_on=datetime.date(2027, 5, 1))
    """
    if begins_on is None or ends_on is None:
        return None
    begins_on, ends_on = current(begins_on, ends_on, yearly, today)
    if begins_on <= today <= ends_on:
        return None
    return Away(begins_on if today < begins_on else None)


def _a_year_later(day: date) -> date:
    """The 29th of February becomes the 28th, and stays it."""
    try:
        return day.replace(year=day.year + 1)
    except ValueError:
        return (day - timedelta(days=1)).replace(year=day.year + 1)
