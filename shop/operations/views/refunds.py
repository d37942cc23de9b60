"""Money that an organisation gives back: sent to the buyer's account, promised, given up."""

from typing import Any

from flask import Response, abort
from flask.typing import ResponseReturnValue

from shop.db import db
from shop.kernel.errors import NotYours
from shop.operations import actions as desk
from shop.operations.views import blueprint
from shop.operations.views.money import in_sight, note_at, transfer_page, word_form
from shop.payments.forms import PromiseForm, SentBackForm, of_refund
from shop.payments.queries import RefundView, refunds_of_payment
from shop.payments.rules.refunds import RefundReason, Way
from shop.web.guards import guard
from shop.web.qr import qr_picture


def _refund(payment_id: int, refund_id: int) -> RefundView:
    """Return a refund of a payment into the account of one of her units.

    Raises:
        NotYours
    """
    in_sight(payment_id)
    for one in refunds_of_payment(db.session(), payment_id):
        if one.id == refund_id:
            return one
    raise NotYours


@blueprint.post("/dieu-hanh/tien-ve/<int:payment_id>/tra/<int:refund_id>")
@guard("officer")
def transfer_sent_back(payment_id: int, refund_id: int) -> ResponseReturnValue:
    """It was transferred to the account that the buyer gave."""
    _refund(payment_id, refund_id)
    form = of_refund(SentBackForm.posted(), refund_id)
    if not form.validate():
        return transfer_page(payment_id, sent=form, sent_of=refund_id), 422
    return note_at(
        payment_id, desk.note_sent_back, "tra-tien", {"sent": form, "sent_of": refund_id}, refund_id=refund_id,
        reference=form.ma.data or "", seen=form.toi.data or "", is_before=bool(form.truoc.data),
    )  # fmt: skip


@blueprint.post("/dieu-hanh/tien-ve/<int:payment_id>/tra/<int:refund_id>/sai")
@guard("officer")
def refund_account_wrong(payment_id: int, refund_id: int) -> ResponseReturnValue:
    """There is no such account: the buyer is asked again."""
    _refund(payment_id, refund_id)
    return note_at(payment_id, desk.note_account_wrong, "hoi-lai", refund_id=refund_id)


@blueprint.post("/dieu-hanh/tien-ve/<int:payment_id>/tra/<int:refund_id>/thoi")
@guard("officer")
def promise_withdrawn(payment_id: int, refund_id: int) -> ResponseReturnValue:
    """What the buyer was to have back out of goodwill does not go after all."""
    if _refund(payment_id, refund_id).reason != RefundReason.GOODWILL:
        raise NotYours
    return note_at(payment_id, desk.withdraw_promise, "hoan-tac", refund_id=refund_id)


@blueprint.post("/dieu-hanh/tien-ve/<int:payment_id>/tra/<int:refund_id>/ma")
@guard("officer")
def refund_as_credit(payment_id: int, refund_id: int) -> ResponseReturnValue:
    """The buyer said that she takes a code instead; only her own page shows it."""
    _refund(payment_id, refund_id)
    return note_at(payment_id, desk.give_as_credit, "thanh-ma", refund_id=refund_id)


@blueprint.post("/dieu-hanh/tien-ve/<int:payment_id>/tra/<int:refund_id>/gop")
@guard("officer")
def refund_word_recorded(payment_id: int, refund_id: int) -> ResponseReturnValue:
    """The buyer told her that the money goes to a campaign: who said so, when and how."""
    _refund(payment_id, refund_id)
    form = of_refund(word_form(posted=True), refund_id)
    if not form.validate():
        return transfer_page(payment_id, word=form, word_of=refund_id), 422
    return note_at(
        payment_id, desk.record_word, "ghi-loi", {"word": form, "word_of": refund_id},
        refund_id=refund_id, campaign_code=form.quy.data, said_by=form.ai.data,
        words=form.loi.data or "", said_on=form.ngay.data, said_how=form.cach.data,
        named=bool(form.hien_ten.data),
    )  # fmt: skip


@blueprint.post("/dieu-hanh/tien-ve/<int:payment_id>/tra/<int:refund_id>/gop/lam")
@guard("officer")
def refund_word_carried_out(payment_id: int, refund_id: int) -> ResponseReturnValue:
    """A second person, who read what the buyer said, lets the money go to the fund."""
    _refund(payment_id, refund_id)
    return note_at(payment_id, desk.carry_out_word, "gop-tien-lai", refund_id=refund_id)


@blueprint.post("/dieu-hanh/tien-ve/<int:payment_id>/tra/<int:refund_id>/gop/thoi")
@guard("officer")
def refund_word_dropped(payment_id: int, refund_id: int) -> ResponseReturnValue:
    """It was misheard, or the buyer thought better of it."""
    _refund(payment_id, refund_id)
    return note_at(payment_id, desk.drop_word, "thoi-loi", refund_id=refund_id)


@blueprint.post("/dieu-hanh/tien-ve/<int:payment_id>/hua-tra")
@guard("officer")
def money_promised_back(payment_id: int) -> ResponseReturnValue:
    """The buyer may have some back though all of it was owed."""
    in_sight(payment_id)
    form = PromiseForm.posted()
    if not form.validate():
        return transfer_page(payment_id, promise=form), 422
    what: dict[str, Any] = {
        "amount_vnd": form.so_tien.data, "of_part": form.cua.data, "lines": form.lines or None,
    }  # fmt: skip
    said = "thanh-ma" if form.way == Way.CREDIT else "hua-tra"
    return note_at(
        payment_id, desk.promise_back, said, {"promise": form}, after=form.sau.data,
        words=form.ghi_chu.data or "", way=form.way, **what,
    )  # fmt: skip


@blueprint.get("/dieu-hanh/tien-ve/<int:payment_id>/tra/<int:refund_id>/qr.svg")
@guard("officer")
def refund_qr_svg(payment_id: int, refund_id: int) -> ResponseReturnValue:
    return _picture(payment_id, refund_id, "svg")


@blueprint.get("/dieu-hanh/tien-ve/<int:payment_id>/tra/<int:refund_id>/qr.png")
@guard("officer")
def refund_qr_png(payment_id: int, refund_id: int) -> ResponseReturnValue:
    return _picture(payment_id, refund_id, "png")


def _picture(payment_id: int, refund_id: int, kind: str) -> Response:
    found = _refund(payment_id, refund_id)
    return qr_picture(found.payload or abort(404), kind, f"tra-{found.order_code}")
