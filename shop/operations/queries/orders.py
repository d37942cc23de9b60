"""Orders whose last step may be a wrong tap, for whoever helps the seller."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import islice
from typing import Any, NamedTuple

from sqlalchemy import exists, func, select
from sqlalchemy.orm import Session

from shop.accounts.models import Account
from shop.operations.rules import YEARS_KEPT
from shop.ordering.models import Order, SellerOrder, SellerOrderMove
from shop.ordering.rules import DELIVERED_BACK_WITHIN, TAKEN_BACK, step_to_take_back
from shop.ordering.rules import SellerOrderState as S
from shop.payments.models import CodCollection
from shop.payments.queries import refunds_of_order, transfers_of
from shop.payments.rules.cash import CashState
from shop.web.lists import Page, cut

#: Whoever taps steps; what the clock or a carrier moved has no way back.
_TAPPING = frozenset[str]().union(*TAKEN_BACK.values())


class WrongStep(NamedTuple):
    """A part's last step, which somebody tapped and which has a way back."""

    id: int
    move_id: int
    code: str
    state: str
    delivery: str
    back: str
    total_vnd: int
    at: datetime
    by_name: str | None


def steps_to_take_back(
    session: Session, seller_id: int, now: datetime, page: int, code: str | None = None
) -> Page:
    """Return a page of a seller's ``WrongStep``s, newest first. Three queries.

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
            SellerOrder.id, SellerOrder.state, SellerOrder.delivery, SellerOrder.pickup_point_id,
            SellerOrder.total_vnd, Order.code,
        )
        .join(Order, Order.id == SellerOrder.order_id)
        .join(SellerOrderMove, SellerOrderMove.id == last)
        .where(
            SellerOrder.seller_id == seller_id,
            SellerOrder.state.in_(sorted({wrong for wrong, _ in TAKEN_BACK})),
            SellerOrderMove.actor_kind.in_(sorted(_TAPPING)),
            # What a stall hands over itself, at a market or on the spot, it takes back itself.
            (SellerOrder.delivery != "pickup")
            | SellerOrder.pickup_point_id.is_not(None)
            | (SellerOrder.state == S.PACKED),
            (SellerOrder.state != S.DELIVERED)
            | (SellerOrderMove.at >= now - DELIVERED_BACK_WITHIN),
        )
        .order_by(SellerOrderMove.at.desc(), SellerOrder.id.desc())
    )  # fmt: skip
    if code is not None:
        wanted = wanted.where(Order.code == code)
    found = cut(session, wanted, page)
    moves: dict[int, list[Any]] = {part.id: [] for part in found.rows}
    for move in session.execute(
        select(*SellerOrderMove.__table__.c, Account.name.label("by_name"))
        .outerjoin(Account, Account.id == SellerOrderMove.actor_id)
        .where(SellerOrderMove.seller_order_id.in_(moves))
        .order_by(SellerOrderMove.id)
    ):
        moves[move.seller_order_id].append(move)
    steps = [(part, step_to_take_back(moves[part.id], part, now)) for part in found.rows]
    rows = [
        WrongStep(
            part.id, step.id, part.code, part.state, part.delivery, step.from_state,
            part.total_vnd, step.at, step.by_name,
        )
        for part, step in steps
        if step is not None
    ]  # fmt: skip
    return replace(found, rows=rows)


#: Nothing more happens to a part there by itself.
OVER = (S.COMPLETED, S.NOT_COLLECTED, S.CANCELLED, S.RETURNED, S.LOST)


def order_id_of(session: Session, code: str) -> int | None:
    return session.scalar(select(Order.id).where(Order.code == code))


def order_is_open(session: Session, order_id: int) -> bool:
    """Tell whether goods or money of an order are still under way."""
    parts = select(SellerOrder.id).where(SellerOrder.order_id == order_id)
    moving = session.scalar(parts.where(SellerOrder.state.not_in(OVER)).limit(1))
    cash = session.scalar(
        select(CodCollection.seller_order_id)
        .where(
            CodCollection.seller_order_id.in_(parts),
            CodCollection.state == CashState.WITH_CARRIER,
        )
        .limit(1)
    )
    if moving is not None or cash is not None:
        return True
    unpaid = [t for t in transfers_of(session, order_id) if t.missing_vnd > 0 and not t.expired_at]
    return bool(unpaid) or any(one.is_open for one in refunds_of_order(session, order_id))


def orders_to_erase(session: Session, now: datetime, limit: int) -> Sequence[int]:
    """Return orders of which nothing has moved for years and which name their buyer still.

    Those with open money stay, and are looked at again the next night.
    """
    before = now - timedelta(days=365 * YEARS_KEPT + 1)
    found = session.scalars(
        select(Order.id)
        .where(
            Order.erased_at.is_(None), Order.placed_at < before,
            ~exists().where(
                SellerOrder.order_id == Order.id, SellerOrder.state.not_in(OVER)
            ),
            ~exists().where(
                SellerOrder.order_id == Order.id,
                SellerOrderMove.seller_order_id == SellerOrder.id, SellerOrderMove.at >= before,
            ),
        )
        .order_by(Order.id)
    )  # fmt: skip
    closed = (one for one in found.all() if not order_is_open(session, one))
    return list(islice(closed, limit))
