"""What the worker does for gateways: it alone talks to them, and never inside a transaction."""

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from flask import Flask
from sqlalchemy import select

from shop.current import current_settings, vault
from shop.db import db, in_transaction
from shop.kernel.clock import now_utc
from shop.kernel.errors import OutsideFailure
from shop.outbox.relay import subscribe
from shop.outbox.worker import schedule
from shop.payments.events import (
    CardRefundWanted,
    GatewayTold,
    GiftBackWanted,
    RefundSentTwice,
    VisitDropped,
)
from shop.payments.gateways.actions.applying import (
    apply_told,
    keep_refund_refused,
    keep_unreadable,
    message_to_read,
    settle_refund,
)
from shop.payments.gateways.actions.gifts import settle_gift_back
from shop.payments.gateways.actions.keeping import give_up_waiting, keep_message
from shop.payments.gateways.actions.twice import open_sent_twice
from shop.payments.gateways.actions.visits import give_up_pending, keep_silent
from shop.payments.gateways.models import GatewayRefund, GatewayVisit, GiftBack, GiftVisit
from shop.payments.methods import GATEWAYS
from shop.payments.methods.online import Back, CannotBe, Looked, Looking
from shop.payments.rules.gateways import RefundState, Told, Unreadable

logger = logging.getLogger(__name__)
#: Visits and refunds that are looked at in one go when their messages may have been lost.
AT_ONCE = 50
#: A message that is so late is looked for.
MISSED_AFTER = timedelta(minutes=10)
#: A page that nobody came back from, and of which the gateway knows nothing, is over.
SILENT_AFTER = timedelta(minutes=15)


def gateway_told(event: GatewayTold) -> None:
    """Act on what a gateway told; what the message leaves out is fetched first."""
    message = message_to_read(db.session(), event.message_id)
    if message is None:
        db.session.rollback()
        return
    gateway = GATEWAYS[message.gateway]
    body = vault().open(message.data_key, message.sealed).encode()
    db.session.rollback()
    now = now_utc()
    try:
        told = gateway.told(body)
    except Unreadable:
        in_transaction(
            lambda session: keep_unreadable(session, message_id=event.message_id, now=now)
        )
        return
    try:
        more = gateway.fetched(told)
    except CannotBe as refused:
        # It lists no lines of a payout that was made by hand: a person finds out what they are.
        logger.warning(
            "%s refuses what message %s leaves out: %s", gateway.name, event.message_id, refused
        )
        more = ()
    in_transaction(
        lambda session: apply_told(
            session, message_id=event.message_id, told=told, more=more, now=now
        )
    )


def visit_dropped(event: VisitDropped) -> None:
    """Close the gateway's page of a visit, so that nobody pays what is owed no more."""
    visit = db.session().execute(
        select(GatewayVisit.gateway, GatewayVisit.outside_id).where(
            GatewayVisit.id == event.visit_id
        )
    ).one()  # fmt: skip
    db.session.rollback()
    gateway = GATEWAYS[visit.gateway]
    # A shop that gave its keys back can ask nobody; money that comes all the same is told.
    if visit.outside_id is not None and gateway.is_on(current_settings()):
        gateway.end(visit.outside_id)


_REFUNDS = select(
    GatewayRefund.id, GatewayRefund.key, GatewayRefund.state, GatewayRefund.amount_minor,
    GatewayRefund.gateway, GatewayRefund.visit_id, GatewayRefund.wanted_at, GatewayVisit.charge_id,
    GatewayVisit.outside_id, GatewayVisit.opened_at,
    GatewayVisit.amount_minor.label("whole_minor"),
).join(GatewayVisit, GatewayVisit.id == GatewayRefund.visit_id)  # fmt: skip


def _back(row: Any, now: datetime) -> Back:
    return Back(
        key=row.key, charge_id=row.charge_id, outside_id=row.outside_id or "",
        amount_minor=row.amount_minor, whole_minor=row.whole_minor, opened_at=row.opened_at,
        wanted_at=row.wanted_at, now=now,
    )  # fmt: skip


