"""Setting and changing passwords, and proving again who one is."""

from datetime import datetime

from flask import make_response, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_login import current_user
from sqlalchemy.orm import Session

from shop.accounts.actions import (
    ask_password_link,
    change_password,
    prove_again,
    set_password_by_link,
    use_code,
    use_second_factor,
)
from shop.accounts.forms import (
    AskLinkForm,
    ChangePasswordForm,
    NewPasswordForm,
    ProveForm,
    ProveStronglyForm,
)
from shop.accounts.guards import fresh_or_ask, give_cookie
from shop.accounts.passwords import password_fits
from shop.accounts.queries import account, account_by, has_passkey, kind_of, live_link
from shop.accounts.rules import (
    PASSWORD_LENGTHS,
    LinkSpent,
    WrongSecret,
    is_settled,
    safe_path,
)
from shop.accounts.views import blueprint
from shop.accounts.views.entering import new_nonce
from shop.db import db, transaction
from shop.kernel.clock import now_utc
from shop.kernel.errors import Refusal
from shop.web.guards import guard
from shop.web.limits import limit, visitor_key
from shop.web.links import path
from shop.web.replies import try_to
from shop.web.words import language


@blueprint.get("/quen-mat-khau")
@guard("visitor")
def ask_link_page() -> ResponseReturnValue:
    return render_template("accounts/ask_link.html", form=AskLinkForm(), sent=False)


@blueprint.post("/quen-mat-khau")
@guard("visitor")
def ask_link() -> ResponseReturnValue:
    """Mail a link to set a password. The answer is the same whether the address is known or not."""
    form = AskLinkForm.posted()
    if not form.validate():
        return render_template("accounts/ask_link.html", form=form, sent=False), 422
    limit("20 per 1 hour", "password-link-address", visitor_key())
    limit("5 per 1 hour", "password-link", form.email.data)
    with transaction() as session:
        ask_password_link(
            session, person=account_by(session, email=form.email.data), nonce=new_nonce(),
            locale=language(), now=now_utc(),
        )  # fmt: skip
    return redirect(path("/quen-mat-khau/da-gui"), 303)


@blueprint.get("/quen-mat-khau/da-gui")
@guard("visitor")
def link_sent() -> ResponseReturnValue:
    return render_template("accounts/ask_link.html", form=AskLinkForm(), sent=True)


@blueprint.get("/dat-mat-khau/<token>")
@guard("visitor")
def new_password_page(token: str) -> ResponseReturnValue:
    """Show the form of a mailed link. Looking does not spend it: mail scanners look first."""
    if live_link(db.session(), token, now_utc()) is None:
        raise LinkSpent
    return _new_password(token, NewPasswordForm(), None, 200)


@blueprint.post("/dat-mat-khau/<token>")
@guard("visitor")
def new_password(token: str) -> ResponseReturnValue:
    form = NewPasswordForm.posted()
    limit("30 per 15 minutes", "new-password", visitor_key())
    if not form.validate():
        return _new_password(token, form, None, 422)
    now = now_utc()
    return try_to(
        lambda session: set_password_by_link(
            session, token=token, password=form.password.data, now=now
        ),
        show=lambda refusal: _new_password(token, form, refusal, refusal.status),
        then=lambda _: redirect(path("/dang-nhap") + "?da=mat-khau", 303),
    )


def _new_password(
    token: str, form: NewPasswordForm, refusal: Refusal | None, status: int
) -> ResponseReturnValue:
    now = now_utc()
    live = live_link(db.session(), token, now)
    if live is None:
        raise LinkSpent
    answer = make_response(
        render_template(
            "accounts/new_password.html", form=form, token=token, refusal=refusal,
            least=_least(live.account_id),
        ),
        status,
    )  # fmt: skip
    answer.headers["Referrer-Policy"] = "no-referrer"
    return answer


def _least(account_id: int) -> int:
    """Return the fewest characters that this person's password needs."""
    person = account(db.session(), account_id)
    kind = kind_of(db.session(), person, now_utc())
    return PASSWORD_LENGTHS[kind][1 if person.second_factor_at is not None else 0]


