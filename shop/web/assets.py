"""Static files: served by whitenoise under an address that names the release.

``asset("css/base.css")`` gives ``/static/3f9a…/css/base.css``: kept by browsers for a
year, and relative addresses inside the files carry the same name. Fonts answer
empty when the phone saves data (INTERFACE, decisions).
"""

import gzip
import hashlib
import re
from collections.abc import Iterable
from mimetypes import guess_type
from pathlib import Path
from typing import Any

from flask import Flask
from whitenoise import WhiteNoise

from shop.kernel.settings import Settings
from shop.web.headers import HTTPS_ONLY

YEAR = 31_536_000


def release_of(folder: Path) -> str:
    """Return ten characters that change whenever a file of the folder does."""
    digest = hashlib.sha256()
    for path in sorted(p for p in folder.rglob("*") if p.is_file()):
        digest.update(str(path.relative_to(folder)).encode() + path.read_bytes())
    return digest.hexdigest()[:10]


class Fonts:
    """Answers 204 to a font's address on ``Save-Data: on``; otherwise passes on."""

    def __init__(self, application: Any) -> None:
        self.application = application

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        if not environ.get("PATH_INFO", "").endswith(".woff2"):
            return self.application(environ, start_response)
        if environ.get("HTTP_SAVE_DATA", "").lower() == "on":
            start_response(
                "204 No Content",
                [("Vary", "Save-Data"), ("Cache-Control", f"public, max-age={YEAR}")],
            )
            return []

        def with_vary(status: str, headers: list[tuple[str, str]], *rest: Any) -> Any:
            return start_response(status, [*headers, ("Vary", "Save-Data")], *rest)

        return self.application(environ, with_vary)


#: Files that shrink by two thirds when zipped.
TEXT = (".css", ".js", ".svg", ".txt", ".json", ".webmanifest")
_NOTE = re.compile(rb"\n?/\*.*?\*/", re.DOTALL)
#: Whole lines alone: "//" inside of a line may be part of an address.
_SCRIPT_NOTE = re.compile(rb"(?m)^[ \t]*//.*\n")
SVG_POLICY = "default-src 'none'; style-src 'unsafe-inline'"


class ZippedText:
    """Answers style sheets, scripts and drawings zipped once at the start, from memory."""

    def __init__(
        self, application: Any, folder: Path, prefix: str, more: list[tuple[str, str]]
    ) -> None:
        self.application = application
        self.more = more
        self.answers: dict[str, tuple[list[tuple[str, str]], bytes]] = {}
        for path in folder.rglob("*"):
            if path.suffix in TEXT and path.is_file():
                name = path.relative_to(folder).as_posix()
                body = gzip.compress(_sent(path), 9, mtime=0)
                self.answers[prefix + name] = (self._headers(path, len(body)), body)

    def _headers(self, path: Path, length: int) -> list[tuple[str, str]]:
        kind = guess_type(path.name)[0] or "text/plain"
        headers = [
            ("Content-Type", kind if path.suffix == ".svg" else f"{kind}; charset=utf-8"),
            ("Content-Encoding", "gzip"),
            ("Content-Length", str(length)),
            ("Vary", "Accept-Encoding"),
            ("Cache-Control", f"max-age={YEAR}, public, immutable"),
            ("X-Content-Type-Options", "nosniff"),
            ("Cross-Origin-Resource-Policy", "same-origin"),
            *self.more,
        ]
        return (
            [*headers, ("Content-Security-Policy", SVG_POLICY)]
            if kind.endswith("svg+xml")
            else headers
        )

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        answer = self.answers.get(environ.get("PATH_INFO", ""))
        method = environ["REQUEST_METHOD"]
        if method not in ("GET", "HEAD"):
            # Past the files: their own refusal would carry none of the shop's headers.
            return self.application.application(environ, start_response)
        if (
            answer is None
            or "gzip" not in environ.get("HTTP_ACCEPT_ENCODING", "")
            or "HTTP_RANGE" in environ
        ):
            return self.application(environ, start_response)
        start_response("200 OK", answer[0])
        return [] if method == "HEAD" else [answer[1]]


def _sent(path: Path) -> bytes:
    """Return a file as it goes out: style sheets and scripts without their notes."""
    text = path.read_bytes()
    if path.suffix == ".js":
        return _SCRIPT_NOTE.sub(b"", text)
    return _NOTE.sub(b"", text) if path.suffix == ".css" else text


def init_assets(app: Flask, settings: Settings) -> None:
    folder = Path(str(app.static_folder))
    release = release_of(folder)
    prefix = f"/static/{release}/"
    more = [("Strict-Transport-Security", HTTPS_ONLY)] if settings.is_https else []

    def headers(headers: Any, path: str, url: str) -> None:
        headers["X-Content-Type-Options"] = "nosniff"
        headers["Cross-Origin-Resource-Policy"] = "same-origin"
        for name, value in more:
            headers[name] = value
        if path.endswith(".svg"):
            headers["Content-Security-Policy"] = SVG_POLICY
        if path.endswith(TEXT):
            headers["Vary"] = "Accept-Encoding"

    noise = WhiteNoise(
        app.wsgi_app,
        max_age=YEAR,
        immutable_file_test=lambda path, url: True,
        allow_all_origins=False,
        add_headers_function=headers,
    )
    noise.add_files(str(folder), prefix=prefix)
    app.wsgi_app = Fonts(ZippedText(noise, folder, prefix, more))  # type: ignore[method-assign]

    def asset(path: str) -> str:
        return prefix + path

    app.extensions["asset"] = asset
    app.jinja_env.globals["asset"] = asset
