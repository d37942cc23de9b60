"""Calls for help at the officers' desk: write, open, see who comes, thank."""

import secrets
from collections.abc import Callable
from typing import Any

from flask import redirect, render_template
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from shop.accounts.acting import acting
from shop.db import db, transaction
from shop.kernel.clock import VIETNAM, now_utc
from shop.kernel.errors import NotYours, Refusal
from shop.mutual_aid import actions
from shop.mutual_aid.models import HelpCall
from shop.mutual_aid.queries import calls_of, help_call, needs_of, pledges_of
from shop.mutual_aid.rules import PledgeState
from shop.organisations.acting import (
    need_right,
    page_number,
    typed_words,
    unit_choices,
    units_in_sight,
)
from shop.organising.forms import (
    NEED_WORDS,
    TEXTS,
    CallForm,
    CancelCallForm,
    NeedForm,
    NeedSizeForm,
    PledgeForm,
    ThanksForm,
)
from shop.organising.views import blueprint
from shop.organising.views.help_pages import offer
from shop.web.guards import guard
from shop.web.links import path
from shop.web.lists import cut, words_of
from shop.web.replies import try_to
from shop.web.words import language

DESK = "/dieu-hanh/giup-nhau"


@blueprint.get("/dieu-hanh/giup-nhau")
@guard("officer")
def calls() -> str:
    typed = typed_words()
    found = cut(db.session(), calls_of(units_in_sight("run_calls"), words_of(typed)), page_number())
    return render_template(
        "organising/calls_desk.html", found=found, typed=typed, now=now_utc(),
        may_write=bool(unit_choices("run_calls")),
    )  # fmt: skip


def _offered(form: CallForm) -> CallForm:
    form.organisation.choices = unit_choices("run_calls")
    return form


@blueprint.get("/dieu-hanh/giup-nhau/moi")
@guard("officer")
def new_call_page() -> ResponseReturnValue:
    return _call_form(None, _offered(CallForm()), None, 200)


@blueprint.post("/dieu-hanh/giup-nhau/moi")
@guard("officer")
def write_call() -> ResponseReturnValue:
    form = _offered(CallForm.posted())
    if not form.validate():
        return _call_form(None, form, None, 422)
    starts_at, ends_at = form.times
    with transaction() as session:
        call_id = actions.write_call(
            session, organisation_id=int(form.organisation.data), words=form.words,
            starts_at=starts_at, ends_at=ends_at, consent_kind=form.consent_kind.data,
            consent_on=form.consent_on.data, **acting(),
        ).id  # fmt: skip
    return redirect(path(f"{DESK}/{call_id}") + "?da=them", 303)


@blueprint.get("/dieu-hanh/giup-nhau/<int:call_id>/sua")
@guard("officer")
def change_call_page(call_id: int) -> ResponseReturnValue:
    row = _mine(call_id)
    starts, ends = row.starts_at.astimezone(VIETNAM), row.ends_at.astimezone(VIETNAM)
    form = CallForm(
        organisation=str(row.organisation_id), on=starts.date(), starts=starts.time(),
        ends=ends.time(), consent_kind=row.consent_kind, consent_on=row.consent_on,
        **{name: getattr(row, name) for name in TEXTS},
    )  # fmt: skip
    return _call_form(row, _offered(form), None, 200)


@blueprint.post("/dieu-hanh/giup-nhau/<int:call_id>/sua")
@guard("officer")
def change_call(call_id: int) -> ResponseReturnValue:
    row = _mine(call_id)
    form = _offered(CallForm.posted(organisation=str(row.organisation_id)))
    form.organisation.data = str(row.organisation_id)  # The unit that called stays.
    if not form.validate():
        return _call_form(row, form, None, 422)
    (starts_at, ends_at), words, by = form.times, form.words, acting()
    return try_to(
        lambda session: actions.change_call(
            session, call_id=call_id, words=words, starts_at=starts_at, ends_at=ends_at,
            consent_kind=form.consent_kind.data, consent_on=form.consent_on.data, **by,
        ),
        show=lambda refusal: _call_form(_mine(call_id), form, refusal, refusal.status),
        then=lambda _: redirect(path(f"{DESK}/{call_id}") + "?da=luu", 303),
    )  # fmt: skip


def _call_form(
    row: HelpCall | None, form: CallForm, refusal: Refusal | None, status: int
) -> ResponseReturnValue:
    return render_template(
        "organising/call_edit.html", row=row, form=form, refusal=refusal
    ), status  # fmt: skip


@blueprint.get("/dieu-hanh/giup-nhau/<int:call_id>")
@guard("officer")
def call_desk(call_id: int) -> ResponseReturnValue:
    return _desk(call_id)


def _mine(call_id: int) -> HelpCall:
    row = help_call(db.session(), call_id)
    need_right("run_calls", row.organisation_id)
    return row


def _act(
    call_id: int, work: Callable[[Session], Any], done: str, **forms: Any
) -> ResponseReturnValue:
    """Do one act to a call and go back to it; a refusal shows above what was typed."""
    return try_to(
        work,
        show=lambda refusal: _desk(call_id, refusal=refusal, status=refusal.status, **forms),
        then=lambda _: redirect(path(f"{DESK}/{call_id}") + f"?da={done}", 303),
    )


@blueprint.post("/dieu-hanh/giup-nhau/<int:call_id>/can")
@guard("officer")
def add_need(call_id: int) -> ResponseReturnValue:
    _mine(call_id)
    form, by = NeedForm.posted(), acting()
    if not form.validate():
        return _desk(call_id, need_form=form, status=422)
    return _act(
        call_id,
        lambda session: actions.add_need(
            session, call_id=call_id, kind=form.kind.data, words_vi=form.words_vi.data,
            words_en=form.words_en.data, unit_vi=form.unit_vi.data, unit_en=form.unit_en.data,
            wanted=form.wanted.data, **by,
        ),
        "them", need_form=form,
    )  # fmt: skip


