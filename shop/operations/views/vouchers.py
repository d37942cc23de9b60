"""Vouchers that organisations pay for."""

from functools import partial
from typing import Any

from flask import redirect, render_template
from flask.typing import ResponseReturnValue

from shop.accounts.acting import acting
from shop.db import db, transaction
from shop.kernel.clock import now_utc
from shop.kernel.errors import Refusal
from shop.markets.queries.shown import markets_named, markets_open
from shop.operations.views import blueprint
from shop.organisations.acting import need_right, units_in_sight
from shop.organisations.queries import tree
from shop.vouchers import actions
from shop.vouchers.forms import UnitVoucherForm
from shop.vouchers.queries import voucher_of_units, vouchers_of_units
from shop.web.guards import guard
from shop.web.links import path
from shop.web.replies import try_to
from shop.web.words import _, tr

RIGHT = "give_vouchers"


def _form(form: UnitVoucherForm) -> Any:
    """Offer the open units for which this person may give vouchers."""
    rows = [row for row in tree(db.session(), units_in_sight(RIGHT)) if row["valid_to"] is None]
    form.unit.choices = [(str(row["id"]), "– " * row["depth"] + tr(row, "name")) for row in rows]
    markets = markets_open(db.session(), [row["id"] for row in rows], now_utc())
    form.market.choices = [
        ("0", _("Gian hàng của người bán")), *((str(row.id), tr(row, "title")) for row in markets),
    ]  # fmt: skip
    return form


def _new_page(form: Any, refusal: Refusal | None = None) -> str:
    return render_template("operations/voucher_new.html", form=form, refusal=refusal)


@blueprint.get("/dieu-hanh/ma-giam-gia")
@guard("officer")
def vouchers() -> ResponseReturnValue:
    rows = vouchers_of_units(db.session(), units_in_sight(RIGHT))
    markets = markets_named(db.session(), [row.source_id for row in rows if row.source_id])
    return render_template("operations/vouchers.html", rows=rows, markets=markets)


@blueprint.get("/dieu-hanh/ma-giam-gia/moi")
@guard("officer")
def new_voucher_page() -> ResponseReturnValue:
    return _new_page(_form(UnitVoucherForm()))


@blueprint.post("/dieu-hanh/ma-giam-gia/moi")
@guard("officer")
def new_voucher() -> ResponseReturnValue:
    """Make a voucher for the goods of all sellers of a unit, at its cost."""
    form = _form(UnitVoucherForm.posted())
    if not form.validate():
        return _new_page(form), 422
    unit = int(form.unit.data)
    need_right(RIGHT, unit)
    terms, by = form.terms, acting()
    return try_to(
        lambda session: actions.create_voucher(
            session, organisation_id=unit, payer_id=unit,
            market_id=int(form.market.data) or None, **terms, **by,
        ),
        show=partial(_new_page, form),
        then=lambda _: redirect(path("/dieu-hanh/ma-giam-gia") + "?da=them", 303),
    )  # fmt: skip


@blueprint.post("/dieu-hanh/ma-giam-gia/<int:voucher_id>/ngung")
@guard("officer")
def stop_voucher(voucher_id: int) -> ResponseReturnValue:
    voucher_of_units(db.session(), units_in_sight(RIGHT), voucher_id)
    with transaction() as session:
        actions.stop_voucher(session, voucher_id=voucher_id, **acting())
    return redirect(path("/dieu-hanh/ma-giam-gia") + "?da=luu", 303)


@blueprint.post("/dieu-hanh/ma-giam-gia/<int:voucher_id>/dung-lai")
@guard("officer")
def resume_voucher(voucher_id: int) -> ResponseReturnValue:
    voucher_of_units(db.session(), units_in_sight(RIGHT), voucher_id)
    with transaction() as session:
        actions.resume_voucher(session, voucher_id=voucher_id, **acting())
    return redirect(path("/dieu-hanh/ma-giam-gia") + "?da=luu", 303)
