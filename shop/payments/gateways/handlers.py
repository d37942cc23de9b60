"""What the worker does for gateways: it alone talks to them, and never inside a transaction."""

import json
import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from flask import Flask
from sqlalchemy import select

from shop.accounts.queries import vault
from shop.db import db, in_transaction
from shop.kernel.clock import now_utc
from shop.kernel.errors import OutsideFailure
from shop.outbox.relay import subscribe
from shop.outbox.worker import schedule
from shop.payments.events import CardRefundWanted, GatewayTold, VisitDropped
from shop.payments.gateways.actions.applying import (
    apply_told,
    keep_refund_refused,
    keep_unreadable,
    message_to_read,
    settle_refund,
)
from shop.payments.gateways.actions.keeping import keep_message
from shop.payments.gateways.models import GatewayRefund, GatewayVisit
from shop.payments.methods import GATEWAYS
from shop.payments.methods.online import settings_now
from shop.payments.rules.gateways import RefundState, Told, Unreadable

logger = logging.getLogger(__name__)
#: Visits that are looked at in one go when their messages may have been lost.
AT_ONCE = 50
#: A message that is so late is looked for.
MISSED_AFTER = timedelta(minutes=10)


def gateway_told(event: GatewayTold) -> None:
    """Act on what a gateway told; what the message leaves out is fetched first."""
    message = message_to_read(db.session(), event.message_id)
    if message is None:
        db.session.rollback()
        return
    gateway = message.gateway
    body = vault().open(message.data_key, message.sealed).encode()
    db.session.rollback()
    now = now_utc()
    try:
        told = GATEWAYS[gateway].told(body)
    except Unreadable:
        in_transaction(
            lambda session: keep_unreadable(session, message_id=event.message_id, now=now)
        )
        return
    more = _fetched(told)
    in_transaction(
        lambda session: apply_told(
            session, message_id=event.message_id, told=told, more=more, now=now
        )
    )


def _fetched(told: Told) -> Sequence[Any]:
    """Return what Stripe leaves out of its messages: refunds of a charge, lines of a payout."""
    from shop.payments.gateways import stripe_calls

    if told.about == "refunds" and told.charge_id:
        return stripe_calls.refunds_of(told.charge_id)
    if told.about == "payout":
        return stripe_calls.lines_of_payout(told.outside_id)
    return ()


def visit_dropped(event: VisitDropped) -> None:
    """Close the gateway's page of a visit, so that nobody pays what is owed no more."""
    visit = db.session().execute(
        select(GatewayVisit.gateway, GatewayVisit.outside_id).where(
            GatewayVisit.id == event.visit_id
        )
    ).one()  # fmt: skip
    db.session.rollback()
    if visit.outside_id is not None:
        GATEWAYS[visit.gateway].end(visit.outside_id)


def refund_wanted(event: CardRefundWanted) -> None:
    """Send money back to the card, and note what came of it."""
    from shop.payments.gateways import stripe_calls

    row = db.session().execute(
        select(
            GatewayRefund.key, GatewayRefund.state, GatewayRefund.amount_minor,
            GatewayRefund.visit_id, GatewayVisit.charge_id,
        )
        .join(GatewayVisit, GatewayVisit.id == GatewayRefund.visit_id)
        .where(GatewayRefund.id == event.refund_id)
    ).one()  # fmt: skip
    db.session.rollback()
    if row.state != RefundState.INTENDED:
        return
    now = now_utc()
    try:
        told = stripe_calls.refund(row.charge_id, row.amount_minor, row.key)
    except stripe_calls.CannotBe as refused:
        why = refused.why
        in_transaction(
            lambda session: keep_refund_refused(
                session, refund_id=event.refund_id, why=why, now=now
            )
        )
        return

    def keep(session: Any) -> None:
        visit = session.get_one(GatewayVisit, row.visit_id)
        settle_refund(session, visit=visit, told=told, now=now)

    in_transaction(keep)


def look_for_missed(now: datetime) -> None:
    """Ask Stripe about visits of which nothing was heard: messages get lost (QUALITY §1.6)."""
    if not settings_now().stripe_secret_key:
        return
    from shop.payments.gateways import stripe_calls

    rows = db.session().execute(
        select(GatewayVisit.id, GatewayVisit.outside_id)
        .where(
            GatewayVisit.gateway == "card",
            GatewayVisit.state.in_(("open", "pending")),
            GatewayVisit.changed_at < now - MISSED_AFTER,
            GatewayVisit.opened_at > now - timedelta(days=30),
        )
        .order_by(GatewayVisit.changed_at)
        .limit(AT_ONCE)
    ).all()  # fmt: skip
    db.session.rollback()
    for row in rows:
        try:
            found = stripe_calls.session_now(row.outside_id)
        except (OutsideFailure, stripe_calls.CannotBe) as failure:
            logger.warning("Stripe was asked about visit %s: %s", row.id, failure)
            continue
        _keep_looked(row.id, found, now)


def _keep_looked(visit_id: int, found: dict[str, Any], now: datetime) -> None:
    """Store what was found as if it had been told; looked at again in a while otherwise."""
    kind = {"complete": "completed", "expired": "expired"}.get(str(found.get("status")))
    stands = f"{found.get('id')}:{found.get('status')}:{found.get('payment_status')}"
    body = json.dumps(
        {"id": stands, "type": f"checkout.session.{kind}", "data": {"object": found}}
    ).encode()

    def keep(session: Any) -> None:
        session.get_one(GatewayVisit, visit_id).changed_at = now
        if kind is not None:
            keep_message(
                session, gateway="card", outside_id=f"looked:{stands}"[:120],
                kind=f"looked.{kind}", body=body, now=now,
            )  # fmt: skip

    in_transaction(keep)


def init_gateways(app: Flask) -> None:
    """Listen to the news and the clock. The names are stored: keep them."""
    subscribe(app, GatewayTold, "payments.gateway_told", gateway_told)
    subscribe(app, VisitDropped, "payments.visit_dropped", visit_dropped)
    subscribe(app, CardRefundWanted, "payments.refund_wanted", refund_wanted)
    schedule(app, "payments.look_for_missed", timedelta(minutes=10), look_for_missed)
