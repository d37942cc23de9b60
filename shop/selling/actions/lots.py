"""A stall's lots: begun, filled, and said of the lines of its orders."""

from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from shop.catalogue.queries import variant_of
from shop.kernel.clock import vietnam_date
from shop.kernel.errors import NotYours
from shop.ordering.models import LineItem, SellerOrder
from shop.ordering.rules import SellerOrderState as S
from shop.stock import lot_actions
from shop.stock.actions import change_stock
from shop.stock.lot_models import Lot
from shop.stock.lot_queries import lots_to_fill_from, own_lot, uses_of_lines
from shop.stock.lot_rules import LotFields, NotPackedYet, OnShelf, proposed
from shop.stock.queries import last_counted
from shop.stock.rules import StockMovedOn

#: Parcels that lie in the house, and those that left it.
_IN_THE_HOUSE = frozenset({S.PACKED, S.READY_FOR_PICKUP})
_OUT = frozenset({S.HANDED_OVER, S.DELIVERED, S.COMPLETED, S.DELIVERY_FAILED})


def begin_lot(
    session: Session,
    *,
    seller_id: int,
    variant_id: int,
    fields: LotFields,
    quantity: int,
    is_counted: bool,
    reason: str,
    actor_id: int | None,
    now: datetime,
) -> Lot:
    """Begin a lot with so many units, newly made or counted in the house before.

    Raises:
        LotNameTaken, MoreThanInHouse, NotYours: nothing is stored.
    """
    pack = variant_of(session, seller_id, variant_id)
    lot = lot_actions.open_lot(
        session, seller_id=seller_id, product_id=pack.product_id, variant_id=pack.id,
        fields=fields, actor_id=actor_id, now=now,
    )  # fmt: skip
    if not is_counted:
        change_stock(
            session, variant_id=pack.id, change=quantity, reason=reason, actor_id=actor_id, now=now
        )
    lot_actions.put_in(session, lot_id=lot.id, quantity=quantity, actor_id=actor_id, now=now)
    return lot


def add_or_take(
    session: Session,
    *,
    seller_id: int,
    variant_id: int,
    change: int,
    lot_id: int,
    reason: str,
    after: int,
    actor_id: int | None,
    now: datetime,
) -> None:
    """Add units or take some away, of a lot or of none. A form that comes again changes nothing.

    Args:
        lot_id: 0: without a lot.
        after: ``last_counted`` of the pack as the form was made.

    Raises:
        StockMovedOn: somebody changed it otherwise meanwhile.
        MoreThanFree, NotEnoughInLot, NotYours: nothing is stored.
    """
    pack = variant_of(session, seller_id, variant_id)
    last = last_counted(session, pack.id, held=True)
    if last is not None and last.id != after:
        if (last.on_hand_change, last.reason, last.actor_id) == (change, reason, actor_id):
            return
        raise StockMovedOn
    if lot_id and own_lot(session, seller_id, lot_id).variant_id != pack.id:
        raise NotYours(what="lot", id=lot_id)
    by: dict[str, Any] = {"reason": reason, "actor_id": actor_id, "now": now}
    if lot_id and change < 0:  # First, so that the level's own fitting finds it gone.
        lot_actions.take_from(session, lot_id=lot_id, quantity=-change, **by)
    change_stock(session, variant_id=pack.id, change=change, **by)
    if lot_id and change > 0:
        lot_actions.put_in(session, lot_id=lot_id, quantity=change, **by)


def fill_line(
    session: Session,
    *,
    seller_id: int,
    seller_order_id: int,
    line_item_id: int,
    first: int | None,
    chosen: dict[int, int] | None,
    actor_id: int | None,
    now: datetime,
) -> None:
    """Say anew from which lots a line of a packed order is.

    Args:
        first: this lot first, then those that expire first; or
        chosen: units by lot, as she counted them.

    Raises:
        NotPackedYet, MoreThanInLine, NotEnoughInLot, LotRecalled, NotYours: nothing is stored.
    """
    line = session.execute(
        select(
            LineItem.id, LineItem.variant_id, (LineItem.quantity - LineItem.returned).label("quantity"),
            SellerOrder.state,
        )
        .join(SellerOrder, SellerOrder.id == LineItem.seller_order_id)
        .where(
            LineItem.id == line_item_id, SellerOrder.id == seller_order_id,
            SellerOrder.seller_id == seller_id,
        )
    ).one_or_none()  # fmt: skip
    if line is None:
        raise NotYours(what="line_item", id=line_item_id)
    if line.state not in _IN_THE_HOUSE | _OUT:
        raise NotPackedYet
    if chosen is None:
        chosen = _with_first(session, line, seller_order_id, first, now)
    lot_actions.choose_lots(
        session, line, chosen, seller_order_id=seller_order_id, is_out=line.state in _OUT,
        actor_id=actor_id, now=now,
    )  # fmt: skip


def _with_first(
    session: Session, line: Any, seller_order_id: int, first: int | None, now: datetime
) -> dict[int, int]:
    """Return a line's lots with one of them first; what it holds now counts as left."""
    shelf = {
        lot.id: OnShelf(lot.id, lot.left_units, lot.best_before, lot.made_on)
        for lot in lots_to_fill_from(session, [line.variant_id])
    }
    for use in uses_of_lines(session, [seller_order_id]):
        if use.line_item_id == line.id and use.recalled_at is None:
            there = shelf[use.lot_id].left if use.lot_id in shelf else 0
            shelf[use.lot_id] = OnShelf(
                use.lot_id, there + use.quantity - use.returned, use.best_before
            )
    return proposed(shelf.values(), line.quantity, vietnam_date(now), first)
