"""Market day at the officers' desk: orders by phone, bags, the settlement in the evening."""

import secrets
from collections.abc import Callable, Mapping
from typing import Any

from flask import redirect, render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from shop.accounts.acting import acting
from shop.db import db, in_transaction
from shop.kernel.amounts import read_whole
from shop.kernel.clock import now_utc
from shop.kernel.errors import NotYours, Refusal
from shop.kernel.text import fold
from shop.markets.models import MarketSession
from shop.markets.queries.sessions import offers_of, pickups_of
from shop.markets.rules.sessions import phase_of
from shop.markets.rules.stall import STALL_ACTS
from shop.organisations.acting import has_right, need_right, typed_words
from shop.organising import market_day as day
from shop.organising.market_forms import PhoneOrderForm
from shop.organising.market_lists import market_lists, place_words
from shop.organising.stall_undo import standing_acts
from shop.organising.views import blueprint
from shop.organising.views.markets import DESK, RIGHT, at_stall, mine
from shop.queued.queries import tasks_about
from shop.web.forms import waiting_fields
from shop.web.guards import guard
from shop.web.links import path
from shop.web.words import _, language

#: So many bags stand on the page; the others are found by name or number.
MOST_BAGS = 60


def _phone_page(
    row: MarketSession, form: PhoneOrderForm, counts: dict[int, str], problem: str = "",
    refusal: Refusal | None = None, status: int = 200,
) -> ResponseReturnValue:  # fmt: skip
    session = db.session()
    ready = day.offers_for_phone(session, row.id)
    goods = [offer for offer in offers_of(session, row.id) if offer.id in ready]
    form.pickup.choices = _places(session, row.id)
    form.attempt.data = form.attempt.data or secrets.token_hex(16)
    return render_template(
        "organising/market_phone.html", row=row, form=form, goods=goods, counts=counts,
        phase=phase_of(row, now_utc()), problem=problem, refusal=refusal,
    ), status  # fmt: skip


def _places(session: Session, market_id: int) -> list[tuple[str, str]]:
    return [
        (str(pickup.id), place_words(pickup))
        for pickup in pickups_of(session, market_id)
        if pickup.max_orders is None or pickup.taken < pickup.max_orders
    ]


def _counts(fields: Mapping[str, str]) -> dict[int, str]:
    """Return {offer: how many, as it was typed}."""
    return {
        int(name[1:]): value
        for name, value in fields.items()
        if name[:1] == "n" and name[1:].isdecimal() and len(name) < 16 and value.strip()
    }


@blueprint.get("/dieu-hanh/phien-cho/<int:market_id>/dat-ho")
@guard("officer")
def market_phone_page(market_id: int) -> ResponseReturnValue:
    return _phone_page(mine(market_id), PhoneOrderForm(), _counts(waiting_fields()))


@blueprint.post("/dieu-hanh/phien-cho/<int:market_id>/dat-ho")
@guard("officer")
def market_phone_order(market_id: int) -> ResponseReturnValue:
    """Write down what somebody orders on the phone, after the close too."""
    row, form, by = mine(market_id), PhoneOrderForm.posted(), acting()
    typed = _counts(request.form)
    form.pickup.choices = _places(db.session(), market_id)
    goods = {offer: read_whole(value) for offer, value in typed.items()}
    wrong = any(n is None or n > 999 for n in goods.values())
    if not form.validate() or wrong:
        problem = _("Số lượng chưa đúng. Ghi một số từ 1 đến 999.") if wrong else ""
        return _phone_page(row, form, typed, problem, status=422)
    ready = day.offers_for_phone(db.session(), market_id)
    wanted = {offer: n or 0 for offer, n in goods.items() if offer in ready}
    attempt = form.attempt.data or ""
    attempt = attempt if len(attempt) == 32 and attempt.isalnum() else secrets.token_hex(16)
    try:
        in_transaction(
            lambda session: day.order_for(
                session, session_id=market_id, goods=wanted, name=form.name.data,
                phone=form.phone.data, pickup_id=int(form.pickup.data), method=form.method.data,
                attempt_id=attempt, locale=language(), **by,
            )
        )  # fmt: skip
    except NotYours:
        raise
    except Refusal as refusal:
        return _phone_page(mine(market_id), form, typed, refusal=refusal, status=refusal.status)
    return redirect(path(f"{DESK}/{market_id}") + "?da=dat-ho", 303)


@blueprint.get("/dieu-hanh/phien-cho/<int:market_id>/giao-hang")
@guard("officer")
def market_bags(market_id: int) -> ResponseReturnValue:
    return bags_page(market_id)


