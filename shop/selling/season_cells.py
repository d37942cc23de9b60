"""The season of goods as one cell of a table. Plain Python.

"01/05 - 31/08" comes again every year, "01/05/2027 - 31/08/2027" does not; nothing is all the year.
Without its years a season says the same in every year: a file of last year changes nothing.
"""

import re
from calendar import monthrange
from datetime import date

from shop.catalogue.season_rules import SeasonHalf, SeasonTurned, check_season, current

_BETWEEN = re.compile(r"\s*(?:[-–—→]|\bđến\b|\btới\b|\bto\b)\s*")
_DAY = re.compile(r"(?P<day>[0-9]{1,2})[/.](?P<month>[0-9]{1,2})(?:[/.](?P<year>[0-9]{4}))?")
_MONTH = re.compile(r"(?:tháng |month )?(?P<month>[0-9]{1,2})")
#: A year with a 29th of February, and one without: a month's last day is one that every year has.
_LEAP, _PLAIN = 2028, 2027


def written(begins_on: date | None, ends_on: date | None, yearly: bool) -> str:
    """Write a season as a cell.

    >>> written(date(2027, 5, 1), date(2027, 8, 31), True)
    '01/05 - 31/08'
    """
    if begins_on is None or ends_on is None:
        return ""
    how = "%d/%m" if yearly else "%d/%m/%Y"
    return f"{begins_on.strftime(how)} - {ends_on.strftime(how)}"


def read_season(text: str) -> str | None:
    """Return a cell as the shop writes it; None when it says no season. Whole months will do.

    >>> [read_season(t) for t in ("1/5-31/8", "tháng 11 đến tháng 2", "1/5/2027 – 31/8/2027", "hè", "31/2 - 1/5")]
    ['01/05 - 31/08', '01/11 - 28/02', '01/05/2027 - 31/08/2027', None, None]
    """
    parts = _BETWEEN.split(text.strip().lower())
    try:
        first, last = parts
        ends = _edge(first, is_last=False), _edge(last, is_last=True)
        yearly = ends[0][1] and ends[1][1]
        if ends[0][1] != ends[1][1]:
            return None
        begins_on, ends_on = ends[0][0], ends[1][0]
        if yearly and ends_on < begins_on:
            ends_on = _in_year(ends_on, _LEAP + 1)
        check_season(begins_on, ends_on)
    except (ValueError, SeasonHalf, SeasonTurned):
        return None
    return written(begins_on, ends_on, yearly)


def _edge(said: str, *, is_last: bool) -> tuple[date, bool]:
    """Return a first or last day, and whether it is one of every year."""
    if day := _DAY.fullmatch(said):
        year = int(day["year"] or _LEAP)
        if not 2000 <= year <= 2100:
            raise ValueError(said)
        return date(year, int(day["month"]), int(day["day"])), day["year"] is None
    if month := _MONTH.fullmatch(said):
        n = int(month["month"])
        if not 1 <= n <= 12:
            raise ValueError(said)
        return date(_LEAP, n, monthrange(_PLAIN, n)[1] if is_last else 1), True
    raise ValueError(said)


def season_days(text: str, today: date) -> tuple[date | None, date | None, bool]:
    """Return (first day, last day, every year) of a cell that ``read_season`` wrote.

    Of what comes every year: the season that runs or comes next.

    >>> season_days("01/11 - 28/02", date(2027, 1, 15))
    (datetime.date(2026, 11, 1), datetime.date(2027, 2, 28), True)
    """
    if not text:
        return None, None, False
    (begins_on, yearly), (ends_on, _) = (
        _edge(part, is_last=last) for part, last in zip(_BETWEEN.split(text), (False, True), strict=True)
    )  # fmt: skip
    if not yearly:
        return begins_on, ends_on, False
    over_new_year = ends_on < begins_on
    begins_on = _in_year(begins_on, today.year - 1)
    ends_on = _in_year(ends_on, today.year - 1 + over_new_year)
    return *current(begins_on, ends_on, True, today), True


def _in_year(day: date, year: int) -> date:
    """The 29th of February is the 28th where there is none."""
    return day.replace(year=year, day=min(day.day, monthrange(year, day.month)[1]))
