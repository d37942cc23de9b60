"""Statements of hot paths: put into an engine's words once, then sent as they stand.

SQLAlchemy looks anew each time at what a statement is, what its values and its rows hold,
which costs more than most of these statements themselves. Here that is done when a statement
is first needed, and what it was built from is let go. Errors, listeners and the transaction
are those of the session.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from operator import itemgetter
from types import MappingProxyType
from typing import Any

from sqlalchemy import ColumnElement, Connection, Dialect, Engine, Insert, bindparam
from sqlalchemy.engine import result_tuple
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from shop.db import Base, failed, insert_of

#: Makes the condition that a column is one of the values that a statement is sent with.
Among = Callable[[Any], ColumnElement[bool]]
NOTHING: Mapping[str, Any] = MappingProxyType({})
#: So many rows are stored by one statement: engines bound the number of its values.
_ROWS = 50
_NAME = re.compile(r"%\((\w+)\)s")


class Prepared:
    """A statement whose words never change. Made by decorating the function that builds it::

        @Prepared
        def _of_slug() -> Select[...]:
            return select(Product.id).where(Product.slug == bindparam("slug"))

        _of_slug.scalar(session, {"slug": "mat-ong"})
    """  # fmt: skip

    def __init__(self, make: Callable[[], Any]) -> None:
        self._make = make
        self._of_engine: dict[str, _Worded] = {}

    def all(self, session: Session, values: Mapping[str, Any] = NOTHING) -> list[Any]:
        """Return all rows. ``values``: by the names of the statement's parameters."""
        return self._sent(session, values)[0]

    def first(self, session: Session, values: Mapping[str, Any] = NOTHING) -> Any:
        """Return the first row, or None."""
        rows = self.all(session, values)
        return rows[0] if rows else None

    def scalar(self, session: Session, values: Mapping[str, Any] = NOTHING) -> Any:
        """Return the first row's first value, or None."""
        rows = self.all(session, values)
        return rows[0][0] if rows else None

    def run(self, session: Session, values: Mapping[str, Any] = NOTHING) -> int:
        """Return how many rows were changed."""
        return self._sent(session, values)[1]

    def run_all(self, session: Session, several: Sequence[Mapping[str, Any]]) -> None:
        """Send it once for each of several values."""
        connection = session.connection()
        self._worded(connection.dialect).send_all(connection, several)

    def at_once(self, engine: Engine, values: Mapping[str, Any] = NOTHING) -> list[Any]:
        """Return all rows, asked for outside of any transaction: what it changes is stored."""
        worded = self._worded(engine.dialect)
        try:
            with engine.connect() as connection:
                return worded.send(connection, values)[0]
        except DBAPIError as error:
            if not error.connection_invalidated:
                raise
        engine.dispose()  # The server went away while nobody asked.
        with engine.connect() as connection:
            return worded.send(connection, values)[0]

    def _sent(self, session: Any, values: Mapping[str, Any]) -> tuple[list[Any], int]:
        worded = self._worded(session.get_bind().dialect)
        connection = session.reading() if worded.reads else session.connection()
        try:
            return worded.send(connection, values)
        except DBAPIError as error:
            if not (error.connection_invalidated and session.only_reads(connection)):
                raise
        # The server went away while nobody asked. Nothing but reads went by this connection.
        session.stop_reading()
        session.get_bind().dispose()
        return worded.send(session.reading(), values)

    def _worded(self, dialect: Dialect) -> "_Worded":
        worded = self._of_engine.get(dialect.name)
        if worded is None:
            worded = self._of_engine[dialect.name] = self._word(dialect)
        return worded

    def _word(self, dialect: Dialect) -> "_Worded":
        statement = self._make()
        return _Worded(statement, statement.compile(dialect=dialect), dialect)


class PreparedForSeveral:
    """A statement about several values of one kind, however many. Made by decorating::

        @PreparedForSeveral
        def _titles(among: Among) -> Select[...]:
            return select(Product.title_vi).where(among(Product.id))

        _titles.all(session, product_ids)

    It is put together for 1, 2, 4, 8 … values; the last one stands for those that are missing.
    """  # fmt: skip

    def __init__(self, make: Callable[[Among], Any]) -> None:
        self._make = make
        self._of_number: dict[int, Prepared] = {}

    def all(
        self, session: Session, wanted: Iterable[Any], values: Mapping[str, Any] = NOTHING
    ) -> list[Any]:
        """Return all rows; none, without asking, where nothing is wanted."""
        several = list(wanted)
        if not several:
            return []
        number = 1 << (len(several) - 1).bit_length()
        several += several[-1:] * (number - len(several))
        if number not in self._of_number:
            self._of_number[number] = Prepared(
                lambda: self._make(lambda column: one_of(column, "among", number))
            )
        return self._of_number[number].all(session, {**values, **numbered("among", several)})


