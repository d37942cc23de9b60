"""Other people's tables whose columns a person names: which row is the head, and how it is known again."""

import hashlib
import re
from collections.abc import Sequence
from typing import Any

from shop.kernel.cells import MOST_COLUMNS, Unreadable, read_amount, read_moment
from shop.kernel.text import fold

Row = Sequence[Any]

#: Where a table begins at the latest, and how many rows its head has.
HEADER_WITHIN, HEADER_ROWS = 60, 3
#: A number from here on is an amount; smaller ones number columns and rows.
AMOUNT_FROM = 1_000
_SIGN = re.compile(r"[+\-−–]")
#: Columns and rows of a strange table that a person is shown.
SHOWN_COLUMNS, SHOWN_ROWS = 30, 12


def head_of(head: Sequence[Row]) -> str:
    """Return the name by which a table's head is known again: its words, each in its row and column."""
    words = "\x1e".join(
        "\x1f".join(map(_name_of, row[:MOST_COLUMNS])).rstrip("\x1f") for row in head
    )
    return hashlib.sha256(words.encode()).hexdigest()


def guess_head(rows: Sequence[Row]) -> int:
    """Return the row of a strange table that is most likely its head.

    It is the last one above the table's lines that has words over most of what they say; lines
    further above say the account and its days. Without such a row: the one with the most words and no sums.
    """
    line = first_line(rows)
    if line is not None:
        said = [column for column, cell in enumerate(rows[line]) if cell not in (None, "")]
        first = next(column for column in said if _is_value(rows[line][column]))
        for at in range(line - 1, -1, -1):
            over = [column for column in said if is_words(rows[at], column)]
            if first in over and len(over) * 2 > len(said):
                return at
    best, most = 0, 0
    for at, row in enumerate(rows[:HEADER_WITHIN]):
        words = sum(isinstance(cell, str) and bool(fold(cell)) for cell in row)
        fit = words - 3 * sum(map(_is_value, row))
        if fit > most:
            best, most = at, fit
    return best


def first_line(rows: Sequence[Row]) -> int | None:
    """Return the first of a table's lines: it is wide, and the next one has amounts or days where it has."""
    wide = usual_width(rows)
    valued = [
        (at, columns)
        for at, row in enumerate(rows[: HEADER_WITHIN * 2])
        if (columns := {column for column, cell in enumerate(row) if _is_value(cell)})
    ]
    following = [columns for _, columns in valued[1:]] + [columns for _, columns in valued[-1:]]
    for (at, columns), below in zip(valued, following, strict=True):
        if columns & below and sum(cell not in (None, "") for cell in rows[at]) * 2 > wide:
            return at
    return None


def is_words(row: Row, column: int) -> bool:
    """Tell whether a cell may name its column: it says something that is no number and no day."""
    cell = row[column] if column < len(row) else None
    return (
        isinstance(cell, str) and bool(_name_of(cell).strip("0123456789 ")) and not _is_value(cell)
    )


def head_rows(rows: Sequence[Row], at: int) -> int:
    """Return how many rows a head has that begins at a row: down to the first line of its table."""
    deep = 1
    while deep < HEADER_ROWS and not is_line(rows, at + deep):
        deep += 1
    return deep


def is_line(rows: Sequence[Row], at: int) -> bool:
    """Tell whether a row is one of the table's lines: it has an amount or a day."""
    return at >= len(rows) or any(_is_value(cell) for cell in rows[at])


def usual_width(rows: Sequence[Row]) -> int:
    """Return how many cells most rows have that say something."""
    widths = sorted(sum(cell not in (None, "") for cell in row) for row in rows[:200])
    return widths[len(widths) // 2] if widths else 0


def filled_columns(rows: Sequence[Row]) -> list[int]:
    """Return the columns that say something, as many as a person is shown."""
    wide = max((len(row) for row in rows[: SHOWN_ROWS * 4]), default=0)
    return [
        column
        for column in range(wide)
        if any(column < len(row) and row[column] not in (None, "") for row in rows[:200])
    ][:SHOWN_COLUMNS]


def _name_of(cell: Any) -> str:
    """Return a head's words as they are compared; a + or − may be all that tells two of them apart."""
    written = str(cell or "")
    signs = "".join("+" if sign == "+" else "-" for sign in _SIGN.findall(written))
    return fold(written)[:80] + signs[:9]


def _is_value(cell: Any) -> bool:
    if isinstance(cell, str) and read_moment(cell):
        return True
    try:
        return (read_amount(cell) or 0) >= AMOUNT_FROM
    except Unreadable:
        return False
