"""Answering a quote, and keeping an order in an account."""

from flask import abort, current_app, make_response, redirect, request
from flask.typing import ResponseReturnValue
from flask_login import current_user

from shop.accounts import actions as accounts
from shop.accounts.guards import give_cookie, make_hers
from shop.accounts.terms import current_terms
from shop.buying import actions
from shop.buying.forms import AccountForm
from shop.buying.rules import Level, may
from shop.buying.views.blueprint import blueprint
from shop.buying.views.orders import actor_id, opened, order_row, show_order
from shop.db import db, in_transaction
from shop.kernel.amounts import read_whole
from shop.kernel.clock import now_utc, vietnam_date
from shop.kernel.errors import Refusal
from shop.ordering.queries import contact_of, holds
from shop.web.guards import guard
from shop.web.links import path


@blueprint.post("/don/<code>/bao-gia/<int:part>")
@guard("link")
def accept_quote(code: str, part: int) -> ResponseReturnValue:
    """Agree to the fee that stood on the page."""
    mine, who, now = opened(), actor_id(), now_utc()
    shown = read_whole(request.form.get("shown_total", ""))
    if not may(mine.level, Level.LINK) or shown is None:
        abort(404)
    try:
        in_transaction(
            lambda session: actions.accept_quote(
                session, order_id=mine.id, seller_order_id=part, shown_total_vnd=shown,
                actor_id=who, holds=holds(), now=now,
            )
        )  # fmt: skip
    except Refusal as refusal:
        return show_order(status=refusal.status, refusal=refusal)
    return redirect(path(f"/don/{code}") + "?da=dong-y-gia", 303)


@blueprint.post("/don/<code>/tai-khoan")
@guard("link")
def open_account(code: str) -> ResponseReturnValue:
    """Open an account by one tick and show this order in it, and no other of this phone."""
    mine, form, now = opened(), AccountForm.posted(), now_utc()
    if not mine.is_known_to_be_hers:
        abort(404)
    if mine.account_id is not None:  # Tapped twice.
        return redirect(path(f"/don/{code}"), 303)
    if current_user.is_authenticated:
        abort(404)
    if not form.validate():
        return show_order(status=422, account=form)
    row = order_row(mine.id)
    contact = contact_of(row)

    def opening(session) -> tuple[str, int]:
        person = accounts.open_account_after_order(
            session, name=contact.name, phone=contact.phone, email=contact.email or None,
            password=form.password.data or None, locale=row.locale,
            terms_version=current_terms("account", vietnam_date(now)).version,
            order_id=mine.id, now=now,
        )  # fmt: skip
        actions.keep_in_account(session, order_id=mine.id, account_id=person.id, now=now)
        device = (request.user_agent.string or "")[:120]
        _sign_in, token = accounts.start_sign_in(
            session, account_id=person.id, kind="buyer", device=device, now=now
        )
        for told in current_app.extensions.get("when_signed_in", ()):
            told(session, person.id, now)
        return token, person.id

    try:
        token, person_id = in_transaction(opening)
    except Refusal as refusal:
        return show_order(status=refusal.status, refusal=refusal, account=form)
    response = make_response(redirect(path(f"/don/{code}") + "?da=mo-tai-khoan", 303))
    give_cookie(response, token, "buyer")
    make_hers(response, db.session(), person_id, now)
    return response


@blueprint.post("/don/<code>/vao-tai-khoan")
@guard("link")
def keep_order(code: str) -> ResponseReturnValue:
    """Let an order that was placed without an account show in hers."""
    mine = opened()
    if not mine.is_known_to_be_hers or not current_user.is_authenticated:
        abort(404)
    person, now = current_user.id, now_utc()
    kept = in_transaction(
        lambda session: actions.keep_in_account(
            session, order_id=mine.id, account_id=person, now=now
        )
    )
    if not kept and mine.account_id != person:
        abort(404)
    return redirect(path(f"/don/{code}") + "?da=luu", 303)
