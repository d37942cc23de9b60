"""The Vietnamese lunar calendar: which lunar day a day is, and the other way round. Plain Python.

Reckoned for UTC+7 as the calendar is defined there: a month begins on the day of the new moon;
the month with the winter solstice is the eleventh; of thirteen months between two of those, the
first in which the sun enters no new sign is a leap month. After Hồ Ngọc Đức, "Computing the
Vietnamese lunar calendar" (2004), with the series for new moons and the sun's longitude of
Jean Meeus, "Astronomical Algorithms" (1998). ``tests/markets/test_lunar.py`` holds it to the
published years.
"""

from datetime import date
from functools import lru_cache
from math import floor, pi, radians, sin
from typing import NamedTuple

#: Hours that Vietnam is ahead of UTC. Other countries' calendars differ by it now and then.
_AHEAD = 7
#: A day of this kind is written as the 30th, also in a month of 29 days.
LAST = 30
#: Days between ``date.toordinal`` and the Julian day number.
_JULIAN = 1_721_425
_MONTH = 29.530588853
#: The new moon from which months are counted: January 1900.
_FIRST = 2_415_021.076998695


class LunarDay(NamedTuple):
    """A day of the lunar calendar. ``leap``: of the second month of that number."""

    day: int
    month: int
    year: int
    leap: bool = False


def lunar_of(on: date) -> LunarDay:
    """Return the lunar day of a day.

    >>> lunar_of(date(2030, 2, 2))
    LunarDay(day=1, month=1, year=2030, leap=False)
    """
    day = on.toordinal() + _JULIAN
    moon = floor((day - _FIRST) / _MONTH)
    begins = _new_moon_day(moon + 1)
    if begins > day:
        begins = _new_moon_day(moon)
    before, after = _eleventh(on.year), _eleventh(on.year)
    if before >= begins:
        year, before = on.year, _eleventh(on.year - 1)
    else:
        year, after = on.year + 1, _eleventh(on.year + 1)
    months = (begins - before) // 29
    month, leap = months + 11, False
    if after - before > 365:
        at = _leap_after(before)
        leap = months == at
        month -= months >= at
    if month > 12:
        month -= 12
    if month >= 11 and months < 4:
        year -= 1
    return LunarDay(day - begins + 1, month, year, leap)


def month_length(on: date) -> int:
    """Return how many days the lunar month of a day has: 29 or 30."""
    begins = on.toordinal() + _JULIAN - lunar_of(on).day + 1
    moon = floor((begins + 1 - _FIRST) / _MONTH + 0.5)
    following = next(
        found for found in map(_new_moon_day, range(moon - 1, moon + 3)) if found > begins
    )
    return following - begins


def is_lunar_day(on: date, day: int) -> bool:
    """Tell whether a day is so much of its lunar month; the 30th is the last, also of 29.

    >>> is_lunar_day(date(2025, 1, 28), 30), lunar_of(date(2025, 1, 28)).day
    (True, 29)
    """
    found = lunar_of(on).day
    return found == day or (day == LAST and found == 29 and month_length(on) == 29)


@lru_cache(maxsize=512)
def _new_moon_day(count: int) -> int:
    """Return the day in Vietnam of the new moon that is so many after January 1900."""
    return floor(_new_moon(count) + 0.5 + _AHEAD / 24)


def _new_moon(count: int) -> float:
    t = count / 1236.85
    t2, t3 = t * t, t * t * t
    mean = 2_415_020.75933 + 29.53058868 * count + 0.0001178 * t2 - 0.000000155 * t3
    mean += 0.00033 * sin(radians(166.56 + 132.87 * t - 0.009173 * t2))
    sun = radians(359.2242 + 29.10535608 * count - 0.0000333 * t2 - 0.00000347 * t3)
    moon = radians(306.0253 + 385.81691806 * count + 0.0107306 * t2 + 0.00001236 * t3)
    node = radians(21.2964 + 390.67050646 * count - 0.0016528 * t2 - 0.00000239 * t3)
    off = (0.1734 - 0.000393 * t) * sin(sun) + 0.0021 * sin(2 * sun)
    off += -0.4068 * sin(moon) + 0.0161 * sin(2 * moon) - 0.0004 * sin(3 * moon)
    off += 0.0104 * sin(2 * node) - 0.0051 * sin(sun + moon) - 0.0074 * sin(sun - moon)
    off += 0.0004 * sin(2 * node + sun) - 0.0004 * sin(2 * node - sun)
    off += -0.0006 * sin(2 * node + moon) + 0.0010 * sin(2 * node - moon)
    off += 0.0005 * sin(2 * moon + sun)
    return mean + off - (-0.000278 + 0.000265 * t + 0.000262 * t2)


@lru_cache(maxsize=512)
def _sign(day: int) -> int:
    """Return in which twelfth of its way, from the spring equinox, the sun is as a day begins."""
    t = (day - 0.5 - _AHEAD / 24 - 2_451_545.0) / 36_525
    t2 = t * t
    mean = radians(357.52910 + 35_999.05030 * t - 0.0001559 * t2 - 0.00000048 * t * t2)
    long = 280.46645 + 36_000.76983 * t + 0.0003032 * t2
    long += (1.914600 - 0.004817 * t - 0.000014 * t2) * sin(mean)
    long += (0.019993 - 0.000101 * t) * sin(2 * mean) + 0.000290 * sin(3 * mean)
    return floor(radians(long) % (2 * pi) / pi * 6)


@lru_cache(maxsize=128)
def _eleventh(year: int) -> int:
    """Return the day on which the eleventh month begins, the one of the winter solstice."""
    moon = floor((date(year, 12, 31).toordinal() + _JULIAN - 2_415_021) / _MONTH)
    found = _new_moon_day(moon)
    return _new_moon_day(moon - 1) if _sign(found) >= 9 else found


@lru_cache(maxsize=128)
def _leap_after(eleventh: int) -> int:
    """Return how many months after an eleventh one the leap month is."""
    moon = floor((eleventh - _FIRST) / _MONTH + 0.5)
    count, last = 1, _sign(_new_moon_day(moon + 1))
    while count < 14:
        count += 1
        sign = _sign(_new_moon_day(moon + count))
        if sign == last:
            break
        last = sign
    return count - 1