class PreparedInsert(Prepared):
    """Stores rows of a table. What a row does not name takes the column's default, or is empty.

    Args:
        ending: what comes after VALUES, such as ON CONFLICT and RETURNING.
    """

    def __init__(
        self, table: type[Base], ending: Callable[[Any], Any] = lambda insert: insert
    ) -> None:
        super().__init__(lambda: table.__table__)
        self._ending = ending

    def several(self, session: Session, rows: Sequence[Mapping[str, Any]]) -> list[Any]:
        """Store rows by one statement; return what it says of those that were stored, in no order.

        Unlike ``run_all`` the database is asked once, and its answer waited for once.
        """
        connection = session.connection()
        worded, found = self._worded(connection.dialect), []
        for first in range(0, len(rows), _ROWS):
            found += worded.send_rows(connection, rows[first : first + _ROWS])
        return found

    def _word(self, dialect: Dialect) -> "_Worded":
        table = self._make()
        columns = [c for c in table.columns if c is not table.autoincrement_column]
        statement: Insert = self._ending(insert_of(dialect.name)(table))
        compiled = statement.compile(
            dialect=dialect,
            column_keys=[column.key for column in columns],
            for_executemany=not statement._returning,
        )
        takes = frozenset(column.key for column in columns)
        worded = _Worded(statement, compiled, dialect, takes)
        for column in columns:
            if column.default is not None and column.default.is_callable:
                worded.made[column.key] = column.default.arg
            elif column.default is not None:
                worded.fix(column.key, column.default.arg)
            elif column.server_default is not None:
                worded.fix(column.key, column.type.python_type(column.server_default.arg))
            elif column.nullable:
                worded.fix(column.key, None)
        return worded


class _Worded:
    """A statement in the words of one engine."""

    def __init__(
        self, statement: Any, compiled: Any, dialect: Dialect, takes: frozenset[str] | None = None
    ) -> None:
        if compiled.post_compile_params or compiled.literal_execute_params:
            raise ValueError("The words of this statement depend on its values.")
        spelt = _spelt(compiled, dialect)
        self.text = _with_spelt(compiled, spelt)
        #: It changes nothing and holds no rows for later.
        self.reads = statement.is_select and getattr(statement, "_for_update_arg", None) is None
        #: Values that always are the same, by name, as the driver takes them; and those made anew
        #: for each row.
        self.fixed: dict[str, Any] = {}
        self.made: dict[str, Callable[[Any], Any]] = {}
        #: The names that an insert knows; None where nothing needs to be checked.
        self.takes = takes
        #: What the driver takes: by place, or by name.
        self._by_place: bool = compiled.positional
        names = compiled.positiontup or list(compiled.bind_names.values())
        self._names: list[str] = [name for name in names if name not in spelt]
        self._picked = itemgetter(*self._names) if len(self._names) > 1 else None
        self._written = dict(
            _converters(
                {n: bind.type for bind, n in compiled.bind_names.items() if n not in spelt},
                dialect,
                "bind_processor",
            )
        )
        for name, value in compiled.params.items():
            if name not in spelt and name not in (takes or ()):
                self.fix(name, value)
        columns = _columns_of(statement)
        self._row = result_tuple([column.name for column in columns]) if columns else None
        self._of_rows: dict[int, str] = {1: self.text}
        self._read = _converters(
            dict(enumerate(column.type for column in columns)), dialect, "result_processor", None
        )

    def fix(self, name: str, value: Any) -> None:
        """Send this where nothing else is given."""
        self.fixed[name] = self._as_sent(name, value)

    def _as_sent(self, name: str, value: Any) -> Any:
        write = self._written.get(name)
        return value if write is None else write(value)

    def send(self, connection: Connection, values: Mapping[str, Any]) -> tuple[list[Any], int]:
        """Return the rows, none of a statement that has none, and how many were met."""
        return self._send(connection, self.text, self._given(values))

    def _send(self, connection: Connection, text: str, given: Any) -> tuple[list[Any], int]:
        cursor = connection.connection.cursor()
        self._tell(connection, cursor, text, given, many=False)
        try:
            cursor.execute(text, given)
            found = cursor.fetchall() if self._row is not None else []
            return self._rows(found), cursor.rowcount
        except connection.dialect.loaded_dbapi.Error as error:
            raise failed(connection, text, given, error, cursor) from error
        finally:
            cursor.close()

    def send_rows(self, connection: Connection, several: Sequence[Mapping[str, Any]]) -> list[Any]:
        """Return the rows that one INSERT of several rows gives back."""
        if len(several) == 1:
            return self.send(connection, several[0])[0]
        given: Any
        if self._by_place:
            given = tuple([value for values in several for value in self._given(values)])
        else:
            given = {
                f"{name}_{place}": value
                for place, values in enumerate(several)
                for name, value in self._given(values).items()
            }
        return self._send(connection, self._text_of_rows(len(several)), given)[0]

    def _text_of_rows(self, number: int) -> str:
        """Return the words of an INSERT of so many rows: what stands after VALUES comes so often."""
        if number not in self._of_rows:
            before, _, rest = self.text.partition(" VALUES ")
            depth = end = 0
            while not end or depth:
                depth += {"(": 1, ")": -1}.get(rest[end], 0)
                end += 1
            row, after = rest[:end], rest[end:]
            rows = [_NAME.sub(rf"%(\1_{place})s", row) for place in range(number)]
            self._of_rows[number] = f"{before} VALUES {', '.join(rows)}{after}"
        return self._of_rows[number]

    def send_all(self, connection: Connection, several: Sequence[Mapping[str, Any]]) -> None:
        if len(several) == 1:
            self.send(connection, several[0])
            return
        given, cursor = [self._given(values) for values in several], connection.connection.cursor()
        self._tell(connection, cursor, self.text, given, many=True)
        try:
            cursor.executemany(self.text, given)
        except connection.dialect.loaded_dbapi.Error as error:
            raise failed(connection, self.text, given, error, cursor) from error
        finally:
            cursor.close()

    def _given(self, values: Mapping[str, Any]) -> Any:
        """Return the values as the driver takes them."""
        if self.takes is not None and not values.keys() <= self.takes:
            raise ValueError(f"No columns to be set: {sorted(values.keys() - self.takes)}")
        given = {**self.fixed, **values}
        for name, make in self.made.items():
            if name not in values:
                given[name] = self._as_sent(name, make(None))
        for name, write in self._written.items():
            if name in values:
                given[name] = write(values[name])
        if self._by_place:
            if self._picked is not None:
                return self._picked(given)
            return tuple([given[name] for name in self._names])
        return {name: given[name] for name in self._names}

    def _rows(self, found: Sequence[Any]) -> list[Any]:
        if self._row is None:
            return []
        return list(map(self._row, map(self._understood, found) if self._read else found))

    def _understood(self, row: Sequence[Any]) -> list[Any]:
        """Return a row whose values are what Python calls them: JSON as lists, times in UTC."""
        values = list(row)
        for place, read in self._read:
            values[place] = read(values[place])
        return values

    @staticmethod
    def _tell(connection: Connection, cursor: Any, text: str, given: Any, *, many: bool) -> None:
        # Of the engine: asking the connection joins both lists anew each time.
        listeners = connection.engine.dispatch.before_cursor_execute
        if listeners:
            for told in listeners:
                told(connection, cursor, text, given, None, many)


