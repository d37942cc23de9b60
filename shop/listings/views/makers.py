"""Who makes the goods."""

from flask import abort, render_template, request
from flask.typing import ResponseReturnValue

from shop.catalogue.rules import in_running_text
from shop.db import db
from shop.kernel.clock import now_utc, vietnam_date
from shop.kernel.phones import written
from shop.listings.kept import kept, rendered_cards
from shop.listings.queries import lists
from shop.listings.queries.makers import maker
from shop.listings.rules import asked_for, called, pages_of
from shop.listings.views import blueprint
from shop.shipping.queries import pickup_points
from shop.web.guards import guard


@blueprint.get("/nguoi-lam")
@guard("anyone")
def makers() -> str:
    shelves = kept().shelves(db.session())
    province = request.args.get("tinh", "")
    shown = [m for m in shelves.makers if m.province_code == province]
    return render_template(
        "listings/makers.html",
        makers=shown or shelves.makers,
        provinces=shelves.provinces,
        province=province if shown else "",
    )


@blueprint.get("/nguoi-lam/<slug>")
@guard("anyone")
def maker_page(slug: str) -> ResponseReturnValue:
    session = db.session()
    row = maker(session, slug)
    if row is None:
        abort(404)
    if row.closed_at is not None:
        return render_template("listings/gone.html", product=None, seller=row), 410
    asked = asked_for(request.args.to_dict(), provinces={})
    if asked is None:
        abort(404)
    rows = lists.listed(session, asked, seller_id=row.id)
    if not rows and asked.page > 1:
        abort(404)
    today = vietnam_date(now_utc())
    return render_template(
        "listings/maker.html",
        maker=row,
        wanted=asked,
        cards=rendered_cards(session, rows, today=today),
        pages=pages_of(max(row.product_count, len(rows))),
        pickups=pickup_points(session, [row.id])[row.id],
        phone=written(row.phone),
        call=called(row.person),
        ward=in_running_text(row.ward_name),
    )
