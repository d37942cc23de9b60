"""A bank's statement file: its tables, whichever way its text is divided."""

from collections.abc import Sequence
from typing import Any

from shop.banking.rules.heads import StatementUnreadable
from shop.banking.rules.statements import Statement, StatementEmpty, read_statement, together
from shop.kernel.cells import SheetUnreadable
from shop.media.sheets import sheets_in


def read_file(content: bytes) -> Statement:
    """Return what a statement file says: CSV in any encoding and division, XLSX or XLS.

    Every sheet of a workbook is read; those that are no statement of the account are named.

    Raises:
        StatementUnreadable, StatementEmpty
    """
    refused = StatementUnreadable(why="table")
    try:
        for sheets in sheets_in(content):
            try:
                found = _read(sheets)
            except StatementUnreadable as refusal:
                refused = refusal
                continue
            if not (found.lines or found.maybe):
                raise StatementUnreadable(why="rows") if found.unread else StatementEmpty()
            return found
    except SheetUnreadable as refusal:
        raise StatementUnreadable(why=refusal.why) from refusal
    raise refused


def _read(sheets: Sequence[tuple[str, Any]]) -> Statement:
    read: list[tuple[str, Statement | None]] = []
    refused = StatementUnreadable(why="table")
    for name, rows in sheets:
        try:
            read.append((name, read_statement(rows)))
        except StatementUnreadable as refusal:
            refused = refusal
            read.append((name, None))
    if not any(sheet for _, sheet in read):
        raise refused
    return together(read)
