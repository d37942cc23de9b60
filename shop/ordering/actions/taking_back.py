"""Writing down goods that came back: lines, sums and stock, together."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, bindparam, insert, select, update
from sqlalchemy.orm import Session

from shop.db import upsert_into
from shop.ordering.actions.slips import settle_slip
from shop.ordering.models import GoodsKept, GoodsReturn, GoodsReturnLine, LineItem, SellerOrder
from shop.ordering.rules import (
    ComingBack,
    MoreThanSold,
    ReturnReason,
    Sold,
    goods_back_vnd,
    off_back_vnd,
)
from shop.shares.rules import back_vnd
from shop.stock import actions as stock
from shop.stock.lot_actions import give_back, keep_with_buyer
from shop.stock.rules import Units

_line = LineItem.__table__


def _coming_back(guard: Any) -> Any:
    return (
        update(_line)  # type: ignore[arg-type]
        .where(_line.c.id == bindparam("line"), _line.c.seller_order_id == bindparam("part"), guard)
        .values(returned=_line.c.returned + bindparam("n"))
    )


#: Its guard keeps more from coming back than was sold; the race tests show what it is worth.
_COME_BACK = _coming_back(_line.c.returned + bindparam("n") <= _line.c.quantity)


def sold_lines(session: Session, seller_order_id: int) -> Sequence[Row[*tuple[Any, ...]]]:
    """Return a part's lines with what came back of each before, in id order."""
    return list(
        session.execute(
            select(
                LineItem.id, LineItem.variant_id, LineItem.quantity, LineItem.unit_price_vnd,
                LineItem.returned, LineItem.commission_vnd, LineItem.tax_vat_vnd,
                LineItem.tax_pit_vnd, LineItem.title_vi, LineItem.title_en, LineItem.unit_vi,
                LineItem.unit_en, LineItem.variant_vi, LineItem.variant_en,
            )
            .where(LineItem.seller_order_id == seller_order_id)
            .order_by(LineItem.id)
        )
    )  # fmt: skip


def as_sold(lines: Sequence[Row[*tuple[Any, ...]]]) -> list[Sold]:
    return [Sold(line.id, line.quantity, line.unit_price_vnd, line.returned) for line in lines]


def all_that_is_left(session: Session, seller_order_id: int, *, restock: bool) -> list[ComingBack]:
    """Return everything of a part that is not back yet."""
    return [
        ComingBack(line.id, line.quantity - line.returned, restock)
        for line in sold_lines(session, seller_order_id)
        if line.returned < line.quantity
    ]


def keep_return(
    session: Session,
    *,
    seller_order_id: int,
    coming: Sequence[ComingBack],
    reason: ReturnReason,
    gives_fee_back: bool,
    key: str,
    actor_kind: str,
    actor_id: int | None,
    note: str,
    now: datetime,
) -> int | None:
    """Store one return with its lines, the part's sums and the stock; the caller locked the part.

    Returns:
        The return's id, or None when ``key`` was stored before: nothing changes then.

    Raises:
        MoreThanSold: some units are not there to come back; the caller's transaction
            undoes what was stored before that.
    """
    part = session.execute(
        select(
            SellerOrder.discount_vnd, SellerOrder.shipping_vnd, SellerOrder.returned_items_vnd,
            SellerOrder.returned_shipping_vnd, SellerOrder.returned_commission_vnd,
            SellerOrder.returned_vat_vnd, SellerOrder.returned_pit_vnd,
            SellerOrder.delivery_off_vnd, SellerOrder.returned_off_vnd, SellerOrder.slip_id,
        ).where(SellerOrder.id == seller_order_id)
    ).one()  # fmt: skip
    for each in sorted(coming, key=lambda each: each.line_id):
        _take_line_back(session, seller_order_id, each)
    lines = sold_lines(session, seller_order_id)
    items_vnd = goods_back_vnd(as_sold(lines), part.discount_vnd) - part.returned_items_vnd
    shipping_vnd = part.shipping_vnd - part.returned_shipping_vnd if gives_fee_back else 0
    commission_vnd = _kept_back(lines, "commission_vnd") - part.returned_commission_vnd
    vat_vnd = _kept_back(lines, "tax_vat_vnd") - part.returned_vat_vnd
    pit_vnd = _kept_back(lines, "tax_pit_vnd") - part.returned_pit_vnd
    off_vnd = _off_back_vnd(part, lines, gives_fee_back)
    return_id = session.scalar(
        upsert_into(session, GoodsReturn)
        .values(
            seller_order_id=seller_order_id, key=key, reason=reason, items_vnd=items_vnd,
            shipping_vnd=shipping_vnd, off_vnd=off_vnd, commission_vnd=commission_vnd,
            tax_vat_vnd=vat_vnd, tax_pit_vnd=pit_vnd, note=note, actor_kind=actor_kind,
            actor_id=actor_id, at=now,
        )
        .on_conflict_do_nothing(index_elements=["key"])
        .returning(GoodsReturn.id)
    )  # fmt: skip
    if return_id is None:
        return None
    session.execute(
        insert(GoodsReturnLine),
        [
            {
                "return_id": return_id, "line_item_id": each.line_id, "quantity": each.quantity,
                "restocked": each.restock,
            }
            for each in coming
        ],
    )  # fmt: skip
    session.execute(
        update(SellerOrder)
        .where(SellerOrder.id == seller_order_id)
        .values(
            returned_items_vnd=SellerOrder.returned_items_vnd + items_vnd,
            returned_shipping_vnd=SellerOrder.returned_shipping_vnd + shipping_vnd,
            returned_commission_vnd=SellerOrder.returned_commission_vnd + commission_vnd,
            returned_vat_vnd=SellerOrder.returned_vat_vnd + vat_vnd,
            returned_pit_vnd=SellerOrder.returned_pit_vnd + pit_vnd,
            returned_off_vnd=SellerOrder.returned_off_vnd + off_vnd,
        )
    )
    variants = {line.id: line.variant_id for line in lines}
    units = [
        Units(variants[each.line_id], each.quantity, seller_order_id)
        for each in coming
        if each.restock
    ]
    if units:
        stock.take_back(session, units, now=now, actor_id=actor_id)
    give_back(
        session, [(each.line_id, each.quantity, each.restock) for each in coming],
        seller_order_id=seller_order_id, actor_id=actor_id, now=now,
    )  # fmt: skip
    if part.slip_id is not None:
        settle_slip(session, seller_order_id, now)
    return return_id


