"""What ordering tells the rest of the shop."""

from dataclasses import dataclass

from shop.kernel.events import Event


@dataclass(frozen=True)
class OrderPlaced(Event):
    """An order is stored and its stock is promised. Nothing is paid yet."""

    name = "order.placed"

    order_id: int


@dataclass(frozen=True)
class SellerOrderMoved(Event):
    """One seller's part went from one state to the next. ``move_id`` names it for repeats."""

    name = "seller_order.moved"

    move_id: int
    order_id: int
    seller_order_id: int
    seller_id: int
    from_state: str
    to_state: str
    actor_kind: str


@dataclass(frozen=True)
class GoodsCameBack(Event):
    """Goods that had arrived are back with the seller. ``is_whole``: nothing is left with the buyer."""

    name = "goods.came_back"

    return_id: int
    order_id: int
    seller_order_id: int
    seller_id: int
    is_whole: bool


@dataclass(frozen=True)
class ReturnTakenBack(Event):
    """Goods that were noted as back are with their buyer still."""

    name = "goods.return_taken_back"

    return_id: int
    order_id: int
    seller_order_id: int
    seller_id: int
