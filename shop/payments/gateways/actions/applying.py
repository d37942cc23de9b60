"""Acting on what a gateway told: once each, in whatever order it came."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from shop.db import upsert_into
from shop.kernel.errors import Refusal
from shop.ledger.actions import post
from shop.ledger.rules import Account, Leg
from shop.ordering.actions import hold_until
from shop.payments.actions import receive_online
from shop.payments.gateways.actions.gifts import apply_to_gift
from shop.payments.gateways.actions.keeping import open_task, wake_waiting
from shop.payments.gateways.actions.payouts import payout_failed, payout_told
from shop.payments.gateways.actions.told import IGNORED, WAITING, At, Done
from shop.payments.gateways.actions.visits import hold_anew
from shop.payments.gateways.models import (
    GatewayDispute,
    GatewayMessage,
    GatewayRefund,
    GatewayVisit,
)
from shop.payments.methods.giving_back import MADE_OUTSIDE, left_of
from shop.payments.methods.online import drop_visits
from shop.payments.methods.protocol import By
from shop.payments.methods.transfer import keep_event
from shop.payments.models import Payment
from shop.payments.queries import seller_orders_of
from shop.payments.refunds import ask_back, came_back, refund, settled
from shop.payments.rules.amounts import surplus_vnd
from shop.payments.rules.gateways import (
    REFUND_MOVES,
    VISIT_MOVES,
    RefundState,
    Told,
    VisitState,
    fee_vnd,
    vnd_of,
)
from shop.payments.rules.refunds import Way
from shop.payments.told import TRANSFER, Subject

SYSTEM = By("system")


def message_to_read(session: Session, message_id: int) -> GatewayMessage | None:
    """Return a message that nobody has acted on; None when somebody has."""
    message = session.get(GatewayMessage, message_id)
    return message if message is not None and message.state in ("new", "waiting") else None


def apply_told(
    session: Session, *, message_id: int, told: Told, more: Sequence[Any] = (), now: datetime
) -> str | None:
    """Act on a message, once; return its state, None when it was acted on before.

    Args:
        more: what was fetched for it beforehand: refunds of a charge, lines of a payout.
    """
    message = session.scalar(
        select(GatewayMessage)
        .where(GatewayMessage.id == message_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if message is None or message.state not in ("new", "waiting"):
        return None
    of_gift = apply_to_gift(session, message, told, more, now)
    done = (
        Done(of_gift.state, of_gift.reason)
        if of_gift is not None
        else _ABOUT[told.about](At(session, message, now), told, more)
    )
    message.state, message.reason, message.payment_id = done.state, done.reason, done.payment_id
    message.charge_id = told.charge_id or None
    message.applied_at = now if done.state != "waiting" else None
    return done.state


def keep_unreadable(session: Session, *, message_id: int, now: datetime) -> None:
    """A signed message that says nothing one can act on is a person's."""
    message = session.get_one(GatewayMessage, message_id)
    message.state, message.reason, message.applied_at = "task", "unreadable", now
    open_task(
        session, key=f"message:{message_id}", gateway=message.gateway, reason="unknown_visit",
        outside_id=message.outside_id, now=now,
    )  # fmt: skip


def _move(visit: GatewayVisit, to: VisitState, now: datetime) -> bool:
    if to not in VISIT_MOVES[VisitState(visit.state)]:
        return False
    visit.state, visit.changed_at = to, now
    return True


