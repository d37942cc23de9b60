"""What strangers send is unpacked in a process of its own, which knows nothing of the shop's keys."""

import os
import subprocess
import sys
import threading

from shop.kernel.settings import ROOT
from shop.media.rules import PicturesBusy

#: No settings, keys or addresses of the shop. One arena: threads of a decoder would otherwise
#: each take 64 MB of address space.
_ENVIRONMENT = {
    "PATH": os.defpath,
    "MALLOC_ARENA_MAX": "1",
    "PYTHONDONTWRITEBYTECODE": "1",
    "LANG": "C.UTF-8",
}


class Reader:
    """A module of ours that reads one file from its input and writes what it found.

    Args:
        module: run as ``python -m``; it limits its own memory and work.
        arguments: what stands behind the module's name.
        patience_s: how long it is waited for on a busy machine.
        at_once: processes at once in one server; further files wait their turn.
        wait_s: how long a file waits its turn; None for as long as it takes.
    """

    def __init__(
        self,
        module: str,
        *arguments: str,
        patience_s: int,
        at_once: int = 2,
        wait_s: float | None = None,
    ) -> None:
        self.module, self.arguments = module, arguments
        self.patience_s, self.wait_s = patience_s, wait_s
        self._turns = threading.BoundedSemaphore(at_once)

    def read(self, content: bytes) -> bytes:
        """Return what it wrote; nothing when it failed, or ran out of memory or time.

        Raises:
            PicturesBusy: its turn did not come in time.
        """
        if not self._turns.acquire(timeout=self.wait_s):
            raise PicturesBusy(retry_after_s=60)
        try:
            done = subprocess.run(
                [sys.executable, "-m", self.module, *self.arguments],
                input=content,
                capture_output=True,
                timeout=self.patience_s,
                cwd=ROOT,
                env=_ENVIRONMENT,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return b""
        finally:
            self._turns.release()
        return b"" if done.returncode else done.stdout
