"""Markets at the officers' desk: series, sessions, places, what sellers bring."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from flask import redirect, render_template
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from shop.accounts.acting import acting
from shop.db import db, transaction
from shop.kernel.clock import VIETNAM, now_utc, vietnam_date
from shop.kernel.errors import NotYours, Refusal
from shop.markets.actions import offers, sessions
from shop.markets.forms import AskForm, QuantityForm, goods_choices
from shop.markets.models import MarketSession
from shop.markets.queries.sessions import (
    goods_to_offer,
    market_series,
    market_session,
    offers_of,
    pickups_of,
    series_of,
    sessions_of,
)
from shop.markets.rules.lunar import LunarDay, lunar_of
from shop.markets.rules.sessions import phase_of
from shop.organisations.acting import (
    has_right,
    need_right,
    page_number,
    typed_words,
    unit_choices,
    units_in_sight,
)
from shop.organising.market_forms import (
    CancelSessionForm,
    PickupForm,
    SeriesForm,
    SessionForm,
)
from shop.organising.next_market import late_on_own_accounts
from shop.organising.views import blueprint
from shop.web.guards import guard
from shop.web.links import path
from shop.web.lists import cut, words_of
from shop.web.replies import try_to
from shop.web.words import tr

DESK = "/dieu-hanh/phien-cho"
RIGHT = "run_markets"
#: Who is on duty at the stall may open it, from the close until the market is settled.
STALL_RIGHT = "run_stall"


@blueprint.app_template_filter("lunar")
def _lunar(at: datetime) -> LunarDay:
    """Return the lunar day in Vietnam of a moment or a day."""
    return lunar_of(vietnam_date(at) if isinstance(at, datetime) else at)


@blueprint.get("/dieu-hanh/phien-cho")
@guard("officer")
def markets() -> str:
    return _list()


def _list(refusal: Refusal | None = None) -> str:
    typed, units, now = typed_words(), units_in_sight(RIGHT), now_utc()
    session = db.session()
    series = series_of(session, units)
    seen = units_in_sight(STALL_RIGHT)
    nexts = {
        row.id: sessions.next_day(row.rule, row.shift, row.last_at, now)
        for row in series
        if row.ended_at is None
    }
    return render_template(
        "organising/markets_desk.html", found=cut(session, sessions_of(seen, words_of(typed)),
        page_number()), typed=typed, now=now, series=series, nexts=nexts, phase_of=phase_of,
        may_write=bool(unit_choices(RIGHT)), refusal=refusal,
        runs=lambda row: has_right(RIGHT, row.organisation_id),
    )  # fmt: skip


@blueprint.get("/dieu-hanh/phien-cho/cho-moi")
@guard("officer")
def new_market_series_page() -> ResponseReturnValue:
    return _series_form(SeriesForm(weekday="6"))


def _series_form(form: SeriesForm, status: int = 200) -> ResponseReturnValue:
    form.organisation.choices = unit_choices(RIGHT)
    return render_template("organising/market_series_edit.html", form=form), status


@blueprint.post("/dieu-hanh/phien-cho/cho-moi")
@guard("officer")
def write_market_series() -> ResponseReturnValue:
    form = SeriesForm.posted()
    form.organisation.choices = unit_choices(RIGHT)
    if not form.validate() or form.rule is None:
        return _series_form(form, 422)
    with transaction() as session:
        sessions.write_series(
            session, organisation_id=int(form.organisation.data), title_vi=form.title_vi.data,
            title_en=form.title_en.data, rule=form.rule.text, shift=form.shift.data, **acting(),
        )  # fmt: skip
    return redirect(path(DESK) + "?da=them", 303)


@blueprint.post("/dieu-hanh/phien-cho/cho/<int:series_id>/thoi")
@guard("officer")
def end_market_series(series_id: int) -> ResponseReturnValue:
    return _with_series(series_id, sessions.end_series, lambda row: path(DESK) + "?da=luu")


@blueprint.post("/dieu-hanh/phien-cho/cho/<int:series_id>/chep")
@guard("officer")
def copy_market(series_id: int) -> ResponseReturnValue:
    """Write the next session like the last one."""
    return _with_series(
        series_id, sessions.copy_session, lambda row: path(f"{DESK}/{row.id}") + "?da=them"
    )


def _with_series(
    series_id: int, act: Callable[..., Any], then: Callable[[Any], str]
) -> ResponseReturnValue:
    need_right(RIGHT, market_series(db.session(), series_id).organisation_id)
    by = acting()
    return try_to(
        lambda session: then(act(session, series_id=series_id, **by)),
        show=_list,
        then=lambda address: redirect(address, 303),
    )


@blueprint.get("/dieu-hanh/phien-cho/moi")
@guard("officer")
def new_market_page() -> ResponseReturnValue:
    return _session_form(None, _offered(SessionForm(collects=True)), None, 200)


def _offered(form: SessionForm) -> SessionForm:
    form.series.choices = [
        (str(row.id), f"{tr(row, 'title')} ({tr(row, 'unit')})")
        for row in series_of(db.session(), units_in_sight(RIGHT))
        if row.ended_at is None
    ]
    return form


@blueprint.post("/dieu-hanh/phien-cho/moi")
@guard("officer")
def write_market() -> ResponseReturnValue:
    form, by = _offered(SessionForm.posted()), acting()
    if not form.validate():
        return _session_form(None, form, None, 422)
    series = market_series(db.session(), int(form.series.data))
    unit, series_id = series.organisation_id, series.id
    said = form.said
    return try_to(
        lambda session: (
            sessions.write_session(
                session, organisation_id=unit, series_id=series_id, said=said, **by
            ).id
        ),
        show=lambda refusal: _session_form(None, _offered(form), refusal, refusal.status),
        then=lambda market_id: redirect(path(f"{DESK}/{market_id}") + "?da=them", 303),
    )


@blueprint.get("/dieu-hanh/phien-cho/<int:market_id>/sua")
@guard("officer")
def change_market_page(market_id: int) -> ResponseReturnValue:
    row = mine(market_id)
    opens, closes, starts, ends = (
        at.astimezone(VIETNAM)
        for at in (row.opens_at, row.closes_at, row.hand_over_at, row.ends_at)
    )
    form = SessionForm(
        title_vi=row.title_vi, title_en=row.title_en, note_vi=row.note_vi, note_en=row.note_en,
        opens_on=opens.date(), opens=opens.time(), closes_on=closes.date(), closes=closes.time(),
        on=starts.date(), starts=starts.time(), ends=ends.time(), max_orders=row.max_orders,
        max_amount=row.max_amount_vnd, collects=row.collects,
    )  # fmt: skip
    return _session_form(row, form, None, 200)


@blueprint.post("/dieu-hanh/phien-cho/<int:market_id>/sua")
@guard("officer")
def change_market(market_id: int) -> ResponseReturnValue:
    row = mine(market_id)
    form, by = SessionForm.posted(), acting()
    del form.series  # Which series it is of stays.
    if not form.validate():
        return _session_form(row, form, None, 422)
    said = form.said
    return try_to(
        lambda session: sessions.change_session(session, session_id=market_id, said=said, **by),
        show=lambda refusal: _session_form(mine(market_id), form, refusal, refusal.status),
        then=lambda _: redirect(path(f"{DESK}/{market_id}") + "?da=luu", 303),
    )


def _session_form(
    row: MarketSession | None, form: SessionForm, refusal: Refusal | None, status: int
) -> ResponseReturnValue:
    return render_template(
        "organising/market_edit.html", row=row, form=form, refusal=refusal
    ), status  # fmt: skip


@blueprint.get("/dieu-hanh/phien-cho/<int:market_id>")
@guard("officer")
def market_desk(market_id: int) -> ResponseReturnValue:
    return desk(market_id)


def mine(market_id: int) -> MarketSession:
    """Return a session of this person's units."""
    row = market_session(db.session(), market_id)
    need_right(RIGHT, row.organisation_id)
    return row


