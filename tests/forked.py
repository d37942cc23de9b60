"""Servers forked from one process that has read the shop's modules already.

Reading them is four fifths of what a server's start costs, and the browser tests start ninety.
"""

import multiprocessing
import os
from collections.abc import Mapping
from multiprocessing.process import BaseProcess

import shop.app  # noqa: F401  A fork finds it read.
from shop.cli.server import Server, read_settings
from shop.kernel.settings import ROOT

_FORKS = multiprocessing.get_context("forkserver")
_FORKS.set_forkserver_preload([__name__])


def start_server(environ: Mapping[str, str]) -> BaseProcess:
    """Start the production server with this environment and no other."""
    server = _FORKS.Process(target=_serve, args=(dict(environ),))
    server.start()
    return server


def _serve(environ: dict[str, str]) -> None:
    """What ``python -m shop.cli.server`` does, in a process that was just forked."""
    os.environ.clear()
    os.environ.update(environ)
    os.chdir(ROOT)
    Server(read_settings()).run()
