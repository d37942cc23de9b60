"""Money of a refund that a payer transferred though it had gone another way: it stays a person's task.

Whether the buyer sent it back, her code was withdrawn, or she keeps both is settled between people;
whoever ends the task says which. Nothing is booked by it.
"""

import hashlib
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from shop.kernel.errors import Refusal
from shop.outbox.relay import record
from shop.payments.events import RefundSentTwice
from shop.payments.gateways.actions.keeping import open_task
from shop.payments.gateways.models import GatewayTask
from shop.payments.methods import By
from shop.payments.models import Refund
from shop.payments.refunds.held import write_act
from shop.payments.rules.gateways import AT_BANK, SENT_TWICE
from shop.payments.rules.refunds import BY_HAND, RefundState, SentElsewhere, Way


def keep_sent_twice(
    session: Session, refusal: Refusal, *, refund_id: int, by: By, now: datetime
) -> None:
    """Keep that a payer says she transferred what had gone another way: people above her look at it.

    What another person noted by hand without another number of the bank is taken for the same
    transfer. Other refusals are nobody's money.
    """
    if not isinstance(refusal, SentElsewhere) or refusal.is_open:
        return
    refund = _refund(session, refund_id)
    by_hand = refund.way in BY_HAND and refund.way != Way.CAMPAIGN
    is_same = by_hand and refusal.reference in ("", refund.reference)
    if refund.state == RefundState.DONE and is_same:
        return
    write_act(
        session, "sent_twice", refund_id, by, now, amount_vnd=refund.amount_vnd,
        reference=refusal.reference,
    )  # fmt: skip
    record(session, RefundSentTwice(refund_id=refund_id, reference=refusal.reference), now)


def _refund(session: Session, refund_id: int) -> Any:
    return session.execute(
        select(
            Refund.payment_id, Refund.amount_vnd, Refund.state, Refund.way, Refund.reference
        ).where(Refund.id == refund_id)
    ).one()


def open_sent_twice(session: Session, *, refund_id: int, reference: str, now: datetime) -> None:
    """Have a person say what became of it; one task for each number of the bank, however often told.

    Told without a number it may be any that is kept.
    """
    # Two numbers that are told at once get a task each.
    session.execute(select(Refund.id).where(Refund.id == refund_id).with_for_update())
    refund, key = _refund(session, refund_id), f"{SENT_TWICE}:{refund_id}"
    kept = session.scalars(
        select(GatewayTask.outside_id).where(
            (GatewayTask.key == key) | GatewayTask.key.startswith(f"{key}:", autoescape=True)
        )
    ).all()
    if reference in kept or (kept and not reference):
        return
    if kept:  # A number may be longer than a key.
        key = f"{key}:{hashlib.sha256(reference.encode()).hexdigest()[:16]}"
    open_task(
        session, key=key, gateway=AT_BANK, reason=SENT_TWICE,
        payment_id=refund.payment_id, amount_minor=refund.amount_vnd, outside_id=reference,
        now=now,
    )  # fmt: skip
