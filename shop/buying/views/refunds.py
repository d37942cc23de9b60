"""Money that comes back to the buyer: she says where to, or takes a code and pays with it."""

from flask import abort, redirect
from flask.typing import ResponseReturnValue

from shop.buying.forms import AsCreditForm, CreditForm, RefundForm
from shop.buying.guards import OpenOrder
from shop.buying.rules import Level, WrongProof, may
from shop.buying.views.blueprint import blueprint
from shop.buying.views.orders import (
    actor_id,
    back_prefix,
    code_prefix,
    credit_prefix,
    gift_form,
    opened,
    order_row,
    proves,
    running_now,
    show_order,
    transfer_of,
)
from shop.db import db, in_transaction
from shop.fundraising.queries.campaigns import running_campaigns
from shop.kernel.clock import now_utc, vietnam_date
from shop.kernel.errors import Refusal
from shop.ordering.queries import contact_of
from shop.payments import refunds
from shop.payments.methods import By
from shop.payments.queries import RefundView, refunds_of_order
from shop.payments.spending import spend_credit
from shop.web.guards import guard
from shop.web.limits import limit, visitor_key
from shop.web.links import path


def _refund(number: int) -> RefundView:
    """Return the order's n-th refund, counted from 1, for her alone.

    A driver knows code and phone of a parcel that was refused, and that its money goes back.
    """
    found = refunds_of_order(db.session(), opened().id)
    if not opened().is_hers or not 1 <= number <= len(found):
        abort(404)
    return found[number - 1]


def _proved(mine: OpenOrder, form: RefundForm | AsCreditForm) -> bool:
    """Tell whether she is known, or proved by phone or mail whose order it is: ten tries an hour."""
    if not form.needs_proof:
        return True
    limit("10 per hour", "proof", str(mine.id))
    return proves(form.proof.data or "", contact_of(order_row(mine.id)))


@blueprint.post("/don/<code>/nhan-lai/<int:number>")
@guard("link")
def refund_account(code: str, number: int) -> ResponseReturnValue:
    """Her account for money that goes back. Links are passed on: whoever only has it proves more."""
    mine, refund_id = opened(), _refund(number).id
    form = RefundForm.posted(prefix=back_prefix(number))
    form.needs_proof = mine.level != Level.KNOWN
    if not form.validate():
        return show_order(status=422, back=form, back_number=number)
    if not _proved(mine, form):
        return show_order(status=422, back=form, back_number=number, refusal=WrongProof())
    by, now = By("buyer", actor_id()), now_utc()
    try:
        in_transaction(
            lambda session: refunds.give_account(
                session, order_id=mine.id, refund_id=refund_id, bank_bin=form.bank.data,
                number=form.number.data or "", holder=form.holder.data or "", by=by, now=now,
            )
        )  # fmt: skip
    except Refusal as refusal:
        return show_order(status=refusal.status, back=form, back_number=number, refusal=refusal)
    return redirect(path(f"/don/{code}") + "?da=cho-tai-khoan", 303)


@blueprint.post("/don/<code>/nhan-lai/<int:number>/ma")
@guard("link")
def refund_as_credit(code: str, number: int) -> ResponseReturnValue:
    """She takes a code that is worth as much, instead of money."""
    mine, refund_id = opened(), _refund(number).id
    form = AsCreditForm.posted(prefix=credit_prefix(number))
    form.needs_proof = mine.level != Level.KNOWN
    if not form.validate():
        return show_order(status=422, as_credit=form, back_number=number)
    if not _proved(mine, form):
        return show_order(status=422, as_credit=form, back_number=number, refusal=WrongProof())
    by, now = By("buyer", actor_id()), now_utc()
    try:
        in_transaction(
            lambda session: refunds.take_as_credit(
                session, order_id=mine.id, refund_id=refund_id, by=by, now=now
            )
        )
    except Refusal as refusal:
        return show_order(
            status=refusal.status, as_credit=form, back_number=number, refusal=refusal
        )
    return redirect(path(f"/don/{code}") + "?da=lay-ma#tien-da-tra", 303)


@blueprint.post("/don/<code>/nhan-lai/<int:number>/gop")
@guard("link")
def refund_as_gift(code: str, number: int) -> ResponseReturnValue:
    """She gives it to a campaign instead; whoever only has the link proves whose order it is."""
    mine, refund_id = opened(), _refund(number).id
    form = gift_form(number, running_now(), posted=True)
    form.needs_proof = mine.level != Level.KNOWN
    if not form.validate():
        return show_order(status=422, as_gift=form, back_number=number)
    if not _proved(mine, form):
        return show_order(status=422, as_gift=form, back_number=number, refusal=WrongProof())
    by, now = By("buyer", actor_id()), now_utc()
    campaign = next(
        row
        for row in running_campaigns(db.session(), vietnam_date(now))
        if row.code == form.quy.data
    )
    db.session.rollback()
    try:
        in_transaction(
            lambda session: refunds.take_as_gift(
                session, order_id=mine.id, refund_id=refund_id, campaign_id=campaign.id,
                named=bool(form.named.data), by=by, now=now,
            )
        )  # fmt: skip
    except Refusal as refusal:
        return show_order(status=refusal.status, as_gift=form, back_number=number, refusal=refusal)
    return redirect(path(f"/don/{code}") + "?da=gop-tien-lai", 303)


@blueprint.post("/don/<code>/tra-bang-ma/<int:number>")
@guard("link")
def pay_by_credit(code: str, number: int) -> ResponseReturnValue:
    """A code pays for the order's n-th transfer, or for a part of it."""
    if not may(opened().level, Level.LINK):
        abort(404)
    mine, payment_id = opened(), transfer_of(number).id
    form = CreditForm.posted(prefix=code_prefix(number))
    if not form.validate():
        return show_order(status=422, pays=form, back_number=number)
    limit("20 per hour", "credit", visitor_key())
    by, now = By("buyer", actor_id()), now_utc()
    try:
        in_transaction(
            lambda session: spend_credit(
                session, order_id=mine.id, payment_id=payment_id, typed=form.ma.data or "", by=by,
                now=now,
            )
        )  # fmt: skip
    except Refusal as refusal:
        return show_order(status=refusal.status, pays=form, back_number=number, refusal=refusal)
    return redirect(path(f"/don/{code}") + "?da=tra-bang-ma", 303)
