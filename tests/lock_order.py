"""Parts of orders are held before their money (``shop/payments/holding.py``).

In the other order two would wait for each other, seldom, and only on PostgreSQL, which holds row by
row: so each statement of each test there is looked at.
"""

import re
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import Connection, Engine, event

_PARTS, MONEY = "seller_orders", {"payments", "cod_collections", "refunds", "gateway_visits"}
_WRITES = re.compile(r"\s*(?:UPDATE|DELETE FROM) (\w+)")
_HOLDS = re.compile(
    r"\bFROM (\w+).*\bFOR (?:NO KEY UPDATE|UPDATE|KEY SHARE|SHARE)(?: OF (\w+))?\s*$", re.DOTALL
)

_held: WeakKeyDictionary[Connection, set[str]] = WeakKeyDictionary()


def listen() -> None:
    """From now on refuse a statement that holds parts after money of the same transaction."""
    for moment in ("begin", "commit", "rollback"):
        event.listen(Engine, moment, _forget)
    event.listen(Engine, "before_cursor_execute", _look)


def _forget(connection: Connection) -> None:
    _held[connection] = set()


def _look(connection: Connection, _cursor: Any, statement: str, *_: Any) -> None:
    if connection.dialect.name != "postgresql":
        return
    found = _WRITES.match(statement) or _HOLDS.search(statement)
    if found is None:
        return
    table, held = found.group(found.lastindex or 1), _held.setdefault(connection, set())
    if table == _PARTS and _PARTS not in held and held & MONEY:
        raise AssertionError(f"Parts are held after {held & MONEY}: {statement}")
    held.add(table)
