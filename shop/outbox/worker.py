"""The worker: drains the outbox and runs what the clock makes due.

One thread of the server in the embedded default, `flask work` otherwise. It may be
killed at any point: claims run out and the work is done by the next one.
"""

import logging
import os
import socket
import threading
from collections.abc import Callable
from datetime import datetime, timedelta

from flask import Flask, current_app
from sqlalchemy import or_, select, update

from shop.db import Busy, db, on_commit, transaction, upsert_into
from shop.kernel.clock import now_utc
from shop.kernel.memory import give_back_memory
from shop.outbox import relay
from shop.outbox.models import Heartbeat, Job

#: How long the worker sleeps when nothing wakes it.
PAUSE_S = 2.0
JOB_CLAIM = timedelta(minutes=15)
BEAT_EVERY = timedelta(seconds=30)

logger = logging.getLogger(__name__)
_wake = threading.Event()


def schedule(app: Flask, name: str, every: timedelta, work: Callable[[datetime], None]) -> None:
    """Run ``work(now)`` every so often. ``name`` is stored: keep it stable."""
    app.extensions.setdefault("jobs", {})[name] = (every, work)


def run_due_jobs(now: datetime) -> int:
    """Run each job whose time has come, however long ago; return how many ran."""
    jobs = current_app.extensions.get("jobs", {})
    with transaction() as session:
        for name in jobs:
            session.execute(
                upsert_into(session, Job)
                .values(name=name, due_at=now, failures=0)
                .on_conflict_do_nothing()
            )
    ran = 0
    for name, (every, work) in jobs.items():
        with transaction() as session:
            claimed = session.scalar(
                update(Job)
                .where(Job.name == name, Job.due_at <= now)
                .where(or_(Job.claimed_until.is_(None), Job.claimed_until < now))
                .values(claimed_until=now + JOB_CLAIM)
                .returning(Job.name)
            )
        if claimed is None:
            continue
        error = None
        try:
            work(now)
            ran += 1
        except Exception as failure:  # Kept where the operator sees it; tried again next time.
            db.session.rollback()
            logger.exception("Job %s failed", name)
            error = repr(failure)[:500]
        with transaction() as session:
            session.execute(
                update(Job).where(Job.name == name).values(
                    due_at=now + every,
                    claimed_until=None,
                    finished_at=Job.finished_at if error else now,
                    failures=Job.failures + 1 if error else 0,
                    last_error=error,
                )
            )  # fmt: skip
    return ran


def beat(now: datetime) -> None:
    """Leave a sign of life for `flask doctor`."""
    name = f"{socket.gethostname()}:{os.getpid()}"[:80]
    with transaction() as session:
        session.execute(
            upsert_into(session, Heartbeat)
            .values(worker=name, beat_at=now)
            .on_conflict_do_update(index_elements=["worker"], set_={"beat_at": now})
        )
        session.execute(Heartbeat.__table__.delete().where(  # type: ignore[attr-defined]
            Heartbeat.beat_at < now - timedelta(days=1)))  # fmt: skip


def anything_due(now: datetime) -> bool:
    """Look whether there is work, without taking the writer's lock."""
    jobs = current_app.extensions.get("jobs", {})
    known = db.session.execute(select(Job.name, Job.due_at)).all()
    db.session.rollback()
    return len(known) < len(jobs) or any(due_at <= now for _, due_at in known)


def run(app: Flask, stop: threading.Event) -> None:
    """Work until ``stop`` is set."""
    last_beat: datetime | None = None
    while not stop.is_set():
        delivered = 0
        with app.app_context():
            try:
                now = now_utc()
                if last_beat is None or now - last_beat > BEAT_EVERY:
                    beat(now)
                    last_beat = now
                delivered = relay.deliver_waiting(now)
                # Pictures and nightly checks take megabytes that pages have no use for.
                if anything_due(now) and run_due_jobs(now):
                    give_back_memory()
            except Busy:
                logger.info("The database is busy; the worker waits.")
            except Exception:  # The worker itself must outlive everything, a full disk included.
                logger.exception("The worker stumbled")
                db.session.remove()
        if not delivered:
            _wake.wait(PAUSE_S)
            _wake.clear()


def start_thread(app: Flask) -> threading.Event:
    """Run the worker beside the server; set the returned event to end it."""
    stop = threading.Event()
    on_commit(app, lambda session: _wake.set() if session.info.pop("woken", False) else None)
    threading.Thread(target=run, args=(app, stop), name="worker", daemon=True).start()
    return stop
