"""On which days a market of a series is: by week day or lunar day, moved for holidays."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import NamedTuple

from shop.markets.rules.lunar import LAST, is_lunar_day, lunar_of

#: How a market that falls on a holiday is moved.
SHIFTS = ("earlier", "later", "none")
#: So far ahead a day is looked for: a lunar day comes every month.
_AHEAD = 400


class SeriesRule(NamedTuple):
    """Every week on a day (Monday is 1), or on days of the lunar month; one of the two.

    Kept as text: "weekly:6", "lunar:14,30".
    """

    weekday: int = 0
    lunar_days: tuple[int, ...] = ()

    @property
    def text(self) -> str:
        if self.weekday:
            return f"weekly:{self.weekday}"
        return "lunar:" + ",".join(map(str, self.lunar_days))

    def holds_on(self, on: date) -> bool:
        """Tell whether a day is one of this rule, before it is moved for a holiday."""
        if self.weekday:
            return on.isoweekday() == self.weekday
        return any(is_lunar_day(on, day) for day in self.lunar_days)


def read_rule(text: str) -> SeriesRule | None:
    """Return the rule that a text says, or None.

    >>> read_rule("lunar:30,14"), read_rule("weekly:8")
    (SeriesRule(weekday=0, lunar_days=(14, 30)), None)
    """
    kind, _, said = text.partition(":")
    numbers = [int(n) for n in said.split(",") if n.isascii() and n.isdecimal() and len(n) < 3]
    if not numbers or len(numbers) != said.count(",") + 1:
        return None
    if kind == "weekly" and len(numbers) == 1 and 1 <= numbers[0] <= 7:
        return SeriesRule(weekday=numbers[0])
    days = tuple(sorted(set(numbers)))
    if kind == "lunar" and len(days) <= 4 and all(1 <= day <= LAST for day in days):
        return SeriesRule(lunar_days=days)
    return None


@dataclass(frozen=True, slots=True)
class Holiday:
    """Days of a year on which no market is held: (month, day), by the sun or by the moon."""

    name_vi: str
    name_en: str
    valid_from: date
    valid_to: date | None = None
    solar: frozenset[tuple[int, int]] = frozenset()
    lunar: frozenset[tuple[int, int]] = frozenset()

    def holds_on(self, on: date) -> bool:
        if on < self.valid_from or (self.valid_to is not None and self.valid_to < on):
            return False
        if (on.month, on.day) in self.solar:
            return True
        if not self.lunar:
            return False
        moon = lunar_of(on)
        return not moon.leap and any(
            month == moon.month and is_lunar_day(on, day) for month, day in self.lunar
        )


def holiday_on(holidays: Iterable[Holiday], on: date) -> Holiday | None:
    """Return the holiday of a day, or None."""
    return next((one for one in holidays if one.holds_on(on)), None)


class MarketDay(NamedTuple):
    """A day of a series. ``moved_for``: the holiday that it would have fallen on."""

    on: date
    moved_for: Holiday | None = None


def market_day(rule: SeriesRule, shift: str, holidays: Iterable[Holiday], after: date) -> MarketDay:
    """Return the first day of a series after a day, moved off holidays.

    Moved earlier, it may not come to lie on ``after`` or before: then the next one counts.
    """
    known = tuple(holidays)
    for ahead in range(1, _AHEAD):
        falls = after + timedelta(days=ahead)
        if not rule.holds_on(falls):
            continue
        holiday = None if shift == "none" else holiday_on(known, falls)
        if holiday is None:
            return MarketDay(falls)
        step = timedelta(days=-1 if shift == "earlier" else 1)
        moved = _free_day(falls, step, lambda on: holiday_on(known, on) is not None)
        if moved > after:
            return MarketDay(moved, holiday)
    raise ValueError(f"{rule.text} has no day within {_AHEAD} days.")


def _free_day(on: date, step: timedelta, taken: Callable[[date], bool]) -> date:
    while taken(on):
        on += step
    return on


def title_on(title: str, was: date, on: date) -> str:
    """Return a session's title for another day: where it names its own, it names the new one.

    >>> title_on("Phiên chợ thứ Bảy 05/12", date(2026, 12, 5), date(2026, 12, 12))
    'Phiên chợ thứ Bảy 12/12'
    >>> title_on("Chợ 5/12/2026", date(2026, 12, 5), date(2027, 1, 2))
    'Chợ 02/01/2027'
    """
    named = rf"(?<![\d/])0?{was.day}/0?{was.month}(/{was.year})?(?![\d/])"
    return re.sub(named, lambda found: f"{on:%d/%m/%Y}" if found[1] else f"{on:%d/%m}", title)
