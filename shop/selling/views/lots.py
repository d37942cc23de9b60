"""Plus and minus, lots, from which lot a line is, and calling a lot back."""

from typing import Any

from flask import g, request
from flask.typing import ResponseReturnValue
from flask_login import current_user

from shop.catalogue.queries import product_of, variant_of
from shop.db import db
from shop.kernel.clock import now_utc, vietnam_date
from shop.kernel.phones import written
from shop.selling.actions.lots import add_or_take, begin_lot, fill_line
from shop.selling.forms.lots import ChangeForm, LotForm, NewLotForm, RecallForm, WarnForm
from shop.selling.queries.lots import buyers_of_lot
from shop.selling.views.blueprint import blueprint, done, page
from shop.selling.views.goods import show_stock
from shop.selling.views.orders import show_order
from shop.stock import lot_actions
from shop.stock.actions import warn_at
from shop.stock.lot_queries import (
    ending_lots,
    lots_of_variant,
    low_packs,
    moves_of_lot,
    own_lot,
)
from shop.web.files import table_answer
from shop.web.guards import guard
from shop.web.links import absolute
from shop.web.qr import qr_picture
from shop.web.replies import try_to
from shop.web.tables import with_sums
from shop.web.words import _, speaking

#: So many buyers of a lot in one file.
MOST_IN_FILE = 20_000


def _now() -> dict[str, Any]:
    return {"actor_id": current_user.id, "now": now_utc()}


def _show_new(variant_id: int, form: Any, **more: Any) -> str:
    pack = variant_of(db.session(), g.stall.id, variant_id)
    return page(
        "lot_new", pack=pack, product=product_of(db.session(), g.stall.id, pack.product_id),
        form=form, **{"refusal": None, **more},
    )  # fmt: skip


def _show_lot(lot_id: int, form: Any = None, recall_form: Any = None, **more: Any) -> str:
    session = db.session()
    lot = own_lot(session, g.stall.id, lot_id)
    return page(
        "lot", lot=lot, product=product_of(session, g.stall.id, lot.product_id),
        pack=variant_of(session, g.stall.id, lot.variant_id), moves=moves_of_lot(session, lot_id),
        form=form or LotForm(obj=lot), recall_form=recall_form or RecallForm(),
        today=vietnam_date(now_utc()), **{"refusal": None, **more},
    )  # fmt: skip


@blueprint.post("/ban-hang/loai/<int:variant_id>/kho/doi")
@guard("seller")
def stock_changed(variant_id: int) -> ResponseReturnValue:
    """So many more or fewer, and why."""
    variant_of(db.session(), g.stall.id, variant_id)
    form = ChangeForm.posted().offer(lots_of_variant(db.session(), variant_id))
    if not form.validate():
        return show_stock(variant_id, change_form=form), 422
    return try_to(
        lambda session: add_or_take(
            session, seller_id=g.stall.id, variant_id=variant_id, change=form.change,
            lot_id=form.lot_id.data, reason=form.why.data or "", after=form.sau.data, **_now(),
        ),
        show=lambda **more: show_stock(variant_id, change_form=form, at="quantity", **more),
        then=lambda _: done(f"/ban-hang/loai/{variant_id}/kho", "luu"),
    )  # fmt: skip


@blueprint.post("/ban-hang/loai/<int:variant_id>/kho/bao")
@guard("seller")
def warning_set(variant_id: int) -> ResponseReturnValue:
    """At how few she wants to be told; empty: never."""
    variant_of(db.session(), g.stall.id, variant_id)
    form = WarnForm.posted()
    if not form.validate():
        return show_stock(variant_id, warn_form=form), 422
    return try_to(
        lambda session: warn_at(
            session, variant_id=variant_of(session, g.stall.id, variant_id).id,
            at=form.warn_at.data,
        ),
        show=lambda **more: show_stock(variant_id, warn_form=form, **more),
        then=lambda _: done(f"/ban-hang/loai/{variant_id}/kho", "luu"),
    )  # fmt: skip


