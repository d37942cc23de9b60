"""A file that somebody sends as rows of cells. Strangers' files are opened in a process of their own.

Spreadsheets are archives that may unpack to anything; text is short to read and stays here.
"""

import csv
import io
import json
import zipfile
from collections.abc import Iterator, Sequence
from typing import Any

from shop.kernel.cells import MOST_BYTES, MOST_COLUMNS, MOST_ROWS, MOST_SHEETS, SheetUnreadable
from shop.media.apart import Reader

#: What a spreadsheet may unpack to, and how many parts it may have.
MOST_UNPACKED = 60 * 1024 * 1024
MOST_PARTS = 500
_OFFICE = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
#: What stands in a spreadsheet that is kept under a password.
_LOCKED = "EncryptedPackage".encode("utf-16-le")
_books = Reader("shop.media.sheet_child", patience_s=30)


def tables_in(content: bytes) -> Iterator[list[list[Any]]]:
    """Return the rows of a file, CSV, XLSX or XLS; of text once for each way to divide it.

    Nothing is cut off: a file with more rows than are read is refused, so that none is lost. Of a
    workbook it is the fullest sheet: whoever needs all of them asks ``sheets_in``.

    Raises:
        SheetUnreadable
    """
    for tables in sheets_in(content):
        yield max((rows for _, rows in tables), key=len, default=[])


def sheets_in(content: bytes) -> Iterator[list[tuple[str, list[list[Any]]]]]:
    """Return a file's sheets that are not empty, each with its name; of text as ``tables_in`` does.

    Raises:
        SheetUnreadable
    """
    if not content:
        raise SheetUnreadable(why="missing")
    if len(content) > MOST_BYTES:
        raise SheetUnreadable(why="large")
    if content.startswith(_OFFICE):
        _check_archive(content)
        yield _whole(_sheets_apart(content))
        return
    text, broken = _decoded(content), None
    for division in (";", ",", "\t", "|"):
        try:
            rows = _rows_of_text(text, division)
        except SheetUnreadable as refusal:
            broken = refusal
        else:
            yield _whole([("", rows)])
    if broken is not None:
        raise broken


def _whole(sheets: Sequence[Any]) -> list[tuple[str, list[list[Any]]]]:
    if len(sheets) > MOST_SHEETS or sum(len(rows) for _, rows in sheets) > MOST_ROWS:
        raise SheetUnreadable(why="large")
    return [(name, rows) for name, rows in sheets]


def _check_archive(content: bytes) -> None:
    """Refuse an archive that says itself how large it becomes, before anything is unpacked."""
    if not content.startswith(b"PK"):
        if _LOCKED in content:
            raise SheetUnreadable(why="password")
        return
    try:
        parts = zipfile.ZipFile(io.BytesIO(content)).infolist()
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError) as error:
        raise SheetUnreadable(why="broken") from error
    if len(parts) > MOST_PARTS or sum(part.file_size for part in parts) > MOST_UNPACKED:
        raise SheetUnreadable(why="large")


def _sheets_apart(content: bytes) -> list[Any]:
    said = _books.read(content)
    if not said:
        raise SheetUnreadable(why="broken")
    return json.loads(said)


def _rows_of_text(text: str, division: str) -> list[list[Any]]:
    rows: list[list[Any]] = []
    try:
        for row in csv.reader(io.StringIO(text, newline=""), delimiter=division):
            rows.append(list(row[:MOST_COLUMNS]))
            if len(rows) > MOST_ROWS:
                break
    except csv.Error as error:
        raise SheetUnreadable(why="broken") from error
    return rows


def _decoded(content: bytes) -> str:
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        encodings = ["utf-16"]
    else:
        encodings = ["utf-8-sig", "cp1258"]
    for encoding in encodings:
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text
    raise SheetUnreadable(why="kind")
