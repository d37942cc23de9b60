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
    """Holds ``instance/server.lock`` as long as this process, exec included, lives.

    On SQLite also a lock beside the database: shops with other folders may name the same file.

    Raises:
        OtherServer
    """

    def __init__(self, settings: Settings) -> None:
        self.fds: list[int] = []
        paths = [Path(settings.instance) / "server.lock"]
        file = settings.sqlite_file
        # Without its folder there is no database either, which the start itself says.
        if file is not None and file.parent.is_dir():
            file = file.resolve()  # By whatever link it was named.
            paths.append(file.with_name(f"{file.name}.lock"))
        try:
            for path in paths:
                self._hold(path)
        except BaseException:
            self.let_go()
            raise

    def _hold(self, path: Path) -> None:
        # The database itself must not be opened: closing it would end SQLite's own locks.
        fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        self.fds.append(fd)
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            pid = os.read(fd, 20).decode(errors="replace").strip()
            raise OtherServer(pid) from None
        os.ftruncate(fd, 0)
        os.write(fd, str(os.getpid()).encode())

    def keep_across_exec(self) -> None:
        for fd in self.fds:
            os.set_inheritable(fd, True)

    def let_go(self) -> None:
        """Let others hold what this one held."""
        while self.fds:
            os.close(self.fds.pop())
