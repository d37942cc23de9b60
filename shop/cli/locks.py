"""One process opens a SQLite file: a second server is refused (QUALITY 1.2, DECISIONS 7)."""

import fcntl
import os
from pathlib import Path

from shop.kernel.settings import Settings


class OtherServer(Exception):
    """Another server holds the database."""

    def __init__(self, pid: str) -> None:
        super().__init__(pid)
        self.pid = pid


class OnlyServer:
    """Holds ``instance/server.lock`` as long as this process, exec included, lives."""

    def __init__(self, settings: Settings) -> None:
        self.path = Path(settings.instance) / "server.lock"
        self.fd = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self.fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            pid = os.read(self.fd, 20).decode(errors="replace").strip()
            os.close(self.fd)
            raise OtherServer(pid) from None
        os.ftruncate(self.fd, 0)
        os.write(self.fd, str(os.getpid()).encode())

    def keep_across_exec(self) -> None:
        os.set_inheritable(self.fd, True)
