"""Files that are whole or not there at all, and that only their owner may read."""

import contextlib
import os
import tempfile
from pathlib import Path


def write_whole(path: Path, content: bytes) -> None:
    """Write a file of mode 0600, in the place of one that is there.

    The name is given once it is on disk: a full disk or a cut of power leaves nothing half, and
    whoever may read the old file, or has it open, does not get to read the new one.
    """
    fd, part = tempfile.mkstemp(prefix=f".{path.name}-", dir=path.parent)  # Mode 0600.
    try:
        with os.fdopen(fd, "wb") as into:
            into.write(content)
            into.flush()
            os.fsync(into.fileno())
        os.replace(part, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(part)
        raise
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
