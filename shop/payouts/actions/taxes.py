"""Tax that was withheld is paid to the tax office: planned by one person, paid by another.

Commission needs no such step: it is the organisation's own, on its own account.
"""

from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from shop.audit.actions import note
from shop.db import one_at_a_time
from shop.kernel.clock import noon_or_now
from shop.kernel.errors import NotYours
from shop.kernel.text import one_line
from shop.ledger.actions import post, reverse_posted
from shop.ledger.rules import Account, Leg
from shop.organisations.models import Organisation
from shop.payments.rules.sending import (
    PassMovedOn,
    PassNeedsAnother,
    PassReferenceNeeded,
    SendingState,
    check_sending,
)
from shop.payments.sending import end_sending
from shop.payouts.models import TaxPayment
from shop.payouts.queries.taxes import tax_account, tax_left
from shop.payouts.rules import MoreThanWithheld, NoAccountToPay, TaxPaymentPlanned
from shop.sellers.queries import current_payee


def plan_tax_payment(
    session: Session, *, organisation_id: int, amount_vnd: int, first_on: date, last_on: date,
    planner_id: int, actor_id: int | None, actor_name: str, now: datetime,
    for_name: str | None = None,
) -> TaxPayment:  # fmt: skip
    """Plan to pay tax that was withheld in a period; nothing is booked by that.

    Raises:
        NotYours, NoAccountToPay
        TaxPaymentPlanned: another one waits for its second person.
        MoreThanWithheld: than was withheld until the period's end, and not paid.
    """
    _hold_unit(session, organisation_id)
    own = current_payee(session, organisation_id=organisation_id)
    if own is None:
        raise NoAccountToPay
    waits = session.scalar(
        select(TaxPayment.id).where(
            TaxPayment.organisation_id == organisation_id, TaxPayment.state == SendingState.PLANNED
        )
    )
    if waits is not None:
        raise TaxPaymentPlanned(payment_id=waits)
    _check_left(session, organisation_id, amount_vnd, last_on)
    made = TaxPayment(
        organisation_id=organisation_id, payee_id=own.id, amount_vnd=amount_vnd,
        first_on=first_on, last_on=last_on, state=SendingState.PLANNED, planned_at=now,
        planned_by_id=planner_id,
    )  # fmt: skip
    session.add(made)
    session.flush()
    _note(session, "planned", made, actor_id, actor_name, now, for_name, planner_id)
    return made


def send_tax_payment(
    session: Session, *, payment_id: int, reference: str, receipt_no: str, paid_on: date,
    sender_id: int, actor_id: int | None, actor_name: str, now: datetime,
    for_name: str | None = None,
) -> bool:  # fmt: skip
    """Note as a second person that the tax office was paid; False: it was noted before.

    Raises:
        NotYours, PassReferenceNeeded, PassNeedsAnother, MoreThanWithheld
        PassMovedOn: it was dropped, or came back.
    """
    held = _hold(session, payment_id)
    reference, receipt_no = one_line(reference)[:60], one_line(receipt_no)[:60]
    if not reference or not receipt_no:
        raise PassReferenceNeeded
    if held.planned_by_id == sender_id:
        raise PassNeedsAnother
    if held.state == SendingState.SENT and held.reference == reference:
        return False
    check_sending(held.state, SendingState.SENT)
    _check_left(session, held.organisation_id, held.amount_vnd, held.last_on)
    held.state, held.reference, held.receipt_no = SendingState.SENT, reference, receipt_no
    held.paid_on, held.sent_at, held.sent_by_id = paid_on, now, sender_id
    session.flush()
    post(
        session, key=_key(payment_id), kind="tax_paid", subject=f"tax_payment:{payment_id}",
        now=now, occurred_at=noon_or_now(paid_on, now), note=reference,
        legs=[
            Leg(tax_account(held.organisation_id), held.amount_vnd),
            Leg(Account("bank", f"payee:{held.payee_id}"), -held.amount_vnd),
        ],
    )  # fmt: skip
    _note(session, "sent", held, actor_id, actor_name, now, for_name, sender_id,
          reference=reference, receipt_no=receipt_no)  # fmt: skip
    return True


