"""Sending by a carrier: its keys, what it asks, its label, cancelling, where the parcel is."""

from typing import Any

from flask import g, redirect, request
from flask.typing import ResponseReturnValue

from shop.accounts.acting import acting
from shop.accounts.guards import fresh_or_ask
from shop.carriers import actions
from shop.carriers.asking import line_of
from shop.carriers.queries import account_of, accounts_of, keys_of, shipment_of
from shop.carriers.rules import CARRIERS, CarrierRefused, Told
from shop.carriers.rules.boxes import name_of
from shop.db import db, in_transaction
from shop.kernel.clock import now_utc
from shop.kernel.errors import NotYours, OutsideFailure, Refusal
from shop.selling.forms.carriers import CarrierForm, WeightForm
from shop.selling.queries.orders import order_view
from shop.selling.views.blueprint import blueprint, done, page
from shop.web.files import file_answer
from shop.web.guards import guard
from shop.web.limits import limit
from shop.web.links import absolute

_ACCOUNTS = "/ban-hang/gian-hang/van-chuyen"
#: Each look at a fee is a question to the carrier.
_QUOTES = "120 per hour"


def _owner_only() -> ResponseReturnValue | None:
    if not g.stall.may("change_bank_account"):
        raise NotYours
    return fresh_or_ask()


def _show_accounts(form: CarrierForm, refusal: Refusal | None = None) -> str:
    found = [
        (row, CARRIERS[row.carrier].name, absolute(f"/webhooks/van-chuyen/{row.address}"),
         keys_of(row).get("secret", ""))
        for row in accounts_of(db.session(), g.stall.id)
    ]  # fmt: skip
    return page("carriers", accounts=found, form=form, refusal=refusal)


@blueprint.get("/ban-hang/gian-hang/van-chuyen")
@guard("seller")
def carriers_page() -> ResponseReturnValue:
    """Which carriers she is connected with, and a form for another."""
    return _owner_only() or _show_accounts(CarrierForm())


@blueprint.post("/ban-hang/gian-hang/van-chuyen")
@guard("seller")
def carrier_opened() -> ResponseReturnValue:
    """Keep a carrier's keys; from now on packed orders can be sent by it."""
    if ask := _owner_only():
        return ask
    form = CarrierForm.posted()
    if not form.validate():
        return _show_accounts(form), 422
    keys, act = {"token": form.token.data or "", "shop_id": form.shop_id.data or ""}, acting()
    try:
        in_transaction(
            lambda session: actions.open_account(
                session, seller_id=g.stall.id, carrier=form.hang.data, keys=keys,
                is_test=bool(form.thu.data), **act,
            )
        )  # fmt: skip
    except Refusal as refusal:
        return _show_accounts(form, refusal), refusal.status
    return done(_ACCOUNTS, "noi-hang")


@blueprint.post("/ban-hang/gian-hang/van-chuyen/<int:account_id>/ngung")
@guard("seller")
def carrier_ended(account_id: int) -> ResponseReturnValue:
    """Ask a carrier nothing more."""
    if ask := _owner_only():
        return ask
    act = acting()
    in_transaction(
        lambda session: actions.end_account(
            session, seller_id=g.stall.id, account_id=account_id, **act
        )
    )
    return done(_ACCOUNTS, "dong")


def _offer(
    seller_order_id: int, account_id: int, form: WeightForm, refusal: Refusal | None = None,
    status: int = 200,
) -> ResponseReturnValue:  # fmt: skip
    """Show what the carrier asks for this parcel; it is asked now, outside of any transaction."""
    session = db.session()
    account = account_of(session, g.stall.id, account_id)
    if account.ended_at is not None:
        raise NotYours
    view = order_view(session, g.stall.id, seller_order_id)
    told = shipment_of(
        session, g.stall.id, seller_order_id, weight_g=form.can.data, client_code="-", box=form.box
    )
    form.can.data, line = told.weight_g, line_of(account)
    if not form.co.data:
        form.co.data = name_of(told.box)
    fee: int | None = None
    silent = False
    limit(_QUOTES, "carrier-quote", str(g.stall.id))
    if not form.errors:
        db.session.rollback()
        try:
            fee = line.quote(told)
        except CarrierRefused as no:
            refusal = refusal or no
        except OutsideFailure:
            silent = True
    form.gia.data = fee
    view = order_view(db.session(), g.stall.id, seller_order_id)
    return page(
        "carrier_quote", view=view, row=view.part.row, form=form, fee=fee, silent=silent,
        account_id=account_id, is_test=account.is_test, carrier=line.carrier.name, told=told,
        refusal=refusal,
    ), status  # fmt: skip


