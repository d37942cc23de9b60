"""Gifts by card: where each of them is, and the transfers that bring them to the fund's account."""

from typing import Any

from flask import abort, redirect, render_template
from flask.typing import ResponseReturnValue
from flask_login import current_user

from shop.accounts.acting import acting
from shop.accounts.guards import fresh_or_ask
from shop.db import db
from shop.kernel.errors import NotYours
from shop.operations.forms import PassedOnForm, SentBackForm
from shop.operations.views import blueprint
from shop.operations.views.money_out import units_in_books
from shop.organisations.acting import has_right, page_number
from shop.payments.gateways import passes
from shop.payments.gateways.actions import passing
from shop.payments.rules.passing import transfer_text
from shop.payments.rules.vietqr import is_one_transfer, vietqr_or_none
from shop.sellers.models import Payee
from shop.sellers.queries import account_number_of
from shop.web.guards import guard
from shop.web.links import path
from shop.web.qr import qr_picture
from shop.web.replies import try_to

#: Who plans; who transfers: another person (``permissions``).
PLAN, SEND = "propose_money_out", "confirm_money_out"
BASE = "/dieu-hanh/tien-ve/the/gop"


def _gives(row: Any) -> int:
    """Return the unit whose money leaves: the fund's when cards took back what it was passed."""
    return int(row.card_unit_id if row.due_vnd >= 0 else row.organisation_id)


def _pass(pass_id: int, right: str = "") -> Any:
    row = passes.pass_in(db.session(), units_in_books(), pass_id)
    if right and not has_right(right, row.giver_id):
        raise NotYours
    return row


def _to(address: str, said: str) -> ResponseReturnValue:
    return redirect(path(BASE + address) + f"?da={said}", 303)


@blueprint.get(BASE)
@guard("officer")
def card_gifts() -> ResponseReturnValue:
    """Funds that cards gave to, and where that money is."""
    return render_template(
        "operations/card_gifts.html", rows=passes.funds_by_card(db.session(), units_in_books())
    )


@blueprint.get(f"{BASE}/quy/<int:campaign_id>")
@guard("officer")
def card_gifts_of_fund(campaign_id: int) -> ResponseReturnValue:
    """Each gift by card of one fund on its way, and the transfers so far."""
    return _fund_page(campaign_id)


def _fund_page(campaign_id: int, refusal: Any = None) -> str:
    session = db.session()
    rows = passes.fund_by_card(session, units_in_books(), campaign_id)
    return render_template(
        "operations/card_gifts_of_fund.html", rows=rows, refusal=refusal,
        gifts=passes.gifts_of_fund(session, campaign_id, page_number()),
        passes=passes.passes_of_fund(session, campaign_id),
        may_plan=[row.from_payee_id for row in rows if has_right(PLAN, _gives(row))],
    )  # fmt: skip


@blueprint.post(f"{BASE}/quy/<int:campaign_id>/dinh/<int:payee_id>")
@guard("officer")
def plan_gift_pass(campaign_id: int, payee_id: int) -> ResponseReturnValue:
    """All that waits goes together; another person transfers it."""
    rows = passes.fund_by_card(db.session(), units_in_books(), campaign_id)
    row = next((row for row in rows if row.from_payee_id == payee_id), None)
    if row is None or not has_right(PLAN, _gives(row)):
        raise NotYours
    by = acting()
    return try_to(
        lambda session: passing.plan_pass(
            session, campaign_id=campaign_id, from_payee_id=payee_id, planner_id=by["actor_id"],
            **by,
        ).id,
        show=lambda refusal: _fund_page(campaign_id, refusal),
        then=lambda made: _to(f"/{made}", "dinh-chuyen"),
    )  # fmt: skip


@blueprint.get(f"{BASE}/<int:pass_id>")
@guard("officer")
def gift_pass(pass_id: int) -> ResponseReturnValue:
    """One transfer: its gifts, where it goes, and the second person's field."""
    return _page(pass_id)


