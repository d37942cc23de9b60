"""Pages of the buyer: checkout, her order, tracking, her list of orders."""

from shop.buying.views import (  # noqa: F401
    checkout,
    markets,
    mine,
    news,
    online,
    orders,
    quotes,
    refunds,
    reviews,
    tracking,
)
from shop.buying.views.blueprint import blueprint

__all__ = ["blueprint"]
