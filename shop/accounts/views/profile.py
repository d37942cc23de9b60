"""One's own account: name, contact, addresses, consents, what is kept, and the end of it."""

from functools import partial

from flask import current_app, json, redirect, render_template
from flask.typing import ResponseReturnValue
from flask_login import current_user

from shop.accounts.actions import (
    change_contact,
    choose_news,
    delete_account,
    edit_profile,
    forget_address,
)
from shop.accounts.forms import ContactForm, DeleteForm, MarketingForm, ProfileForm
from shop.accounts.guards import drop_cookie, fresh_or_ask
from shop.accounts.leaving import what_ends_with
from shop.accounts.queries import (
    account,
    agrees,
    consents_of,
    contact_of,
    personal_data,
    saved_addresses,
)
from shop.accounts.terms import current_terms
from shop.accounts.views import blueprint
from shop.db import db, transaction
from shop.kernel.clock import now_utc, vietnam_date
from shop.kernel.errors import NotYours, Refusal
from shop.kernel.phones import written
from shop.web.files import file_answer
from shop.web.guards import guard
from shop.web.limits import limit
from shop.web.links import path
from shop.web.replies import try_to


@blueprint.get("/tai-khoan")
@guard("signed_in")
def home() -> ResponseReturnValue:
    person = account(db.session(), current_user.id)
    contact = contact_of(person)
    return render_template(
        "accounts/home.html", person=person, email=contact["email"],
        phone=written(contact["phone"]) if contact["phone"] else None,
        has_orders="buying.my_orders" in current_app.view_functions,
    )  # fmt: skip


@blueprint.get("/tai-khoan/ho-so")
@guard("signed_in")
def profile_page() -> ResponseReturnValue:
    person = account(db.session(), current_user.id)
    form = ProfileForm(name=person.name, locale=person.locale, called=person.called)
    return render_template("accounts/profile.html", form=form)


@blueprint.post("/tai-khoan/ho-so")
@guard("signed_in")
def change_profile() -> ResponseReturnValue:
    form = ProfileForm.posted()
    if not form.validate():
        return render_template("accounts/profile.html", form=form), 422
    with transaction() as session:
        edit_profile(
            session, account_id=current_user.id, name=form.name.data, locale=form.locale.data,
            called=form.called.data, now=now_utc(),
        )  # fmt: skip
    return redirect(path("/tai-khoan") + "?da=luu", 303)


@blueprint.get("/tai-khoan/lien-he")
@guard("signed_in")
def contact_page() -> ResponseReturnValue:
    if ask := fresh_or_ask():
        return ask
    contact = contact_of(account(db.session(), current_user.id))
    form = ContactForm(
        phone=written(contact["phone"]) if contact["phone"] else "", email=contact["email"] or ""
    )
    return render_template("accounts/contact.html", form=form, refusal=None)


@blueprint.post("/tai-khoan/lien-he")
@guard("signed_in")
def set_contact() -> ResponseReturnValue:
    if ask := fresh_or_ask():
        return ask
    form = ContactForm.posted()
    if not form.validate():
        return render_template("accounts/contact.html", form=form, refusal=None), 422
    limit("10 per 1 hour", "contact", str(current_user.id))
    me, name, now = current_user.id, current_user.name, now_utc()
    return try_to(
        lambda session: change_contact(
            session, account_id=me, phone=form.phone.data or None,
            email=form.email.data or None, actor_id=me, actor_name=name, now=now,
        ),
        show=partial(render_template, "accounts/contact.html", form=form),
        then=lambda _: redirect(path("/tai-khoan") + "?da=luu", 303),
    )  # fmt: skip


@blueprint.get("/tai-khoan/dia-chi")
@guard("signed_in")
def addresses() -> ResponseReturnValue:
    rows = saved_addresses(db.session(), current_user.id)
    return render_template("accounts/addresses.html", rows=rows)


@blueprint.post("/tai-khoan/dia-chi/<int:address_id>/xoa")
@guard("signed_in")
def remove_address(address_id: int) -> ResponseReturnValue:
    with transaction() as session:
        gone = forget_address(
            session, account_id=current_user.id, address_id=address_id,
            actor_name=current_user.name, now=now_utc(),
        )  # fmt: skip
    if not gone:
        raise NotYours
    return redirect(path("/tai-khoan/dia-chi") + "?da=xoa", 303)


@blueprint.get("/tai-khoan/dong-y")
@guard("signed_in")
def consents() -> ResponseReturnValue:
    return render_template(
        "accounts/consents.html", rows=consents_of(db.session(), current_user.id),
        form=MarketingForm(agree=agrees(db.session(), current_user.id, "marketing")),
    )  # fmt: skip


@blueprint.post("/tai-khoan/dong-y")
@guard("signed_in")
def set_marketing() -> ResponseReturnValue:
    """Give or withdraw the consent to news. Withdrawing is as easy as giving."""
    form, now = MarketingForm.posted(), now_utc()
    with transaction() as session:
        choose_news(
            session, account_id=current_user.id, wanted=form.agree.data, now=now,
            text_version=current_terms("marketing", vietnam_date(now)).version,
            actor_name=current_user.name,
        )  # fmt: skip
    return redirect(path("/tai-khoan/dong-y") + "?da=luu", 303)


@blueprint.get("/tai-khoan/du-lieu.json")
@guard("signed_in")
def my_data() -> ResponseReturnValue:
    """Give a person everything the accounts keep about her, as a file."""
    kept = personal_data(db.session(), current_user.id, now_utc())
    text = json.dumps(kept, ensure_ascii=False, indent=2)
    return file_answer(text.encode(), "cho-phien-du-lieu.json")


@blueprint.get("/tai-khoan/xoa")
@guard("signed_in")
def delete_page() -> ResponseReturnValue:
    return fresh_or_ask() or _delete_page(DeleteForm(), None, 200)


@blueprint.post("/tai-khoan/xoa")
@guard("signed_in")
def delete() -> ResponseReturnValue:
    if ask := fresh_or_ask():
        return ask
    form = DeleteForm.posted()
    if not form.validate():
        return _delete_page(form, None, 422)
    me, name, now = current_user.id, current_user.name, now_utc()
    return try_to(  # Refused: she is the last operator, or her stall is not done.
        lambda session: delete_account(
            session, account_id=me, actor_id=me, actor_name=name, now=now
        ),
        show=lambda refusal: _delete_page(form, refusal, refusal.status),
        then=lambda _: _gone(),
    )


def _gone() -> ResponseReturnValue:
    answer = redirect(path("/") + "?da=xoa-tai-khoan", 303)
    drop_cookie(answer)
    return answer


def _delete_page(form: DeleteForm, refusal: Refusal | None, status: int) -> ResponseReturnValue:
    ends = what_ends_with(db.session(), current_user.id)
    return render_template("accounts/delete.html", form=form, refusal=refusal, ends=ends), status
