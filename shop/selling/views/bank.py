"""The account that buyers' transfers go to. Only the owner, with more than her password."""

from typing import Any

from flask import g
from flask.typing import ResponseReturnValue

from shop.accounts.acting import acting
from shop.accounts.guards import strong_or_ask
from shop.db import db
from shop.kernel.errors import NotYours
from shop.sellers.actions import change_bank_account
from shop.sellers.queries import current_payee
from shop.selling.forms.stall import BankForm
from shop.selling.views.blueprint import blueprint, done, page
from shop.web.guards import guard
from shop.web.replies import try_to


def show_bank(form: Any = None, **more: Any) -> str:
    held = current_payee(db.session(), seller_id=g.stall.id)
    return page("bank", form=form or BankForm(), held=held, **{"refusal": None, **more})


def owner_only() -> None:
    """What staff may not do does not exist for them."""
    if not g.stall.may("change_bank_account"):
        raise NotYours


@blueprint.get("/ban-hang/gian-hang/tai-khoan")
@guard("seller")
def bank_page() -> ResponseReturnValue:
    """Which account is paid."""
    owner_only()
    if ask := strong_or_ask():
        return ask
    return show_bank()


@blueprint.post("/ban-hang/gian-hang/tai-khoan")
@guard("seller")
def change_bank() -> ResponseReturnValue:
    """Send buyers' transfers to another account from now on."""
    owner_only()
    if ask := strong_or_ask():
        return ask
    form = BankForm.posted()
    if not form.validate():
        return show_bank(form), 422
    return try_to(
        lambda session: change_bank_account(
            session, seller_id=g.stall.id, bank_bin=form.bank_bin.data, holder=form.holder.data,
            number=form.number.data, **acting(),
        ),
        show=lambda **more: show_bank(form, **more),
        then=lambda _: done("/ban-hang/gian-hang", "luu"),
    )  # fmt: skip
