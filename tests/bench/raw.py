"""The database's own share: W, the statements of real orders replayed without the shop,
and the statements of a search alone.

Orders are placed once through the shop in a copy of the seeded database while their
statements are written down, from BEGIN to COMMIT. W replays them, each with its own values,
in another copy through the plain driver: as durable, by as many writers, and served the same
way as the orders it stands beside: by the same server, asked by the same client. "W, driver
alone" is the same without server and client, which share the processor with an order.
"""

import json
import pickle
import re
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import sqlalchemy as sa
from flask import Flask, redirect, request
from flask.testing import FlaskClient
from sqlalchemy import event

from shop.app import POSTGRESQL_OPTIONS
from shop.db import db, sqlite_driver
from tests.bench.drive import Job, Line, Measured, expect, measured, request_bytes, used
from tests.bench.guests import Goods, hidden, typed
from tests.bench.scratch import Scratch, opened
from tests.bench.servers import children, cpu_ms

_INTO = re.compile(r"INSERT INTO (\w+) .* RETURNING ", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Step:
    """One statement. ``first_id``: what the sequence of its table gave first, else None."""

    statement: str
    values: Any
    many: bool
    first_id: int | None = None


@dataclass
class Recorder:
    """Writes down what is sent to the database, inside transactions that write or all of it."""

    engine: sa.Engine
    writing_only: bool = True
    steps: list[Step] = field(default_factory=list)
    sequences: sa.Connection | None = None

    def note(
        self, connection: Any, _cursor: Any, statement: str, values: Any, _c: Any, many: bool
    ) -> None:
        writing = connection.get_execution_options().get("begin") == "IMMEDIATE"
        if statement.startswith("BEGIN") or (self.writing_only and not writing):
            return
        self.steps.append(Step(statement, _plain(values), many, self._first_id(statement)))

    def _first_id(self, statement: str) -> int | None:
        into = _INTO.match(statement)
        if self.sequences is None or into is None:
            return None
        name = self.sequences.scalar(
            sa.text("SELECT pg_get_serial_sequence(:t, 'id')"), {"t": into[1]}
        )
        last = self.sequences.execute(sa.text(f"SELECT last_value, is_called FROM {name}")).one()
        return last[0] + (1 if last[1] else 0)


@contextmanager
def _recording(app: Flask, *, writing_only: bool) -> Iterator[Recorder]:
    with app.app_context():
        engine = db.engine
    recorder = Recorder(engine, writing_only)
    watcher = sa.create_engine(engine.url, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
    if engine.dialect.name == "postgresql":
        recorder.sequences = watcher.connect()
    event.listen(engine, "before_cursor_execute", recorder.note)
    try:
        yield recorder
    finally:
        event.remove(engine, "before_cursor_execute", recorder.note)
        if recorder.sequences is not None:
            recorder.sequences.close()


def _ready(client: FlaskClient, goods: Goods) -> dict[str, Any]:
    _, variant, seller = goods.one()
    client.delete_cookie("cart")
    assert client.post("/gio/them", data={"mon": variant, "so": 1}).status_code == 303
    fields = typed(seller)
    return fields | hidden(client.post("/dat-hang", data={**fields, "step": "look"}).data)


def record_orders(
    scratch: Scratch, seeded: str, name: str, goods: Goods, number: int
) -> tuple[str, list[list[Step]]]:
    """Return a database in which so many carts are ready, and the statements that order them."""
    prepared = scratch.copy(seeded, f"{name}_prepared")
    with opened(prepared, scratch.folder) as app:
        waiting = []
        for _ in range(number):
            client = app.test_client()
            waiting.append((client, _ready(client, goods)))
    replayed_in = scratch.copy(prepared, f"{name}_replayed")
    orders = []
    with opened(prepared, scratch.folder) as app, _recording(app, writing_only=True) as recorder:
        for n, (old, fields) in enumerate(waiting):
            client = app.test_client()
            cookie = old.get_cookie("cart")
            assert cookie is not None
            client.set_cookie("cart", cookie.value)
            address = {"REMOTE_ADDR": f"127.2.{n // 200}.{n % 200 + 1}"}
            answer = client.post("/dat-hang", data=fields, environ_overrides=address)
            assert answer.status_code == 303, answer.text
            orders.append(recorder.steps[:])
            recorder.steps.clear()
    return replayed_in, orders


def _plain(values: Any) -> Any:
    """Return values of a statement that can be written down: bytes, and JSON as its text."""
    if isinstance(values, dict):
        return {name: _plain(value) for name, value in values.items()}
    if isinstance(values, list | tuple):
        return type(values)(map(_plain, values))
    if isinstance(values, memoryview):
        return bytes(values)
    if hasattr(values, "obj") and hasattr(values, "dumps"):  # Psycopg's Json and Jsonb.
        return json.dumps(values.obj, ensure_ascii=False)
    return values


def keep_orders(path: Path, url: str, orders: list[list[Step]]) -> Path:
    """Write orders down for the server that replays them (``serve_orders``)."""
    path.write_bytes(pickle.dumps((url, orders)))
    return path


def serve_orders(app: Flask, path: Path) -> None:
    """Let a bare program replay the kept orders: ``POST /w`` with the order's number."""
    url, orders = pickle.loads(path.read_bytes())
    on_sqlite = url.startswith("sqlite")
    place = _place_sqlite if on_sqlite else _place_postgresql
    of_thread = threading.local()
    # On SQLite the rows' numbers are those of the recording: orders go in by their turn, one
    # writer at a time as always there.
    turn, waiting = threading.Lock(), iter(orders)

    @app.post("/w")
    def replay() -> object:
        if not hasattr(of_thread, "connection"):
            of_thread.connection = _driver(url)
        if on_sqlite:
            with turn:
                place(of_thread.connection, next(waiting))
        else:
            place(of_thread.connection, orders[int(request.form["order"])])
        return redirect("/order/placed", 303)


def replays(port: int, numbers: Sequence[int]) -> Iterator[Job]:
    """Each job lets the server replay one order."""
    for number in numbers:
        ready = request_bytes(port, "/w", {}, {"order": number})

        def job(line: Line, ready: bytes = ready) -> None:
            expect(line.send(ready), 303, "W")

        yield job


def measure_orders(
    scratch: Scratch, url: str, orders: Sequence[Sequence[Step]], *, writers: int
) -> Measured:
    """Replay so many orders by so many writers at once, without a server."""
    waiting, lock, times = iter(orders), threading.Lock(), []
    failed: list[BaseException] = []
    place = _place_sqlite if url.startswith("sqlite") else _place_postgresql

    def run() -> None:
        with closing(_driver(url)) as connection:
            while not failed:
                with lock:
                    order = next(waiting, None)
                if order is None:
                    return
                begun = time.perf_counter()
                try:
                    place(connection, order)
                except BaseException as error:
                    failed.append(error)
                    return
                times.append((time.perf_counter() - begun) * 1000)

    threads = [threading.Thread(target=run, daemon=True) for _ in range(writers)]
    pids = _database_pids(scratch)
    before, own, begun = cpu_ms(pids), time.process_time(), time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    took = time.perf_counter() - begun
    if failed:
        raise failed[0]
    cpu = (time.process_time() - own) * 1000 + used(before, cpu_ms(_database_pids(scratch)))
    return measured(cpu, took, times)


def _database_pids(scratch: Scratch) -> list[int]:
    pid = scratch.database_pid
    return [pid, *children(pid)] if pid else []


def _driver(url: str) -> Any:
    if url.startswith("sqlite"):
        connection = sqlite_driver.connect(
            url.removeprefix("sqlite:///"), isolation_level=None, check_same_thread=False
        )
        for pragma in (
            "foreign_keys = ON", "journal_mode = WAL", "synchronous = FULL",
            "busy_timeout = 15000", "recursive_triggers = ON", "temp_store = MEMORY",
            "cache_size = -4000",
        ):  # fmt: skip
            connection.execute(f"PRAGMA {pragma}")
        return connection
    import psycopg

    # As the shop connects: without, a search's plan would be another, and a hundred times as dear.
    return psycopg.connect(
        url.replace("postgresql+psycopg", "postgresql"), options=POSTGRESQL_OPTIONS
    )


def _place_sqlite(connection: Any, order: Sequence[Step]) -> None:
    cursor = connection.cursor()
    cursor.execute("BEGIN IMMEDIATE")
    for step in order:
        (cursor.executemany if step.many else cursor.execute)(step.statement, step.values)
        if not step.many:
            cursor.fetchall()
    cursor.execute("COMMIT")


def _place_postgresql(connection: Any, order: Sequence[Step]) -> None:
    cursor, ids = connection.cursor(), {}
    for step in order:
        values = _renumbered(step.values, ids)
        (cursor.executemany if step.many else cursor.execute)(step.statement, values)
        rows = cursor.fetchall() if cursor.description and not step.many else []
        if step.first_id is not None:
            fresh = sorted(next(v for v in row if isinstance(v, int) and v > 10**9) for row in rows)
            ids.update({step.first_id + n: new for n, new in enumerate(fresh)})
    connection.commit()


def _renumbered(values: Any, ids: dict[int, int]) -> Any:
    """Put the ids of this run where those of the recorded order stood."""
    if isinstance(values, dict):
        return {k: ids.get(v, v) if type(v) is int else v for k, v in values.items()}
    return [_renumbered(v, ids) for v in values]


def record_search(app: Flask, words: str) -> list[Step]:
    """Return the statements by which the shop finds words in its index."""
    with _recording(app, writing_only=False) as recorder:
        answer = app.test_client().get("/tim?" + urlencode({"tu": words}))
        assert answer.status_code == 200, answer.text
        return [
            step
            for step in recorder.steps
            # The last one says how alike two words must be.
            if any(name in step.statement for name in ("product_search", "search_text", "pg_trgm"))
        ]


def measure_search(scratch: Scratch, url: str, steps: Sequence[Step], number: int) -> Measured:
    """Send them again through the plain driver."""
    with closing(_driver(url)) as connection:
        cursor, times = connection.cursor(), []
        _ask(cursor, steps)
        before, own, begun = (
            cpu_ms(_database_pids(scratch)),
            time.process_time(),
            time.perf_counter(),
        )
        for _ in range(number):
            asked = time.perf_counter()
            _ask(cursor, steps)
            times.append((time.perf_counter() - asked) * 1000)
        took = time.perf_counter() - begun
        cpu = (time.process_time() - own) * 1000 + used(before, cpu_ms(_database_pids(scratch)))
    return measured(cpu, took, times)


def _ask(cursor: Any, steps: Sequence[Step]) -> None:
    for step in steps:
        cursor.execute(step.statement, step.values)
        cursor.fetchall()
