"""Outbox messages that are stuck: a fresh start, or settled by hand."""

from datetime import datetime

from sqlalchemy import update
from sqlalchemy.orm import Session

from shop.audit.actions import note
from shop.operations.rules import NotParked
from shop.organisations.rules import UndoTooLate
from shop.outbox import relay
from shop.outbox.models import OutboxMessage


def try_message_again(
    session: Session, *, message_id: int, actor_id: int | None, actor_name: str, now: datetime
) -> None:
    """Give a stuck message a fresh start.

    Raises:
        NotParked
    """
    if not relay.try_again(session, message_id, now):
        raise NotParked
    session.info["woken"] = True
    note(
        session, action="message.tried_again", subject_kind="message", subject_id=message_id,
        now=now, actor_id=actor_id, actor_name=actor_name,
    )  # fmt: skip


def drop_message(
    session: Session,
    *,
    message_id: int,
    reason: str,
    actor_id: int | None,
    actor_name: str,
    now: datetime,
) -> None:
    """Settle a stuck message by hand, with the reason why it need not arrive.

    Raises:
        NotParked
    """
    if not relay.drop(session, message_id, now):
        raise NotParked
    note(
        session, action="message.dropped", subject_kind="message", subject_id=message_id, now=now,
        actor_id=actor_id, actor_name=actor_name, reason=reason,
    )  # fmt: skip


def park_message_again(
    session: Session,
    *,
    message_id: int,
    was_dropped: bool = True,
    actor_id: int | None,
    actor_name: str,
    now: datetime,
    undoes_id: int | None = None,
) -> None:
    """Take a drop or a fresh start back: the message is stuck again and waits for a decision.

    Raises:
        UndoTooLate: there is no such message, or it was delivered.
    """
    # A dropped one counts as delivered; one that was given a fresh start may really be.
    still = () if was_dropped else (OutboxMessage.delivered_at.is_(None),)
    changed = session.scalar(
        update(OutboxMessage)
        .where(OutboxMessage.id == message_id, OutboxMessage.parked_at.is_(None), *still)
        .values(parked_at=now, delivered_at=None)
        .returning(OutboxMessage.id)
    )
    if changed is None:
        raise UndoTooLate
    note(
        session, action="message.parked_again", subject_kind="message", subject_id=message_id,
        now=now, actor_id=actor_id, actor_name=actor_name, undoes_id=undoes_id,
    )  # fmt: skip
