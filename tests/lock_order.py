"""Parts of orders are held before their money (``shop/payments/holding.py``).

In the other order two would wait for each other, seldom, and only on PostgreSQL, which holds row by
row: so each statement of each test there is looked at.
"""

import re
from traceback import walk_stack
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import Connection, Engine, event

from shop.kernel.settings import ROOT

_PARTS, MONEY = "seller_orders", {"payments", "cod_collections", "refunds", "gateway_visits"}
_WRITES = re.compile(r"\s*(?:UPDATE|DELETE FROM) (\w+)")
_HOLD = re.compile(r"\bFOR (?:NO KEY UPDATE|UPDATE|KEY SHARE|SHARE)(?: OF (\w+))?\s*$")
_FROM = re.compile(r"\bFROM (\w+)")
_OURS = (f"{ROOT / 'shop'}/", f"{ROOT / 'tests'}/")

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
    found = _WRITES.match(statement)
    if found is None:
        # Nearly all statements only read. They are long, and what holds rows stands at the end.
        end = statement.rfind("FOR ")
        hold = _HOLD.search(statement, end) if end >= 0 else None
        if hold is None:
            return
        found = hold if hold.group(1) else _FROM.search(statement)
        if found is None:
            return
    table, held = found.group(1), _held.setdefault(connection, set())
    if table == _PARTS and _PARTS not in held and held & MONEY and _of_the_shop():
        raise AssertionError(f"Parts are held after {held & MONEY}: {statement}")
    held.add(table)


def _of_the_shop() -> bool:
    """Whether the shop itself wrote the statement, and not a test that sets its rows."""
    files = (frame.f_code.co_filename for frame, _ in walk_stack(None))
    nearest = next(file for file in files if file.startswith(_OURS) and file != __file__)
    return nearest.startswith(_OURS[0])
