"""Reads of payments: for the buyer's page, for the payee, for boards."""

from shop.payments.queries.buyers import (
    OnlineView,
    TransferView,
    held_of,
    online_of,
    standings,
    transfers_of,
)
from shop.payments.queries.invariants import (
    INVARIANTS,
    LOOKS,
)
from shop.payments.queries.payees import (
    HEADINGS,
    cash_of_seller,
    cash_to_give_back,
    is_late,
    late_report,
    payment_of_organisations,
    surplus,
    transfer_counts,
    transfers_into,
)
from shop.payments.queries.refunds import (
    BuyerAccount,
    RefundView,
    order_id_of,
    promised_so_far,
    refund_view,
    refunds_of_cash,
    refunds_of_order,
    refunds_of_payment,
)
from shop.payments.queries.trail import (
    cash_moves_of,
    events_of,
    is_of_market,
    last_cash_move,
    last_money_event,
    people_of,
    seller_orders_of,
    sold_parts_of,
)
from shop.payments.queries.units import units_left

__all__ = [
    "HEADINGS",
    "INVARIANTS",
    "LOOKS",
    "BuyerAccount",
    "OnlineView",
    "RefundView",
    "TransferView",
    "cash_moves_of",
    "cash_of_seller",
    "cash_to_give_back",
    "events_of",
    "held_of",
    "is_late",
    "is_of_market",
    "last_cash_move",
    "last_money_event",
    "late_report",
    "online_of",
    "order_id_of",
    "payment_of_organisations",
    "people_of",
    "promised_so_far",
    "refund_view",
    "refunds_of_cash",
    "refunds_of_order",
    "refunds_of_payment",
    "seller_orders_of",
    "sold_parts_of",
    "standings",
    "surplus",
    "transfer_counts",
    "transfers_into",
    "transfers_of",
    "units_left",
]
