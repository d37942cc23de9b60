"""What buyers are let off: given back although it was owed and paid, so less is asked for."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from sqlalchemy import bindparam, func, select
from sqlalchemy.orm import Session

from shop.ordering.models import SellerOrder
from shop.ordering.rules import owed_vnd
from shop.payments.came_back import known_back_now
from shop.payments.models import Refund, RefundAllocation
from shop.payments.rules.books import let_off_now
from shop.payments.rules.refunds import RefundState


class LetOff(NamedTuple):
    """How much less a part asks for."""

    seller_order_id: int
    payee_id: int | None
    vnd: int


_DECIDED = (
    select(
        SellerOrder.id, SellerOrder.payee_id, SellerOrder.state, SellerOrder.total_vnd,
        SellerOrder.returned_items_vnd, SellerOrder.returned_shipping_vnd,
        func.sum(RefundAllocation.let_off_vnd).label("let_off_vnd"),
        func.sum(RefundAllocation.ahead_vnd).label("ahead_vnd"),
    )
    .join(RefundAllocation, RefundAllocation.seller_order_id == SellerOrder.id)
    .join(Refund, Refund.id == RefundAllocation.refund_id)
    .where(
        Refund.state == RefundState.DONE,
        SellerOrder.order_id == bindparam("order"),
        SellerOrder.method == bindparam("name"),
    )
    .group_by(
        SellerOrder.id, SellerOrder.payee_id, SellerOrder.state, SellerOrder.total_vnd,
        SellerOrder.returned_items_vnd, SellerOrder.returned_shipping_vnd,
    )
)  # fmt: skip


def let_off_in(session: Session, order_id: int, method: str) -> list[LetOff]:
    """Return how much less is asked for each part of an order that is paid by a method.

    The same as ``books.Part.let_off_now_vnd`` of every part. Parts of which nothing went back
    are left out.
    """
    rows = session.execute(_DECIDED, {"order": order_id, "name": method}).all()
    return [
        LetOff(row.id, row.payee_id, vnd)
        for row, vnd in zip(rows, let_off_of(session, rows), strict=True)
    ]


def let_off_of(session: Session, rows: Sequence[Any]) -> list[int]:
    """Return what the buyer of each part is let off now.

    Args:
        rows: of parts: what they cost, what of it came back, and what refunds that are done say
            (``let_off_vnd``, ``ahead_vnd``).
    """
    came_back = [row.id for row in rows if row.ahead_vnd and row.returned_items_vnd]
    known = known_back_now(session, came_back) if came_back else {}
    return [_now(row, known.get(row.id, 0)) for row in rows]


def _now(row: Any, known_vnd: int) -> int:
    back_vnd = row.returned_items_vnd + row.returned_shipping_vnd
    return let_off_now(
        owed_vnd(row.state, row.total_vnd, back_vnd), int(row.let_off_vnd), int(row.ahead_vnd),
        known_vnd,
    )  # fmt: skip
