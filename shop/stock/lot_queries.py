"""Reads of lots, and what must always be true of them."""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, and_, func, or_, select
from sqlalchemy.orm import Session

from shop.catalogue.models import Product, Variant
from shop.kernel.errors import NotYours
from shop.stock.lot_models import Lot, LotMove, LotUse
from shop.stock.lot_rules import NEAR
from shop.stock.models import StockLevel

_in_lots = (
    select(Lot.variant_id, func.sum(Lot.left_units + Lot.packed_units).label("units"))
    .group_by(Lot.variant_id)
    .subquery()
)
_moved = (
    select(LotMove.lot_id, func.sum(LotMove.change).label("units"))
    .group_by(LotMove.lot_id)
    .subquery()
)
_waiting = (
    select(LotUse.lot_id, func.sum(LotUse.quantity).label("units"))
    .where(LotUse.out_at.is_(None))
    .group_by(LotUse.lot_id)
    .subquery()
)

#: Each returns no row while all is well.
INVARIANTS = {
    "lots never say more than stock has": (
        select(_in_lots.c.variant_id, _in_lots.c.units, StockLevel.on_hand)
        .outerjoin(StockLevel, StockLevel.variant_id == _in_lots.c.variant_id)
        .where(_in_lots.c.units > func.coalesce(StockLevel.on_hand, 0))
    ),
    "the moves of a lot add up to what is left of it": (
        select(Lot.id, Lot.left_units, _moved.c.units)
        .outerjoin(_moved, _moved.c.lot_id == Lot.id)
        .where(Lot.left_units != func.coalesce(_moved.c.units, 0))
    ),
    "what a lot has in parcels is what orders say that wait": (
        select(Lot.id, Lot.packed_units, _waiting.c.units)
        .outerjoin(_waiting, _waiting.c.lot_id == Lot.id)
        .where(Lot.packed_units != func.coalesce(_waiting.c.units, 0))
    ),
}


def lots_of_variant(session: Session, variant_id: int) -> Sequence[Lot]:
    """Return the lots of a pack, those first that should go out first."""
    return session.scalars(
        select(Lot)
        .where(Lot.variant_id == variant_id)
        .order_by((Lot.left_units + Lot.packed_units == 0), Lot.best_before.nulls_last(), Lot.id)
    ).all()


def own_lot(session: Session, seller_id: int, lot_id: int) -> Lot:
    """Return a stall's own lot.

    Raises:
        NotYours: it is another stall's, or there is none.
    """
    lot = session.scalar(select(Lot).where(Lot.id == lot_id, Lot.seller_id == seller_id))
    if lot is None:
        raise NotYours(what="lot", id=lot_id)
    return lot


def moves_of_lot(session: Session, lot_id: int, most: int = 60) -> Sequence[LotMove]:
    """Return why a lot changed, newest first."""
    return session.scalars(
        select(LotMove).where(LotMove.lot_id == lot_id).order_by(LotMove.id.desc()).limit(most)
    ).all()


def uses_of_lines(
    session: Session, seller_order_ids: Iterable[int]
) -> Sequence[Row[*tuple[Any, ...]]]:
    """Return from which lots the lines of orders are."""
    return session.execute(
        select(
            LotUse.line_item_id, LotUse.seller_order_id, LotUse.quantity, LotUse.returned,
            LotUse.lot_id, Lot.name, Lot.best_before, Lot.recalled_at,
        )
        .join(Lot, Lot.id == LotUse.lot_id)
        .where(LotUse.seller_order_id.in_(sorted(seller_order_ids)))
        .order_by(LotUse.line_item_id, Lot.best_before.nulls_last(), Lot.id)
    ).all()  # fmt: skip


def lots_to_fill_from(session: Session, variant_ids: Iterable[int]) -> Sequence[Lot]:
    """Return lots of which something is left and that are not called back, in their turn."""
    return session.scalars(
        select(Lot)
        .where(
            Lot.variant_id.in_(sorted(variant_ids)), Lot.left_units > 0, Lot.recalled_at.is_(None)
        )
        .order_by(Lot.best_before.nulls_last(), Lot.made_on.nulls_last(), Lot.id)
    ).all()


def ends_soon(today: date) -> ColumnElement[bool]:
    """Return the condition of lots in the house that are near their last day, or past it."""
    return and_(Lot.left_units > 0, Lot.best_before <= today + NEAR, Lot.recalled_at.is_(None))


def is_low() -> ColumnElement[bool]:
    """Return the condition of packs with fewer units for sale than the seller wants to know of."""
    return StockLevel.available <= StockLevel.warn_at


_SOLD = (Product.state == "published", Variant.retired_at.is_(None))
_WORDS = (
    Product.title_vi, Product.title_en, Product.unit_vi, Product.unit_en,
    Variant.name_vi.label("variant_vi"), Variant.name_en.label("variant_en"),
)  # fmt: skip


def goods_to_see(seller_id: int, today: date) -> Select[Any]:
    """Return one row for each lot and pack of a stall that its seller should look at."""
    lots = select(Lot.id).where(Lot.seller_id == seller_id, ends_soon(today))
    low = (
        select(StockLevel.variant_id)
        .join(Variant, Variant.id == StockLevel.variant_id)
        .join(Product, Product.id == StockLevel.product_id)
        .where(Product.seller_id == seller_id, *_SOLD, is_low())
    )
    return select(lots.union_all(low).subquery())


def ending_lots(session: Session, today: date, seller_id: int) -> Sequence[Any]:
    """Return a stall's lots that end soon or have ended, with what they are of."""
    return session.execute(
        select(
            Lot.id, Lot.name, Lot.best_before, Lot.left_units, Lot.variant_id, *_WORDS
        )
        .join(Variant, Variant.id == Lot.variant_id)
        .join(Product, Product.id == Lot.product_id)
        .where(Lot.seller_id == seller_id, ends_soon(today))
        .order_by(Lot.best_before, Lot.id)
        .limit(200)
    ).all()  # fmt: skip


def low_packs(session: Session, seller_id: int) -> Sequence[Any]:
    """Return a stall's packs of which few are left for sale."""
    return session.execute(
        select(
            StockLevel.variant_id, StockLevel.available.label("available"),
            StockLevel.warn_at, *_WORDS,
        )
        .join(Variant, Variant.id == StockLevel.variant_id)
        .join(Product, Product.id == StockLevel.product_id)
        .where(
            Product.seller_id == seller_id, *_SOLD, is_low(),
        )
        .order_by(Product.title_vi, Variant.id)
        .limit(200)
    ).all()  # fmt: skip


def lot_by_code(session: Session, code: str) -> Lot | None:
    """Return the lot with a public code."""
    return session.scalar(select(Lot).where(Lot.code == code))


def news_of_lots(session: Session, today: date) -> Sequence[Any]:
    """Return lots that came near their last day, or passed it, whose seller was not told yet."""
    near = and_(Lot.best_before >= today, Lot.warned == "")
    over = and_(Lot.best_before < today, Lot.warned != "over")
    return session.execute(
        select(Lot.id, Lot.seller_id, Lot.best_before)
        .where(ends_soon(today), or_(near, over))
        .order_by(Lot.id)
    ).all()


def news_of_levels(session: Session) -> Sequence[Any]:
    """Return packs of which little is left, whose seller was not told yet."""
    return session.execute(
        select(StockLevel.variant_id, Product.seller_id)
        .join(Variant, Variant.id == StockLevel.variant_id)
        .join(Product, Product.id == StockLevel.product_id)
        .where(*_SOLD, is_low(), StockLevel.warned_at.is_(None))
        .order_by(StockLevel.variant_id)
    ).all()
