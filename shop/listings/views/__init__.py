"""Pages for everybody: what there is, who makes it, how to find it."""

from flask import Blueprint

blueprint = Blueprint("listings", __name__)

from shop.listings.views import (  # noqa: E402, F401
    feeds,
    lists,
    lots,
    makers,
    product,
    reviews,
    search,
)
