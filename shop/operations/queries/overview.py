"""What waits at the desk, what is stuck and what is late."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import Session

from shop.banking.models import BankNotice
from shop.banking.queries.notices import OPEN, WAITS_LONG
from shop.media.models import Picture
from shop.operations.models import Complaint
from shop.ordering.models import SellerOrder
from shop.organisations.models import Organisation
from shop.outbox.models import Heartbeat, Job, OutboxMessage
from shop.payments.gateways.models import GatewayTask
from shop.payments.models import Payment
from shop.sellers.models import Seller
from shop.web.lists import Page, cut

#: Pictures are big: fewer stand on a page.
PICTURES = 12


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
            count(GatewayTask.closed_at.is_(None)).label("card_tasks"),
            count(BankNotice.state.in_(OPEN), BankNotice.received_at < now - WAITS_LONG).label("bank_waits"),
            select(func.max(Heartbeat.beat_at)).scalar_subquery().label("beat_at"),
        )
    ).one()  # fmt: skip
    return dict(row._mapping)


def officer_numbers(
    session: Session, units: Select[int], sellers_in: Select[int], describes_in: Select[int]
) -> dict[str, int]:
    """Return the numbers of an officer's first page, each within the units of its right."""
    mine = Seller.organisation_id.in_(sellers_in)
    row = session.execute(
        select(
            select(func.count(Organisation.id)).where(Organisation.id.in_(units))
            .scalar_subquery().label("units"),
            select(func.count(Seller.id)).where(mine).scalar_subquery().label("sellers"),
            select(func.count(Seller.id))
            .where(mine, Seller.approved_at.is_(None), Seller.closed_at.is_(None))
            .scalar_subquery().label("waiting"),
            select(func.count(Picture.id)).join(Seller, Seller.id == Picture.seller_id)
            .where(Picture.alt_state == "needs_help", Seller.organisation_id.in_(describes_in))
            .scalar_subquery().label("pictures"),
        )
    ).one()  # fmt: skip
    return dict(row._mapping)


#: So many stalls are named; the others follow once these were called.
MOST_CALLED = 20


def stalls_to_call(session: Session, within: Select[int] | None, before: datetime) -> Sequence[Any]:
    """Return the stalls where nobody has opened an order since before, the longest first.

    Args:
        within: ids of the units whose stalls count; all of them when left out.
    """
    oldest = func.min(SellerOrder.placed_at)
    wanted = (
        select(
            Seller.id, Seller.name_vi, Seller.name_en, Seller.person, Seller.phone,
            func.count().label("orders"), oldest.label("since"),
        )
        .join(SellerOrder, SellerOrder.seller_id == Seller.id)
        .where(
            SellerOrder.state.in_(("placed", "awaiting_quote")), SellerOrder.seen_at.is_(None),
            SellerOrder.placed_at < before,
        )
        .group_by(Seller.id, Seller.name_vi, Seller.name_en, Seller.person, Seller.phone)
        .order_by(oldest)
        .limit(MOST_CALLED)
    )  # fmt: skip
    if within is not None:
        wanted = wanted.where(Seller.organisation_id.in_(within))
    return session.execute(wanted).all()


def parked_page(session: Session, page: int) -> Page:
    """Return the messages that could not be delivered, the oldest first."""
    return cut(
        session,
        select(
            OutboxMessage.id, OutboxMessage.event, OutboxMessage.subscriber,
            OutboxMessage.recorded_at, OutboxMessage.parked_at, OutboxMessage.last_error,
        )
        .where(OutboxMessage.parked_at.is_not(None), OutboxMessage.delivered_at.is_(None))
        .order_by(OutboxMessage.id),
        page,
    )  # fmt: skip


def pictures_page(session: Session, within: Select[int] | None, page: int) -> Page:
    """Return the oldest pictures whose words say too little, with their seller's names.

    Args:
        within: ids of the units whose sellers count; all of them when left out.
    """
    wanted = (
        select(
            Picture.id, Picture.digest, Picture.versions, Picture.alt_vi, Picture.alt_en,
            Picture.seller_id, Seller.name_vi, Seller.name_en,
        )
        .join(Seller, Seller.id == Picture.seller_id)
        .where(Picture.alt_state == "needs_help")
        .order_by(Picture.id)
    )  # fmt: skip
    if within is not None:
        wanted = wanted.where(Seller.organisation_id.in_(within))
    return cut(session, wanted, page, PICTURES)


def jobs(session: Session) -> Sequence[Any]:
    """Return the clock's jobs with when they ran and what failed."""
    return session.execute(
        select(Job.name, Job.due_at, Job.finished_at, Job.failures, Job.last_error).order_by(
            Job.failures.desc(), Job.name
        )
    ).all()
