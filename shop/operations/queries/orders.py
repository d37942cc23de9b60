"""Orders whose last step may be a wrong tap, for whoever helps the seller."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from shop.accounts.models import Account
from shop.ordering.models import Order, SellerOrder, SellerOrderMove
from shop.ordering.rules import TAKEN_BACK, may_be_taken_back

#: The newest; a wrong tap is noticed within days.
SHOWN = 50


def steps_to_take_back(
    session: Session, seller_id: int, code: str | None = None
) -> Sequence[Any]:  # fmt: skip
    """Return (id, move_id, code, state, total_vnd, at, by_name) of a seller's, newest first.

    Args:
        code: only of this order.
    """
    last = (
        select(func.max(SellerOrderMove.id))
        .where(SellerOrderMove.seller_order_id == SellerOrder.id)
        .correlate(SellerOrder)
        .scalar_subquery()
    )
    wanted = (
        select(
            SellerOrder.id, SellerOrder.state, SellerOrder.total_vnd, Order.code,
            SellerOrderMove.id.label("move_id"), SellerOrderMove.from_state,
            SellerOrderMove.to_state, SellerOrderMove.actor_kind, SellerOrderMove.at,
            Account.name.label("by_name"),
        )
        .join(Order, Order.id == SellerOrder.order_id)
        .join(SellerOrderMove, SellerOrderMove.id == last)
        .outerjoin(Account, Account.id == SellerOrderMove.actor_id)
        .where(
            SellerOrder.seller_id == seller_id,
            SellerOrder.state.in_(sorted({wrong for wrong, _ in TAKEN_BACK})),
        )
        .order_by(SellerOrderMove.at.desc(), SellerOrder.id.desc())
        .limit(SHOWN)
    )  # fmt: skip
    if code is not None:
        wanted = wanted.where(Order.code == code)
    return [
        row
        for row in session.execute(wanted)
        if may_be_taken_back(row.from_state, row.to_state, row.actor_kind)
    ]
