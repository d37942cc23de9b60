"""Cards by Stripe's hosted page. The money belongs to the organisation that owns the account."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from shop.kernel.errors import NotYours
from shop.kernel.settings import Settings
from shop.outbox.relay import record
from shop.payments.events import CardRefundWanted
from shop.payments.gateways.models import GatewayRefund, GatewayVisit
from shop.payments.methods.online import Asking, NotOpened, Online, Opened, settings_now
from shop.payments.methods.protocol import By
from shop.payments.methods.transfer import keep_event
from shop.payments.models import Payment
from shop.payments.rules.amounts import AmountOutOfRange, MoreThanReceived
from shop.payments.rules.gateways import (
    RefundState,
    Told,
    Unreadable,
    VisitState,
    part_of,
    read_stripe,
    stripe_envelope,
    stripe_fault,
)
from shop.payments.rules.refunds import Way

#: Where a session keeps a refund that Stripe told of before the shop asked for it.
MADE_OUTSIDE = "card_refund_made_outside"


class Card(Online):
    """Cards, Apple Pay and Google Pay, on Stripe's page."""

    name = "card"
    ways = (Way.CARD,)
    pages = "stripe_pages"

    def is_on(self, settings: Settings) -> bool:
        return bool(settings.stripe_secret_key)

    def begin(self, asking: Asking) -> Opened:
        from shop.payments.gateways import stripe_calls  # The SDK loads when somebody pays.

        try:
            return stripe_calls.open_session(asking)
        except stripe_calls.CannotBe as refused:
            raise NotOpened(refused.why) from None

    def end(self, outside_id: str) -> None:
        from shop.payments.gateways import stripe_calls

        stripe_calls.end_session(outside_id)

    def fault(self, headers: Mapping[str, str], body: bytes, now: datetime) -> str | None:
        secret = settings_now().stripe_webhook_secret
        return stripe_fault(secret, headers.get("Stripe-Signature", ""), body, now)

    def envelope(self, body: bytes) -> tuple[str, str]:
        event_id, kind, is_real = stripe_envelope(body)
        if is_real != ("_live_" in settings_now().stripe_secret_key):
            raise Unreadable("a message of the other mode")
        return event_id, kind

    def told(self, body: bytes) -> Told:
        return read_stripe(body)

    def send_back(
        self, session: Session, *, payment_id: int, amount_vnd: int, key: str, by: By, note: str,
        now: datetime,
    ) -> None:  # fmt: skip
        """Send money back to the card, unless Stripe tells of it already (``MADE_OUTSIDE``)."""
        made = session.info.pop(MADE_OUTSIDE, None)
        if made is not None:
            made.key = key
            session.add(made)
            session.flush()
            return
        start_refund(
            session, payment_id=payment_id, amount_vnd=amount_vnd, key=key, by=by, note=note,
            now=now,
        )  # fmt: skip

    def refund(
        self, session: Session, *, of_id: int, amount_vnd: int, key: str, by: By, note: str,
        now: datetime,
    ) -> int | None:  # fmt: skip
        """Count money that went back, in the currency of the card too."""
        rows = list(
            session.execute(
                select(GatewayRefund.currency, GatewayRefund.amount_minor).where(_of_key(key))
            )
        )
        currencies = {row.currency for row in rows} - {"VND"}
        foreign = (
            {"currency": currencies.pop(), "amount_minor": sum(row.amount_minor for row in rows)}
            if len({row.currency for row in rows}) == 1 and currencies
            else {}
        )
        return keep_event(session, of_id, "refunded", key, by, now, amount_vnd, note, **foreign)


