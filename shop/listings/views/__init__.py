"""Pages for everybody: what there is, who makes it, how to find it."""

from flask import Blueprint

blueprint = Blueprint("listings", __name__)

from shop.listings.views import feeds, lists, lots, makers, product, search  # noqa: E402, F401
