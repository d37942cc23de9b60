"""Steps that phones sent too late: which orders a person has to look at."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from shop.ordering.models import Order, SellerOrder
from shop.ordering.queries import PART_CODE
from shop.queued.models import QueuedAct
from shop.queued.queries import tasks_about
from shop.queued.rules import Outcome
from shop.selling.unsent_rules import STEP


@dataclass(frozen=True, slots=True)
class LateStep:
    """The last step of an order that could not be made. ``state``: how the order stands now."""

    order: int
    code: str
    state: str
    to: str
    by: str
    at: datetime


def is_late(seller_id: int) -> tuple[ColumnElement[bool], ...]:
    """Return what makes an act one that somebody of this stall has to look at."""
    return (
        QueuedAct.about_id == seller_id, QueuedAct.kind == STEP,
        QueuedAct.outcome == Outcome.CONFLICT, QueuedAct.settled_at.is_(None),
    )  # fmt: skip


def late_steps(session: Session, seller_id: int) -> list[LateStep]:
    """Return the orders with steps that could not be made, the oldest first. Two queries."""
    last: dict[int, Any] = {}
    for act in tasks_about(session, seller_id, [STEP]):
        last[act.facts["order"]] = act
    rows = session.execute(
        select(SellerOrder.id, SellerOrder.state, PART_CODE)
        .join(Order, Order.id == SellerOrder.order_id)
        .where(SellerOrder.seller_id == seller_id, SellerOrder.id.in_(sorted(last)))
        .order_by(SellerOrder.id)
    ).all()
    return [
        LateStep(row.id, row.code, row.state, act.facts["to"], act.by, act.at)
        for row in rows
        for act in [last[row.id]]
    ]


def ids_of_steps(session: Session, seller_id: int, seller_order_id: int) -> Sequence[int]:
    """Return the acts on one order that could not be done, looked at or not."""
    rows = session.execute(
        select(QueuedAct.id, QueuedAct.facts).where(
            QueuedAct.about_id == seller_id, QueuedAct.kind == STEP,
            QueuedAct.outcome == Outcome.CONFLICT,
        )
    )  # fmt: skip
    return [row.id for row in rows if row.facts["order"] == seller_order_id]
