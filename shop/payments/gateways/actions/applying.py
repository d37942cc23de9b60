"""Acting on what a gateway told: once each, in whatever order it came."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from shop.db import upsert_into
from shop.kernel.errors import Refusal
from shop.ledger.actions import post
from shop.ledger.rules import Account, Leg
from shop.ordering.actions import hold_until
from shop.ordering.queries import holds
from shop.outbox.relay import record
from shop.payments.actions import receive_online
from shop.payments.events import GatewayTold
from shop.payments.gateways.actions.gifts import apply_to_gift
from shop.payments.gateways.actions.keeping import open_task
from shop.payments.gateways.models import (
    GatewayDispute,
    GatewayMessage,
    GatewayPayout,
    GatewayRefund,
    GatewayVisit,
    GiftBack,
    GiftVisit,
)
from shop.payments.methods.giving_back import MADE_OUTSIDE, left_of
from shop.payments.methods.online import drop_visits
from shop.payments.methods.protocol import By
from shop.payments.methods.transfer import keep_event
from shop.payments.models import Payment
from shop.payments.queries import seller_orders_of
from shop.payments.refunds import came_back, refund, settled
from shop.payments.rules.amounts import surplus_vnd
from shop.payments.rules.gateways import (
    REFUND_MOVES,
    VISIT_MOVES,
    Line,
    RefundState,
    Told,
    VisitState,
    fee_vnd,
)
from shop.payments.rules.refunds import Way
from shop.payments.told import TRANSFER, Subject
from shop.sellers.models import Payee

SYSTEM = By("system")


@dataclass(frozen=True, slots=True)
class Done:
    """What came of a message: its state and why, and which payment it was about."""

    state: str
    reason: str = ""
    payment_id: int | None = None


IGNORED, WAITING = Done("ignored"), Done("waiting")


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
        else _ABOUT[told.about](_At(session, message, now), told, more)
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


@dataclass(frozen=True, slots=True)
class _At:
    """A message in the transaction that acts on it."""

    session: Session
    message: GatewayMessage
    now: datetime

    def visit(self, *where: Any) -> GatewayVisit | None:
        """Return a visit of this gateway; its payment is locked first, as everywhere."""
        found = self.session.execute(
            select(GatewayVisit.id, GatewayVisit.payment_id).where(
                GatewayVisit.gateway == self.message.gateway, *where
            )
        ).first()
        if found is None:
            return None
        self.session.execute(
            select(Payment.id).where(Payment.id == found.payment_id).with_for_update()
        )
        return self.session.scalar(
            select(GatewayVisit)
            .where(GatewayVisit.id == found.id)
            .with_for_update()
            .execution_options(populate_existing=True)
        )

    def task(self, reason: str, told: Told, payment_id: int | None = None) -> Done:
        open_task(
            self.session, key=f"message:{self.message.id}", gateway=self.message.gateway,
            reason=reason, payment_id=payment_id, currency=told.currency,
            amount_minor=told.amount_minor, outside_id=told.charge_id or told.outside_id,
            now=self.now,
        )  # fmt: skip
        return Done("task", reason, payment_id)

    def payee(self, payment_id: int) -> Any:
        return self.session.execute(
            select(Payee.id, Payee.organisation_id)
            .join(Payment, Payment.payee_id == Payee.id)
            .where(Payment.id == payment_id)
        ).one()


def _move(visit: GatewayVisit, to: VisitState, now: datetime) -> bool:
    if to not in VISIT_MOVES[VisitState(visit.state)]:
        return False
    visit.state, visit.changed_at = to, now
    return True


def _paid(at: _At, told: Told, _more: Sequence[Any]) -> Done:
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
    _wake_waiting(at, told.charge_id)
    return Done("applied", "", payment_id)


def _look_at_surplus(at: _At, told: Told, payment_id: int) -> None:
    """More than is owed: it came twice, or after all was over and the goods are gone."""
    payment = at.session.get_one(Payment, payment_id)
    at.session.refresh(payment)
    if surplus_vnd(payment.amount_vnd, payment.received_vnd, payment.refunded_vnd):
        late = not payment.amount_vnd
        at.task("came_late" if late else "paid_twice", told, payment_id)


def _wake_waiting(at: _At, charge_id: str) -> None:
    """What was told of a charge before the charge itself is looked at again."""
    if not charge_id:
        return
    for message_id in at.session.scalars(
        select(GatewayMessage.id).where(
            GatewayMessage.gateway == at.message.gateway,
            GatewayMessage.charge_id == charge_id,
            GatewayMessage.state == "waiting",
        )
    ).all():
        record(at.session, GatewayTold(message_id=message_id), at.now)


def _pending(at: _At, told: Told, _more: Sequence[Any]) -> Done:
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


def _failed(at: _At, told: Told, _more: Sequence[Any]) -> Done:
    """Her bank said no, or the page closed: she may try again while the goods are held."""
    visit = at.visit(GatewayVisit.key == told.key)
    if visit is None:
        return IGNORED
    was_pending = visit.state == VisitState.PENDING
    to = VisitState.FAILED if told.about == "failed" else VisitState.EXPIRED
    if not _move(visit, to, at.now):
        return IGNORED
    if was_pending:
        _hold_anew(at, visit.payment_id)
    return Done("applied", "", visit.payment_id)


def _hold_anew(at: _At, payment_id: int) -> None:
    """Held without end while the bank thought; from now on for the usual while."""
    parts = [part.id for part in seller_orders_of(at.session, payment_id)]
    hold_until(at.session, parts, at.now + timedelta(minutes=holds().online_minutes))


def _refund_told(at: _At, told: Told, _more: Sequence[Any]) -> Done:
    visit = at.visit(GatewayVisit.charge_id == told.charge_id) if told.charge_id else None
    if visit is None:
        return WAITING
    settle_refund(at.session, visit=visit, told=told, now=at.now)
    return Done("applied", "", visit.payment_id)


def _refunds_told(at: _At, told: Told, more: Sequence[Any]) -> Done:
    visit = at.visit(GatewayVisit.charge_id == told.charge_id) if told.charge_id else None
    if visit is None:
        return WAITING
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


def _dispute_told(at: _At, told: Told, _more: Sequence[Any]) -> Done:
    """A bank took money back, or gave it back: booked as it stands, whichever came first."""
    visit = at.visit(GatewayVisit.charge_id == told.charge_id) if told.charge_id else None
    if visit is None:
        return WAITING
    taken_vnd = fee_vnd(told.amount_minor, visit.amount_minor, visit.amount_vnd)
    fees_vnd = fee_vnd(told.fee_minor, told.fee_of_minor, taken_vnd)
    session, gateway = at.session, visit.gateway
    session.execute(
        upsert_into(session, GatewayDispute)
        .values(
            gateway=gateway, outside_id=told.outside_id, visit_id=visit.id,
            payment_id=visit.payment_id, taken_vnd=0, fee_vnd=0, currency=told.currency,
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
    if dispute.state == "open":  # Decided is decided: an older message changes nothing.
        dispute.taken_vnd = max(dispute.taken_vnd, taken_vnd)
        dispute.fee_vnd = fees_vnd if told.fee_of_minor else dispute.fee_vnd
        dispute.state = told.state
        dispute.closed_at = at.now if told.state != "open" else None
    legs = _between(before, _of_dispute(dispute, unit, gateway))
    if legs:
        post(
            session, key=f"dispute:{dispute.id}:{at.message.id}", kind=f"dispute_{dispute.state}",
            legs=legs, subject=f"dispute:{dispute.id}", now=at.now,
        )  # fmt: skip
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


def _payout_told(at: _At, told: Told, more: Sequence[Any]) -> Done:
    """Money reached the organisation's bank: each line by what it is in đồng here."""
    gateway, session = at.message.gateway, at.session
    _keep_payout_of_gifts(session, gateway, told.outside_id, more)
    lines = [_booked(session, gateway, line) for line in more]
    known = [line for line in lines if line is not None]
    adds_up = sum(line.amount_minor - line.fee_minor for line in more) == told.amount_minor
    if not more or len(known) != len(lines) or not adds_up:
        return at.task("payout_unclear", told)
    payees = {line.payee for line in known}
    if len(payees) != 1:
        return at.task("payout_unclear", told)
    payee_id, organisation_id = payees.pop()
    bank_vnd = sum(line.bank_vnd for line in known)
    fees_vnd = sum(line.fees_vnd for line in known)
    payout_id = session.scalar(
        upsert_into(session, GatewayPayout)
        .values(
            gateway=gateway, outside_id=told.outside_id, organisation_id=organisation_id,
            payee_id=payee_id, bank_vnd=bank_vnd, fees_vnd=fees_vnd, currency=told.currency,
            amount_minor=told.amount_minor, paid_at=told.at or at.now,
        )
        .on_conflict_do_nothing(index_elements=["gateway", "outside_id"])
        .returning(GatewayPayout.id)
    )  # fmt: skip
    if payout_id is None:
        return IGNORED
    unit = f"organisation:{organisation_id}"
    foreign = (told.currency, told.amount_minor) if told.currency != "VND" else (None, None)
    legs = [
        Leg(Account("bank", f"payee:{payee_id}"), bank_vnd, *foreign),
        Leg(Account("card_fees", unit, gateway), fees_vnd),
        Leg(Account("card_clearing", unit, gateway), -bank_vnd - fees_vnd),
    ]
    legs = [leg for leg in legs if leg.amount_vnd]
    if legs:
        post(
            session, key=f"gateway-payout:{payout_id}", kind="cleared", legs=legs,
            subject=f"gateway_payout:{payout_id}", now=at.now, occurred_at=told.at or at.now,
        )  # fmt: skip
    return Done("applied")


