"""Files to take along or to look at: what is sent is kept by nobody on the way."""

from collections.abc import Iterable, Sequence
from typing import IO

from flask import Response, send_file

from shop.web.tables import TABLES

_MIMETYPES = {
    "csv": "text/csv",
    "json": "application/json",
    "pdf": "application/pdf",
    "webp": "image/webp",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


def file_answer(content: bytes | IO[bytes], name: str, *, shown: bool = False) -> Response:
    """Send a file that only some may see.

    Args:
        content: the whole, or a file that is read from where it stands.
        name: under which it is saved; its ending says what it is.
        shown: it opens in the browser; otherwise it is saved.
    """
    mimetype = _MIMETYPES[name.rpartition(".")[2]]
    if isinstance(content, bytes):
        answer = Response(content, mimetype=mimetype)
        how = "inline" if shown else "attachment"
        answer.headers.set("Content-Disposition", how, filename=name)
    else:
        answer = send_file(content, mimetype, as_attachment=not shown, download_name=name)  # type: ignore[arg-type]
    answer.headers["Cache-Control"] = "no-store"  # Flask's own would let a browser keep it.
    return answer


def table_answer(
    kind: str, head: Sequence[str], rows: Iterable[Sequence[object]], stem: str
) -> Response:
    """Send a table as a file to save. ``kind``: one of ``TABLES``, the ending after ``stem``."""
    return file_answer(TABLES[kind](head, rows), f"{stem}.{kind}")
