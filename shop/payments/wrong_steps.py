"""A step of goods that was tapped wrongly is taken back, and its money is as it was before."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from shop.db import whole_orders
from shop.ordering.actions import (
    hold_again,
    take_move_back,
    take_return_back,
    take_stall_move_back,
)
from shop.ordering.models import GoodsReturn, Order, SellerOrderMove
from shop.ordering.rules import SellerOrderState as S
from shop.ordering.rules import StepStays
from shop.payments import refunds
from shop.payments.actions import open_payments, take_back_confirmation
from shop.payments.gateways.models import GatewayVisit
from shop.payments.methods import By
from shop.payments.methods.cod import (
    ask_anew,
    expect_cash_again,
    untake_cash,
    untake_uncounted,
)
from shop.payments.models import Payment, PaymentEvent, Refund
from shop.payments.queries import standings
from shop.payments.rules.amounts import MoneyWentBack, missing_vnd
from shop.payments.rules.gateways import VisitState
from shop.payments.rules.refunds import OPEN, RefundState, Way
from shop.payments.written import write_down

#: Steps that said nothing of money.
_BEFORE_LEAVING = (S.CONFIRMED, S.PACKED)


def take_step_back(
    session: Session, *, seller_order_id: int, move_id: int, by: By, now: datetime
) -> bool:
    """Take the last step of a part back, with what it did to money; False when it was so before.

    The parcel is where it was, cash that nobody counted is waited for again, a transfer is owed
    again.

    Raises:
        NotYours, IllegalMove, StepStays, NotEnoughStock: as ``take_move_back``.
        StepStays: its cash was counted, or money is on its way back to the buyer.
        MoneyWentBack: the buyer was given her money back meanwhile.
    """
    moved = take_move_back(
        session, seller_order_id=seller_order_id, move_id=move_id, actor_kind=by.kind,
        actor_id=by.account_id, now=now,
    )  # fmt: skip
    if moved is None:
        return False
    if moved.to_state in _BEFORE_LEAVING:
        if moved.to_state == S.CONFIRMED:
            _let_clock_run(session, seller_order_id, now)
    else:
        if moved.from_state == S.DELIVERED:
            _refuse_while_refunded(session, seller_order_id)
            untake_uncounted(session, seller_order_id=seller_order_id, by=by, now=now)
        else:
            expect_cash_again(session, seller_order_id=seller_order_id, by=by, now=now)
        open_payments(session, moved.order_id, now)
        refunds.ask_back_of_order(session, moved.order_id, now)
        _refuse_if_given_back(session, seller_order_id, move_id)
    code = session.scalar(select(Order.code).where(Order.id == moved.order_id))
    write_down(
        session, "order_step.taken_back", ("seller_order", seller_order_id), by, now,
        order_code=code, step=moved.from_state.value, back=moved.to_state.value,
    )  # fmt: skip
    return True


def _let_clock_run(session: Session, seller_order_id: int, now: datetime) -> None:
    """Goods that were packed unpaid are held for their money again, and no longer than that.

    Once money was there or said to be, or while a buyer's bank is at it, no clock ran.
    """
    stands = standings(session, [seller_order_id]).get(seller_order_id)
    if stands is None or stands.payment_id is None:
        return
    told = select(PaymentEvent.id).where(
        PaymentEvent.payment_id == stands.payment_id,
        PaymentEvent.kind.in_(("reported", "received")),
    )
    pending = select(GatewayVisit.id).where(
        GatewayVisit.payment_id == stands.payment_id, GatewayVisit.state == VisitState.PENDING
    )
    with whole_orders(session):  # What goes on with her bank is the shop's to read.
        runs = not session.scalar(select(told.exists() | pending.exists()))
    if runs:
        hold_again(session, seller_order_id=seller_order_id, now=now)


def _refuse_while_refunded(session: Session, seller_order_id: int) -> None:
    """What is on its way back to the buyer was promised for goods that she had."""
    promised = select(Refund.id).where(
        Refund.seller_order_id == seller_order_id, Refund.state.in_(OPEN)
    )
    if session.scalar(promised.limit(1)) is not None:
        raise StepStays(why="refund_open")


def take_leaving_back(session: Session, *, seller_order_id: int, by: By, now: datetime) -> None:
    """Somebody came after all: her goods are promised to her again, and what she owes is asked for.

    Raises:
        IllegalMove, NotEnoughStock
        MoneyWentBack: the buyer was given her money back meanwhile.
    """
    left_at = session.scalar(
        select(func.max(SellerOrderMove.id)).where(
            SellerOrderMove.seller_order_id == seller_order_id,
            SellerOrderMove.to_state == S.NOT_COLLECTED,
        )
    )
    moved = take_stall_move_back(
        session, seller_order_id=seller_order_id, to=S.READY_FOR_PICKUP, actor_kind=by.kind,
        actor_id=by.account_id, now=now,
    )  # fmt: skip
    expect_cash_again(session, seller_order_id=seller_order_id, by=by, now=now)
    open_payments(session, moved.order_id, now)
    refunds.ask_back_of_order(session, moved.order_id, now)
    _refuse_if_given_back(session, seller_order_id, left_at or 0)


def take_hand_over_back(
    session: Session, *, seller_order_ids: Sequence[int], order_id: int, at: datetime, note: str,
    by: By, now: datetime,
) -> None:  # fmt: skip
    """A bag was not handed over after all: its goods wait again, and what was paid for it in cash.

    Args:
        at, note: of the transfers that were noted as paid in cash with it.

    Raises:
        IllegalMove: the goods are elsewhere by now.
        MoreThanReceived, IllegalCashMove: the money is.
    """
    for part_id in sorted(seller_order_ids):
        take_stall_move_back(
            session, seller_order_id=part_id, to=S.READY_FOR_PICKUP, actor_kind=by.kind,
            actor_id=by.account_id, now=now,
        )  # fmt: skip
        untake_cash(session, seller_order_id=part_id, by=by, now=now)
    for event in session.execute(
        select(PaymentEvent.id, PaymentEvent.payment_id)
        .join(Payment, Payment.id == PaymentEvent.payment_id)
        .where(
            Payment.order_id == order_id, PaymentEvent.kind == "received",
            PaymentEvent.amount_vnd > 0, PaymentEvent.note == note, PaymentEvent.at == at,
        )
        .order_by(PaymentEvent.id)
    ).all():  # fmt: skip
        take_back_confirmation(
            session, payment_id=event.payment_id, event_id=event.id, by=by, now=now
        )
    open_payments(session, order_id, now)
    refunds.ask_back_of_order(session, order_id, now)


def leave_goods_with_buyer(session: Session, *, return_id: int, by: By, now: datetime) -> None:
    """Goods did not come back after all: what was given out of the till for them is paid again.

    Raises:
        ReturnChanged, NotEnoughStock
        MoneyWentBack: the buyer was given their money another way, or is being sent it.
    """
    row = session.get_one(GoodsReturn, return_id)
    given = session.scalars(
        select(Refund)
        .where(
            Refund.seller_order_id == row.seller_order_id,
            Refund.state == RefundState.DONE,
            Refund.way == Way.CASH,
            Refund.sent_at == row.at,
        )
        .order_by(Refund.id.desc())
    ).all()
    taken = take_return_back(
        session, return_id=return_id, actor_kind=by.kind, actor_id=by.account_id, now=now
    )
    if taken is None:
        return
    open_payments(session, taken.order_id, now)
    ask_anew(session, seller_order_id=taken.seller_order_id)
    for refund in given:
        refunds.take_back(session, refund_id=refund.id, by=by, now=now, past_undone=True)
    refunds.ask_back_of_order(session, taken.order_id, now)
    stands = standings(session, [taken.seller_order_id]).get(taken.seller_order_id)
    if stands is None:
        return
    came_vnd = stands.paid_vnd if stands.payment_id is None else stands.received_vnd
    if stands.refunded_vnd and came_vnd - stands.refunded_vnd < stands.amount_vnd:
        raise MoneyWentBack(amount_vnd=stands.refunded_vnd)


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
