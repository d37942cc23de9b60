"""A shop that takes cards, and what its tests ask of it."""

from datetime import timedelta

from sqlalchemy import select

from shop.db import db
from shop.kernel.clock import now_utc
from shop.outbox import relay
from shop.payments.gateways.models import GatewayMessage, GatewayRefund, GatewayTask, GatewayVisit


def deliver(days: int = 0) -> None:
    """Let the worker deliver until nothing is left that is due so much later."""
    db.session.rollback()
    for _ in range(20):
        if not relay.deliver_waiting(now_utc() + timedelta(days=days, seconds=1)):
            break
    db.session.rollback()


def visits() -> list[GatewayVisit]:
    db.session.rollback()
    return list(db.session.scalars(select(GatewayVisit).order_by(GatewayVisit.id)))


def messages() -> list[tuple[str, str]]:
    db.session.rollback()
    rows = db.session.execute(
        select(GatewayMessage.kind, GatewayMessage.state).order_by(GatewayMessage.id)
    )
    return [(row.kind, row.state) for row in rows]


def refund_states(key: str) -> list[str]:
    """Return how far a gateway is with the refund that it was asked for under a key."""
    db.session.rollback()
    return list(db.session.scalars(select(GatewayRefund.state).where(GatewayRefund.key == key)))


def tasks() -> list[str]:
    db.session.rollback()
    return list(db.session.scalars(select(GatewayTask.reason).order_by(GatewayTask.id)))
