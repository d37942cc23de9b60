"""Paying on another page: there, back, and what to do when it does not open."""

from datetime import timedelta
from typing import Any

from flask import abort, redirect, render_template, request
from flask.typing import ResponseReturnValue

from shop.buying import actions
from shop.buying.queries import buyer_page
from shop.buying.rules import grouped_code, money_mark
from shop.buying.views.blueprint import blueprint
from shop.buying.views.orders import opened, show_order
from shop.current import current_settings
from shop.db import db, in_transaction
from shop.kernel.clock import now_utc
from shop.kernel.errors import Refusal
from shop.ordering.queries import holds
from shop.payments.gateways.actions.visits import hold_longer, want_visit
from shop.payments.gateways.opening import Ways, open_page
from shop.payments.methods import GATEWAYS
from shop.payments.queries import OnlineView, online_of
from shop.web.guards import guard
from shop.web.limits import limit
from shop.web.links import absolute, path
from shop.web.words import language


@blueprint.post("/don/<code>/the/<int:number>")
@guard("link")
def pay_online(code: str, number: int) -> ResponseReturnValue:
    """Store the wish, ask the gateway for its page, and send the buyer there."""
    payment = _online(number)
    payment_id = payment.id
    limit("40 per hour", "pay-online", str(opened().id))
    rates = current_settings().rates if GATEWAYS[payment.method].takes_rates else {}
    rate = rates.get(request.form.get("currency", "VND"))
    now, spoken = now_utc(), language()
    try:
        wanted = in_transaction(
            lambda session: want_visit(
                session, payment_id=payment_id, rate=rate, locale=spoken, hold=_hold(), now=now
            )
        )
    except Refusal as refusal:
        return show_order(status=refusal.status, refusal=refusal)
    at = f"/don/{code}/the/{number}"
    ways = Ways(absolute(f"{at}/xong"), absolute(f"{at}/thoi"), request.remote_addr or "127.0.0.1")
    url = wanted.url or open_page(wanted.id, ways)
    if url is None:
        return _page(number, "down", 503)
    return redirect(url, 303)


@blueprint.get("/don/<code>/the/<int:number>/xong")
@guard("link")
def paid_online(code: str, number: int) -> ResponseReturnValue:
    """She comes back from the page and says that she paid: we look at what we know, and wait."""
    return _page(number, "back")


@blueprint.get("/don/<code>/the/<int:number>/thoi")
@guard("link")
def left_online(code: str, number: int) -> ResponseReturnValue:
    """She left the page without paying."""
    return _page(number, "left")


@blueprint.post("/don/<code>/the/<int:number>/giu")
@guard("link")
def hold_goods_longer(code: str, number: int) -> ResponseReturnValue:
    """Hold the goods for another while."""
    payment_id, now = _online(number).id, now_utc()
    try:
        in_transaction(
            lambda session: hold_longer(session, payment_id=payment_id, hold=_hold(), now=now)
        )
    except Refusal as refusal:
        return show_order(status=refusal.status, refusal=refusal)
    return redirect(path(f"/don/{code}") + "?da=giu-them", 303)


@blueprint.post("/don/<code>/the/<int:number>/chuyen-khoan")
@guard("link")
def pay_by_transfer(code: str, number: int) -> ResponseReturnValue:
    """She pays by transfer instead."""
    payment_id, order_id, now = _online(number).id, opened().id, now_utc()
    try:
        in_transaction(
            lambda session: actions.pay_by_transfer(
                session, order_id=order_id, payment_id=payment_id, holds=holds(), now=now
            )
        )
    except Refusal as refusal:
        return show_order(status=refusal.status, refusal=refusal)
    return redirect(path(f"/don/{code}") + "?da=doi-cach-tra", 303)


def _hold() -> timedelta:
    return timedelta(minutes=holds().online_minutes)


def _online(number: int) -> OnlineView:
    """Return the order's n-th payment on another page, counted from 1."""
    found = online_of(db.session(), opened().id)
    if not 1 <= number <= len(found):
        abort(404)
    return found[number - 1]


def _page(number: int, came: str, status: int = 200) -> ResponseReturnValue:
    mine = opened()
    page = buyer_page(db.session(), mine.id, mine.level, now_utc())
    if not 1 <= number <= len(page.online):
        abort(404)
    payment = page.online[number - 1]
    html = render_template(
        "buying/online.html",
        page=page,
        payment=payment,
        number=number,
        came=came,
        code=mine.code,
        grouped_code=grouped_code(mine.code),
        may_transfer=_may_transfer(page, payment),
        money_mark=money_mark(page.money_vnd),
    )
    return html, status


def _may_transfer(page: Any, payment: OnlineView) -> bool:
    """Tell whether she can pay by transfer instead: nothing came, and the sellers take transfers."""
    sellers = [row.seller_id for row in page.sellers_of(payment)]
    return not payment.received_vnd and actions.transfers_to(db.session(), sellers) is not None
