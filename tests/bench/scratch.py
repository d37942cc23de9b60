"""Scratch databases: one seeded per size, copied for each server that writes into it."""

import atexit
import contextlib
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from flask import Flask

from shop.app import create_app
from shop.db import db
from shop.kernel.settings import Settings
from tests import engines
from tests.bench import bare, seed
from tests.bench.servers import KEYS


@dataclass
class Scratch:
    """Where databases are made. ``database_pid``: PostgreSQL's first process."""

    folder: Path
    server: str = ""
    database_pid: int | None = None
    _made: dict[str, str] = field(default_factory=dict)

    def empty(self, name: str) -> str:
        """Return the address of a new empty database."""
        if not self.server:
            return f"sqlite:///{self.folder / name}.sqlite"
        self._run(f"CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8'")
        return sa.make_url(self.server).set(database=name).render_as_string(False)

    def seeded(self, products: int) -> str:
        """Return the address of a shop with so many products; never written to again."""
        url = self.empty(f"seed_{products}")
        engines.migrate(url, self.folder)
        with opened(url, self.folder) as app:
            seed.seed(app, products)
        if not self.server:
            with contextlib.closing(bare.sqlite_driver.connect(_file(url))) as connection:
                connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return url

    def copy(self, url: str, name: str) -> str:
        """Return the address of a copy of a database that nobody has open."""
        if not self.server:
            made = self.folder / f"{name}.sqlite"
            shutil.copy(_file(url), made)
            return f"sqlite:///{made}"
        source = sa.make_url(url).database
        self._run(f"CREATE DATABASE {name} TEMPLATE {source}")
        return sa.make_url(url).set(database=name).render_as_string(False)

    def bare(self, products: int) -> str:
        url = self.empty(f"bare_{products}")
        bare.fill(url, products)
        return url

    def _run(self, statement: str) -> None:
        engine = sa.create_engine(self.server, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
        with engine.connect() as connection:
            connection.exec_driver_sql(statement)


def _file(url: str) -> str:
    return url.removeprefix("sqlite:///")


@contextmanager
def opened(url: str, folder: Path, **more: Any) -> Iterator[Flask]:
    """Open a shop over a database within this process, with the servers' keys."""
    keys = {name.removeprefix("SHOP_").lower(): value for name, value in KEYS.items()}
    app = create_app(
        Settings(
            instance=str(folder), database_url=url, worker="none", log_level="ERROR", **keys, **more
        )
    )
    try:
        yield app
    finally:
        with app.app_context():
            db.session.remove()
            db.engine.dispose()


@contextmanager
def a_folder(prefix: str) -> Iterator[Path]:
    """Make a folder of /tmp that is gone afterwards.

    Once more as the process ends: the package that runs PostgreSQL makes its lock's folder again.
    """
    folder = Path(tempfile.mkdtemp(prefix=prefix))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def scratch(engine: str, folder: Path) -> Iterator[Scratch]:
    """Open the place for databases of one engine; PostgreSQL's server ends with it."""
    with ExitStack() as stack:
        if engine == "sqlite":
            yield Scratch(folder)
            return
        server = stack.enter_context(engines.postgres_server(folder))
        made = Scratch(folder, server)
        # Acknowledged orders must be on disk here too: tests run without that.
        for line in ("fsync = on", "synchronous_commit = on", "full_page_writes = on"):
            made._run(f"ALTER SYSTEM SET {line}")
        made._run("SELECT pg_reload_conf()")
        pid_file = next(folder.glob("pg/**/postmaster.pid"), None)
        made.database_pid = int(pid_file.read_text().split()[0]) if pid_file else None
        yield made
