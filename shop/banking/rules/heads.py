"""The head of a bank's table: where it stands, and which column says what.

Heads stand over several merged rows, in two languages, and each bank words them its own way. A
table whose heads leave a column of money without a name is refused, for it would be read wrongly.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from shop.banking.rules.ways import is_signed, names_both, only_way_of, way_of
from shop.kernel.cells import Unreadable, read_amount, read_moment
from shop.kernel.errors import Refusal
from shop.kernel.strange_tables import HEADER_ROWS, HEADER_WITHIN, Row, head_of, head_rows
from shop.kernel.text import fold

#: A table's first row of heads names at least the day, an amount and the text.
_LEAST_HEADS = 3
#: A number from here on may be money; smaller ones number columns and rows.
_MONEY_FROM = 1_000

#: An amount of any currency, or the dash of none.
_AMOUNT = re.compile(r"[+\-−–(]*[0-9.,' ]*\)?")

#: Words of a column's head, folded. The first kind that fits names the column.
_COLUMNS = (
    ("balance", ("so du", "balance")),
    ("credit", (
        "ghi co", "phat sinh co", "tien vao", "credit", "so tien co", "ps co", "money in", "tien thu",
    )),
    ("debit", (
        "ghi no", "phat sinh no", "tien ra", "debit", "so tien no", "ps no", "money out", "tien chi",
    )),
    ("currency", ("loai tien", "currency", "don vi tien", "tien te", "ccy", "nguyen te")),
    ("way", ("loai giao dich", "loai gd", "loai phat sinh", "transaction type")),
    ("date", (
        "ngay giao dich", "ngay hach toan", "ngay gd", "thoi gian giao dich", "transaction date",
        "tnx date", "posting date", "booking date", "thoi gian", "ngay", "date",
    )),
    ("text", (
        "noi dung", "dien giai", "mo ta", "transactions in detail", "details", "detail",
        "description", "remark", "remarks", "narrative",
    )),
    ("reference", (
        "so ct", "doc no", "ma giao dich", "so but toan", "so tham chieu", "ma tham chieu",
        "reference", "ref no", "transaction no", "so gd", "ma gd", "chung tu",
    )),
    ("amount", ("so tien", "so phat sinh", "amount", "gia tri")),
)  # fmt: skip
#: All that a head says which has a partner for the other way. Alone it may mean anything.
_PAIR = {
    "debit": re.compile(
        r"(so )?(tien )?(ghi )?(no|rut( ra)?|giam|chi( ra)?|withdrawals?|paid out)"
        r"( (tktt|vnd|amount|amt|dr|withdrawals?))*"
    ),
    "credit": re.compile(
        r"(so )?(tien )?(ghi )?(co|(gui|nop)( vao)?|tang|thu( vao)?|deposits?|paid in)"
        r"( (tktt|vnd|amount|amt|cr|deposits?))*"
    ),
}
#: All that a head says which mostly, but not always, is of the way.
_PERHAPS_WAY = ("loai", "phan loai", "chieu", "kieu", "hinh thuc", "type")
#: A head over a column of signs; what it means in words.
_SIGNS, _IN_WORDS = re.compile(r"[\s(]*\+\s*[/|,]?\s*[-−–][\s)]*"), "no co"
#: Days that are not the day on which it happened.
_OTHER_DAYS = ("hieu luc", "effective", "value date")
#: Columns of money, as ``ways.moved`` takes them.
MONEY = ("credit", "debit", "amount")
#: The second of two columns that hold the text.
MORE_TEXT = "more"


class StatementUnreadable(Refusal):
    """No table of transactions was found. ``why``: "table", "rows" when none of them says anything
    certain, or as ``kernel.cells.SheetUnreadable``."""

    code = "statement_unreadable"
    status = 422


@dataclass(frozen=True, slots=True)
class Heads:
    """A table's head. ``at``: its row from 0, -1 of a table without one; ``deep``: its rows;
    ``columns``: {what: column}."""

    at: int
    deep: int
    columns: Mapping[str, int]

    @property
    def lines_from(self) -> int:
        return self.at + self.deep

    def above(self, rows: Sequence[Row]) -> Sequence[Row]:
        return rows[: max(self.at, 0)]

    def before_lines(self, rows: Sequence[Row]) -> Sequence[Row]:
        """Return all rows before the first that moves money, wherever a person saw the head."""
        first = (at for at, row in enumerate(rows) if moves_money(self.columns, row))
        return rows[: next(first, len(rows))]


def find_heads(rows: Sequence[Row]) -> Heads:
    """Return the head of the table.

    Raises:
        StatementUnreadable
    """
    for at in range(min(len(rows), HEADER_WITHIN)):
        if len(_columns(rows[at : at + 1])) < _LEAST_HEADS:
            continue  # A line above the table, such as the account or the days.
        best: Heads | None = None
        for deep in range(1, HEADER_ROWS + 1):
            if deep > 1 and _has_day(rows, at + deep - 1):
                break  # The table's lines have begun.
            columns = _columns(rows[at : at + deep])
            if _is_whole(columns) and (best is None or len(columns) > len(best.columns)):
                best = Heads(at, deep, columns)
        if best is not None:
            _check_below(rows, best)
            return replace(best, columns=_with_way(rows, best))
    raise StatementUnreadable(why="table")


def known_heads(
    rows: Sequence[Row], known: Mapping[str, tuple[int, Mapping[str, int]]]
) -> Heads | None:
    """Return the head that a person named before: {its name: (rows deep, columns)}; None without one.

    A table whose own head says surely what it is goes before one that is known elsewhere in the file.
    """
    for at, row in enumerate(rows[:HEADER_WITHIN] if known else ()):
        deep = head_rows(rows, at)
        if any(row) and (found := known.get(head_of(rows[at : at + deep]))):
            try:
                own = find_heads(rows)
            except StatementUnreadable:
                own = None
            if own is None or (at < own.lines_from and own.at < at + deep):
                return Heads(at, deep, found[1])
    return None


def words_say(head: Sequence[Row]) -> dict[str, int]:
    """Return what the words of a head say of its columns, be it enough to read the table or not."""
    return _columns(head)


def cell_in(columns: Mapping[str, int], row: Row, what: str) -> Any:
    place = columns.get(what)
    return row[place] if place is not None and place < len(row) else None


def text_in(columns: Mapping[str, int], row: Row) -> str:
    """Return what a line says, of both columns where a person named two."""
    cells = (cell_in(columns, row, what) for what in ("text", MORE_TEXT))
    return " ".join(str(cell) for cell in cells if cell not in (None, ""))


def has_money(cell: Any) -> bool:
    if isinstance(cell, str):
        return any(c in "123456789" for c in cell)
    return isinstance(cell, (int, float)) and not isinstance(cell, bool) and cell != 0


def is_amount(cell: Any) -> bool:
    """Tell whether a cell is an amount of any currency, or the dash of none."""
    try:
        return bool(_AMOUNT.fullmatch(str(cell).strip())) or read_amount(cell) is not None
    except Unreadable:
        return False


def moves_money(columns: Mapping[str, int], row: Row) -> bool:
    """Tell whether a row has a day and money in the columns that say so."""
    return read_moment(cell_in(columns, row, "date")) is not None and any(
        has_money(cell := cell_in(columns, row, what)) and is_amount(cell) for what in MONEY
    )


def _is_whole(columns: Mapping[str, int]) -> bool:
    return {"date", "text"} <= set(columns) and bool({"credit", "amount", "way"} & set(columns))


def _has_day(rows: Sequence[Row], at: int) -> bool:
    return at >= len(rows) or any(read_moment(cell) for cell in rows[at] if isinstance(cell, str))


def _check_below(rows: Sequence[Row], heads: Heads) -> None:
    """Refuse a table that has one head over two columns of money, of which one would be lost.

    Raises:
        StatementUnreadable
    """
    has_lines = False
    nameless = _nameless(rows, heads)
    for row in rows[heads.lines_from :]:
        if read_moment(cell_in(heads.columns, row, "date")) is None:
            if not has_lines and any(_is_other_head(heads.columns, row, what) for what in MONEY):
                raise StatementUnreadable(why="table")
            continue
        has_lines = True
        if not any(has_money(cell_in(heads.columns, row, what)) for what in MONEY) and any(
            column < len(row) and _may_be_money(row[column]) for column in nameless
        ):
            raise StatementUnreadable(why="table")


def _with_way(rows: Sequence[Row], heads: Heads) -> dict[str, int]:
    """Return the columns, with the one that says in each line which way its amount went.

    Raises:
        StatementUnreadable: no column has amounts.
    """
    columns = dict(heads.columns)
    lines = [
        row
        for row in rows[heads.lines_from :]
        if read_moment(cell_in(columns, row, "date")) is not None
    ]
    if not {"credit", "amount"} & set(
        columns
    ):  # A head that names both ways is over signs or sums.
        if not any(has_money(cell_in(columns, row, "way")) for row in lines):
            raise StatementUnreadable(why="table")
        columns["amount"] = columns["way"]
        return columns
    amounts = [cell_in(columns, row, "amount") for row in lines]
    if {"credit", "debit"} & set(columns) or any(is_signed(cell) for cell in amounts):
        return columns
    if any(_says_way(cell_in(columns, row, "way")) for row in lines):
        return columns
    grid = _grid(rows[heads.at : heads.lines_from])
    wide = max((len(row) for row in lines), default=0)
    said: dict[int, int] = {}
    for column in set(range(wide)) - {at for what, at in columns.items() if what != "way"}:
        head = " ".join(row[column] for row in grid if column < len(row) and row[column])
        says = _says_way if head in _PERHAPS_WAY else only_way_of
        said[column] = sum(bool(says(row[column])) for row in lines if column < len(row))
    most = max(said, key=lambda column: (said[column], -column), default=0)
    if said.get(most):
        columns["way"] = most
    return columns


def _says_way(cell: Any) -> int:
    try:
        return way_of(cell)
    except Unreadable:
        return 0


def _nameless(rows: Sequence[Row], heads: Heads) -> list[int]:
    """Return the columns without a head that stand at the right of a column of money."""
    grid = _grid(rows[heads.at : heads.lines_from])
    wide = max((len(row) for row in rows[heads.lines_from :]), default=0)
    money = {heads.columns[what] for what in MONEY if what in heads.columns}
    found, is_beside = [], False
    for column in range(wide):
        if any(column < len(row) and row[column] for row in grid):
            is_beside = column in money
        elif is_beside:
            found.append(column)
    return found


def _is_other_head(columns: Mapping[str, int], row: Row, what: str) -> bool:
    """Tell whether words stand in a column of money that are the head of something else."""
    words = fold(str(cell_in(columns, row, what) or ""))
    if not words or any(c.isdigit() for c in words) or words == "vnd":
        return False
    return _column(words) != what and not (what in _PAIR and _PAIR[what].fullmatch(words))


def _may_be_money(cell: Any) -> bool:
    try:
        return abs(read_amount(cell) or 0) >= _MONEY_FROM
    except Unreadable:
        return False


def _grid(head: Sequence[Row]) -> list[list[str]]:
    wide = max((len(row) for row in head), default=0)
    return [
        [_words(row[column]) if column < len(row) else "" for column in range(wide)] for row in head
    ]


def _words(cell: Any) -> str:
    written = str(cell or "")
    return _IN_WORDS if _SIGNS.fullmatch(written) else fold(written)


def _above(grid: Sequence[Sequence[str]], row: int, column: int) -> str:
    """Return the words over a column in one row of the head: its own, or of the head merged over it.

    A merged head stands over its first column alone, and each of its columns has a head below.
    """
    cells, below = grid[row], grid[row + 1 :]
    if cells[column] or not any(under[column] for under in below):
        return cells[column]
    parent = next((left for left in range(column - 1, -1, -1) if cells[left]), None)
    if parent is None or not any(under[parent] for under in below):
        return ""
    return cells[parent]


def _columns(head: Sequence[Row]) -> dict[str, int]:
    grid = _grid(head)
    kinds: list[str | None] = []
    pairs: dict[int, str] = {}
    shared: set[int] = set()
    for column in range(len(grid[0]) if grid else 0):
        own = [row[column] for row in grid if row[column]]
        whole = " ".join(filter(None, (_above(grid, row, column) for row in range(len(grid)))))
        kind, widest = _column(" ".join(own)), _column(whole)
        kinds.append("balance" if kind in MONEY and widest == "balance" else kind or widest)
        if kind is None and widest == "amount":
            shared.add(column)
        for what, words in _PAIR.items():
            if own and words.fullmatch(own[-1]) and widest != "balance":
                pairs[column] = what
    if {"credit", "debit"} <= {*kinds, *pairs.values()}:
        kinds = [pairs.get(column, kind) for column, kind in enumerate(kinds)]
    found: dict[str, int] = {}
    for column, what in enumerate(kinds):
        if what is not None and what not in found:
            found[what] = column
    if any(kinds[column] == "amount" for column in shared):
        del found["amount"]  # One head over several columns, of which nobody knows which is which.
    return found


def _column(words: str) -> str | None:
    words = f" {words} "
    if len(words) > 120 or any(f" {other} " in words for other in _OTHER_DAYS):
        return None  # A sentence above the table is no head of a column.
    said = [what for what, aliases in _COLUMNS if any(f" {alias} " in words for alias in aliases)]
    if "balance" not in said and names_both(words):
        return "amount" if "amount" in said else "way"
    return next(iter(said), None)
