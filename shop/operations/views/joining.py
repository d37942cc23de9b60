"""Who wants to sell: officers invite, look at what was sent in, ask again, or say no and why.

The yes is the seller's own page: ``sellers.approve``.
"""

from functools import partial
from typing import Any

from flask import g, redirect, render_template, request
from flask.typing import ResponseReturnValue

from shop.accounts.acting import acting
from shop.db import db, in_transaction
from shop.kernel.clock import now_utc
from shop.kernel.errors import NotYours, Refusal
from shop.kernel.phones import written
from shop.operations.forms import DeclineForm, InviteForm, MissingForm
from shop.operations.views import blueprint
from shop.organisations.acting import (
    has_right,
    need_right,
    page_number,
    units_in_sight,
)
from shop.organisations.queries import path_of, tree
from shop.sellers.joining import (
    application,
    applications_in,
    ask_again,
    decline,
    invite,
    invite_again,
    phone_of,
    take_invitation_back,
)
from shop.sellers.joining_rules import FOR_HER, FOR_OFFICERS, STATES, STEPS, missing_of
from shop.sellers.models import SellerApplication
from shop.shipping.opening import steps_done
from shop.web.guards import guard
from shop.web.links import absolute, path
from shop.web.lists import cut
from shop.web.replies import try_to
from shop.web.words import tr

DESK = "/dieu-hanh/xin-ban"
#: Words of ``?xem=``, and the states that each shows.
SHOWN = {
    "": FOR_OFFICERS,
    "cho": FOR_HER,
    "xong": tuple(state for state in STATES if state not in FOR_OFFICERS + FOR_HER),
}


def _mine(application_id: int, right: str) -> SellerApplication:
    """Return an application of a unit in which this person has a right; otherwise there is none."""
    row = application(db.session(), application_id)
    need_right(right, row.organisation_id)
    return row


def _form(form: InviteForm) -> InviteForm:
    rows = tree(db.session(), units_in_sight("create_seller"))
    form.organisation.choices = [
        (str(row["id"]), "– " * row["depth"] + tr(row, "name"))
        for row in rows
        if row["valid_to"] is None
    ]
    return form


def _list(form: InviteForm | None = None, refusal: Refusal | None = None) -> str:
    asked = request.args.get("xem", "")
    asked = asked if asked in SHOWN else ""
    found = cut(
        db.session(), applications_in(units_in_sight("create_seller"), SHOWN[asked]), page_number(),
    )  # fmt: skip
    return render_template(
        "operations/applications.html", found=found, asked=asked, refusal=refusal,
        form=_form(form or InviteForm()),
        may_invite=units_in_sight("create_seller") is None or bool(g.scope["create_seller"]),
    )  # fmt: skip


@blueprint.get(DESK)
@guard("officer")
def applications() -> ResponseReturnValue:
    """Who asks, who was sent in, who was invited; and whom to invite."""
    return _list()


def _read_out(row: SellerApplication, code: str) -> str:
    """Show a word this once, to be read out over the phone or sent as a link."""
    return render_template(
        "operations/invitation.html", name=row.name, phone=written(phone_of(row)), code=code,
        link=absolute(f"/mo-gian-hang/{code}"), until=row.code_expires_at, back=DESK,
    )  # fmt: skip


@blueprint.post(DESK)
@guard("officer")
def invited() -> ResponseReturnValue:
    """Invite a woman to sell."""
    form = _form(InviteForm.posted())
    if not form.validate():
        return _list(form), 422
    need_right("create_seller", int(form.organisation.data))
    act = acting()
    try:
        row, code = in_transaction(
            lambda session: invite(
                session, organisation_id=int(form.organisation.data), name=form.name.data or "",
                phone=form.phone.data or "", **act,
            )
        )  # fmt: skip
    except NotYours:
        raise
    except Refusal as refusal:
        return _list(form, refusal), refusal.status
    return _read_out(row, code)


@blueprint.get(f"{DESK}/<int:application_id>")
@guard("officer")
def application_desk(application_id: int) -> ResponseReturnValue:
    """One woman's wish to sell: what her stall has, and the ways to answer."""
    _mine(application_id, "create_seller")
    return _page(application_id)


def _page(
    application_id: int, *, missing: Any = None, no: Any = None, refusal: Refusal | None = None
) -> str:
    session = db.session()
    row = application(session, application_id)
    there = steps_done(session, row.seller_id, now_utc()) if row.seller_id else set()
    return render_template(
        "operations/application.html", row=row, phone=written(phone_of(row)), phone_e164=phone_of(row),
        unit=path_of(session, row.organisation_id), steps=STEPS, there=there,
        lacks=missing_of(there), missing_form=missing or MissingForm(),
        decline_form=no or DeclineForm(), refusal=refusal,
        may_approve=has_right("approve_seller", row.organisation_id),
    )  # fmt: skip


def _done(application_id: int, notice: str, act: Any, **more: Any) -> ResponseReturnValue:
    by = acting()
    return try_to(
        lambda session: act(session, application_id=application_id, **more, **by),
        show=partial(_page, application_id),
        then=lambda _: redirect(path(f"{DESK}/{application_id}") + f"?da={notice}", 303),
    )


@blueprint.post(f"{DESK}/<int:application_id>/moi")
@guard("officer")
def invited_again(application_id: int) -> ResponseReturnValue:
    """Give a word to who asked, or another to who did not come with hers."""
    _mine(application_id, "create_seller")
    by = acting()
    return try_to(
        lambda session: invite_again(session, application_id=application_id, **by),
        show=partial(_page, application_id),
        then=lambda code: _read_out(application(db.session(), application_id), code),
    )


@blueprint.post(f"{DESK}/<int:application_id>/rut")
@guard("officer")
def invitation_taken_back(application_id: int) -> ResponseReturnValue:
    """Let a word lead nowhere any more."""
    _mine(application_id, "create_seller")
    return _done(application_id, "luu", take_invitation_back)


@blueprint.post(f"{DESK}/<int:application_id>/hoi")
@guard("officer")
def asked_again(application_id: int) -> ResponseReturnValue:
    """Say what is missing still; she is told."""
    _mine(application_id, "approve_seller")
    form = MissingForm.posted()
    if not form.validate():
        return _page(application_id, missing=form), 422
    return _done(application_id, "gui", ask_again, words=form.words.data)


@blueprint.post(f"{DESK}/<int:application_id>/tu-choi")
@guard("officer")
def declined(application_id: int) -> ResponseReturnValue:
    """Say no, and why; she is told."""
    _mine(application_id, "approve_seller")
    form = DeclineForm.posted()
    if not form.validate():
        return _page(application_id, no=form), 422
    return _done(application_id, "gui", decline, reason=form.reason.data)
