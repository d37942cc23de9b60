"""Open pages that are told at once that there is news: server-sent events of many, one thread.

A view checks who asks and hands the connection over (``stream``); from there on no thread of the
server waits for it. One thread looks twice a second what changed, one read for all streams, and
writes a word into those that it concerns. The word says only "look": the page then asks as it
does without a stream. More than ``limit`` streams, or another server than the shop's own: 503,
and the page asks every few seconds instead.
"""

import contextlib
import logging
import selectors
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from flask import Flask, Response, current_app, request
from sqlalchemy.orm import Session

from shop.db import db
from shop.kernel.settings import Settings

LOOK_EVERY_S = 0.5
#: A word that means nothing, so that proxies and phones keep the line open.
BREATH_EVERY_S = 20.0
#: Then the browser asks anew, and with it whether she is still signed in.
LIVES_S = 1800.0
#: Pages of one person that are open at once.
MOST_EACH = 4
_NEWS, _BREATH = b"data: x\n\n", b":\n\n"
#: The server's own name for the connection that a request came by.
_SOCKET = "gunicorn.socket"

#: (session) -> topics about which there is news since it was last asked.
Look = Callable[[Session], Iterable[int]]
logger = logging.getLogger(__name__)


@dataclass(eq=False)
class _Line:
    """One open page. ``topic``: what it wants to hear of; ``who``: the account."""

    sock: socket.socket
    topic: int
    who: int
    #: Its head is written.
    is_open: bool = False
    until: float = field(default_factory=lambda: time.monotonic() + LIVES_S)


class Streams:
    """All streams of one process."""

    def __init__(self, app: Flask, look: Look, limit: int) -> None:
        self.app, self.look, self.limit = app, look, limit
        self.lines: set[_Line] = set()
        self._lock = threading.Lock()
        self._looked, self._over = threading.Event(), threading.Event()
        self._thread: threading.Thread | None = None

    def is_full_for(self, who: int) -> bool:
        """Tell whether one more page of this person would be too many."""
        with self._lock:
            each = Counter(line.who for line in self.lines)
            return len(self.lines) >= self.limit or each[who] >= MOST_EACH

    def take(self, sock: socket.socket, head: bytes, topic: int, who: int) -> None:
        """Keep a connection, whose request was answered with ``head``."""
        sock.setblocking(False)
        line = _Line(sock, topic, who)
        with self._lock:
            self.lines.add(line)
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="streams", daemon=True)
                self._thread.start()
        # What happens after the head is read is told: the page itself asks for what was before.
        self._looked.wait(2)
        self._write(line, head)
        line.is_open = True

    def _write(self, line: _Line, words: bytes) -> None:
        """Write a few bytes. Who does not even take those is gone."""
        try:
            whole = line.sock.send(words) == len(words)
        except OSError:
            whole = False
        if not whole:
            self._let_go(line)

    def _let_go(self, line: _Line) -> None:
        with self._lock:
            self.lines.discard(line)
        line.sock.close()

    def end(self) -> None:
        """Let go of all pages, and of the thread."""
        self._over.set()
        for line in self._all():
            self._let_go(line)

    def _run(self) -> None:
        breath = time.monotonic()
        while not self._over.is_set():
            began = time.monotonic()
            try:
                if self._all():
                    with self.app.app_context():
                        self.tell(self.look(db.session()))
                        db.session.rollback()
            except Exception:  # The database may be away for a while: streams outlive that.
                logger.exception("Streams could not look")
            self._looked.set()
            if began - breath > BREATH_EVERY_S:
                breath = began
                self._breathe(began)
            self._hear(began + LOOK_EVERY_S)

    def tell(self, topics: Iterable[int]) -> None:
        """Write to every page that wants to hear of one of these."""
        wanted = set(topics)
        if wanted:
            for line in self._all():
                if line.topic in wanted and line.is_open:
                    self._write(line, _NEWS)

    def _all(self) -> list[_Line]:
        with self._lock:
            return list(self.lines)

    def _breathe(self, now: float) -> None:
        for line in self._all():
            if now > line.until:
                self._let_go(line)
            elif line.is_open:
                self._write(line, _BREATH)

    def _hear(self, until: float) -> None:
        """Wait for the next look; let go of pages that were closed meanwhile."""
        with selectors.DefaultSelector() as selector:
            for line in self._all():
                with contextlib.suppress(ValueError):  # Another thread let go of it just now.
                    selector.register(line.sock, selectors.EVENT_READ, line)
            while (left := until - time.monotonic()) > 0:
                if not selector.get_map():
                    self._over.wait(left)
                    return
                for key, _ in selector.select(left):
                    if self._is_gone(key.data):
                        selector.unregister(key.fileobj)
                        self._let_go(key.data)

    @staticmethod
    def _is_gone(line: _Line) -> bool:
        try:
            return not line.sock.recv(4096)
        except BlockingIOError:
            return False
        except OSError:
            return True


class _HandedOver(Response):
    """The answer whose connection leaves the server's hands once its head is written."""

    def __init__(self, streams: Streams, topic: int, who: int) -> None:
        super().__init__(mimetype="text/event-stream")
        self.headers["Cache-Control"] = "no-store"
        self.headers["X-Accel-Buffering"] = "no"
        self.headers["Connection"] = "close"
        self.kept_by, self.topic, self.who = streams, topic, who

    def __call__(self, environ: Any, start_response: Any) -> Any:
        self.headers.pop("Content-Length", None)
        head = "".join(f"{name}: {value}\r\n" for name, value in self.headers)
        # The server is left with a closed socket, and closes that (``cli.server.ShopWorker``).
        sock = socket.socket(fileno=environ[_SOCKET].detach())
        self.kept_by.take(
            sock, f"HTTP/1.1 200 OK\r\n{head}\r\nretry: 5000\n\n".encode(), self.topic, self.who
        )
        raise StopIteration  # So the server is told that nothing is left to answer.


def stream(topic: int, who: int) -> Response:
    """Answer with a stream about a topic; 503 when there are too many, or none at all here."""
    streams: Streams = current_app.extensions["streams"]
    if _SOCKET not in request.environ or streams.is_full_for(who):
        busy = Response(status=503)
        busy.headers["Retry-After"] = "300"
        busy.headers["Cache-Control"] = "no-store"
        return busy
    return _HandedOver(streams, topic, who)


def init_streams(app: Flask, look: Look, settings: Settings) -> None:
    """Let pages listen for what ``look`` finds; nothing runs before the first page does."""
    app.extensions["streams"] = Streams(app, look, settings.streams)
