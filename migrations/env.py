"""Runs migrations against the application's database, on SQLite and PostgreSQL alike."""

import sqlalchemy as sa
from alembic import context

from shop.cli.grants import grant
from shop.current import current_settings
from shop.db import Base, db

settings = current_settings()
apart = bool(settings.migration_database_url)
# Without the statement timeout of the shop's own connections: an index may take its time.
engine = (
    sa.create_engine(
        settings.migration_database_url,
        poolclass=sa.NullPool,
        connect_args={"connect_timeout": 5, "options": "-c lock_timeout=10000 -c timezone=UTC"},
    )
    if apart
    else db.engine
)


def include_object(obj, name, type_, reflected, compare_to) -> bool:
    """Leave search tables and their shadows, which hand-written migrations own, alone."""
    return not (type_ in ("table", "index") and name.startswith(("product_search", "ix_search")))


class ReferencesBroken(RuntimeError):
    """A migration would leave rows that point to nothing; it is not kept."""


def broken_references(connection: sa.Connection) -> set[tuple[object, ...]]:
    """Return (table, row, parent table, number of the foreign key) of rows that point to nothing."""
    return {tuple(row) for row in connection.exec_driver_sql("PRAGMA foreign_key_check")}


def check_references(ctx, **_facts) -> None:
    """Refuse a migration that broke a reference, before it is committed."""
    if ctx.connection.dialect.name == "sqlite" and (
        found := broken_references(ctx.connection) - broken
    ):
        raise ReferencesBroken(sorted(found, key=str)[:5])


broken: set[tuple[object, ...]] = set()
with engine.connect() as connection:
    is_sqlite = connection.dialect.name == "sqlite"
    if is_sqlite:
        # A table that others point to is built anew under its name, which SQLite allows only while
        # it does not follow references, and they are looked at afterwards. Told outside a
        # transaction, or it would not be heard.
        connection.connection.driver_connection.execute("PRAGMA foreign_keys = OFF")
        broken = broken_references(connection)
        connection.rollback()
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        include_object=include_object,
        transaction_per_migration=True,
        compare_type=True,
        render_as_batch=is_sqlite,
        on_version_apply=check_references,
    )
    with context.begin_transaction():
        context.run_migrations()
    if apart:
        # Each time anew: tables may have come, and trails among them.
        grant(connection, sa.make_url(settings.database_url).username)
    connection.commit()
    if is_sqlite:
        connection.connection.driver_connection.execute("PRAGMA foreign_keys = ON")
