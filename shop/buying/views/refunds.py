"""Money that comes back to the buyer: she says where to."""

from flask import abort, redirect
from flask.typing import ResponseReturnValue

from shop.buying.forms import RefundForm
from shop.buying.rules import Level, WrongProof, may
from shop.buying.views.blueprint import blueprint
from shop.buying.views.orders import (
    actor_id,
    back_prefix,
    opened,
    order_row,
    proves,
    show_order,
)
from shop.db import db, in_transaction
from shop.kernel.clock import now_utc
from shop.kernel.errors import Refusal
from shop.ordering.queries import contact_of
from shop.payments import refunds
from shop.payments.methods import By
from shop.payments.queries import RefundView, refunds_of_order
from shop.web.guards import guard
from shop.web.limits import limit
from shop.web.links import path


def _refund(number: int) -> RefundView:
    """Return the order's n-th refund, counted from 1, for her who may act."""
    found = refunds_of_order(db.session(), opened().id)
    if not may(opened().level, Level.LINK) or not 1 <= number <= len(found):
        abort(404)
    return found[number - 1]


@blueprint.post("/don/<code>/nhan-lai/<int:number>")
@guard("link")
def refund_account(code: str, number: int) -> ResponseReturnValue:
    """Her account for money that goes back. Links are passed on: whoever only has it proves more."""
    mine, refund_id = opened(), _refund(number).id
    form = RefundForm.posted(prefix=back_prefix(number))
    form.needs_proof = mine.level != Level.KNOWN
    if not form.validate():
        return show_order(status=422, back=form, back_number=number)
    if form.needs_proof:
        limit("10 per hour", "proof", str(mine.id))
        if not proves(form.proof.data or "", contact_of(order_row(mine.id))):
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