def return_no_more(
    session: Session, row: GoodsReturn, *, actor_kind: str, actor_id: int | None, now: datetime
) -> None:
    """Store that a return was a mistake: lines, sums, lots and stock as before it.

    Raises:
        NotEnoughStock: the goods were sold to somebody else meanwhile.
    """
    session.add(GoodsKept(return_id=row.id, actor_kind=actor_kind, actor_id=actor_id, at=now))
    session.flush()
    kept = session.execute(
        select(
            GoodsReturnLine.line_item_id, GoodsReturnLine.quantity, GoodsReturnLine.restocked,
            LineItem.variant_id,
        )
        .join(LineItem, LineItem.id == GoodsReturnLine.line_item_id)
        .where(GoodsReturnLine.return_id == row.id)
        .order_by(GoodsReturnLine.line_item_id)
    ).all()  # fmt: skip
    for line in kept:
        session.execute(
            update(LineItem)
            .where(LineItem.id == line.line_item_id)
            .values(returned=LineItem.returned - line.quantity)
        )
    part = SellerOrder
    session.execute(
        update(part)
        .where(part.id == row.seller_order_id)
        .values(
            returned_items_vnd=part.returned_items_vnd - row.items_vnd,
            returned_shipping_vnd=part.returned_shipping_vnd - row.shipping_vnd,
            returned_commission_vnd=part.returned_commission_vnd - row.commission_vnd,
            returned_vat_vnd=part.returned_vat_vnd - row.tax_vat_vnd,
            returned_pit_vnd=part.returned_pit_vnd - row.tax_pit_vnd,
            returned_off_vnd=part.returned_off_vnd - row.off_vnd,
        )
    )
    keep_with_buyer(
        session, [(line.line_item_id, line.quantity, line.restocked) for line in kept],
        seller_order_id=row.seller_order_id, actor_id=actor_id, now=now,
    )  # fmt: skip
    units = [
        Units(line.variant_id, line.quantity, row.seller_order_id)
        for line in kept
        if line.restocked
    ]
    if units:
        stock.keep_out(session, units, now=now, actor_id=actor_id)
    if session.scalar(select(part.slip_id).where(part.id == row.seller_order_id)) is not None:
        settle_slip(session, row.seller_order_id, now)


def _kept_back(lines: Sequence[Row[*tuple[Any, ...]]], kept: str) -> int:
    """Return how much of what was kept of these lines goes back for all that came back so far."""
    return sum(back_vnd(getattr(line, kept), line.quantity, line.returned) for line in lines)


def _off_back_vnd(
    part: Row[*tuple[Any, ...]], lines: Sequence[Row[*tuple[Any, ...]]], gives_fee_back: bool
) -> int:
    """Return how much less a voucher's payer gives, now that so much is back.

    A voucher takes something off the goods or off the fee, never both.
    """
    if part.delivery_off_vnd:
        return part.delivery_off_vnd - part.returned_off_vnd if gives_fee_back else 0
    if not part.discount_vnd:
        return 0
    return off_back_vnd(as_sold(lines), part.discount_vnd) - part.returned_off_vnd


def _take_line_back(session: Session, seller_order_id: int, each: ComingBack) -> None:
    done = session.connection().execute(
        _COME_BACK, {"line": each.line_id, "part": seller_order_id, "n": each.quantity}
    )
    if done.rowcount == 1:
        return
    line = next(
        (line for line in sold_lines(session, seller_order_id) if line.id == each.line_id), None
    )
    raise MoreThanSold(
        line_id=each.line_id,
        title_vi=line.title_vi if line else "",
        title_en=line.title_en if line else "",
        unit_vi=line.unit_vi if line else "",
        unit_en=line.unit_en if line else "",
        variant_vi=line.variant_vi if line else "",
        variant_en=line.variant_en if line else "",
        left=line.quantity - line.returned if line else 0,
    )
