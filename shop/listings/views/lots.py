"""One lot: who made it, where, when and from what. It says nothing of anybody who bought it."""

from flask import Response, abort, render_template
from sqlalchemy import select

from shop.catalogue.models import Product, Variant
from shop.catalogue.paper_queries import papers_shown
from shop.db import db
from shop.kernel.clock import now_utc, vietnam_date
from shop.kernel.codes import read_code
from shop.kernel.packs import in_running_text
from shop.kernel.phones import written
from shop.listings.rules import called
from shop.listings.views import blueprint
from shop.sellers.models import Seller
from shop.stock.lot_queries import lot_by_code
from shop.web.guards import guard
from shop.web.links import absolute
from shop.web.qr import qr_picture
from shop.web.words import speaking


@blueprint.get("/lo/<code>")
@guard("anyone")
def lot(code: str) -> str:
    session, today = db.session(), vietnam_date(now_utc())
    row = lot_by_code(session, code) if code == read_code(code) else None
    if row is None:
        abort(404)
    product = session.get_one(Product, row.product_id)
    maker = session.get_one(Seller, row.seller_id)
    papers = papers_shown(session, maker.id, today)
    return render_template(
        "listings/lot.html", lot=row, product=product, maker=maker, today=today,
        pack=session.scalars(select(Variant).where(Variant.id == row.variant_id)).one(),
        papers=[paper for paper in papers if paper.product_id in (None, product.id)],
        is_sold=product.state == "published" and maker.is_open,
        phone=written(maker.phone), call=called(maker.person),
        ward=in_running_text(maker.ward_name),
    )  # fmt: skip


@blueprint.get("/lo/<code>/qr.svg")
@guard("anyone")
def lot_picture(code: str) -> Response:
    """Its QR: what is printed onto the jar. It leads to the page in Vietnamese."""
    if code != read_code(code) or lot_by_code(db.session(), code) is None:
        abort(404)
    with speaking("vi"):
        picture = qr_picture(absolute(f"/lo/{code}"), "svg", f"lo-{code}")
    picture.headers["Cache-Control"] = "public, max-age=86400"
    return picture