def at_stall(market_id: int, *, queued: bool = False) -> MarketSession:
    """Return a session whose stall this person runs: on market day also who is on duty there.

    Names of buyers are on it, so she has it from the close until the market is settled.

    Args:
        queued: what her phone kept comes in now: too late for the books, it is a task for others.

    Raises:
        NotYours
    """
    row = market_session(db.session(), market_id)
    if not has_right(RIGHT, row.organisation_id):
        need_right(STALL_RIGHT, row.organisation_id)
        if not queued and phase_of(row, now_utc()) not in ("closed", "over"):
            raise NotYours
    return row


def act(
    market_id: int, work: Callable[[Session], Any], done: str, **forms: Any
) -> ResponseReturnValue:
    """Do one act to a session and go back to it; a refusal shows above what was typed."""
    return try_to(
        work,
        show=lambda refusal: desk(market_id, refusal=refusal, status=refusal.status, **forms),
        then=lambda _: redirect(path(f"{DESK}/{market_id}") + f"?da={done}", 303),
    )


@blueprint.post("/dieu-hanh/phien-cho/<int:market_id>/diem")
@guard("officer")
def add_market_pickup(market_id: int) -> ResponseReturnValue:
    row = mine(market_id)
    form, by = PickupForm.posted(prefix="d"), acting()
    if not form.validate():
        return desk(market_id, pickup_form=form, status=422)
    on = vietnam_date(row.hand_over_at)
    return act(
        market_id,
        lambda session: sessions.add_pickup(
            session, session_id=market_id, name_vi=form.name_vi.data, name_en=form.name_en.data,
            address_vi=form.address_vi.data, address_en=form.address_en.data,
            starts_at=datetime.combine(on, form.starts.data, VIETNAM),
            ends_at=datetime.combine(on, form.ends.data, VIETNAM),
            max_orders=form.max_orders.data, **by,
        ),
        "them", pickup_form=form,
    )  # fmt: skip


