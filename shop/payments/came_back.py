"""Units whose money went back by line, and what of a part came back: read, nothing is stored."""

from collections.abc import Collection, Iterable
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from shop.ordering.models import GoodsKept, GoodsReturn, GoodsReturnLine, LineItem
from shop.payments.models import Refund, RefundAllocation, RefundLine
from shop.payments.rules.books import UnitsBack, UnitsGiven, known_vnd
from shop.payments.rules.refunds import RefundState

_GIVEN = (
    select(
        Refund.id, LineItem.seller_order_id, RefundLine.line_item_id, RefundLine.quantity,
        Refund.asked_at, Refund.key,
    )
    .join(Refund, Refund.id == RefundLine.refund_id)
    .join(LineItem, LineItem.id == RefundLine.line_item_id)
    .join(
        RefundAllocation,
        (RefundAllocation.refund_id == Refund.id)
        & (RefundAllocation.seller_order_id == LineItem.seller_order_id),
    )
    # What was there beyond all that is due went back for nobody's units.
    .where(RefundAllocation.ahead_vnd > 0)
    .order_by(Refund.id, RefundLine.line_item_id)
)  # fmt: skip


def units_given(
    session: Session, refund_ids: Collection[int]
) -> dict[int, list[tuple[int, UnitsGiven]]]:
    """Return (part, for which units) by refund; those by amount are left out. One statement."""
    found: dict[int, list[tuple[int, UnitsGiven]]] = {}
    for row in session.execute(_GIVEN.where(Refund.id.in_(sorted(refund_ids)))):
        found.setdefault(row.id, []).append((row.seller_order_id, _given(row)))
    return found


def _given(row: Any) -> UnitsGiven:
    return UnitsGiven(row.line_item_id, row.quantity, row.asked_at, row.key)


def units_back(session: Session, seller_order_ids: Collection[int]) -> dict[int, list[UnitsBack]]:
    """Return what came back by each return of parts of which money went back by line, ever.

    Two statements, one when there is none.
    """
    by_line = session.scalars(
        select(LineItem.seller_order_id)
        .join(RefundLine, RefundLine.line_item_id == LineItem.id)
        .where(LineItem.seller_order_id.in_(sorted(seller_order_ids)))
        .distinct()
    ).all()
    found: dict[int, list[UnitsBack]] = {}
    for row in _came_back(session, by_line):
        found.setdefault(row.id, []).append(_back(row))
    return found


def known_back_now(session: Session, seller_order_ids: Collection[int]) -> dict[int, int]:
    """Return what of the goods that came back is units whose money went back, by part.

    Two statements. Parts without such units are left out.
    """
    given: dict[int, list[UnitsGiven]] = {}
    for row in session.execute(
        _GIVEN.where(
            LineItem.seller_order_id.in_(sorted(seller_order_ids)), Refund.state == RefundState.DONE
        )
    ):
        given.setdefault(row.seller_order_id, []).append(_given(row))
    came_back: dict[int, list[UnitsBack]] = {}
    for row in _came_back(session, given):
        if row.kept_at is None:
            came_back.setdefault(row.seller_order_id, []).append(_back(row))
    return {part: known_vnd(given[part], mine) for part, mine in came_back.items()}


def _came_back(session: Session, seller_order_ids: Collection[int]) -> Iterable[Any]:
    if not seller_order_ids:
        return ()
    return session.execute(
        select(
            GoodsReturn.id, GoodsReturn.seller_order_id, GoodsReturn.items_vnd, GoodsReturn.at,
            GoodsReturnLine.line_item_id, GoodsReturnLine.quantity, LineItem.unit_price_vnd,
            GoodsKept.at.label("kept_at"),
        )
        .join(GoodsReturnLine, GoodsReturnLine.return_id == GoodsReturn.id)
        .join(LineItem, LineItem.id == GoodsReturnLine.line_item_id)
        .outerjoin(GoodsKept, GoodsKept.return_id == GoodsReturn.id)
        .where(GoodsReturn.seller_order_id.in_(sorted(seller_order_ids)))
        .order_by(GoodsReturn.at, GoodsReturn.id, GoodsReturnLine.line_item_id)
    ).all()  # fmt: skip


def _back(row: Any) -> UnitsBack:
    return UnitsBack(
        row.id, row.line_item_id, row.quantity, row.unit_price_vnd, row.items_vnd, row.at
    )