def _paid(at: At, told: Told, _more: Sequence[Any]) -> Done:
    visit = at.visit(GatewayVisit.key == told.key)
    if visit is None:
        return at.task("unknown_visit", told)
    payment_id = visit.payment_id
    if visit.state == VisitState.PAID and visit.charge_id == told.charge_id:
        return IGNORED  # Told twice: completed, and then succeeded.
    if visit.outside_id not in (None, told.outside_id) or visit.state == VisitState.PAID:
        return at.task("paid_twice", told, payment_id)
    if (told.currency, told.amount_minor) != (visit.currency, visit.amount_minor):
        return at.task("wrong_amount", told, payment_id)
    _move(visit, VisitState.PAID, at.now)
    visit.outside_id, visit.charge_id = told.outside_id or visit.outside_id, told.charge_id
    at.session.flush()
    receive_online(
        at.session, payment_id=payment_id, visit_id=visit.id, amount_vnd=visit.amount_vnd,
        currency=visit.currency, amount_minor=visit.amount_minor, now=at.now,
    )  # fmt: skip
    drop_visits(at.session, payment_id, at.now)
    _look_at_surplus(at, told, payment_id)
    wake_waiting(at.session, at.message.gateway, told.charge_id, at.now)
    return Done("applied", "", payment_id)


def _look_at_surplus(at: At, told: Told, payment_id: int) -> None:
    """More than is owed: it came twice, or after all was over and the goods are gone."""
    payment = at.session.get_one(Payment, payment_id)
    at.session.refresh(payment)
    if surplus_vnd(payment.amount_vnd, payment.received_vnd, payment.refunded_vnd):
        late = not payment.amount_vnd
        at.task("came_late" if late else "paid_twice", told, payment_id)


def _pending(at: At, told: Told, _more: Sequence[Any]) -> Done:
    """The buyer is done, her bank is not: the goods are held until it says so."""
    visit = at.visit(GatewayVisit.key == told.key)
    if visit is None:
        return at.task("unknown_visit", told)
    if not _move(visit, VisitState.PENDING, at.now):
        return IGNORED
    visit.outside_id = told.outside_id
    hold_until(
        at.session, [part.id for part in seller_orders_of(at.session, visit.payment_id)], None
    )
    return Done("applied", "", visit.payment_id)


def _failed(at: At, told: Told, _more: Sequence[Any]) -> Done:
    """Her bank said no, or the page closed: she may try again while the goods are held."""
    visit = at.visit(GatewayVisit.key == told.key)
    if visit is None:
        return IGNORED
    was_pending = visit.state == VisitState.PENDING
    to = VisitState.FAILED if told.about == "failed" else VisitState.EXPIRED
    if not _move(visit, to, at.now):
        return IGNORED
    if was_pending:
        hold_anew(at.session, visit.payment_id, at.now)
    return Done("applied", "", visit.payment_id)


def _refund_told(at: At, told: Told, _more: Sequence[Any]) -> Done:
    visit = at.visit(GatewayVisit.charge_id == told.charge_id) if told.charge_id else None
    if visit is None:
        return WAITING
    settle_refund(at.session, visit=visit, told=told, now=at.now)
    return Done("applied", "", visit.payment_id)


def _refunds_told(at: At, told: Told, more: Sequence[Any]) -> Done:
    visit = at.visit(GatewayVisit.charge_id == told.charge_id) if told.charge_id else None
    if visit is None:
        return WAITING
    if not more:  # The gateway does not say which: a person looks there.
        return at.task("refund_too_much", told, visit.payment_id)
    for one in more:
        settle_refund(at.session, visit=visit, told=one, now=at.now)
    return Done("applied", "", visit.payment_id)


