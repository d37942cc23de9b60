"""The database as one file, as it stood at one moment, and back again. Both engines.

SQLite is copied by its own backup in one step (stepped copies never end under load; QUALITY
1.9), by a reader that neither writes nor tidies. PostgreSQL is asked by its own tools.
"""

import contextlib
import os
import shutil
import subprocess
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import sqlalchemy as sa

from shop.db import sqlite_driver
from shop.kernel.settings import Settings

#: What must not be cut off; a shop of a hundred thousand orders is dumped in a minute or two.
PATIENCE_S = 6 * 3600
#: SQLite's file is written anew by the first start after so long.
ANEW_DAYS = 30


class ToolMissing(Exception):
    """PostgreSQL's own tool is not on this machine. ``tool``: its name."""

    def __init__(self, tool: str) -> None:
        super().__init__(tool)
        self.tool = tool


class ToolFailed(Exception):
    """PostgreSQL's tool or the copy itself says why not: ``says``, one line."""

    def __init__(self, says: str) -> None:
        super().__init__(says)
        self.says = says


def is_sqlite(settings: Settings) -> bool:
    return settings.sqlalchemy_url.startswith("sqlite")


def sqlite_file(settings: Settings) -> Path:
    file = settings.sqlite_file
    assert file is not None, "PostgreSQL is no file."
    return file


def name_of(settings: Settings) -> str:
    """Return what the database is called inside an archive."""
    return "database.sqlite" if is_sqlite(settings) else "database.dump"


def copy_out(settings: Settings, into: Path) -> None:
    """Write the database as it stands at one moment into a new file, for the owner alone.

    Raises:
        ToolMissing, ToolFailed
    """
    os.close(os.open(into, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    if is_sqlite(settings):
        _copy_sqlite(sqlite_file(settings), into)
        return
    # The policies that keep sellers apart hold for the owner too; nobody's stall sees all rows.
    _run(
        "pg_dump", settings, "--format=custom", "--no-owner", "--no-privileges",
        "--enable-row-security", f"--file={into}",
    )  # fmt: skip


def _copy_sqlite(path: Path, into: Path) -> None:
    with (
        contextlib.closing(sqlite_driver.connect(f"file:{path}?mode=ro", uri=True)) as shop,
        contextlib.closing(sqlite_driver.connect(into)) as copy,
    ):
        shop.backup(copy, pages=-1)
        (found,) = copy.execute("PRAGMA quick_check").fetchone()
        if found != "ok":
            raise ToolFailed(f"quick_check: {found}")
        copy.execute("PRAGMA journal_mode = DELETE")  # One file, nothing beside it.


def write_anew(settings: Settings, today: date) -> None:
    """Write SQLite's file anew when that was not done for a month, so that nothing erased is in it.

    Erased rows are overwritten (``shop.db``), but pages that were split may keep a copy of one,
    and so does all that was erased by a connection which did not overwrite. Writers wait while
    it lasts: only for a shop that does not serve yet. The day stays in the file's ``user_version``.

    Raises:
        sqlite_driver.OperationalError: no room, or another process works with the file.
    """
    if not is_sqlite(settings):
        return
    path = sqlite_file(settings)
    with contextlib.closing(sqlite_driver.connect(path, isolation_level=None)) as shop:
        (written,) = shop.execute("PRAGMA user_version").fetchone()
        if today.toordinal() - written < ANEW_DAYS:
            return
        shop.execute("VACUUM")
        shop.execute(f"PRAGMA user_version = {today.toordinal()}")
        shop.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def is_empty(settings: Settings) -> bool:
    """Tell whether no database stands where one is to be put."""
    if is_sqlite(settings):
        return not sqlite_file(settings).exists()
    with _owner(settings) as connection:
        return not connection.scalar(
            sa.text("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'")
        )


def put_back(settings: Settings, copy: Path, aside: str) -> Path | None:
    """Let a copy be the shop's database; nothing changes unless all of it can.

    Args:
        copy: on the same file system as the database, when that is a file; it is moved.
        aside: end of the name under which an earlier SQLite file is kept.

    Returns:
        The earlier SQLite file.

    Raises:
        ToolMissing, ToolFailed
    """
    if is_sqlite(settings):
        return _move_sqlite(sqlite_file(settings), copy, aside)
    script = copy.with_suffix(".sql")
    try:
        _run("pg_restore", None, "--no-owner", "--no-privileges", f"--file={script}", str(copy))
        first = copy.with_suffix(".first.sql")
        first.write_text("DROP SCHEMA public CASCADE; CREATE SCHEMA public;\n")
        # One transaction: a copy that does not go in leaves the old database as it was.
        _run(
            "psql", settings, "--no-psqlrc", "--quiet", "--single-transaction",
            "--set=ON_ERROR_STOP=1", f"--file={first}", f"--file={script}",
        )  # fmt: skip
    finally:
        script.unlink(missing_ok=True)
        copy.with_suffix(".first.sql").unlink(missing_ok=True)
    return None


def _move_sqlite(path: Path, copy: Path, aside: str) -> Path | None:
    path.parent.mkdir(parents=True, exist_ok=True)
    kept = None
    if path.exists():
        with contextlib.closing(sqlite_driver.connect(path)) as old:
            old.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        kept = path.with_name(path.name + aside)
        os.replace(path, kept)
    for end in ("-wal", "-shm"):
        path.with_name(path.name + end).unlink(missing_ok=True)
    os.replace(copy, path)
    return kept


def _address(settings: Settings) -> sa.URL:
    """Return the database by the role that owns the tables, where that is another."""
    return sa.make_url(settings.migration_database_url or settings.sqlalchemy_url)


@contextlib.contextmanager
def _owner(settings: Settings) -> Iterator[sa.Connection]:
    engine = sa.create_engine(_address(settings), poolclass=sa.NullPool)
    with engine.connect() as connection:
        yield connection


def _run(tool: str, settings: Settings | None, *words: str) -> None:
    """Run one of PostgreSQL's tools; its password goes by the environment, not the command line."""
    path = shutil.which(tool)
    if path is None:
        raise ToolMissing(tool)
    environment = dict(os.environ)
    if settings is not None:
        address = _address(settings)
        if address.password:
            environment["PGPASSWORD"] = str(address.password)
        plain = address.set(drivername="postgresql")._replace(password=None)
        words = (f"--dbname={plain.render_as_string(False)}", *words)
    done = subprocess.run(
        [path, *words], env=environment, capture_output=True, text=True, timeout=PATIENCE_S,
        check=False,
    )  # fmt: skip
    if done.returncode != 0:
        said = [line for line in done.stderr.splitlines() if line.strip()]
        raise ToolFailed(f"{tool}: {said[0] if said else done.returncode}")
