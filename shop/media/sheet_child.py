"""The reading process: a stranger's spreadsheet is only ever unpacked here.

``python -m shop.media.sheet_child`` reads one file from its standard input and writes its sheets
as JSON. It has 512 MB and 10 seconds; whatever happens to it, the shop goes on. It reads in little
of the shop: that was most of the time of a short file.
"""

import io
import json
import resource
import sys
from datetime import date, datetime, time, timedelta
from typing import Any

from shop.kernel.cells import MOST_COLUMNS, MOST_ROWS, MOST_SHEETS

MEMORY = 512 * 1024 * 1024
SECONDS = 10


def main() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    try:
        sheets = sheets_of_book(sys.stdin.buffer.read())
    except BaseException as error:  # The library's own panics are no Exception.
        sys.stderr.write(type(error).__name__)
        sys.exit(1)
    sys.stdout.write(json.dumps(sheets))


def sheets_of_book(content: bytes) -> list[tuple[str, list[list[Any]]]]:
    """Return the sheets that are not empty, with one more than are taken."""
    import python_calamine

    book = python_calamine.load_workbook(io.BytesIO(content))
    found: list[tuple[str, list[list[Any]]]] = []
    left = MOST_ROWS + 1
    for name in book.sheet_names:
        rows = [
            [_plain(cell) for cell in row[:MOST_COLUMNS]]
            for row in book.get_sheet_by_name(name).to_python(nrows=left)
        ]
        if any(cell not in (None, "") for row in rows for cell in row):
            found.append((name[:60], rows))
            left -= len(rows)
        if len(found) > MOST_SHEETS or left <= 0:
            break
    return found


def _plain(cell: Any) -> Any:
    """Return a cell as JSON carries it: days as text that is read like any other."""
    if isinstance(cell, datetime):
        return cell.strftime("%d/%m/%Y %H:%M:%S" if cell.time() != time() else "%d/%m/%Y")
    if isinstance(cell, date):
        return cell.strftime("%d/%m/%Y")
    if isinstance(cell, (time, timedelta)):
        return str(cell)
    return cell[:2000] if isinstance(cell, str) else cell


if __name__ == "__main__":
    main()
