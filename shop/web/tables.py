"""Tables that people take along: CSV which no spreadsheet mistakes for formulas."""

import csv
import io
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from itertools import chain
from tempfile import SpooledTemporaryFile
from typing import IO, Any

from shop.kernel.clock import VIETNAM
from shop.web.words import _

#: What a spreadsheet reads as the beginning of a formula, the wide forms included (QUALITY T36).
_FORMULA = re.compile(r"^[=+\-@\t\r\n＝＋－＠]")
#: The same amid a cell: a spreadsheet that divides cells at semicolons, as those of Vietnam and
#: most of Europe do, ends a quoted cell of ours at one, and begins another after it.
_FORMULA_AFTER = re.compile(r"([;\t\r\n][\s\"']*)(?=[=+\-@＝＋－＠])")

#: Columns are as wide as what stands in them, within these: letters.
_NARROWEST, _WIDEST = 10, 60
#: Spreadsheets know no day before it.
_FIRST_YEAR = 1901


def safe_cell(value: object) -> object:
    """Return a cell that stays text: numbers as they are, what looks like a formula behind "'".

    Days and moments are text here, those of Vietnam, as every spreadsheet reads them: 2026-11-23.

    >>> safe_cell("=1+1"), safe_cell(-5), safe_cell("chị Tư; =1+1")
    ("'=1+1", -5, "chị Tư; '=1+1")
    """
    if value is None or isinstance(value, int | Decimal):
        return "" if value is None else value
    if isinstance(value, date):
        return str(_in_vietnam(value))
    text = _FORMULA_AFTER.sub(r"\1'", str(value))
    return f"'{text}" if _FORMULA.match(text) else text


def _in_vietnam(value: date) -> Any:
    """Return a day as it is, a moment without its zone: spreadsheets know none."""
    return (
        value.astimezone(VIETNAM).replace(tzinfo=None, microsecond=0)
        if isinstance(value, datetime)
        else value
    )


def with_sums(
    rows: Iterable[Sequence[object]], columns: Collection[int] = ()
) -> Iterator[Sequence[object]]:
    """Yield rows, then what some columns come to; of no rows one that says so.

    For people: what is read in again has its rows alone.
    """
    sums: dict[int, int] = dict.fromkeys(columns, 0)
    width = 0
    for row in rows:
        for column in sums:
            cell = row[column]
            sums[column] += cell if isinstance(cell, int) else 0
        width = len(row)
        yield row
    if not width:
        yield [_("Chưa có dòng nào")]
    elif sums:
        yield [_("Cộng"), *(sums.get(column, "") for column in range(1, width))]


def csv_lines(head: Sequence[str], rows: Iterable[Sequence[object]]) -> Iterator[str]:
    """Return a CSV line by line, every cell quoted; its mark tells Excel that it is UTF-8."""
    yield "\ufeff"
    for row in chain([head], rows):
        line = io.StringIO()
        csv.writer(line, quoting=csv.QUOTE_ALL).writerow([safe_cell(cell) for cell in row])
        yield line.getvalue()


def csv_file(head: Sequence[str], rows: Iterable[Sequence[object]]) -> IO[bytes]:
    """Return a CSV, written whole before it is sent: a slow line keeps no look at the database."""
    file = _spooled()
    file.writelines(line.encode() for line in csv_lines(head, rows))
    file.seek(0)
    return file


def _spooled() -> IO[bytes]:
    return SpooledTemporaryFile(max_size=1_000_000)  # type: ignore[return-value]


def xlsx_file(
    head: Sequence[str], rows: Iterable[Sequence[object]], *, grouped: bool = True
) -> IO[bytes]:
    """Return a spreadsheet, read from its beginning; nothing in it is a formula or a link.

    Numbers, days and moments are what they are, so that a spreadsheet adds them up and sorts them.

    Args:
        grouped: whole numbers show as 65.200; not where they are years, or a program reads them.
    """
    import xlsxwriter

    file = _spooled()
    plain = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    book = xlsxwriter.Workbook(file, {"constant_memory": True, **plain})  # type: ignore[arg-type]
    sheet = book.add_worksheet()
    bold = book.add_format({"bold": True})
    # Typed over, a number of an account or a phone still keeps the noughts that it begins with.
    digits = book.add_format({"num_format": "@"})
    whole = book.add_format({"num_format": "#,##0"}) if grouped else None
    of_day = book.add_format({"num_format": "dd/mm/yyyy"})
    of_moment = book.add_format({"num_format": "dd/mm/yyyy hh:mm"})
    widths = [_NARROWEST] * len(head)
    for at, row in enumerate(chain([head], rows)):
        for column, cell in enumerate(row):
            if isinstance(cell, date) and cell.year >= _FIRST_YEAR:
                form = of_moment if isinstance(cell, datetime) else of_day
                sheet.write_datetime(at, column, _in_vietnam(cell), form)
                said = "dd/mm/yyyy hh:mm"
            elif isinstance(said := safe_cell(cell), int | Decimal):
                sheet.write_number(
                    at, column, float(said), whole if isinstance(said, int) else None
                )
                said = f"{said:,}"
            else:
                form = bold if at == 0 else digits if str(said).isdecimal() else None
                sheet.write_string(at, column, str(said), form)
            if column < len(widths):
                widths[column] = max(widths[column], min(_WIDEST, len(str(said)) + 2))
    sheet.freeze_panes(1, 0)
    for column, width in enumerate(widths):
        sheet.set_column(column, column, width)
    book.close()
    file.seek(0)
    return file


#: How a table becomes a file, by the ending of its name.
TABLES: dict[str, Callable[[Sequence[str], Iterable[Sequence[object]]], IO[bytes]]] = {
    "csv": csv_file, "xlsx": xlsx_file,
}  # fmt: skip
