"""Writers who meet on SQLite share one transaction, and none is hurt by another's failure."""

import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import event, insert, select

from shop import together
from shop.db import Busy, db, transaction
from shop.outbox.models import Heartbeat
from shop.together import in_shared_transaction
from tests.conftest import NOON
from tests.engines import both_engines

MANY = 6


def stored() -> list[str]:
    db.session.rollback()
    return sorted(db.session.scalars(select(Heartbeat.worker)))


def leave(name: str) -> Callable[[Any], str]:
    """Return work that stores one row, and says its name."""

    def work(session: Any) -> str:
        session.execute(insert(Heartbeat).values(worker=name, beat_at=NOON))
        return name

    return work


def all_waiting(app: Any, works: list[Callable[[Any], str]]) -> list[str]:
    """Let so many writers come while another writes; return what each was told."""
    told = [""] * len(works)

    def one(place: int) -> None:
        with app.app_context():
            try:
                told[place] = in_shared_transaction(works[place])
            except Exception as error:
                told[place] = type(error).__name__
            finally:
                db.session.remove()

    threads = [threading.Thread(target=one, args=(place,)) for place in range(len(works))]
    with transaction():
        for thread in threads:
            thread.start()
        gathering = None
        until = time.monotonic() + 20
        while gathering is None or len(gathering._waiting) < len(works):
            assert time.monotonic() < until
            time.sleep(0.01)
            gathering = app.extensions.get("together")
    for thread in threads:
        thread.join()
    return told


def counted_commits() -> list[int]:
    commits: list[int] = []
    event.listen(db.engine, "commit", lambda _: commits.append(1))
    return commits


def test_those_who_wait_are_stored_in_one_transaction(app):
    names = [f"w{n}" for n in range(MANY)]
    commits = counted_commits()
    assert all_waiting(app, [leave(name) for name in names]) == names
    assert stored() == names
    assert len(commits) == 2, "the one they waited for, and theirs"
    assert in_shared_transaction(leave("later")) == "later"


def test_so_many_share_one_transaction_and_the_others_the_next(app, monkeypatch):
    monkeypatch.setattr(together, "MOST", 2)
    names = [f"w{n}" for n in range(MANY)]
    commits = counted_commits()
    assert all_waiting(app, [leave(name) for name in names]) == names
    assert stored() == names
    assert len(commits) == 1 + MANY // 2


def test_what_fails_takes_nobody_along(app):
    def fails(session: Any) -> str:
        leave("never")(session)
        raise LookupError

    names = ["w0", "w1", "w2"]
    told = all_waiting(app, [leave("w0"), leave("w1"), fails, leave("w2")])
    assert told == ["w0", "w1", "LookupError", "w2"]
    assert stored() == names


def test_who_fails_alone_is_not_tried_again(app):
    tries = []

    def fails(_session: Any) -> None:
        tries.append(1)
        raise LookupError

    with pytest.raises(LookupError):
        in_shared_transaction(fails)
    assert tries == [1]
    assert in_shared_transaction(leave("next")) == "next"


def test_nobody_is_told_that_his_is_stored_when_it_is_not(app):
    """The commit itself fails, once for all of them and once more for the first alone."""
    failing = [OSError, OSError]

    def refuse(session: Any) -> None:
        if failing and session.scalar(select(Heartbeat.worker).limit(1)):
            raise failing.pop()

    app.extensions["before_commit"].append(refuse)
    told = all_waiting(app, [leave("w0"), leave("w1"), leave("w2")])
    assert sorted(told)[0] == "OSError"
    assert stored() == sorted(told)[1:]
    assert len(stored()) == 2


def test_when_the_database_stays_locked_everybody_is_told(app, monkeypatch):
    def busy(_work: Any) -> None:
        with transaction():
            pass
        raise Busy

    monkeypatch.setattr(together, "in_transaction", busy)
    assert all_waiting(app, [leave("w0"), leave("w1")]) == ["Busy", "Busy"]
    monkeypatch.undo()
    assert stored() == []
    assert in_shared_transaction(leave("next")) == "next"


@both_engines
def test_alone_it_is_a_transaction_like_any_other(app):
    assert in_shared_transaction(leave("w0")) == "w0"
    assert stored() == ["w0"]
