"""Money of one order that goes back to its buyer: asked, sent, promised, given up."""

from functools import partial

from flask import Response, abort, g
from flask.typing import ResponseReturnValue
from flask_login import current_user

from shop.db import db
from shop.kernel.clock import now_utc
from shop.kernel.errors import NotYours
from shop.payments import refunds
from shop.payments.forms import PromiseForm, SentBackForm, of_refund
from shop.payments.gateways.actions.twice import keep_sent_twice
from shop.payments.methods import By
from shop.payments.queries import RefundView
from shop.payments.rules.refunds import RefundReason, Way
from shop.payments.told import CASH, TRANSFER, Subject
from shop.selling.queries.orders import order_view
from shop.selling.views.blueprint import blueprint
from shop.selling.views.orders import back, show_order
from shop.web.guards import guard
from shop.web.qr import qr_picture
from shop.web.replies import try_to


def _refund(seller_order_id: int, refund_id: int) -> RefundView:
    """Return a refund of an order's own money.

    Raises:
        NotYours: another order's, or an organisation gives it back.
    """
    found = order_view(db.session(), g.stall.id, seller_order_id).refunds
    for one in found:
        if one.id == refund_id:
            return one
    raise NotYours(what="refund", id=refund_id)


def _by() -> By:
    return By("seller", current_user.id)


@blueprint.post("/ban-hang/don/<int:seller_order_id>/tra/<int:refund_id>")
@guard("seller")
def sent_back(seller_order_id: int, refund_id: int) -> ResponseReturnValue:
    """She transferred it to the account that the buyer gave."""
    _refund(seller_order_id, refund_id)
    form = of_refund(SentBackForm.posted(), refund_id)
    if not form.validate():
        return show_order(seller_order_id, sent_form=form, sent_of=refund_id), 422
    return try_to(
        lambda session: refunds.note_sent_as_seen(
            session, refund_id=refund_id, reference=form.ma.data or "", seen=form.toi.data or "",
            is_before=bool(form.truoc.data), by=_by(), now=now_utc(),
        ),
        show=lambda **more: show_order(
            seller_order_id, sent_form=form, sent_of=refund_id, **more
        ),
        then=lambda _: back(seller_order_id, "", "tra-tien"),
        keep=partial(keep_sent_twice, refund_id=refund_id, by=_by(), now=now_utc()),
    )  # fmt: skip


@blueprint.post("/ban-hang/don/<int:seller_order_id>/tra/<int:refund_id>/sai")
@guard("seller")
def account_wrong(seller_order_id: int, refund_id: int) -> ResponseReturnValue:
    """There is no such account: the buyer is asked again."""
    _refund(seller_order_id, refund_id)
    return try_to(
        lambda session: refunds.ask_for_account_again(
            session, refund_id=refund_id, by=_by(), now=now_utc()
        ),
        show=lambda **more: show_order(seller_order_id, **more),
        then=lambda _: back(seller_order_id, "", "hoi-lai"),
    )


@blueprint.post("/ban-hang/don/<int:seller_order_id>/tra/<int:refund_id>/thoi")
@guard("seller")
def promise_taken_back(seller_order_id: int, refund_id: int) -> ResponseReturnValue:
    """What she let the buyer have back does not go after all."""
    if _refund(seller_order_id, refund_id).reason != RefundReason.GOODWILL:
        raise NotYours(what="refund", id=refund_id)
    return try_to(
        lambda session: refunds.take_back_promise(
            session, refund_id=refund_id, by=_by(), now=now_utc()
        ),
        show=lambda **more: show_order(seller_order_id, **more),
        then=lambda _: back(seller_order_id, "", "hoan-tac"),
    )


@blueprint.post("/ban-hang/don/<int:seller_order_id>/tra/<int:refund_id>/ma")
@guard("seller")
def refund_as_credit(seller_order_id: int, refund_id: int) -> ResponseReturnValue:
    """The buyer said that she takes a code instead; only her own page shows it."""
    order_id = order_view(db.session(), g.stall.id, seller_order_id).part.row.order_id
    _refund(seller_order_id, refund_id)
    return try_to(
        lambda session: refunds.take_as_credit(
            session, order_id=order_id, refund_id=refund_id, by=_by(), now=now_utc()
        ),
        show=lambda **more: show_order(seller_order_id, **more),
        then=lambda _: back(seller_order_id, "", "thanh-ma"),
    )


@blueprint.post("/ban-hang/don/<int:seller_order_id>/hua-tra")
@guard("seller")
def promise_back(seller_order_id: int) -> ResponseReturnValue:
    """She lets the buyer have some back though all of it was owed: of lines, or an amount."""
    money = order_view(db.session(), g.stall.id, seller_order_id).money
    if money is None or (money.method != "cod" and not money.is_own):
        raise NotYours(what="payment", id=seller_order_id)
    form = PromiseForm.posted()
    if not form.validate():
        return show_order(seller_order_id, promise_form=form), 422
    of = (
        Subject(CASH, seller_order_id)
        if money.payment_id is None
        else Subject(TRANSFER, money.payment_id)
    )
    return try_to(
        lambda session: refunds.refund(
            session, of=of, amount_vnd=form.so_tien.data, lines=form.lines or None,
            reason=RefundReason.GOODWILL, way=form.way, key=f"goodwill:{of}:{form.sau.data}",
            by=_by(), note=form.ghi_chu.data or "", now=now_utc(),
        ),
        show=lambda **more: show_order(seller_order_id, promise_form=form, **more),
        then=lambda _: back(
            seller_order_id, "", "thanh-ma" if form.way == Way.CREDIT else "hua-tra"
        ),
    )  # fmt: skip


@blueprint.get("/ban-hang/don/<int:seller_order_id>/tra/<int:refund_id>/qr.svg")
@guard("seller")
def back_qr_svg(seller_order_id: int, refund_id: int) -> ResponseReturnValue:
    return _picture(seller_order_id, refund_id, "svg")


@blueprint.get("/ban-hang/don/<int:seller_order_id>/tra/<int:refund_id>/qr.png")
@guard("seller")
def back_qr_png(seller_order_id: int, refund_id: int) -> ResponseReturnValue:
    return _picture(seller_order_id, refund_id, "png")


def _picture(seller_order_id: int, refund_id: int, kind: str) -> Response:
    found = _refund(seller_order_id, refund_id)
    return qr_picture(found.payload or abort(404), kind, f"tra-{found.order_code}")
