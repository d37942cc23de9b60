"""What a stall brings to the markets of its units: asked for, offered, agreed."""

from typing import Any

from flask import g
from flask.typing import ResponseReturnValue

from shop.accounts.acting import acting
from shop.db import db
from shop.kernel.clock import now_utc
from shop.kernel.errors import NotYours
from shop.markets.actions import offers
from shop.markets.forms import AskForm, QuantityForm, goods_choices
from shop.markets.models import MarketSession
from shop.markets.queries.sessions import goods_to_offer, offers_of_seller, sessions_for_seller
from shop.markets.rules.sessions import phase_of
from shop.selling.views.blueprint import blueprint, done, page
from shop.web.guards import guard
from shop.web.replies import try_to

BASE = "/ban-hang/phien-cho"


def show_markets(
    *, forms: dict[int, Any] | None = None, sizes: dict[int, Any] | None = None, **more: Any
) -> str:
    session, now = db.session(), now_utc()
    rows = sessions_for_seller(session, g.stall.id, now)
    found = offers_of_seller(session, g.stall.id, now)
    new = {
        row.id: _offered(AskForm(prefix=f"p{row.id}"), row) for row in rows if row.closed_at is None
    } | (forms or {})
    quantities = {
        one.id: QuantityForm(prefix=f"o{one.id}", quantity=one.quantity) for one in found
    } | (sizes or {})
    return page(
        "markets", rows=rows, offers=found, forms=new, phase_of=phase_of,
        **{"refusal": None, "sizes": quantities, **more},
    )  # fmt: skip


def _offered(form: AskForm, row: MarketSession) -> AskForm:
    goods = goods_to_offer(db.session(), row, g.stall.id)
    form.variant.choices = goods_choices(goods, named=False)
    return form


@blueprint.get("/ban-hang/phien-cho")
@guard("seller")
def markets() -> ResponseReturnValue:
    return show_markets()


@blueprint.post("/ban-hang/phien-cho/<int:market_id>")
@guard("seller")
def offer_market_goods(market_id: int) -> ResponseReturnValue:
    """Offer something of hers for a session."""
    session = db.session()
    rows = {row.id: row for row in sessions_for_seller(session, g.stall.id, now_utc())}
    if market_id not in rows:
        raise NotYours
    form = _offered(AskForm.posted(prefix=f"p{market_id}"), rows[market_id])
    if not form.validate():
        return show_markets(forms={market_id: form}), 422
    return try_to(
        lambda session: offers.offer_goods(
            session, session_id=market_id, seller_id=g.stall.id,
            variant_id=int(form.variant.data), price_vnd=form.price.data,
            quantity=form.quantity.data, least=form.least.data or 0,
            every_time=bool(form.every_time.data), **acting(),
        ),
        show=show_markets,
        then=lambda _: done(BASE, "them", f"#phien-{market_id}"),
    )  # fmt: skip


@blueprint.post("/ban-hang/phien-cho/mon/<int:goods_id>/<to>")
@guard("seller")
def agree_to_market_goods(goods_id: int, to: str) -> ResponseReturnValue:
    """Say yes to what the officer asked for: this time, or every time."""
    if to not in ("dong-y", "dong-y-mai"):
        raise NotYours
    return try_to(
        lambda session: offers.agree_to_offer(
            session, offer_id=goods_id, seller_id=g.stall.id, every_time=to == "dong-y-mai",
            **acting(),
        ),
        show=show_markets,
        then=lambda _: done(BASE, "luu"),
    )  # fmt: skip


@blueprint.post("/ban-hang/phien-cho/mon/<int:goods_id>/thoi")
@guard("seller")
def end_market_offer(goods_id: int) -> ResponseReturnValue:
    """Say no, or bring it no more."""
    return try_to(
        lambda session: offers.end_offer(
            session, offer_id=goods_id, seller_id=g.stall.id, **acting()
        ),
        show=show_markets,
        then=lambda _: done(BASE, "luu"),
    )


@blueprint.post("/ban-hang/phien-cho/mon/<int:goods_id>/so")
@guard("seller")
def resize_market_offer(goods_id: int) -> ResponseReturnValue:
    if goods_id not in {one.id for one in offers_of_seller(db.session(), g.stall.id, now_utc())}:
        raise NotYours
    form = QuantityForm.posted(prefix=f"o{goods_id}")
    if not form.validate():
        return show_markets(sizes={goods_id: form}), 422
    return try_to(
        lambda session: offers.resize_offer(
            session, offer_id=goods_id, seller_id=g.stall.id, quantity=form.quantity.data,
            **acting(),
        ),
        show=show_markets,
        then=lambda _: done(BASE, "luu"),
    )  # fmt: skip
