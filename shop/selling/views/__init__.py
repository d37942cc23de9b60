"""The seller's pages."""

from shop.selling.views import (  # noqa: F401
    bank,
    banking,
    earnings,
    goods,
    money,
    orders,
    papers,
    photos,
    returns,
    stall,
    tariff,
)
from shop.selling.views.blueprint import blueprint

__all__ = ["blueprint"]
