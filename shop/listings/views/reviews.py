"""All that buyers said of one product, and what the pages around it show of that."""

from typing import Any

from flask import abort, render_template
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from shop.db import db
from shop.listings.kept import piece
from shop.listings.queries import products
from shop.listings.views import blueprint
from shop.reviews.forms import REASON_WORDS
from shop.reviews.queries import PER_PAGE, counts_of, newest_of_product, reviews_of_product
from shop.web.guards import guard
from shop.web.lists import cut, page_number


@blueprint.get("/san-pham/<slug>/danh-gia")
@guard("anyone")
def product_reviews(slug: str) -> ResponseReturnValue:
    """Every review of a product, the newest first, a page at a time."""
    session = db.session()
    sizes = products.sizes_of(session, slug)
    row = sizes[0] if sizes else None
    if row is None or row.published_at is None or row.approved_at is None:
        abort(404)
    if row.state != "published" or row.closed_at is not None or row.pack_id is None:
        abort(410)
    wanted = page_number()
    found = cut(session, reviews_of_product(row.id), wanted, PER_PAGE)
    if wanted > found.pages:
        abort(404)
    return render_template(
        "listings/reviews.html", product=row, counts=counts_of(row), found=found,
        reasons=REASON_WORDS,
    )  # fmt: skip


def reviews_piece(session: Any, row: Any) -> Markup:
    """Return the part of a product's page about its reviews; one statement when they changed."""
    counts = counts_of(row)

    def make() -> dict[str, Any]:
        return {
            "product": row,
            "counts": counts,
            "newest": newest_of_product(session, row.id) if counts.number else (),
            "reasons": REASON_WORDS,
        }

    # The maker's name stands in it, so her version names it too.
    names = (row.id, row.version, row.seller_version, row.reviews_version)
    return piece("listings/product_reviews.html", *names, make=make)
