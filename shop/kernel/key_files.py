"""Files of an embedded shop that hold a key: whole or not there at all, and made only once."""

import contextlib
import fcntl
import os
import secrets
import sqlite3
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

from shop.kernel.whole_files import write_whole


class NotAsked(Exception):
    """The database did not say whether it holds accounts. The text is the driver's."""


def kept_or_made(path: Path, before_making: Callable[[], None] = lambda: None) -> str:
    """Return what a key file holds; one that is missing is made first.

    Processes that start at once take turns, so that all of them read the same key.

    Args:
        before_making: raises when no new key may be made.

    Raises:
        OSError: the folder cannot be made or written.
    """
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            fcntl.flock(folder, fcntl.LOCK_EX)
            if not path.exists():
                before_making()
                make_key(path)
        finally:
            os.close(folder)
    return path.read_text(errors="replace").strip()


def make_key(path: Path) -> str:
    """Write 64 random hexadecimal digits that only the owner may read, and return them."""
    key = secrets.token_hex(32)
    write_whole(path, key.encode())
    return key


_ACCOUNTS = "SELECT 1 FROM accounts LIMIT 1"


def holds_accounts(url: str, sqlite_file: Path | None) -> bool:
    """Tell whether somebody's data was sealed in a database already.

    Raises:
        NotAsked: it does not answer.
    """
    return _on_sqlite(sqlite_file) if sqlite_file else _on_postgresql(url)


def _on_sqlite(file: Path) -> bool:
    if not file.exists():
        return False
    try:
        with contextlib.closing(
            sqlite3.connect(f"file:{quote(str(file))}?mode=ro", uri=True, timeout=15)
        ) as there:
            return there.execute(_ACCOUNTS).fetchone() is not None
    except sqlite3.Error as error:
        if "no such table" in str(error):
            return False
        raise NotAsked(str(error)) from error


def _on_postgresql(url: str) -> bool:
    import psycopg  # Only a grown shop has it, and most of those set their keys.

    try:
        with psycopg.connect(url.replace("+psycopg", "", 1), connect_timeout=5) as there:
            return there.execute(_ACCOUNTS).fetchone() is not None
    except psycopg.errors.UndefinedTable:
        return False
    except psycopg.Error as error:
        raise NotAsked(" ".join(str(error).split())) from error
