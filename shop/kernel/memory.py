"""What a process tells Python, and the C library where it can be told, about its memory."""

import ctypes
import gc
import os
from collections.abc import Iterator
from contextlib import contextmanager

#: The number of this option in glibc's <malloc.h>.
_M_ARENA_MAX = -8


@contextmanager
def building() -> Iterator[None]:
    """Build what lives as long as the process: the collector looks for garbage in none of it.

    While modules and tables come it would walk through all of them again and again, which is
    a quarter of the time of a start; and afterwards with each of its rounds.
    """
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


def share_one_heap() -> None:
    """Let all threads of a process take memory from one place.

    Python's threads take turns anyway, and a heap for each keeps what only another could use.
    """
    _tell_malloc("mallopt", _M_ARENA_MAX, 1)


def give_back_memory() -> None:
    """Return to the system what was used and is needed no more."""
    _tell_malloc("malloc_trim", 0)


def _tell_malloc(function: str, *numbers: int) -> None:
    tell = getattr(ctypes.CDLL(None), function, None) if os.name == "posix" else None
    if tell is not None:
        tell(*numbers)