def bags_page(
    market_id: int, refusal: Refusal | None = None, problem: str = "", status: int = 200
) -> ResponseReturnValue:
    """Show the bags of a market day; ``?vo=1`` is the page without anybody's name, for a phone to keep."""
    row, typed, bare = at_stall(market_id), typed_words(), request.args.get("vo") == "1"
    session = db.session()
    lists = market_lists(session, market_id)
    words = fold(typed).split()
    found = [
        bag
        for bag in sorted(lists.bags, key=lambda bag: (not bag.waits, *bag.by_name))
        if not bare
        and all(
            w == str(bag.number) or w in fold(f"{bag.name} {bag.code} {bag.phone}") for w in words
        )
    ]
    ready = day.offers_for_phone(session, market_id)
    return render_template(
        "organising/market_bags.html", row=row, bags=found[:MOST_BAGS], typed=typed,
        more=max(0, len(found) - MOST_BAGS), all=len(lists.bags), refusal=refusal, bare=bare,
        waiting=sum(bag.waits for bag in lists.bags), problem=problem,
        places={pickup.id: place_words(pickup) for pickup in lists.pickups},
        last=standing_acts(session, market_id) if not bare else {},
        keys={bag.number: secrets.token_hex(16) for bag in found[:MOST_BAGS]},
        key=secrets.token_hex(16), phase=phase_of(row, now_utc()),
        runs=has_right(RIGHT, row.organisation_id),
        goods=[offer for offer in offers_of(session, market_id) if offer.id in ready],
        tasks=[] if bare else tasks_about(session, market_id, STALL_ACTS),
    ), status  # fmt: skip


@blueprint.post("/dieu-hanh/phien-cho/<int:market_id>/tui/<int:number>/giao")
@guard("officer")
def hand_bag_over(market_id: int, number: int) -> ResponseReturnValue:
    return _with_bag(market_id, number, day.hand_over_bag)


@blueprint.post("/dieu-hanh/phien-cho/<int:market_id>/tui/<int:number>/vang")
@guard("officer")
def leave_bag(market_id: int, number: int) -> ResponseReturnValue:
    """Nobody came for it."""
    return _with_bag(market_id, number, day.leave_bag)


def _with_bag(market_id: int, number: int, act: Callable[..., Any]) -> ResponseReturnValue:
    at_stall(market_id)
    by, key = acting(), request.form.get("ten", "")
    key = key if len(key) == 32 and key.isalnum() else secrets.token_hex(16)
    try:
        in_transaction(
            lambda session: act(session, session_id=market_id, number=number, key=key, **by)
        )
    except NotYours:
        raise
    except Refusal as refusal:
        return bags_page(market_id, refusal, status=refusal.status)
    return redirect(path(f"{DESK}/{market_id}/giao-hang") + "?da=luu", 303)


@blueprint.get("/dieu-hanh/phien-cho/<int:market_id>/quyet-toan")
@guard("officer")
def market_sums(market_id: int) -> ResponseReturnValue:
    return _sums(market_id)


def _sums(market_id: int, refusal: Refusal | None = None, status: int = 200) -> ResponseReturnValue:
    row = mine(market_id)
    lists = market_lists(db.session(), market_id)
    return render_template(
        "organising/market_sums.html", row=row, refusal=refusal,
        sums=day.sums_of_sellers(db.session(), market_id), phase=phase_of(row, now_utc()),
        waiting=sum(bag.waits for bag in lists.bags),
        absent=[bag for bag in lists.bags if bag.not_collected],
    ), status  # fmt: skip


@blueprint.post("/dieu-hanh/phien-cho/<int:market_id>/quyet-toan")
@guard("officer")
def settle_market(market_id: int) -> ResponseReturnValue:
    """End the market; what the unit collected becomes a settlement with its sellers."""
    row, by = mine(market_id), acting()
    if row.collects:
        need_right("propose_money_out", row.organisation_id)
    try:
        in_transaction(lambda session: day.settle_market(session, session_id=market_id, **by))
    except NotYours:
        raise
    except Refusal as refusal:
        return _sums(market_id, refusal, refusal.status)
    return redirect(path(f"{DESK}/{market_id}/quyet-toan") + "?da=luu", 303)


@blueprint.post("/dieu-hanh/phien-cho/<int:market_id>/quyet-toan/mo-lai")
@guard("officer")
def unsettle_market(market_id: int) -> ResponseReturnValue:
    """Take the settling back while nobody has approved what it drew up."""
    row, by = mine(market_id), acting()
    if row.collects:
        need_right("propose_money_out", row.organisation_id)
    try:
        in_transaction(lambda session: day.unsettle_market(session, session_id=market_id, **by))
    except NotYours:
        raise
    except Refusal as refusal:
        return _sums(market_id, refusal, refusal.status)
    return redirect(path(f"{DESK}/{market_id}/quyet-toan") + "?da=luu", 303)
