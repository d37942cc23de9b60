"""A bank's statement file: its table, whichever way its text is divided."""

from shop.banking.rules.statements import Statement, StatementUnreadable, read_statement
from shop.kernel.cells import SheetUnreadable
from shop.media.sheets import tables_in


def read_file(content: bytes) -> Statement:
    """Return what a statement file says: CSV in any encoding and division, XLSX or XLS.

    Raises:
        StatementUnreadable, StatementEmpty
    """
    refused = StatementUnreadable(why="table")
    try:
        for rows in tables_in(content):
            try:
                return read_statement(rows)
            except StatementUnreadable as refusal:
                refused = refusal
    except SheetUnreadable as refusal:
        raise StatementUnreadable(why=refusal.why) from refusal
    raise refused
