"""Record events with the work they belong to; deliver them afterwards.

Delivery is at least once: a crash after the handler and before the mark sends
the message again. Handlers therefore do nothing the second time.
"""

import logging
from collections.abc import Callable, Iterable
from dataclasses import asdict
from datetime import datetime, timedelta
from time import monotonic
from typing import Any, TypeVar

from flask import Flask, current_app
from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from shop.db import db, gathered, is_sqlite, transaction
from shop.kernel.events import Event
from shop.outbox.models import OutboxMessage
from shop.prepared import PreparedInsert

#: How long one delivery may take before another worker tries.
CLAIM_FOR = timedelta(minutes=5)
#: Waits after the 1st, 2nd … failure; after the last the message is parked.
BACK_OFF = tuple(timedelta(seconds=s) for s in (10, 60, 300, 1800, 7200, 21600, 86400))
#: Kept of a message that ended its worker at each try: its memory, say, or the process itself.
WORKER_DIED = "WorkerDied"
_INTO_MESSAGES = PreparedInsert(OutboxMessage)

E = TypeVar("E", bound=Event)
logger = logging.getLogger(__name__)


def _subscribers() -> dict[str, dict[str, Callable[[dict[str, Any]], None]]]:
    return current_app.extensions["subscribers"]


def subscribe(
    app: Flask, event_type: type[E], subscriber: str, handler: Callable[[E], None]
) -> None:
    """Send future events to ``handler``. ``subscriber`` is stored: keep it stable."""
    known = app.extensions.setdefault("subscribers", {}).setdefault(event_type.name, {})
    known[subscriber] = lambda payload: handler(event_type(**payload))


def record(
    session: Session, event: Event, now: datetime, *, due_at: datetime | None = None
) -> None:
    """Store one message per subscriber in the caller's transaction.

    Args:
        due_at: deliver not before this moment; at once when left out.
    """
    _gather(session, event, now)
    if rows := _messages_of(event, now, due_at or now):
        _INTO_MESSAGES.run_all(session, rows)
        session.info["woken"] = True


def record_all(session: Session, events: Iterable[tuple[Event, datetime]]) -> None:
    """Store the messages of several events, each with its moment, by one statement."""
    rows = []
    for event, now in events:
        _gather(session, event, now)
        rows += _messages_of(event, now, now)
    if rows:
        _INTO_MESSAGES.several(session, rows)
        session.info["woken"] = True


def _gather(session: Session, event: Event, now: datetime) -> None:
    gathered(session, "recorded").append(event)
    gathered(session, "recorded_at").append(now)


def _messages_of(event: Event, now: datetime, due_at: datetime) -> list[dict[str, Any]]:
    payload = asdict(event)
    return [
        {
            "event": event.name,
            "subscriber": name,
            "payload": payload,
            "recorded_at": now,
            "due_at": due_at,
            "attempts": 0,
        }
        for name in _subscribers().get(event.name, {})
    ]


def recorded(session: Session) -> list[Event]:
    """Return the events recorded in this transaction so far: for what must be stored with them.

    Books are the case: they agree with the events at every moment, so their entries cannot wait
    for the delivery. Everything else listens by ``subscribe``.
    """
    return list(gathered(session, "recorded"))


def recorded_at(session: Session) -> datetime:
    """Return when the last event of this transaction happened; there is one."""
    return max(gathered(session, "recorded_at"))


def deliver_waiting(now: datetime, limit: int = 100) -> int:
    """Deliver due messages, oldest first, and return how many arrived.

    A claim counts from its own moment: a hundred slow mails may take longer than a claim holds.
    """
    begun = monotonic()
    due = (
        OutboxMessage.delivered_at.is_(None),
        OutboxMessage.parked_at.is_(None),
        OutboxMessage.due_at <= now,
        or_(OutboxMessage.claimed_until.is_(None), OutboxMessage.claimed_until < now),
    )
    waiting = db.session.scalars(
        select(OutboxMessage.id)
        .where(*due)
        .order_by(OutboxMessage.due_at, OutboxMessage.id)
        .limit(limit)
    ).all()
    db.session.rollback()
    delivered, before = 0, None
    for message_id in [*waiting, None] if waiting else []:
        at = now + timedelta(seconds=monotonic() - begun)
        with transaction() as session:
            # What came of one is stored as the next is claimed: each commit waits for the disk.
            if before is not None:
                _keep_outcome(session, *before)
            claimed = message_id is not None and _claim(session, message_id, due, at)
        before = None
        if message_id is not None and claimed:
            before = message_id, _deliver(message_id, now)
            delivered += "delivered_at" in before[1]
    return delivered


def _claim(session: Session, message_id: int, due: Any, at: datetime) -> bool:
    """Take a message for this worker; False when another was faster, or when it is parked.

    A try that ended with its worker left no outcome; as many as park a message park this one.
    """
    found = select(OutboxMessage.id).where(OutboxMessage.id == message_id, *due)
    if not is_sqlite(session):
        found = found.with_for_update(skip_locked=True)
    attempts = session.scalar(
        update(OutboxMessage)
        .where(OutboxMessage.id == found.scalar_subquery())
        .values(claimed_until=at + CLAIM_FOR, attempts=OutboxMessage.attempts + 1)
        .returning(OutboxMessage.attempts)
    )
    most = len(BACK_OFF) + 1
    if attempts is None or attempts <= most:
        return attempts is not None
    logger.error("Message %s ended its worker; it is parked", message_id)
    parked = {
        "parked_at": at, "claimed_until": None, "attempts": most, "last_error": WORKER_DIED,
    }  # fmt: skip
    _keep_outcome(session, message_id, parked)
    return False


def _keep_outcome(session: Session, message_id: int, outcome: dict[str, Any]) -> None:
    session.execute(update(OutboxMessage).where(OutboxMessage.id == message_id).values(**outcome))


def _deliver(message_id: int, now: datetime) -> dict[str, Any]:
    """Hand a claimed message to its subscriber; return what is to be stored of it."""
    message = db.session.get_one(OutboxMessage, message_id)
    event, subscriber, payload = message.event, message.subscriber, message.payload
    attempts = message.attempts
    db.session.rollback()
    try:
        _subscribers()[event][subscriber](payload)
    except Exception as error:  # Whatever it is, it is kept and tried again.
        db.session.rollback()
        logger.exception("Message %s (%s to %s) failed", message_id, event, subscriber)
        outcome: dict[str, Any] = {"last_error": repr(error)[:500], "claimed_until": None}
        if attempts > len(BACK_OFF):
            return {**outcome, "parked_at": now}
        return {**outcome, "due_at": now + BACK_OFF[attempts - 1]}
    return {"delivered_at": now, "last_error": None}


def try_again(session: Session, message_id: int, now: datetime) -> bool:
    """Give a parked message a fresh start; False when it is not parked."""
    changed = session.execute(
        update(OutboxMessage)
        .where(OutboxMessage.id == message_id, OutboxMessage.parked_at.is_not(None))
        .values(parked_at=None, attempts=0, due_at=now, claimed_until=None)
    )
    return changed.rowcount == 1  # type: ignore[attr-defined]


def drop(session: Session, message_id: int, now: datetime) -> bool:
    """Mark a parked message as settled by a person, without delivering it."""
    changed = session.execute(
        update(OutboxMessage)
        .where(OutboxMessage.id == message_id, OutboxMessage.parked_at.is_not(None))
        .values(delivered_at=now, parked_at=None)
    )
    return changed.rowcount == 1  # type: ignore[attr-defined]
