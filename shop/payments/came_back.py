"""Which goods that came back are units whose money had gone back by line: read, nothing is stored."""

from collections.abc import Collection

from sqlalchemy import select
from sqlalchemy.orm import Session

from shop.ordering.models import GoodsKept, GoodsReturn, GoodsReturnLine, LineItem
from shop.payments.models import Refund, RefundAllocation, RefundLine
from shop.payments.rules.refunds import COUNTING, UnitsBack, UnitsGiven, others_in


def others_back(session: Session, seller_order_ids: Collection[int]) -> dict[int, int]:
    """Return by return what of its goods are others than units whose money had gone back, in đồng.

    Two statements. Returns without such units are left out.
    """
    given: dict[int, list[UnitsGiven]] = {}
    for row in session.execute(
        select(
            LineItem.seller_order_id, RefundLine.line_item_id, RefundLine.quantity,
            Refund.asked_at, Refund.changed_at, Refund.state,
        )
        .join(Refund, Refund.id == RefundLine.refund_id)
        .join(LineItem, LineItem.id == RefundLine.line_item_id)
        .join(
            RefundAllocation,
            (RefundAllocation.refund_id == Refund.id)
            & (RefundAllocation.seller_order_id == LineItem.seller_order_id),
        )
        # What was there beyond all that is due went back for nobody's units.
        .where(LineItem.seller_order_id.in_(sorted(seller_order_ids)), RefundAllocation.ahead_vnd > 0)
        .order_by(Refund.id, RefundLine.line_item_id)
    ):  # fmt: skip
        ended_at = None if row.state in COUNTING else row.changed_at
        given.setdefault(row.seller_order_id, []).append(
            UnitsGiven(row.line_item_id, row.quantity, row.asked_at, ended_at)
        )
    if not given:
        return {}
    came_back: dict[int, list[UnitsBack]] = {}
    goods_vnd: dict[int, int] = {}
    for row in session.execute(
        select(
            GoodsReturn.id, GoodsReturn.seller_order_id, GoodsReturn.items_vnd, GoodsReturn.at,
            GoodsReturnLine.line_item_id, GoodsReturnLine.quantity, LineItem.unit_price_vnd,
            GoodsKept.at.label("kept_at"),
        )
        .join(GoodsReturnLine, GoodsReturnLine.return_id == GoodsReturn.id)
        .join(LineItem, LineItem.id == GoodsReturnLine.line_item_id)
        .outerjoin(GoodsKept, GoodsKept.return_id == GoodsReturn.id)
        .where(GoodsReturn.seller_order_id.in_(sorted(given)))
        .order_by(GoodsReturn.at, GoodsReturn.id, GoodsReturnLine.line_item_id)
    ):  # fmt: skip
        goods_vnd[row.id] = row.items_vnd
        came_back.setdefault(row.seller_order_id, []).append(
            UnitsBack(
                row.id, row.line_item_id, row.quantity, row.unit_price_vnd, row.at, row.kept_at
            )
        )
    return {
        return_id: int(goods_vnd[return_id] * part)
        for order, mine in came_back.items()
        for return_id, part in others_in(given[order], mine).items()
    }


def others_back_now(session: Session, seller_order_ids: Collection[int]) -> dict[int, int]:
    """Return the same by seller order, of returns that were no mistake."""
    found = others_back(session, seller_order_ids)
    if not found:
        return {}
    sums: dict[int, int] = {}
    for row in session.execute(
        select(GoodsReturn.id, GoodsReturn.seller_order_id)
        .outerjoin(GoodsKept, GoodsKept.return_id == GoodsReturn.id)
        .where(GoodsReturn.id.in_(sorted(found)), GoodsKept.return_id.is_(None))
    ):
        sums[row.seller_order_id] = sums.get(row.seller_order_id, 0) + found[row.id]
    return sums