@blueprint.post("/dieu-hanh/phien-cho/<int:market_id>/diem/<int:pickup_id>/bo")
@guard("officer")
def remove_market_pickup(market_id: int, pickup_id: int) -> ResponseReturnValue:
    mine(market_id)
    by = acting()
    return act(
        market_id,
        lambda session: sessions.remove_pickup(
            session, session_id=market_id, pickup_id=pickup_id, **by
        ),
        "luu",
    )  # fmt: skip


@blueprint.post("/dieu-hanh/phien-cho/<int:market_id>/hang")
@guard("officer")
def ask_for_market_goods(market_id: int) -> ResponseReturnValue:
    row = mine(market_id)
    form, by = goods_form(AskForm.posted(prefix="h"), row), acting()
    if not form.validate():
        return desk(market_id, ask_form=form, status=422)
    return act(
        market_id,
        lambda session: offers.ask_for_offer(
            session, session_id=market_id, variant_id=int(form.variant.data),
            price_vnd=form.price.data, quantity=form.quantity.data, least=form.least.data or 0,
            heard=bool(form.heard.data), **by,
        ),
        "them", ask_form=form,
    )  # fmt: skip


def goods_form(form: AskForm, row: MarketSession) -> AskForm:
    form.variant.choices = goods_choices(goods_to_offer(db.session(), row), named=True)
    return form


@blueprint.post("/dieu-hanh/phien-cho/<int:market_id>/hang/<int:goods_id>/nhan")
@guard("officer")
def accept_market_goods(market_id: int, goods_id: int) -> ResponseReturnValue:
    """Say yes to what a seller offered."""
    _offer_of(market_id, goods_id)
    by = acting()
    return act(
        market_id,
        lambda session: offers.agree_to_offer(session, offer_id=goods_id, seller_id=None, **by),
        "luu",
    )  # fmt: skip


@blueprint.post("/dieu-hanh/phien-cho/<int:market_id>/hang/<int:goods_id>/so")
@guard("officer")
def resize_market_goods(market_id: int, goods_id: int) -> ResponseReturnValue:
    _offer_of(market_id, goods_id)
    form, by = QuantityForm.posted(prefix=f"o{goods_id}"), acting()
    if not form.validate():
        return desk(market_id, size_forms={goods_id: form}, status=422)
    return act(
        market_id,
        lambda session: offers.resize_offer(
            session, offer_id=goods_id, seller_id=None, quantity=form.quantity.data, **by
        ),
        "luu", size_forms={goods_id: form},
    )  # fmt: skip


@blueprint.post("/dieu-hanh/phien-cho/<int:market_id>/hang/<int:goods_id>/thoi")
@guard("officer")
def end_market_goods(market_id: int, goods_id: int) -> ResponseReturnValue:
    _offer_of(market_id, goods_id)
    by = acting()
    return act(
        market_id,
        lambda session: offers.end_offer(session, offer_id=goods_id, seller_id=None, **by),
        "luu",
    )  # fmt: skip


def _offer_of(market_id: int, goods_id: int) -> None:
    row = mine(market_id)
    if goods_id not in {offer.id for offer in offers_of(db.session(), row.id)}:
        raise NotYours


@blueprint.post("/dieu-hanh/phien-cho/<int:market_id>/mo")
@guard("officer")
def show_market(market_id: int) -> ResponseReturnValue:
    mine(market_id)
    by = acting()
    return act(
        market_id,
        lambda session: sessions.show_session(session, session_id=market_id, **by),
        "mo-phien",
    )  # fmt: skip


@blueprint.post("/dieu-hanh/phien-cho/<int:market_id>/huy")
@guard("officer")
def cancel_market(market_id: int) -> ResponseReturnValue:
    mine(market_id)
    form, by = CancelSessionForm.posted(prefix="x"), acting()
    if not form.validate():
        return desk(market_id, cancel_form=form, status=422)
    return act(
        market_id,
        lambda session: sessions.cancel_session(
            session, session_id=market_id, reason=form.reason.data, **by
        ),
        "luu", cancel_form=form,
    )  # fmt: skip


def desk(
    market_id: int, *, refusal: Refusal | None = None, status: int = 200, **forms: Any
) -> ResponseReturnValue:
    """Return the page of one session."""
    row, session = mine(market_id), db.session()
    found = offers_of(session, market_id)
    sizes = {
        offer.id: QuantityForm(prefix=f"o{offer.id}", quantity=offer.quantity) for offer in found
    } | forms.get("size_forms", {})
    starts, ends = (at.astimezone(VIETNAM).time() for at in (row.hand_over_at, row.ends_at))
    return (
        render_template(
            "organising/market_desk.html", row=row, phase=phase_of(row, now_utc()), offers=found,
            pickups=pickups_of(session, market_id), sizes=sizes, refusal=refusal,
            late=late_on_own_accounts(session, market_id),
            pickup_form=forms.get("pickup_form")
            or PickupForm(prefix="d", starts=starts, ends=ends),
            ask_form=forms.get("ask_form") or goods_form(AskForm(prefix="h"), row),
            cancel_form=forms.get("cancel_form") or CancelSessionForm(prefix="x"),
        ),
        status,
    )  # fmt: skip