@blueprint.get("/ban-hang/don/<int:seller_order_id>/hang/<int:account_id>")
@guard("seller")
def carrier_quote(seller_order_id: int, account_id: int) -> ResponseReturnValue:
    """What a carrier asks for a packed parcel."""
    form = WeightForm.asked()
    if "can" in request.args:
        form.validate()
    return _offer(seller_order_id, account_id, form, status=422 if form.errors else 200)


@blueprint.post("/ban-hang/don/<int:seller_order_id>/hang/<int:account_id>")
@guard("seller")
def carrier_asked(seller_order_id: int, account_id: int) -> ResponseReturnValue:
    """Let the carrier fetch it: noted now, asked by the worker."""
    form, act = WeightForm.posted(), acting()
    account_of(db.session(), g.stall.id, account_id)
    if not form.validate():
        return _offer(seller_order_id, account_id, form, status=422)
    try:
        in_transaction(
            lambda session: actions.ask_for_parcel(
                session, seller_id=g.stall.id, seller_order_id=seller_order_id,
                account_id=account_id, weight_g=form.can.data, quoted_vnd=form.gia.data, box=form.box,
                actor_id=act["actor_id"], now=act["now"],
            )
        )  # fmt: skip
    except NotYours:
        raise
    except Refusal as refusal:
        return _offer(seller_order_id, account_id, form, refusal, refusal.status)
    return done(f"/ban-hang/don/{seller_order_id}", "nho-hang", "#h-hang-vc")


def _parcel(seller_order_id: int, parcel_id: int) -> Any:
    row = actions.own_parcel(db.session(), g.stall.id, parcel_id)
    if row.seller_order_id != seller_order_id:
        raise NotYours
    return row


@blueprint.get("/ban-hang/don/<int:seller_order_id>/kien/<int:parcel_id>/nhan")
@guard("seller")
def carrier_label(seller_order_id: int, parcel_id: int) -> ResponseReturnValue:
    """The carrier's own label: its PDF, or its page that prints it."""
    row = _parcel(seller_order_id, parcel_id)
    if row.state != "made":
        raise NotYours
    line, code = line_of(account_of(db.session(), g.stall.id, row.account_id)), row.tracking_code
    db.session.rollback()
    try:
        made = line.label(code)
    except (CarrierRefused, OutsideFailure):
        return page("carrier_silent", order_id=seller_order_id, carrier=line.carrier.name), 503
    if isinstance(made, str):
        return redirect(made, 303)
    return file_answer(made, "nhan.pdf", shown=True)


@blueprint.post("/ban-hang/don/<int:seller_order_id>/kien/<int:parcel_id>/huy")
@guard("seller")
def carrier_cancelled(seller_order_id: int, parcel_id: int) -> ResponseReturnValue:
    """Ask the carrier not to fetch it."""
    _parcel(seller_order_id, parcel_id)
    now = now_utc()
    try:
        in_transaction(
            lambda session: actions.ask_to_cancel(
                session, seller_id=g.stall.id, parcel_id=parcel_id, now=now
            )
        )
    except actions.ParcelFixed:
        return done(f"/ban-hang/don/{seller_order_id}", "hang-da-lay", "#h-hang-vc")
    return done(f"/ban-hang/don/{seller_order_id}", "thoi-nho-hang", "#h-hang-vc")


@blueprint.post("/ban-hang/don/<int:seller_order_id>/kien/<int:parcel_id>/hoi")
@guard("seller")
def carrier_looked(seller_order_id: int, parcel_id: int) -> ResponseReturnValue:
    """Ask the carrier now where the parcel is."""
    row = _parcel(seller_order_id, parcel_id)
    limit(_QUOTES, "carrier-look", str(g.stall.id))
    account_id, code, now = row.account_id, row.tracking_code, now_utc()
    line = line_of(account_of(db.session(), g.stall.id, account_id))
    db.session.rollback()
    try:
        told = line.track(code) if code else None
    except (CarrierRefused, OutsideFailure):
        told = None
    if told is not None:
        known: Told = told
        in_transaction(
            lambda session: actions.follow_look(session, account_id=account_id, told=known, now=now)
        )
    said = "hang-tra-loi" if told is not None else "hang-im"
    return done(f"/ban-hang/don/{seller_order_id}", said, "#h-hang-vc")
