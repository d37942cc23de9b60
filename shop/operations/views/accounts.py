"""Accounts: finding, creating, disabling, and codes that are read out."""

from functools import partial

from flask import redirect, render_template
from flask.typing import ResponseReturnValue

from shop.accounts.acting import acting
from shop.accounts.actions import (
    create_account,
    disable_account,
    drop_second_factor,
    enable_account,
    give_code,
    revoke_devices,
)
from shop.accounts.guards import fresh_or_ask
from shop.accounts.queries import account, contact_of
from shop.db import db, transaction
from shop.kernel.clock import now_utc, vietnam_date
from shop.kernel.errors import Refusal
from shop.kernel.phones import written
from shop.operations.forms import NewAccountForm
from shop.operations.queries import accounts_page
from shop.operations.views import blueprint
from shop.organisations.acting import page_number, typed_words
from shop.organisations.queries import organisation, rights_of
from shop.sellers.queries import stalls_of
from shop.web.guards import guard
from shop.web.links import path
from shop.web.replies import try_to
from shop.web.words import tr


@blueprint.get("/dieu-hanh/tai-khoan")
@guard("operator")
def accounts() -> ResponseReturnValue:
    typed = typed_words()
    found = accounts_page(db.session(), typed, page_number())
    return render_template("operations/accounts.html", found=found, typed=typed)


@blueprint.get("/dieu-hanh/tai-khoan/moi")
@guard("operator")
def new_account_page() -> ResponseReturnValue:
    return render_template("operations/account_new.html", form=NewAccountForm(), refusal=None)


@blueprint.post("/dieu-hanh/tai-khoan/moi")
@guard("operator")
def new_account() -> ResponseReturnValue:
    form = NewAccountForm.posted()
    if not form.validate():
        return render_template("operations/account_new.html", form=form, refusal=None), 422
    if form.operator.data and (ask := fresh_or_ask()):
        return ask
    by = acting()
    return try_to(
        lambda session: create_account(
            session, name=form.name.data, phone=form.phone.data or None,
            email=form.email.data or None, password=form.password.data or None,
            operator=form.operator.data, **by,
        ).id,
        show=partial(render_template, "operations/account_new.html", form=form),
        then=lambda account_id: redirect(
            path(f"/dieu-hanh/tai-khoan/{account_id}") + "?da=them", 303
        ),
    )  # fmt: skip


@blueprint.get("/dieu-hanh/tai-khoan/<int:account_id>")
@guard("operator")
def account_desk(account_id: int) -> ResponseReturnValue:
    return _page(account_id)


@blueprint.post("/dieu-hanh/tai-khoan/<int:account_id>/tat")
@guard("operator")
def disable(account_id: int) -> ResponseReturnValue:
    by = acting()
    return try_to(
        lambda session: disable_account(session, account_id=account_id, **by),
        show=lambda refusal: _page(account_id, refusal, refusal.status),
        then=lambda _: redirect(path(f"/dieu-hanh/tai-khoan/{account_id}") + "?da=dong", 303),
    )


@blueprint.post("/dieu-hanh/tai-khoan/<int:account_id>/bat")
@guard("operator")
def enable(account_id: int) -> ResponseReturnValue:
    with transaction() as session:
        enable_account(session, account_id=account_id, **acting())
    return redirect(path(f"/dieu-hanh/tai-khoan/{account_id}") + "?da=mo", 303)


@blueprint.post("/dieu-hanh/tai-khoan/<int:account_id>/ma")
@guard("operator")
def account_code(account_id: int) -> ResponseReturnValue:
    """Make a code to read out. It is on this one page and nowhere else."""
    with transaction() as session:
        name = account(session, account_id).name
        code = give_code(session, account_id=account_id, **acting())
    return render_template(
        "operations/code.html", name=name, code=code, back=f"/dieu-hanh/tai-khoan/{account_id}"
    )


@blueprint.post("/dieu-hanh/tai-khoan/<int:account_id>/mat-may")
@guard("operator")
def lost_phone(account_id: int) -> ResponseReturnValue:
    """Shut out a lost phone: every browser of hers is signed out, every key opens nothing."""
    with transaction() as session:
        revoke_devices(session, account_id=account_id, **acting())
    return redirect(path(f"/dieu-hanh/tai-khoan/{account_id}") + "?da=mat-may", 303)


@blueprint.post("/dieu-hanh/tai-khoan/<int:account_id>/go-lop-hai")
@guard("operator")
def take_off_second_factor(account_id: int) -> ResponseReturnValue:
    """Help somebody who lost her phone and her recovery codes."""
    if ask := fresh_or_ask():
        return ask
    with transaction() as session:
        drop_second_factor(session, account_id=account_id, **acting())
    return redirect(path(f"/dieu-hanh/tai-khoan/{account_id}") + "?da=luu", 303)


def _page(
    account_id: int, refusal: Refusal | None = None, status: int = 200
) -> ResponseReturnValue:
    session, now = db.session(), now_utc()
    person = account(session, account_id)
    contact = contact_of(person)
    seen = rights_of(session, account_id, vietnam_date(now))["see_unit"]
    return (
        render_template(
            "operations/account.html", person=person, refusal=refusal, email=contact["email"],
            phone=written(contact["phone"]) if contact["phone"] else None,
            stalls=stalls_of(session, account_id, now),
            units=[tr(organisation(session, unit), "name") for unit in sorted(seen)[:20]],
        ),
        status,
    )  # fmt: skip
