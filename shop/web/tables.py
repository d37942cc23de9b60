"""Tables that people take along: CSV which no spreadsheet mistakes for formulas."""

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain

#: What a spreadsheet reads as the beginning of a formula, the wide forms included (QUALITY T36).
_FORMULA = re.compile(r"^[=+\-@\t\r\n＝＋－＠]")


def safe_cell(value: object) -> object:
    """Return a cell that stays text: numbers as they are, what looks like a formula behind "'".

    >>> safe_cell("=1+1"), safe_cell(-5)
    ("'=1+1", -5)
    """
    if value is None or isinstance(value, int):
        return "" if value is None else value
    text = str(value)
    return f"'{text}" if _FORMULA.match(text) else text


def csv_lines(head: Sequence[str], rows: Iterable[Sequence[object]]) -> Iterator[str]:
    """Return a CSV line by line, every cell quoted; its mark tells Excel that it is UTF-8."""
    yield "\ufeff"
    for row in chain([head], rows):
        line = io.StringIO()
        csv.writer(line, quoting=csv.QUOTE_ALL).writerow([safe_cell(cell) for cell in row])
        yield line.getvalue()
