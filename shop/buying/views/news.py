"""Stopping the news that somebody agreed to when she ordered without an account."""

from typing import Any

from flask import abort, redirect, render_template
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from shop.accounts.actions import stop_news_of_order
from shop.accounts.queries import order_wants_news
from shop.buying.rules import Level, may
from shop.buying.views.blueprint import blueprint
from shop.buying.views.orders import opened
from shop.db import db, in_transaction
from shop.kernel.clock import now_utc
from shop.kernel.codes import read_code
from shop.kernel.sealing import same_secret
from shop.ordering.models import Order
from shop.ordering.queries import news_token
from shop.web.guards import guard
from shop.web.limits import limit, visitor_key
from shop.web.links import path


@blueprint.get("/thoi-nhan-tin/<code>/<token>")
@guard("visitor")
def news_page(code: str, token: str) -> ResponseReturnValue:
    """Ask once, from the link at the end of a letter: programs that read mail open links too."""
    row = _order(code, token)
    return render_template(
        "buying/news.html", wanted=order_wants_news(db.session(), row.id), code=row.code,
        token=token,
    )  # fmt: skip


@blueprint.post("/thoi-nhan-tin/<code>/<token>")
@guard("visitor")
def stop_news_by_letter(code: str, token: str) -> ResponseReturnValue:
    row, now = _order(code, token), now_utc()
    in_transaction(lambda session: stop_news_of_order(session, order_id=row.id, now=now))
    return redirect(path(f"/thoi-nhan-tin/{row.code}/{token}") + "?da=thoi-tin", 303)


@blueprint.post("/don/<code>/thoi-nhan-tin")
@guard("link")
def stop_news(code: str) -> ResponseReturnValue:
    """Stop it from the order's page, in one tap; who only knows the code cannot."""
    mine, now = opened(), now_utc()
    if not may(mine.level, Level.LINK):
        abort(404)
    in_transaction(lambda session: stop_news_of_order(session, order_id=mine.id, now=now))
    return redirect(path(f"/don/{code}") + "?da=thoi-tin", 303)


def _order(code: str, token: str) -> Any:
    """Return the order that a letter's link names; the same 404 for a wrong code or token."""
    wanted = select(Order.id, Order.code, Order.link_nonce, Order.link_digest)
    row = db.session().execute(wanted.where(Order.code == read_code(code)[:12])).one_or_none()
    if row is None or not same_secret(token[:80], news_token(row)):
        limit("30 per hour", "news-link", visitor_key())
        abort(404)
    return row
