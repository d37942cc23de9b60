"""Writers who meet share one transaction, and none is hurt by another's failure."""

import threading
import time
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from sqlalchemy import event, insert, select

from shop import together
from shop.db import Busy, db
from shop.outbox.models import Heartbeat
from shop.together import in_shared_transaction
from tests.conftest import NOON
from tests.engines import both_engines

MANY = 6


def stored() -> list[str]:
    db.session.rollback()
    return sorted(db.session.scalars(select(Heartbeat.worker)))


def leave(session: Any, names: Sequence[str]) -> list[str]:
    """Store a row of each name, and say them; "fails" fails."""
    for name in names:
        if name == "fails":
            raise LookupError
        session.execute(insert(Heartbeat).values(worker=name, beat_at=NOON))
    return list(names)


def all_waiting(
    app: Any, names: list[str], meanwhile: Callable[[], Any] = lambda: None
) -> list[str]:
    """Let so many writers come while another writes; return what each was told.

    Args:
        meanwhile: called when all of them wait.
    """
    told = [""] * len(names)
    writes, may_end = threading.Event(), threading.Event()

    def hold(_session: Any, asked: Sequence[int]) -> Sequence[int]:
        writes.set()
        assert may_end.wait(20)
        return asked

    def one(place: int, name: str) -> None:
        with app.app_context():
            try:
                told[place] = in_shared_transaction(leave, name)
            except Exception as error:
                told[place] = type(error).__name__
            finally:
                db.session.remove()

    first = threading.Thread(target=in_context, args=(app, hold))
    first.start()
    assert writes.wait(20)
    threads = [threading.Thread(target=one, args=both) for both in enumerate(names)]
    for thread in threads:
        thread.start()
    until = time.monotonic() + 20
    while len(app.extensions["together"]._waiting) < len(names):
        assert time.monotonic() < until
        time.sleep(0.01)
    meanwhile()
    may_end.set()
    for thread in [first, *threads]:
        thread.join()
    return told


def in_context(app: Any, work: Callable[..., Any]) -> None:
    with app.app_context():
        in_shared_transaction(work, 0)
        db.session.remove()


def counted_commits() -> list[int]:
    commits: list[int] = []
    event.listen(db.engine, "commit", lambda _: commits.append(1))
    return commits


@both_engines
def test_those_who_wait_are_stored_in_one_transaction(app):
    names = [f"w{n}" for n in range(MANY)]
    commits = counted_commits()
    assert all_waiting(app, names) == names
    assert stored() == names
    assert len(commits) == 2, "the one they waited for, and theirs"
    assert in_shared_transaction(leave, "later") == "later"


def test_so_many_share_one_transaction_and_the_others_the_next(app, monkeypatch):
    monkeypatch.setattr(together, "MOST", 2)
    names = [f"w{n}" for n in range(MANY)]
    commits = counted_commits()
    assert all_waiting(app, names) == names
    assert stored() == names
    assert len(commits) == 1 + MANY // 2


@both_engines
def test_what_fails_takes_nobody_along(app):
    told = all_waiting(app, ["w0", "w1", "fails", "w2"])
    assert told == ["w0", "w1", "LookupError", "w2"]
    assert stored() == ["w0", "w1", "w2"]


@both_engines
def test_what_the_database_refuses_takes_nobody_along(app):
    """PostgreSQL does nothing more in a transaction of which it refused a statement."""
    told = all_waiting(app, ["w0", "w1", "w1", "w2"])
    assert sorted(told) == ["IntegrityError", "w0", "w1", "w2"]
    assert stored() == ["w0", "w1", "w2"]


def test_who_fails_alone_is_not_tried_again(app):
    tries = []

    def fails(_session: Any, _asked: Any) -> None:
        tries.append(1)
        raise LookupError

    with pytest.raises(LookupError):
        in_shared_transaction(fails, 0)
    assert tries == [1]
    assert in_shared_transaction(leave, "next") == "next"


@both_engines
def test_nobody_is_told_that_his_is_stored_when_it_is_not(app):
    """The commit itself fails, once for all of them and once more for the first alone."""
    failing, one_looks = [OSError, OSError], threading.Lock()

    def refuse(session: Any) -> None:
        with one_looks:  # On PostgreSQL each of them may commit at the same moment.
            if failing and session.scalar(select(Heartbeat.worker).limit(1)):
                raise failing.pop()

    app.extensions["before_commit"].append(refuse)
    told = all_waiting(app, ["w0", "w1", "w2"])
    assert sorted(told)[0] == "OSError"
    assert stored() == sorted(told)[1:]
    assert len(stored()) == 2


def test_when_the_database_stays_locked_everybody_is_told(app, monkeypatch):
    def busy(_work: Any) -> None:
        raise Busy

    def stay_locked() -> None:
        monkeypatch.setattr(together, "in_transaction", busy)

    assert all_waiting(app, ["w0", "w1"], stay_locked) == ["Busy", "Busy"]
    monkeypatch.undo()
    assert stored() == []
    assert in_shared_transaction(leave, "next") == "next"


@both_engines
def test_alone_it_is_a_transaction_like_any_other(app):
    assert in_shared_transaction(leave, "w0") == "w0"
    assert stored() == ["w0"]