@blueprint.post("/dieu-hanh/giup-nhau/<int:call_id>/can/<int:need_id>")
@guard("officer")
def resize_need(call_id: int, need_id: int) -> ResponseReturnValue:
    _mine(call_id)
    if need_id not in {need.id for need in needs_of(db.session(), call_id)}:
        raise NotYours
    form, by = NeedSizeForm.posted(prefix=f"n{need_id}"), acting()
    if not form.validate():
        return _desk(call_id, size_forms={need_id: form}, status=422)
    return _act(
        call_id,
        lambda session: actions.resize_need(
            session, call_id=call_id, need_id=need_id, wanted=form.wanted.data, **by
        ),
        "luu", size_forms={need_id: form},
    )  # fmt: skip


@blueprint.post("/dieu-hanh/giup-nhau/<int:call_id>/mo")
@guard("officer")
def open_call(call_id: int) -> ResponseReturnValue:
    _mine(call_id)
    by = acting()
    return _act(
        call_id, lambda session: actions.open_call(session, call_id=call_id, **by), "mo-goi"
    )


@blueprint.post("/dieu-hanh/giup-nhau/<int:call_id>/huy")
@guard("officer")
def cancel_call(call_id: int) -> ResponseReturnValue:
    _mine(call_id)
    form, by = CancelCallForm.posted(), acting()
    if not form.validate():
        return _desk(call_id, cancel_form=form, status=422)
    return _act(
        call_id,
        lambda session: actions.cancel_call(
            session, call_id=call_id, reason=form.reason.data, **by
        ),
        "huy-goi", cancel_form=form,
    )  # fmt: skip


@blueprint.post("/dieu-hanh/giup-nhau/<int:call_id>/cam-on")
@guard("officer")
def thank_for_call(call_id: int) -> ResponseReturnValue:
    _mine(call_id)
    form, by = ThanksForm.posted(), acting()
    if not form.validate():
        return _desk(call_id, thanks_form=form, status=422)
    return _act(
        call_id,
        lambda session: actions.thank_for_call(
            session, call_id=call_id, thanks_vi=form.thanks_vi.data,
            thanks_en=form.thanks_en.data, **by,
        ),
        "luu", thanks_form=form,
    )  # fmt: skip


@blueprint.post("/dieu-hanh/giup-nhau/<int:call_id>/ghi")
@guard("officer")
def pledge_for(call_id: int) -> ResponseReturnValue:
    """Write down what somebody promised on the phone."""
    _mine(call_id)
    form, by = PledgeForm.posted(), acting()
    offer(form, needs_of(db.session(), call_id))
    if not form.validate():
        return _desk(call_id, pledge_form=form, status=422)
    return _act(
        call_id,
        lambda session: actions.pledge_for(
            session, call_id=call_id, need_id=int(form.need.data), quantity=form.quantity.data,
            contact=form.contact, shown_name=form.name.data[:60] if form.show_name.data else "",
            stated_value_vnd=form.value.data, attempt_id=_attempt(form), locale=language(), **by,
        ),
        "nhan-loi", pledge_form=form,
    )  # fmt: skip


def _attempt(form: PledgeForm) -> str:
    """Return the name of this rendering of the desk's form."""
    said = form.shown.data or ""
    return said if len(said) == 32 and said.isalnum() else secrets.token_hex(16)


@blueprint.post("/dieu-hanh/giup-nhau/<int:call_id>/nguoi/<int:pledge_id>/<to>")
@guard("officer")
def note_who_came(call_id: int, pledge_id: int, to: str) -> ResponseReturnValue:
    _mine(call_id)
    if to not in ("came", "absent", "offered"):
        raise NotYours
    by = acting()
    return _act(
        call_id,
        lambda session: actions.note_who_came(
            session, call_id=call_id, pledge_id=pledge_id, to=PledgeState(to), **by
        ),
        "luu",
    )  # fmt: skip


@blueprint.post("/dieu-hanh/giup-nhau/<int:call_id>/thoi/<int:pledge_id>")
@guard("officer")
def withdraw_for(call_id: int, pledge_id: int) -> ResponseReturnValue:
    """Somebody rang and cannot come."""
    _mine(call_id)
    by = acting()

    return _act(
        call_id,
        lambda session: actions.withdraw_for(
            session, call_id=call_id, pledge_id=pledge_id, **by
        ),
        "thoi-gop",
    )  # fmt: skip


def _desk(
    call_id: int, *, refusal: Refusal | None = None, status: int = 200, **forms: Any
) -> ResponseReturnValue:
    row, session = _mine(call_id), db.session()
    needs = needs_of(session, call_id)
    pledge_form = forms.get("pledge_form") or PledgeForm()
    offer(pledge_form, needs)
    pledge_form.shown.data = secrets.token_hex(16)
    sizes = {
        need.id: NeedSizeForm(prefix=f"n{need.id}", wanted=need.wanted) for need in needs
    } | forms.get("size_forms", {})
    return (
        render_template(
            "organising/call_desk.html", row=row, needs=needs, sizes=sizes,
            pledges=pledges_of(session, call_id), kinds=NEED_WORDS, refusal=refusal,
            now=now_utc(), pledge_form=pledge_form,
            need_form=forms.get("need_form") or NeedForm(kind="labour"),
            cancel_form=forms.get("cancel_form") or CancelCallForm(),
            thanks_form=forms.get("thanks_form")
            or ThanksForm(thanks_vi=row.thanks_vi, thanks_en=row.thanks_en),
        ),
        status,
    )  # fmt: skip
