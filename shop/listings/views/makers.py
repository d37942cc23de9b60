"""Who makes the goods."""

from typing import Any

from flask import abort, render_template, request
from flask.typing import ResponseReturnValue

from shop.catalogue.paper_queries import papers_shown
from shop.catalogue.paper_rules import KINDS
from shop.db import db
from shop.kernel.clock import now_utc, vietnam_date
from shop.kernel.packs import in_running_text
from shop.kernel.phones import written
from shop.listings.kept import kept, rendered_cards
from shop.listings.queries import lists
from shop.listings.queries.makers import maker
from shop.listings.rules import PER_PAGE, asked_for, called, pages_of
from shop.listings.views import blueprint
from shop.reviews.forms import REASON_WORDS
from shop.reviews.queries import newest_of_seller
from shop.sellers.rules import away_on
from shop.shipping.queries import pickup_points
from shop.web.guards import guard
from shop.web.words import language

#: So many of the last reviews of her goods stand on a maker's page.
NEWEST = 3


@blueprint.get("/nguoi-lam")
@guard("anyone")
def makers() -> str:
    shelves = kept().shelves(db.session())
    asked = asked_for(request.args.to_dict(), provinces=shelves.provinces, wards=shelves.wards)
    if asked is None:
        abort(404)
    shown = [
        maker
        for maker in shelves.makers
        if asked.province_code in ("", maker.province_code)
        and asked.ward_code in ("", maker.ward_code)
    ]
    here = shown[(asked.page - 1) * PER_PAGE : asked.page * PER_PAGE]
    if not here and asked.page > 1:
        abort(404)
    several = len(shelves.provinces) > 1
    return render_template(
        "listings/makers.html",
        makers=here,
        places=shelves.provinces if several else shelves.wards,
        narrows="tinh" if several else "xa",
        chosen=asked.province_code or asked.ward_code,
        page=asked.page,
        pages=pages_of(len(shown)),
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
    asked = asked_for(request.args.to_dict())
    if asked is None:
        abort(404)
    rows = lists.listed(session, asked, seller_id=row.id)
    if not rows and asked.page > 1:
        abort(404)
    today = vietnam_date(now_utc())
    newest, counts = newest_of_seller(session, row.id, NEWEST)
    return render_template(
        "listings/maker.html",
        newest=newest,
        counts=counts,
        reasons=REASON_WORDS,
        maker=row,
        wanted=asked,
        cards=rendered_cards(session, rows, today=today),
        pages=pages_of(max(row.product_count, len(rows))),
        away=away_on(row.away_until, today),
        pickups=pickup_points(session, [row.id])[row.id],
        phone=written(row.phone),
        call=called(row.person),
        ward=in_running_text(row.ward_name),
        # Each product's own page says what was declared of it.
        papers=[
            paper
            for paper in papers_shown(session, row.id, today)
            if not KINDS[paper.kind].is_own_word
        ],
        branch=_branch(row),
    )


def _branch(row: Any) -> list[str]:
    """Return the branch of the Union she belongs to and the unit above it, nearest first.

    A group of makers that is a unit itself does not belong to itself.
    """
    units = [unit for unit in row.organisation_path if unit["vi"] != row.name_vi]
    own = "en" if language() == "en" else "vi"
    return [unit[own] or unit["vi"] for unit in reversed(units[-2:])]
