"""Reads of stock, and what must always be true of it."""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Row, func, or_, select
from sqlalchemy.orm import Session

from shop.stock.models import StockLevel, StockMove

_moved = (
    select(
        StockMove.variant_id,
        func.sum(StockMove.on_hand_change).label("on_hand"),
        func.sum(StockMove.reserved_change).label("reserved"),
    )
    .group_by(StockMove.variant_id)
    .subquery()
)

#: Each returns no row while all is well (QUALITY 2).
INVARIANTS = {
    "I1 stock is never below zero nor oversold": select(
        StockLevel.variant_id, StockLevel.on_hand, StockLevel.reserved
    ).where(or_(StockLevel.reserved < 0, StockLevel.reserved > StockLevel.on_hand)),
    "I2 the moves of a variant add up to its level": (
        select(
            StockLevel.variant_id,
            StockLevel.on_hand,
            _moved.c.on_hand.label("moved_on_hand"),
            StockLevel.reserved,
            _moved.c.reserved.label("moved_reserved"),
        )
        .outerjoin(_moved, _moved.c.variant_id == StockLevel.variant_id)
        .where(
            or_(
                StockLevel.on_hand != func.coalesce(_moved.c.on_hand, 0),
                StockLevel.reserved != func.coalesce(_moved.c.reserved, 0),
            )
        )
    ),
}


def levels(session: Session, variant_ids: Iterable[int]) -> dict[int, Row[*tuple[Any, ...]]]:
    """Return (on_hand, reserved, available) by variant id."""
    rows = session.execute(
        select(
            StockLevel.variant_id,
            StockLevel.on_hand,
            StockLevel.reserved,
            StockLevel.available.label("available"),
            StockLevel.warn_at,
        ).where(StockLevel.variant_id.in_(list(variant_ids)))
    )
    return {row.variant_id: row for row in rows}


def free_of_product(session: Session, product_id: int) -> int:
    """Return how many units of a product nobody has ordered, over all its packs."""
    return session.scalars(
        select(func.coalesce(func.sum(StockLevel.available), 0)).where(
            StockLevel.product_id == product_id
        )
    ).one()


def last_counted(
    session: Session, variant_id: int, held: bool = False
) -> Row[*tuple[Any, ...]] | None:
    """Return the last change that her people made; None before the first.

    Args:
        held: nobody else changes the level until the transaction ends.
    """
    if held:
        session.execute(
            select(StockLevel.variant_id)
            .where(StockLevel.variant_id == variant_id)
            .with_for_update()
        )
    return session.execute(
        select(StockMove.id, StockMove.on_hand_change, StockMove.reason, StockMove.actor_id)
        .where(StockMove.variant_id == variant_id, StockMove.kind == "counted")
        .order_by(StockMove.id.desc())
        .limit(1)
    ).first()


def moves_of(session: Session, variant_id: int, limit: int = 50) -> Sequence[Row[*tuple[Any, ...]]]:
    """Return why a level changed, newest first: the answer to "why did it drop?"."""
    return session.execute(
        select(
            StockMove.id,
            StockMove.kind,
            StockMove.on_hand_change,
            StockMove.reserved_change,
            StockMove.seller_order_id,
            StockMove.reason,
            StockMove.actor_id,
            StockMove.at,
        )
        .where(StockMove.variant_id == variant_id)
        .order_by(StockMove.id.desc())
        .limit(limit)
    ).all()
