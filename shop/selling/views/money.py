"""The money of one order: received, taken back, given back, counted."""

from flask import g
from flask.typing import ResponseReturnValue
from flask_login import current_user

from shop.db import db
from shop.kernel.clock import now_utc, vietnam_date
from shop.kernel.errors import NotYours
from shop.ordering.actions import mark_seen
from shop.payments import noted, refunds
from shop.payments.methods import By
from shop.payments.queries import cash_of_seller
from shop.payments.rules.cash import CashState, RestIs, WrittenOffFor
from shop.payments.told import CASH, TRANSFER, Subject
from shop.remittances.queries.bearers import bearer_on
from shop.selling.forms.orders import (
    CountedForm,
    GiveBackForm,
    NoteForm,
    ReceivedForm,
    RestForm,
    ReturnFeeForm,
    WriteOffForm,
)
from shop.selling.queries.orders import order_view
from shop.selling.rules import Money
from shop.selling.views.blueprint import blueprint
from shop.selling.views.orders import back, show_order
from shop.web.guards import guard
from shop.web.replies import try_to


def own_transfer(seller_order_id: int) -> tuple[int, Money]:
    """Return the transfer into her own account that pays this order.

    Raises:
        NotYours: another stall's order, cash on delivery, or an organisation collects.
    """
    money = order_view(db.session(), g.stall.id, seller_order_id).money
    if money is None or money.payment_id is None or not money.is_own:
        raise NotYours(what="payment", id=seller_order_id)
    return money.payment_id, money


@blueprint.post("/ban-hang/don/<int:seller_order_id>/tien")
@guard("seller")
def received(seller_order_id: int) -> ResponseReturnValue:
    """The transfer reached her account: all of it, less, or more; also instead of cash."""
    view = order_view(db.session(), g.stall.id, seller_order_id)
    at_the_door = view.money is not None and view.money.state == CashState.PROMISED
    payment_id = None if at_the_door else own_transfer(seller_order_id)[0]
    form = ReceivedForm.posted()
    if not form.validate():
        return show_order(seller_order_id, received_form=form), 422

    def note(session):
        mark_seen(session, seller_order_id=seller_order_id, actor_id=current_user.id, now=now_utc())
        if payment_id is None:
            return noted.note_transferred_cash(
                session, seller_id=g.stall.id, seller_order_id=seller_order_id,
                amount_vnd=form.so_tien.data, words=form.ghi_chu.data or "",
                by=By("seller", current_user.id), now=now_utc(),
            )  # fmt: skip
        return noted.note_received(
            session, payment_id=payment_id, amount_vnd=form.so_tien.data, after=form.sau.data,
            by=By("seller", current_user.id), words=form.ghi_chu.data or "", now=now_utc(),
        )  # fmt: skip

    return try_to(
        note,
        show=lambda **more: show_order(seller_order_id, received_form=form, **more),
        then=lambda _: back(seller_order_id, form.ve.data, "da-nhan-tien"),
    )


@blueprint.post("/ban-hang/don/<int:seller_order_id>/tien/lui/<int:event_id>")
@guard("seller")
def take_back(seller_order_id: int, event_id: int) -> ResponseReturnValue:
    """A confirmation was wrong: it is taken back and stays readable."""
    payment_id, _ = own_transfer(seller_order_id)
    return try_to(
        lambda session: noted.note_taken_back(
            session, payment_id=payment_id, event_id=event_id,
            by=By("seller", current_user.id), now=now_utc(),
        ),
        show=lambda **more: show_order(seller_order_id, **more),
        then=lambda _: back(seller_order_id, "", "hoan-tac"),
    )  # fmt: skip


@blueprint.post("/ban-hang/don/<int:seller_order_id>/tien/tra")
@guard("seller")
def give_back(seller_order_id: int) -> ResponseReturnValue:
    """She transferred money back to the buyer."""
    payment_id, _ = own_transfer(seller_order_id)
    form = GiveBackForm.posted()
    if not form.validate():
        return show_order(seller_order_id, give_back_form=form), 422
    return try_to(
        lambda session: refunds.give_back(
            session, of=Subject(TRANSFER, payment_id), amount_vnd=form.so_tien.data, after=form.sau.data,
            by=By("seller", current_user.id), note=form.ghi_chu.data or "", now=now_utc(),
        ),
        show=lambda **more: show_order(seller_order_id, give_back_form=form, **more),
        then=lambda _: back(seller_order_id, "", "tra-tien"),
    )  # fmt: skip


@blueprint.post("/ban-hang/don/<int:seller_order_id>/thu-ho")
@guard("seller")
def cash_counted(seller_order_id: int) -> ResponseReturnValue:
    """The cash of a parcel arrived and was counted."""
    cash_of_seller(db.session(), g.stall.id, seller_order_id)
    form = CountedForm.posted()
    if not form.validate():
        return show_order(seller_order_id, counted_form=form), 422
    return try_to(
        lambda session: noted.note_cash_counted(
            session, seller_order_id=seller_order_id, counted_vnd=form.so_tien.data,
            by=By("seller", current_user.id), now=now_utc(),
        ),
        show=lambda **more: show_order(seller_order_id, counted_form=form, **more),
        then=lambda _: back(seller_order_id, form.ve.data, "da-nhan-tien"),
    )  # fmt: skip


