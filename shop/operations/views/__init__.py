"""The operator's and the officers' desk, and the pages of the shop's duties."""

from flask import Blueprint

blueprint = Blueprint("operations", __name__)

from shop.operations.views import (  # noqa: E402, F401
    accounts,
    audit,
    bank_accounts,
    banking,
    books,
    cards,
    complaints,
    corrections,
    duties,
    gift_passes,
    helpers,
    joining,
    money,
    orders,
    outbox,
    overview,
    papers,
    payouts,
    pictures,
    refunds,
    remittances,
    reordering,
    return_fees,
    reviews,
    sellers,
    shares,
    tax_payments,
    units,
    vouchers,
)
