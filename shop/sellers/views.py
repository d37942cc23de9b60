"""Choosing a stall, for people who work for several."""

from flask import Blueprint, g, redirect, render_template, request
from flask.typing import ResponseReturnValue

from shop.accounts.guards import set_private_cookie, waiting_tokens
from shop.accounts.queries import waiting_sign_ins
from shop.db import db
from shop.kernel.clock import now_utc
from shop.kernel.errors import NotYours
from shop.sellers.guards import STALL_COOKIE
from shop.web.guards import guard
from shop.web.links import path

blueprint = Blueprint("sellers", __name__)
_YEAR_S = 365 * 24 * 3600


@blueprint.get("/ban-hang/gian-khac")
@guard("seller")
def stalls_and_people() -> ResponseReturnValue:
    """Show the stalls that are hers and who else is signed in on this phone: one tap each."""
    now = now_utc()
    rows = waiting_sign_ins(db.session(), waiting_tokens(), now)
    return render_template("sellers/switch.html", stall=g.stall, rows=rows, now=now, unseen=0)


@blueprint.post("/ban-hang/gian-khac")
@guard("seller")
def choose_stall() -> ResponseReturnValue:
    """Stand in another stall of one's own."""
    wanted = request.form.get("stall", "")
    if wanted not in {str(g.stall.id), *(str(other) for other, *_ in g.stall.others)}:
        raise NotYours
    answer = redirect(path("/ban-hang"), 303)
    set_private_cookie(answer, STALL_COOKIE, wanted, _YEAR_S)
    return answer
