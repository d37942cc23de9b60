"""Whose sale a refund is taken from, and why money has to go back: read, nothing is stored."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from shop.db import whole_orders
from shop.kernel.errors import NotYours
from shop.ordering.models import LineItem, SellerOrder
from shop.payments.came_back import units_given
from shop.payments.models import Payment, PaymentEvent, Refund, RefundAllocation
from shop.payments.queries.history import histories
from shop.payments.queries.units import units_left
from shop.payments.refunds.held import Held, about
from shop.payments.rules.amounts import AmountOutOfRange
from shop.payments.rules.books import CashFacts, TransferFacts, held_of, told
from shop.payments.rules.refunds import (
    OPEN,
    NothingToGiveBack,
    RefundReason,
    Share,
    UnitsWentBack,
    allocate,
    check_allocation,
    once_gone,
    once_more_vnd,
    reason_of,
)
from shop.payments.told import TRANSFER, Subject


def facts_of(session: Session, of: Subject) -> TransferFacts:
    """Return what a payment, or the cash of a parcel, comes to now, as the books see it."""
    with whole_orders(session):
        session.flush()
        for _, (beginning, causes) in histories(session, of.of, [of.id]):
            facts = told(beginning, causes)
            if isinstance(facts, CashFacts):
                return TransferFacts(0, (facts.part,), facts.paid_vnd, facts.refunded_vnd)
            if isinstance(facts, TransferFacts):
                return facts
    raise NotYours


def promises_of(session: Session, of: Subject, *, but: Collection[int] = ()) -> dict[int, Share]:
    """Return what open refunds will take, by seller order. ``but``: these refunds left out."""
    return _shares_stored(
        session, *about(of), Refund.state.in_(sorted(OPEN)), Refund.id.not_in(sorted(but))
    )


def left_to_go_vnd(session: Session, of: Subject, refund_id: int) -> int:
    """Return how much of a refund that did not get through is to go back still."""
    free = once_gone(facts_of(session, of), promises_of(session, of))
    return once_more_vnd(free, _shares_stored(session, Refund.id == refund_id))


def _shares_stored(session: Session, *wanted: Any) -> dict[int, Share]:
    """Return what stored refunds take or took, by seller order."""
    rows = session.execute(
        select(
            RefundAllocation.seller_order_id, func.sum(RefundAllocation.amount_vnd),
            func.sum(RefundAllocation.over_vnd), func.sum(RefundAllocation.let_off_vnd),
            func.sum(RefundAllocation.ahead_vnd),
        )
        .join(Refund, Refund.id == RefundAllocation.refund_id)
        .where(*wanted)
        .group_by(RefundAllocation.seller_order_id)
    )  # fmt: skip
    found = {
        part: Share(int(vnd), int(over), int(let_off), int(ahead))
        for part, vnd, over, let_off, ahead in rows
    }
    if any(share.ahead_vnd for share in found.values()):
        refund_ids = session.scalars(select(Refund.id).where(*wanted)).all()
        for some in units_given(session, refund_ids).values():
            for part, units in some:
                found[part] = found[part]._replace(units=(*found[part].units, units))
    return found


def shares_of(
    free: TransferFacts, amount_vnd: int | None, by_part: Mapping[int, int] | None
) -> dict[int, int]:
    """Return whose money goes back, by part; ``free``: what is there and not promised yet."""
    if by_part is not None:
        if not by_part:
            raise NothingToGiveBack
        return check_allocation(free, by_part)
    wanted = held_of(free) if amount_vnd is None else amount_vnd
    if amount_vnd is None and wanted <= 0:
        raise NothingToGiveBack
    if wanted <= 0:
        raise AmountOutOfRange(amount_vnd=wanted)
    return allocate(free, wanted)


def share_of_nobody(
    session: Session, held: Held, free: TransferFacts, amount_vnd: int | None
) -> dict[int, int]:
    """Return money that came when its parts were paid otherwise: nobody's sale is less for it.

    The refund names the order's first part; the books take it from what nobody explained.
    """
    first = session.scalars(
        select(func.min(SellerOrder.id)).where(SellerOrder.order_id == held.order_id)
    ).one()
    return {first: held_of(free) if amount_vnd is None else amount_vnd}


def shares_of_lines(
    session: Session, facts: TransferFacts, lines: Mapping[int, int]
) -> dict[int, int]:
    """Return what so many units of each line were sold for, by seller order; reductions are shared.

    Raises:
        NotYours: a line of something else.
        UnitsWentBack: more units than there are whose money has not gone back.
    """
    wanted = {line: units for line, units in lines.items() if units > 0}
    parts = [part.id for part in facts.parts]
    rows = session.execute(
        select(
            LineItem.id, LineItem.seller_order_id, LineItem.quantity, LineItem.unit_price_vnd,
            SellerOrder.items_vnd, SellerOrder.discount_vnd,
        )
        .join(SellerOrder, SellerOrder.id == LineItem.seller_order_id)
        .where(LineItem.id.in_(sorted(wanted)), LineItem.seller_order_id.in_(parts))
        .order_by(LineItem.id)
    ).all()  # fmt: skip
    if len(rows) != len(wanted):
        raise NotYours
    found: dict[int, int] = {}
    of_part: dict[int, Any] = {}
    left = units_left(session, parts)
    for row in rows:
        if wanted[row.id] > left[row.id]:
            raise UnitsWentBack(units=wanted[row.id], left=left[row.id])
        found[row.seller_order_id] = (
            found.get(row.seller_order_id, 0) + wanted[row.id] * row.unit_price_vnd
        )
        of_part[row.seller_order_id] = row
    return {
        part: vnd
        * (of_part[part].items_vnd - of_part[part].discount_vnd)
        // of_part[part].items_vnd
        for part, vnd in found.items()
    }


def reason_now(session: Session, of: Subject, facts: TransferFacts) -> RefundReason:
    """Return why money of a payment or parcel has to go back, as things stand."""
    asked_vnd = sum(part.asked_vnd for part in facts.parts)
    due_vnd = sum(part.due_vnd for part in facts.parts)
    if facts.received_vnd - facts.refunded_vnd <= due_vnd:
        return RefundReason.GOODWILL
    less = [part.id for part in facts.parts if part.due_vnd < part.asked_vnd]
    states = session.scalars(
        select(SellerOrder.state).where(SellerOrder.id.in_(less)).order_by(SellerOrder.id)
    ).all()
    over = False
    if of.of == TRANSFER:
        row = session.execute(
            select(Payment.expired_at, Payment.reported_at).where(Payment.id == of.id)
        ).one()
        over = row.expired_at is not None and _came_after(session, of.id, row.expired_at)
    return reason_of(
        list(states), was_over=over, is_over_paid=facts.received_vnd > asked_vnd and not less
    )


def _came_after(session: Session, payment_id: int, when: datetime) -> bool:
    first = session.scalar(
        select(func.min(PaymentEvent.at)).where(
            PaymentEvent.payment_id == payment_id, PaymentEvent.kind == "received"
        )
    )
    return first is not None and first > when
