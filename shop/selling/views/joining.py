"""A new stall: by the word of an officer or by asking; its checklist; sent in when it is ready."""

from typing import Any

from flask import abort, g, redirect, render_template
from flask.typing import ResponseReturnValue
from flask_login import current_user

from shop.accounts.acting import acting
from shop.accounts.terms import current_terms
from shop.accounts.views.entering import enter_invited
from shop.db import db, in_transaction
from shop.kernel.clock import now_utc, vietnam_date
from shop.kernel.codes import read_code
from shop.kernel.errors import NotYours, Refusal
from shop.organisations.queries import open_units, organisation
from shop.places.forms import fill_places
from shop.sellers.joining import (
    application_of,
    ask_to_sell,
    invited_with,
    is_phone_of_invitation,
    send_in,
    start_stall,
)
from shop.sellers.joining_rules import INVITATION_LENGTH, STEPS, InvitationOver, missing_of
from shop.sellers.models import SellerApplication
from shop.selling.forms.joining import AskToSellForm, InvitedCodeForm, NewStallForm
from shop.selling.views.blueprint import blueprint, done, page
from shop.shipping.opening import steps_done
from shop.web.guards import guard
from shop.web.limits import limit, uncount, visitor_key
from shop.web.links import path
from shop.web.replies import try_to
from shop.web.shown import FormTooFast, looks_automatic, shown, shown_now
from shop.web.words import _, language, tr

_GUESSES = "60 per 1 hour"
#: Of all visitors together: a word has forty bits, and this many guesses an hour find none.
_GUESSES_IN_ALL = "2000 per 1 hour"
CHECKLIST = "/ban-hang/mo-gian"


def _guess(code: str) -> SellerApplication | None:
    """Return the invitation of a word. Only wrong words count: many may sit behind one address."""
    limit(_GUESSES, "stall-code", visitor_key())
    limit(_GUESSES_IN_ALL, "stall-code-in-all")
    found = invited_with(db.session(), code, now_utc())
    if found is not None:
        uncount(_GUESSES, "stall-code", visitor_key())
        uncount(_GUESSES_IN_ALL, "stall-code-in-all")
    return found


@blueprint.get("/mo-gian-hang")
@guard("visitor")
def want_stall() -> ResponseReturnValue:
    """How one comes to sell here, and where the word is typed."""
    return render_template("selling/want_stall.html", form=InvitedCodeForm(), refusal=None)


@blueprint.post("/mo-gian-hang")
@guard("visitor")
def want_stall_by_code() -> ResponseReturnValue:
    """Lead to the invitation whose word somebody typed."""
    form = InvitedCodeForm.posted()
    if form.validate():
        code = read_code(form.code.data or "")[:INVITATION_LENGTH]
        if _guess(code) is not None:
            return redirect(path(f"/mo-gian-hang/{code}"), 303)
        form.code.errors = [_("Mã này không dùng được, hay đã hết hạn. Chị gọi Hội xin mã khác.")]
    return render_template("selling/want_stall.html", form=form, refusal=None), 422


def _invitation(code: str) -> SellerApplication:
    found = _guess(code)
    if found is None:
        abort(404)
    return found


def _stall_page(row: SellerApplication, code: str, form: Any, refusal: Refusal | None) -> str:
    return render_template(
        "selling/new_stall.html", form=form, code=code, refusal=refusal,
        unit=organisation(db.session(), row.organisation_id), called=row.name,
    )  # fmt: skip


def _stall_form(form: NewStallForm) -> NewStallForm:
    form.country.data = ""  # Parcels start in Vietnam, whatever was sent.
    fill_places(form, db.session())
    return form


@blueprint.get("/mo-gian-hang/<code>")
@guard("visitor")
def new_stall_page(code: str) -> ResponseReturnValue:
    """The few lines by which an invited woman begins. Looking does not spend the word."""
    row = _invitation(code)
    return _stall_page(row, code, _stall_form(NewStallForm()), None)


