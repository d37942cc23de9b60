"""Money that came to a campaign without a code, and its cash: written down, paid into the bank."""

import secrets
from collections.abc import Callable
from hashlib import sha256
from typing import Any

from flask import redirect, render_template
from flask.typing import ResponseReturnValue
from flask_login import current_user
from sqlalchemy.orm import Session

from shop.accounts.acting import acting
from shop.db import db
from shop.fundraising.actions import cash, gifts
from shop.fundraising.handing_rules import SaidState
from shop.fundraising.models import Campaign, CashDeposit
from shop.fundraising.queries.cash import deposits_of
from shop.fundraising.queries.figures import figures_of
from shop.fundraising.queries.gifts import waiting_gifts_of
from shop.fundraising.rules import SPENDING
from shop.kernel.clock import now_utc, vietnam_date
from shop.kernel.errors import NotYours, Refusal
from shop.organisations.acting import has_right
from shop.organising.campaign_forms import DepositForm, WrittenGiftForm
from shop.organising.views import blueprint
from shop.organising.views.handing import APPROVE, DESK, RUN, mine
from shop.web.guards import guard
from shop.web.links import path
from shop.web.replies import try_to

COUNT = "confirm_money_in"


@blueprint.get("/dieu-hanh/gay-quy/<int:campaign_id>/tien-mat")
@guard("officer")
def campaign_cash(campaign_id: int) -> ResponseReturnValue:
    """The cash of a fund, what was paid in of it, and a form for what came without a code."""
    return _page(campaign_id)


def _act(
    campaign_id: int, work: Callable[[Session], Any], done: str, **forms: Any
) -> ResponseReturnValue:
    return try_to(
        work,
        show=lambda refusal: _page(campaign_id, refusal=refusal, status=refusal.status, **forms),
        then=lambda _: redirect(path(f"{DESK}/{campaign_id}/tien-mat") + f"?da={done}", 303),
    )


@blueprint.post("/dieu-hanh/gay-quy/<int:campaign_id>/tien-mat/gop")
@guard("officer")
def write_gift(campaign_id: int) -> ResponseReturnValue:
    """Write down money that came without a code; it counts once somebody confirms it."""
    row = mine(campaign_id, RUN, COUNT)
    form, by = _bounded(WrittenGiftForm.posted(), row), acting()
    if not form.validate():
        return _page(campaign_id, gift_form=form, status=422)
    return _act(
        campaign_id,
        lambda session: gifts.note_gift(
            session, campaign_id=campaign_id, amount_vnd=form.amount.data,
            came_on=form.on_day.data, in_cash=form.how.data == "cash",
            shown_name=form.name.data or "", attempt_id=_attempt(form), **by,
        ),
        "ghi-gop", gift_form=form,
    )  # fmt: skip


def _bounded(form: WrittenGiftForm, row: Campaign) -> WrittenGiftForm:
    form.first_day, form.last_day = row.opens_on, row.closes_on
    return form


def _attempt(form: WrittenGiftForm) -> str:
    """Return the name of this rendering of the desk's form, filled in this way.

    Who goes back to it and writes another gift means another one: it must not be lost.
    """
    shown = form.shown.data or secrets.token_hex(16)
    said = (shown, form.how.data, form.amount.data, form.on_day.data, form.name.data or "")
    return sha256(repr(said).encode()).hexdigest()[:32]


@blueprint.post("/dieu-hanh/gay-quy/<int:campaign_id>/tien-mat/nop")
@guard("officer")
def cash_paid_in(campaign_id: int) -> ResponseReturnValue:
    """Say that cash was paid into the bank; a second person notes it."""
    row = mine(campaign_id, RUN, APPROVE)
    form, by = DepositForm.posted(prefix="nop"), acting()
    form.first_day = row.opens_on
    if not form.validate():
        return _page(campaign_id, deposit_form=form, status=422)
    return _act(
        campaign_id,
        lambda session: cash.say_paid_in(session, campaign_id=campaign_id, **form.said, **by),
        "nop-quy", deposit_form=form,
    )  # fmt: skip


#: {last part of the address: (act, rights)}
_STEPS: dict[str, tuple[Callable[..., Any], tuple[str, ...]]] = {
    "nhan": (cash.note_paid_in, (APPROVE,)),
    "bo": (cash.drop_paid_in, (RUN, APPROVE)),
    "khong-co": (cash.take_back_paid_in, (APPROVE,)),
}


@blueprint.post("/dieu-hanh/gay-quy/<int:campaign_id>/tien-mat/nop/<int:deposit_id>/<to>")
@guard("officer")
def cash_paid_in_answered(campaign_id: int, deposit_id: int, to: str) -> ResponseReturnValue:
    """Answer for it as a second person, take back that it was said, or that it was noted."""
    if to not in _STEPS:
        raise NotYours
    act, rights = _STEPS[to]
    mine(campaign_id, *rights)
    row = db.session().get(CashDeposit, deposit_id)
    if row is None or row.campaign_id != campaign_id:
        raise NotYours
    by = acting()
    return _act(campaign_id, lambda session: act(session, deposit_id=deposit_id, **by), "luu")


def _page(
    campaign_id: int, *, refusal: Refusal | None = None, status: int = 200,
    gift_form: WrittenGiftForm | None = None, deposit_form: DepositForm | None = None,
) -> ResponseReturnValue:  # fmt: skip
    row, session = mine(campaign_id, RUN, APPROVE, COUNT), db.session()
    unit, today = row.organisation_id, vietnam_date(now_utc())
    runs, approves = has_right(RUN, unit), has_right(APPROVE, unit)
    figures, deposits = figures_of(session, [row.id])[row.id], deposits_of(session, row.id)
    waiting = waiting_gifts_of(session, row.id)
    said = next((one for one in deposits if one.state == SaidState.SAID), None)
    spends = row.state in SPENDING
    if gift_form is None and spends and (runs or has_right(COUNT, unit)):
        last = min(today, row.closes_on or today)
        if row.closed_at is not None:
            last = min(last, vietnam_date(row.closed_at))
        gift_form = WrittenGiftForm(on_day=max(last, row.opens_on))
    if gift_form is not None:
        gift_form.shown.data = secrets.token_hex(16)
    if deposit_form is None and spends and not said and figures.cash_vnd and (runs or approves):
        deposit_form = DepositForm(prefix="nop", amount=figures.cash_vnd, on_day=today)
    return (
        render_template(
            "organising/campaign_cash.html", row=row, figures=figures, deposits=deposits, waiting=waiting,
            gift_form=gift_form, deposit_form=deposit_form, refusal=refusal, spends=spends,
            approves=approves,
            may_note=approves and spends and said and said.said_by_id != current_user.id,
        ),
        status,
    )  # fmt: skip
