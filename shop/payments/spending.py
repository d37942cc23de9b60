"""A buyer pays with her credit: as money that came, from no bank."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from shop.current import vault
from shop.kernel.codes import read_bearer_code
from shop.kernel.errors import NotYours
from shop.outbox.relay import record
from shop.payments.actions import follow_received, locked_payment
from shop.payments.credits import take_from
from shop.payments.events import CreditSpent
from shop.payments.methods import By
from shop.payments.methods.transfer import keep_event
from shop.payments.models import Credit
from shop.payments.queries import last_money_event
from shop.payments.queries.credits import names_of_owner
from shop.payments.rules.amounts import NothingToPay, missing_vnd
from shop.payments.rules.credits import (
    CreditElsewhere,
    CreditRefused,
    Owner,
)
from shop.payments.written import write_down
from shop.sellers.models import Payee


def spend_credit(
    session: Session,
    *,
    order_id: int,
    payment_id: int,
    typed: str,
    by: By,
    now: datetime,
) -> int:
    """Pay what is missing of a transfer with a credit, or as much of it as the credit has.

    Return how much that was. Of two taps one pays: then nothing is missing, or nothing left.

    Args:
        typed: the code, as she typed it.

    Raises:
        CreditRefused: no such code, nothing left of it, or it is spent with somebody else.
        NothingToPay: it is all there, or not asked for any more.
        NotYours: the payment is not of this order.
    """
    payment = locked_payment(session, payment_id)
    if payment.order_id != order_id or payment.method != "transfer":
        raise NotYours
    credit = _credit_called(session, typed)
    _check_owner(session, credit, payment.payee_id)
    wanted_vnd = missing_vnd(payment.amount_vnd, payment.received_vnd, payment.refunded_vnd)
    if not wanted_vnd or payment.expired_at is not None:
        raise NothingToPay
    spent_vnd = take_from(session, credit_id=credit.id, most_vnd=wanted_vnd)
    # Held, so that the next one has another name.
    key = f"credit:{credit.id}:{payment_id}:{last_money_event(session, payment_id)}"
    event_id = keep_event(
        session, payment_id, "received", key, by, now, spent_vnd, credit_id=credit.id
    )
    if event_id is None:
        raise RuntimeError("The payment is held, and yet its event was stored.")
    follow_received(session, payment, by, now)
    write_down(session, "payment.by_code", ("payment", payment_id), by, now, amount_vnd=spent_vnd)
    record(session, CreditSpent(payment_id, order_id, event_id, spent_vnd), now)
    return spent_vnd


def _credit_called(session: Session, typed: str) -> Credit:
    code = read_bearer_code(typed)
    found = session.scalar(select(Credit).where(Credit.code_index == vault().index("credit", code)))
    if not code or found is None:
        raise CreditRefused
    return found


def _check_owner(session: Session, credit: Credit, payee_id: int) -> None:
    payee = session.execute(
        select(Payee.seller_id, Payee.organisation_id).where(Payee.id == payee_id)
    ).one()
    owner = Owner(credit.seller_id, credit.organisation_id)
    if owner != Owner(payee.seller_id, payee.organisation_id):
        name_vi, name_en = names_of_owner(session, owner)
        raise CreditElsewhere(name_vi=name_vi, name_en=name_en)
