"""Messages arrive at least once, failures back off and are parked, jobs come back by the clock."""

import threading
import time
from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest
from sqlalchemy import event, func, select

from shop.db import Busy, db, transaction
from shop.kernel.events import Event
from shop.outbox import relay, worker
from shop.outbox.models import Heartbeat, Job, OutboxMessage
from tests.conftest import NOON
from tests.engines import both_engines


@dataclass(frozen=True)
class SomethingHappened(Event):
    name = "test.something_happened"

    number: int


@pytest.fixture
def heard(app):
    """Numbers that the one subscriber heard, in order."""
    app.extensions["subscribers"] = {}
    numbers: list[int] = []
    relay.subscribe(app, SomethingHappened, "listener", lambda event: numbers.append(event.number))
    return numbers


def tell(number: int = 1, **kwargs) -> None:
    with transaction() as session:
        relay.record(session, SomethingHappened(number), NOON, **kwargs)


def message(number: int = 1) -> OutboxMessage:
    db.session.rollback()
    return db.session.get_one(OutboxMessage, number)


@both_engines
def test_news_is_delivered_once_and_in_order(heard):
    tell(1)
    tell(2)
    assert relay.deliver_waiting(NOON) == 2
    assert relay.deliver_waiting(NOON) == 0
    assert heard == [1, 2]


def test_what_came_of_one_is_stored_as_the_next_is_claimed(heard):
    """Each commit waits for the disk, and on SQLite all other writers with it."""
    for number in range(4):
        tell(number)
    commits: list[int] = []
    event.listen(db.engine, "commit", lambda _: commits.append(1))
    assert relay.deliver_waiting(NOON) == 4
    assert len(commits) == 5
    assert relay.deliver_waiting(NOON) == 0
    assert len(commits) == 5


def test_nothing_is_told_when_the_work_is_taken_back(heard):
    with pytest.raises(LookupError), transaction() as session:
        relay.record(session, SomethingHappened(1), NOON)
        raise LookupError
    assert relay.deliver_waiting(NOON) == 0
    assert db.session.scalar(select(func.count()).select_from(OutboxMessage)) == 0


def test_a_reminder_waits_for_its_time(heard):
    tell(due_at=NOON + timedelta(hours=1))
    assert relay.deliver_waiting(NOON) == 0
    assert relay.deliver_waiting(NOON + timedelta(hours=1)) == 1


@both_engines
def test_failures_back_off_and_are_parked_where_a_person_sees_them(app, heard):
    relay.subscribe(app, SomethingHappened, "listener", lambda event: 1 / 0)
    tell()
    now = NOON
    for wait in relay.BACK_OFF:
        assert relay.deliver_waiting(now) == 0
        assert message().due_at == now + wait
        assert relay.deliver_waiting(now + wait - timedelta(seconds=1)) == 0
        now += wait
    relay.deliver_waiting(now)
    parked = message()
    assert parked.parked_at == now
    assert "ZeroDivisionError" in (parked.last_error or "")
    assert relay.deliver_waiting(now + timedelta(days=9)) == 0

    relay.subscribe(app, SomethingHappened, "listener", lambda event: heard.append(event.number))
    with transaction() as session:
        assert relay.try_again(session, 1, now)
    assert relay.deliver_waiting(now) == 1
    assert heard == [1]


@both_engines
def test_a_message_that_ends_its_worker_each_time_is_parked(app, heard):
    class Killed(BaseException):
        """As when the system takes the process away: nothing is stored of the try."""

    def deadly(_: SomethingHappened) -> None:
        tries.append(1)
        raise Killed

    tries: list[int] = []
    relay.subscribe(app, SomethingHappened, "listener", deadly)
    tell()
    now = NOON
    for _ in range(len(relay.BACK_OFF) + 1):
        with pytest.raises(Killed):
            relay.deliver_waiting(now)
        db.session.remove()
        now += relay.CLAIM_FOR + timedelta(seconds=1)
    assert relay.deliver_waiting(now) == 0
    parked = message()
    assert parked.parked_at is not None
    assert parked.last_error == relay.WORKER_DIED
    assert len(tries) == parked.attempts == len(relay.BACK_OFF) + 1
    assert relay.deliver_waiting(now + timedelta(days=9)) == 0


