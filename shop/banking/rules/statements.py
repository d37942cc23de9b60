"""A bank's statement file, once it is rows of cells: its lines, by the heads of its table.

Banks differ in every detail (DOMAIN 1.3): lines before the table, headers over several
merged rows, debit and credit apart or one signed amount, day and document in one cell.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from shop.banking.rules.heads import (
    MONEY,
    MORE_TEXT,
    Heads,
    cell_in,
    find_heads,
    has_money,
    text_in,
)
from shop.banking.rules.movements import MOST_TEXT, Movement
from shop.banking.rules.naming import ACCOUNT_WORDS, Named, read_named
from shop.banking.rules.reversals import may_reverse
from shop.banking.rules.ways import Moved, is_signed, moved, way_of
from shop.kernel.cells import (
    MOST_COLUMNS,
    MOST_ROWS,
    Unreadable,
    read_amount,
    read_moment,
)
from shop.kernel.errors import Refusal
from shop.kernel.strange_tables import Row
from shop.kernel.text import fold, one_line

#: Words beside which the currency stands.
_CURRENCY_WORDS = ("loai tien", "currency", "don vi tien", "tien te", "ccy", *ACCOUNT_WORDS)
_CURRENCIES = ("VND", "USD", "EUR", "JPY", "AUD", "GBP", "CAD", "SGD", "KRW", "CNY", "THB", "TWD")


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
    """What a file says. ``lines``: money that came, or that the bank took back again, in its order."""

    lines: list[Movement] = field(default_factory=list)
    #: Lines of money that went out: counted, never kept.
    went: int = 0
    #: What went in đồng, those of ``maybe`` included.
    went_vnd: int = 0
    #: Of those that went, not counted: whose words may say that the bank took back what it credited.
    maybe: list[Movement] = field(default_factory=list)
    #: Numbers of rows, counted from 1, that look like transactions and say nothing certain; of a
    #: workbook with several sheets with the sheet's name before.
    unread: list[int | str] = field(default_factory=list)
    #: Names of a workbook's sheets that hold something else, or another account's lines.
    beside: list[str] = field(default_factory=list)
    #: The account as the file names it.
    named: Named = field(default_factory=Named)
    currency: str = "VND"


def read_statement(rows: Sequence[Row], heads: Heads | None = None) -> Statement:
    """Return what a statement says.

    Args:
        heads: as a person named them; without them the table's own words say what its columns are.

    Raises:
        StatementUnreadable: it has no table.
    """
    rows = [row[:MOST_COLUMNS] for row in rows[:MOST_ROWS]]
    # Whoever names a head may take the row above it, or none, and the account stands there as well.
    above = heads.before_lines(rows) if heads else None
    heads = heads or find_heads(rows)
    found, columns = Statement(), heads.columns
    above = heads.above(rows) if above is None else above
    found.named = read_named([*_accounts_in(heads, rows), *above])
    found.currency = _currency_above(above) or found.currency
    table = rows[heads.lines_from :]
    certain = "way" not in columns or any(
        is_signed(cell_in(columns, row, "amount")) for row in table
    )
    day: datetime | None = None
    for number, row in enumerate(table, heads.lines_from + 1):
        line = _Line(columns, row, certain)
        if not line.is_filled:
            day = None  # What stands below a gap is another table's.
            continue
        try:
            moment = line.moment(day)
            if moment is not None:
                day = moment[0]
                _keep(found, line, moment)
        except Unreadable:
            found.unread.append(number)
    return found


def together(sheets: Sequence[tuple[str, Statement | None]]) -> Statement:
    """Return what the sheets of one workbook say, those of the first one's account and currency.

    Args:
        sheets: (name, what it says), None for one that is no statement; at least one is.
    """
    found = Statement()
    told = [(name, sheet) for name, sheet in sheets if sheet is not None]
    found.named = next((sheet.named for _, sheet in told if sheet.named.first), told[0][1].named)
    found.currency = told[0][1].currency
    for name, sheet in sheets:
        if sheet is None or sheet.named.first not in ("", found.named.first):
            found.beside.append(name)
            continue
        found.lines += sheet.lines
        found.went += sheet.went
        found.went_vnd += sheet.went_vnd
        found.maybe += sheet.maybe
        found.unread += [n if len(sheets) == 1 else f"{name} {n}" for n in sheet.unread]
    return found


def accounts_said(heads: Heads, rows: Sequence[Row]) -> list[str]:
    """Return the accounts that a column of a table names, each once."""
    cells = (cell_in(heads.columns, row, "account") for row in rows[heads.lines_from :])
    return list(dict.fromkeys(_number_text(cell) for cell in cells if not is_blank(cell)))


def _accounts_in(heads: Heads, rows: Sequence[Row]) -> list[Row]:
    return [(ACCOUNT_WORDS[0], one) for one in accounts_said(heads, rows)]


def _currency_above(rows: Sequence[Row]) -> str:
    said = ""
    for row in rows:
        cells = [one_line(str(cell)) for cell in row if cell not in (None, "")]
        for place, cell in enumerate(cells):
            if any(one in fold(cell) for one in _CURRENCY_WORDS):
                said = currency_in(cells[place : place + 2]) or said
    return said


def currency_in(cells: Sequence[str]) -> str:
    words = fold(" ".join(cells)).upper().split()
    return next((word for word in words if word in _CURRENCIES), "")


@dataclass(frozen=True, slots=True)
class _Line:
    """A row below the heads. ``certain``: as ``ways.moved`` has it."""

    columns: Mapping[str, int]
    row: Row
    certain: bool

    def cell(self, what: str) -> Any:
        return cell_in(self.columns, self.row, what)

    @property
    def is_filled(self) -> bool:
        return any(cell not in (None, "") for cell in self.row)

    def moment(self, day: datetime | None) -> tuple[datetime, bool, str] | None:
        """Return when it happened, None for a row that moves no money.

        Args:
            day: of the row above; a bank that merges the cells of a day writes it once.

        Raises:
            Unreadable: money without a day.
        """
        written = self.cell("date")
        found = read_moment(written)
        if found is not None:
            return found
        if not any(has_money(self.cell(what)) for what in MONEY) or self._is_sum():
            return None  # A sum, a page number, a note under the table.
        if day is None or not is_blank(written) or is_blank(text_in(self.columns, self.row)):
            raise Unreadable("day")
        return day.replace(hour=0, minute=0, second=0, microsecond=0), True, ""

    def _is_sum(self) -> bool:
        said = [
            self.columns[what] for what in ("text", MORE_TEXT, "reference") if what in self.columns
        ]
        for place, cell in enumerate(self.row):
            words = fold(cell) if isinstance(cell, str) else ""
            if (_SUM if place in said else _SUM_HEAD).match(words):
                return True
        return False

    def currency(self, of_file: str) -> str:
        """Return the currency of this row, of the file when it names none.

        Raises:
            Unreadable: it names one that nobody knows.
        """
        cell = self.cell("currency")
        if is_blank(cell):
            return of_file
        named = currency_in([str(cell)])
        if not named:
            raise Unreadable("currency")
        return named

    def moved(self, read: Callable[[Any], int | None]) -> Moved:
        credit, debit, amount = (read(self.cell(what)) or 0 for what in MONEY)
        return moved(credit, debit, amount, way_of(self.cell("way")), certain=self.certain)


#: So many outgoing lines of a file are compared with what came.
MOST_MAYBE = 100
#: Rows of sums: how another cell begins, and all that may stand where a text would.
_SUM_HEAD = re.compile(
    r"(so du|total|sum|luy ke|mang sang|chuyen trang|(tong|cong)(?! (cong )?(ty|cty|an|doan)\b))\b"
)
_SUM = re.compile(
    r"(tong( (cong|so|tien|phat sinh|giao dich|ghi no|ghi co|no|co|total))*|cong( (phat sinh|trang))?"
    r"|so du( .*)?|(sub ?)?total( .*)?|(opening|closing|ending|beginning) balance( .*)?|luy ke( .*)?"
    r"|mang sang( .*)?|chuyen trang( .*)?|(doanh so|phat sinh)( trong ky| no| co)*)$"
)


def is_blank(cell: Any) -> bool:
    return cell is None or not str(cell).strip()


def _keep(found: Statement, line: _Line, moment: tuple[datetime, bool, str]) -> None:
    """Add a line that has a day.

    Raises:
        Unreadable
    """
    booked_at, by_day, rest = moment
    currency = line.currency(found.currency)
    move = line.moved(read_amount if currency == "VND" else _sign_of)
    if not move.vnd:
        return  # A balance carried over.
    written = next((line.cell(what) for what in MONEY if has_money(line.cell(what))), "")
    text = one_line(text_in(line.columns, line.row))[:MOST_TEXT]
    movement = Movement(
        "", (), move.vnd if currency == "VND" else None, currency,
        "" if currency == "VND" else one_line(_number_text(written))[:30],
        booked_at, by_day, text,
        one_line(_number_text(line.cell("reference")) or rest)[:60],
        is_reversal=move.reversed,
    )  # fmt: skip
    if move.vnd < 0 and not move.reversed and currency == "VND":
        found.went_vnd -= move.vnd
    if move.vnd > 0 or move.reversed:
        found.lines.append(movement)
    elif may_reverse(movement) and len(found.maybe) < MOST_MAYBE:
        found.maybe.append(movement)
    else:
        found.went += 1


def _sign_of(cell: Any) -> int:
    """Return 1 or -1 for an amount of another currency, 0 when there is none."""
    if not has_money(cell):
        return 0
    below = cell < 0 if isinstance(cell, (int, float)) else is_signed(cell) and "+" not in cell
    return -1 if below else 1


def _number_text(cell: Any) -> str:
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return "" if cell is None else str(cell)
