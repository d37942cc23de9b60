"""Rows of a shop as it was before a migration."""

import sqlite3
from typing import Any

#: What a column holds that a test says nothing about.
_EMPTY = {"VARCHAR": "", "TEXT": "", "BLOB": b"", "JSON": "[]", "BOOLEAN": 0}
_THEN = "2026-11-20 05:00:00.000000"


def put(file: sqlite3.Connection, table: str, **values: Any) -> None:
    """Store a row as it was then; rows that it points to need not be there."""
    for _, name, kind, needed, default, _ in file.execute(f"PRAGMA table_info({table})").fetchall():
        if needed and default is None and name not in values:
            kind = kind.split("(")[0]
            values[name] = _THEN if kind == "DATETIME" else _EMPTY.get(kind, 0)
    names, marks = ", ".join(values), ", ".join("?" * len(values))
    file.execute(f"INSERT INTO {table} ({names}) VALUES ({marks})", list(values.values()))
