"""0-đồng market slips: asked for, approved and printed at the desk, read by whoever holds one."""

from collections.abc import Callable
from typing import Any

from flask import Response, abort, redirect, render_template
from flask.typing import ResponseReturnValue
from flask_login import current_user
from sqlalchemy.orm import Session

from shop.accounts.acting import acting
from shop.db import db, in_transaction
from shop.fundraising.actions import slips as actions
from shop.fundraising.models import Campaign
from shop.fundraising.queries.campaigns import campaign_by_id
from shop.fundraising.queries.figures import figures_of, free_vnd
from shop.fundraising.queries.slips import (
    code_of,
    codes_of,
    households_of,
    name_of,
    sheet_of,
    sheets_of,
    slip_shown,
    slips_of,
    uses_of,
)
from shop.fundraising.rules import SPENDING
from shop.fundraising.slip_models import SlipSheet
from shop.fundraising.slip_rules import SheetState
from shop.kernel.clock import now_utc, vietnam_date
from shop.kernel.codes import in_fours, read_bearer_code
from shop.kernel.errors import NotYours, Refusal
from shop.ordering import browser
from shop.organisations.acting import has_right, need_right
from shop.organisations.models import Organisation
from shop.organising.slip_forms import SlipsForm
from shop.organising.views import blueprint
from shop.web.guards import guard
from shop.web.limits import limit, visitor_key
from shop.web.links import absolute, path
from shop.web.qr import qr_picture
from shop.web.replies import try_to
from shop.web.words import _

RIGHT, ANSWERS = "run_campaigns", "approve_campaigns"


@blueprint.get("/dieu-hanh/gay-quy/<int:campaign_id>/phieu")
@guard("officer")
def slip_sheets(campaign_id: int) -> ResponseReturnValue:
    return _list(_mine(campaign_id, "see_unit"), None, None, 200)


@blueprint.post("/dieu-hanh/gay-quy/<int:campaign_id>/phieu")
@guard("officer")
def ask_for_slips(campaign_id: int) -> ResponseReturnValue:
    """Ask for slips of the same budget for some households; a second person approves them."""
    row = _mine(campaign_id, RIGHT)
    form = _offered(SlipsForm.posted(), campaign_id)
    if not form.validate():
        return _list(row, form, None, 422)
    by = acting()
    try:
        sheet_id = in_transaction(
            lambda session: (
                actions.plan_slips(
                    session, campaign_id=campaign_id,
                    households=[int(one) for one in form.households.data or ()],
                    budget_vnd=form.budget.data, valid_until=form.valid_until.data, **by,
                ).id
            )
        )  # fmt: skip
    except Refusal as refusal:
        return _list(_mine(campaign_id, RIGHT), form, refusal, refusal.status)
    return redirect(_at(campaign_id, sheet_id) + "?da=them", 303)


def _mine(campaign_id: int, right: str) -> Campaign:
    row = campaign_by_id(db.session(), campaign_id)
    need_right(right, row.organisation_id)
    return row


def _offered(form: SlipsForm, campaign_id: int) -> SlipsForm:
    form.households.choices = [
        (str(row.id), _("%(name)s, %(ward)s", name=name_of(row), ward=row.ward_name))
        for row in households_of(db.session(), campaign_id)
    ]
    return form


def _at(campaign_id: int, sheet_id: int) -> str:
    return path(f"/dieu-hanh/gay-quy/{campaign_id}/phieu/{sheet_id}")


def _list(
    row: Campaign, form: SlipsForm | None, refusal: Refusal | None, status: int
) -> ResponseReturnValue:
    session = db.session()
    runs = has_right(RIGHT, row.organisation_id) and row.state in SPENDING
    return render_template(
        "organising/slips.html", row=row, sheets=sheets_of(session, row.id), refusal=refusal,
        form=form or (_offered(SlipsForm(), row.id) if runs else None),
        figures=figures_of(session, [row.id])[row.id], free_vnd=max(0, free_vnd(session, row.id)),
    ), status  # fmt: skip


@blueprint.get("/dieu-hanh/gay-quy/<int:campaign_id>/phieu/<int:sheet_id>")
@guard("officer")
def slip_sheet(campaign_id: int, sheet_id: int) -> ResponseReturnValue:
    return _sheet(campaign_id, sheet_id, None, 200)


def _sheet(
    campaign_id: int, sheet_id: int, refusal: Refusal | None, status: int
) -> ResponseReturnValue:
    row, session = _mine(campaign_id, "see_unit"), db.session()
    sheet = sheet_of(session, campaign_id, sheet_id)
    unit = row.organisation_id
    runs = has_right(RIGHT, unit)
    return render_template(
        "organising/slip_sheet.html", row=row, sheet=sheet, slips=slips_of(session, sheet_id),
        uses=uses_of(session, sheet_id), name_of=name_of if runs else None, refusal=refusal,
        runs=runs, may_approve=_may_approve(sheet, unit), today=vietnam_date(now_utc()),
    ), status  # fmt: skip


