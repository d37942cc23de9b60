"""Changes to carts and orders, inside the caller's transaction."""

from shop.ordering.actions.carts import (
    OrderedAgain,
    add_to_cart,
    fit_cart_to_stock,
    forget_carts,
    join_carts,
    open_cart,
    order_again,
    remove_from_cart,
    set_quantities,
    undo_removal,
)
from shop.ordering.actions.moves import (
    Moved,
    accept_quote,
    cancel_by_buyer,
    claim_order,
    complete_delivered,
    expire_due,
    hold_until,
    let_go_of_account,
    mark_seen,
    move_seller_order,
    quote_fee,
    take_move_back,
)
from shop.ordering.actions.placing import Placed, place_order
from shop.ordering.actions.returns import Returned, return_goods

__all__ = [
    "Moved",
    "OrderedAgain",
    "Placed",
    "Returned",
    "accept_quote",
    "add_to_cart",
    "cancel_by_buyer",
    "claim_order",
    "complete_delivered",
    "expire_due",
    "fit_cart_to_stock",
    "forget_carts",
    "hold_until",
    "join_carts",
    "let_go_of_account",
    "mark_seen",
    "move_seller_order",
    "open_cart",
    "order_again",
    "place_order",
    "quote_fee",
    "remove_from_cart",
    "return_goods",
    "set_quantities",
    "take_move_back",
    "undo_removal",
]
