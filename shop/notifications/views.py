"""A stall's notices."""

from flask import Blueprint, Flask, g, redirect, render_template, request
from flask.typing import ResponseReturnValue

from shop.db import db, transaction
from shop.kernel.clock import now_utc
from shop.notifications.actions import read_notices
from shop.notifications.queries import notices, unread_notices
from shop.web.guards import guard
from shop.web.links import path

blueprint = Blueprint("notifications", __name__)


@blueprint.get("/ban-hang/tin")
@guard("seller")
def news() -> ResponseReturnValue:
    return render_template("notifications/news.html", rows=notices(db.session(), g.stall.id))


@blueprint.post("/ban-hang/tin")
@guard("seller")
def mark_read() -> ResponseReturnValue:
    """Mark as read what was on the page; what came meanwhile stays new."""
    typed = request.form.get("den", "")
    up_to = int(typed) if typed.isascii() and typed.isdecimal() and len(typed) < 16 else 0
    with transaction() as session:
        read_notices(session, seller_id=g.stall.id, up_to_id=up_to, now=now_utc())
    return redirect(path("/ban-hang/tin") + "?da=luu", 303)


def init_news(app: Flask) -> None:
    def notice_count() -> int:
        """How many unread notices the stall of this request has; 0 elsewhere."""
        stall = g.get("stall")
        return unread_notices(db.session(), stall.id) if stall is not None else 0

    app.jinja_env.globals["notice_count"] = notice_count
