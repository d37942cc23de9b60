"""What must always be true of markets and their orders. Each query returns no row while all is well."""

from typing import Any

from sqlalchemy import case, func, or_, select

from shop.markets.models import MarketAct, MarketOffer, MarketOrder, MarketPickup, MarketSession
from shop.ordering.models import LineItem, SellerOrder
from shop.ordering.rules import SellerOrderState as S
from shop.queued.models import QueuedAct
from shop.queued.rules import Outcome

_standing = (
    select(
        MarketOrder.session_id, func.count().label("orders"),
        func.sum(MarketOrder.amount_vnd).label("amount_vnd"),
    )
    .where(MarketOrder.parts > 0)
    .group_by(MarketOrder.session_id)
    .subquery()
)  # fmt: skip
_chosen = (
    select(MarketOrder.pickup_id, func.count().label("orders"))
    .where(MarketOrder.parts > 0)
    .group_by(MarketOrder.pickup_id)
    .subquery()
)
_sold = (
    select(
        MarketPickup.session_id, LineItem.variant_id,
        func.sum(LineItem.quantity).label("units"),
    )
    .join(SellerOrder, SellerOrder.market_pickup_id == MarketPickup.id)
    .join(LineItem, LineItem.seller_order_id == SellerOrder.id)
    .where(SellerOrder.state != S.CANCELLED)
    .group_by(MarketPickup.session_id, LineItem.variant_id)
    .subquery()
)  # fmt: skip
_parts = (
    select(
        MarketPickup.session_id, SellerOrder.order_id, func.count().label("parts"),
        func.sum(SellerOrder.items_vnd).label("amount_vnd"),
    )
    .join(SellerOrder, SellerOrder.market_pickup_id == MarketPickup.id)
    .where(SellerOrder.state != S.CANCELLED)
    .group_by(MarketPickup.session_id, SellerOrder.order_id)
    .subquery()
)  # fmt: skip

#: {kind of a phone's act: what it is called among the acts of the market}
_DONE_AS = {
    "market.hand_over": "handed_over", "market.leave": "not_collected",
    "market.goods_back": "goods_back", "market.sell": "sold",
    "market.take_back": "taken_back",
}  # fmt: skip
_act_key = (
    case(*((QueuedAct.kind == kind, word) for kind, word in _DONE_AS.items())) + ":" + QueuedAct.key
)

INVARIANTS: dict[str, Any] = {
    "what a phone at a stall was told stands once, refused not at all": (
        select(QueuedAct.id, QueuedAct.kind, QueuedAct.outcome)
        .outerjoin(MarketAct, MarketAct.key == _act_key)
        .where(
            QueuedAct.kind.in_(list(_DONE_AS)),
            (QueuedAct.outcome == Outcome.DONE) != MarketAct.id.is_not(None),
        )
    ),
    "a market counts the orders and the money that stand at it": (
        select(
            MarketSession.id, MarketSession.orders, _standing.c.orders.label("standing"),
            MarketSession.amount_vnd, _standing.c.amount_vnd.label("standing_vnd"),
        )
        .outerjoin(_standing, _standing.c.session_id == MarketSession.id)
        .where(
            or_(
                MarketSession.orders != func.coalesce(_standing.c.orders, 0),
                MarketSession.amount_vnd != func.coalesce(_standing.c.amount_vnd, 0),
            )
        )
    ),
    "a market's place counts the orders that chose it": (
        select(MarketPickup.id, MarketPickup.taken, _chosen.c.orders)
        .outerjoin(_chosen, _chosen.c.pickup_id == MarketPickup.id)
        .where(MarketPickup.taken != func.coalesce(_chosen.c.orders, 0))
    ),
    "what a market offers counts the units that were ordered": (
        select(MarketOffer.id, MarketOffer.taken, _sold.c.units)
        .outerjoin(
            _sold,
            (_sold.c.session_id == MarketOffer.session_id)
            & (_sold.c.variant_id == MarketOffer.variant_id),
        )
        .where(MarketOffer.taken != func.coalesce(_sold.c.units, 0))
    ),
    "a bag is the parts of its order at the market": (
        select(MarketOrder.id, MarketOrder.parts, _parts.c.parts.label("standing"))
        .outerjoin(
            _parts,
            (_parts.c.session_id == MarketOrder.session_id)
            & (_parts.c.order_id == MarketOrder.order_id),
        )
        .where(
            or_(
                MarketOrder.parts != func.coalesce(_parts.c.parts, 0),
                MarketOrder.amount_vnd != func.coalesce(_parts.c.amount_vnd, 0),
            )
        )
    ),
}  # fmt: skip