def _accounts(row: Any) -> tuple[Payee, Payee]:
    """Return the account that the money leaves and the one that it reaches."""
    found = [db.session().get_one(Payee, one) for one in (row.from_payee_id, row.to_payee_id)]
    return (found[0], found[1]) if row.amount_vnd > 0 else (found[1], found[0])


def _page(pass_id: int, form: Any = None, failed: Any = None, refusal: Any = None) -> str:
    session, row = db.session(), _pass(pass_id)
    away, to = _accounts(row)
    sends = has_right(SEND, row.giver_id)
    return render_template(
        "operations/gift_pass.html", row=row, gifts=passes.gifts_in_pass(session, pass_id),
        away=away, to=to, account=account_number_of(to) if sends else "",
        memo=transfer_text(row.id, row.code), form=form or PassedOnForm(),
        failed=failed or SentBackForm(), refusal=refusal, may_send=sends,
        is_planner=row.planned_by_id == current_user.id,
        may_end=sends or has_right(PLAN, row.giver_id),
        has_qr=sends and is_one_transfer(abs(row.amount_vnd)),
    )  # fmt: skip


@blueprint.get(f"{BASE}/<int:pass_id>/qr.<kind>")
@guard("officer")
def gift_pass_qr(pass_id: int, kind: str) -> ResponseReturnValue:
    """The transfer as a picture that a bank's app reads; drawn here."""
    if kind not in ("svg", "png"):
        abort(404)
    row = _pass(pass_id, SEND)
    if row.state != "planned":
        abort(404)
    _, to = _accounts(row)
    payload = vietqr_or_none(
        to.bank_bin, account_number_of(to), abs(row.amount_vnd), transfer_text(row.id, row.code)
    )
    return qr_picture(payload or abort(404), kind, f"quy-{pass_id}")


@blueprint.post(f"{BASE}/<int:pass_id>/chuyen")
@guard("officer")
def gift_pass_sent(pass_id: int) -> ResponseReturnValue:
    """The second person transferred it, and says under which number of the bank."""
    _pass(pass_id, SEND)
    if ask := fresh_or_ask(f"{BASE}/{pass_id}"):
        return ask
    form, by = PassedOnForm.posted(), acting()
    if not form.validate():
        return _page(pass_id, form), 422
    return try_to(
        lambda session: passing.send_pass(
            session, pass_id=pass_id, reference=form.reference.data or "",
            sender_id=by["actor_id"], **by,
        ),
        show=lambda refusal: _page(pass_id, form, refusal=refusal),
        then=lambda _: _to(f"/{pass_id}", "chuyen-quy"),
    )  # fmt: skip


@blueprint.post(f"{BASE}/<int:pass_id>/hong")
@guard("officer")
def gift_pass_came_back(pass_id: int) -> ResponseReturnValue:
    """The bank sent it back."""
    _pass(pass_id, SEND)
    if ask := fresh_or_ask(f"{BASE}/{pass_id}"):
        return ask
    form, by = SentBackForm.posted(), acting()
    if not form.validate():
        return _page(pass_id, failed=form), 422
    return try_to(
        lambda session: passing.pass_came_back(
            session, pass_id=pass_id, why=form.why.data or "", **by
        ),
        show=lambda refusal: _page(pass_id, refusal=refusal),
        then=lambda _: _to(f"/{pass_id}", "thoi-chuyen"),
    )


@blueprint.post(f"{BASE}/<int:pass_id>/thoi")
@guard("officer")
def gift_pass_dropped(pass_id: int) -> ResponseReturnValue:
    """Nobody transfers it: its gifts wait again."""
    row = _pass(pass_id)
    if not has_right(PLAN, row.giver_id) and not has_right(SEND, row.giver_id):
        raise NotYours
    by = acting()
    return try_to(
        lambda session: passing.drop_pass(session, pass_id=pass_id, **by),
        show=lambda refusal: _page(pass_id, refusal=refusal),
        then=lambda _: _to(f"/{pass_id}", "thoi-chuyen"),
    )
