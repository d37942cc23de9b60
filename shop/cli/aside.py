"""Folders in which something is made, for the owner alone, and swept once nobody makes it."""

import contextlib
import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

BACKUP, RESTORE = ".dang-sao-luu-", ".dang-dat-lai-"


@contextlib.contextmanager
def aside(folder: Path, name: str) -> Iterator[Path]:
    """Make a folder below another, of mode 0700, that is gone afterwards.

    What a killed process left there goes first: a lock, which ends with its process, tells that
    nobody makes it any more.

    Args:
        name: how its name begins, ``BACKUP`` or ``RESTORE``.
    """
    with _locked(folder, fcntl.LOCK_EX):  # Nobody sweeps what has no lock yet.
        for path in left_in(folder):
            if path.is_dir():
                shutil.rmtree(path, ignore_errors=True)
            else:
                path.unlink(missing_ok=True)
        made = Path(tempfile.mkdtemp(prefix=name, dir=folder))
        hold = contextlib.ExitStack()
        hold.enter_context(_locked(made, fcntl.LOCK_EX))
    with hold:
        try:
            yield made
        finally:
            shutil.rmtree(made, ignore_errors=True)


def left_in(folder: Path) -> list[Path]:
    """Return what a process that is gone left half made in a folder."""
    return [
        path
        for name in (BACKUP, RESTORE)
        for path in sorted(folder.glob(f"{name}*"))
        if _is_left(path)
    ]


def _is_left(path: Path) -> bool:
    try:
        with _locked(path, fcntl.LOCK_EX | fcntl.LOCK_NB) as sure:
            return sure
    except OSError:  # Somebody makes it, or it is not ours to open.
        return False


@contextlib.contextmanager
def _locked(path: Path, how: int) -> Iterator[bool]:
    """Hold a lock on a file or folder; False where its file system knows none.

    Raises:
        BlockingIOError: another holds it, and ``how`` says not to wait.
    """
    fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        held = True
        try:
            fcntl.flock(fd, how)
        except BlockingIOError:
            raise
        except OSError:
            held = False
        yield held
    finally:
        os.close(fd)
