"""Goods that came back after they arrived: what, why, and what the buyer gets back."""

from typing import Any

from flask import g, request
from flask.typing import ResponseReturnValue
from flask_login import current_user

from shop.db import db
from shop.kernel.clock import now_utc
from shop.ordering.queries import last_return
from shop.ordering.rules import MAY_COME_BACK, Sold, after_return, goods_back_vnd
from shop.selling.actions.orders import take_goods_back
from shop.selling.forms.returns import ReturnForms
from shop.selling.queries.orders import OrderView, order_view
from shop.selling.views.blueprint import blueprint, page
from shop.selling.views.orders import back, show_order
from shop.web.guards import guard
from shop.web.replies import try_to


def show_return(view: OrderView, forms: ReturnForms, **more: Any) -> str:
    """Render the first page: how much of each line came back."""
    return page("return", view=view, row=view.part.row, forms=forms, **{"refusal": None, **more})


def _show_sums(view: OrderView, forms: ReturnForms) -> str:
    """Render the second page: what it comes to with the delivery fee and without."""
    row = view.part.row
    sold = [Sold(x.id, x.quantity, x.unit_price_vnd, x.returned) for x in view.part.lines]
    units = {each.line_id: each.quantity for each in forms.coming}
    items_vnd = goods_back_vnd(after_return(sold, units), row.discount_vnd)
    return page(
        "return_sums", view=view, row=row, forms=forms,
        items_vnd=items_vnd - row.returned_items_vnd,
        fee_vnd=row.shipping_vnd - row.returned_shipping_vnd,
    )  # fmt: skip


@blueprint.get("/ban-hang/don/<int:seller_order_id>/tra-hang")
@guard("seller")
def return_page(seller_order_id: int) -> ResponseReturnValue:
    """Which goods came back?"""
    session = db.session()
    view = order_view(session, g.stall.id, seller_order_id)
    if view.part.row.state not in MAY_COME_BACK:
        return show_order(seller_order_id)
    forms = ReturnForms(
        view.part.lines, posted=False, after=last_return(session, seller_order_id)
    )  # fmt: skip
    return show_return(view, forms)


@blueprint.post("/ban-hang/don/<int:seller_order_id>/tra-hang/xem")
@guard("seller")
def return_sums(seller_order_id: int) -> ResponseReturnValue:
    """What it comes to, before anything is stored; or back to the first page, as it was typed."""
    view = order_view(db.session(), g.stall.id, seller_order_id)
    forms = ReturnForms(view.part.lines, posted=True)
    if request.form.get("buoc") == "sua":
        return show_return(view, forms)
    if not forms.validate():
        return show_return(view, forms), 422
    return _show_sums(view, forms)


@blueprint.post("/ban-hang/don/<int:seller_order_id>/tra-hang")
@guard("seller")
def take_back_goods(seller_order_id: int) -> ResponseReturnValue:
    """The goods are back. A repeated post is one return."""
    view = order_view(db.session(), g.stall.id, seller_order_id)
    is_old = request.form.get("sau") != str(last_return(db.session(), seller_order_id))
    forms = ReturnForms(view.part.lines, posted=True, is_old=is_old)
    if not forms.validate():
        return show_return(view, forms), 422
    return try_to(
        lambda session: take_goods_back(
            session, seller_id=g.stall.id, seller_order_id=seller_order_id,
            coming=forms.coming, reason=forms.main.reason,
            gives_fee_back=forms.main.gives_fee_back, after=forms.main.sau.data,
            note=forms.main.ghi_chu.data or "", actor_id=current_user.id, now=now_utc(),
        ),
        show=lambda **more: _show_refused(seller_order_id, **more),
        then=lambda _: back(seller_order_id, "", "hang-ve"),
    )  # fmt: skip


def _show_refused(seller_order_id: int, **more: Any) -> str:
    """Show what was typed over how things stand now; all being back, the order itself."""
    session = db.session()
    view = order_view(session, g.stall.id, seller_order_id)
    if view.part.row.state not in MAY_COME_BACK:
        return show_order(seller_order_id, **more)
    forms = ReturnForms(view.part.lines, posted=True)
    forms.main.sau.text = str(last_return(session, seller_order_id))
    return show_return(view, forms, **more)
