"""What the clock starts: posting what happened before there were books, or by an older rule."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import select, union
from sqlalchemy.orm import Session

from shop.db import in_transaction
from shop.ordering.models import SellerOrder
from shop.payments import books, refunds
from shop.payments.actions import open_payments
from shop.payments.models import Payment, Refund, RefundLine
from shop.payments.told import CASH, TRANSFER, Subject


def book_history(now: datetime) -> None:
    """Work off what waits; nothing to do once it is empty, which it stays."""
    while in_transaction(lambda session: _book_some(session, now)):
        pass


def _book_some(session: Session, now: datetime) -> int:
    subjects = books.book_history(session, now)
    if not subjects:
        return 0
    for order_id in _by_line(session, subjects):  # Those of 0069: promise what that found.
        open_payments(session, order_id, now)
        refunds.ask_back_of_order(session, order_id, now)
    return len(subjects)


def _by_line(session: Session, subjects: Iterable[Subject]) -> Sequence[int]:
    """Return the orders of which money went back by line."""
    ids: dict[str, list[int]] = {TRANSFER: [], CASH: []}
    for subject in subjects:
        ids.setdefault(subject.of, []).append(subject.id)
    by_line = select(RefundLine.refund_id)
    return session.scalars(
        union(
            select(Payment.order_id)
            .join(Refund, Refund.payment_id == Payment.id)
            .where(Payment.id.in_(ids[TRANSFER]), Refund.id.in_(by_line)),
            select(SellerOrder.order_id)
            .join(Refund, Refund.seller_order_id == SellerOrder.id)
            .where(SellerOrder.id.in_(ids[CASH]), Refund.id.in_(by_line)),
        ).order_by("order_id")
    ).all()
