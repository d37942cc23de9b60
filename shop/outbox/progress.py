"""How far long work is, for pages to tell while its one transaction is still open.

It cannot stand in that transaction: nobody sees it before all is stored. Nor beside it on SQLite,
whose one writer is the work itself: there it is a small file in the instance folder, which the
server and `flask work` share. On PostgreSQL it is a row, written on a connection of its own.
Work that is begun anew tells 0 first, so the number goes back.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Protocol

from flask import Flask, current_app
from sqlalchemy import delete, select

from shop.db import db, transaction, upsert_into
from shop.kernel.clock import now_utc
from shop.kernel.settings import Settings
from shop.outbox.models import Progress

#: What was told longer ago is worth nothing: whoever worked was stopped, and nothing is stored.
GOES_STALE = timedelta(minutes=1)


class _Place(Protocol):
    def put(self, work: str, done: int, now: datetime) -> None: ...
    def get(self, work: str, since: datetime) -> int: ...
    def drop_before(self, at: datetime) -> None: ...


class _Files:
    """One file for each work, replaced as a whole: who reads it reads one number."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def put(self, work: str, done: int, now: datetime) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        written = self._folder / f"{work}.new"
        written.write_text(f"{done} {now.timestamp()}")
        written.replace(self._folder / work)

    def get(self, work: str, since: datetime) -> int:
        try:
            done, at = (self._folder / work).read_text().split()
        except (FileNotFoundError, ValueError):  # Nobody told; or the power went while it was.
            return 0
        return int(done) if float(at) >= since.timestamp() else 0

    def drop_before(self, at: datetime) -> None:
        for one in self._folder.glob("*"):
            if one.stat().st_mtime < at.timestamp():
                one.unlink(missing_ok=True)


class _Rows:
    def put(self, work: str, done: int, now: datetime) -> None:
        row = {"done": done, "told_at": now}
        with db.engine.begin() as connection:
            connection.execute(
                upsert_into(connection, Progress)
                .values(work=work, **row)
                .on_conflict_do_update(index_elements=["work"], set_=row)
            )

    def get(self, work: str, since: datetime) -> int:
        wanted = select(Progress.done).where(Progress.work == work, Progress.told_at >= since)
        return db.session.scalar(wanted) or 0

    def drop_before(self, at: datetime) -> None:
        with transaction() as session:
            session.execute(delete(Progress).where(Progress.told_at < at))


def teller(work: str) -> Callable[[int], None]:
    """Return what tells how much of ``work`` is done; at once it tells 0.

    Args:
        work: letters, digits and "-", at most 60.
    """
    tell = partial(_tell, work)
    tell(0)
    return tell


def _tell(work: str, done: int) -> None:
    _place().put(work, done, now_utc())


def done_of(work: str, now: datetime) -> int:
    """Return how much of ``work`` was done when it told last; 0 when nobody works at it."""
    return _place().get(work, now - GOES_STALE)


def forget_progress(now: datetime) -> None:
    """Forget work that is over. The worker calls it."""
    _place().drop_before(now - timedelta(days=1))


def _place() -> _Place:
    return current_app.extensions["progress"]


def init_progress(app: Flask, settings: Settings) -> None:
    on_sqlite = settings.sqlalchemy_url.startswith("sqlite")
    app.extensions["progress"] = (
        _Files(Path(settings.instance) / "progress") if on_sqlite else _Rows()
    )