def correct_tax_receipt(
    session: Session, *, payment_id: int, receipt_no: str, corrector_id: int,
    actor_id: int | None, actor_name: str, now: datetime, for_name: str | None = None,
) -> bool:  # fmt: skip
    """Put right the receipt's number of a payment that was sent; False when it is so already.

    The books have the day and the bank's number: a payment of another day is taken back and noted
    anew.

    Raises:
        NotYours, PassReferenceNeeded, PassNeedsAnother
        PassMovedOn: it was not sent, or came back.
    """
    held = _hold(session, payment_id)
    receipt_no, was = one_line(receipt_no)[:60], held.receipt_no
    if not receipt_no:
        raise PassReferenceNeeded
    if held.planned_by_id == corrector_id:
        raise PassNeedsAnother
    if held.state != SendingState.SENT:
        raise PassMovedOn(state=held.state)
    if receipt_no == was:
        return False
    held.receipt_no = receipt_no
    session.flush()
    _note(session, "corrected", held, actor_id, actor_name, now, for_name, corrector_id,
          before=was, receipt_no=receipt_no)  # fmt: skip
    return True


def tax_payment_came_back(
    session: Session, *, payment_id: int, why: str, actor_id: int | None, actor_name: str,
    now: datetime,
) -> None:  # fmt: skip
    """Note that the bank sent it back, or nobody paid it: the tax stands as before.

    Raises:
        NotYours, PassMovedOn
    """
    held = _hold(session, payment_id)
    end_sending(session, held, SendingState.CAME_BACK, actor_id, now, why)
    reverse_posted(
        session, posted=_key(payment_id), key=f"tax-payment:{payment_id}:back", now=now,
        note=held.ended_for,
    )  # fmt: skip
    _note(session, "came_back", held, actor_id, actor_name, now, reason=held.ended_for)


def drop_tax_payment(
    session: Session, *, payment_id: int, actor_id: int | None, actor_name: str, now: datetime,
    undoes_id: int | None = None,
) -> None:  # fmt: skip
    """Give up a payment that nobody made yet. Raises: NotYours, PassMovedOn"""
    held = _hold(session, payment_id)
    end_sending(session, held, SendingState.DROPPED, actor_id, now)
    _note(session, "dropped", held, actor_id, actor_name, now, undoes_id=undoes_id)


def _check_left(session: Session, organisation_id: int, amount_vnd: int, last_on: date) -> None:
    left_vnd = tax_left(session, organisation_id, last_on)
    if amount_vnd <= 0 or amount_vnd > left_vnd:
        raise MoreThanWithheld(left_vnd=max(0, left_vnd))


def _hold_unit(session: Session, organisation_id: int) -> None:
    """Let nobody else plan or pay tax of an organisation until the transaction ends."""
    if one_at_a_time(session, Organisation, organisation_id) is None:
        raise NotYours


def _hold(session: Session, payment_id: int) -> TaxPayment:
    unit = session.scalar(select(TaxPayment.organisation_id).where(TaxPayment.id == payment_id))
    if unit is None:
        raise NotYours
    _hold_unit(session, unit)
    held = one_at_a_time(session, TaxPayment, payment_id)
    assert held is not None  # Its row is never deleted.
    return held


def _key(payment_id: int) -> str:
    return f"tax-payment:{payment_id}:sent"


def _note(
    session: Session, word: str, held: TaxPayment, actor_id: int | None, actor_name: str,
    now: datetime, for_name: str | None = None, for_id: int | None = None,
    undoes_id: int | None = None, **facts: Any,
) -> None:  # fmt: skip
    note(
        session, action=f"tax_payment.{word}", subject_kind="tax_payment", subject_id=held.id,
        now=now, actor_id=actor_id, actor_name=actor_name,
        for_id=for_id if for_id != actor_id else None, for_name=for_name, undoes_id=undoes_id,
        amount_vnd=held.amount_vnd, organisation_id=held.organisation_id, **facts,
    )  # fmt: skip
