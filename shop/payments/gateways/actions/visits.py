"""A buyer's visits to a payment page: wanted, opened, held for."""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from shop.kernel.currencies import Rate
from shop.ordering.actions import hold_until
from shop.ordering.models import SellerOrder
from shop.ordering.queries import holds
from shop.ordering.rules import EXPIRING
from shop.payments.gateways.models import GatewayVisit
from shop.payments.holding import held_payment
from shop.payments.methods.online import check_amount, drop_visits
from shop.payments.methods.protocol import By
from shop.payments.methods.transfer import keep_event
from shop.payments.models import Payment, PaymentEvent
from shop.payments.queries import seller_orders_of
from shop.payments.rules.amounts import missing_vnd
from shop.payments.rules.gateways import (
    LONGEST_HOLD,
    LONGEST_PENDING,
    ONLINE,
    CannotHoldLonger,
    NotPaidOnline,
    VisitState,
)

#: Stripe's pages stay open for half an hour or longer; a minute more for the way there.
PAGE_STAYS = timedelta(minutes=31)
#: A visit that was asked for so recently is asked for again with the same key.
SAME_ASKING = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Wanted:
    """A visit that stands in the database. ``url``: known already, "" when it has to be asked for."""

    id: int
    url: str


def want_visit(
    session: Session,
    *,
    payment_id: int,
    rate: Rate | None,
    locale: str,
    hold: timedelta,
    now: datetime,
) -> Wanted:
    """Store that the buyer wants to pay what is missing; the goods are held meanwhile.

    Whoever taps twice gets the same page. Another amount or currency is another visit, and
    the one before is let go of.

    Args:
        rate: of the currency that she chose; None for đồng.

    Raises:
        NotPaidOnline: another way of paying, or nothing is missing.
        AmountNotTaken: more, or less, than one payment there may be.
        CannotHoldLonger: the goods are not hers any more.
    """
    payment = locked_online(session, payment_id)
    missing = missing_vnd(payment.amount_vnd, payment.received_vnd, payment.refunded_vnd)
    if missing <= 0:
        raise NotPaidOnline
    check_amount(payment.method, missing)
    currency, minor = (rate.currency, rate.minor(missing)) if rate else ("VND", missing)
    if minor <= 0:
        raise NotPaidOnline
    known = _standing(session, payment_id, missing, currency, minor, now)
    if known is not None:
        return known
    ends = now + max(hold, PAGE_STAYS)
    _hold_for(session, payment_id, ends)
    visit = GatewayVisit(
        payment_id=payment_id, gateway=payment.method,
        key=f"{payment.memo}-{secrets.token_hex(6)}", amount_vnd=missing, currency=currency,
        amount_minor=minor, rate=str(rate) if rate else "", locale=locale,
        state=VisitState.INTENDED, opened_at=now, expires_at=ends, changed_at=now,
    )  # fmt: skip
    session.add(visit)
    session.flush()
    drop_visits(session, payment_id, now, but=visit.id)
    return Wanted(visit.id, "")


def locked_online(session: Session, payment_id: int) -> Payment:
    """Return a payment on another page as it is stored now, held with its parts.

    Raises:
        NotPaidOnline
    """
    payment = held_payment(session, payment_id)
    if payment is None or payment.method not in ONLINE:
        raise NotPaidOnline
    return payment


def stop_asking(session: Session, payment: Payment, now: datetime) -> None:
    """Ask nothing more of a payment: its parts are paid otherwise.

    Raises:
        NotPaidOnline: some of it is there, or her bank is at it.
    """
    pending = session.scalar(
        select(GatewayVisit.id).where(
            GatewayVisit.payment_id == payment.id, GatewayVisit.state == VisitState.PENDING
        )
    )
    if payment.received_vnd or pending is not None:
        raise NotPaidOnline
    payment.amount_vnd, payment.expired_at = 0, now
    count = session.scalar(
        select(func.count()).select_from(PaymentEvent).where(PaymentEvent.payment_id == payment.id)
    )
    keep_event(session, payment.id, "expired", f"owed:{payment.id}:{count}", By("buyer"), now, 0)
    drop_visits(session, payment.id, now)
    session.flush()


