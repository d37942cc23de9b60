"""Serves the files of pictures before Flask is asked: no session, no cookie, no query.

``/media/<two>/<name>-<width>.<kind>``. Other sites cannot run anything from them
(QUALITY T33). With ``SHOP_MEDIA_BASE_URL`` pages point to the bucket and this stays idle.
"""

import os
import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from shop.kernel.errors import OutsideFailure
from shop.media.rules import SAVING_WIDTH
from shop.media.store import FOREVER, NAME, SOUND, TYPES, Store, fetch
from shop.web.headers import HTTPS_ONLY

PREFIX = "/media/"
_PART = re.compile(r"bytes=(\d{0,15})-(\d{0,15})")


class MediaFiles:
    """WSGI middleware over a folder or a bucket."""

    def __init__(
        self,
        application: Callable[..., Iterable[bytes]],
        *,
        folder: Path | None,
        store: Callable[[], Store],
        https: bool,
    ) -> None:
        self.application = application
        self.folder = folder
        self.store = store
        self.headers = [
            ("Cache-Control", FOREVER),
            ("X-Content-Type-Options", "nosniff"),
            ("Content-Security-Policy", "default-src 'none'; sandbox"),
            ("Referrer-Policy", "same-origin"),
            ("Cross-Origin-Opener-Policy", "same-origin"),
            ("Cross-Origin-Resource-Policy", "cross-origin"),
            ("Vary", "Save-Data"),
        ]
        if https:
            self.headers.append(("Strict-Transport-Security", HTTPS_ONLY))

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        path = environ.get("PATH_INFO", "")
        if not path.startswith(PREFIX) or environ["REQUEST_METHOD"] not in ("GET", "HEAD"):
            return self.application(environ, start_response)
        if SOUND.fullmatch(path[len(PREFIX) :]):
            answer = self._answer(path[len(PREFIX) :], environ, start_response)
            return self.application(environ, start_response) if answer is None else answer
        asked = NAME.fullmatch(path[len(PREFIX) :])
        if asked is None:
            return self.application(environ, start_response)
        for name in self._names(asked, environ.get("HTTP_SAVE_DATA", "").lower() == "on"):
            answer = self._answer(name, environ, start_response)
            if answer is not None:
                return answer
        return self.application(environ, start_response)  # Its page says that it is not here.

    def _names(self, asked: Any, saving: bool) -> list[str]:
        width = asked[3]
        if saving and width.isdecimal() and int(width) > SAVING_WIDTH:
            return [f"{asked[1]}/{asked[2]}-{SAVING_WIDTH}.{asked[4]}", asked[0]]
        return [asked[0]]

    def _answer(
        self, name: str, environ: dict[str, Any], start_response: Any
    ) -> Iterable[bytes] | None:
        etag = f'"{name[3:]}"'
        headers = [*self.headers, ("ETag", etag)]
        file = None
        if self.folder is not None:
            try:
                file = (self.folder / name).open("rb")
            except (FileNotFoundError, NotADirectoryError):
                return None
            size, body = os.fstat(file.fileno()).st_size, b""
        else:
            try:
                found = fetch(name, self.store())
            except OutsideFailure:
                start_response("503 Service Unavailable", [("Retry-After", "5")])
                return []
            if found is None:
                return None
            size, body = len(found), found
        if environ.get("HTTP_IF_NONE_MATCH") == etag:
            if file is not None:
                file.close()
            start_response("304 Not Modified", headers)
            return []
        headers.append(("Content-Type", TYPES[name.rpartition(".")[2]]))
        if SOUND.fullmatch(name):
            content = body
            if file is not None:
                with file:
                    content = file.read()
            return _in_part(content, headers, environ, start_response)
        headers.append(("Content-Length", str(size)))
        start_response("200 OK", headers)
        if environ["REQUEST_METHOD"] == "HEAD":
            if file is not None:
                file.close()
            return []
        if file is None:
            return [body]
        wrap = environ.get("wsgi.file_wrapper")
        return wrap(file, 65536) if wrap else _in_pieces(file)


def _in_part(
    content: bytes, headers: list[tuple[str, str]], environ: dict[str, Any], start_response: Any
) -> Iterable[bytes]:
    """Answer with a recording, or the one part of it that a player asked for."""
    size, status = len(content), "200 OK"
    headers.append(("Accept-Ranges", "bytes"))
    wanted = environ.get("HTTP_RANGE", "")
    if wanted and _PART.fullmatch(wanted):  # Several parts at once: nobody plays so; all of it.
        part = _part(wanted, size)
        if part is None:
            start_response(
                "416 Range Not Satisfiable",
                [*headers, ("Content-Range", f"bytes */{size}"), ("Content-Length", "0")],
            )
            return []
        headers.append(("Content-Range", f"bytes {part.start}-{part.stop - 1}/{size}"))
        content, status = content[part.start : part.stop], "206 Partial Content"
    headers.append(("Content-Length", str(len(content))))
    start_response(status, headers)
    return [] if environ["REQUEST_METHOD"] == "HEAD" else [content]


def _part(wanted: str, size: int) -> range | None:
    """Return which bytes "bytes=0-99", "bytes=100-" or "bytes=-100" mean, or None."""
    first, last = _PART.fullmatch(wanted).groups()  # type: ignore[union-attr]
    if not first:
        start, stop = max(0, size - int(last or 0)), size
    else:
        start, stop = int(first), min(size, int(last) + 1) if last else size
    return range(start, stop) if start < stop else None


def _in_pieces(file: Any) -> Iterable[bytes]:
    with file:
        while piece := file.read(65536):
            yield piece