@blueprint.post("/mo-gian-hang/<code>")
@guard("visitor")
def new_stall(code: str) -> ResponseReturnValue:
    """Open account and stall, and sign her in here: the word and her phone prove who she is."""
    row, form, now = _invitation(code), _stall_form(NewStallForm.posted()), now_utc()
    if form.is_asking or not form.validate():
        return _stall_page(row, code, form, None), 200 if form.is_asking else 422
    fits = in_transaction(
        lambda session: (
            is_phone_of_invitation(session, code=code, phone=form.phone.data or "", now=now)
            is not None
        )
    )
    if not fits:
        return _again(code, form, InvitationOver())
    row_id = row.id
    stall = {
        "name_vi": form.name_vi.data, "entity_kind": form.entity_kind.data,
        "person": form.person.data, "ward_code": form.chosen.code,
        "hamlet_vi": form.line1.data, "hamlet_en": form.line1.data,
    }  # fmt: skip
    signed_in = current_user.id if current_user.is_authenticated else None
    try:
        account_id = in_transaction(
            lambda session: start_stall(
                session, application_id=row_id, signed_in_id=signed_in, stall=stall, now=now,
                terms_version=current_terms("account", vietnam_date(now)).version,
            )
        )  # fmt: skip
    except Refusal as refusal:
        return _again(code, form, refusal)
    return enter_invited(account_id, CHECKLIST)


def _again(code: str, form: NewStallForm, refusal: Refusal) -> ResponseReturnValue:
    """Show the form with why not; the word may be worth nothing by now."""
    db.session.rollback()
    row = invited_with(db.session(), code, now_utc())
    if row is None:
        return render_template(
            "selling/want_stall.html", form=InvitedCodeForm(), refusal=InvitationOver()
        ), 422
    return _stall_page(row, code, form, refusal), refusal.status


def _ask_form(form: AskToSellForm) -> AskToSellForm:
    units = open_units(db.session(), vietnam_date(now_utc()))
    form.unit.choices = [
        ("", _("Chọn tổ chức")), *((str(row.id), tr(row, "name")) for row in units)
    ]  # fmt: skip
    return form


def _ask_page(form: AskToSellForm, refusal: Refusal | None = None) -> str:
    form.shown.data = shown_now(now_utc())
    return render_template("selling/ask_to_sell.html", form=form, refusal=refusal)


@blueprint.get("/mo-gian-hang/xin")
@guard("visitor")
def ask_for_stall_page() -> ResponseReturnValue:
    return _ask_page(_ask_form(AskToSellForm()))


@blueprint.post("/mo-gian-hang/xin")
@guard("visitor")
def ask_for_stall() -> ResponseReturnValue:
    """Take the wish to sell; once for each form. An officer of the unit rings her."""
    form, now = _ask_form(AskToSellForm.posted()), now_utc()
    if not form.validate():
        return _ask_page(form), 422
    was = shown(form.shown.data or "")
    if looks_automatic(form, was, now):
        return _ask_page(form, FormTooFast()), 422
    limit("10 per 1 hour", "ask-to-sell", visitor_key())
    spoken = language()
    try:
        in_transaction(
            lambda session: ask_to_sell(
                session, organisation_id=int(form.unit.data), name=form.name.data or "",
                phone=form.phone.data or "", email=form.email.data or None, offers=form.offers.data or "",
                attempt_id=was.attempt_id, locale=spoken, now=now,
            )
        )  # fmt: skip
    except Refusal as refusal:
        return _ask_page(_ask_form(form), refusal), refusal.status
    return redirect(path("/mo-gian-hang") + "?da=xin-ban", 303)


def show_checklist(**more: Any) -> str:
    session, now = db.session(), now_utc()
    row = application_of(session, g.stall.id)
    if row is None or g.stall.help is not None:
        raise NotYours
    there = steps_done(session, g.stall.id, now)
    return page(
        "opening", row=row, steps=STEPS, there=there, missing=missing_of(there),
        **{"refusal": None, **more},
    )  # fmt: skip


@blueprint.get("/ban-hang/mo-gian")
@guard("seller")
def checklist() -> ResponseReturnValue:
    """What her new stall has, what it lacks, and what officers said."""
    return show_checklist()


@blueprint.post("/ban-hang/mo-gian")
@guard("seller")
def sent_in() -> ResponseReturnValue:
    """Let officers look: everything that is needed is there."""
    if not g.stall.may("appoint_member"):
        raise NotYours
    return try_to(
        lambda session: send_in(
            session, seller_id=g.stall.id, there=steps_done(session, g.stall.id, now_utc()),
            **acting(),
        ),
        show=show_checklist,
        then=lambda _: done(CHECKLIST, "gui-hoi"),
    )  # fmt: skip