@blueprint.get("/ban-hang/kho")
@guard("seller")
def stock_watch() -> ResponseReturnValue:
    """Lots that end soon, and packs of which little is left."""
    session, today = db.session(), vietnam_date(now_utc())
    return page(
        "stock_watch", lots=ending_lots(session, today, g.stall.id),
        low=low_packs(session, g.stall.id), today=today,
    )  # fmt: skip


@blueprint.get("/ban-hang/loai/<int:variant_id>/lo")
@guard("seller")
def new_lot_page(variant_id: int) -> ResponseReturnValue:
    """An empty form for a lot, named by its day."""
    today = vietnam_date(now_utc())
    return _show_new(variant_id, NewLotForm(name=f"L{today:%y%m%d}", made_on=today))


@blueprint.post("/ban-hang/loai/<int:variant_id>/lo")
@guard("seller")
def new_lot(variant_id: int) -> ResponseReturnValue:
    """Begin a lot."""
    variant_of(db.session(), g.stall.id, variant_id)
    form = NewLotForm.posted()
    if not form.validate():
        return _show_new(variant_id, form), 422
    return try_to(
        lambda session: begin_lot(
            session, seller_id=g.stall.id, variant_id=variant_id, fields=form.fields,
            quantity=form.quantity.data, is_counted=form.counted.data,
            reason=_("Lô %(name)s", name=form.name.data), **_now(),
        ).id,
        show=lambda **more: _show_new(variant_id, form, **more),
        then=lambda lot_id: done(f"/ban-hang/lo/{lot_id}", "luu"),
    )  # fmt: skip


@blueprint.get("/ban-hang/lo/<int:lot_id>")
@guard("seller")
def lot_page(lot_id: int) -> ResponseReturnValue:
    """One lot: what is left, its page and QR, who bought of it."""
    return _show_lot(lot_id)


@blueprint.post("/ban-hang/lo/<int:lot_id>")
@guard("seller")
def edit_lot(lot_id: int) -> ResponseReturnValue:
    """Store what a lot says."""
    own_lot(db.session(), g.stall.id, lot_id)
    form = LotForm.posted()
    if not form.validate():
        return _show_lot(lot_id, form), 422
    return _lot_act(
        lot_id, lambda session: lot_actions.edit_lot(session, lot_id=lot_id, fields=form.fields),
        form=form,
    )  # fmt: skip


@blueprint.get("/ban-hang/lo/<int:lot_id>/qr.png")
@guard("seller")
def lot_qr(lot_id: int) -> ResponseReturnValue:
    """The QR of the lot's public page, to print onto a label."""
    lot = own_lot(db.session(), g.stall.id, lot_id)
    with speaking("vi"):
        return qr_picture(absolute(f"/lo/{lot.code}"), "png", f"lo-{lot.code}")


@blueprint.post("/ban-hang/lo/<int:lot_id>/thu-hoi")
@guard("seller")
def lot_recalled(lot_id: int) -> ResponseReturnValue:
    """Call a lot back."""
    own_lot(db.session(), g.stall.id, lot_id)
    form = RecallForm.posted()
    if not form.validate():
        return _show_lot(lot_id, recall_form=form), 422
    return _lot_act(
        lot_id,
        lambda session: lot_actions.recall_lot(
            session, lot_id=lot_id, words_vi=form.recall_vi.data,
            words_en=form.recall_en.data or "", **_now(),
        ),
        where=f"/ban-hang/lo/{lot_id}/nguoi-mua", recall_form=form,
    )  # fmt: skip


@blueprint.post("/ban-hang/lo/<int:lot_id>/thu-hoi/thoi")
@guard("seller")
def recall_ended(lot_id: int) -> ResponseReturnValue:
    """It was said by mistake."""
    own_lot(db.session(), g.stall.id, lot_id)
    return _lot_act(lot_id, lambda session: lot_actions.end_recall(session, lot_id=lot_id))


