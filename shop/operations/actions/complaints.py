"""Complaints are received, answered, settled and opened again."""

from base64 import b64encode
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from shop.accounts.models import Account
from shop.audit.actions import note
from shop.current import vault
from shop.db import upsert_into
from shop.kernel.clock import vietnam_date
from shop.kernel.codes import random_code
from shop.operations.events import ComplaintAnswered, ComplaintReceived
from shop.operations.models import Complaint, ComplaintPhoto
from shop.operations.queries import complaint, complaint_words
from shop.operations.rules import (
    AnsweredBefore,
    ComplaintSent,
    ComplaintSettled,
    NotFinished,
    deadline_of,
    due,
)
from shop.ordering.models import Order
from shop.organisations.rules import UndoTooLate
from shop.outbox import relay

_CODE_LENGTH = 8


def receive_complaint(
    session: Session,
    *,
    kind: str,
    name: str,
    phone: str | None,
    email: str | None,
    order_code: str,
    text: str,
    locale: str,
    now: datetime,
    attempt_id: str | None = None,
    continues_id: int | None = None,
    photos: Sequence[bytes] = (),
) -> Complaint:
    """Keep a complaint, sealed, with the days by which it is answered and settled.

    The same attempt sent again returns what came of it the first time and stores nothing.

    Args:
        attempt_id: made once per rendered form, at most 40 characters.
        continues_id: the complaint whose answer she did not agree to; this is its second step.
        photos: WebP files, as ``media.reading.read_apart`` leaves them.

    Raises:
        ComplaintSent: that form has sent other words before.
    """
    answer_by, settle_by = due(now, deadline_of(kind, vietnam_date(now)))
    key = vault().new_key()
    said = {"name": name, "phone": phone, "email": email, "order_code": order_code, "text": text}
    order_id = (
        session.scalar(select(Order.id).where(Order.code == order_code)) if order_code else None
    )
    complaint_id = session.scalar(
        upsert_into(session, Complaint)
        .values(
            code=random_code(_CODE_LENGTH), kind=kind, order_id=order_id, data_key=key,
            contact=vault().seal(key, said), attempt_id=attempt_id, locale=locale,
            received_at=now, answer_by=answer_by, settle_by=settle_by,
            continues_id=continues_id,
        )
        .on_conflict_do_nothing(index_elements=["attempt_id"])
        .returning(Complaint.id)
    )  # fmt: skip
    if complaint_id is None:  # The same form, sent a moment ago or from elsewhere right now.
        return _sent_before(session, attempt_id or "", kind, said)
    row = complaint(session, complaint_id)
    session.add_all(
        ComplaintPhoto(
            complaint_id=row.id, number=number,
            content=vault().seal(key, b64encode(photo).decode()),
        )
        for number, photo in enumerate(photos, 1)
    )  # fmt: skip
    note(
        session, action="complaint.received", subject_kind="complaint", subject_id=row.id, now=now,
        kind=kind, code=row.code,
    )  # fmt: skip
    relay.record(session, ComplaintReceived(complaint_id=row.id), now)
    return row


def _sent_before(session: Session, attempt_id: str, kind: str, said: dict[str, Any]) -> Complaint:
    row = session.scalars(select(Complaint).where(Complaint.attempt_id == attempt_id)).one()
    if row.kind != kind or complaint_words(row) != said:
        raise ComplaintSent
    return row


def answer_complaint(
    session: Session,
    *,
    complaint_id: int,
    answer: str,
    settled: bool,
    outcome: str = "",
    actor_id: int | None,
    actor_name: str,
    now: datetime,
) -> Complaint:
    """Answer a complaint, or settle it with how it ended; whoever complained is told by mail.

    Raises:
        ComplaintSettled
        AnsweredBefore: it is a second step, she answered the first, and somebody else is there.
    """
    row = complaint(session, complaint_id, to_change=True)
    if row.settled_at is not None:
        raise ComplaintSettled
    if row.continues_id is not None:
        _by_another(session, row.continues_id, actor_id)
    if answer:
        row.answer = answer
        row.answered_at = row.answered_at or now
    if settled:
        row.outcome = outcome
        row.answered_at = row.answered_at or now
        row.settled_at = now
    row.handled_by_id = actor_id
    step = "settled" if settled else "answered"
    note(
        session, action=f"complaint.{step}", subject_kind="complaint", subject_id=row.id, now=now,
        actor_id=actor_id, actor_name=actor_name, kind=row.kind, code=row.code,
        in_time=now <= (row.settle_by if settled else row.answer_by),
    )  # fmt: skip
    relay.record(session, ComplaintAnswered(complaint_id=row.id, step=step), now)
    return row


def _by_another(session: Session, first_id: int, actor_id: int | None) -> None:
    first = complaint(session, first_id)
    if actor_id is None or first.handled_by_id != actor_id:
        return
    another = select(Account.id).where(
        Account.operator_since.is_not(None), Account.disabled_at.is_(None),
        Account.deleted_at.is_(None), Account.id != actor_id,
    )  # fmt: skip
    if session.scalar(another.limit(1)) is not None:
        raise AnsweredBefore


def erase_complaint(
    session: Session, *, complaint_id: int, actor_id: int | None, actor_name: str, now: datetime
) -> Complaint:
    """Forget who wrote a complaint, what, and its photos; its days and how it ended stay.

    Raises:
        NotFinished: it is not settled.
    """
    row = complaint(session, complaint_id, to_change=True)
    if row.erased_at is not None:
        return row
    if row.settled_at is None:
        raise NotFinished
    session.execute(delete(ComplaintPhoto).where(ComplaintPhoto.complaint_id == row.id))
    key = vault().new_key()
    row.data_key, row.answer, row.erased_at = key, "", now
    row.contact = vault().seal(
        key, {"name": "", "phone": None, "email": None, "order_code": "", "text": ""}
    )
    note(
        session, action="complaint.erased", subject_kind="complaint", subject_id=row.id, now=now,
        actor_id=actor_id, actor_name=actor_name, code=row.code,
    )  # fmt: skip
    return row


def reopen_complaint(
    session: Session,
    *,
    complaint_id: int,
    actor_id: int | None,
    actor_name: str,
    now: datetime,
    undoes_id: int | None = None,
) -> Complaint:
    """Take a settling back: the complaint waits again, by its old days; what was mailed stays.

    Raises:
        UndoTooLate: it is open, or nobody knows any more whose it is.
    """
    row = complaint(session, complaint_id, to_change=True)
    if row.settled_at is None or row.erased_at is not None:
        raise UndoTooLate
    row.settled_at, row.outcome = None, ""
    note(
        session, action="complaint.reopened", subject_kind="complaint", subject_id=row.id, now=now,
        actor_id=actor_id, actor_name=actor_name, undoes_id=undoes_id, kind=row.kind,
        code=row.code,
    )  # fmt: skip
    return row
