"""Complaints: for the desk, for whoever holds a code, and those that fall due."""

from base64 import b64decode
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from shop.current import vault
from shop.db import the_one
from shop.kernel.codes import read_code
from shop.kernel.errors import NotYours
from shop.operations.models import Complaint, ComplaintPhoto
from shop.operations.rules import YEARS_KEPT
from shop.ordering.models import Order
from shop.ordering.rules import Contact
from shop.web.lists import Page, cut


def complaints_page(session: Session, *, settled: bool, typed: str, page: int) -> Page:
    """Return complaints without their words, the most urgent first.

    Args:
        typed: a complaint's code or an order's; both the open and the settled are looked at.
    """
    wanted = select(
        Complaint.id, Complaint.code, Complaint.kind, Complaint.received_at,
        Complaint.answer_by, Complaint.settle_by, Complaint.answered_at, Complaint.settled_at,
    )  # fmt: skip
    urgent = (
        Complaint.settled_at.is_not(None), Complaint.answered_at.is_not(None),
        Complaint.answer_by, Complaint.settle_by, Complaint.id,
    )  # fmt: skip
    if typed:
        code = read_code(typed)
        of_order = select(Order.id).where(Order.code == code)
        wanted = wanted.where(or_(Complaint.code == code, Complaint.order_id.in_(of_order)))
        return cut(session, wanted.order_by(*urgent), page)
    if settled:
        newest = Complaint.settled_at.desc(), Complaint.id.desc()
        return cut(session, wanted.where(Complaint.settled_at.is_not(None)).order_by(*newest), page)
    return cut(session, wanted.where(Complaint.settled_at.is_(None)).order_by(*urgent), page)


def complaint(session: Session, complaint_id: int, *, to_change: bool = False) -> Complaint:
    """Return a complaint.

    Args:
        to_change: answers to it go one after another, each seeing the one before.

    Raises:
        NotYours: there is none.
    """
    return the_one(session, Complaint, complaint_id, to_change=to_change)


def complaint_by_code(session: Session, code: str) -> Any:
    """Return (id, code, kind, dates) of a complaint for whoever holds its code; no words, no names."""
    return session.execute(
        select(
            Complaint.id, Complaint.code, Complaint.kind, Complaint.received_at,
            Complaint.answer_by, Complaint.settle_by, Complaint.answered_at, Complaint.settled_at,
        ).where(Complaint.code == code)
    ).one_or_none()  # fmt: skip


def to_go_on_from(
    session: Session, code: str, phone: str | None, email: str | None
) -> Complaint | None:
    """Return the answered complaint of a code, when whoever wrote it writes again.

    She shows it by the phone or the mail address that she left the first time. A complaint goes
    on once; what comes after that is a complaint of its own.
    """
    row = session.scalar(select(Complaint).where(Complaint.code == code))
    if row is None or row.answered_at is None or row.erased_at is not None:
        return None
    same = _is_reached_by(row, [phone], email)
    gone_on = session.scalar(select(Complaint.id).where(Complaint.continues_id == row.id))
    return row if same and gone_on is None else None


def is_of_order(row: Complaint, contact: Contact) -> bool:
    """Tell whether a complaint was left by whoever placed an order, or receives its goods."""
    return _is_reached_by(row, [contact.phone, contact.receiver_phone], contact.email)


def _is_reached_by(row: Complaint, phones: Sequence[str | None], email: str | None) -> bool:
    said = complaint_words(row)
    by_phone = bool(said["phone"]) and said["phone"] in phones
    return by_phone or (bool(email) and email == (said["email"] or "").lower())


def steps_beside(session: Session, row: Complaint) -> tuple[Any, Any]:
    """Return the (id, code) of the step before a complaint and of the one after it, or None."""
    wanted = select(Complaint.id, Complaint.code)
    before = wanted.where(Complaint.id == row.continues_id)
    after = wanted.where(Complaint.continues_id == row.id)
    return session.execute(before).one_or_none(), session.execute(after).one_or_none()


def was_sent(session: Session, attempt_id: str) -> bool:
    """Tell whether a rendered form has made a complaint already."""
    found = session.scalar(select(Complaint.id).where(Complaint.attempt_id == attempt_id))
    return found is not None


def complaint_words(row: Complaint) -> dict[str, Any]:
    """Open what somebody wrote: {"name", "phone", "email", "order_code", "text"}."""
    return vault().open(row.data_key, row.contact)


def photo_count(session: Session, complaint_id: int) -> int:
    """Return how many photos a complaint has."""
    counted = select(func.count()).where(ComplaintPhoto.complaint_id == complaint_id)
    return session.scalar(counted) or 0


def complaint_photo(session: Session, complaint_id: int, number: int) -> bytes:
    """Open one photo of a complaint, a WebP.

    Raises:
        NotYours: there is none.
    """
    row = session.execute(
        select(ComplaintPhoto.content, Complaint.data_key)
        .join(Complaint, Complaint.id == ComplaintPhoto.complaint_id)
        .where(ComplaintPhoto.complaint_id == complaint_id, ComplaintPhoto.number == number)
    ).one_or_none()
    if row is None:
        raise NotYours(what="complaint_photo", id=complaint_id)
    return b64decode(vault().open(row.data_key, row.content))


def due_complaints(session: Session, before: datetime) -> Sequence[Any]:
    """Return (id, code, kind, step, by) of what must be answered or settled before a moment."""
    rows = session.execute(
        select(
            Complaint.id, Complaint.code, Complaint.kind, Complaint.answered_at,
            Complaint.answer_by, Complaint.settle_by,
        ).where(
            Complaint.settled_at.is_(None),
            or_(
                (Complaint.answered_at.is_(None)) & (Complaint.answer_by < before),
                Complaint.settle_by < before,
            ),
        )
    ).all()  # fmt: skip
    found = []
    for row in rows:
        if row.answered_at is None and row.answer_by < before:
            found.append((row.id, row.code, row.kind, "answer", row.answer_by))
        if row.settle_by < before:
            found.append((row.id, row.code, row.kind, "settle", row.settle_by))
    return found


def complaints_to_erase(session: Session, now: datetime, limit: int) -> list[int]:
    """Return complaints that have been settled for years and still say whose they were."""
    before = now - timedelta(days=365 * YEARS_KEPT + 1)
    wanted = select(Complaint.id).where(
        Complaint.erased_at.is_(None), Complaint.settled_at < before
    )
    return list(session.scalars(wanted.order_by(Complaint.id).limit(limit)))
