"""Passkeys: kept and let go in one's account, used for signing in and for proving again.

A browser asks for a challenge (``…/hoi``), lets the phone sign it and sends the answer as a
form. The challenge comes back in a cookie that no script reads.
"""

from typing import Any

from flask import jsonify, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_login import current_user
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from shop.accounts.actions import add_passkey, prove_again, remove_passkey, use_passkey
from shop.accounts.forms import (
    NewPasskeyForm,
    PasskeyForm,
    ProveForm,
    ProveStronglyForm,
    SignInForm,
)
from shop.accounts.guards import fresh_or_ask, give_cookie, set_private_cookie, strong_or_ask
from shop.accounts.models import Passkey
from shop.accounts.passkeys import (
    challenge_for,
    challenge_holds,
    check_signature,
    named_in,
    read_new_key,
    to_make,
    to_sign,
)
from shop.accounts.queries import account, passkey_named, passkeys_of
from shop.accounts.rules import (
    CHALLENGE_FOR,
    WrongPasskey,
    device_of,
    is_fresh,
    safe_path,
)
from shop.accounts.views import blueprint
from shop.accounts.views.entering import enter_by_passkey
from shop.current import current_settings
from shop.db import db, in_transaction, transaction
from shop.kernel.clock import now_utc
from shop.kernel.errors import NotYours, Refusal
from shop.web.guards import guard
from shop.web.limits import limit, visitor_key
from shop.web.links import path

CHALLENGE_COOKIE = "khoa"
_PER_ADDRESS = "60 per 15 minutes"
_IN_ALL = "2000 per 15 minutes"


def _works_here() -> None:
    """Passkeys need an address with a name, over https: elsewhere browsers make none."""
    if not current_settings().passkey_domain:
        raise NotYours


def _asked(options: dict[str, Any], challenge: str) -> Response:
    answer = jsonify(options)
    answer.headers["Cache-Control"] = "no-store"
    set_private_cookie(answer, CHALLENGE_COOKIE, challenge, int(CHALLENGE_FOR.total_seconds()))
    return answer


def _challenge(purpose: str, account_id: int) -> str:
    """Return the challenge that this browser was given.

    Raises:
        WrongPasskey
    """
    challenge = request.cookies.get(CHALLENGE_COOKIE, "")
    if not challenge_holds(challenge, purpose, account_id, now_utc()):
        raise WrongPasskey
    return challenge


def _signed_by(answer: str, challenge: str, *, known: bool = False) -> tuple[Passkey, int]:
    """Return the key that signed the challenge, and its new count.

    Raises:
        WrongPasskey
    """
    key = passkey_named(db.session(), named_in(answer))
    if key is None:
        raise WrongPasskey
    return key, check_signature(answer, challenge, key, known=known)


@blueprint.post("/dang-nhap/khoa/hoi")
@guard("visitor")
def ask_passkey() -> ResponseReturnValue:
    """Give a browser something to sign. Nothing is stored, so asking often fills nothing."""
    _works_here()
    limit(_PER_ADDRESS, "passkey-ask", visitor_key())
    challenge = challenge_for("enter", 0, now_utc())
    return _asked(to_sign(challenge), challenge)


@blueprint.post("/dang-nhap/khoa")
@guard("visitor")
def enter_with_passkey() -> ResponseReturnValue:
    """Sign in whoever the key belongs to; it stands for password and second factor."""
    _works_here()
    form = PasskeyForm.posted()
    limit(_PER_ADDRESS, "passkey-address", visitor_key())
    limit(_IN_ALL, "passkey")
    try:
        challenge = _challenge("enter", 0)
        key, count = _signed_by(form.credential.data or "", challenge)
        return enter_by_passkey(key.id, key.sign_count, count, challenge, form.next.data or "")
    except WrongPasskey as wrong:
        back = SignInForm(next=form.next.data)
        return render_template("accounts/sign_in.html", form=back, refusal=wrong), wrong.status


@blueprint.post("/xac-nhan/khoa/hoi")
@guard("signed_in")
def ask_to_prove() -> ResponseReturnValue:
    _works_here()
    challenge = challenge_for("prove", current_user.id, now_utc())
    return _asked(to_sign(challenge, passkeys_of(db.session(), current_user.id)), challenge)


