"""What happened to a payment, and the marks by which a form counts once."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from shop.ordering.models import Order, SellerOrder
from shop.ordering.queries import contact_of
from shop.payments.methods.cod import last_step
from shop.payments.models import CashMove, Payment, PaymentEvent
from shop.sellers.models import Seller


@dataclass(frozen=True, slots=True)
class People:
    """Who pays and who sold; ``after``: ``last_money_event``."""

    buyer: str
    sellers: list[Any]
    after: int


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
                PaymentEvent.credit_id,
            )
            .where(PaymentEvent.payment_id == payment_id)
            .order_by(PaymentEvent.id)
        )
    )  # fmt: skip


def is_of_market(session: Session, payment_id: int) -> bool:
    """Tell whether a payment is for goods that were ordered at a market."""
    wanted = select(SellerOrder.id).join(Payment, _is_for()).where(
        Payment.id == payment_id, SellerOrder.market_pickup_id.is_not(None)
    )  # fmt: skip
    return session.scalar(select(wanted.exists())) or False


def _is_for() -> Any:
    """Return the condition of seller orders that a payment is for."""
    return (
        (Payment.order_id == SellerOrder.order_id)
        & (Payment.payee_id == SellerOrder.payee_id)
        & (Payment.method == SellerOrder.method)
    )


def seller_orders_of(session: Session, payment_id: int) -> Sequence[Any]:
    """Return (id, seller_id, state, total_vnd) of the seller orders that a payment covers."""
    return list(
        session.execute(
            select(SellerOrder.id, SellerOrder.seller_id, SellerOrder.state, SellerOrder.total_vnd)
            .join(Payment, _is_for())
            .where(Payment.id == payment_id)
            .order_by(SellerOrder.id)
        )
    )


def sold_parts_of(session: Session, payment_id: int) -> Sequence[Any]:
    """Return (id, name_vi, name_en) of the parts that a payment pays: whose sale it is."""
    return list(
        session.execute(
            select(SellerOrder.id, Seller.name_vi, Seller.name_en)
            .join(
                Payment,
                (Payment.order_id == SellerOrder.order_id)
                & (Payment.payee_id == SellerOrder.payee_id)
                & (Payment.method == SellerOrder.method),
            )
            .join(Seller, Seller.id == SellerOrder.seller_id)
            .where(Payment.id == payment_id)
            .order_by(SellerOrder.id)
        )
    )


def people_of(session: Session, payment_ids: Sequence[int]) -> dict[int, People]:
    """Return who pays and who sold, and the last money event of each payment. Three queries."""
    ids = list(payment_ids)
    buyers = {
        row.id: contact_of(row).name
        for row in session.execute(
            select(Payment.id, Order.data_key, Order.contact)
            .join(Order, Order.id == Payment.order_id)
            .where(Payment.id.in_(ids))
        )
    }
    sold: dict[int, list[Any]] = {payment_id: [] for payment_id in buyers}
    for row in session.execute(
        select(Payment.id, Seller.name_vi, Seller.name_en)
        .join(
            SellerOrder,
            (Payment.order_id == SellerOrder.order_id)
            & (Payment.payee_id == SellerOrder.payee_id)
            & (Payment.method == SellerOrder.method),
        )
        .join(Seller, Seller.id == SellerOrder.seller_id)
        .where(Payment.id.in_(ids))
        .order_by(SellerOrder.id)
    ):
        sold[row.id].append(row)
    rows = session.execute(
        select(PaymentEvent.payment_id, func.max(PaymentEvent.id))
        .where(PaymentEvent.payment_id.in_(ids), PaymentEvent.kind.in_(("received", "refunded")))
        .group_by(PaymentEvent.payment_id)
    )
    last: dict[int, int] = {row[0]: row[1] for row in rows}
    return {one: People(name, sold[one], last.get(one, 0)) for one, name in buyers.items()}


def last_cash_move(session: Session, seller_order_id: int) -> int:
    """Return the id of the last step of a parcel's cash, 0 before any: forms carry it."""
    return last_step(session, seller_order_id)


def cash_moves_of(session: Session, seller_order_id: int) -> Sequence[Any]:
    """Return what happened to the cash of a parcel, oldest first."""
    return list(
        session.execute(
            select(
                CashMove.id, CashMove.from_state, CashMove.to_state, CashMove.amount_vnd,
                CashMove.reason, CashMove.key, CashMove.actor_kind, CashMove.actor_id,
                CashMove.note, CashMove.at, CashMove.about, CashMove.fee_vnd, CashMove.off_vnd,
                CashMove.credit_id,
            )
            .where(CashMove.seller_order_id == seller_order_id)
            .order_by(CashMove.id)
        )
    )  # fmt: skip
