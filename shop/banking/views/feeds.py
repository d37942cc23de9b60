"""Connecting a service that tells of money: freshly proved, and its secret never shown again."""

from typing import Any

from flask import Blueprint, g
from flask.typing import ResponseReturnValue

from shop.accounts.acting import acting
from shop.accounts.guards import fresh_or_ask
from shop.banking.actions.feeds import end_feed, open_feed
from shop.banking.forms import FeedForm, drafted_secret
from shop.banking.queries.feeds import feed_in, feeds_in, refusals_of
from shop.banking.queries.owners import accounts_in
from shop.banking.views.desk import Desk
from shop.db import db, in_transaction
from shop.kernel.clock import now_utc
from shop.kernel.errors import Refusal
from shop.web.guards import guard
from shop.web.links import absolute
from shop.web.words import tr


def open_feeds(blueprint: Blueprint, desk: Desk) -> None:
    """Give a blueprint the pages of the services."""

    @blueprint.get(f"{desk.base}/ket-noi")
    @guard(desk.guard)
    def bank_feeds() -> ResponseReturnValue:
        """Which services tell of money, when they last did, and a form for another."""
        desk.sight("connect")
        return fresh_or_ask() or show_feeds(desk)

    @blueprint.post(f"{desk.base}/ket-noi")
    @guard(desk.guard)
    def bank_feed_opened() -> ResponseReturnValue:
        """Listen to a service from now on."""
        desk.sight("connect")
        return fresh_or_ask() or _open(desk)

    @blueprint.post(f"{desk.base}/ket-noi/<int:feed_id>/ngung")
    @guard(desk.guard)
    def bank_feed_ended(feed_id: int) -> ResponseReturnValue:
        """Refuse a service from now on."""
        feed_in(db.session(), desk.sight("connect"), feed_id)
        if ask := fresh_or_ask():
            return ask
        act = acting()
        in_transaction(lambda session: end_feed(session, feed_id=feed_id, **act))
        return desk.done("dong", "/ket-noi")


def owners_of(desk: Desk) -> dict[str, Any]:
    """Return {value: account} of the stall or the units that have an account, each once."""
    found: dict[str, Any] = {}
    for row in accounts_in(db.session(), desk.sight("connect")):
        if row.ended_at is None:
            found.setdefault(f"{row.seller_id or ''}-{row.organisation_id or ''}", row)
    return found


def _offer(desk: Desk, form: FeedForm) -> FeedForm:
    form.owner.choices = [
        (value, tr({"n_vi": row.seller_vi or row.name_vi, "n_en": row.seller_en or row.name_en}, "n"))
        for value, row in owners_of(desk).items()
    ]  # fmt: skip
    return form


def _secret_lost() -> bool:
    """Tell whether a secret was sent from this page, and a proof came between: it was not kept."""
    typed = g.get("typed")
    return typed is not None and typed.left


def _new_form(desk: Desk) -> FeedForm:
    """Draft a secret; none when hers may be at the service already, and another would be wrong."""
    form = _offer(desk, FeedForm())
    if not _secret_lost():
        form.secret.data = drafted_secret()
    return form


def _open(desk: Desk) -> ResponseReturnValue:
    form = _offer(desk, FeedForm.posted())
    if not form.validate():
        return show_feeds(desk, form=form), 422
    owner, act = owners_of(desk)[form.owner.data], acting()
    try:
        in_transaction(
            lambda session: open_feed(
                session, kind=form.kind.data, secret=form.secret.data or "", seller_id=owner.seller_id,
                organisation_id=owner.organisation_id, **act,
            )
        )  # fmt: skip
    except Refusal as refusal:
        return show_feeds(desk, form=form, refusal=refusal), refusal.status
    return desk.done("ket-noi", "/ket-noi")


def show_feeds(desk: Desk, form: Any = None, refusal: Any = None) -> str:
    session = db.session()
    feeds = feeds_in(session, desk.sight("connect"))
    refused: dict[int, list[Any]] = {}
    for row in refusals_of(session, [feed.id for feed in feeds], now_utc()):
        refused.setdefault(row.feed_id, []).append(row)
    return desk.page(
        "feeds", feeds=feeds, refused=refused, refusal=refusal, has_account=bool(owners_of(desk)),
        form=form or _new_form(desk), secret_lost=_secret_lost(),
        address_of=lambda feed: absolute(f"/hook/ngan-hang/{feed.address}"),
    )  # fmt: skip
