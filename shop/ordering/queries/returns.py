"""Reads of goods that came back."""

from collections import defaultdict
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, func, select
from sqlalchemy.orm import Session

from shop.ordering.models import GoodsKept, GoodsReturn, GoodsReturnLine, LineItem


@dataclass(frozen=True, slots=True)
class ReturnView:
    """One return with the lines in it. ``row``: its columns."""

    row: Row[*tuple[Any, ...]]
    lines: list[Row[*tuple[Any, ...]]]


def last_return(session: Session, seller_order_id: int) -> int:
    """Return the id of a part's last return, 0 before any: forms carry it."""
    return (
        session.scalar(
            select(func.max(GoodsReturn.id)).where(GoodsReturn.seller_order_id == seller_order_id)
        )
        or 0
    )


def returns_of(session: Session, seller_order_id: int) -> list[ReturnView]:
    """Return what came back of a part, oldest first. Two queries, one when nothing did.

    What was noted by mistake is left out.
    """
    rows = session.execute(
        select(*GoodsReturn.__table__.c)
        .where(
            GoodsReturn.seller_order_id == seller_order_id,
            GoodsReturn.id.not_in(select(GoodsKept.return_id)),
        )
        .order_by(GoodsReturn.id)
    ).all()
    if not rows:
        return []
    lines: dict[int, list[Row[*tuple[Any, ...]]]] = defaultdict(list)
    for line in session.execute(
        select(
            GoodsReturnLine.return_id, GoodsReturnLine.quantity, GoodsReturnLine.restocked,
            LineItem.title_vi, LineItem.title_en, LineItem.unit_vi, LineItem.unit_en,
            LineItem.variant_vi, LineItem.variant_en,
        )
        .join(LineItem, LineItem.id == GoodsReturnLine.line_item_id)
        .where(GoodsReturnLine.return_id.in_([row.id for row in rows]))
        .order_by(GoodsReturnLine.return_id, LineItem.id)
    ):  # fmt: skip
        lines[line.return_id].append(line)
    return [ReturnView(row, lines[row.id]) for row in rows]