@blueprint.post("/xac-nhan/khoa")
@guard("signed_in")
def prove_with_passkey() -> ResponseReturnValue:
    """Take a passkey before something dangerous: more than a password, once it has settled."""
    _works_here()
    form = PasskeyForm.posted()
    limit("10 per 15 minutes", "prove", str(current_user.id))
    now, strong = now_utc(), request.form.get("strong") == "1"
    try:
        challenge = _challenge("prove", current_user.id)
        key, count = _signed_by(form.credential.data or "", challenge, known=True)
        strongly = key.settles_at <= now
        if key.account_id != current_user.id or (strong and not strongly):
            raise WrongPasskey
        used = {"passkey_id": key.id, "seen_count": key.sign_count, "new_count": count}
        sign_in_id = current_user.sign_in_id

        def proved(session: Session) -> str:
            use_passkey(session, **used, challenge=challenge, now=now)
            return prove_again(session, sign_in_id=sign_in_id, now=now, strongly=strongly)

        token = in_transaction(proved)
    except WrongPasskey as wrong:
        again = (ProveStronglyForm if strong else ProveForm)(
            next=form.next.data, strong="1" if strong else ""
        )
        return (
            render_template("accounts/prove.html", form=again, refusal=wrong, has_passkey=True),
            wrong.status,
        )
    answer = redirect(path(safe_path(form.next.data or "", "/tai-khoan")), 303)
    give_cookie(answer, token, current_user.kind)
    answer.delete_cookie(CHALLENGE_COOKIE)
    return answer


@blueprint.get("/tai-khoan/khoa")
@guard("signed_in")
def passkeys() -> ResponseReturnValue:
    if ask := _proved_or_ask():
        return ask
    return _page(_new_form(), None, 200)


@blueprint.post("/tai-khoan/khoa/hoi")
@guard("signed_in")
def ask_to_make() -> ResponseReturnValue:
    _works_here()
    if _proved_or_ask() is not None:
        raise NotYours
    challenge = challenge_for("add", current_user.id, now_utc())
    person = account(db.session(), current_user.id)
    return _asked(to_make(db.session(), person, challenge), challenge)


@blueprint.post("/tai-khoan/khoa")
@guard("signed_in")
def keep_passkey() -> ResponseReturnValue:
    """Keep the key that this phone made."""
    _works_here()
    if ask := _proved_or_ask():
        return ask
    form, now = NewPasskeyForm.posted(), now_utc()
    if not form.validate():
        return _page(form, None, 422)
    me, strongly = current_user.id, is_fresh(current_user.strong_at, now)
    try:
        challenge = _challenge("add", me)
        key = read_new_key(form.credential.data or "", challenge)
        in_transaction(
            lambda session: add_passkey(
                session, account_id=me, key=key, name=form.name.data, challenge=challenge,
                strongly=strongly, now=now,
            )
        )  # fmt: skip
    except Refusal as refusal:
        return _page(form, refusal, refusal.status)
    answer = redirect(path("/tai-khoan/khoa") + "?da=khoa", 303)
    answer.delete_cookie(CHALLENGE_COOKIE)
    return answer


@blueprint.post("/tai-khoan/khoa/<int:passkey_id>/bo")
@guard("signed_in")
def let_passkey_go(passkey_id: int) -> ResponseReturnValue:
    """Needs no fresh secret: whoever lost the phone can only lose a way in by it."""
    with transaction() as session:
        remove_passkey(
            session, account_id=current_user.id, passkey_id=passkey_id,
            actor_name=current_user.name, now=now_utc(),
        )  # fmt: skip
    return redirect(path("/tai-khoan/khoa") + "?da=bo-khoa", 303)


def _proved_or_ask() -> Any:
    """A key opens as much as a second factor does: whoever has one gives that first."""
    return strong_or_ask() if current_user.has_second_factor else fresh_or_ask()


def _new_form() -> NewPasskeyForm:
    return NewPasskeyForm(name=device_of(request.headers.get("User-Agent", "")[:500]))


def _page(form: NewPasskeyForm, refusal: Refusal | None, status: int) -> ResponseReturnValue:
    rows = passkeys_of(db.session(), current_user.id)
    return (
        render_template("accounts/passkeys.html", form=form, refusal=refusal, rows=rows),
        status,
    )
