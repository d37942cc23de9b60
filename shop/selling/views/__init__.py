"""The seller's pages."""

from shop.selling.views import (  # noqa: F401
    bank,
    banking,
    goods,
    money,
    orders,
    papers,
    photos,
    refunds,
    returns,
    stall,
    tariff,
)
from shop.selling.views.blueprint import blueprint

__all__ = ["blueprint"]
