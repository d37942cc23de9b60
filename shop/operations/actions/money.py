"""Money into an organisation's account is noted, each time with its audit line."""

from datetime import datetime

from sqlalchemy.orm import Session

from shop.audit.actions import note
from shop.payments import actions as payments
from shop.payments import refunds
from shop.payments.methods import By
from shop.payments.queries import events_of
from shop.payments.told import TRANSFER, Subject


def note_received(
    session: Session, *, payment_id: int, amount_vnd: int, after: int, words: str = "", by: By,
    actor_name: str, now: datetime,
) -> bool:  # fmt: skip
    """Note that money reached the account: all of it, less, or more.

    Args:
        after: id of the last money event that whoever notes it has seen; the second note with
            the same number counts nothing and leaves no line. The others here likewise.

    Raises:
        AmountOutOfRange
    """
    noted = payments.confirm_received(
        session, payment_id=payment_id, amount_vnd=amount_vnd, after=after, by=by, note=words,
        now=now,
    )  # fmt: skip
    return _written(session, bool(noted), "received", payment_id, amount_vnd, by, actor_name, now)


def note_taken_back(
    session: Session, *, payment_id: int, event_id: int, by: By, actor_name: str, now: datetime
) -> bool:
    """Take a wrong confirmation back; it stays readable.

    Raises:
        NotYours: no such confirmation.
    """
    events = events_of(session, payment_id)
    wrong_vnd = next((event.amount_vnd for event in events if event.id == event_id), 0)
    noted = payments.take_back_confirmation(
        session, payment_id=payment_id, event_id=event_id, by=by, now=now
    )
    return _written(session, bool(noted), "taken_back", payment_id, wrong_vnd, by, actor_name, now)


def note_given_back(
    session: Session, *, payment_id: int, amount_vnd: int, after: int, words: str = "", by: By,
    actor_name: str, now: datetime,
) -> bool:  # fmt: skip
    """Note that money was transferred back to the buyer.

    Raises:
        MoreThanReceived, AmountOutOfRange
    """
    noted = refunds.give_back(
        session, of=Subject(TRANSFER, payment_id), amount_vnd=amount_vnd, after=after, by=by, note=words,
        now=now,
    )  # fmt: skip
    return _written(session, bool(noted), "given_back", payment_id, amount_vnd, by, actor_name, now)


def note_not_found(
    session: Session, *, payment_id: int, words: str = "", by: By, actor_name: str, now: datetime
) -> bool:
    """Note that what a buyer said she sent for an order that is over did not come.

    Raises:
        NotLate
    """
    noted = payments.close_late_report(session, payment_id=payment_id, by=by, note=words, now=now)
    return _written(session, bool(noted), "not_found", payment_id, 0, by, actor_name, now)


def _written(
    session: Session, noted: bool, act: str, payment_id: int, amount_vnd: int, by: By,
    actor_name: str, now: datetime,
) -> bool:  # fmt: skip
    if noted:
        note(
            session, action=f"payment.{act}", subject_kind="payment", subject_id=payment_id,
            now=now, actor_id=by.account_id, actor_name=actor_name, amount_vnd=amount_vnd,
        )  # fmt: skip
    return noted
