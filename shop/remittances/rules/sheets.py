"""A carrier's file, once it is rows of cells: which column says what, and its lines.

Carriers differ in everything, and change their tables: lines before the table, heads over
merged rows, a fee in one column or in four, sums below. Heads that are known name their columns;
other tables are named by a person once and known by their head from then on.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum
from typing import Any

from shop.kernel.cells import MOST_COLUMNS, Unreadable, read_amount, read_moment
from shop.kernel.clock import vietnam_date
from shop.kernel.codes import ALPHABET
from shop.kernel.errors import Refusal
from shop.kernel.strange_tables import (
    HEADER_ROWS,
    HEADER_WITHIN,
    Row,
    head_of,
    head_rows,
    is_line,
)
from shop.kernel.text import fold, one_line


class What(StrEnum):
    """What a column says."""

    TRACKING = "tracking"
    ORDER = "order"
    COD = "cod"
    FEE = "fee"
    PAID = "paid"
    RETURN_FEE = "return_fee"
    DAY = "day"
    REFERENCE = "reference"
    STATE = "state"


#: Words of a column's head, folded. The first kind that fits names the column.
_HEADS: tuple[tuple[What, tuple[str, ...]], ...] = (
    (What.STATE, ("trang thai", "tinh trang", "ket qua", "status", "state")),
    (What.DAY, ("ngay", "thoi gian", "date", "time")),
    (What.REFERENCE, (
        "ma phien", "phien", "so phieu", "ma doi soat", "ma chuyen tien", "ma thanh toan",
        "so chung tu", "batch", "reference", "ref",
    )),
    (What.TRACKING, (
        "ma van don", "van don", "ma don ghn", "ma don hang ghn", "ma don ghtk", "ma phieu gui",
        "ma buu gui", "so hieu buu gui", "ma buu pham", "ma kien", "tracking", "waybill",
        "bill code", "billcode", "parcel",
    )),
    (What.ORDER, (
        "ma don hang", "ma don khach hang", "ma don kh", "ma don rieng", "ma don shop", "ma don",
        "don hang", "order", "ma tham chieu",
    )),
    (What.RETURN_FEE, ("phi hoan", "phi chuyen hoan", "cuoc hoan", "phi tra hang", "return fee")),
    (What.FEE, ("tong phi", "tong cuoc", "total fee", "total fees")),
    (What.PAID, (
        "thuc nhan", "thuc tra", "thuc chuyen", "thanh toan", "tra shop", "chuyen shop", "con lai",
        "tra nguoi gui", "net", "payout", "paid", "payable",
    )),
    (What.FEE, ("phi", "cuoc", "fee", "fees", "charge")),
    (What.COD, ("thu ho", "cod", "tien thu", "thu nguoi nhan", "collected")),
)  # fmt: skip
_AMOUNTS = (What.COD, What.FEE, What.PAID, What.RETURN_FEE)
#: Who pays, and how, is no amount: "người trả cước", "hình thức thanh toán".
_NO_AMOUNTS = ("nguoi tra", "hinh thuc", "phuong thuc")
_TOTALS = ("tong phi", "tong cuoc", "total fee", "total fees")
_REFERENCE_WORDS = ("ma phien", "phien", "so phieu", "ma doi soat", "batch", "ma chuyen tien")
_SUMS = ("tong", "tong cong", "cong", "total", "sum", "grand total", "tong so")
_CODE = re.compile(r"[0-9A-Z][0-9A-Z._/\-]{3,59}")
#: How many parcels there are, in the code's column of a sum.
_COUNT = re.compile(r"[0-9.]{1,7}")
_OUR_CODE = re.compile(rf"[{ALPHABET}]{{8}}")
_RETURNED = ("hoan", "tra lai", "khong nhan", "tu choi", "return", "returned", "refused")
_DONE = ("hoan thanh", "hoan tat", "thanh cong", "da giao", "da phat", "delivered", "success")
#: A done-word that is denied: "giao không thành công", "chưa hoàn tất".
_NOT_DONE = re.compile(rf"\b(?:khong|chua|not)(?: duoc)? (?:{'|'.join(_DONE)})\b")
#: "Hoàn" that is no way back: "hoàn thành", "hoàn COD", and a part of a parcel that came back.
_NOT_RETURNED = re.compile(r"\bhoan (?:thanh|tat|cod|tien|phi|cuoc)\b|.*\b(?:1|mot) phan\b.*")


class SheetUnknown(Refusal):
    """The table's columns have no names that are known; a person says once what they are."""

    code = "sheet_unknown"
    status = 422


class SheetEmpty(Refusal):
    """No line of the table names a parcel and an amount. ``unread``: rows of which one is missing."""

    code = "sheet_empty"
    status = 422


class SentBefore(Refusal):
    """The same file is stored as another carrier's, or as paid elsewhere. ``file_id``: that one."""

    code = "file_sent_before"


class FileCounted(Refusal):
    """A line of the file was counted or answered with money; that is taken back first."""

    code = "file_counted"