@blueprint.get("/ban-hang/lo/<int:lot_id>/nguoi-mua")
@guard("seller")
def lot_buyers(lot_id: int) -> ResponseReturnValue:
    """Everybody who got goods of the lot, with a call, a message and who was told."""
    return _show_buyers(lot_id)


def _show_buyers(lot_id: int, **more: Any) -> str:
    session = db.session()
    lot = own_lot(session, g.stall.id, lot_id)
    return page(
        "lot_buyers", lot=lot, product=product_of(session, g.stall.id, lot.product_id),
        pack=variant_of(session, g.stall.id, lot.variant_id),
        buyers=buyers_of_lot(session, g.stall.id, lot_id), **{"refusal": None, **more},
    )  # fmt: skip


@blueprint.get("/ban-hang/lo/<int:lot_id>/nguoi-mua.csv")
@guard("seller")
def lot_buyers_csv(lot_id: int) -> ResponseReturnValue:
    """The same as a file."""
    lot = own_lot(db.session(), g.stall.id, lot_id)
    head = [
        _("Mã đơn"), _("Người nhận"), _("Điện thoại"), _("Số lượng"), _("Còn ở khách"),
        _("Đã báo lúc"),
    ]  # fmt: skip
    rows = (
        (
            one.code,
            one.contact.to_name,
            written(one.contact.to_phone),
            one.quantity,
            one.there,
            one.told_at,
        )
        for one in buyers_of_lot(db.session(), g.stall.id, lot_id, MOST_IN_FILE)
    )
    stem = f"lo-{lot.code}-{vietnam_date(now_utc()).isoformat()}"
    return table_answer("csv", head, with_sums(rows, [3, 4]), stem)


@blueprint.post("/ban-hang/lo/<int:lot_id>/nguoi-mua/<int:seller_order_id>")
@guard("seller")
def buyer_told(lot_id: int, seller_order_id: int) -> ResponseReturnValue:
    """This buyer was told, or was not after all."""
    own_lot(db.session(), g.stall.id, lot_id)
    is_told = request.form.get("da_bao") == "1"
    return try_to(
        lambda session: lot_actions.tell(
            session, lot_id=lot_id, seller_order_id=seller_order_id, is_told=is_told, **_now()
        ),
        show=lambda **more: _show_buyers(lot_id, **more),
        then=lambda _: done(
            f"/ban-hang/lo/{lot_id}/nguoi-mua", "luu", anchor=f"#don-{seller_order_id}"
        ),
    )


@blueprint.post("/ban-hang/don/<int:seller_order_id>/lo")
@guard("seller")
def line_filled(seller_order_id: int) -> ResponseReturnValue:
    """From which lots a line is: another one first in one tap, or units by lot."""
    line_item_id, first = _row_number("hang"), _row_number("lo")
    if not line_item_id:  # Nothing was named.
        return show_order(seller_order_id), 422
    chosen = {
        int(name[3:]): int(value)
        for name, value in request.form.items()
        if name.startswith("lo-") and _is_number(name[3:]) and _is_number(value)
    }
    return try_to(
        lambda session: fill_line(
            session, seller_id=g.stall.id, seller_order_id=seller_order_id,
            line_item_id=line_item_id, first=first, chosen=None if first else chosen, **_now(),
        ),
        show=lambda **more: show_order(seller_order_id, **more),
        then=lambda _: done(f"/ban-hang/don/{seller_order_id}", "luu", anchor="#h-hang"),
    )  # fmt: skip


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) < 10


def _row_number(name: str) -> int:
    sent = request.form.get(name, "")
    return int(sent) if _is_number(sent) else 0


def _lot_act(lot_id: int, work: Any, where: str = "", **forms: Any) -> ResponseReturnValue:
    """Do something to a lot of hers, and show it or where she goes on."""
    return try_to(
        lambda session: (own_lot(session, g.stall.id, lot_id), work(session)),
        show=lambda **more: _show_lot(lot_id, **forms, **more),
        then=lambda _: done(where or f"/ban-hang/lo/{lot_id}", "luu"),
    )
