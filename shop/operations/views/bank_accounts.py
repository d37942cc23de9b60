"""Changing the bank account of a seller or an organisation: freshly proved, told to all."""

from flask import redirect, render_template
from flask.typing import ResponseReturnValue

from shop.accounts.acting import acting
from shop.accounts.guards import fresh_or_ask
from shop.db import db
from shop.kernel.clock import now_utc
from shop.kernel.errors import Refusal
from shop.operations.views import blueprint
from shop.organisations.acting import need_right
from shop.organisations.queries import organisation
from shop.sellers.actions import change_bank_account
from shop.sellers.forms import BankForm
from shop.sellers.queries import current_payee, earlier_payee, seller
from shop.sellers.rules import changed_lately
from shop.web.guards import guard
from shop.web.links import path
from shop.web.replies import try_to
from shop.web.words import tr


@blueprint.get("/dieu-hanh/nguoi-ban/<int:owner_id>/ngan-hang")
@guard("officer")
def seller_bank_page(owner_id: int) -> ResponseReturnValue:
    need_right("change_bank_account", seller(db.session(), owner_id).organisation_id)
    return fresh_or_ask() or _page("seller", owner_id, BankForm(), None, 200)


@blueprint.post("/dieu-hanh/nguoi-ban/<int:owner_id>/ngan-hang")
@guard("officer")
def seller_bank(owner_id: int) -> ResponseReturnValue:
    need_right("change_bank_account", seller(db.session(), owner_id).organisation_id)
    return fresh_or_ask() or _change("seller", owner_id)


@blueprint.get("/dieu-hanh/to-chuc/<int:owner_id>/ngan-hang")
@guard("officer")
def unit_bank_page(owner_id: int) -> ResponseReturnValue:
    need_right("change_bank_account", organisation(db.session(), owner_id).id)
    return fresh_or_ask() or _page("organisation", owner_id, BankForm(), None, 200)


@blueprint.post("/dieu-hanh/to-chuc/<int:owner_id>/ngan-hang")
@guard("officer")
def unit_bank(owner_id: int) -> ResponseReturnValue:
    need_right("change_bank_account", organisation(db.session(), owner_id).id)
    return fresh_or_ask() or _change("organisation", owner_id)


def _back(kind: str, owner_id: int) -> str:
    return f"/dieu-hanh/{'nguoi-ban' if kind == 'seller' else 'to-chuc'}/{owner_id}"


def _change(kind: str, owner_id: int) -> ResponseReturnValue:
    form = BankForm.posted()
    if not form.validate():
        return _page(kind, owner_id, form, None, 422)
    by = acting()
    return try_to(
        lambda session: change_bank_account(
            session, seller_id=owner_id if kind == "seller" else None,
            organisation_id=owner_id if kind == "organisation" else None,
            bank_bin=form.bank.data, holder=form.holder.data, number=form.number.data, **by,
        ),
        show=lambda refusal: _page(kind, owner_id, form, refusal, refusal.status),
        then=lambda _: redirect(path(_back(kind, owner_id)) + "?da=luu", 303),
    )  # fmt: skip


def _page(
    kind: str, owner_id: int, form: BankForm, refusal: Refusal | None, status: int
) -> ResponseReturnValue:
    session = db.session()
    by_owner = {"seller_id": owner_id} if kind == "seller" else {"organisation_id": owner_id}
    payee = current_payee(session, **by_owner)
    name = tr((seller if kind == "seller" else organisation)(session, owner_id), "name")
    lately = payee is not None and changed_lately(
        payee.started_at, earlier_payee(session, payee) is not None, now_utc()
    )
    return (
        render_template(
            "operations/bank_account.html", form=form, payee=payee, name=name,
            lately=lately, refusal=refusal, back=_back(kind, owner_id),
        ),
        status,
    )  # fmt: skip
