"""Reads of payments: for the buyer's page, for the payee, for boards."""

from shop.payments.queries.buyers import (
    TransferView,
    held_of,
    payment_of_order,
    standings,
    transfers_of,
)
from shop.payments.queries.invariants import (
    INVARIANTS,
)
from shop.payments.queries.payees import (
    HEADINGS,
    cash_of_seller,
    cash_to_give_back,
    is_late,
    late_report,
    late_reports,
    payment_of_organisations,
    payment_of_seller,
    reported_to,
    surplus,
    to_give_back,
    transfer_counts,
    transfers_into,
)
from shop.payments.queries.trail import (
    cash_moves_of,
    events_of,
    last_cash_move,
    last_money_event,
    people_of,
    seller_orders_of,
)

__all__ = [
    "HEADINGS",
    "INVARIANTS",
    "TransferView",
    "cash_moves_of",
    "cash_of_seller",
    "cash_to_give_back",
    "events_of",
    "held_of",
    "is_late",
    "last_cash_move",
    "last_money_event",
    "late_report",
    "late_reports",
    "payment_of_order",
    "payment_of_organisations",
    "payment_of_seller",
    "people_of",
    "reported_to",
    "seller_orders_of",
    "standings",
    "surplus",
    "to_give_back",
    "transfer_counts",
    "transfers_into",
    "transfers_of",
]