class ColumnsMissing(Refusal):
    """A code and an amount are needed. ``missing``: "code" or "amount"."""

    code = "columns_missing"
    status = 422


@dataclass(frozen=True, slots=True)
class Layout:
    """Where a table begins and what its columns say: {column from 0: what}.

    Several columns may be fees: they are added up.
    """

    at: int
    deep: int
    columns: Mapping[int, What]

    @property
    def lines_from(self) -> int:
        return self.at + self.deep


@dataclass(frozen=True, slots=True)
class Line:
    """What a carrier says of one parcel. ``number``: of its row, counted from 1.

    ``received_vnd``: what came for it, after all fees; ``fee_vnd``, ``return_fee_vnd``: what was
    kept of it, and for its way back; ``cod_vnd``: what was taken at the door, None when the file
    does not say.
    """

    number: int
    tracking_code: str
    order_code: str
    cod_vnd: int | None
    received_vnd: int
    fee_vnd: int = 0
    return_fee_vnd: int = 0
    on_day: date | None = None
    reference: str = ""
    #: "returned", "delivered" or "".
    state: str = ""

    def key(self) -> str:
        """Return the carrier's own name of this line: the same money has it in every file.

        Its sums belong to it: what comes later for the same parcel, or was corrected, is another.
        """
        code = self.tracking_code or self.order_code
        when = self.reference or (self.on_day.isoformat() if self.on_day else "")
        name = ":".join((
            code, fold(when).replace(" ", "-") or f"{self.cod_vnd}-{self.received_vnd}",
            "way-back" if self.state == "returned" else "",
        ))[:140]  # fmt: skip
        return f"{name}:{self.received_vnd}-{self.return_fee_vnd}"


@dataclass(slots=True)
class Sheet:
    """What a file says: its lines, and the rows of which nothing is certain."""

    lines: list[Line] = field(default_factory=list)
    unread: list[int] = field(default_factory=list)
    #: Rows that say the same once more.
    copies: int = 0
    reference: str = ""


def find_layout(rows: Sequence[Row], known: Mapping[str, tuple[int, Mapping[int, What]]]) -> Layout:
    """Return what the columns of a table say.

    Args:
        known: {head: (rows deep, columns)} of tables that were named before; they go first.

    Raises:
        SheetUnknown
    """
    for at, row in enumerate(rows[:HEADER_WITHIN]):
        if known and any(row) and (found := known.get(head_of([row]))):
            return Layout(at, *found)
    for at in range(min(len(rows), HEADER_WITHIN)):
        if len(_named(rows[at : at + 1])) < 2:
            continue  # A line above the table, such as the shop's name or the days.
        best: Layout | None = None
        for deep in range(1, HEADER_ROWS + 1):
            if deep > 1 and is_line(rows, at + deep - 1):
                break
            columns = _named(rows[at : at + deep])
            if not missing_of(columns) and (best is None or len(columns) > len(best.columns)):
                best = Layout(at, deep, columns)
        if best is not None:
            return best
    raise SheetUnknown


def missing_of(columns: Mapping[int, What]) -> str:
    """Return what a table needs and does not have: "code", "amount", or ""."""
    said = set(columns.values())
    if not said & {What.TRACKING, What.ORDER}:
        return "code"
    return "" if said & {What.COD, What.PAID} else "amount"


def named_by_hand(rows: Sequence[Row], at: int, said: Mapping[int, str]) -> Layout:
    """Return the layout that a person gave: {column: a ``What`` or ""}.

    Raises:
        ColumnsMissing
    """
    columns = {column: What(what) for column, what in said.items() if what}
    missing = missing_of(columns)
    if missing or at >= len(rows):
        raise ColumnsMissing(missing=missing or "amount")
    return Layout(at, head_rows(rows, at), columns)


def read_sheet(rows: Sequence[Row], layout: Layout) -> Sheet:
    """Return what a carrier says of each parcel.

    Raises:
        SheetEmpty
    """
    found = Sheet(reference=_reference_above(rows[: layout.at]))
    in_total = _is_total(rows[layout.at : layout.lines_from], layout)
    told: dict[str, Line] = {}
    for number, row in enumerate(rows[layout.lines_from :], layout.lines_from + 1):
        try:
            line = _read_line(layout, row, number, found.reference, in_total)
        except Unreadable:
            found.unread.append(number)
            continue
        if line is None:
            continue
        first = told.setdefault(line.key(), line)
        if first is line:
            found.lines.append(line)
        elif replace(line, number=first.number) == first:
            found.copies += 1
        else:
            found.unread.append(number)  # The same money with another fee or day.
    if not found.lines:
        raise SheetEmpty(unread=len(found.unread))
    return found


def _named(head: Sequence[Row]) -> dict[int, What]:
    wide = max((len(row) for row in head), default=0)
    found: dict[int, What] = {}
    totals = []
    for column in range(min(wide, MOST_COLUMNS)):
        words = _head_words(head, column)
        what = _what(words)
        if what is None or (what != What.FEE and what in found.values()):
            continue
        found[column] = what
        if what == What.FEE and _names_total(words):
            totals.append(column)
    if totals:  # The parts of a sum are not added to it.
        found = {c: w for c, w in found.items() if w != What.FEE or c == totals[0]}
    return found


