"""Somebody asks to join: by the link or the word that her branch gave her. An officer lets her in."""

from flask import abort, redirect, render_template
from flask.typing import ResponseReturnValue

from shop.db import db, in_transaction
from shop.kernel.clock import now_utc
from shop.kernel.codes import read_code
from shop.kernel.errors import Refusal
from shop.organisations.members import Person, ask_to_join
from shop.organisations.models import Organisation
from shop.organisations.queries import path_of
from shop.organisations.register import unit_by_code
from shop.organising.forms import JoinCodeForm, JoinForm
from shop.organising.views import blueprint
from shop.web.guards import guard
from shop.web.limits import limit, uncount, visitor_key
from shop.web.links import path
from shop.web.shown import FormTooFast, looks_automatic, shown, shown_now
from shop.web.words import _

#: Wrong words, of one visitor. A whole branch may sit behind one address: right ones are not counted.
_GUESSES = "20 per 1 hour"
_WISHES = "200 per 1 hour"


@blueprint.get("/tham-gia")
@guard("visitor")
def join_page() -> ResponseReturnValue:
    return render_template("organising/join_code.html", form=JoinCodeForm())


@blueprint.post("/tham-gia")
@guard("visitor")
def join_by_code() -> ResponseReturnValue:
    """Lead to the unit whose word somebody typed."""
    form = JoinCodeForm.posted()
    if form.validate():
        code = read_code(form.code.data or "")[:8]
        if _known(code) is not None:
            return redirect(path(f"/tham-gia/{code}"), 303)
        form.code.errors = [_("Chưa có tổ chức nào dùng mã này. Chị xem lại từng chữ giúp.")]
    return render_template("organising/join_code.html", form=form), 422


def _known(code: str) -> Organisation | None:
    limit(_GUESSES, "join-code", visitor_key())
    unit = unit_by_code(db.session(), code)
    if unit is not None:
        uncount(_GUESSES, "join-code", visitor_key())
    return unit


def _unit(code: str) -> Organisation:
    unit = _known(read_code(code)[:8])
    if unit is None:
        abort(404)
    return unit


@blueprint.get("/tham-gia/<code>")
@guard("visitor")
def join(code: str) -> ResponseReturnValue:
    return _page(_unit(code), code, JoinForm(), None)


def _page(unit: Organisation, code: str, form: JoinForm, refusal: Refusal | None) -> str:
    form.shown.data = shown_now(now_utc())
    return render_template(
        "organising/join.html", unit=unit, above=path_of(db.session(), unit.id)[:-1], code=code,
        form=form, refusal=refusal,
    )  # fmt: skip


@blueprint.post("/tham-gia/<code>")
@guard("visitor")
def ask_to_be_let_in(code: str) -> ResponseReturnValue:
    """Take the wish to join; once for each form, however often it is sent."""
    unit, form, now = _unit(code), JoinForm.posted(), now_utc()
    if not form.validate():
        return _page(unit, code, form, None), 422
    limit(_WISHES, "join", visitor_key())
    was = shown(form.shown.data or "")
    if looks_automatic(form, was, now):
        return _page(unit, code, form, FormTooFast()), 422
    person, unit_id = Person(form.name.data or "", form.phone.data or None), unit.id
    try:
        in_transaction(
            lambda session: ask_to_join(
                session, organisation_id=unit_id, person=person, attempt_id=was.attempt_id, now=now
            )
        )
    except Refusal as refusal:
        return _page(_unit(code), code, form, refusal), refusal.status
    return redirect(path("/tham-gia") + "?da=xin-vao", 303)
