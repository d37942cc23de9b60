"""A bank's statement file, once it is rows of cells: which column says what, and its lines.

Banks differ in every detail (DOMAIN 1.3): lines before the table, headers over several
merged rows, debit and credit apart or one signed amount, day and document in one cell.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from shop.banking.rules.movements import MOST_TEXT, Movement, bare_account
from shop.kernel.cells import (
    MOST_COLUMNS,
    MOST_ROWS,
    Unreadable,
    read_amount,
    read_moment,
)
from shop.kernel.errors import Refusal
from shop.kernel.text import fold, one_line

Row = Sequence[Any]

_HEADER_WITHIN = 60
_HEADER_ROWS = 3
#: A table's first row of heads names at least the day, an amount and the text.
_LEAST_HEADS = 3

#: Words of a column's head, folded. The first kind that fits names the column.
_COLUMNS = (
    ("balance", ("so du", "balance")),
    ("credit", (
        "ghi co", "phat sinh co", "tien vao", "credit", "so tien co", "ps co", "money in", "tien thu",
    )),
    ("debit", (
        "ghi no", "phat sinh no", "tien ra", "debit", "so tien no", "ps no", "money out", "tien chi",
    )),
    ("way", ("loai giao dich", "loai gd", "dr cr", "d c", "no co", "transaction type")),
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
    ("amount", ("so tien", "amount", "gia tri")),
)  # fmt: skip
#: Days that are not the day on which it happened.
_OTHER_DAYS = ("hieu luc", "effective", "value date")
_ACCOUNT_WORDS = (
    "so tai khoan",
    "tai khoan so",
    "account no",
    "account number",
    "so tk",
    "account",
)
_CURRENCY_WORDS = ("loai tien", "currency", "don vi tien", "tien te", "ccy")
_CURRENCIES = ("VND", "USD", "EUR", "JPY", "AUD", "GBP", "CAD", "SGD", "KRW", "CNY", "THB", "TWD")


class StatementUnreadable(Refusal):
    """No table of transactions was found. ``why``: "table", or as ``kernel.cells.SheetUnreadable``."""

    code = "statement_unreadable"
    status = 422


class StatementEmpty(Refusal):
    """The file was read and tells of no money that came."""

    code = "statement_empty"
    status = 422


class StatementOfOther(Refusal):
    """The file says that it is of another account. ``last4``: its last four."""

    code = "statement_of_other"
    status = 422


@dataclass(slots=True)
class Statement:
    """What a file says. ``lines``: money that came, in the file's order."""

    lines: list[Movement] = field(default_factory=list)
    #: Lines of money that went out: counted, never kept.
    went: int = 0
    #: Numbers of rows, counted from 1, that look like transactions and say nothing certain.
    unread: list[int] = field(default_factory=list)
    #: The account as the file names it, "" when it does not.
    account: str = ""
    currency: str = "VND"


def read_statement(rows: Sequence[Row]) -> Statement:
    """Return what a statement says.

    Raises:
        StatementUnreadable, StatementEmpty
    """
    rows = [row[:MOST_COLUMNS] for row in rows[:MOST_ROWS]]
    at, deep, columns = _find_header(rows)
    found = Statement()
    _read_preamble(found, rows[:at])
    for number, row in enumerate(rows[at + deep :], at + deep + 1):
        try:
            _read_line(found, columns, row)
        except Unreadable:
            found.unread.append(number)
    if not found.lines:
        raise StatementEmpty
    return found


def _find_header(rows: Sequence[Row]) -> tuple[int, int, dict[str, int]]:
    """Return (row, how many rows deep, {what: column}) of the table's head."""
    for at in range(min(len(rows), _HEADER_WITHIN)):
        if len(_columns(rows[at : at + 1])) < _LEAST_HEADS:
            continue  # A line above the table, such as the account or the days.
        best: tuple[int, dict[str, int]] | None = None
        for deep in range(1, _HEADER_ROWS + 1):
            if deep > 1 and _has_day(rows, at + deep - 1):
                break  # The table's lines have begun.
            columns = _columns(rows[at : at + deep])
            if _is_whole(columns) and (best is None or len(columns) > len(best[1])):
                best = deep, columns
        if best is not None:
            return at, *best
    raise StatementUnreadable(why="table")


