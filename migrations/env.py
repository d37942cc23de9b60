"""Runs migrations against the application's database, on SQLite and PostgreSQL alike."""

from alembic import context

from shop.db import Base, db

engine = db.engine


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
    connection.commit()
