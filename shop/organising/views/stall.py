"""The stall on market day: what a phone keeps for hours without a network, and what it sends."""

import secrets
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from flask import Flask, Response, current_app, jsonify, redirect, request
from flask.typing import ResponseReturnValue
from flask_login import current_user
from sqlalchemy.orm import Session

from shop.accounts.acting import acting
from shop.current import current_settings
from shop.db import db, in_transaction, transaction
from shop.kernel.clock import now_utc
from shop.kernel.errors import NotYours, Refusal
from shop.markets.actions.tasks import settle_task
from shop.markets.models import MarketAct
from shop.markets.queries.sessions import offers_of
from shop.markets.rules.refusals import BagMovedOn
from shop.markets.rules.stall import STALL_ACTS
from shop.organising import market_day as day
from shop.organising import stall_forms as forms
from shop.organising.market_lists import Bag, market_lists, place_words, thing_words
from shop.organising.stall_undo import standing_acts, take_act_back
from shop.organising.views import blueprint
from shop.organising.views.market_day import bags_page
from shop.organising.views.markets import DESK, at_stall
from shop.queued.rules import Act, Kind
from shop.queued.views import take_kind
from shop.web.guards import guard
from shop.web.links import path
from shop.web.words import _, counted, lang_attr, language, tr

#: Names stay in a phone so long after the market's end, when it is not settled before.
KEPT_FOR = timedelta(hours=36)
#: A market that is over and not settled: so long after somebody last looked.
WORKED_ON = timedelta(hours=12)


#: It is installed in the place of the other one, lets go of what that kept, and of itself.
_OFF = b"""self.addEventListener('install', () => self.skipWaiting())
self.addEventListener('activate', (event) => event.waitUntil(
  Promise.all(['quay-cho', 'gian-hang'].map((name) => caches.delete(name))).then(() => self.registration.unregister()),
))
"""


@blueprint.get("/worker.js")
@guard("anyone")
def worker_script() -> ResponseReturnValue:
    """The worker behind the stall's page; turned off, one that takes itself away."""
    script = Path(str(current_app.static_folder)) / "js" / "worker.js"
    on = current_settings().offline
    answer = Response(script.read_bytes() if on else _OFF, mimetype="text/javascript")
    answer.headers["Service-Worker-Allowed"] = "/"
    answer.headers["Cache-Control"] = "no-cache"
    return answer


@blueprint.get("/dieu-hanh/phien-cho/<int:market_id>/giao-hang/so")
@guard("officer")
def stall_book(market_id: int) -> ResponseReturnValue:
    """What the phone keeps of one market: names, numbers and money of its bags, and what is sold."""
    row, session = at_stall(market_id), db.session()
    lists = market_lists(session, market_id)
    places = {pickup.id: place_words(pickup) for pickup in lists.pickups}
    ready = day.offers_for_phone(session, market_id)
    last = standing_acts(session, market_id)
    answer = jsonify(
        who=current_user.id,
        until=_ms(max(row.ends_at + KEPT_FOR, now_utc() + WORKED_ON)),
        over=row.settled_at is not None,
        bags=[_bag(bag, places, last.get(bag.order_id)) for bag in lists.bags],
        offers=[
            {
                "id": offer.id, "price": offer.price_vnd,
                "left": max(0, min(offer.quantity - offer.taken, offer.in_stock)),
            }
            for offer in offers_of(session, market_id)
            if offer.id in ready
        ],
    )  # fmt: skip
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _ms(at: datetime) -> int:
    return int(at.timestamp() * 1000)


def _state(bag: Bag) -> str:
    if bag.waits:
        return "waits"
    if bag.not_collected:
        return "left"
    return "back" if bag.brought_back else "given"


def _bag(bag: Bag, places: dict[int, str], last: MarketAct | None) -> dict[str, Any]:
    """Return what the stall needs of a bag: of the phone only its last three digits.

    ``last``: what may be taken back, and what was due before it or which goods came back by it.
    """
    return {
        "number": bag.number, "name": bag.name, "code": bag.code, "tail": bag.phone[-3:],
        "place": places[bag.pickup_id], "total": bag.total_vnd, "due": bag.due_vnd,
        "late": bag.late,
        "state": _state(bag),
        "last": last and {"id": last.id, **last.facts},
        "lines": [
            [
                line.line_id, line.quantity - line.returned,
                f"{counted(line.quantity, tr(line, 'unit'))} {thing_words(line)}", thing_words(line),
                "vi" if lang_attr(line, "title") else language(),
            ]
            for line in bag.lines
        ],
    }  # fmt: skip


@blueprint.post("/dieu-hanh/phien-cho/<int:market_id>/ban")
@guard("officer")
def sell_at_stall(market_id: int) -> ResponseReturnValue:
    """Sell to somebody who stands there, without the page's script."""
    at_stall(market_id)
    values = forms.read_sale({**request.form, "market": str(market_id), **_sum(market_id)})
    if values is None:
        return bags_page(
            market_id, problem=_("Số lượng chưa đúng. Ghi một số từ 1 đến 999."), status=422
        )
    return _done(market_id, lambda s, by, key: _sell(s, values, by, key))


