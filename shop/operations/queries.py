"""Reads for the operator's desk."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from shop.accounts.models import Account
from shop.accounts.queries import identifier, vault
from shop.audit.models import AuditEntry
from shop.catalogue.models import Category, Product, Variant
from shop.db import one_at_a_time
from shop.kernel.errors import NotYours
from shop.media.models import Picture
from shop.operations.models import Complaint
from shop.ordering.models import SellerOrder
from shop.organisations.models import Organisation
from shop.outbox.models import Heartbeat, Job, OutboxMessage
from shop.payments.models import Payment
from shop.sellers.models import Seller

PAGE = 50


def health(session: Session, now: datetime) -> dict[str, Any]:
    """Return the numbers of the overview: what waits, what is stuck, what is late."""
    waiting = (OutboxMessage.delivered_at.is_(None), OutboxMessage.parked_at.is_(None))

    def count(*conditions: Any) -> Any:
        return select(func.count()).where(*conditions).scalar_subquery()

    row = session.execute(
        select(
            count(OutboxMessage.parked_at.is_not(None), OutboxMessage.delivered_at.is_(None)).label("parked"),
            count(*waiting, OutboxMessage.due_at <= now).label("waiting"),
            count(*waiting, OutboxMessage.due_at < now - timedelta(minutes=10)).label("late"),
            count(Job.failures > 0).label("failing_jobs"),
            count(Complaint.settled_at.is_(None)).label("complaints"),
            count(
                Complaint.settled_at.is_(None),
                or_(
                    Complaint.settle_by < now,
                    (Complaint.answered_at.is_(None)) & (Complaint.answer_by < now),
                ),
            ).label("complaints_late"),
            count(Seller.approved_at.is_(None), Seller.closed_at.is_(None)).label("sellers_waiting"),
            count(Picture.alt_state == "needs_help").label("pictures"),
            count(SellerOrder.state == "placed").label("orders_new"),
            count(SellerOrder.state == "placed", SellerOrder.placed_at < now - timedelta(hours=24)).label("orders_unseen"),
            count(Payment.reported_at.is_not(None), Payment.received_vnd == 0).label("transfers"),
            select(func.max(Heartbeat.beat_at)).scalar_subquery().label("beat_at"),
        )
    ).one()  # fmt: skip
    return dict(row._mapping)


def parked_messages(session: Session) -> Sequence[Any]:
    """Return the messages that could not be delivered, the oldest first."""
    return session.execute(
        select(
            OutboxMessage.id, OutboxMessage.event, OutboxMessage.subscriber,
            OutboxMessage.recorded_at, OutboxMessage.parked_at, OutboxMessage.last_error,
        )
        .where(OutboxMessage.parked_at.is_not(None), OutboxMessage.delivered_at.is_(None))
        .order_by(OutboxMessage.id)
        .limit(200)
    ).all()  # fmt: skip


def jobs(session: Session) -> Sequence[Any]:
    """Return the clock's jobs with when they ran and what failed."""
    return session.execute(
        select(Job.name, Job.due_at, Job.finished_at, Job.failures, Job.last_error).order_by(
            Job.failures.desc(), Job.name
        )
    ).all()


def accounts_found(session: Session, typed: str, limit: int = PAGE) -> Sequence[Any]:
    """Return accounts by whole phone, whole e-mail or part of a name; the newest without words."""
    wanted = (
        select(
            Account.id, Account.name, Account.created_at, Account.operator_since,
            Account.disabled_at, Account.second_factor_at, Account.password_hash.is_not(None).label("has_password"),
            Account.phone_index.is_not(None).label("has_phone"),
            Account.email_index.is_not(None).label("has_email"),
        )
        .where(Account.deleted_at.is_(None))
        .order_by(Account.id.desc())
        .limit(limit)
    )  # fmt: skip
    found = identifier(typed) if typed else None
    if found is not None:
        column = Account.phone_index if found[0] == "phone" else Account.email_index
        wanted = wanted.where(column == vault().index(*found))
    elif typed:
        wanted = wanted.where(Account.name.ilike(f"%{_escaped(typed)}%", escape="\\"))
    return session.execute(wanted).all()


def account_choices(session: Session, typed: str) -> Sequence[Any]:
    """Return (id, name) of the people whose phone, e-mail or name somebody typed, at most ten."""
    return [(row.id, row.name) for row in accounts_found(session, typed, 10)] if typed else []


def complaints(session: Session, *, settled: bool) -> Sequence[Any]:
    """Return complaints without their words, the most urgent first."""
    wanted = select(
        Complaint.id, Complaint.code, Complaint.kind, Complaint.received_at,
        Complaint.answer_by, Complaint.settle_by, Complaint.answered_at, Complaint.settled_at,
    ).limit(200)  # fmt: skip
    if settled:
        return session.execute(
            wanted.where(Complaint.settled_at.is_not(None)).order_by(Complaint.settled_at.desc())
        ).all()
    return session.execute(
        wanted.where(Complaint.settled_at.is_(None)).order_by(
            Complaint.answered_at.is_not(None), Complaint.answer_by, Complaint.settle_by
        )
    ).all()


