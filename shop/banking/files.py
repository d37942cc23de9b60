"""A bank's statement file: its tables, whichever way its text is divided."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from shop.banking.rules.columns import is_denied
from shop.banking.rules.heads import Heads, StatementUnreadable, known_heads
from shop.banking.rules.statements import Statement, StatementEmpty, read_statement, together
from shop.kernel.cells import SheetUnreadable
from shop.kernel.strange_tables import head_of, usual_width
from shop.media.sheets import sheets_in

Sheets = Sequence[tuple[str, list[list[Any]]]]
#: What a table needs: day, amount and text; its head and a line.
_LEAST_COLUMNS, _LEAST_ROWS = 3, 2
#: So many bytes of a file's text are kept for whoever names its columns.
MOST_KEPT = 2 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Table:
    """A file as rows, kept for whoever names its columns.

    ``at``: the sheet whose columns are named; ``heads``: as a person named them, None when nobody did;
    ``account_id``: the account that was chosen for it.
    """

    sheets: Sheets
    at: int = 0
    heads: Heads | None = None
    account_id: int | None = None

    @property
    def rows(self) -> list[list[Any]]:
        return self.sheets[self.at][1]


@dataclass(frozen=True, slots=True)
class Opened:
    """What became of a file. ``statement``: None when its columns are not understood, for ``refusal``, or
    when nothing came in it by them: it may be another column that says so;
    ``table``: None when it is too large to be kept, or has no table that could be named."""

    statement: Statement | None
    table: Table | None
    refusal: StatementUnreadable | StatementEmpty | None = None


def read_file(content: bytes) -> Statement:
    """Return what a statement file says: CSV in any encoding and division, XLSX or XLS.

    Every sheet of a workbook is read; those that are no statement of the account are named.

    Raises:
        StatementUnreadable, StatementEmpty
    """
    opened = open_file(content)
    if opened.statement is None:
        assert opened.refusal is not None
        raise opened.refusal
    return opened.statement


def open_file(
    content: bytes, known: Mapping[str, tuple[int, Mapping[str, int]]] | None = None
) -> Opened:
    """Return what a statement file says, as ``read_file`` reads it, and its rows.

    Args:
        known: tables that a person named before, as ``heads.known_heads`` takes them; they go
            first, unless the cells deny them.

    Raises:
        StatementUnreadable: it is no table at all.
    """
    refused, widest = StatementUnreadable(why="table"), None
    try:
        for sheets in sheets_in(content):
            table = _table_in(sheets, known or {})
            try:
                found = _read(sheets, known or {})
            except StatementUnreadable as refusal:
                refused = refusal
                if widest is None or usual_width(table.rows) > usual_width(widest.rows):
                    widest = table
                continue
            if found.lines or found.maybe:
                return Opened(found, _kept(table))
            if found.unread:
                return Opened(None, _kept(table), StatementUnreadable(why="rows"))
            return Opened(None, _kept(table), StatementEmpty())
    except SheetUnreadable as refusal:
        raise StatementUnreadable(why=refusal.why) from refusal
    return Opened(None, widest and _kept(widest), refused)


def read_named(table: Table) -> Statement:
    """Return what a file says by the columns that a person named: of that sheet and its like.

    Raises:
        StatementUnreadable: no row says anything certain. StatementEmpty.
    """
    heads = table.heads
    assert heads is not None
    known: dict[str, Any] = {}
    if heads.at >= 0:
        known = {head_of(table.rows[heads.at : heads.lines_from]): (heads.deep, heads.columns)}
    read: list[tuple[str, Statement | None]] = []
    for place, (name, rows) in enumerate(table.sheets):
        here = heads if place == table.at else known_heads(rows, known)
        is_like = here is not None and (place == table.at or not is_denied(rows, here))
        read.append((name, read_statement(rows, here) if is_like else None))
    found = together(read)
    if not (found.lines or found.maybe):
        raise StatementUnreadable(why="rows") if found.unread else StatementEmpty()
    return found


def _read(sheets: Sheets, known: Mapping[str, Any]) -> Statement:
    read: list[tuple[str, Statement | None]] = []
    refused = StatementUnreadable(why="table")
    for name, rows in sheets:
        heads = known_heads(rows, known)
        if heads is not None and is_denied(rows, heads):
            raise StatementUnreadable(why="table")  # The bank means something else by it now.
        try:
            read.append((name, read_statement(rows, heads)))
        except StatementUnreadable as refusal:
            refused = refusal
            read.append((name, None))
    if not any(sheet for _, sheet in read):
        raise refused
    return together(read)


def _table_in(sheets: Sheets, known: Mapping[str, Any]) -> Table:
    """Return the rows with the sheet to name: the one that was named before, else the fullest."""
    for place, (_name, rows) in enumerate(sheets):
        if heads := known_heads(rows, known):
            return Table(sheets, place, heads)
    fullest = max(range(len(sheets)), key=lambda place: len(sheets[place][1]), default=0)
    return Table(sheets or [("", [])], fullest)


def _kept(table: Table) -> Table | None:
    fits = usual_width(table.rows) >= _LEAST_COLUMNS and len(table.rows) >= _LEAST_ROWS
    return table if fits and _bytes_of(table) <= MOST_KEPT else None


def _bytes_of(table: Table) -> int:
    """Return how large a table is, a byte for each empty cell and for each row included."""
    size = 0
    for _name, rows in table.sheets:
        for row in rows:
            size += 1 + sum(1 + len(str(cell).encode()) if cell is not None else 1 for cell in row)
    return size
