"""The database handle, and the only place in the shop that commits."""

import json
import random
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cache
from importlib import import_module
from threading import Lock
from typing import Any, ClassVar, TypeVar

from flask import Flask, current_app, g, has_app_context
from flask_sqlalchemy import SQLAlchemy
from flask_sqlalchemy.session import Session as FlaskSession
from sqlalchemy import (
    JSON,
    BigInteger,
    Connection,
    DateTime,
    Dialect,
    Engine,
    ExceptionContext,
    Insert,
    Integer,
    MetaData,
    TypeDecorator,
    event,
    insert,
)
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.orm import DeclarativeBase, Session, SessionTransaction, registry

from shop.kernel.errors import NotYours

try:  # A SQLite without the WAL-reset fault (QUALITY §1.2) comes with this package.
    import pysqlite3 as sqlite_driver
except ImportError:  # Elsewhere than on Linux the standard library's build is used.
    import sqlite3 as sqlite_driver  # type: ignore[no-redef]


class UtcDateTime(TypeDecorator[datetime]):
    """An aware time, stored in UTC. A time without a zone is a bug and is refused."""

    impl = DateTime
    cache_ok = True
    #: {engine: (a time, as it is sent)}: all rows of an order name the same moment.
    _last: ClassVar[dict[str, tuple[datetime, Any]]] = {}

    def bind_processor(self, dialect: Dialect) -> Callable[[Any], Any]:
        write: Any = super().bind_processor(dialect)
        last, name = self._last, dialect.name

        def written(value: datetime | None) -> Any:
            if value is None:
                return None
            known = last.get(name)
            if known is None or known[0] is not value:
                known = last[name] = (value, write(value))
            return known[1]

        return written

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is not None and value.tzinfo is None:
            raise ValueError(f"{value!r} has no time zone.")
        return value and value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return value and value.replace(tzinfo=UTC)


#: Money in whole đồng and other counts that pass 2^31. SQLite's INTEGER has 64 bits anyway.
Big = BigInteger().with_variant(Integer(), "sqlite")

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    """Parent of every table. ``int`` columns are 64 bits wide; times are aware UTC."""

    metadata = MetaData(naming_convention=NAMING)
    registry = registry(
        metadata=metadata,
        type_annotation_map={
            datetime: UtcDateTime,
            int: Big,
            dict[str, Any]: JSON,
            list[Any]: JSON,
        },
    )


class _OneEngine(FlaskSession):
    """The shop has one database: what is asked of a session again and again is kept.

    Statements of hot paths go by ``session.connection()``, each time the same one until
    the transaction ends. Those that only read go by ``session.reading()``.
    """

    _held: Connection | None = None
    _reads: Connection | None = None
    _engine: Any = None

    def connection(self, *args: Any, **kwargs: Any) -> Connection:
        if self._held is None or args or kwargs:
            self._held = super().connection(*args, **kwargs)
        return self._held

    def reading(self) -> Connection:
        """Return a connection for prepared reads: that of the transaction, if there is one.

        Most pages only read a few rows. They need none of what a session does for objects, and
        on PostgreSQL, where each statement sees its own moment anyway, no transaction. A
        seller's reads are narrowed in one (``act_for_seller``).
        """
        if self._held is not None or self.in_transaction() or _acting_seller_id() is not None:
            return self.connection()
        if self._reads is not None:
            return self._reads
        reads: Connection = self.get_bind().connect()
        self._reads = reads
        if reads.dialect.name == "sqlite":
            _send_begin(reads)  # Here all reads of a page see the same moment.
        return reads

    def only_reads(self, connection: Connection) -> bool:
        """Tell whether a connection is the one outside of transactions, which may be replaced."""
        return connection is self._reads and connection.dialect.name != "sqlite"

    def stop_reading(self) -> None:
        """Give the connection for reads back to the pool, which ends what was begun on it."""
        if self._reads is not None:
            reads, self._reads = self._reads, None
            reads.close()

    def rollback(self) -> None:
        self.stop_reading()
        super().rollback()

    def close(self) -> None:
        self.stop_reading()
        super().close()

    def get_bind(self, *args: Any, bind: Any = None, **kwargs: Any) -> Any:
        if bind is not None:
            return bind
        if self._engine is None:
            self._engine = super().get_bind(*args, **kwargs)
        return self._engine


