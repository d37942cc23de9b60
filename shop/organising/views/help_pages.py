"""Calls for help as everybody sees them, and the page of one's own pledge."""

from flask import Response, abort, redirect, render_template
from flask.typing import ResponseReturnValue

from shop.db import db, in_transaction
from shop.kernel.clock import now_utc
from shop.kernel.codes import read_code
from shop.kernel.errors import Refusal
from shop.kernel.phones import written
from shop.mutual_aid import actions
from shop.mutual_aid.queries import (
    CallPage,
    call_page,
    calls_shown,
    contact_of,
    help_call,
    needs_of,
    pledge_by_link,
    pledge_of_attempt,
    pledge_token,
)
from shop.organising.forms import NEED_WORDS, PledgeForm
from shop.organising.views import blueprint
from shop.web.guards import guard
from shop.web.limits import Crowd, limit, limit_in_crowd, visitor_key
from shop.web.links import path
from shop.web.replies import try_to
from shop.web.shown import FormTooFast, looks_automatic, shown, shown_now
from shop.web.words import counted, language, tr

#: Promises, by the phone of whoever promises.
_PLEDGES = Crowd("20 per hour", own="6 per hour", more="200 per hour")


@blueprint.get("/giup-nhau")
@guard("anyone")
def help_calls() -> str:
    coming, over = calls_shown(db.session(), now_utc())
    return render_template("organising/calls.html", coming=coming, over=over)


@blueprint.get("/giup-nhau/<code>")
@guard("visitor")
def help_call_page(code: str) -> ResponseReturnValue:
    found = call_page(db.session(), read_code(code)[:12], now_utc())
    if found is None:
        abort(404)
    if found.row.code != code:
        return redirect(path(f"/giup-nhau/{found.row.code}"), 301)
    return _page(found, PledgeForm(), None, 200)


@blueprint.post("/giup-nhau/<code>")
@guard("visitor")
def pledge(code: str) -> ResponseReturnValue:
    """Take a promise. One rendered form makes at most one, however often it is sent."""
    form, now = PledgeForm.posted(), now_utc()
    found = call_page(db.session(), code[:12], now)
    if found is None:
        abort(404)
    offer(form, found.needs)
    if not form.validate():
        return _page(found, form, None, 422)
    was = shown(form.shown.data or "")
    if looks_automatic(form, was, now):
        return _page(found, form, FormTooFast(), 422)
    if pledge_of_attempt(db.session(), was.attempt_id) is None:  # A second tap is no second try.
        limit_in_crowd(_PLEDGES, "pledge", form.phone.data or "")
        limit("500 per 1 hour", "pledges")
    call_id = found.row.id
    try:
        token = in_transaction(
            lambda session: pledge_token(
                actions.pledge(
                    session, call_id=call_id, need_id=int(form.need.data),
                    quantity=form.quantity.data, contact=form.contact,
                    shown_name=form.name.data[:60] if form.show_name.data else "",
                    stated_value_vnd=form.value.data, attempt_id=was.attempt_id,
                    locale=language(), now=now,
                )
            )
        )  # fmt: skip
    except Refusal as refusal:
        found = call_page(db.session(), code[:12], now) or found
        return _page(offered(form, found), form, refusal, refusal.status)
    return redirect(path(f"/gop/{token}") + "?da=nhan-loi", 303)


def offer(form: PledgeForm, needs: object) -> None:
    """Fill in what can be chosen: the lines that are not full."""
    form.need.choices = [
        (
            str(need.id),
            f"{tr(need, 'words')} ({counted(need.wanted - need.pledged, tr(need, 'unit'))})",
        )
        for need in needs  # type: ignore[attr-defined]
        if need.pledged < need.wanted
    ]


def offered(form: PledgeForm, found: CallPage) -> CallPage:
    offer(form, found.needs)
    return found


def _page(
    found: CallPage, form: PledgeForm, refusal: Refusal | None, status: int
) -> ResponseReturnValue:
    if form.need.choices is None or not form.need.choices:
        offer(form, found.needs)
    form.shown.data = shown_now(now_utc())
    return (
        render_template(
            "organising/call.html", page=found, form=form, refusal=refusal, kinds=NEED_WORDS,
            now=now_utc(), written=written,
        ),
        status,
    )  # fmt: skip


@blueprint.get("/gop/<token>")
@guard("visitor")
def my_pledge(token: str) -> ResponseReturnValue:
    return _my_pledge(token, None, 200)


@blueprint.post("/gop/<token>/thoi")
@guard("visitor")
def withdraw_pledge(token: str) -> ResponseReturnValue:
    limit("60 per 15 minutes", "pledge-link", visitor_key())
    now = now_utc()
    return try_to(
        lambda session: actions.withdraw(
            session, pledge_id=pledge_by_link(session, token).id, by_id=None, now=now
        ),
        show=lambda refusal: _my_pledge(token, refusal, refusal.status),
        then=lambda _: redirect(path(f"/gop/{token}") + "?da=thoi-gop", 303),
    )


def _my_pledge(token: str, refusal: Refusal | None, status: int) -> ResponseReturnValue:
    limit("120 per 15 minutes", "pledge-link", visitor_key())
    session = db.session()
    row = pledge_by_link(session, token)
    call = help_call(session, row.call_id)
    need = next(need for need in needs_of(session, call.id) if need.id == row.need_id)
    answer = Response(
        render_template(
            "organising/pledge.html", row=row, call=call, need=need, token=token,
            name=contact_of(row)["name"], refusal=refusal, now=now_utc(),
            written=written,
        ),
        status,
    )  # fmt: skip
    answer.headers["X-Robots-Tag"] = "noindex"
    answer.headers["Referrer-Policy"] = "no-referrer"
    return answer