def _standing(
    session: Session, payment_id: int, amount_vnd: int, currency: str, minor: int, now: datetime
) -> Wanted | None:
    """Return a visit that is open for just this, or was asked for a moment ago."""
    row = session.execute(
        select(GatewayVisit.id, GatewayVisit.url)
        .where(
            GatewayVisit.payment_id == payment_id,
            GatewayVisit.amount_vnd == amount_vnd,
            GatewayVisit.currency == currency,
            GatewayVisit.amount_minor == minor,
            (
                (GatewayVisit.state == VisitState.OPEN)
                & (GatewayVisit.expires_at > now + timedelta(minutes=5))
            )
            | (
                (GatewayVisit.state == VisitState.INTENDED)
                & (GatewayVisit.opened_at > now - SAME_ASKING)
            ),
        )
        .order_by(GatewayVisit.id.desc())
        .limit(1)
    ).one_or_none()
    return None if row is None else Wanted(row.id, row.url)


def keep_opened(
    session: Session, *, visit_id: int, url: str, outside_id: str, now: datetime
) -> bool:
    """Note where the buyer pays; False when the visit moved on meanwhile."""
    changed = session.execute(
        update(GatewayVisit)
        .where(GatewayVisit.id == visit_id, GatewayVisit.state == VisitState.INTENDED)
        .values(state=VisitState.OPEN, url=url, outside_id=outside_id, changed_at=now)
    )
    return changed.rowcount == 1  # type: ignore[attr-defined]


def keep_not_opened(session: Session, *, visit_id: int, now: datetime) -> None:
    """Note that the gateway will not open this visit: the next tap asks for another."""
    session.execute(
        update(GatewayVisit)
        .where(GatewayVisit.id == visit_id, GatewayVisit.state == VisitState.INTENDED)
        .values(state=VisitState.FAILED, changed_at=now)
    )


def keep_silent(session: Session, *, visit_id: int, now: datetime) -> None:
    """Note that nobody paid on a page whose time is over; money may still come late."""
    session.execute(
        update(GatewayVisit)
        .where(GatewayVisit.id == visit_id, GatewayVisit.state == VisitState.OPEN)
        .values(state=VisitState.EXPIRED, changed_at=now)
    )


def give_up_pending(session: Session, now: datetime) -> int:
    """Let go of what a bank has said nothing of for so long; return how many.

    The goods are held for the usual while from now on, and money may still come late.
    """
    rows = session.execute(
        select(GatewayVisit.id, GatewayVisit.payment_id)
        .where(
            GatewayVisit.state == VisitState.PENDING,
            GatewayVisit.opened_at < now - LONGEST_PENDING,
        )
        .order_by(GatewayVisit.id)
        .limit(100)
    ).all()
    for row in rows:
        held_payment(session, row.payment_id)
        moved = session.execute(
            update(GatewayVisit)
            .where(GatewayVisit.id == row.id, GatewayVisit.state == VisitState.PENDING)
            .values(state=VisitState.FAILED, changed_at=now)
        )
        if moved.rowcount == 1:  # type: ignore[attr-defined]
            hold_anew(session, row.payment_id, now)
    return len(rows)


def hold_anew(session: Session, payment_id: int, now: datetime) -> None:
    """Held without end while a bank thought; from now on for the usual while."""
    parts = [part.id for part in seller_orders_of(session, payment_id)]
    hold_until(session, parts, now + timedelta(minutes=holds().online_minutes))


def hold_longer(session: Session, *, payment_id: int, hold: timedelta, now: datetime) -> datetime:
    """Hold the goods of an unpaid payment for another while; return until when.

    Raises:
        CannotHoldLonger: they are not held any more, or have been for a day.
    """
    return _hold_for(session, payment_id, now + hold)


def _hold_for(session: Session, payment_id: int, until: datetime) -> datetime:
    """Hold what waits for this payment. Nothing is held shorter than it was.

    Raises:
        CannotHoldLonger
    """
    parts = [part for part in seller_orders_of(session, payment_id) if part.state in EXPIRING]
    if not parts:
        raise CannotHoldLonger
    ids = [part.id for part in parts]
    placed, held = session.execute(
        select(func.min(SellerOrder.placed_at), func.max(SellerOrder.reserved_until)).where(
            SellerOrder.id.in_(ids)
        )
    ).one()
    last = placed + LONGEST_HOLD
    if held is None:  # Until hand-over already: a payment is under way.
        return until
    if until > last and held >= last:
        raise CannotHoldLonger
    until = max(held, min(until, last))
    hold_until(session, ids, until)
    return until