def _head_words(head: Sequence[Row], column: int) -> str:
    cells = (str(row[column] or "") for row in head if column < len(row))
    return f" {fold(' '.join(cells))} "


def _names_total(words: str) -> bool:
    return any(f" {total} " in words for total in _TOTALS)


def _is_total(head: Sequence[Row], layout: Layout) -> bool:
    """Tell whether the fees of a table are named as their sum, which holds the way back too."""
    fees = [column for column, what in layout.columns.items() if what == What.FEE]
    return any(_names_total(_head_words(head, column)) for column in fees)


def _what(words: str) -> What | None:
    if len(words) > 80:
        return None  # A sentence above the table is no head of a column.
    no_amount = any(f" {one} " in words for one in _NO_AMOUNTS)
    for what, heads in _HEADS:
        if no_amount and what in _AMOUNTS:
            continue
        if any(f" {head} " in words for head in heads):
            return what
    return None


def _reference_above(rows: Sequence[Row]) -> str:
    """Return the carrier's number of the payment, when it stands above the table."""
    for row in rows:
        cells = [one_line(str(cell)) for cell in row if cell not in (None, "")]
        for place, cell in enumerate(cells):
            words = f" {fold(cell)} "
            if len(words) > 80 or not any(f" {one} " in words for one in _REFERENCE_WORDS):
                continue
            beside = cell.partition(":")[2].strip() or "".join(cells[place + 1 : place + 2])
            if any(letter.isdigit() for letter in beside):
                return beside[:60]
    return ""


def _read_line(
    layout: Layout, row: Row, number: int, reference: str, in_total: bool
) -> Line | None:
    def cells(what: What) -> list[Any]:
        return [
            row[column]
            for column, said in sorted(layout.columns.items())
            if said == what and column < len(row)
        ]

    def words(what: What) -> str:
        return one_line(next((_plain(cell) for cell in cells(what) if cell is not None), ""))

    def amount(what: What) -> int | None:
        sums = [read_amount(cell) for cell in cells(what)]
        known = [one for one in sums if one is not None]
        return sum(known) if known else None

    tracking, order = _code(words(What.TRACKING)), _code(words(What.ORDER))
    if not tracking and not order:
        return None  # A sum, a note, a page number, an empty row.
    # A buyer may be named Công: beside a code only a sum of so many parcels is none of them.
    first = next((cell for cell in row if cell not in (None, "")), "")
    if fold(str(first)) in _SUMS and _COUNT.fullmatch(tracking or order):
        return None
    cod, paid = amount(What.COD), amount(What.PAID)
    fee, way_back = abs(amount(What.FEE) or 0), abs(amount(What.RETURN_FEE) or 0)
    if in_total and (cod is None or paid is None or cod - paid != fee + way_back):
        fee = max(0, fee - way_back)
    said = _state(fold(words(What.STATE)))
    came_back = said == "returned" and paid is None
    if came_back:
        way_back = way_back or fee  # Its COD was not taken: all that it cost is its way.
    if cod is None and paid is None and not way_back:
        raise Unreadable("amount")
    if paid is not None and paid < 0 and not way_back:
        way_back = -paid  # Nothing was collected; the carrier asks for its way.
    net = paid if paid is not None else (cod or 0) - fee - way_back
    received = 0 if came_back else max(0, net)
    if (cod or 0) < 0:
        raise Unreadable("amount")
    moment = next((found for cell in cells(What.DAY) if (found := read_moment(cell))), None)
    return Line(
        number, tracking, order, cod, received, 0 if way_back and not received else fee, way_back,
        vietnam_date(moment[0]) if moment else None, (words(What.REFERENCE) or reference)[:60],
        said or ("returned" if way_back and not received else ""),
    )  # fmt: skip


def _plain(cell: Any) -> str:
    """Return a cell as text; a spreadsheet holds codes of digits as numbers."""
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 10**15:
        return str(int(cell))
    return "" if isinstance(cell, (bool, float)) else str(cell)


def _code(text: str) -> str:
    """Return a code as it is printed, or "" when this is none: a word, a sentence.

    A carrier's code has a digit; one in twenty of the shop's own has none.
    """
    code = re.sub(r"\s+", "", text).upper().lstrip("'#")
    has_digit = any(c.isdigit() for c in code)
    return code if _CODE.fullmatch(code) and (has_digit or _OUR_CODE.fullmatch(code)) else ""


def _state(words: str) -> str:
    """Return what folded words say of a parcel; what came back was not delivered, whatever else."""
    spaced = _NOT_DONE.sub(" ", f" {words} ")
    if any(f" {one} " in _NOT_RETURNED.sub(" ", spaced) for one in _RETURNED):
        return "returned"
    return "delivered" if any(f" {one} " in spaced for one in _DONE) else ""
