"""Tracking by code and the last four digits of the phone, without signing in."""

from flask import make_response, redirect, render_template, request
from flask.typing import ResponseReturnValue

from shop.buying.forms import TrackForm
from shop.buying.guards import give_pass
from shop.buying.rules import Level, WrongPair
from shop.buying.views.blueprint import blueprint
from shop.buying.views.orders import order_row
from shop.db import db
from shop.kernel.clock import now_utc
from shop.kernel.codes import read_code
from shop.kernel.errors import Refusal
from shop.ordering.queries import order_by_code_and_last4
from shop.web.guards import guard
from shop.web.limits import limit, uncount, visitor_key
from shop.web.links import path
from shop.web.pages import keep_out

#: Wrong digits for one code, from everywhere together.
_GUESSES = "8 per hour"


@blueprint.get("/tra-don")
@guard("anyone")
def track_page() -> ResponseReturnValue:
    if request.args:
        keep_out()
    return _page(TrackForm(data={"code": read_code(request.args.get("ma", ""))[:12]}))


@blueprint.post("/tra-don")
@guard("visitor")
def track() -> ResponseReturnValue:
    """Open the order for a look; a wrong pair gets one answer, whichever half was wrong."""
    form = TrackForm.posted()
    if not form.validate():
        return _page(form, status=422)
    limit("20 per 10 minutes", "track", visitor_key())
    limit(_GUESSES, "track-code", form.read[:12])
    order_id = order_by_code_and_last4(db.session(), form.read, form.digits)
    if order_id is None:
        refusal = WrongPair()
        return _page(form, status=refusal.status, refusal=refusal)
    uncount(_GUESSES, "track-code", form.read[:12])  # Whoever has the order may look as often.
    row, now = order_row(order_id), now_utc()
    response = make_response(redirect(path(f"/don/{row.code}"), 303))
    give_pass(response, row.code, row.link_digest, Level.TRACKED, now)
    return response


def _page(
    form: TrackForm, *, status: int = 200, refusal: Refusal | None = None
) -> ResponseReturnValue:
    return render_template("buying/track.html", form=form, refusal=refusal), status