def refund_wanted(event: CardRefundWanted) -> None:
    """Send money back to where it came from, and note what came of it."""
    row = db.session().execute(_REFUNDS.where(GatewayRefund.id == event.refund_id)).one()
    db.session.rollback()
    if row.state != RefundState.INTENDED:
        return
    now, gateway = now_utc(), GATEWAYS[row.gateway]
    if not gateway.is_on(current_settings()):
        raise OutsideFailure(f"{row.gateway} has no keys in this shop.")
    try:
        told = gateway.give_back(_back(row, now))
    except CannotBe as refused:
        why = refused.why
        in_transaction(
            lambda session: keep_refund_refused(
                session, refund_id=event.refund_id, why=why, now=now
            )
        )
        return
    _keep_refund(row.visit_id, told, now)


def _keep_refund(visit_id: int, told: Told, now: datetime) -> None:
    def keep(session: Any) -> None:
        visit = session.get_one(GatewayVisit, visit_id)
        settle_refund(session, visit=visit, told=told, now=now)

    in_transaction(keep)


def gift_back_wanted(event: GiftBackWanted) -> None:
    """Send a gift back to the card that it came from, and note what came of it."""
    row = db.session().execute(
        select(
            GiftBack.key, GiftBack.state, GiftBack.amount_vnd, GiftBack.visit_id, GiftVisit.gateway,
            GiftVisit.charge_id, GiftVisit.outside_id, GiftVisit.opened_at, GiftBack.at,
            GiftVisit.amount_vnd.label("whole_vnd"),
        )
        .join(GiftVisit, GiftVisit.id == GiftBack.visit_id)
        .where(GiftBack.id == event.back_id)
    ).one()  # fmt: skip
    db.session.rollback()
    if row.state != RefundState.INTENDED:
        return
    now = now_utc()
    try:
        told = GATEWAYS[row.gateway].give_back(
            Back(
                key=row.key, charge_id=row.charge_id, outside_id=row.outside_id or "",
                amount_minor=row.amount_vnd, whole_minor=row.whole_vnd, opened_at=row.opened_at,
                wanted_at=row.at, now=now,
            )
        )  # fmt: skip
    except CannotBe as refused:
        told = Told(
            "refund", key=row.key, charge_id=row.charge_id, currency="VND",
            amount_minor=row.amount_vnd, state=RefundState.FAILED, reason=refused.why,
        )  # fmt: skip

    def keep(session: Any) -> None:
        visit = session.get_one(GiftVisit, row.visit_id)
        settle_gift_back(session, visit=visit, told=told, now=now)

    in_transaction(keep)


def look_for_missed(now: datetime) -> None:
    """Ask gateways about what nothing was heard of: messages get lost (QUALITY §1.6)."""
    in_transaction(lambda session: give_up_pending(session, now))
    in_transaction(lambda session: give_up_waiting(session, now))
    for name, gateway in GATEWAYS.items():
        if gateway.is_on(current_settings()):
            _look_at_visits(name, now)
            _look_at_gifts(name, now)
            _look_at_refunds(name, now)


def _look_at_visits(name: str, now: datetime) -> None:
    for row in _silent(name, now):
        visit = Looking(row.key, row.outside_id or "", row.opened_at, now)
        try:
            found = GATEWAYS[name].look(visit)
        except (OutsideFailure, CannotBe) as failure:
            logger.warning("%s was asked about visit %s: %s", name, row.id, failure)
            continue
        _keep_looked(name, row, found, now)


def _look_at_gifts(name: str, now: datetime) -> None:
    """Ask about gifts of which nothing was heard, as about payments."""
    rows = db.session().execute(
        select(GiftVisit.id, GiftVisit.key, GiftVisit.outside_id, GiftVisit.opened_at,
               GiftVisit.expires_at)
        .where(
            GiftVisit.gateway == name, GiftVisit.state.in_(("open", "pending")),
            GiftVisit.changed_at < now - MISSED_AFTER,
            GiftVisit.opened_at > now - timedelta(days=30),
        )
        .order_by(GiftVisit.changed_at)
        .limit(AT_ONCE)
    ).all()  # fmt: skip
    db.session.rollback()
    for row in rows:
        visit = Looking(row.key, row.outside_id or "", row.opened_at, now)
        try:
            found = GATEWAYS[name].look(visit)
        except (OutsideFailure, CannotBe) as failure:
            logger.warning("%s was asked about the visit %s of a gift: %s", name, row.id, failure)
            continue
        in_transaction(
            lambda session, row=row, found=found: _keep_gift(session, name, row, found, now)
        )


