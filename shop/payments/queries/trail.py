"""What happened to a payment, and the marks by which a form counts once."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from shop.ordering.models import SellerOrder
from shop.payments.models import CashMove, Payment, PaymentEvent


def last_money_event(session: Session, payment_id: int) -> int:
    """Return the id of the last money that came or went, 0 before any: forms carry it.

    Two pages that show the same standing send the same number, and the second counts nothing.
    """
    return (
        session.scalar(
            select(func.max(PaymentEvent.id)).where(
                PaymentEvent.payment_id == payment_id,
                PaymentEvent.kind.in_(("received", "refunded")),
            )
        )
        or 0
    )


def events_of(session: Session, payment_id: int) -> Sequence[Any]:
    """Return what happened to a payment, oldest first."""
    return list(
        session.execute(
            select(
                PaymentEvent.id, PaymentEvent.kind, PaymentEvent.amount_vnd, PaymentEvent.key,
                PaymentEvent.actor_kind, PaymentEvent.actor_id, PaymentEvent.note, PaymentEvent.at,
            )
            .where(PaymentEvent.payment_id == payment_id)
            .order_by(PaymentEvent.id)
        )
    )  # fmt: skip


def seller_orders_of(session: Session, payment_id: int) -> Sequence[Any]:
    """Return (id, seller_id, state) of the seller orders that a payment covers."""
    return list(
        session.execute(
            select(SellerOrder.id, SellerOrder.seller_id, SellerOrder.state)
            .join(
                Payment,
                (Payment.order_id == SellerOrder.order_id)
                & (Payment.payee_id == SellerOrder.payee_id)
                & (Payment.method == SellerOrder.method),
            )
            .where(Payment.id == payment_id)
            .order_by(SellerOrder.id)
        )
    )


def last_cash_move(session: Session, seller_order_id: int) -> int:
    """Return the id of the last step of a parcel's cash, 0 before any: forms carry it."""
    return (
        session.scalar(
            select(func.max(CashMove.id)).where(CashMove.seller_order_id == seller_order_id)
        )
        or 0
    )
