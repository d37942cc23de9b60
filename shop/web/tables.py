"""Tables that people take along: CSV which no spreadsheet mistakes for formulas."""

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from itertools import chain
from tempfile import SpooledTemporaryFile
from typing import IO

#: What a spreadsheet reads as the beginning of a formula, the wide forms included (QUALITY T36).
_FORMULA = re.compile(r"^[=+\-@\t\r\n＝＋－＠]")
#: The same amid a cell: a spreadsheet that divides cells at semicolons, as those of Vietnam and
#: most of Europe do, ends a quoted cell of ours at one, and begins another after it.
_FORMULA_AFTER = re.compile(r"([;\t\r\n][\s\"']*)(?=[=+\-@＝＋－＠])")


def safe_cell(value: object) -> object:
    """Return a cell that stays text: numbers as they are, what looks like a formula behind "'".

    >>> safe_cell("=1+1"), safe_cell(-5), safe_cell("chị Tư; =1+1")
    ("'=1+1", -5, "chị Tư; '=1+1")
    """
    if value is None or isinstance(value, int | Decimal):
        return "" if value is None else value
    text = _FORMULA_AFTER.sub(r"\1'", str(value))
    return f"'{text}" if _FORMULA.match(text) else text


def csv_lines(head: Sequence[str], rows: Iterable[Sequence[object]]) -> Iterator[str]:
    """Return a CSV line by line, every cell quoted; its mark tells Excel that it is UTF-8."""
    yield "\ufeff"
    for row in chain([head], rows):
        line = io.StringIO()
        csv.writer(line, quoting=csv.QUOTE_ALL).writerow([safe_cell(cell) for cell in row])
        yield line.getvalue()


def xlsx_file(head: Sequence[str], rows: Iterable[Sequence[object]]) -> IO[bytes]:
    """Return a spreadsheet, read from its beginning; nothing in it is a formula or a link."""
    import xlsxwriter

    file = SpooledTemporaryFile(max_size=1_000_000)  # noqa: SIM115
    plain = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    book = xlsxwriter.Workbook(file, {"constant_memory": True, **plain})  # type: ignore[arg-type]
    sheet = book.add_worksheet()
    bold = book.add_format({"bold": True})
    for at, row in enumerate(chain([head], rows)):
        for column, cell in enumerate(row):
            said = safe_cell(cell)
            if isinstance(said, int | Decimal):
                sheet.write_number(at, column, float(said))
            else:
                sheet.write_string(at, column, str(said), bold if at == 0 else None)
    sheet.freeze_panes(1, 0)
    sheet.set_column(0, len(head) - 1, 18)
    book.close()
    file.seek(0)
    return file  # type: ignore[return-value]
