"""Serves the files of pictures before Flask is asked: no session, no cookie, no query.

``/media/<two>/<name>-<width>.<kind>``. Other sites cannot run anything from them
(QUALITY T33). With ``SHOP_MEDIA_BASE_URL`` pages point to the bucket and this stays idle.
"""

import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from shop.kernel.errors import OutsideFailure
from shop.media.rules import SAVING_WIDTH
from shop.media.store import FOREVER, NAME, TYPES, Store, fetch
from shop.web.headers import HTTPS_ONLY

PREFIX = "/media/"


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
        headers += [("Content-Type", TYPES[name.rpartition(".")[2]]), ("Content-Length", str(size))]
        start_response("200 OK", headers)
        if environ["REQUEST_METHOD"] == "HEAD":
            if file is not None:
                file.close()
            return []
        if file is None:
            return [body]
        wrap = environ.get("wsgi.file_wrapper")
        return wrap(file, 65536) if wrap else _in_pieces(file)


def _in_pieces(file: Any) -> Iterable[bytes]:
    with file:
        while piece := file.read(65536):
            yield piece
