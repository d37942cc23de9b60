"""Server processes that are measured: all behind the same gunicorn, on loopback, in one folder.

``python -m tests.bench.servers`` serves the bare app with the shop's own server settings.
"""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from shop.cli.server import Server
from shop.kernel.settings import ROOT, read_settings

KEYS = {"SHOP_SECRET_KEY": "bench" * 8, "SHOP_MASTER_KEY": "5a" * 32}
_START_S, _STOP_S = 60, 10


class BareServer(Server):
    """The same gunicorn around the yardsticks; it has no worker to start."""

    def load(self) -> Any:
        # Here, not above: the shop's first process does not hold the program either.
        from tests.bench.bare import create_bare

        app = create_bare(self.settings.sqlalchemy_url)
        if kept := os.environ.get("BENCH_ORDERS"):
            # Not in the bare app that is weighed: this knows the shop.
            from tests.bench.raw import serve_orders

            serve_orders(app, Path(kept))
        return app

    def _start_worker(self, worker: Any) -> None:
        pass


@dataclass
class Running:
    """A server process, its address and its log."""

    name: str
    port: int
    process: subprocess.Popen[bytes]
    log: Path
    #: The first process of the database that works for it, when that is a server.
    database_pid: int | None = field(default=None)

    @property
    def pids(self) -> list[int]:
        return [self.process.pid, *children(self.process.pid)]

    @property
    def memory_kb(self) -> tuple[int, int]:
        """Return (proportional, resident) kilobytes of all its processes."""
        both = [_memory_kb(pid) for pid in self.pids]
        return sum(b[0] for b in both), sum(b[1] for b in both)


def children(pid: int) -> list[int]:
    """Return all processes below one."""
    found = []
    for task in Path(f"/proc/{pid}/task").glob("*"):
        with contextlib.suppress(OSError):
            for child in (task / "children").read_text().split():
                found += [int(child), *children(int(child))]
    return found


def cpu_ms(pids: list[int]) -> dict[int, float]:
    """Return the processor time each process has used, in milliseconds."""
    used = {}
    for pid in pids:
        with contextlib.suppress(OSError):
            used[pid] = _cpu_ms(pid)
    return used


def _cpu_ms(pid: int) -> float:
    # The scheduler counts nanoseconds per thread; the common counter has steps of 10 ms.
    # Threads that ended are in the common counter only, and pools here keep theirs.
    try:
        tasks = Path(f"/proc/{pid}/task").glob("*/schedstat")
        return sum(int(task.read_text().split()[0]) for task in tasks) / 1e6
    except (OSError, IndexError):
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) * 1000 / os.sysconf("SC_CLK_TCK")


def let_rest(running: Running, most_s: float = 60) -> None:
    """Wait until a server does nothing more: mails of the orders before would count as pages."""
    over = time.monotonic() + most_s
    while time.monotonic() < over:
        before = sum(cpu_ms(running.pids).values())
        time.sleep(0.5)
        if sum(cpu_ms(running.pids).values()) - before < 10:
            return


def _memory_kb(pid: int) -> tuple[int, int]:
    values = {}
    with contextlib.suppress(OSError):
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            name, _, rest = line.partition(":")
            if name in ("Pss", "Rss"):
                values[name] = int(rest.split()[0])
    return values.get("Pss", 0), values.get("Rss", 0)


def start(name: str, folder: Path, url: str, *, processes: int, bare: bool = False,
          page_cache: bool = True, worker: str = "none", orders: Path | None = None) -> Running:  # fmt: skip
    """Start one server over a database and wait until it answers.

    Args:
        orders: what ``raw.keep_orders`` wrote, for a bare server that replays them.
    """
    with socket.socket() as asked:
        asked.bind(("127.0.0.1", 0))
        port = asked.getsockname()[1]
    instance = folder / name
    instance.mkdir(parents=True)
    environ = {k: v for k, v in os.environ.items() if not k.startswith("SHOP_")} | KEYS | {
        "SHOP_INSTANCE": str(instance), "SHOP_DATABASE_URL": url, "SHOP_PORT": str(port),
        "SHOP_BASE_URL": f"http://127.0.0.1:{port}", "SHOP_DEMO": "0", "SHOP_WORKER": worker,
        "SHOP_PROCESSES": str(processes), "SHOP_PAGE_CACHE": "1" if page_cache else "0",
    }  # fmt: skip
    if orders is not None:
        environ["BENCH_ORDERS"] = str(orders)
    log = instance / "server.log"
    with log.open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.bench.servers" if bare else "shop.cli.server"],
            cwd=ROOT, env=environ, stdout=out, stderr=out, start_new_session=True,
        )  # fmt: skip
    running = Running(name, port, process, log)
    try:
        _wait(running, "/h" if bare else "/healthz")
    except BaseException:
        stop(running)
        raise
    return running


def _wait(running: Running, path: str) -> None:
    from tests.bench.drive import Line

    over = time.monotonic() + _START_S
    while time.monotonic() < over and running.process.poll() is None:
        with contextlib.suppress(OSError), Line(running.port) as line:
            if line.get(path).status == 200:
                return
        time.sleep(0.1)
    raise RuntimeError(
        f"The server {running.name} did not start:\n{running.log.read_text()[-2000:]}"
    )


def stop(running: Running) -> None:
    """End a server and all its processes."""
    with contextlib.suppress(ProcessLookupError):
        running.process.terminate()
    try:
        running.process.wait(_STOP_S)
    except subprocess.TimeoutExpired:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(running.process.pid, signal.SIGKILL)
        running.process.wait()


if __name__ == "__main__":
    BareServer(read_settings()).run()