def _keep_gift(session: Any, name: str, row: Any, found: Looked | None, now: datetime) -> None:
    visit = session.get_one(GiftVisit, row.id)
    visit.changed_at = now
    if found is not None:
        keep_message(
            session, gateway=name, outside_id=found.outside_id[:120], kind=found.kind[:60],
            body=found.body, now=now,
        )  # fmt: skip
    elif row.expires_at < now - SILENT_AFTER and visit.state == "open":
        visit.state = "expired"


def _silent(name: str, now: datetime) -> Sequence[Any]:
    is_silent = GatewayVisit.state.in_(("open", "pending"))
    if not GATEWAYS[name].can_end:
        # A page that nobody can close is paid on after it was let go of.
        is_silent |= (
            (GatewayVisit.state == "dropped")
            & GatewayVisit.outside_id.is_not(None)
            & (GatewayVisit.expires_at > now - SILENT_AFTER)
        )
    rows = db.session().execute(
        select(
            GatewayVisit.id, GatewayVisit.key, GatewayVisit.outside_id, GatewayVisit.opened_at,
            GatewayVisit.expires_at,
        )
        .where(
            GatewayVisit.gateway == name,
            is_silent,
            GatewayVisit.changed_at < now - MISSED_AFTER,
            GatewayVisit.opened_at > now - timedelta(days=30),
        )
        .order_by(GatewayVisit.changed_at)
        .limit(AT_ONCE)
    ).all()  # fmt: skip
    db.session.rollback()
    return rows


def _keep_looked(name: str, row: Any, found: Looked | None, now: datetime) -> None:
    """Store what was found as if it had been told; looked at again in a while otherwise."""

    def keep(session: Any) -> None:
        session.get_one(GatewayVisit, row.id).changed_at = now
        if found is not None:
            keep_message(
                session, gateway=name, outside_id=found.outside_id[:120], kind=found.kind[:60],
                body=found.body, now=now,
            )  # fmt: skip
        elif row.expires_at < now - SILENT_AFTER:
            keep_silent(session, visit_id=row.id, now=now)

    in_transaction(keep)


def _look_at_refunds(name: str, now: datetime) -> None:
    """Ask about money on its way back where the gateway does not tell by itself."""
    rows = db.session().execute(
        _REFUNDS.where(
            GatewayRefund.gateway == name,
            GatewayRefund.state == RefundState.PENDING,
            GatewayRefund.changed_at < now - MISSED_AFTER,
        )
        .order_by(GatewayRefund.changed_at)
        .limit(AT_ONCE)
    ).all()  # fmt: skip
    db.session.rollback()
    for row in rows:
        try:
            told = GATEWAYS[name].look_back(_back(row, now))
        except (OutsideFailure, CannotBe) as failure:
            logger.warning("%s was asked about refund %s: %s", name, row.id, failure)
            continue
        if told is not None:
            _keep_refund(row.visit_id, told, now)


def refund_sent_twice(event: RefundSentTwice) -> None:
    """Have people above the payer see to it: she sees no tasks."""
    in_transaction(
        lambda session: open_sent_twice(
            session, refund_id=event.refund_id, reference=event.reference, now=now_utc()
        )
    )


def init_gateways(app: Flask) -> None:
    """Listen to the news and the clock. The names are stored: keep them."""
    subscribe(app, GatewayTold, "payments.gateway_told", gateway_told)
    subscribe(app, VisitDropped, "payments.visit_dropped", visit_dropped)
    subscribe(app, CardRefundWanted, "payments.refund_wanted", refund_wanted)
    subscribe(app, GiftBackWanted, "payments.gift_back_wanted", gift_back_wanted)
    subscribe(app, RefundSentTwice, "payments.refund_sent_twice", refund_sent_twice)
    schedule(app, "payments.look_for_missed", timedelta(minutes=10), look_for_missed)
