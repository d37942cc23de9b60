"""Turning the second factor on and off."""

import io

from flask import make_response, redirect, render_template
from flask.typing import ResponseReturnValue
from flask_login import current_user
from sqlalchemy.orm import Session

from shop.accounts.actions import (
    begin_second_factor,
    confirm_second_factor,
    drop_second_factor,
    prove_again,
)
from shop.accounts.forms import DigitsForm
from shop.accounts.guards import fresh_or_ask, give_cookie
from shop.accounts.queries import account, contact_of
from shop.accounts.rules import SecondFactorNeeded, totp_address
from shop.accounts.views import blueprint
from shop.current import current_settings, vault
from shop.db import db, transaction
from shop.kernel.clock import now_utc
from shop.kernel.errors import NotYours, Refusal
from shop.web.guards import guard
from shop.web.limits import limit
from shop.web.links import path
from shop.web.replies import try_to


@blueprint.get("/tai-khoan/hai-lop")
@guard("signed_in")
def second_factor_page() -> ResponseReturnValue:
    if not current_user.has_second_factor:
        if ask := fresh_or_ask():
            return ask
        with transaction() as session:
            begin_second_factor(session, account_id=current_user.id)
    return _page(DigitsForm(), None, 200)


@blueprint.get("/tai-khoan/hai-lop/ma.svg")
@guard("signed_in")
def second_factor_picture() -> ResponseReturnValue:
    """Draw the address that an authenticator app reads; only until the app proved that it knows."""
    secret = _pending_secret()
    if secret is None or fresh_or_ask() is not None:
        raise NotYours
    person = account(db.session(), current_user.id)
    contact = contact_of(person)
    who = contact["email"] or contact["phone"] or person.name
    drawn = io.BytesIO()
    import segno  # Here: few pages draw, and no other needs what it keeps in memory.

    segno.make(totp_address(secret, who, "Chợ Phiên"), error="m").save(
        drawn, kind="svg", border=4, scale=5, dark="#1c2340", light="#ffffff", xmldecl=False
    )
    answer = make_response(drawn.getvalue())
    answer.headers["Content-Type"] = "image/svg+xml"
    answer.headers["Cache-Control"] = "no-store"
    return answer


@blueprint.post("/tai-khoan/hai-lop")
@guard("signed_in")
def turn_on_second_factor() -> ResponseReturnValue:
    if ask := fresh_or_ask():
        return ask
    form = DigitsForm.posted()
    if not form.validate():
        return _page(form, None, 422)
    limit("10 per 15 minutes", "second-factor", str(current_user.id))
    me, sign_in_id, now = current_user.id, current_user.sign_in_id, now_utc()

    def turned_on(session: Session) -> tuple[list[str], str]:
        codes = confirm_second_factor(
            session, account_id=me, typed=form.code.data, keep_sign_in=sign_in_id, now=now
        )
        return codes, prove_again(session, sign_in_id=sign_in_id, now=now)

    def show_codes(done: tuple[list[str], str]) -> ResponseReturnValue:
        codes, token = done
        answer = make_response(render_template("accounts/recovery_codes.html", codes=codes))
        give_cookie(answer, token, current_user.kind)
        return answer

    return try_to(
        turned_on,
        show=lambda refusal: _page(form, refusal, refusal.status),
        then=show_codes,
    )


@blueprint.post("/tai-khoan/hai-lop/tat")
@guard("signed_in")
def turn_off_second_factor() -> ResponseReturnValue:
    if ask := fresh_or_ask():
        return ask
    if current_settings().is_production and current_user.kind in (
        "operator",
        "officer",
    ):
        raise SecondFactorNeeded
    with transaction() as session:
        drop_second_factor(
            session, account_id=current_user.id, actor_id=current_user.id,
            actor_name=current_user.name, now=now_utc(),
        )  # fmt: skip
    return redirect(path("/tai-khoan") + "?da=luu", 303)


def _pending_secret() -> str | None:
    """Return the secret that waits for its first code, or None."""
    person = account(db.session(), current_user.id)
    if person.second_factor is None or person.second_factor_at is not None:
        return None
    return vault().open(person.data_key, person.second_factor)


def _page(form: DigitsForm, refusal: Refusal | None, status: int) -> ResponseReturnValue:
    return (
        render_template(
            "accounts/second_factor.html", form=form, refusal=refusal, secret=_pending_secret()
        ),
        status,
    )
