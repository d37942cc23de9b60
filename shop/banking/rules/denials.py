"""What the cells of a bank's table deny of what a person said of its columns."""

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

from shop.banking.rules.heads import MONEY, cell_in, has_money, moves_money, text_in
from shop.banking.rules.movements import bank_references
from shop.banking.rules.statements import currency_in, is_blank
from shop.banking.rules.ways import way_of
from shop.kernel.cells import Unreadable, read_amount, read_moment
from shop.kernel.strange_tables import Row
from shop.kernel.text import fold

#: A day as people write it, by its first and second number.
_DAY = re.compile(r"\s*([0-9]{1,2})[/.\-]([0-9]{1,2})[/.\-][0-9]{2,4}(?![0-9])")
#: Hundredths of an amount.
_PART = re.compile(r"(.*[0-9])[.,]([0-9]{2})([)\-]?)")
#: Days that cannot be read, and cells below zero, from which on they are no exception.
_SEVERAL = 2


def days_denied(columns: Mapping[str, int], rows: Sequence[Row]) -> bool:
    """Tell whether the days are written with the month first, or many of them say no day.

    Those that can be read as well are other days than the bank means.
    """
    cells = [
        cell
        for row in rows
        if any(has_money(cell_in(columns, row, what)) for what in MONEY)
        and not is_blank(cell := cell_in(columns, row, "date"))
        and (not isinstance(cell, str) or cell.strip()[:1].isdecimal())  # No sum, no second head.
    ]
    unread = [cell for cell in cells if read_moment(cell) is None]
    turned = (_DAY.match(str(cell)) for cell in unread)
    if any(day and int(day[1]) <= 12 < int(day[2]) for day in turned):
        return True
    return len(unread) >= _SEVERAL and len(unread) * 5 >= len(cells)


def reference_repeats(columns: Mapping[str, int], lines: Sequence[Row]) -> bool:
    """Tell whether one reference stands beside several payments: a branch's code, not a payment's."""
    beside: dict[str, set[Any]] = defaultdict(set)
    for row in lines:
        if not moves_money(columns, row) or not _may_have_come(columns, row):
            continue
        moment = read_moment(cell_in(columns, row, "date"))
        said = str(cell_in(columns, row, "reference") or "")
        for reference in bank_references(said, ""):
            text = fold(text_in(columns, row))
            beside[reference].add((moment and moment[0].date(), text))
    return any(len(payments) > 1 for payments in beside.values())


def is_running(lines: Sequence[Row], column: int) -> bool:
    """Tell whether a column is a balance: each value is the one before, more or less another column's."""
    values = [
        (row, value)
        for row in lines
        if column < len(row) and (value := _hundredths(row[column])) is not None
    ]
    steps = list(pairwise(values))
    # Of two lines alone, a fee that is the same in both says nothing.
    return bool(steps) and any(
        all(
            _explains(step[newer][0], abs(step[1][1] - step[0][1]), column)
            and (len(steps) > 1 or not _explains(step[1 - newer][0], abs(step[1][1] - step[0][1]), column))
            for step in steps
        )
        for newer in (1, 0)
    )  # fmt: skip


def is_swapped(columns: Mapping[str, int], lines: Sequence[Row]) -> bool:
    """Tell whether a balance beside falls by all that is said to have come, and rises by the rest."""
    unnamed = set(range(max(map(len, lines), default=0))) - set(columns.values())
    return any(
        _follows(columns, lines, column, -1) and not _follows(columns, lines, column, 1)
        for column in unnamed
    )


def _follows(columns: Mapping[str, int], lines: Sequence[Row], column: int, sign: int) -> bool:
    """Tell whether a column goes up, or down (``sign``), by what comes, in one order of the lines."""
    values = [
        (value, (_hundredths(cell_in(columns, row, "credit")) or 0)
         - abs(_hundredths(cell_in(columns, row, "debit")) or 0))
        for row in lines
        if column < len(row) and (value := _hundredths(row[column])) is not None
    ]  # fmt: skip
    for steps in (list(pairwise(values)), list(pairwise(reversed(values)))):
        moved = [(newer[0] - older[0], newer[1]) for older, newer in steps if newer[1]]
        if moved and all(step == sign * came for step, came in moved):
            return True
    return False


def has_both_ways(columns: Mapping[str, int], lines: Sequence[Row]) -> bool:
    """Tell whether a column of what came has so much below zero that it is of both ways."""
    values = [value for row in lines if (value := _hundredths(cell_in(columns, row, "credit")))]
    below = sum(value < 0 for value in values)
    return below >= _SEVERAL and ("debit" not in columns or below * 4 >= len(values))


def currencies_unsaid(columns: Mapping[str, int], lines: Sequence[Row]) -> list[int]:
    """Return columns that name other currencies than đồng and were not said to."""
    if "currency" in columns:
        return []
    found = []
    for column in set(range(max(map(len, lines), default=0))) - set(columns.values()):
        cells = [row[column] for row in lines if column < len(row) and not is_blank(row[column])]
        codes = [_code(cell) for cell in cells]
        if sum(map(bool, codes)) * 2 > len(codes) and {*codes} - {"", "VND"}:
            found.append(column)
    return sorted(found)


def _may_have_come(columns: Mapping[str, int], row: Row) -> bool:
    try:
        way = way_of(cell_in(columns, row, "way"))
    except Unreadable:
        way = 0
    amount = _hundredths(cell_in(columns, row, "amount"))
    return way >= 0 and (amount or 0) >= 0 and not has_money(cell_in(columns, row, "debit"))


def _explains(row: Row, step: int, column: int) -> bool:
    return step > 0 and any(
        place != column and abs(_hundredths(cell) or 0) == step for place, cell in enumerate(row)
    )


def _hundredths(cell: Any) -> int | None:
    if isinstance(cell, float) and abs(cell) < 10**13:
        return round(cell * 100)
    part = _PART.fullmatch(cell.strip()) if isinstance(cell, str) else None
    try:
        whole = read_amount(part[1] + part[3] if part else cell)
    except Unreadable:
        return None
    if whole is None or part is None:
        return None if whole is None else whole * 100
    below = whole < 0 or str(cell).strip().startswith(("-", "−", "("))
    return whole * 100 + (-int(part[2]) if below else int(part[2]))


def _code(cell: Any) -> str:
    return currency_in([cell]) if isinstance(cell, str) and len(cell.strip()) <= 4 else ""