def test_one_failing_message_does_not_hold_up_the_others(app, heard):
    def picky(event: SomethingHappened) -> None:
        if event.number == 1:
            raise ConnectionError
        heard.append(event.number)

    relay.subscribe(app, SomethingHappened, "listener", picky)
    tell(1)
    tell(2)
    assert relay.deliver_waiting(NOON) == 1
    assert heard == [2]


def test_only_parked_messages_are_dropped_or_tried_again(heard):
    tell()
    with transaction() as session:
        assert not relay.drop(session, 1, NOON)
        assert not relay.try_again(session, 1, NOON)
    assert message().delivered_at is None


@both_engines
def test_two_workers_share_the_work_without_doing_it_twice(app, heard):
    lock = threading.Lock()

    def slow(event: SomethingHappened) -> None:
        with lock:
            heard.append(event.number)

    relay.subscribe(app, SomethingHappened, "listener", slow)
    for number in range(30):
        tell(number)

    def work() -> None:
        with app.app_context():
            while relay.deliver_waiting(NOON, limit=7):
                pass

    workers = [threading.Thread(target=work) for _ in range(3)]
    [thread.start() for thread in workers]
    [thread.join() for thread in workers]
    while relay.deliver_waiting(NOON):
        pass
    assert sorted(heard) == list(range(30))


def test_a_claim_of_a_dead_worker_runs_out(heard):
    tell()
    with transaction() as session:
        session.get_one(OutboxMessage, 1).claimed_until = NOON + relay.CLAIM_FOR
    assert relay.deliver_waiting(NOON + timedelta(minutes=1)) == 0
    assert relay.deliver_waiting(NOON + relay.CLAIM_FOR + timedelta(seconds=1)) == 1


@both_engines
def test_a_job_that_slept_three_hours_runs_once(app):
    ran = []
    app.extensions["jobs"] = {}
    worker.schedule(app, "sweep", timedelta(minutes=1), ran.append)
    assert worker.run_due_jobs(NOON) == 1
    assert worker.run_due_jobs(NOON + timedelta(seconds=30)) == 0
    late = NOON + timedelta(hours=3)
    assert worker.anything_due(late)
    assert worker.run_due_jobs(late) == 1
    assert ran == [NOON, late]


def test_a_failing_job_is_kept_in_sight_and_comes_back(app):
    app.extensions["jobs"] = {}
    worker.schedule(app, "sweep", timedelta(minutes=1), lambda now: 1 / 0)
    assert worker.run_due_jobs(NOON) == 0
    job = db.session.get_one(Job, "sweep")
    assert (job.failures, job.finished_at) == (1, None)
    assert "ZeroDivisionError" in (job.last_error or "")
    db.session.rollback()
    worker.schedule(app, "sweep", timedelta(minutes=1), lambda now: None)
    assert worker.run_due_jobs(NOON + timedelta(minutes=1)) == 1
    db.session.rollback()
    assert db.session.get_one(Job, "sweep").failures == 0


def test_a_daily_job_that_fails_is_tried_again_soon_and_a_quick_one_no_later_than_usual(app):
    def busy(_: object) -> None:
        raise Busy

    app.extensions["jobs"] = {}
    worker.schedule(app, "nightly", timedelta(days=1), busy)
    worker.schedule(app, "sweep", timedelta(seconds=20), busy)
    for nightly, sweep in ((10, 10), (60, 20), (300, 20)):
        now = NOON + timedelta(hours=nightly)
        assert worker.run_due_jobs(now) == 0
        due = {job.name: job.due_at for job in db.session.scalars(select(Job))}
        db.session.rollback()
        assert due == {
            "nightly": now + timedelta(seconds=nightly),
            "sweep": now + timedelta(seconds=sweep),
        }