def _is_whole(columns: dict[str, int]) -> bool:
    return {"date", "text"} <= set(columns) and bool({"credit", "amount"} & set(columns))


def _has_day(rows: Sequence[Row], at: int) -> bool:
    return at >= len(rows) or any(read_moment(cell) for cell in rows[at] if isinstance(cell, str))


def _columns(head: Sequence[Row]) -> dict[str, int]:
    wide = max((len(row) for row in head), default=0)
    found: dict[str, int] = {}
    for column in range(wide):
        words = " ".join(str(row[column] or "") for row in head if column < len(row))
        what = _column(f" {fold(words)} ")
        if what is not None and what not in found:
            found[what] = column
    return found


def _column(words: str) -> str | None:
    if len(words) > 120 or any(f" {other} " in words for other in _OTHER_DAYS):
        return None  # A sentence above the table is no head of a column.
    for what, aliases in _COLUMNS:
        if any(f" {alias} " in words for alias in aliases):
            return what
    return None


def _read_preamble(found: Statement, rows: Sequence[Row]) -> None:
    for row in rows:
        cells = [one_line(str(cell)) for cell in row if cell not in (None, "")]
        for place, cell in enumerate(cells):
            words, beside = fold(cell), (cell, *cells[place + 1 : place + 2])
            if not found.account and any(one in words for one in _ACCOUNT_WORDS):
                found.account = _account_in(beside)
            if any(one in words for one in _CURRENCY_WORDS) or any(
                one in words for one in _ACCOUNT_WORDS
            ):
                found.currency = _currency_in(beside) or found.currency


def _account_in(cells: Sequence[str]) -> str:
    for cell in cells:
        for word in cell.replace(".", "").split():
            bare = bare_account(word)
            if 6 <= len(bare) <= 19 and sum(c.isdigit() for c in bare) >= 6:
                return bare
    return ""


def _currency_in(cells: Sequence[str]) -> str:
    words = fold(" ".join(cells)).upper().split()
    return next((word for word in words if word in _CURRENCIES), "")


def _read_line(found: Statement, columns: dict[str, int], row: Row) -> None:
    def cell(what: str) -> Any:
        place = columns.get(what)
        return row[place] if place is not None and place < len(row) else None

    moment = read_moment(cell("date"))
    if moment is None:
        return  # A sum, a page number, a note under the table.
    booked_at, by_day, rest = moment
    text = one_line(str(cell("text") or ""))[:MOST_TEXT]
    reference = one_line(_number_text(cell("reference")) or rest)[:60]
    written = ""
    if found.currency == "VND":
        amount = _amount(cell)
        if not amount:
            return  # A balance carried over.
        if amount < 0:
            found.went += 1
            return
    else:
        amount = None
        written = one_line(_number_text(cell("credit") or cell("amount")))[:30]
        if not written.strip("-0., "):
            return
        if written.startswith(("-", "(")):
            found.went += 1
            return
    found.lines.append(
        Movement("", (), amount, found.currency, written, booked_at, by_day, text, reference)
    )


def _amount(cell: Any) -> int:
    """Return what came, below zero what went, 0 when the line moves nothing."""
    credit, debit = read_amount(cell("credit")), read_amount(cell("debit"))
    if credit or debit:
        return abs(credit) if credit else -abs(debit or 0)
    amount = read_amount(cell("amount")) or 0
    way = fold(str(cell("way") or ""))
    if way in ("d", "dr", "no", "debit", "ghi no", "chi", "tien ra", "out"):
        return -abs(amount)
    return amount


def _number_text(cell: Any) -> str:
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return "" if cell is None else str(cell)
