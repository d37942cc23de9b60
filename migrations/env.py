"""Runs migrations against the application's database, on SQLite and PostgreSQL alike."""

import sqlalchemy as sa
from alembic import context
from flask import current_app

from shop.cli.grants import grant
from shop.db import Base, db

settings = current_app.extensions["settings"]
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


with engine.connect() as connection:
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        include_object=include_object,
        transaction_per_migration=True,
        compare_type=True,
        render_as_batch=connection.dialect.name == "sqlite",
    )
    with context.begin_transaction():
        context.run_migrations()
    if apart:
        # Each time anew: tables may have come, and trails among them.
        grant(connection, sa.make_url(settings.database_url).username)
    connection.commit()
