"""The seller's pages."""

from shop.selling.views import (  # noqa: F401
    bank,
    banking,
    carriers,
    earnings,
    funds,
    goods,
    goods_table,
    helping,
    joining,
    kiosk,
    live,
    lots,
    markets,
    money,
    numbers,
    orders,
    papers,
    parcels,
    payouts,
    photos,
    quick,
    refunds,
    remittances,
    returns,
    reviews,
    sheets,
    stall,
    tariff,
    voice,
    vouchers,
    writing,
)
from shop.selling.views.blueprint import blueprint

__all__ = ["blueprint"]
