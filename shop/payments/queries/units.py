"""Of how many units of each line money may go back still."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from shop.ordering.models import GoodsKept, GoodsReturn, GoodsReturnLine, LineItem
from shop.payments.models import Refund, RefundLine
from shop.payments.rules.books import whole_promise
from shop.payments.rules.refunds import COUNTING, units_left_of

_Units = dict[int, list[tuple[datetime, int]]]


def units_left(session: Session, seller_order_ids: Collection[int]) -> dict[int, int]:
    """Return it by line. Three statements.

    What went back by line before units were kept is not known, and is not counted.
    """
    ids = sorted(seller_order_ids)
    lines = session.execute(
        select(LineItem.id, LineItem.quantity).where(LineItem.seller_order_id.in_(ids))
    ).all()
    given: _Units = {}
    seen: set[tuple[int, str]] = set()
    for row in session.execute(
        select(RefundLine.line_item_id, Refund.asked_at, RefundLine.quantity, Refund.key)
        .join(Refund, Refund.id == RefundLine.refund_id)
        .join(LineItem, LineItem.id == RefundLine.line_item_id)
        .where(LineItem.seller_order_id.in_(ids), Refund.state.in_(sorted(COUNTING)))
    ):
        piece = (row.line_item_id, whole_promise(row.key))
        if piece not in seen:  # Money that two charges paid goes back for the same units.
            seen.add(piece)
            given.setdefault(row.line_item_id, []).append((row.asked_at, row.quantity))
    came_back: _Units = {}
    for row in session.execute(
        select(GoodsReturnLine.line_item_id, GoodsReturn.at, GoodsReturnLine.quantity)
        .join(GoodsReturn, GoodsReturn.id == GoodsReturnLine.return_id)
        .join(LineItem, LineItem.id == GoodsReturnLine.line_item_id)
        .outerjoin(GoodsKept, GoodsKept.return_id == GoodsReturn.id)
        .where(LineItem.seller_order_id.in_(ids), GoodsKept.return_id.is_(None))
    ):
        came_back.setdefault(row.line_item_id, []).append((row.at, row.quantity))
    return {
        line.id: units_left_of(line.quantity, given.get(line.id, ()), came_back.get(line.id, ()))
        for line in lines
    }