def test_nothing_is_due_that_another_worker_does_or_nobody_knows(app):
    app.extensions["jobs"] = {}
    worker.schedule(app, "sweep", timedelta(minutes=1), lambda now: None)
    assert worker.anything_due(NOON)
    with transaction() as session:
        session.add(Job(name="sweep", due_at=NOON, claimed_until=NOON + timedelta(minutes=1)))
        session.add(Job(name="of yesterday", due_at=NOON, failures=3))
    assert not worker.anything_due(NOON)
    assert worker.anything_due(NOON + timedelta(minutes=2))
    assert worker.run_due_jobs(NOON + timedelta(minutes=2)) == 1
    assert db.session.scalars(select(Job.name)).all() == ["sweep"]


def claimed_until(name: str) -> datetime:
    with db.engine.connect() as connection:  # Beside the session, which the job may be using.
        return connection.scalar(select(Job.claimed_until).where(Job.name == name))


@both_engines
def test_a_long_job_stays_in_the_hands_of_its_worker(app, monkeypatch):
    def long(_: object) -> None:
        ends = time.monotonic() + 30
        while claimed_until("long") <= NOON + worker.JOB_CLAIM and time.monotonic() < ends:
            time.sleep(0.01)
        held.append(claimed_until("long") > NOON + worker.JOB_CLAIM)

    held: list[bool] = []
    monkeypatch.setattr(worker, "RENEW_EVERY", timedelta(milliseconds=10))
    app.extensions["jobs"] = {}
    worker.schedule(app, "long", timedelta(days=1), long)
    assert worker.run_due_jobs(NOON) == 1
    assert held == [True]
    assert claimed_until("long") is None


@both_engines
def test_a_worker_that_lost_a_job_leaves_it_to_the_one_that_has_it(app):
    def overtaken(_: object) -> None:
        with transaction() as session:
            session.get_one(Job, "long").claimed_until = theirs

    theirs = NOON + timedelta(hours=1)
    app.extensions["jobs"] = {}
    worker.schedule(app, "long", timedelta(days=1), overtaken)
    worker.run_due_jobs(NOON)
    job = db.session.get_one(Job, "long", populate_existing=True)
    assert (job.claimed_until, job.due_at, job.finished_at) == (theirs, NOON, None)


def test_a_job_after_a_long_one_is_claimed_from_its_own_moment(app, monkeypatch):
    passed = [0.0]
    monkeypatch.setattr(worker, "monotonic", lambda: passed[0])
    app.extensions["jobs"] = {}
    worker.schedule(app, "long", timedelta(days=1), lambda now: passed.append(passed.pop() + 1200))
    until = []
    worker.schedule(app, "next", timedelta(days=1), lambda now: until.append(claimed_until("next")))
    assert worker.run_due_jobs(NOON) == 2
    assert until == [NOON + timedelta(seconds=1200) + worker.JOB_CLAIM]


def test_what_jobs_needed_is_given_back_once_they_ran(app, monkeypatch):
    given_back, stop = [], threading.Event()
    monkeypatch.setattr(worker, "give_back_memory", lambda: given_back.append(list(ran)))
    monkeypatch.setattr(worker._wake, "wait", lambda seconds: rounds.pop()())
    ran: list[object] = []
    app.extensions["jobs"] = {}
    worker.schedule(app, "sweep", timedelta(days=1), lambda now: ran.append("swept"))
    rounds = [stop.set, lambda: None]  # The second round finds nothing due.
    worker.run(app, stop)
    assert given_back == [["swept"]]


@both_engines
def test_signs_of_life_are_kept_and_old_ones_forgotten(app):
    worker.beat(NOON - timedelta(days=2))
    with transaction() as session:
        session.add(Heartbeat(worker="gone", beat_at=NOON - timedelta(days=3)))
    worker.beat(NOON)
    db.session.rollback()
    assert [b.beat_at for b in db.session.scalars(select(Heartbeat))] == [NOON]
