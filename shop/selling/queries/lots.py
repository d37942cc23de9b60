"""Who has goods of a lot: its buyers, and who of them was told."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from shop.ordering.models import Order, SellerOrder
from shop.ordering.queries import PART_CODE, contact_of
from shop.ordering.rules import Contact
from shop.stock.lot_models import LotTold, LotUse

#: So many buyers on a page; the file has all of them.
MOST_BUYERS = 500


@dataclass(frozen=True, slots=True)
class LotBuyer:
    """An order with goods of the lot. ``there``: units that are with the buyer, or on their way."""

    seller_order_id: int
    code: str
    state: str
    placed_at: datetime
    contact: Contact
    quantity: int
    there: int
    told_at: datetime | None


def buyers_of_lot(
    session: Session, seller_id: int, lot_id: int, most: int = MOST_BUYERS
) -> list[LotBuyer]:
    """Return everybody who got goods of a stall's lot, those not told yet first. One query."""
    used: Any = (
        select(
            LotUse.seller_order_id, func.sum(LotUse.quantity).label("quantity"),
            func.sum(LotUse.quantity - LotUse.returned).label("there"),
        )
        .where(LotUse.lot_id == lot_id)
        .group_by(LotUse.seller_order_id)
        .subquery()
    )  # fmt: skip
    rows = session.execute(
        select(
            SellerOrder.id, SellerOrder.state, SellerOrder.placed_at, PART_CODE, Order.data_key,
            Order.contact, used.c.quantity, used.c.there, LotTold.told_at,
        )
        .join(Order, Order.id == SellerOrder.order_id)
        .join(used, used.c.seller_order_id == SellerOrder.id)
        .outerjoin(
            LotTold, (LotTold.seller_order_id == SellerOrder.id) & (LotTold.lot_id == lot_id)
        )
        .where(SellerOrder.seller_id == seller_id)
        .order_by(LotTold.told_at.is_not(None), SellerOrder.id)
        .limit(most)
    )  # fmt: skip
    return [
        LotBuyer(
            row.id, row.code, row.state, row.placed_at, contact_of(row), int(row.quantity),
            int(row.there), row.told_at,
        )
        for row in rows
    ]  # fmt: skip
