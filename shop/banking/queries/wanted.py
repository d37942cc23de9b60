"""The payments that a transfer may be for, as ``rules.matching`` weighs them."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, String, cast, literal, or_, select
from sqlalchemy.orm import Session, aliased

from shop.banking.models import BankMatch
from shop.banking.rules.matching import LIKELY_WITHIN, TAPPED_BEFORE, Tap, Wanted
from shop.payments.holding import hold_parts
from shop.payments.models import Payment, PaymentEvent
from shop.payments.rules.amounts import missing_vnd
from shop.payments.told import TRANSFER, Subject
from shop.sellers.models import Payee

#: Who taps "received".
_PEOPLE = ("seller", "officer", "operator")
#: Guesses beside one transfer are few, or they are no help.
MOST_GUESSES = 5
#: Somebody who notes money by hand does it within days; older ones are of other money.
_TAPPED_AFTER = timedelta(days=7)


def named_by(
    session: Session, memos: Sequence[str], owner: Any, payee_ids: Sequence[int],
    booked_at: datetime, *, lock: bool = False,
) -> list[Wanted]:  # fmt: skip
    """Return the payments whose codes stand in a text, in the order of the codes.

    Args:
        owner: a row with ``seller_id`` and ``organisation_id``.
        payee_ids: the rows of the account that the money is on.
        lock: keep them as they are until the transaction ends.
    """
    if not memos:
        return []
    rows = _payments(session, Payment.memo.in_(memos), lock=lock)
    rows.sort(key=lambda row: memos.index(row.memo))
    return _wanted(session, rows, owner, payee_ids, booked_at)


def likely_for(
    session: Session, amount_vnd: int, owner: Any, payee_ids: Sequence[int], booked_at: datetime
) -> list[Wanted]:
    """Return payments into an account of just this amount: asked for within 48 hours, or noted."""
    held = Payment.received_vnd - Payment.refunded_vnd
    noted = select(PaymentEvent.payment_id).where(
        *_unclaimed(booked_at), PaymentEvent.amount_vnd == amount_vnd,
        PaymentEvent.at <= booked_at + _TAPPED_AFTER,
    )  # fmt: skip
    asked = (
        Payment.expired_at.is_(None)
        & (Payment.amount_vnd - held == amount_vnd)
        & Payment.opened_at.between(booked_at - LIKELY_WITHIN, booked_at + timedelta(days=1))
    )
    rows = _payments(
        session, Payment.payee_id.in_(payee_ids), or_(asked, Payment.id.in_(noted)),
        most=MOST_GUESSES,
    )  # fmt: skip
    return _wanted(session, rows, owner, payee_ids, booked_at)


def wanted_one(
    session: Session, payment_id: int, owner: Any, payee_ids: Sequence[int], booked_at: datetime
) -> Wanted | None:
    """Return one payment of the owner, locked, or None when it is somebody else's."""
    rows = _payments(session, Payment.id == payment_id, lock=True)
    found = _wanted(session, rows, owner, payee_ids, booked_at)
    return found[0] if found and found[0].is_ours else None


def _payments(
    session: Session, *where: ColumnElement[bool], lock: bool = False, most: int | None = None
) -> list[Any]:
    wanted = (
        select(
            Payment.id, Payment.memo, Payment.payee_id, Payment.amount_vnd, Payment.received_vnd,
            Payment.refunded_vnd, Payment.expired_at, Payee.seller_id, Payee.organisation_id,
        )
        .join(Payee, Payee.id == Payment.payee_id)
        .where(Payment.method == "transfer", *where)
        .order_by(Payment.id)
        .limit(most)
    )  # fmt: skip
    if lock:
        of = select(Payment.id).where(Payment.method == "transfer", *where).order_by(Payment.id)
        for payment_id in session.scalars(of).all():
            hold_parts(session, Subject(TRANSFER, payment_id))
        wanted = wanted.with_for_update(of=Payment)
    return list(session.execute(wanted))


def _wanted(
    session: Session, rows: Sequence[Any], owner: Any, payee_ids: Sequence[int],
    booked_at: datetime,
) -> list[Wanted]:  # fmt: skip
    taps: dict[int, list[Tap]] = {}
    for event in session.execute(
        select(PaymentEvent.id, PaymentEvent.payment_id, PaymentEvent.amount_vnd)
        .where(PaymentEvent.payment_id.in_([row.id for row in rows]), *_unclaimed(booked_at))
        .order_by(PaymentEvent.id)
    ):
        taps.setdefault(event.payment_id, []).append(Tap(event.id, event.amount_vnd))
    return [
        Wanted(
            payment_id=row.id,
            missing_vnd=missing_vnd(row.amount_vnd, row.received_vnd, row.refunded_vnd),
            is_over=row.expired_at is not None or row.amount_vnd == 0,
            is_here=row.payee_id in payee_ids,
            is_ours=(row.seller_id, row.organisation_id)
            == (owner.seller_id, owner.organisation_id),
            taps=tuple(taps.get(row.id, ())),
        )
        for row in rows
    ]


def _unclaimed(booked_at: datetime) -> tuple[ColumnElement[bool], ...]:
    """Conditions on a person's "received" that stands and that no notice has been found for."""
    undo = aliased(PaymentEvent)
    return (
        PaymentEvent.kind == "received",
        PaymentEvent.amount_vnd > 0,
        PaymentEvent.actor_kind.in_(_PEOPLE),
        PaymentEvent.at >= booked_at - TAPPED_BEFORE,
        ~select(BankMatch.id)
        .where(BankMatch.payment_event_id == PaymentEvent.id, BankMatch.undone_at.is_(None))
        .exists(),
        ~select(undo.id)
        .where(
            undo.payment_id == PaymentEvent.payment_id,
            undo.key == literal("undo:").concat(cast(PaymentEvent.id, String)),
        )
        .exists(),
    )
