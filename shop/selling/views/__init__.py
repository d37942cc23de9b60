"""The seller's pages."""

from shop.selling.views import bank, goods, money, orders, photos, returns, stall, tariff  # noqa: F401
from shop.selling.views.blueprint import blueprint

__all__ = ["blueprint"]