def _spelt(compiled: Any, dialect: Dialect) -> dict[str, str]:
    """Return the engine's words for the values that stand in the statement itself, by name.

    Sent beside it they would cost more than the statement: SQLite makes its plan anew each time
    a value comes that could decide between indexes ("published"), and PostgreSQL keeps none.
    """
    spelt = {}
    for bind, name in compiled.bind_names.items():
        write = bind.type.dialect_impl(dialect).literal_processor(dialect)
        if bind.unique and isinstance(bind.effective_value, int | str) and write is not None:
            spelt[name] = write(bind.effective_value)
    return spelt


def _with_spelt(compiled: Any, spelt: Mapping[str, str]) -> str:
    text = str(compiled)
    if not compiled.positional:
        for name, word in spelt.items():
            text = text.replace(f"%({name})s", word)
        return text
    first, *parts = text.split("?")
    if len(parts) != len(compiled.positiontup):
        raise ValueError("A question mark stands in the words of this statement.")
    named = zip(compiled.positiontup, parts, strict=True)
    return first + "".join([spelt.get(name, "?") + part for name, part in named])


def _columns_of(statement: Any) -> list[Any]:
    if hasattr(statement, "selected_columns"):
        return list(statement.selected_columns)
    return list(getattr(statement, "_returning", ()))


def _converters(
    kinds: Mapping[Any, Any], dialect: Dialect, of: str, *more: Any
) -> list[tuple[Any, Callable[[Any], Any]]]:
    """Return (name or place, what turns its values) where the engine's own are not Python's."""
    found = ((at, getattr(kind.dialect_impl(dialect), of)(dialect, *more)) for at, kind in kinds.items())  # fmt: skip
    return [(at, turn) for at, turn in found if turn is not None]


def one_of(column: Any, name: str, number: int) -> ColumnElement[bool]:
    """Return the condition that a column is one of so many values, given as ``numbered``."""
    return column.in_([bindparam(f"{name}_{n}") for n in range(number)])


def numbered(name: str, values: Sequence[Any]) -> dict[str, Any]:
    """Return the values of ``one_of``: {"name_0": …, "name_1": …}."""
    return {f"{name}_{n}": value for n, value in enumerate(values)}
