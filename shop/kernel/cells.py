"""Cells of other people's tables: amounts and days as Vietnamese banks and carriers write them."""

import math
import re
from datetime import date, datetime, time, timedelta
from typing import Any

from shop.kernel.clock import VIETNAM
from shop.kernel.errors import Refusal

#: What a file may be, and what is looked at of it.
MOST_BYTES = 5 * 1024 * 1024
MOST_ROWS = 20_000
MOST_COLUMNS = 60
#: Sheets of a workbook: one for each month of some years.
MOST_SHEETS = 40
#: More than any movement of money that a shop sees; what is larger is no amount.
MOST_VND = 10**13

_CURRENCY = re.compile(r"(?:VND|VNĐ|Đ|₫|DONG|ĐỒNG)\.?$")
_CURRENCY_FIRST = re.compile(r"^([+\-−(]?) *(?:VND|VNĐ|Đ|₫) *(?=[+\-−(0-9])")
_GROUPED = re.compile(r"([0-9]{1,3}(?:([.,' ])[0-9]{3})(?:\2[0-9]{3})*)(?:([.,])([0-9]{1,2}))?")
_PLAIN = re.compile(r"([0-9]{1,15})(?:[.,]([0-9]{1,2}))?")
_DAY = re.compile(r"(?<![0-9])([0-9]{1,2})[/.\-]([0-9]{1,2})[/.\-]([0-9]{4})(?![0-9])")
_ISO_DAY = re.compile(r"(?<![0-9])([0-9]{4})[/.\-]([0-9]{1,2})[/.\-]([0-9]{1,2})(?![0-9])")
_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_NAMED_DAY = re.compile(
    rf"(?<![0-9A-Z])([0-9]{{1,2}})[-/. ]?({'|'.join(_MONTHS)})[A-Z]*[-/., ]{{0,2}}([0-9]{{4}}|[0-9]{{2}})(?![0-9])",
    re.IGNORECASE,
)
#: A year of two digits; only after everything else, and not with points as amounts have them.
_SHORT_DAY = re.compile(r"(?<![0-9/.\-])([0-9]{1,2})([/\-])([0-9]{1,2})\2([0-9]{2})(?![0-9/.\-])")
#: Years that two digits may mean. Others are a day written the other way round.
_SHORT_YEARS = range(2020, 2080)
_TIME = re.compile(r"(?<![0-9:])([0-2]?[0-9]):([0-5][0-9])(?::([0-5][0-9]))?(?![0-9:])")
_FIRST_DAY = datetime(1899, 12, 30)  # noqa: DTZ001  Day 0 of spreadsheets; it has no zone.
#: Days of a spreadsheet from 2000 to 2100; smaller numbers are something else.
_SERIALS = range(36526, 73415)


class SheetUnreadable(Refusal):
    """A file that is no table. ``why``: "missing", "kind", "large", "password" or "broken"."""

    code = "sheet_unreadable"
    status = 422


class Unreadable(Exception):
    """A message or a cell that says nothing certain. Caught where it came in."""


def read_amount(cell: Any) -> int | None:
    """Return whole đồng, None for an empty cell; below zero with a minus or in brackets.

    Raises:
        Unreadable: also for part of a đồng.

    >>> [read_amount(t) for t in ("1.250.000", "1,250,000.00", "(95.000)", "+95,000 VND", "VND 95,000")]
    [1250000, 1250000, -95000, 95000, 95000]
    """
    if cell is None or cell == "" or isinstance(cell, bool):
        return None
    if isinstance(cell, (int, float)):
        if not math.isfinite(cell) or cell != int(cell) or abs(cell) > MOST_VND:
            raise Unreadable("amount")
        return int(cell)
    text = re.sub(r"[\u00a0\u202f]", " ", str(cell)).strip().upper()
    text = _CURRENCY_FIRST.sub(r"\1", _CURRENCY.sub("", text).strip())
    if text in ("", "-", "–"):
        return None
    below = text.startswith(("-", "−", "(")) or text.endswith("-")
    text = text.strip("+-−() ")
    grouped, plain = _GROUPED.fullmatch(text), _PLAIN.fullmatch(text)
    if grouped and (grouped[3] is None or grouped[3] != grouped[2]):
        whole, part = re.sub(r"\D", "", grouped[1]), grouped[4] or ""
    elif plain:
        whole, part = plain[1], plain[2] or ""
    else:
        raise Unreadable("amount")
    if part.strip("0") or int(whole) > MOST_VND:
        raise Unreadable("amount")
    return -int(whole) if below else int(whole)


def read_moment(cell: Any) -> tuple[datetime, bool, str] | None:
    """Return (aware time, whether only the day is known, what else the cell says), or None.

    The day comes first as everywhere in Vietnam: 3/11/2026 is in November.

    >>> read_moment("03/11/2026\\n5078 - 12")[2]
    '5078 - 12'
    """
    if isinstance(cell, (int, float)) and not isinstance(cell, bool):
        if not math.isfinite(cell) or int(cell) not in _SERIALS:
            return None
        found = (_FIRST_DAY + timedelta(days=cell)).replace(microsecond=0)
        return _aware(found.date(), found.time(), "")
    if isinstance(cell, datetime):
        return _aware(cell.date(), cell.time().replace(tzinfo=None), "")
    if isinstance(cell, date):
        return _aware(cell, time(), "")
    text = str(cell or "")
    found_day = _day_in(text)
    if found_day is None:
        return None
    match, (year, month, day) = found_day
    rest = text[: match.start()] + " " + text[match.end() :]
    clock = _TIME.search(rest)
    try:
        at = time(int(clock[1]), int(clock[2]), int(clock[3] or 0)) if clock else time()
        if clock:
            rest = rest[: clock.start()] + " " + rest[clock.end() :]
        return _aware(date(year, month, day), at, " ".join(rest.split()).strip(" -/"))
    except ValueError:
        return None


def _day_in(text: str) -> tuple[re.Match[str], tuple[int, int, int]] | None:
    """Return where a day stands, with its (year, month, day)."""
    if match := _DAY.search(text):
        return match, (int(match[3]), int(match[2]), int(match[1]))
    if match := _ISO_DAY.search(text):
        return match, (int(match[1]), int(match[2]), int(match[3]))
    if match := _NAMED_DAY.search(text):
        year, month = int(match[3]), _MONTHS.index(match[2].upper()) + 1
        return match, (year if year > 99 else 2000 + year, month, int(match[1]))
    if (match := _SHORT_DAY.search(text)) and 2000 + int(match[4]) in _SHORT_YEARS:
        return match, (2000 + int(match[4]), int(match[3]), int(match[1]))
    return None


def _aware(day: date, at: time, rest: str) -> tuple[datetime, bool, str] | None:
    if not 2000 <= day.year <= 2100:
        return None
    return datetime.combine(day, at, VIETNAM), at == time(), rest
