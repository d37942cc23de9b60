"""Changes to payments. Money lies in the payees' accounts; here is only what is known of it."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from shop.db import whole_orders
from shop.kernel.errors import NotYours
from shop.ordering.actions import hold_until, move_seller_order
from shop.ordering.rules import SellerOrderState
from shop.outbox.relay import record
from shop.payments.events import PaymentReceived, PaymentRefunded, PaymentReported
from shop.payments.methods import METHODS, By
from shop.payments.methods.cod import keep_cash_move
from shop.payments.methods.transfer import keep_event
from shop.payments.models import Payment, PaymentEvent
from shop.payments.queries import seller_orders_of
from shop.payments.rules.amounts import AmountOutOfRange, NothingToPay, missing_vnd
from shop.payments.rules.cash import CashState
from shop.payments.rules.vietqr import TRANSFER_LIMIT_VND


def open_payments(session: Session, order_id: int, now: datetime) -> None:
    """Ask for what an order owes, by every method: one transfer per payee, cash per parcel.

    Called in the transaction that places the order or accepts a quote, and again whenever a
    part is cancelled or comes back. Doing it twice changes nothing.
    """
    with whole_orders(session):
        for method in METHODS.values():
            method.open(session, order_id, now)


def report(session: Session, *, payment_id: int, now: datetime) -> bool:
    """Note that the buyer says she transferred, and tell the payee; False when told before.

    The reservation stays until the payee answers. After cancel or expiry the report is
    kept too: the payee then looks for money that came late.

    Raises:
        NothingToPay: it is all there.
    """
    payment = _payment(session, payment_id)
    missing = missing_vnd(payment.amount_vnd, payment.received_vnd, payment.refunded_vnd)
    if not missing and payment.expired_at is None:
        raise NothingToPay
    # What was owed and there when she said so: more owed since (a fee agreed to later) is news.
    stood = (payment.amount_vnd, payment.received_vnd, int(payment.expired_at is not None))
    key = f"reported:{payment_id}:{':'.join(map(str, stood))}"
    event_id = keep_event(session, payment_id, "reported", key, By("buyer"), now, missing)
    if event_id is None:
        return False
    payment.reported_at = now
    _hold(session, payment_id)
    event = PaymentReported(payment_id=payment_id, order_id=payment.order_id, event_id=event_id)
    record(session, event, now)
    return True


def confirm_received(
    session: Session,
    *,
    payment_id: int,
    amount_vnd: int,
    after: int,
    by: By,
    note: str = "",
    now: datetime,
) -> bool:
    """Note money that reached the payee's account; False when this tap was counted before.

    A seller who has all her money thereby confirms the order, so she taps once. An
    officer who collects for her does not: the seller still says whether she has the goods.

    Args:
        amount_vnd: what came, also less or more than is owed.
        after: ``last_money_event`` of the page that was tapped.

    Raises:
        AmountOutOfRange
    """
    if not 0 < amount_vnd < TRANSFER_LIMIT_VND:
        raise AmountOutOfRange(amount_vnd=amount_vnd)
    payment = _payment(session, payment_id)
    key = f"received:{payment_id}:{after}"
    event_id = keep_event(session, payment_id, "received", key, by, now, amount_vnd, note)
    if event_id is None:
        return False
    session.refresh(payment)
    _hold(session, payment_id)
    if by.kind == "seller" and not missing_vnd(
        payment.amount_vnd, payment.received_vnd, payment.refunded_vnd
    ):
        for part in seller_orders_of(session, payment_id):
            if part.state == SellerOrderState.PLACED:
                move_seller_order(
                    session, seller_order_id=part.id, to=SellerOrderState.CONFIRMED,
                    actor_kind=by.kind, actor_id=by.account_id, now=now,
                )  # fmt: skip
    _tell_received(session, payment, event_id, amount_vnd, now)
    return True


def take_back_confirmation(
    session: Session, *, payment_id: int, event_id: int, by: By, note: str = "", now: datetime
) -> bool:
    """Correct a wrong "received" by an opposite event; the wrong one stays readable.

    Raises:
        NotYours: no such confirmation of this payment.
        MoreThanReceived: some of it was given back to the buyer already.
    """
    payment = _payment(session, payment_id)
    wrong = session.execute(
        select(PaymentEvent.amount_vnd).where(
            PaymentEvent.id == event_id,
            PaymentEvent.payment_id == payment_id,
            PaymentEvent.kind == "received",
            PaymentEvent.amount_vnd > 0,
        )
    ).scalar()
    if wrong is None:
        raise NotYours
    undone = keep_event(
        session, payment_id, "received", f"undo:{event_id}", by, now, -wrong, note
    )  # fmt: skip
    if undone is None:
        return False
    _tell_received(session, payment, undone, -wrong, now)
    return True


def give_back(
    session: Session,
    *,
    payment_id: int,
    amount_vnd: int,
    after: int,
    by: By,
    note: str = "",
    now: datetime,
) -> bool:
    """Note that the payee transferred money back to the buyer; False when noted before.

    Raises:
        AmountOutOfRange, MoreThanReceived
    """
    if amount_vnd <= 0:
        raise AmountOutOfRange(amount_vnd=amount_vnd)
    payment = _payment(session, payment_id)
    key = f"refunded:{payment_id}:{after}"
    event_id = keep_event(session, payment_id, "refunded", key, by, now, amount_vnd, note)
    if event_id is None:
        return False
    record(
        session,
        PaymentRefunded(
            payment_id=payment_id, order_id=payment.order_id, event_id=event_id,
            amount_vnd=amount_vnd,
        ),
        now,
    )  # fmt: skip
    return True


def move_cash(
    session: Session,
    *,
    seller_order_id: int,
    to: CashState,
    by: By,
    counted_vnd: int = 0,
    note: str = "",
    now: datetime,
) -> bool:
    """Note who holds the cash of a parcel now; False when that was known.

    Args:
        counted_vnd: what was there, when the seller confirms that it arrived ("remitted").

    Raises:
        IllegalCashMove, AmountOutOfRange
    """
    if counted_vnd < 0 or (to == CashState.REMITTED and counted_vnd == 0):
        raise AmountOutOfRange(amount_vnd=counted_vnd)
    return keep_cash_move(
        session, seller_order_id=seller_order_id, to=to,
        counted_vnd=counted_vnd if to == CashState.REMITTED else 0, by=by, note=note, now=now,
    )  # fmt: skip


def give_cash_back(
    session: Session,
    *,
    seller_order_id: int,
    amount_vnd: int,
    after: int,
    by: By,
    note: str = "",
    now: datetime,
) -> bool:
    """Note that cash which had arrived went back to the buyer; False when noted before.

    Raises:
        AmountOutOfRange, MoreThanReceived
    """
    if amount_vnd <= 0:
        raise AmountOutOfRange(amount_vnd=amount_vnd)
    return METHODS["cod"].refund(
        session, of_id=seller_order_id, amount_vnd=amount_vnd,
        key=f"cash-refunded:{seller_order_id}:{after}", by=by, note=note, now=now,
    )  # fmt: skip


def _payment(session: Session, payment_id: int) -> Payment:
    """Return the payment, locked until the transaction ends, as it is stored now."""
    payment = session.scalar(
        select(Payment)
        .where(Payment.id == payment_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if payment is None:
        raise NotYours
    return payment


def _hold(session: Session, payment_id: int) -> None:
    """Keep the goods until hand-over or cancel: a person has to look first."""
    hold_until(session, [part.id for part in seller_orders_of(session, payment_id)], None)


def _tell_received(
    session: Session, payment: Payment, event_id: int, amount_vnd: int, now: datetime
) -> None:
    record(
        session,
        PaymentReceived(
            payment_id=payment.id, order_id=payment.order_id, event_id=event_id,
            amount_vnd=amount_vnd,
        ),
        now,
    )  # fmt: skip
