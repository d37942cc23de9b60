"""Helping at a stall: the owner's page of who may do what, and the first page of who helps."""

from typing import Any

from flask import g, redirect
from flask.typing import ResponseReturnValue
from flask_login import current_user

from shop.accounts.acting import acting
from shop.accounts.guards import fresh_or_ask
from shop.accounts.queries import account_of
from shop.db import db
from shop.kernel.clock import now_utc, vietnam_date
from shop.kernel.errors import NotYours
from shop.sellers.forms import CONSENT_WORDS, RIGHT_WORDS, HelperForm
from shop.sellers.guards import HOME_ADDRESS
from shop.sellers.helping import acts_of, grant_help, grants_of, revoke_help
from shop.sellers.helping_rules import RIGHTS
from shop.selling.views.blueprint import blueprint, done, page
from shop.web.guards import guard
from shop.web.limits import limit
from shop.web.links import path
from shop.web.replies import try_to
from shop.web.words import _

HELPERS = "/ban-hang/gian-hang/nguoi-giup"


def show_helpers(form: Any = None, **more: Any) -> str:
    session = db.session()
    return page(
        "helpers", form=form or HelperForm(), grants=grants_of(session, g.stall.id),
        acts=acts_of(session, g.stall.id), right_words=RIGHT_WORDS, consent_words=CONSENT_WORDS,
        **{"refusal": None, **more},
    )  # fmt: skip


def _owner_only() -> None:
    if not g.stall.may("grant_help"):
        raise NotYours


@blueprint.get(HELPERS)
@guard("seller")
def helpers() -> ResponseReturnValue:
    """Who may help, with what, until when, and what they did."""
    _owner_only()
    return show_helpers()


@blueprint.post(HELPERS)
@guard("seller")
def new_helper() -> ResponseReturnValue:
    """Let somebody help. Her sign-in must be fresh: it is a key to the stall."""
    _owner_only()
    form = HelperForm.posted()
    fine = form.validate()
    if fine:  # Nobody learns here, number by number, who has an account and what her name is.
        limit("10 per hour", "helper", str(current_user.id))
    person = account_of(db.session(), form.who.data) if fine else None
    if fine and (person is None or person.disabled_at or person.deleted_at):
        form.who.errors = [_("Chưa ai có tài khoản bằng số hoặc thư này. Chị gọi Hội mở giúp.")]
    if person is None or form.errors:
        return show_helpers(form), 422
    if ask := fresh_or_ask():
        return ask
    helper_id = person.id
    return try_to(
        lambda session: grant_help(
            session, seller_id=g.stall.id, helper_id=helper_id, owner_id=current_user.id,
            rights=form.rights.data or [], last_day=form.last_day.data, consent_kind="own",
            consent_on=vietnam_date(now_utc()), **acting(),
        ),
        show=lambda **more: show_helpers(form, **more),
        then=lambda _grant: done(HELPERS, "cho-giup"),
    )  # fmt: skip


@blueprint.post(f"{HELPERS}/<int:grant_id>/thoi")
@guard("seller")
def end_help(grant_id: int) -> ResponseReturnValue:
    """End somebody's help at once; nothing is asked first."""
    _owner_only()
    return try_to(
        lambda session: revoke_help(
            session, seller_id=g.stall.id, grant_id=grant_id, how="owner", **acting()
        ),
        show=show_helpers,
        then=lambda _grant: done(HELPERS, "thoi-giup"),
    )


@blueprint.get(HOME_ADDRESS)
@guard("seller")
def helping_home() -> ResponseReturnValue:
    """For whom she works here, until when, and what she may do."""
    if g.stall.help is None:
        return redirect(path("/ban-hang"), 303)
    return _show_home()


def _show_home(**more: Any) -> str:
    leave = g.stall.help
    return page(
        "helping", leave=leave, right_words=RIGHT_WORDS,
        rights=[right for right in RIGHTS if right in leave.rights],
        acts=acts_of(db.session(), g.stall.id, grant_id=leave.grant_id, limit=20),
        **{"refusal": None, **more},
    )  # fmt: skip


@blueprint.post(f"{HOME_ADDRESS}/thoi")
@guard("seller")
def stop_helping() -> ResponseReturnValue:
    """She stops helping by herself."""
    leave = g.stall.help
    if leave is None:
        raise NotYours
    g.pop("helping", None)  # The owner is told that she stopped, not that she did something.
    return try_to(
        lambda session: revoke_help(
            session, seller_id=g.stall.id, grant_id=leave.grant_id, how="helper", **acting()
        ),
        show=_show_home,
        then=lambda _grant: redirect(path("/tai-khoan"), 303),
    )