def complaint(session: Session, complaint_id: int, *, to_change: bool = False) -> Complaint:
    """Return a complaint.

    Args:
        to_change: answers to it go one after another, each seeing the one before.

    Raises:
        NotYours: there is none.
    """
    found = (
        one_at_a_time(session, Complaint, complaint_id)
        if to_change
        else session.get(Complaint, complaint_id)
    )
    if found is None:
        raise NotYours
    return found


def complaint_by_code(session: Session, code: str) -> Any:
    """Return (code, kind, dates) of a complaint for whoever holds its code; no words, no names."""
    return session.execute(
        select(
            Complaint.code, Complaint.kind, Complaint.received_at, Complaint.answer_by,
            Complaint.settle_by, Complaint.answered_at, Complaint.settled_at,
        ).where(Complaint.code == code)
    ).one_or_none()  # fmt: skip


def was_sent(session: Session, attempt_id: str) -> bool:
    """Tell whether a rendered form has made a complaint already."""
    found = session.scalar(select(Complaint.id).where(Complaint.attempt_id == attempt_id))
    return found is not None


def complaint_words(row: Complaint) -> dict[str, Any]:
    """Open what somebody wrote: {"name", "phone", "email", "order_code", "text"}."""
    return vault().open(row.data_key, row.contact)


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


def audit_page(
    session: Session, *, kind: str = "", action: str = "", before_id: int | None = None
) -> Sequence[Any]:
    """Return one page of the audit trail, the newest first, each with the id of what undid it.

    Args:
        kind: of the subject: "seller", "organisation", "account" …
        action: such as "seller.approved".
    """
    taken_back = AuditEntry.__table__.alias("taken_back")
    wanted = (
        select(*AuditEntry.__table__.c, taken_back.c.id.label("undone_by"))
        .outerjoin(taken_back, taken_back.c.undoes_id == AuditEntry.id)
        .order_by(AuditEntry.id.desc())
        .limit(PAGE)
    )
    if kind:
        wanted = wanted.where(AuditEntry.subject_kind == kind)
    if action:
        wanted = wanted.where(AuditEntry.action == action)
    if before_id is not None:
        wanted = wanted.where(AuditEntry.id < before_id)
    return session.execute(wanted).all()


def audit_kinds(session: Session) -> list[str]:
    """Return the kinds of subjects that the trail knows."""
    return list(
        session.scalars(
            select(AuditEntry.subject_kind).distinct().order_by(AuditEntry.subject_kind)
        )
    )


def names_of_subjects(session: Session, entries: Sequence[Any]) -> dict[tuple[str, int], Any]:
    """Return {(kind, id): row} of what audit lines are about; rows have name_vi and name_en."""
    names: dict[tuple[str, int], Any] = {}
    for kind, key, vi, en in (
        ("account", Account.id, Account.name, Account.name),
        ("organisation", Organisation.id, Organisation.name_vi, Organisation.name_en),
        ("seller", Seller.id, Seller.name_vi, Seller.name_en),
        ("product", Product.id, Product.title_vi, Product.title_en),
        ("category", Category.id, Category.name_vi, Category.name_en),
    ):
        ids = {e.subject_id for e in entries if e.subject_kind == kind}
        if ids:
            words = select(key, vi.label("name_vi"), en.label("name_en")).where(key.in_(ids))
            names |= {(kind, row[0]): row for row in session.execute(words)}
    ids = {e.subject_id for e in entries if e.subject_kind == "variant"}
    if ids:
        packs = (
            select(
                Variant.id,
                (Product.title_vi + ", " + Variant.name_vi).label("name_vi"),
                (
                    func.coalesce(func.nullif(Product.title_en, ""), Product.title_vi)
                    + ", "
                    + func.coalesce(func.nullif(Variant.name_en, ""), Variant.name_vi)
                ).label("name_en"),
            )
            .join(Product, Product.id == Variant.product_id)
            .where(Variant.id.in_(ids))
        )
        names |= {("variant", row[0]): row for row in session.execute(packs)}
    return names


def payee_was_used(session: Session, payee_id: int) -> bool:
    """Tell whether a buyer was ever asked to pay into this account."""
    asked = session.scalar(select(Payment.id).where(Payment.payee_id == payee_id).limit(1))
    sold = session.scalar(select(SellerOrder.id).where(SellerOrder.payee_id == payee_id).limit(1))
    return asked is not None or sold is not None


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
