"""Orders to be paid at the door whose buyers transferred the money instead."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from shop.ordering.actions import change_method
from shop.ordering.models import SellerOrder
from shop.ordering.rules import IllegalMove
from shop.payments.actions import locked_payment, open_payments, receive_from_carrier
from shop.payments.holding import held_payment
from shop.payments.methods import By
from shop.payments.methods.cod import ask_anew, expect_cash_again, forget_promise
from shop.payments.methods.transfer import keep_event
from shop.payments.models import Payment, PaymentEvent
from shop.payments.queries.collected import beside_transfer
from shop.payments.queries.turned import at_the_door, left_since, turned_parts
from shop.payments.rules.amounts import missing_vnd
from shop.payments.rules.cash import (
    Beside,
    CarrierPaid,
    NotPaidAtTheDoor,
    OtherSum,
    PaidBesideTheDoor,
    ReturnFeeStands,
)
from shop.payments.written import write_down


def ask_transfer_for_cash(
    session: Session, *, order_id: int, owner: Any, amount_vnd: int, by: By, now: datetime
) -> int:
    """Let what was to be paid at the door be paid by a transfer that came; return its payment.

    Nothing of the promise is in the books before the goods arrive, nor once an arrival was taken
    back (in a transaction of its own: the books know its parts by what pays for them), so it is
    taken away, and what comes is booked like any transfer. The money itself is counted by whoever
    calls this, in the same transaction.

    Args:
        owner: a row with ``seller_id`` and ``organisation_id``: whose account the money is on.
        amount_vnd: what came.

    Raises:
        NotPaidAtTheDoor: the parcel arrived, was cancelled, or somebody was faster.
        PaidBesideTheDoor: other parts of the order were paid by transfer.
        OtherSum: this owner's parcels of the order cost more, or less.
    """
    parts = at_the_door(session, order_id, owner)
    accounts = {part.payee_id for part in parts}
    if len(accounts) != 1:
        raise NotPaidAtTheDoor
    try:
        change_method(
            session, payees={part.id: part.payee_id for part in parts}, method="transfer",
            holds=None, now=now,
        )  # fmt: skip
    except IllegalMove as moved:
        raise NotPaidAtTheDoor from moved
    if not all(forget_promise(session, seller_order_id=part.id, now=now) for part in parts):
        raise NotPaidAtTheDoor
    open_payments(session, order_id, now, methods=("transfer",))
    payment_id = session.scalars(
        select(Payment.id).where(
            Payment.order_id == order_id, Payment.payee_id.in_(accounts),
            Payment.method == "transfer",
        )
    ).one()  # fmt: skip
    payment = locked_payment(session, payment_id)
    # Money that came for others' parts stands in the books as theirs: it is not shared anew.
    if payment.received_vnd:
        raise PaidBesideTheDoor
    missing = missing_vnd(payment.amount_vnd, payment.received_vnd, payment.refunded_vnd)
    if missing != amount_vnd:
        cash_vnd = sum(part.amount_vnd for part in parts)
        raise OtherSum(
            owed_vnd=missing, amount_vnd=amount_vnd, transfer_vnd=max(0, missing - cash_vnd)
        )
    before = len(turned_parts(session, payment_id, ever=True))
    for part in parts:
        key = f"for-cash:{payment_id}:{part.id}:{before}"
        keep_event(session, payment_id, "opened", key, by, now, part.amount_vnd)
    write_down(
        session, "payment.instead_of_cash", ("payment", payment_id), by, now,
        amount_vnd=amount_vnd,
    )  # fmt: skip
    return payment_id


def ask_cash_again(
    session: Session, *, payment_id: int, now: datetime, collected: Collection[int] = ()
) -> bool:
    """Wait for the cash again once "she transferred" was taken back, as long as nothing arrived.

    A transaction of its own after that: the books knew the transfer by its parts. A parcel that
    left in between as paid ahead stays a transfer that is asked for: nobody was sent to collect.

    Args:
        collected: parts that left with a label that says to collect, made before the transfer.
    """
    payment = held_payment(session, payment_id)
    turned = turned_parts(session, payment_id)
    parts = [one for one in turned if one in collected or not left_since(session, payment_id, one)]
    if payment is None or not parts or payment.received_vnd or payment.reported_at is not None:
        return False
    try:
        with session.begin_nested():
            change_method(
                session, payees=dict.fromkeys(parts, payment.payee_id), method="cod", holds=None,
                now=now,
            )  # fmt: skip
            for part_id in parts:
                expect_cash_again(session, seller_order_id=part_id, by=By("system"), now=now)
                ask_anew(session, seller_order_id=part_id)
    # What a carrier paid or asked when it was lost stands there: nothing can be promised beside it.
    except (IllegalMove, ReturnFeeStands, CarrierPaid):
        return False
    open_payments(session, payment.order_id, now, methods=("cod", "transfer"))
    others = select(func.count()).where(
        SellerOrder.order_id == payment.order_id, SellerOrder.payee_id == payment.payee_id,
        SellerOrder.method == "transfer",
    )  # fmt: skip
    if not session.scalar(others):
        session.refresh(payment)
        payment.amount_vnd, payment.expired_at = 0, now
    for part_id in parts:
        key = (
            f"cash-again:{payment_id}:{part_id}:{len(turned_parts(session, payment_id, ever=True))}"
        )
        keep_event(session, payment_id, "expired", key, By("system"), now)
    return True


def count_collected(
    session: Session, *, seller_order_id: int, line_id: int, amount_vnd: int, payee_id: int | None,
    by: By, note: str, now: datetime,
) -> bool:  # fmt: skip
    """Count what a carrier collected though the order was paid by transfer: it goes back to the buyer.

    Args:
        line_id: of the carrier's file.
        payee_id: the account that the carrier paid into; None: it reached the seller.

    Returns:
        False when it was not paid by transfer in full, when the money lies with somebody else than
        the transfer, or when a carrier's money for this parcel was noted already, by whomever.
    """
    payment = session.execute(
        select(Payment.id, Payment.payee_id)
        .join(
            SellerOrder,
            (SellerOrder.order_id == Payment.order_id)
            & (SellerOrder.payee_id == Payment.payee_id)
            & (SellerOrder.method == Payment.method),
        )
        .where(SellerOrder.id == seller_order_id, Payment.method == "transfer")
    ).one_or_none()
    if payment is None:
        return False
    locked_payment(session, payment.id)
    beside = session.scalar(
        select(beside_transfer(payee_id)).where(SellerOrder.id == seller_order_id)
    )
    if beside != Beside.OPEN:
        return False
    before = select(func.count()).where(PaymentEvent.key.like(f"carrier-line:{line_id}:%"))
    return receive_from_carrier(
        session, payment_id=payment.id,
        key=f"carrier-line:{line_id}:{session.scalar(before) or 0}:{seller_order_id}",
        amount_vnd=amount_vnd, payee_id=None if payee_id == payment.payee_id else payee_id, by=by,
        note=note, now=now,
    )  # fmt: skip


def collected_by_line(session: Session, line_id: int) -> Any:
    """Return (id, payment_id) of the event that counts a carrier's line; None when none stands."""
    events = session.execute(
        select(PaymentEvent.id, PaymentEvent.payment_id)
        .where(PaymentEvent.key.like(f"carrier-line:{line_id}:%"))
        .order_by(PaymentEvent.id.desc())
    ).first()
    if events is None:
        return None
    undone = select(PaymentEvent.id).where(PaymentEvent.key == f"undo:{events.id}")
    return events if session.scalar(undone) is None else None
