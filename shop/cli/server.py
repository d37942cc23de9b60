"""The production server: gunicorn with threads, and the worker beside them.

``python -m shop.cli.server``; ``flask serve`` prepares the database and then becomes this.
"""

import ctypes
import gc
import os
import threading
from typing import Any

from gunicorn.app.base import BaseApplication

from shop.kernel.settings import Settings, read_settings

#: The number of this option in glibc's <malloc.h>.
_M_ARENA_MAX = -8


class Server(BaseApplication):
    """Gunicorn, configured by the shop's own settings."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.stop_worker: threading.Event | None = None
        super().__init__()

    def load_config(self) -> None:
        settings = self.settings
        options: dict[str, Any] = {
            "bind": f"{settings.host}:{settings.port}",
            "workers": settings.processes,
            "worker_class": "gthread",
            "threads": settings.threads,
            "timeout": 60,
            "graceful_timeout": 20,
            "keepalive": 5,
            "limit_request_line": 4094,
            "limit_request_fields": 60,
            "control_socket_disable": True,
            "forwarded_allow_ips": "127.0.0.1" if settings.trusted_proxies else "",
            "worker_tmp_dir": "/dev/shm" if os.path.isdir("/dev/shm") else None,  # noqa: S108
            "loglevel": "warning",
            "post_worker_init": self._start_worker,
            "worker_exit": self._end_worker,
            "proc_name": "cho-phien",
        }
        for name, value in options.items():
            if value is not None:
                self.cfg.set(name, value)

    def load(self) -> Any:
        from shop.app import create_app

        self.app = create_app(self.settings)
        # What was built at the start lives on: the collector need not walk it again and again.
        gc.collect()
        gc.freeze()
        _give_back_memory()
        return self.app

    def run(self) -> None:
        _share_one_heap()
        super().run()

    def _start_worker(self, worker: Any) -> None:
        if self.settings.worker == "thread":
            from shop.outbox.worker import start_thread

            self.stop_worker = start_thread(self.app)

    def _end_worker(self, server: Any, worker: Any) -> None:
        if self.stop_worker is not None:
            self.stop_worker.set()


def _share_one_heap() -> None:
    """Let all threads of a process take memory from one place, where the C library can say so.

    Python's threads take turns anyway, and a heap for each keeps what only another could use.
    """
    _tell_malloc("mallopt", _M_ARENA_MAX, 1)


def _give_back_memory() -> None:
    """Return what the start used and needs no more to the system."""
    _tell_malloc("malloc_trim", 0)


def _tell_malloc(function: str, *numbers: int) -> None:
    tell = getattr(ctypes.CDLL(None), function, None) if os.name == "posix" else None
    if tell is not None:
        tell(*numbers)


if __name__ == "__main__":
    Server(read_settings()).run()