def settle_refund(session: Session, *, visit: GatewayVisit, told: Told, now: datetime) -> None:
    """Bring one refund to the state that the gateway tells; also one made on its own pages."""
    sent = session.scalar(
        select(GatewayRefund)
        .where(
            GatewayRefund.gateway == visit.gateway,
            (GatewayRefund.outside_id == told.outside_id)
            | ((GatewayRefund.key == told.key) & (GatewayRefund.visit_id == visit.id)),
        )
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if sent is None:
        sent = _made_outside(session, visit, told, now)
        if sent is None:
            return
    sent.outside_id = told.outside_id or sent.outside_id
    to, was = RefundState(told.state), RefundState(sent.state)
    if to not in REFUND_MOVES[was]:
        return
    sent.state, sent.reason, sent.changed_at = to, told.reason, now
    session.flush()
    key = sent.key
    if to == RefundState.SUCCEEDED:
        settled(
            session, key=key, is_done=True, reference=(sent.outside_id or "")[:60], by=SYSTEM,
            now=now,
        )  # fmt: skip
    elif to == RefundState.FAILED:
        if was == RefundState.SUCCEEDED:
            came_back(session, key=key, by=SYSTEM, now=now)
        else:
            settled(session, key=key, is_done=False, by=SYSTEM, now=now)
        open_task(
            session, key=f"refund:{sent.id}", gateway=sent.gateway, reason="refund_failed",
            payment_id=sent.payment_id, currency=sent.currency,
            amount_minor=sent.amount_minor, outside_id=sent.outside_id or "", now=now,
        )  # fmt: skip


def _made_outside(
    session: Session, visit: GatewayVisit, told: Told, now: datetime
) -> GatewayRefund | None:
    """Write down a refund that somebody made on the gateway's own pages; a person hears of it."""
    left_vnd, left_minor = left_of(session, visit)
    wrong = told.currency != visit.currency or not 0 < told.amount_minor <= left_minor
    whole = told.amount_minor == left_minor
    amount_vnd = (
        left_vnd
        if whole
        else min(left_vnd, max(1, told.amount_minor * visit.amount_vnd // visit.amount_minor))
    )
    made = GatewayRefund(
        payment_id=visit.payment_id, visit_id=visit.id, gateway=visit.gateway, key="",
        amount_vnd=amount_vnd, currency=visit.currency, amount_minor=told.amount_minor,
        state=RefundState.INTENDED, outside_id=told.outside_id, actor_kind="system", wanted_at=now,
        changed_at=now,
    )  # fmt: skip
    if not wrong:
        try:
            with session.begin_nested():
                session.info[MADE_OUTSIDE] = made
                refund(
                    session, of=Subject(TRANSFER, visit.payment_id), amount_vnd=amount_vnd,
                    way=Way.CARD, key=f"outside:{told.outside_id}"[:80], by=SYSTEM, now=now,
                )  # fmt: skip
        except Refusal:
            wrong = True
        finally:
            session.info.pop(MADE_OUTSIDE, None)
    open_task(
        session, key=f"refund-of:{told.outside_id}"[:60], gateway=visit.gateway,
        reason="refund_too_much" if wrong else "refund_outside", payment_id=visit.payment_id,
        currency=told.currency, amount_minor=told.amount_minor, outside_id=told.outside_id,
        now=now,
    )  # fmt: skip
    return None if wrong else made


def _dispute_told(at: At, told: Told, _more: Sequence[Any]) -> Done:
    """A bank took money back, or gave it back: booked as it stands, whichever came first."""
    visit = at.visit(GatewayVisit.charge_id == told.charge_id) if told.charge_id else None
    if visit is None:
        return _dispute_of_nothing(at, told)
    asked = (visit.currency, visit.amount_minor, visit.amount_vnd)
    taken_vnd = vnd_of(told.currency, told.amount_minor, asked)
    if taken_vnd is not None and told.currency != visit.currency:  # Told by a later rate.
        taken_vnd = min(taken_vnd, visit.amount_vnd)
    if taken_vnd is None or taken_vnd > visit.amount_vnd:
        return at.task("dispute_unclear", told, visit.payment_id)
    fees_vnd = fee_vnd(told.fee_minor, told.fee_of_minor, taken_vnd)
    session, gateway = at.session, visit.gateway
    session.execute(
        upsert_into(session, GatewayDispute)
        .values(
            gateway=gateway, outside_id=told.outside_id, visit_id=visit.id,
            payment_id=visit.payment_id, taken_vnd=0, fee_vnd=0, lines=0, currency=told.currency,
            amount_minor=told.amount_minor, state="open", reason=told.reason, opened_at=at.now,
        )
        .on_conflict_do_nothing(index_elements=["gateway", "outside_id"])
    )  # fmt: skip
    dispute = session.scalars(
        select(GatewayDispute)
        .where(GatewayDispute.gateway == gateway, GatewayDispute.outside_id == told.outside_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one()
    unit = f"organisation:{at.payee(visit.payment_id).organisation_id}"
    before = _of_dispute(dispute, unit, gateway)
    # A fee is what all its lines come to so far: the message that knows of more of them is later.
    if told.lines > dispute.lines:
        dispute.fee_vnd, dispute.lines = fees_vnd, told.lines
    if dispute.state == "open":  # Decided is decided: an older message changes nothing.
        dispute.taken_vnd = max(dispute.taken_vnd, taken_vnd)
        dispute.state = told.state
        dispute.closed_at = at.now if told.state != "open" else None
    legs = _between(before, _of_dispute(dispute, unit, gateway))
    if legs:
        post(
            session, key=f"dispute:{dispute.id}:{at.message.id}", kind=f"dispute_{dispute.state}",
            legs=legs, subject=f"dispute:{dispute.id}", now=at.now,
        )  # fmt: skip
    # What was promised back and a bank decided over is that bank's refund, or goes its way now.
    session.flush()
    ask_back(session, Subject(TRANSFER, visit.payment_id), at.now)
    keep_event(
        session, visit.payment_id, "disputed", f"dispute:{dispute.id}:{dispute.state}", SYSTEM,
        at.now, dispute.taken_vnd, dispute.reason,
    )  # fmt: skip
    open_task(
        session, key=f"dispute:{dispute.id}:{dispute.state}", gateway=gateway, reason="disputed",
        payment_id=visit.payment_id, currency=told.currency, amount_minor=told.amount_minor,
        outside_id=told.outside_id, now=at.now,
    )  # fmt: skip
    return Done("applied", "", visit.payment_id)


def _dispute_of_nothing(at: At, told: Told) -> Done:
    """A bank takes back what nobody counted here: a person is asked at once, banks set a time."""
    if told.state == "open" or told.charge_id == "":
        open_task(
            at.session, key=f"dispute-of:{told.outside_id}"[:60], gateway=at.message.gateway,
            reason="dispute_unclear", currency=told.currency, amount_minor=told.amount_minor,
            outside_id=told.outside_id, now=at.now,
        )  # fmt: skip
    return WAITING


def _of_dispute(dispute: GatewayDispute, unit: str, gateway: str) -> dict[Account, int]:
    """Return what stands in the books about a dispute."""
    taken = 0 if dispute.state == "won" else dispute.taken_vnd
    where = "card_lost" if dispute.state == "lost" else "card_disputed"
    return {
        Account("card_clearing", unit, gateway): -taken - dispute.fee_vnd,
        Account(where, unit, gateway): taken,
        Account("card_fees", unit, gateway): dispute.fee_vnd,
    }


def _between(before: dict[Account, int], later: dict[Account, int]) -> list[Leg]:
    return [
        Leg(account, change)
        for account in sorted({*before, *later})
        if (change := later.get(account, 0) - before.get(account, 0))
    ]


def _nothing(_at: At, _told: Told, _more: Sequence[Any]) -> Done:
    return IGNORED


_ABOUT: dict[str, Callable[[At, Told, Sequence[Any]], Done]] = {
    "paid": _paid,
    "pending": _pending,
    "failed": _failed,
    "expired": _failed,
    "refund": _refund_told,
    "refunds": _refunds_told,
    "dispute": _dispute_told,
    "payout": payout_told,
    "payout_failed": payout_failed,
    "nothing": _nothing,
}


def keep_refund_refused(session: Session, *, refund_id: int, why: str, now: datetime) -> None:
    """Note that the gateway refuses a refund for good: a person goes on from here."""
    refund = session.get_one(GatewayRefund, refund_id)
    visit = session.get_one(GatewayVisit, refund.visit_id)
    told = Told(
        "refund", key=refund.key, outside_id=refund.outside_id or "", charge_id=visit.charge_id or "",
        currency=refund.currency, amount_minor=refund.amount_minor, state=RefundState.FAILED,
        reason=why,
    )  # fmt: skip
    settle_refund(session, visit=visit, told=told, now=now)