def _sum(market_id: int) -> dict[str, str]:
    """Add up what was typed, as the page's script does."""
    goods = forms.goods_in(request.form) or {}
    prices = {offer.id: offer.price_vnd for offer in offers_of(db.session(), market_id)}
    total = sum(prices.get(offer, 0) * n for offer, n in goods.items())
    typed = request.form.get("slip_vnd", "").replace(".", "").strip()
    return {"total": str(total), "slip_vnd": typed or str(total)}


@blueprint.post("/dieu-hanh/phien-cho/<int:market_id>/tui/<int:number>/tra")
@guard("officer")
def bag_goods_back(market_id: int, number: int) -> ResponseReturnValue:
    """Goods of a bag came back: to be swapped, or for their money."""
    at_stall(market_id)
    values = forms.read_goods_back(
        {**request.form, "market": str(market_id), "number": str(number)}
    )
    if values is None:
        return bags_page(
            market_id, problem=_("Số lượng chưa đúng. Ghi một số từ 1 đến 999."), status=422
        )
    return _done(market_id, lambda s, by, key: _goods_back(s, values, by, key))


@blueprint.post("/dieu-hanh/phien-cho/<int:market_id>/tui/<int:number>/lui")
@guard("officer")
def bag_taken_back(market_id: int, number: int) -> ResponseReturnValue:
    """The last thing done with a bag was a wrong tap."""
    at_stall(market_id)
    values = forms.read_take_back({**request.form, "market": str(market_id), "number": str(number)})
    if values is None:
        return bags_page(market_id, BagMovedOn(number=number), status=BagMovedOn.status)
    return _done(market_id, lambda s, by, key: _take_back(s, values, by, key))


def _done(market_id: int, work: Callable[[Session, dict[str, Any], str], Any]) -> Any:
    by, key = acting(), request.form.get("ten", "")
    key = key if len(key) == 32 and key.isalnum() else secrets.token_hex(16)
    try:
        in_transaction(lambda session: work(session, by, key))
    except NotYours:
        raise
    except Refusal as refusal:
        return bags_page(market_id, refusal, status=refusal.status)
    return redirect(path(f"{DESK}/{market_id}/giao-hang") + "?da=luu", 303)


@blueprint.post("/dieu-hanh/phien-cho/<int:market_id>/viec/<int:stall_task_id>/xong")
@guard("officer")
def stall_task_settled(market_id: int, stall_task_id: int) -> ResponseReturnValue:
    """A person has put right what the shop could not take in from a phone."""
    at_stall(market_id)
    with transaction() as session:
        settle_task(session, market_id=market_id, task_id=stall_task_id, **acting())
    return redirect(path(f"{DESK}/{market_id}/giao-hang") + "?da=luu", 303)


def _hand_over(session: Session, values: dict[str, Any], by: dict[str, Any], key: str) -> Any:
    return day.hand_over_bag(
        session, session_id=values["market"], number=values["number"], shown_vnd=values["due"],
        key=key, **by,
    )  # fmt: skip


def _leave(session: Session, values: dict[str, Any], by: dict[str, Any], key: str) -> Any:
    return day.leave_bag(
        session, session_id=values["market"], number=values["number"], key=key, **by
    )


def _goods_back(session: Session, values: dict[str, Any], by: dict[str, Any], key: str) -> Any:
    return day.goods_back_at_stall(
        session, session_id=values["market"], number=values["number"], line_id=values["line"],
        quantity=values["n"], key=key, **by,
    )  # fmt: skip


def _take_back(session: Session, values: dict[str, Any], by: dict[str, Any], key: str) -> Any:
    return take_act_back(
        session, session_id=values["market"], number=values["number"], act_id=values["act"],
        key=key, **by,
    )  # fmt: skip


def _sell(session: Session, values: dict[str, Any], by: dict[str, Any], key: str) -> Any:
    return day.sell_at_stall(
        session, session_id=values["market"],
        goods={int(offer): n for offer, n in values["goods"].items()},
        shown_vnd=values["total"], slip_code=values["slip"], slip_vnd=values["slip_vnd"],
        name=_("Khách mua tại quầy"), locale=language(), key=key, **by,
    )  # fmt: skip


def init_stall(app: Flask) -> None:
    """Take in what phones did at a stall."""

    def of(read: Any, work: Callable[..., Any], secret: frozenset[str] = frozenset()) -> Kind:
        def do(session: Session, values: dict[str, Any], act: Act, now: datetime) -> None:
            at_stall(values["market"], queued=True)
            work(session, values, {**acting(), "now": now, "at": act.at}, act.key)

        return Kind("officer", read, do, "market", secret)

    for name, kind in zip(
        STALL_ACTS,
        (
            of(forms.read_hand_over, _hand_over),
            of(forms.read_bag, _leave),
            of(forms.read_goods_back, _goods_back),
            of(forms.read_sale, _sell, frozenset({"slip"})),
            of(forms.read_take_back, _take_back),
        ),
        strict=True,
    ):
        take_kind(app, name, kind)
