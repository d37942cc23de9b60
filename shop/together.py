"""Messages that come at the same moment are stored by one of their senders for all of them.

What a writer waits for is the disk: each commit takes some milliseconds, and writers to one
SQLite file wait for all those before them. On PostgreSQL it is the threads of its own process:
after each answer of the database a thread waits until the others let it go on. Here who comes
first writes; who comes meanwhile waits, and one of them then writes for all that wait, in one
transaction and few statements. Nobody is told that his is stored before it is.
"""

from collections.abc import Callable, Sequence
from threading import Event, Lock
from typing import Any, TypeVar

from flask import current_app
from sqlalchemy.orm import Session

from shop.db import Busy, db, in_transaction

#: So many share a transaction.
MOST = 50

A = TypeVar("A")
T = TypeVar("T")


def in_shared_transaction(work: Callable[[Session, Sequence[A]], Sequence[T]], asked: A) -> T:
    """Run ``work(session, [asked])`` in a transaction, together with what others hand in meanwhile.

    ``work`` is given all that was handed in for it and returns what came of each, in that order.
    For short work that acts for nobody in particular: it may run in the thread of another
    request. It may run several times, as with ``in_transaction``. When something fails nothing of
    the others' is lost: then each runs in a transaction of its own.

    Raises:
        Busy: as ``in_transaction``.
    """
    gathering: _Gathering = current_app.extensions.setdefault("together", _Gathering())
    return gathering.run(work, asked)


class _Asked:
    """What was handed in for which work, and what came of it."""

    def __init__(self, work: Callable[[Session, Sequence[Any]], Sequence[Any]], asked: Any) -> None:
        self.work = work
        self.asked = asked
        self.told = Event()
        self.leads = False
        self.came: Any = None
        self.fault: Exception | None = None


class _Gathering:
    """Those who wait, and whether one of them is writing."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._waiting: list[_Asked] = []
        self._is_led = False

    def run(self, work: Callable[[Session, Sequence[A]], Sequence[T]], asked: A) -> T:
        mine = _Asked(work, asked)
        with self._lock:
            self._waiting.append(mine)
            mine.leads, self._is_led = not self._is_led, True
        if not mine.leads:
            db.session.rollback()  # What waits holds no connection and no moment.
            mine.told.wait()
        shared = self._write_for_all() if mine.leads else True
        if mine.fault is None:
            return mine.came
        if isinstance(mine.fault, Busy) or not shared:
            raise mine.fault
        return in_transaction(lambda session: work(session, [asked]))[0]

    def _write_for_all(self) -> bool:
        """Store what waits; return whether it was more than the writer's own."""
        taken: list[_Asked] = []

        def all_of_them(session: Session) -> None:
            # Only now: while others were writing, more may have come.
            taken.extend(self._next(MOST - len(taken)))
            # In one order in all processes, so that two do not wait for each other's rows.
            for work in sorted({one.work for one in taken}, key=lambda work: work.__qualname__):
                theirs = [one for one in taken if one.work is work]
                found = work(session, [one.asked for one in theirs])
                for one, came in zip(theirs, found, strict=True):
                    one.came = came

        fault: Exception | None = RuntimeError("Whoever wrote for all was ended.")
        try:
            in_transaction(all_of_them)
            fault = None
        except Exception as error:
            fault = error
        finally:
            taken = taken or self._next(MOST)
            for one in taken:
                one.fault = fault
            self._let_go(taken)
        return len(taken) > 1

    def _next(self, most: int) -> list[_Asked]:
        with self._lock:
            taken, self._waiting = self._waiting[:most], self._waiting[most:]
        return taken

    def _let_go(self, done: list[_Asked]) -> None:
        """Let one of those who came meanwhile write next, and tell the others that theirs is done."""
        with self._lock:
            following = self._waiting[0] if self._waiting else None
            self._is_led = following is not None
        if following is not None:
            following.leads = True
            following.told.set()
        for one in done:
            one.told.set()
