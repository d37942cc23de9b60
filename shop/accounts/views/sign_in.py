"""Signing in by password or by a code that was read out, and signing out."""

from flask import redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_login import current_user

from shop.accounts.actions import end_sign_in, take_step, use_code, use_second_factor
from shop.accounts.actions.secrets import keep_better_hash
from shop.accounts.forms import CodeForm, SignInForm, StepForm
from shop.accounts.guards import drop_cookie, waiting_tokens
from shop.accounts.passwords import password_fits, wants_new_hash
from shop.accounts.queries import account_by, identifier, waiting_sign_ins
from shop.accounts.rules import HOME_OF, WrongSecret, safe_path
from shop.accounts.views import blueprint
from shop.accounts.views.entering import STEP_COOKIE, count_this_try, enter, enter_now
from shop.db import db, transaction
from shop.kernel.clock import now_utc
from shop.web.guards import guard
from shop.web.limits import limit
from shop.web.links import path


@blueprint.get("/dang-nhap")
@guard("visitor")
def sign_in_page() -> ResponseReturnValue:
    if current_user.is_authenticated:
        return redirect(
            path(safe_path(request.args.get("tiep", ""), HOME_OF[current_user.kind])), 303
        )
    form = SignInForm(next=request.args.get("tiep", ""))
    return render_template("accounts/sign_in.html", form=form, refusal=None)


@blueprint.post("/dang-nhap")
@guard("visitor")
def sign_in() -> ResponseReturnValue:
    form = SignInForm.posted()
    if not form.validate():
        return render_template("accounts/sign_in.html", form=form, refusal=None), 422
    found = identifier(form.who.data) or ("phone", "")
    person = account_by(db.session(), **{found[0]: found[1]})
    account_id, kept = (person.id, person.password_hash) if person is not None else (None, None)
    open_ = person is not None and person.disabled_at is None and person.deleted_at is None
    allowed = count_this_try(found[1], account_id)
    fits = password_fits(kept, form.password.data) and open_ and allowed
    if not fits or account_id is None or kept is None:
        return render_template("accounts/sign_in.html", form=form, refusal=WrongSecret()), 422
    if wants_new_hash(kept):
        with transaction() as session:
            keep_better_hash(session, account_id=account_id, password=form.password.data)
    return enter(account_id, form.next.data or "")


@blueprint.get("/dang-nhap/ma")
@guard("visitor")
def code_page() -> ResponseReturnValue:
    form = CodeForm(next=request.args.get("tiep", ""))
    return render_template("accounts/code.html", form=form, refusal=None)


@blueprint.post("/dang-nhap/ma")
@guard("visitor")
def sign_in_by_code() -> ResponseReturnValue:
    form = CodeForm.posted()
    if not form.validate():
        return render_template("accounts/code.html", form=form, refusal=None), 422
    found = identifier(form.who.data) or ("phone", "")
    person = account_by(db.session(), **{found[0]: found[1]})
    account_id = person.id if person is not None else None
    open_ = person is not None and person.disabled_at is None and person.deleted_at is None
    count_this_try(found[1], account_id)
    with transaction() as session:
        fits = use_code(
            session, account_id=account_id if account_id and open_ else 0, typed=form.code.data,
            now=now_utc(),
        )  # fmt: skip
    if not fits or account_id is None:
        return render_template("accounts/code.html", form=form, refusal=WrongSecret()), 422
    return enter(account_id, form.next.data or "")


@blueprint.get("/dang-nhap/buoc-hai")
@guard("visitor")
def second_step_page() -> ResponseReturnValue:
    form = StepForm(next=request.args.get("tiep", ""))
    return render_template("accounts/second_step.html", form=form, refusal=None)


@blueprint.post("/dang-nhap/buoc-hai")
@guard("visitor")
def second_step() -> ResponseReturnValue:
    form = StepForm.posted()
    now = now_utc()
    token = request.cookies.get(STEP_COOKIE, "")
    account_id = take_step(db.session(), token=token, now=now, spend=False)
    if account_id is None:
        return redirect(path("/dang-nhap"), 303)
    if not form.validate():
        return render_template("accounts/second_step.html", form=form, refusal=None), 422
    limit("10 per 15 minutes", "second-step", str(account_id))
    with transaction() as session:
        fits = use_second_factor(session, account_id=account_id, typed=form.code.data, now=now)
        taken = take_step(session, token=token, now=now, spend=True) if fits else None
    if taken is None:
        return render_template("accounts/second_step.html", form=form, refusal=WrongSecret()), 422
    return enter_now(account_id, form.next.data or "")


@blueprint.post("/dang-xuat")
@guard("signed_in")
def sign_out() -> ResponseReturnValue:
    with transaction() as session:
        end_sign_in(
            session, account_id=current_user.id, sign_in_id=current_user.sign_in_id,
            actor_name=current_user.name, now=now_utc(),
        )  # fmt: skip
    to = "/doi-nguoi" if waiting_sign_ins(db.session(), waiting_tokens(), now_utc()) else "/"
    answer = redirect(path(to) + "?da=ra", 303)
    drop_cookie(answer)
    return answer