@event.listens_for(_OneEngine, "after_transaction_create")
def _read_in_it(session: _OneEngine, *_: Any) -> None:
    session.stop_reading()  # One connection at a time: a pool of a few serves all threads.


@event.listens_for(_OneEngine, "after_soft_rollback")
@event.listens_for(_OneEngine, "after_transaction_end")
def _let_go(session: _OneEngine, *_: Any) -> None:
    session._held = None


db = SQLAlchemy(
    metadata=Base.metadata,
    session_options={"class_": _OneEngine},
    engine_options={"json_serializer": lambda value: json.dumps(value, ensure_ascii=False)},
    disable_autonaming=True,
)

#: A busy or deadlocked writer is tried this often before the visitor is told to wait.
ATTEMPTS = 5
#: The tables were changed under a plan that the server kept for this connection.
_STALE_PLAN = "0A000"
_RETRY_SQLSTATES = {"40001", "40P01", _STALE_PLAN}
#: So long a writer waits for another.
_PATIENCE_S = 15

T = TypeVar("T")
Stored = TypeVar("Stored", bound=Base)


class Busy(Exception):
    """The database stayed locked. The web answers 503 with Retry-After."""


@contextmanager
def transaction() -> Iterator[Session]:
    """Run one unit of work: all of it is stored, or none of it is.

    Opened by whoever starts the work (a view, the worker, a command). Functions
    below take the session and never commit, so they combine freely.
    """
    session = db.session()
    if "unit_of_work" in session.info or session.new or session.dirty or session.deleted:
        raise RuntimeError("A unit of work is already under way.")
    session.rollback()  # Let go of the snapshot that the request has read so far.
    with _turn(session):
        try:
            session.connection(execution_options={"begin": "IMMEDIATE"})
        except OperationalError as error:
            session.rollback()
            raise Busy from error
        session.info["unit_of_work"] = {}
        try:
            yield session
            for told in _listeners("before_commit"):
                told(session)
            session.commit()
        except BaseException:
            session.rollback()
            raise
        finally:
            session.info.pop("unit_of_work")
    for told in _listeners("after_commit"):
        told(session)
    session.info.pop("touched", None)


@contextmanager
def _turn(session: Session) -> Iterator[None]:
    """Let this process's writers to one SQLite file follow each other.

    SQLite itself lets a writer sleep and look again, longer each time: of eight that meet, one
    would wait a fifth of a second for what takes the others milliseconds.

    Raises:
        Busy: somebody wrote all the time.
    """
    if not is_sqlite(session):
        yield
        return
    turn = _TURNS.setdefault(session.get_bind().engine.url.database or "", Lock())
    if not turn.acquire(timeout=_PATIENCE_S):
        raise Busy
    try:
        yield
    finally:
        turn.release()


#: Whose turn it is to write, by SQLite file.
_TURNS: dict[str, Lock] = {}


def in_transaction(work: Callable[[Session], T]) -> T:
    """Run ``work(session)`` in a transaction, again after a deadlock or serialization failure.

    For writers that may meet each other (orders, stock, money). ``work`` may run
    several times: it touches nothing but the session.

    Raises:
        Busy: it met others ``ATTEMPTS`` times in a row.
    """
    for attempt in range(ATTEMPTS):
        try:
            with transaction() as session:
                return work(session)
        except DBAPIError as error:
            if getattr(error.orig, "sqlstate", None) not in _RETRY_SQLSTATES:
                raise
            time.sleep(random.uniform(0, 0.02 * 2**attempt))
    raise Busy


def one_at_a_time(session: Session, table: type[Stored], row_id: int) -> Stored | None:
    """Return a row as it stands now, held until the transaction ends; None when there is none.

    Whoever acts on the same row waits and then sees what was done. SQLite has one writer anyway.
    """
    held = {"key_share": True}  # Rows that only point here, such as orders, need not wait.
    return session.get(table, row_id, with_for_update=held, populate_existing=True)