def start_refund(
    session: Session,
    *,
    payment_id: int,
    amount_vnd: int,
    key: str,
    by: By,
    note: str = "",
    now: datetime,
) -> list[int]:
    """Ask for money to go back to the card that paid; Stripe is called after this transaction.

    The payment counts it as given back when Stripe says so (``refunds.settled``); one that
    fails becomes a task. Paid twice, one refund may take from both charges.

    Args:
        key: at most 60 characters; the same asks once.

    Returns:
        Ids in ``gateway_refunds``; none when ``key`` was asked before.

    Raises:
        AmountOutOfRange, NotYours
        MoreThanReceived: more than came and is not going back already; nothing is stored.
    """
    if amount_vnd <= 0:
        raise AmountOutOfRange(amount_vnd=amount_vnd)
    # Two who refund at once wait for each other here.
    payment = session.scalar(
        select(Payment)
        .where(Payment.id == payment_id, Payment.method == Card.name)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if payment is None:
        raise NotYours
    if session.scalar(select(GatewayRefund.id).where(GatewayRefund.key == key)) is not None:
        return []
    going_vnd = under_way_vnd(session, payment_id)
    if amount_vnd > payment.received_vnd - payment.refunded_vnd - going_vnd:
        raise MoreThanReceived(amount_vnd=amount_vnd)
    made: list[int] = []
    for visit in _paid(session, payment_id):
        left_vnd, left_minor = left_of(session, visit)
        mine_vnd = min(amount_vnd, left_vnd)
        if mine_vnd <= 0:
            continue
        refund = GatewayRefund(
            payment_id=payment_id, visit_id=visit.id, gateway=visit.gateway,
            key=key if not made else f"{key}+{len(made)}", amount_vnd=mine_vnd,
            currency=visit.currency,
            amount_minor=part_of(
                mine_vnd, visit.amount_vnd, visit.amount_minor, left_vnd, left_minor
            ),
            state=RefundState.INTENDED, actor_kind=by.kind, actor_id=by.account_id, note=note,
            wanted_at=now, changed_at=now,
        )  # fmt: skip
        session.add(refund)
        session.flush()
        record(session, CardRefundWanted(refund_id=refund.id), now)
        made.append(refund.id)
        amount_vnd -= mine_vnd
        if not amount_vnd:
            return made
    raise MoreThanReceived(amount_vnd=amount_vnd)


def refund_states(session: Session, key: str) -> list[RefundState]:
    """Return how far the refunds of a key are; one, or two when two charges are given back."""
    rows = session.scalars(
        select(GatewayRefund.state)
        .where(
            (GatewayRefund.key == key) | GatewayRefund.key.startswith(f"{key}+", autoescape=True)
        )
        .order_by(GatewayRefund.id)
    )
    return [RefundState(state) for state in rows]


def _of_key(key: str) -> Any:
    """One charge, or one more charge of the same key."""
    return (GatewayRefund.key == key) | GatewayRefund.key.startswith(f"{key}+", autoescape=True)


_UNDER_WAY = (RefundState.INTENDED, RefundState.PENDING)


def under_way_vnd(session: Session, payment_id: int) -> int:
    """Return what is going back to the card and was not counted yet."""
    return int(
        session.scalar(
            select(func.coalesce(func.sum(GatewayRefund.amount_vnd), 0)).where(
                GatewayRefund.payment_id == payment_id, GatewayRefund.state.in_(_UNDER_WAY)
            )
        )
        or 0
    )


def _paid(session: Session, payment_id: int) -> list[GatewayVisit]:
    return list(
        session.scalars(
            select(GatewayVisit)
            .where(
                GatewayVisit.payment_id == payment_id,
                GatewayVisit.state == VisitState.PAID,
                GatewayVisit.charge_id.is_not(None),
            )
            .order_by(GatewayVisit.id.desc())
        )
    )


def left_of(session: Session, visit: GatewayVisit) -> tuple[int, int]:
    """Return what of a charge is neither given back nor going back: đồng, and in its currency."""
    gone = session.execute(
        select(
            func.coalesce(func.sum(GatewayRefund.amount_vnd), 0).label("vnd"),
            func.coalesce(func.sum(GatewayRefund.amount_minor), 0).label("minor"),
        ).where(GatewayRefund.visit_id == visit.id, GatewayRefund.state != RefundState.FAILED)
    ).one()
    return visit.amount_vnd - int(gone.vnd), visit.amount_minor - int(gone.minor)
