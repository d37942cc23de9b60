"""A step of goods that was tapped wrongly is taken back, and its money is as it was before."""

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from shop.ordering.actions import take_move_back
from shop.ordering.models import SellerOrderMove
from shop.payments import refunds
from shop.payments.actions import open_payments
from shop.payments.methods import By
from shop.payments.methods.cod import expect_cash_again
from shop.payments.models import Payment, PaymentEvent
from shop.payments.queries import standings
from shop.payments.rules.amounts import MoneyWentBack, missing_vnd


def take_step_back(
    session: Session, *, seller_order_id: int, move_id: int, by: By, now: datetime
) -> bool:
    """Take "not accepted" or "lost" back; False when it was taken back before.

    The parcel is under way again, the cash is waited for again, a transfer is owed again.

    Raises:
        NotYours, IllegalMove: as ``take_move_back``.
        MoneyWentBack: the buyer was given her money back meanwhile.
    """
    moved = take_move_back(
        session, seller_order_id=seller_order_id, move_id=move_id, actor_kind=by.kind,
        actor_id=by.account_id, now=now,
    )  # fmt: skip
    if moved is None:
        return False
    expect_cash_again(session, seller_order_id=seller_order_id, by=by, now=now)
    open_payments(session, moved.order_id, now)
    refunds.ask_back_of_order(session, moved.order_id, now)
    _refuse_if_given_back(session, seller_order_id, move_id)
    return True


def _refuse_if_given_back(session: Session, seller_order_id: int, move_id: int) -> None:
    """Money that went back since the wrong step would be owed for goods under way: ask a person."""
    stands = standings(session, [seller_order_id]).get(seller_order_id)
    if stands is None or stands.payment_id is None:
        return
    since = select(SellerOrderMove.at).where(SellerOrderMove.id == move_id).scalar_subquery()
    back_vnd = session.scalar(
        select(func.coalesce(func.sum(PaymentEvent.amount_vnd), 0)).where(
            PaymentEvent.payment_id == stands.payment_id,
            PaymentEvent.kind == "refunded",
            PaymentEvent.at >= since,
        )
    )
    payment = session.get_one(Payment, stands.payment_id, populate_existing=True)
    if back_vnd and missing_vnd(payment.amount_vnd, payment.received_vnd, payment.refunded_vnd):
        raise MoneyWentBack(amount_vnd=back_vnd)