def _may_approve(sheet: SlipSheet, unit: int) -> bool:
    return (
        sheet.state == SheetState.PLANNED
        and has_right(ANSWERS, unit)
        and sheet.planned_by_id != current_user.id
    )


def _act(
    campaign_id: int, sheet_id: int, work: Callable[[Session], Any]
) -> ResponseReturnValue:  # fmt: skip
    sheet_of(db.session(), campaign_id, sheet_id)
    return try_to(
        work,
        show=lambda refusal: _sheet(campaign_id, sheet_id, refusal, refusal.status),
        then=lambda _: redirect(_at(campaign_id, sheet_id) + "?da=luu", 303),
    )


@blueprint.post("/dieu-hanh/gay-quy/<int:campaign_id>/phieu/<int:sheet_id>/duyet")
@guard("officer")
def approve_slips(campaign_id: int, sheet_id: int) -> ResponseReturnValue:
    _mine(campaign_id, ANSWERS)
    by = acting()
    return _act(campaign_id, sheet_id, lambda s: actions.approve_slips(s, sheet_id=sheet_id, **by))


@blueprint.post("/dieu-hanh/gay-quy/<int:campaign_id>/phieu/<int:sheet_id>/bo")
@guard("officer")
def cancel_slips(campaign_id: int, sheet_id: int) -> ResponseReturnValue:
    _mine(campaign_id, RIGHT)
    by = acting()
    return _act(campaign_id, sheet_id, lambda s: actions.cancel_slips(s, sheet_id=sheet_id, **by))


@blueprint.post(
    "/dieu-hanh/gay-quy/<int:campaign_id>/phieu/<int:sheet_id>/<int:market_slip_id>/dong"
)
@guard("officer")
def close_slip(campaign_id: int, sheet_id: int, market_slip_id: int) -> ResponseReturnValue:
    """A slip was lost, or is not needed: what is left of it is the fund's again."""
    _mine(campaign_id, RIGHT)
    _of_sheet(sheet_id, market_slip_id)
    by = acting()
    return _act(
        campaign_id, sheet_id, lambda s: actions.close_slip(s, slip_id=market_slip_id, **by)
    )


def _of_sheet(sheet_id: int, slip_id: int) -> None:
    if slip_id not in {row.id for row in slips_of(db.session(), sheet_id)}:
        raise NotYours


@blueprint.get("/dieu-hanh/gay-quy/<int:campaign_id>/phieu/<int:sheet_id>/in")
@guard("officer")
def print_slips(campaign_id: int, sheet_id: int) -> ResponseReturnValue:
    """The slips on paper, each with its code: for whoever may spend them for a household."""
    row, session = _mine(campaign_id, RIGHT), db.session()
    sheet = sheet_of(session, campaign_id, sheet_id)
    if sheet.state != SheetState.APPROVED:
        abort(404)
    return render_template(
        "organising/slip_print.html", row=row, sheet=sheet, slips=slips_of(session, sheet_id),
        codes=codes_of(session, sheet_id), spoken=in_fours,
        unit=session.get_one(Organisation, row.organisation_id),
    )  # fmt: skip


@blueprint.get(
    "/dieu-hanh/gay-quy/<int:campaign_id>/phieu/<int:sheet_id>/<int:market_slip_id>/qr.svg"
)
@guard("officer")
def slip_qr(campaign_id: int, sheet_id: int, market_slip_id: int) -> ResponseReturnValue:
    _mine(campaign_id, RIGHT)
    sheet = sheet_of(db.session(), campaign_id, sheet_id)
    _of_sheet(sheet_id, market_slip_id)
    if sheet.state != SheetState.APPROVED:
        abort(404)
    code = code_of(db.session(), market_slip_id)
    return qr_picture(absolute(f"/phieu-cho/{code}"), "svg", "phieu")


@blueprint.get("/phieu-cho/<token>")
@guard("visitor")
def market_slip(token: str) -> ResponseReturnValue:
    """What is left of a slip, and how it is spent: what its QR opens."""
    limit("60 per hour", "slip", visitor_key())
    found = slip_shown(db.session(), token)
    if found is None:
        abort(404)
    code = read_bearer_code(token)
    page = render_template(
        "organising/slip.html", row=found, code=in_fours(code), token=code,
        today=vietnam_date(now_utc()),
    )  # fmt: skip
    answer = Response(page)
    answer.headers["X-Robots-Tag"] = "noindex"
    answer.headers["Referrer-Policy"] = "no-referrer"
    answer.headers["Cache-Control"] = "no-store"
    return answer


@blueprint.post("/phieu-cho/<token>")
@guard("visitor")
def use_slip(token: str) -> ResponseReturnValue:
    """Into the shop with the slip ready: the checkout fills its code in. Looking sets no cookie."""
    limit("60 per hour", "slip", visitor_key())
    if slip_shown(db.session(), token) is None:
        abort(404)
    answer = Response(status=303, headers={"Location": path("/hang-hoa")})
    answer.headers["Referrer-Policy"] = "no-referrer"
    answer.headers["Cache-Control"] = "no-store"
    return browser.hold_slip(answer, in_fours(read_bearer_code(token)))