@blueprint.post("/ban-hang/don/<int:seller_order_id>/tien/khong-thay")
@guard("seller")
def late_money_not_found(seller_order_id: int) -> ResponseReturnValue:
    """A buyer said that she transferred for an order that is over; it did not come."""
    payment_id, _ = own_transfer(seller_order_id)
    form = NoteForm.posted()
    if not form.validate():
        return show_order(seller_order_id, late_form=form), 422
    return try_to(
        lambda session: noted.note_not_found(
            session, payment_id=payment_id, by=By("seller", current_user.id),
            words=form.ghi_chu.data or "", now=now_utc(),
        ),
        show=lambda **more: show_order(seller_order_id, late_form=form, **more),
        then=lambda _: back(seller_order_id, "", "luu"),
    )  # fmt: skip


@blueprint.post("/ban-hang/don/<int:seller_order_id>/thu-ho/tra")
@guard("seller")
def cash_given_back(seller_order_id: int) -> ResponseReturnValue:
    """Cash that the buyer paid at the door went back to her."""
    cash_of_seller(db.session(), g.stall.id, seller_order_id)
    form = GiveBackForm.posted()
    if not form.validate():
        return show_order(seller_order_id, give_back_form=form), 422
    return try_to(
        lambda session: refunds.give_back(
            session, of=Subject(CASH, seller_order_id), amount_vnd=form.so_tien.data,
            after=form.sau.data, by=By("seller", current_user.id), note=form.ghi_chu.data or "",
            now=now_utc(),
        ),
        show=lambda **more: show_order(seller_order_id, give_back_form=form, **more),
        then=lambda _: back(seller_order_id, "", "tra-tien"),
    )  # fmt: skip


@blueprint.post("/ban-hang/don/<int:seller_order_id>/thu-ho/khong-ve")
@guard("seller")
def cash_written_off(seller_order_id: int) -> ResponseReturnValue:
    """Cash that was taken at the door will not come."""
    cash_of_seller(db.session(), g.stall.id, seller_order_id)
    form = WriteOffForm.posted()
    if not form.validate():
        return show_order(seller_order_id, write_off_form=form), 422
    return try_to(
        lambda session: noted.note_cash_written_off(
            session, seller_order_id=seller_order_id, reason=WrittenOffFor(form.ly_do.data),
            by=By("seller", current_user.id), words=form.ghi_chu.data or "", now=now_utc(),
        ),
        show=lambda **more: show_order(seller_order_id, write_off_form=form, **more),
        then=lambda _: back(seller_order_id, "", "luu"),
    )  # fmt: skip


@blueprint.post("/ban-hang/don/<int:seller_order_id>/thu-ho/con-lai")
@guard("seller")
def cash_rest_noted(seller_order_id: int) -> ResponseReturnValue:
    """What a carrier kept back was its fee, is lost, or came after all."""
    cash_of_seller(db.session(), g.stall.id, seller_order_id)
    form = RestForm.posted()
    if not form.validate():
        return show_order(seller_order_id, rest_form=form), 422
    return try_to(
        lambda session: noted.note_cash_rest(
            session, seller_order_id=seller_order_id, what=RestIs(form.la_gi.data),
            amount_vnd=form.so_tien.data, after=form.sau.data, by=By("seller", current_user.id),
            now=now_utc(),
        ),
        show=lambda **more: show_order(seller_order_id, rest_form=form, **more),
        then=lambda _: back(seller_order_id, "", "luu"),
    )  # fmt: skip


@blueprint.post("/ban-hang/don/<int:seller_order_id>/thu-ho/phi-hoan")
@guard("seller")
def return_fee_noted(seller_order_id: int) -> ResponseReturnValue:
    """What a carrier asked for bringing a refused parcel back; whose cost it is was stated before."""
    view, form = order_view(db.session(), g.stall.id, seller_order_id), ReturnFeeForm.posted()
    cash_of_seller(db.session(), g.stall.id, seller_order_id)
    if not form.validate():
        return show_order(seller_order_id, return_fee_form=form), 422
    carrier, seller_id, now = view.brought_back_by, g.stall.id, now_utc()
    return try_to(
        lambda session: noted.note_return_fee(
            session, seller_order_id=seller_order_id, fee_vnd=form.so_tien.data,
            carrier=carrier[:60], bearer_id=bearer_on(session, seller_id, vietnam_date(now)),
            after=form.sau.data, by=By("seller", current_user.id), now=now,
        ),
        show=lambda **more: show_order(seller_order_id, return_fee_form=form, **more),
        then=lambda _: back(seller_order_id, "", "luu"),
    )  # fmt: skip


@blueprint.post("/ban-hang/don/<int:seller_order_id>/thu-ho/lui/<int:move_id>")
@guard("seller")
def cash_taken_back(seller_order_id: int, move_id: int) -> ResponseReturnValue:
    """The last tap on the cash was wrong: it is taken back and stays readable."""
    cash_of_seller(db.session(), g.stall.id, seller_order_id)
    return try_to(
        lambda session: noted.note_cash_taken_back(
            session, seller_order_id=seller_order_id, move_id=move_id,
            by=By("seller", current_user.id), now=now_utc(),
        ),
        show=lambda **more: show_order(seller_order_id, **more),
        then=lambda _: back(seller_order_id, "", "hoan-tac"),
    )  # fmt: skip