def the_one(
    session: Session, table: type[Stored], row_id: int, *, to_change: bool = False
) -> Stored:
    """Return a row that must be there.

    Args:
        to_change: held as by ``one_at_a_time``.

    Raises:
        NotYours: there is none.
    """
    found = one_at_a_time(session, table, row_id) if to_change else session.get(table, row_id)
    if found is None:
        raise NotYours
    return found


def gathered(session: Session, name: str) -> list[Any]:
    """Return the list of that name which this unit of work fills; it is gone when that ends."""
    return session.info.get("unit_of_work", {}).setdefault(name, [])


def touch(session: Session, *topics: str) -> None:
    """Note that what visitors see of ``topics`` changes when this transaction is stored."""
    session.info.setdefault("touched", set()).update(topics)


Listener = Callable[[Session], None]


def before_commit(app: Flask, told: Listener) -> None:
    """Run ``told(session)`` at the end of each transaction, inside it."""
    app.extensions.setdefault("before_commit", []).append(told)


def on_commit(app: Flask, told: Listener) -> None:
    """Run ``told(session)`` after each stored transaction, in this process only."""
    app.extensions.setdefault("after_commit", []).append(told)


def _listeners(name: str) -> list[Listener]:
    return current_app.extensions.get(name, [])


def act_for_seller(session: Session, seller_id: int) -> None:
    """From here to the end of the request, rows of other sellers do not exist.

    The queries ask for her rows anyway. Should one forget to, PostgreSQL's row-level
    security (migration 0008) still finds nothing else; SQLite has no such second lock.
    """
    g.acting_seller_id = seller_id
    _narrow_to(session.connection(), str(seller_id))


def act_for_nobody() -> None:
    """Let go of the seller, and of the transaction that knew her."""
    if g.pop("acting_seller_id", None) is not None:
        db.session.rollback()


@contextmanager
def whole_orders(session: Session) -> Iterator[None]:
    """Let a seller's work look at other sellers' parts of her orders: for sums over all of them.

    Should it fail, its transaction is undone, and the wider sight ends with that.
    """
    seller_id = _acting_seller_id()
    if seller_id is None or g.get("sees_whole_orders"):
        yield
        return
    _narrow_to(session.connection(), "")
    g.sees_whole_orders = True
    try:
        yield
        session.flush()
    finally:
        g.pop("sees_whole_orders")
    _narrow_to(session.connection(), str(seller_id))


def _acting_seller_id() -> int | None:
    return g.get("acting_seller_id") if has_app_context() else None


def _narrow_to(connection: Connection, seller: str) -> None:
    if connection.dialect.name == "postgresql":
        # Local to the transaction, so that a pooled connection takes nothing along.
        connection.exec_driver_sql("SELECT set_config('shop.seller', %s, true)", (seller,))


@event.listens_for(Session, "after_begin")
def _narrow(_session: Session, begun: SessionTransaction, connection: Connection) -> None:
    seller_id = _acting_seller_id()
    if seller_id is not None and not begun.nested:
        _narrow_to(connection, str(seller_id))


def only_where(condition: Any) -> dict[str, Any]:
    """Return the arguments of an ``Index`` over the rows that fulfil a condition.

    PostgreSQL is told of it when it is first met (``_prepare_connection``): saying so here
    would let every shop on SQLite read all that SQLAlchemy knows of the other engine.
    """
    return {"sqlite_where": condition, "info": {"where": condition}}


def _tell_postgresql() -> None:
    for table in Base.metadata.tables.values():
        for index in table.indexes:
            if "where" in index.info:
                index.dialect_kwargs["postgresql_where"] = index.info["where"]


def rows_into(table: Any) -> Insert:
    """Return the statement that stores rows, to be put together once and sent many times.

    For hot paths: ``session.connection().execute(STATEMENT, rows)`` goes round what the
    ORM does for objects. Columns with a default need not be named.
    """
    return insert(table.__table__)


def once_per_engine(make: Callable[[Callable[[Any], Any]], T]) -> Callable[[Session], T]:
    """Return a statement with ON CONFLICT, put together once, when an engine first needs it.

    ``make`` is given the engine's own INSERT: ``once_per_engine(lambda insert: insert(Cart)…)``.
    """
    made: dict[str, T] = {}

    def statement(session: Session) -> T:
        name = session.get_bind().dialect.name
        if name not in made:
            made[name] = make(insert_of(name))
        return made[name]

    return statement


