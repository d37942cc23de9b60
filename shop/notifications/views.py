"""A stall's notices."""

from flask import Blueprint, Flask, abort, g, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_login import current_user

from shop.current import current_settings
from shop.db import db, transaction
from shop.kernel.clock import now_utc
from shop.notifications.actions import read_notices
from shop.notifications.push_rules import is_push_service, reads_as_keys
from shop.notifications.pushing import add_device, drop_devices, is_pushed, public_key
from shop.notifications.queries import notices, unread_notices
from shop.ordering.queries import contact_of
from shop.web.guards import guard
from shop.web.links import path
from shop.web.words import language

blueprint = Blueprint("notifications", __name__)


@blueprint.get("/ban-hang/tin")
@guard("seller")
def news() -> ResponseReturnValue:
    rows = notices(db.session(), g.stall.id)
    buyers = {row.id: contact_of(row).name for row in rows if row.contact}
    return render_template("notifications/news.html", rows=rows, buyers=buyers)


@blueprint.post("/ban-hang/tin")
@guard("seller")
def mark_read() -> ResponseReturnValue:
    """Mark as read what was on the page; what came meanwhile stays new."""
    typed = request.form.get("den", "")
    up_to = int(typed) if typed.isascii() and typed.isdecimal() and len(typed) < 16 else 0
    with transaction() as session:
        read_notices(session, seller_id=g.stall.id, up_to_id=up_to, now=now_utc())
    return redirect(path("/ban-hang/tin") + "?da=luu", 303)


@blueprint.get("/tai-khoan/bao-tin")
@guard("signed_in")
def push_page() -> ResponseReturnValue:
    """Whether news comes to this phone also while the shop's page is closed."""
    on = is_pushed(db.session(), current_user.id, current_user.sign_in_id)
    return render_template("notifications/push.html", key=public_key(), on=on)


@blueprint.post("/tai-khoan/bao-tin")
@guard("signed_in")
def push_here() -> ResponseReturnValue:
    """Push to this browser from now on: its script sends where, and the keys that seal it."""
    endpoint, p256dh, auth = (request.form.get(name, "") for name in ("endpoint", "p256dh", "auth"))
    hosts = current_settings().push_hosts
    fits = len(endpoint) <= 600 and is_push_service(endpoint, hosts) and reads_as_keys(p256dh, auth)
    if not public_key() or not fits:
        abort(422)
    with transaction() as session:
        add_device(
            session, account_id=current_user.id, sign_in_id=current_user.sign_in_id,
            endpoint=endpoint, p256dh=p256dh, auth=auth, locale=language(), now=now_utc(),
        )  # fmt: skip
    return redirect(path("/tai-khoan/bao-tin") + "?da=luu", 303)


@blueprint.post("/tai-khoan/bao-tin/thoi")
@guard("signed_in")
def push_no_more() -> ResponseReturnValue:
    """Push to this browser no more."""
    with transaction() as session:
        drop_devices(session, account_id=current_user.id, sign_in_id=current_user.sign_in_id)
    return redirect(path("/tai-khoan/bao-tin") + "?da=luu", 303)


def init_news(app: Flask) -> None:
    def notice_count() -> int:
        """How many unread notices the stall of this request has; 0 elsewhere."""
        stall = g.get("stall")
        return unread_notices(db.session(), stall.id) if stall is not None else 0

    app.jinja_env.globals["notice_count"] = notice_count