def _keep_payout_of_gifts(
    session: Session, gateway: str, payout: str, lines: Sequence[Line]
) -> None:
    """Note with which payout each gift comes to the bank, whether or not all else of it is clear."""
    charges = {line.charge_id for line in lines if line.charge_id and line.amount_minor > 0}
    if charges:
        session.execute(
            update(GiftVisit)
            .where(
                GiftVisit.gateway == gateway, GiftVisit.charge_id.in_(charges),
                GiftVisit.payout_outside_id.is_(None),
            )
            .values(payout_outside_id=payout)
            .execution_options(synchronize_session=False)
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Booked:
    """One line of a payout in đồng, and whose account it is."""

    bank_vnd: int
    fees_vnd: int
    payee: tuple[int, int]


def _booked(session: Session, gateway: str, line: Line) -> _Booked | None:
    """Return what a line is in đồng; None when its cause is not known here."""
    found = next(filter(None, (look(session, gateway, line) for look in _CAUSES)), None)
    of_gift = _of_gift(session, gateway, line) if found is None else None
    if found is None and of_gift is None:
        return None
    if of_gift is not None:
        payee_id, line_vnd, counts_fee = of_gift
        whose = Payee.id == payee_id
    else:
        payment_id, line_vnd, counts_fee = found  # type: ignore[misc]
        whose = Payee.id.in_(select(Payment.payee_id).where(Payment.id == payment_id))
    fees = fee_vnd(line.fee_minor, line.amount_minor, line_vnd)
    payee: Any = session.execute(select(Payee.id, Payee.organisation_id).where(whose)).one()
    return _Booked(line_vnd - fees, fees if counts_fee else 0, (payee[0], payee[1]))


Cause = tuple[int, int, bool]


def _charge(session: Session, gateway: str, line: Line) -> Cause | None:
    if line.amount_minor <= 0 or not line.charge_id:
        return None
    row = session.execute(
        select(GatewayVisit.payment_id, GatewayVisit.amount_vnd).where(
            GatewayVisit.gateway == gateway, GatewayVisit.charge_id == line.charge_id
        )
    ).first()
    return (row.payment_id, row.amount_vnd, True) if row else None


def _refund(session: Session, gateway: str, line: Line) -> Cause | None:
    row = session.execute(
        select(GatewayRefund.payment_id, GatewayRefund.amount_vnd).where(
            GatewayRefund.gateway == gateway, GatewayRefund.outside_id == line.source
        )
    ).first()
    if row is None:
        return None
    return row.payment_id, row.amount_vnd if line.amount_minor > 0 else -row.amount_vnd, True


def _dispute(session: Session, gateway: str, line: Line) -> Cause | None:
    row = session.execute(
        select(GatewayDispute.payment_id, GatewayDispute.taken_vnd).where(
            GatewayDispute.gateway == gateway, GatewayDispute.outside_id == line.source
        )
    ).first()
    if row is None:
        return None
    # Its fee left the clearing account when the bank took the money.
    return row.payment_id, row.taken_vnd if line.amount_minor > 0 else -row.taken_vnd, False


def _of_gift(session: Session, gateway: str, line: Line) -> Cause | None:
    """Return (payee, đồng, whether the fee counts) of a gift's charge, refund or dispute."""
    back = session.execute(
        select(GiftVisit.payee_id, GiftBack.amount_vnd, GiftBack.kind)
        .join(GiftVisit, GiftVisit.id == GiftBack.visit_id)
        .where(GiftVisit.gateway == gateway, GiftBack.outside_id == line.source)
    ).first()
    if back is not None:
        vnd = back.amount_vnd if line.amount_minor > 0 else -back.amount_vnd
        return back.payee_id, vnd, back.kind == "refund"
    charge = session.execute(
        select(GiftVisit.payee_id, GiftVisit.amount_vnd).where(
            GiftVisit.gateway == gateway, GiftVisit.charge_id == line.charge_id
        )
    ).first()
    if charge is None or not line.charge_id or line.amount_minor <= 0:
        return None
    return charge.payee_id, charge.amount_vnd, True


_CAUSES: tuple[Callable[[Session, str, Line], Cause | None], ...] = (_refund, _dispute, _charge)


def _nothing(_at: _At, _told: Told, _more: Sequence[Any]) -> Done:
    return IGNORED


_ABOUT: dict[str, Callable[[_At, Told, Sequence[Any]], Done]] = {
    "paid": _paid,
    "pending": _pending,
    "failed": _failed,
    "expired": _failed,
    "refund": _refund_told,
    "refunds": _refunds_told,
    "dispute": _dispute_told,
    "payout": _payout_told,
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
