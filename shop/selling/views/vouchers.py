"""A seller's own vouchers: what she takes off herself, how often it was used, what it cost her."""

from typing import Any

from flask import g
from flask.typing import ResponseReturnValue

from shop.accounts.acting import acting
from shop.db import db
from shop.selling.views.blueprint import blueprint, done, page
from shop.vouchers import actions
from shop.vouchers.forms import VoucherForm
from shop.vouchers.queries import voucher_of_seller, vouchers_of_seller
from shop.web.guards import guard
from shop.web.replies import try_to


def show_vouchers(**more: Any) -> str:
    rows = vouchers_of_seller(db.session(), g.stall.id)
    return page("vouchers", rows=rows, **{"refusal": None, **more})


def show_new(form: Any, **more: Any) -> str:
    return page("voucher_new", form=form, **{"refusal": None, **more})


@blueprint.get("/ban-hang/gian-hang/ma-giam-gia")
@guard("seller")
def vouchers() -> ResponseReturnValue:
    return show_vouchers()


@blueprint.get("/ban-hang/gian-hang/ma-giam-gia/moi")
@guard("seller")
def new_voucher_page() -> ResponseReturnValue:
    return show_new(VoucherForm())


@blueprint.post("/ban-hang/gian-hang/ma-giam-gia/moi")
@guard("seller")
def new_voucher() -> ResponseReturnValue:
    """Make a voucher for her goods, at her cost."""
    form = VoucherForm.posted()
    if not form.validate():
        return show_new(form), 422
    return try_to(
        lambda session: actions.create_voucher(
            session, seller_id=g.stall.id, **form.terms, **acting()
        ),
        show=lambda **more: show_new(form, **more),
        then=lambda _: done("/ban-hang/gian-hang/ma-giam-gia", "them"),
    )


@blueprint.post("/ban-hang/gian-hang/ma-giam-gia/<int:voucher_id>/ngung")
@guard("seller")
def stop_voucher(voucher_id: int) -> ResponseReturnValue:
    voucher_of_seller(db.session(), g.stall.id, voucher_id)
    return try_to(
        lambda session: actions.stop_voucher(session, voucher_id=voucher_id, **acting()),
        show=show_vouchers,
        then=lambda _: done("/ban-hang/gian-hang/ma-giam-gia", "luu"),
    )


@blueprint.post("/ban-hang/gian-hang/ma-giam-gia/<int:voucher_id>/dung-lai")
@guard("seller")
def resume_voucher(voucher_id: int) -> ResponseReturnValue:
    voucher_of_seller(db.session(), g.stall.id, voucher_id)
    return try_to(
        lambda session: actions.resume_voucher(session, voucher_id=voucher_id, **acting()),
        show=show_vouchers,
        then=lambda _: done("/ban-hang/gian-hang/ma-giam-gia", "luu"),
    )
