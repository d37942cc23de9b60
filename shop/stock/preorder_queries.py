"""Reads of what is ordered ahead, and what must always be true of it."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import Row, and_, func, or_, select
from sqlalchemy.orm import Session

from shop.stock.models import StockLevel
from shop.stock.preorder_models import Preorder, PreorderPlace

#: Places whose goods are not all there.
waits = and_(PreorderPlace.held < PreorderPlace.quantity, PreorderPlace.given_up_at.is_(None))

_kept = (
    select(PreorderPlace.preorder_id, func.sum(PreorderPlace.quantity).label("pieces"))
    .where(PreorderPlace.given_up_at.is_(None))
    .group_by(PreorderPlace.preorder_id)
    .subquery()
)
_waiting = (
    select(
        PreorderPlace.variant_id,
        func.sum(PreorderPlace.quantity - PreorderPlace.held).label("pieces"),
    )
    .where(waits)
    .group_by(PreorderPlace.variant_id)
    .subquery()
)

INVARIANTS = {
    "I1 a pre-order is the sum of its places, within its cap": (
        select(Preorder.id, Preorder.taken, Preorder.cap, _kept.c.pieces)
        .outerjoin(_kept, _kept.c.preorder_id == Preorder.id)
        .where(
            or_(
                Preorder.taken != func.coalesce(_kept.c.pieces, 0),
                Preorder.taken > Preorder.cap,
            )
        )
    ),
    "I1 nobody waits for a pack that is there": (
        select(StockLevel.variant_id, StockLevel.on_hand, StockLevel.reserved, _waiting.c.pieces)
        .join(_waiting, _waiting.c.variant_id == StockLevel.variant_id)
        .where(StockLevel.on_hand > StockLevel.reserved)
    ),
}


def preorder_of(session: Session, variant_id: int) -> Row[*tuple[Any, ...]] | None:
    """Return the round that runs, or the last one that somebody waits for; with who waits."""
    waiting = (
        select(func.count(PreorderPlace.id))
        .where(PreorderPlace.preorder_id == Preorder.id, waits)
        .correlate(Preorder)
        .scalar_subquery()
    )
    pieces = (
        select(func.coalesce(func.sum(PreorderPlace.quantity - PreorderPlace.held), 0))
        .where(PreorderPlace.preorder_id == Preorder.id, waits)
        .correlate(Preorder)
        .scalar_subquery()
    )
    return session.execute(
        select(
            Preorder.id, Preorder.ready_on, Preorder.moved_for, Preorder.cap, Preorder.taken,
            Preorder.ended_at, waiting.label("orders"), pieces.label("pieces"),
        )
        .where(Preorder.variant_id == variant_id, or_(Preorder.ended_at.is_(None), waiting > 0))
        .order_by(Preorder.ended_at.is_not(None), Preorder.id.desc())
        .limit(1)
    ).one_or_none()  # fmt: skip


def waiting_for(session: Session, seller_order_id: int) -> Sequence[Row[*tuple[Any, ...]]]:
    """Return the packs that an order still waits for, with the day and how many pieces."""
    return session.execute(
        select(
            PreorderPlace.variant_id, Preorder.ready_on, Preorder.moved_for,
            (PreorderPlace.quantity - PreorderPlace.held).label("pieces"),
        )
        .join(Preorder, Preorder.id == PreorderPlace.preorder_id)
        .where(PreorderPlace.seller_order_id == seller_order_id, waits)
        .order_by(PreorderPlace.variant_id)
    ).all()  # fmt: skip


def waits_beyond(seller_order_id: Any, today: date) -> Any:
    """Whether an order waits for goods of a day after today: a condition for a statement."""
    return (
        select(PreorderPlace.id)
        .join(Preorder, Preorder.id == PreorderPlace.preorder_id)
        .where(PreorderPlace.seller_order_id == seller_order_id, waits, Preorder.ready_on > today)
        .exists()
    )
