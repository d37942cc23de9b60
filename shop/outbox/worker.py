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
from time import monotonic
from typing import Any

from flask import Flask, current_app
from sqlalchemy import delete, or_, select, update
from sqlalchemy.orm import Session

from shop.db import Busy, db, on_commit, transaction, upsert_into
from shop.kernel.clock import now_utc
from shop.kernel.memory import give_back_memory
from shop.outbox import relay
from shop.outbox.models import Heartbeat, Job

#: How long the worker sleeps when nothing wakes it.
PAUSE_S = 2.0
#: A job of a worker that died is taken by another after so long; a living one renews its claim.
JOB_CLAIM = timedelta(minutes=15)
RENEW_EVERY = timedelta(minutes=5)
BEAT_EVERY = timedelta(seconds=30)

logger = logging.getLogger(__name__)
_wake = threading.Event()


def schedule(app: Flask, name: str, every: timedelta, work: Callable[[datetime], None]) -> None:
    """Run ``work(now)`` every so often. ``name`` is stored: keep it stable."""
    app.extensions.setdefault("jobs", {})[name] = (every, work)


class _Claim:
    """A job in this worker's hands, for as long as the block lasts and whoever else may look.

    Its end is also the mark whose it is: another worker's claim ends at another moment.
    """

    def __init__(self, name: str, until: datetime) -> None:
        self.name = name
        self.until = until
        self._app = current_app._get_current_object()  # type: ignore[attr-defined]
        self._ends = monotonic() + JOB_CLAIM.total_seconds()
        self._over = threading.Event()
        self._renewing = threading.Thread(target=self._renew, name=f"claim {name}", daemon=True)

    def __enter__(self) -> "_Claim":
        self._renewing.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._renewing.join()

    def _renew(self) -> None:
        while not self._over.wait(RENEW_EVERY.total_seconds()):
            ends = monotonic() + JOB_CLAIM.total_seconds()
            until = self.until + timedelta(seconds=ends - self._ends)
            try:
                with self._app.app_context(), transaction() as session:
                    if not self.is_ours(session, claimed_until=until):
                        return
            except Exception as error:  # The claim holds for two more tries.
                logger.warning("The claim of job %s was not renewed: %r", self.name, error)
            else:
                self.until, self._ends = until, ends

    def is_ours(self, session: Session, **values: Any) -> bool:
        """Store ``values`` of the job unless another worker has taken it since."""
        changed = session.execute(
            update(Job)
            .where(Job.name == self.name, Job.claimed_until == self.until)
            .values(**values)
        )
        return changed.rowcount == 1  # type: ignore[attr-defined]


def run_due_jobs(now: datetime) -> int:
    """Run each job whose time has come, however long ago; return how many ran."""
    begun = monotonic()
    jobs = current_app.extensions.get("jobs", {})
    with transaction() as session:
        for name in jobs:
            session.execute(
                upsert_into(session, Job)
                .values(name=name, due_at=now, failures=0)
                .on_conflict_do_nothing()
            )
        # A job that the shop no longer knows would be failing, or due, for ever.
        session.execute(delete(Job).where(Job.name.not_in(jobs)))
    return sum(
        _run_job(name, every, work, now, now + timedelta(seconds=monotonic() - begun))
        for name, (every, work) in jobs.items()
    )


def _run_job(
    name: str, every: timedelta, work: Callable[[datetime], None], now: datetime, at: datetime
) -> bool:
    """Run a job unless it is not due or in other hands; tell whether it ran well.

    Args:
        at: this very moment. ``now`` is when the round began; jobs before may have taken long.
    """
    until = at + JOB_CLAIM
    with transaction() as session:
        failures = session.scalar(
            update(Job)
            .where(Job.name == name, Job.due_at <= now)
            .where(or_(Job.claimed_until.is_(None), Job.claimed_until < at))
            .values(claimed_until=until)
            .returning(Job.failures)
        )
    if failures is None:
        return False
    outcome: dict[str, Any] = {
        "due_at": now + every, "finished_at": now, "failures": 0, "last_error": None,
    }  # fmt: skip
    with _Claim(name, until) as claim:
        try:
            work(now)
        except Exception as failure:  # Kept where the operator sees it; tried again soon.
            db.session.rollback()
            logger.exception("Job %s failed", name)
            wait = relay.BACK_OFF[min(failures, len(relay.BACK_OFF) - 1)]
            outcome = {
                "due_at": now + min(wait, every), "failures": failures + 1,
                "last_error": repr(failure)[:500],
            }  # fmt: skip
    with transaction() as session:
        if not claim.is_ours(session, claimed_until=None, **outcome):
            logger.warning("Job %s was taken by another worker meanwhile", name)
    return outcome["last_error"] is None


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
    rows = db.session.execute(select(Job.name, Job.due_at, Job.claimed_until)).all()
    db.session.rollback()
    resting = {
        name for name, due_at, until in rows
        if due_at > now or (until is not None and until >= now)  # In another worker's hands.
    }  # fmt: skip
    return not jobs.keys() <= resting


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
