"""What a process tells the C library about its memory, where that library can be told."""

import ctypes
import os

#: The number of this option in glibc's <malloc.h>.
_M_ARENA_MAX = -8


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
