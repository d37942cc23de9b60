"""Public pages kept ready: rendered once, stored compressed, thrown away exactly when stale.

A page may be kept when its view's guard is "anyone", the visitor brings no cart and
no sign-in, and it answered 200. Its ETag is of its bytes. ``touch(session, topic)`` in
a transaction makes every kept page stale at once in this process, and within a
second in others (``PublicVersion``). The topic "stock" is for numbers of units alone:
what is kept beside the pages and names no number stays good through every order.
"""

import gzip
import hashlib
import logging
import threading
import time
import zlib
from collections import OrderedDict
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Any, NamedTuple

from flask import Flask, Response, g, request
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from shop.db import before_commit, db, on_commit, sqlite_driver
from shop.prepared import Prepared, PreparedInsert
from shop.web.guards import guard_of
from shop.web.models import PublicVersion

logger = logging.getLogger(__name__)

#: A page takes 5 to 10 KB: only its zipped bytes are kept, which nearly everybody is sent.
KEEP_BYTES = 16 * 1024 * 1024
KEEP_PAGES = 4000
#: So many are also kept unzipped, for those who walk the shop and take no zipped page.
PLAIN_PAGES = 100
#: A page lives this long at most, since some words name today ("Còn đến thứ Năm").
KEEP_SECONDS = 60
SHARED_SECONDS = 30
STOCK = "stock"
#: What zlib calls a gzip file; faster than the module of that name.
_GZIP = 31
#: Cookies that make a page personal.
PERSONAL = ("cart=", "__Host-s=", "s=")


class KeptPage(NamedTuple):
    """A finished answer, zipped."""

    until: float
    etag: str
    headers: list[tuple[str, str]]
    zipped: bytes


class PageCache:
    """A bounded store of finished answers. Safe for threads."""

    def __init__(self) -> None:
        self._pages: OrderedDict[Any, KeptPage] = OrderedDict()
        self._bytes = 0
        self._lock = threading.Lock()
        self.version = 0
        #: As ``version``, but the same after changes of stock alone.
        self.version_but_stock = 0
        self.hits = 0
        #: Reads the counters of changes that other processes stored: (of stock, all others).
        self.elsewhere: Callable[[], tuple[int, int]] | None = None
        self._seen_elsewhere = (-1, -1)
        self._next_look = 0.0

    def look_elsewhere(self) -> None:
        """At most once a second: forget everything if another process changed something."""
        now = time.monotonic()
        if self.elsewhere is None or now < self._next_look:
            return
        self._next_look = now + 1
        try:
            counted = self.elsewhere()
        except (SQLAlchemyError, sqlite_driver.Error) as error:
            # Here nobody would make an error page of it. What is kept lives a minute at most,
            # and whatever is not kept is answered by Flask, which says "come back".
            logger.warning("The database did not say what changed: %r", error)
            self._next_look = time.monotonic() + 1  # It may have been waited for.
            return
        if counted != self._seen_elsewhere:
            only_stock = counted[1] == self._seen_elsewhere[1]
            self._seen_elsewhere = counted
            self.clear(only_stock=only_stock)

    def clear(self, *, only_stock: bool = False) -> None:
        with self._lock:
            self._pages.clear()
            self._bytes = 0
            self.version += 1
            self.version_but_stock += not only_stock

    def get(self, key: Any) -> KeptPage | None:
        page = self._pages.get(key)
        if page is None or page.until < time.monotonic():
            return None
        self.hits += 1
        return page

    def put(self, key: Any, version: int, etag: str, headers: Any, zipped: bytes) -> None:
        with self._lock:
            if version != self.version:
                return  # Something changed while this page was made.
            old = self._pages.pop(key, None)
            if old is not None:
                self._bytes -= len(old.zipped)
            self._pages[key] = KeptPage(time.monotonic() + KEEP_SECONDS, etag, headers, zipped)
            self._bytes += len(zipped)
            while self._bytes > KEEP_BYTES or len(self._pages) > KEEP_PAGES:
                _, gone = self._pages.popitem(last=False)
                self._bytes -= len(gone.zipped)


@lru_cache(maxsize=PLAIN_PAGES)
def _plain(zipped: bytes) -> bytes:
    """Return a page's own bytes; those of the last that somebody took unzipped are kept."""
    return zlib.decompress(zipped, wbits=_GZIP)


class KeptPages:
    """WSGI middleware that answers from the cache before Flask is asked."""

    def __init__(self, application: Callable[..., Iterable[bytes]], cache: PageCache) -> None:
        self.application = application
        self.cache = cache

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        if environ["REQUEST_METHOD"] not in ("GET", "HEAD"):
            return self.application(environ, start_response)
        cookie = environ.get("HTTP_COOKIE", "")
        if cookie and is_personal(cookie):
            return self.application(environ, start_response)
        self.cache.look_elsewhere()
        key = (
            environ.get("HTTP_HOST"),
            environ.get("SCRIPT_NAME", ""),
            environ["PATH_INFO"],
            environ.get("QUERY_STRING", ""),
        )
        page = self.cache.get(key)
        if page is None:
            environ["shop.page_key"] = key
            environ["shop.page_version"] = self.cache.version
            return self.application(environ, start_response)
        headers = page.headers
        if environ.get("HTTP_IF_NONE_MATCH") == page.etag:
            start_response("304 Not Modified", [h for h in headers if h[0] != "Content-Type"])
            return []
        if "gzip" in environ.get("HTTP_ACCEPT_ENCODING", ""):
            headers, body = [*headers, ("Content-Encoding", "gzip")], page.zipped
        else:
            body = _plain(page.zipped)
        start_response("200 OK", [*headers, ("Content-Length", str(len(body)))])
        return [] if environ["REQUEST_METHOD"] == "HEAD" else [body]


