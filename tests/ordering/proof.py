"""What must always be true of stock and orders, asked of the database."""

from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from shop.ordering.queries import INVARIANTS as ORDERS
from shop.stock.lot_queries import INVARIANTS as LOTS
from shop.stock.models import StockLevel, StockMove
from shop.stock.preorder_queries import INVARIANTS as PREORDERS
from shop.stock.queries import INVARIANTS as STOCK


def broken(session: Session) -> dict[str, list[Any]]:
    """Return the rows of each invariant that does not hold."""
    found = {
        name: session.execute(query).all()
        for name, query in {**STOCK, **PREORDERS, **LOTS, **ORDERS}.items()
    }
    return {name: list(rows) for name, rows in found.items() if rows}


def level(session: Session, variant_id: int) -> tuple[int, int]:
    """Return (on hand, reserved)."""
    session.rollback()
    row = session.execute(
        select(StockLevel.on_hand, StockLevel.reserved).where(StockLevel.variant_id == variant_id)
    ).one()
    return row.on_hand, row.reserved


def kinds(session: Session, variant_id: int) -> list[str]:
    """Return why a level changed, oldest first."""
    return list(
        session.scalars(
            select(StockMove.kind).where(StockMove.variant_id == variant_id).order_by(StockMove.id)
        )
    )


def how_many(session: Session, *models: Any) -> tuple[int, ...]:
    """Count the rows of each table: on refusal nothing is stored."""
    session.rollback()
    return tuple(session.scalar(select(func.count()).select_from(model)) or 0 for model in models)
