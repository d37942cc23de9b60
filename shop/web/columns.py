"""The page on which a person says what the columns of a strange table are (components/columns.html)."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from flask import request

from shop.kernel.strange_tables import SHOWN_ROWS, filled_columns, guess_head


def posted_columns(
    rows: int, whats: Collection[str], *, headless: bool = False
) -> tuple[int, dict[int, str]]:
    """Return the head's row from 0 and {column: what} as posted.

    Args:
        headless: the table may have no row of names: -1.
    """
    typed = request.form.get("dau", "0")
    at = int(typed) if typed.isascii() and typed.isdecimal() and len(typed) < 6 else 0
    said = {
        int(name[4:]): value
        for name, value in request.form.items()
        if name.startswith("cot-")
        and name[4:].isascii()
        and name[4:].isdecimal()
        and len(name) < 8
        and value in whats
    }
    return -1 if headless and typed == "-1" else min(at, max(0, rows - 1)), said


def shown_columns(
    rows: Sequence[Sequence[Any]], at: int, said: Mapping[int, str]
) -> dict[str, Any]:
    """Return what the selects are drawn from: the first rows, and each column with its examples."""
    head = rows[at] if 0 <= at < len(rows) else ()
    return {
        "at": at, "said": said, "rows": rows[: max(SHOWN_ROWS, at + 4, guess_head(rows) + 4)],
        "columns": [
            (
                column, _cell(head, column),
                [cell for row in rows[at + 1 : at + 4] if (cell := _cell(row, column))],
            )
            for column in filled_columns(rows)
        ],
    }  # fmt: skip


def _cell(row: Sequence[Any], column: int) -> str:
    cell = row[column] if column < len(row) else None
    if isinstance(cell, float) and cell.is_integer():
        cell = int(cell)
    return "" if cell is None else " ".join(str(cell).split())