def keep_out() -> None:
    """Do not keep this answer: its kind has too many forms and would crowd out pages."""
    request.environ.pop("shop.page_key", None)


def is_personal(cookie: str) -> bool:
    """Tell whether a Cookie header holds a cart or a sign-in."""
    return any(part.strip().startswith(PERSONAL) for part in cookie.split(";"))


def init_pages(app: Flask, *, enabled: bool) -> PageCache:
    cache = PageCache()
    app.extensions["page_cache"] = cache

    @app.after_request
    def _finish(response: Response) -> Response:
        if response.direct_passthrough or response.is_streamed:
            return response
        endpoint = request.endpoint
        public = (
            request.method in ("GET", "HEAD")
            and response.status_code == 200
            and endpoint in app.view_functions
            and guard_of(app, str(endpoint)) == "anyone"
        )
        cookie = request.environ.get("HTTP_COOKIE", "")
        personal = (cookie and is_personal(cookie)) or g.get("personal", False)
        if public and not personal and "Set-Cookie" not in response.headers:
            _finish_public(app, response, cache if enabled else None)
        elif "Cache-Control" not in response.headers:
            response.headers["Cache-Control"] = "private, no-cache" if public else "no-store"
            if public:
                response.vary.add("Cookie")
        _compress(response)
        return response

    return cache


def _finish_public(app: Flask, response: Response, cache: PageCache | None) -> None:
    body = response.get_data()
    etag = f'W/"{hashlib.sha256(body).hexdigest()[:20]}"'
    # One look at what is there: each question walks all headers anew.
    there = {name.title() for name, _ in response.headers}
    response.headers.add("ETag", etag)
    if "Cache-Control" not in there:
        response.headers.add("Cache-Control", f"public, max-age=0, s-maxage={SHARED_SECONDS}")
    if "Vary" in there:
        response.vary.update(("Cookie", "Accept-Encoding"))
    else:
        response.headers.add("Vary", "Cookie, Accept-Encoding")
    key = request.environ.get("shop.page_key")
    if cache is not None and key is not None and request.method == "GET":
        headers = [(k, v) for k, v in response.headers.items() if k not in ("Content-Length",)]
        zipped = gzip.compress(body, 9, mtime=0)  # Once for all who come.
        cache.put(key, request.environ["shop.page_version"], etag, headers, zipped)
        if "gzip" in request.headers.get("Accept-Encoding", ""):
            response.set_data(zipped)
            response.headers["Content-Encoding"] = "gzip"
    if request.headers.get("If-None-Match") == etag:
        response.status_code = 304
        response.set_data(b"")
        response.headers.pop("Content-Encoding", None)


def _compress(response: Response) -> None:
    """Zip text that is worth it. Tokens are masked anew per page, so BREACH learns nothing."""
    if (
        "gzip" not in request.environ.get("HTTP_ACCEPT_ENCODING", "")
        or response.status_code in (204, 304)
        or "Content-Encoding" in response.headers
        or not (
            (response.mimetype or "").startswith("text/") or response.mimetype == "application/json"
        )
    ):
        return
    body = response.get_data()
    if len(body) > 860:
        response.set_data(gzip.compress(body, 5, mtime=0))
        response.headers["Content-Encoding"] = "gzip"
        response.vary.add("Accept-Encoding")


_ONE_MORE = PreparedInsert(
    PublicVersion,
    lambda insert: insert.on_conflict_do_update(
        index_elements=["topic"], set_={"version": PublicVersion.version + 1}
    ),
)
_VERSIONS = Prepared(lambda: select(PublicVersion.topic, PublicVersion.version))


def watch_changes(app: Flask) -> None:
    """Throw kept pages away after a stored change: here at once, elsewhere within a second."""
    cache: PageCache = app.extensions["page_cache"]

    def count(session: Session) -> None:
        touched = session.info.get("touched")
        if touched:
            rows = [{"topic": topic, "version": 1} for topic in sorted(touched)]
            _ONE_MORE.run_all(session, rows)

    def clear(session: Session) -> None:
        touched = session.info.get("touched")
        if touched:
            cache.clear(only_stock=touched == {STOCK})

    def versions_elsewhere() -> tuple[int, int]:
        with app.app_context():
            counted = {row.topic: row.version for row in _VERSIONS.all(db.session())}
        return counted.pop(STOCK, 0), sum(counted.values())

    before_commit(app, count)
    on_commit(app, clear)
    cache.elsewhere = versions_elsewhere
