"""Pages of the buyer: checkout, her order, tracking, her list of orders."""

from shop.buying.views import checkout, mine, online, orders, quotes, refunds, tracking  # noqa: F401
from shop.buying.views.blueprint import blueprint

__all__ = ["blueprint"]