@blueprint.get("/tai-khoan/mat-khau")
@guard("signed_in")
def password_page() -> ResponseReturnValue:
    return _password_page(ChangePasswordForm(), None, 200)


@blueprint.post("/tai-khoan/mat-khau")
@guard("signed_in")
def set_password() -> ResponseReturnValue:
    """Change one's password: with the one in use, or freshly proved when there is none."""
    form = ChangePasswordForm.posted()
    if not form.validate():
        return _password_page(form, None, 422)
    kept = account(db.session(), current_user.id).password_hash
    if kept is None:
        if ask := fresh_or_ask():
            return ask
    else:
        limit("10 per 15 minutes", "prove", str(current_user.id))
        if not password_fits(kept, form.current.data or ""):
            return _password_page(form, WrongSecret(), 422)
    me, name, sign_in_id, now = (
        current_user.id, current_user.name, current_user.sign_in_id, now_utc()
    )  # fmt: skip

    def changed(session: Session) -> str:
        change_password(
            session, account_id=me, password=form.password.data, actor_id=me, actor_name=name,
            now=now, keep_sign_in=sign_in_id,
        )  # fmt: skip
        return prove_again(session, sign_in_id=sign_in_id, now=now)

    def enter_again(token: str) -> ResponseReturnValue:
        answer = redirect(path("/tai-khoan") + "?da=mat-khau", 303)
        give_cookie(answer, token, current_user.kind)
        return answer

    return try_to(
        changed,
        show=lambda refusal: _password_page(form, refusal, refusal.status),
        then=enter_again,
    )


def _password_page(
    form: ChangePasswordForm, refusal: Refusal | None, status: int
) -> ResponseReturnValue:
    has_one = account(db.session(), current_user.id).password_hash is not None
    return (
        render_template(
            "accounts/password.html", form=form, refusal=refusal, has_one=has_one,
            least=_least(current_user.id),
        ),
        status,
    )  # fmt: skip


@blueprint.get("/xac-nhan")
@guard("signed_in")
def prove_page() -> ResponseReturnValue:
    strong = request.args.get("chac", "")
    kind = ProveStronglyForm if strong == "1" else ProveForm
    form = kind(next=request.args.get("tiep", ""), strong=strong)
    return _prove_page(form, None)


def _prove_page(form: ProveForm, refusal: WrongSecret | None) -> str:
    keys = has_passkey(db.session(), current_user.id)
    return render_template("accounts/prove.html", form=form, refusal=refusal, has_passkey=keys)


@blueprint.post("/xac-nhan")
@guard("signed_in")
def prove() -> ResponseReturnValue:
    """Take a secret again before something dangerous: password, six digits or a code."""
    strong = request.form.get("strong") == "1"
    form = (ProveStronglyForm if strong else ProveForm).posted()
    if not form.validate():
        return _prove_page(form, None), 422
    limit("10 per 15 minutes", "prove", str(current_user.id))
    now, typed = now_utc(), form.secret.data
    me = account(db.session(), current_user.id)
    settled = is_settled(me.second_factor_at, now)
    fits = not strong and password_fits(me.password_hash, typed)
    with transaction() as session:
        strongly = not fits and _is_more_than_a_password(session, typed, settled, now)
        if not (fits or strongly or strong):
            fits = use_second_factor(session, account_id=current_user.id, typed=typed, now=now)
        if fits or strongly:
            token = prove_again(
                session, sign_in_id=current_user.sign_in_id, now=now, strongly=strongly
            )
    if not (fits or strongly):
        return _prove_page(form, WrongSecret()), 422
    answer = redirect(path(safe_path(form.next.data or "", "/tai-khoan")), 303)
    give_cookie(answer, token, current_user.kind)
    return answer


def _is_more_than_a_password(session: Session, typed: str, settled: bool, now: datetime) -> bool:
    who = current_user.id
    return (
        settled and use_second_factor(session, account_id=who, typed=typed, now=now)
    ) or use_code(session, account_id=who, typed=typed, now=now)
