"""The production server: gunicorn with threads, and the worker beside them.

``python -m shop.cli.server``; ``flask serve`` prepares the database and then becomes this.
"""

import contextlib
import os
import socket
import sys
import threading
from typing import Any, ClassVar

from gunicorn.app.base import BaseApplication
from gunicorn.http import errors
from gunicorn.util import write_nonblock
from gunicorn.workers.gthread import ThreadWorker

from shop.kernel.memory import building, give_back_memory, share_one_heap
from shop.kernel.settings import Settings, read_settings

#: What `flask live` serves, in every language.
STREAMS_AT = "/ban-hang/nghe"


class ShopWorker(ThreadWorker):
    """Says in the shop's own look what it refuses before the shop is asked."""

    #: {status: whole answer}; filled once the shop is built.
    pages: ClassVar[dict[int, bytes]] = {}

    def handle(self, conn: Any) -> Any:
        """Serve one request; a connection that went to ``web.streams`` leaves a closed one behind."""
        kept = super().handle(conn)
        if conn.sock.fileno() < 0:
            conn.sock = socket.socket()
        return kept

    def handle_error(self, req: Any, client: Any, addr: Any, exc: Any) -> None:
        """Answer what is no request: an address or headers too long, bytes that mean nothing."""
        page = self.pages.get(_status_of(exc))
        if page is None:
            super().handle_error(req, client, addr, exc)
            return
        # Only that it came: what was sent may hold a private link.
        self.log.warning("Not a request: %s", type(exc).__name__)
        with contextlib.suppress(OSError):
            write_nonblock(client, page)
            _let_it_arrive(client)


def _let_it_arrive(client: socket.socket) -> None:
    """Read shortly what is still coming: closing on unread bytes would take the answer back."""
    client.shutdown(socket.SHUT_WR)
    client.settimeout(0.2)
    for _ in range(4):
        if not client.recv(65536):
            break


def _status_of(exc: Exception) -> int:
    if isinstance(exc, errors.LimitRequestLine):
        return 414
    if isinstance(exc, errors.LimitRequestHeaders):
        return 431
    return 400 if isinstance(exc, _NO_REQUEST) else 0


_NO_REQUEST = (
    errors.InvalidRequestLine, errors.InvalidRequestMethod, errors.InvalidHTTPVersion,
    errors.InvalidHeader, errors.InvalidHeaderName, errors.ObsoleteFolding,
)  # fmt: skip


class Server(BaseApplication):
    """Gunicorn, configured by the shop's own settings."""

    def __init__(self, settings: Settings, live: bool = False) -> None:
        self.settings = settings
        #: The process of its own for streams, and nothing else.
        self.live = live
        self.stop_worker: threading.Event | None = None
        super().__init__()

    def load_config(self) -> None:
        settings = self.settings
        options: dict[str, Any] = {
            "bind": f"{settings.host}:{settings.live_port if self.live else settings.port}",
            "workers": 1 if self.live else settings.processes,
            "worker_class": ShopWorker,
            "threads": settings.threads,
            "timeout": 60,
            "graceful_timeout": 20,
            "keepalive": 5,
            "limit_request_line": 8190,
            "limit_request_fields": 60,
            "control_socket_disable": True,
            "forwarded_allow_ips": "127.0.0.1" if settings.trusted_proxies else "",
            "worker_tmp_dir": "/dev/shm" if os.path.isdir("/dev/shm") else None,  # noqa: S108
            "loglevel": "warning",
            "post_worker_init": self._start_worker,
            "worker_exit": self._end_worker,
            "proc_name": "cho-phien-live" if self.live else "cho-phien",
        }
        for name, value in options.items():
            if value is not None:
                self.cfg.set(name, value)

    def load(self) -> Any:
        with building():
            from shop.app import create_app
            from shop.web.errors import pages_of_the_server

            self.app = create_app(self.settings)
            ShopWorker.pages = pages_of_the_server(self.app)
        if self.live:
            _only_streams(self.app, self.settings.live_streams)
        give_back_memory()
        return self.app

    def run(self) -> None:
        if self.live:
            _allow_files(self.settings.live_streams + 200)
        share_one_heap()
        super().run()

    def _start_worker(self, worker: Any) -> None:
        if self.settings.worker == "thread" and not self.live:
            from shop.outbox.worker import start_thread

            self.stop_worker = start_thread(self.app)

    def _end_worker(self, server: Any, worker: Any) -> None:
        if self.stop_worker is not None:
            self.stop_worker.set()


def _only_streams(app: Any, limit: int) -> None:
    """Answer streams alone, so many; every other address is the other servers'."""
    app.extensions["streams"].limit = limit
    whole = app.wsgi_app

    def streams_alone(environ: dict[str, Any], start_response: Any) -> Any:
        if environ.get("PATH_INFO", "").endswith(STREAMS_AT):
            return whole(environ, start_response)
        start_response("404 Not Found", [("Content-Length", "0")])
        return []

    app.wsgi_app = streams_alone


def _allow_files(wanted: int) -> None:
    """Let the process hold so many connections, as far as the system lets it."""
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    if soft < most:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))


if __name__ == "__main__":
    Server(read_settings(), live="live" in sys.argv[1:]).run()
