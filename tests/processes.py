"""Processes of the shop, forked from one that has read the shop in: the start took most of their time.

Each is a process of its own, with its own environment, output, exit and death; only the interpreter
and the modules are there already. A true start is proved by ``test_commands`` and ``test_start``.
"""

import os
import runpy
import sys
from collections.abc import Mapping
from contextlib import suppress
from multiprocessing import get_context
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path

from shop.cli.server import Server, read_settings
from shop.kernel.settings import ROOT
from tests.engines import KEYS

_ready = get_context("forkserver")
_ready.set_forkserver_preload(
    ["tests.processes", "shop.cli.commands", "shop.cli.server", "flask_migrate"]
)


def environment(instance: Path, url: str = "", **more: str) -> dict[str, str]:
    """Return what a process of a shop that lives in a folder is told, and nothing of another."""
    return {
        **{k: v for k, v in os.environ.items() if not k.startswith("SHOP_")},
        "SHOP_INSTANCE": str(instance), "SHOP_DATABASE_URL": url, "SHOP_WORKER": "none",
        **{f"SHOP_{name.upper()}": value for name, value in KEYS.items()}, **more,
    }  # fmt: skip


def start_server(environ: Mapping[str, str]) -> BaseProcess:
    """Start the production server with this environment and no other."""
    server = _ready.Process(target=_serve, args=(dict(environ),))
    server.start()
    return server


def _serve(environ: dict[str, str]) -> None:
    """What ``python -m shop.cli.server`` does, in a process that was just forked."""
    os.environ.clear()
    os.environ.update(environ)
    os.chdir(ROOT)
    Server(read_settings()).run()


class Forked:
    """``python -m module words`` in an environment; what it prints is read from ``stdout``.

    Args:
        errors: what it says of its mistakes comes with what it prints, else nobody reads it.
    """

    def __init__(self, module: str, *words: str, env: dict[str, str], errors: bool = False) -> None:
        self._heard, told = _ready.Pipe(duplex=False)
        self._process = _ready.Process(target=_begin, args=(told, module, words, env, errors))
        self._process.start()
        told.close()
        self.stdout = os.fdopen(self._heard.fileno(), "rb", closefd=False)

    @property
    def pid(self) -> int:
        assert self._process.pid is not None
        return self._process.pid

    @property
    def returncode(self) -> int | None:
        """How it ended: minus the signal, where one ended it; None while it runs."""
        return self._process.exitcode

    def send_signal(self, number: int) -> None:
        """Send it a signal, unless it has ended by itself meanwhile."""
        with suppress(ProcessLookupError):
            os.kill(self.pid, number)

    def kill(self) -> None:
        self._process.kill()

    def communicate(self, timeout: float | None = None) -> bytes:
        """Wait for its end; return what it printed that was not read yet.

        Raises:
            TimeoutError: it still runs after so many seconds.
        """
        said = self.stdout.read()
        self._process.join(timeout)
        if self._process.exitcode is None:
            raise TimeoutError(f"process {self.pid} still runs")
        self.stdout.close()
        self._heard.close()
        return said


def _begin(
    told: Connection, module: str, words: tuple[str, ...], env: dict[str, str], errors: bool
) -> None:
    """Become what was asked for; runs in the new process."""
    os.dup2(told.fileno(), 1)
    told.close()
    os.dup2(1 if errors else os.open(os.devnull, os.O_WRONLY), 2)
    os.chdir(ROOT)
    os.environ.clear()
    os.environ.update(env)
    sys.argv = [module, *words]
    runpy.run_module(module, run_name="__main__", alter_sys=True)