def upsert_into(asked: Session | Connection, table: Any) -> Any:
    """Return the engine's own INSERT into a table, which can say ON CONFLICT."""
    bind = asked if isinstance(asked, Connection) else asked.get_bind()
    return insert_of(bind.dialect.name)(table)


@cache
def insert_of(engine: str) -> Callable[[Any], Any]:
    return import_module(f"sqlalchemy.dialects.{engine}").insert


def is_sqlite(session: Session) -> bool:
    return session.get_bind().dialect.name == "sqlite"


@event.listens_for(Engine, "connect")
def _prepare_connection(connection: Any, _record: object) -> None:
    if isinstance(connection, sqlite_driver.Connection):
        connection.isolation_level = None  # We send BEGIN ourselves, below.
        for pragma in (
            "foreign_keys = ON",
            "secure_delete = ON",  # What is erased is overwritten, not only let go of.
            "journal_mode = WAL",
            "synchronous = FULL",
            f"busy_timeout = {_PATIENCE_S * 1000}",
            "recursive_triggers = ON",
            "temp_store = MEMORY",
            "cache_size = -4000",
        ):
            connection.execute(f"PRAGMA {pragma}")
    elif hasattr(connection, "prepare_threshold"):
        _tell_postgresql()
        connection.prepare_threshold = 2  # A plan is kept from the third time on, not the sixth.


@event.listens_for(Engine, "begin")
def _begin(connection: Connection) -> None:
    options = connection.get_execution_options()
    if connection.dialect.name != "sqlite":
        if not _begins_by_hand(options):
            return
        try:
            _send_begin(connection)
        except DBAPIError as error:
            if not error.connection_invalidated:
                raise
            # The server went away while nobody asked; nothing was begun yet.
            connection.engine.dispose()
            _send_begin(connection)
        return
    _send_begin(connection)


@event.listens_for(Engine, "rollback")
def _end_unheard(connection: Connection) -> None:
    """End a transaction behind psycopg's back: it would drop all plans that the server keeps.

    It does so because what a transaction made may be gone after it; ours make no tables. Most
    pages end so, having read, and would let the server plan each of their statements anew.
    """
    if connection.invalidated or connection.dialect.name == "sqlite":
        return
    if _begins_by_hand(connection.get_execution_options()):
        # What this could not end, SQLAlchemy's own call after it meets and tells of.
        connection.connection.dbapi_connection.pgconn.exec_(b"ROLLBACK")  # type: ignore[union-attr]


def _begins_by_hand(options: Mapping[str, Any]) -> bool:
    """Tell whether a connection to PostgreSQL is the shop's, in no other isolation than usual."""
    return "begin" in options and "isolation_level" not in options


def _send_begin(connection: Connection) -> None:
    """Begin a transaction, straight at the driver: every page begins so, and most read little.

    SQLite's writers take their lock at once: a reader that turns writer half-way would fail
    instead of waiting its turn.
    """
    dialect, statement = connection.dialect, "BEGIN"
    if dialect.name == "sqlite":
        statement = f"BEGIN {connection.get_execution_options().get('begin', 'DEFERRED')}"
    try:
        connection.connection.cursor().execute(statement)
    except dialect.loaded_dbapi.Error as error:
        raise failed(connection, statement, None, error) from error


def failed(
    connection: Connection, statement: str, values: Any, error: Any, cursor: Any = None
) -> Exception:
    """Let go of a connection that broke; return a driver's error as all statements raise it."""
    dialect = connection.dialect
    lost = _is_stale(error) or dialect.is_disconnect(
        error, connection.connection.dbapi_connection, cursor
    )
    if lost:
        connection.invalidate(error)
    return DBAPIError.instance(
        statement, values, error, dialect.loaded_dbapi.Error,
        connection_invalidated=lost, dialect=dialect,
    )  # fmt: skip


@event.listens_for(Engine, "handle_error")
def _let_stale_plans_go(context: ExceptionContext) -> None:
    if _is_stale(context.original_exception):
        context.is_disconnect = True


def _is_stale(error: BaseException) -> bool:
    return getattr(error, "sqlstate", None) == _STALE_PLAN
