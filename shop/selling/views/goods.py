"""A stall's goods: the list, one product with its packs, its stock and why it changed."""

import secrets
from typing import Any

from flask import g, request
from flask.typing import ResponseReturnValue
from flask_login import current_user

from shop.accounts.acting import acting
from shop.catalogue import actions as catalogue
from shop.catalogue.claim_rules import CHECKED, claims_of
from shop.catalogue.models import Product, Variant
from shop.catalogue.queries import category_choices, product_of, variant_of
from shop.catalogue.rules import ALLERGENS
from shop.catalogue.season_rules import Away, away_of
from shop.db import db
from shop.kernel.clock import now_utc, vietnam_date
from shop.selling.actions.drafts import put_up_before, put_up_once
from shop.selling.actions.edits import edit_own_pack, edit_own_product, pack_of, said_of
from shop.selling.actions.products import add_pack, copy_product, own_pack, put_up_product
from shop.selling.forms.lots import ChangeForm, WarnForm
from shop.selling.forms.preorders import DelayForm, PreorderForm
from shop.selling.forms.products import (
    FIELD_OF,
    CountForm,
    NewPackForm,
    NewProductForm,
    PackForm,
    ProductForm,
    shown_words,
)
from shop.selling.queries.products import goods, last_category, product_view, stock_story
from shop.selling.seen_rules import GoodsMovedOn, marks
from shop.selling.views.blueprint import blueprint, done, page, page_number
from shop.selling.views.photos import PHOTO_MB, chosen_photo, photo_of, sent_before
from shop.selling.views.quick import show_quick
from shop.shares.queries import is_withheld_from
from shop.stock.actions import count_stock
from shop.stock.lot_queries import lots_of_variant
from shop.stock.preorder_queries import preorder_of
from shop.stock.queries import last_counted, levels
from shop.web.guards import guard, takes
from shop.web.replies import try_to


def show_goods(**more: Any) -> str:
    found = goods(
        db.session(),
        g.stall.id,
        request.args.get("xem", "dang-bay"),
        page_number(),
        vietnam_date(now_utc()),
    )
    return page("goods", goods=found, **{"refusal": None, **more})


def show_new(form: Any, **more: Any) -> str:
    form.khoa.data = form.khoa.data or secrets.token_hex(16)
    return page(
        "new_product", form=form, allergens=ALLERGENS, sent=sent_before(form.da_gui.data or ""),
        **{"refusal": None, **more},
    )  # fmt: skip


def show_product(product_id: int, form: Any = None, **more: Any) -> str:
    view = product_view(db.session(), g.stall.id, product_id)
    shelves = category_choices(db.session())
    stands = ProductForm(obj=view.product).offer(shelves)
    form = stands if form is None else form.offer(shelves)
    changed = take_over(form, stands, more.get("refusal"))
    form.da_xem.data = marks(said_of(view.product))
    return page(
        "product", view=view, form=form, allergens=ALLERGENS, changed=changed,
        warnings=claims_of(view.product, CHECKED), off_season=_off_season(view.product),
        **{"refusal": None, **more},
    )  # fmt: skip


def take_over(form: Any, stands: Any, refusal: Any) -> list[tuple[str, str, bool]]:
    """Let fields that she left alone show what somebody else wrote; what she wrote stays.

    Returns:
        (label, what stands now, whether she wrote something else) of each that moved on.
    """
    if not isinstance(refusal, GoodsMovedOn):
        return []
    told: dict[str, tuple[str, str, bool]] = {}
    for one in refusal.moved:
        name = str(FIELD_OF.get(one.name, one.name))
        field, now = form[name], stands[name]
        told[name] = (str(field.label.text), shown_words(now), one.mine)
        if not one.mine:
            field.data = now.data
            field.text = ""
    return list(told.values())


def _off_season(product: Product) -> Away | None:
    today = vietnam_date(now_utc())
    return away_of(product.season_from, product.season_to, product.season_yearly, today)


def show_pack(variant_id: int, form: Any = None, **more: Any) -> str:
    pack = variant_of(db.session(), g.stall.id, variant_id)
    product = product_of(db.session(), g.stall.id, pack.product_id)
    stands = _pack_form(pack)
    form = form or stands
    changed = take_over(form, stands, more.get("refusal"))
    form.da_xem.data = marks(pack_of(pack))
    return page(
        "pack", pack=pack, product=product, form=form, changed=changed,
        **{"refusal": None, **more},
    )  # fmt: skip


def show_stock(variant_id: int, form: Any = None, **more: Any) -> str:
    pack = variant_of(db.session(), g.stall.id, variant_id)
    product = product_of(db.session(), g.stall.id, pack.product_id)
    level = levels(db.session(), [variant_id]).get(variant_id)
    round_ = preorder_of(db.session(), variant_id)
    wanted = DelayForm if round_ else PreorderForm  # As it stands now, whatever was sent.
    given = more.pop("preorder_form", None)
    ahead_form = given if isinstance(given, wanted) else wanted()
    return page(
        "stock", pack=pack, product=product, level=level,
        story=stock_story(
            db.session(), g.stall.id, variant_id, level.available if level else 0
        ),
        form=form or CountForm(on_hand=level.on_hand if level else 0),
        **{
            "refusal": None, "at": "on_hand", "last": last_counted(db.session(), variant_id),
            "preorder": round_, "preorder_form": ahead_form,
            "lots": (lots := lots_of_variant(db.session(), variant_id)),
            "change_form": ChangeForm(way="them").offer(lots),
            "warn_form": WarnForm(warn_at=level.warn_at if level else None),
            "today": vietnam_date(now_utc()), **more,
        },
    )  # fmt: skip


def _pack_form(pack: Variant) -> PackForm:
    kind = "g" if pack.net_g else "ml" if pack.net_ml else "pieces" if pack.pieces else ""
    cm = {
        f"{side}_cm": getattr(pack, f"{side}_mm") and getattr(pack, f"{side}_mm") // 10
        for side in ("length", "width", "height")
    }
    form = PackForm(obj=pack, net=pack.net_g or pack.net_ml or pack.pieces, net_kind=kind, **cm)
    if form.restock_on.data and form.restock_on.data < vietnam_date(now_utc()):
        form.restock_on.data = None  # Buyers read it no more, and it must not stop a new price.
    if form.weight_g.data == form.assumed_g:
        form.weight_g.data = None  # Nobody weighed it: it follows the content when that changes.
    return form


@blueprint.get("/ban-hang/hang")
@guard("seller")
def goods_page() -> ResponseReturnValue:
    """What she sells, with prices and stock."""
    return show_goods()


@blueprint.get("/ban-hang/hang/moi")
@guard("seller")
def new_product_page() -> ResponseReturnValue:
    """A photo, a name, a price; asked for, the form with everything."""
    if "day-du" not in request.args:
        return show_quick()
    like_the_last = last_category(db.session(), g.stall.id)
    form = NewProductForm(category_id=like_the_last)
    return show_new(form.offer(category_choices(db.session())))


@blueprint.post("/ban-hang/hang/moi")
@guard("seller")
@takes(PHOTO_MB)
def new_product() -> ResponseReturnValue:
    """Put up a product: words, one pack, stock and a photo at once."""
    form = NewProductForm.posted().offer(category_choices(db.session()))
    form.withholds = is_withheld_from(db.session(), g.stall.id)
    before = put_up_before(db.session(), g.stall.id, current_user.id, form.khoa.data or "")
    if before is not None:  # A photo that came in pieces was taken the first time.
        return done(f"/ban-hang/hang/{before}", "bay-ban" if form.lam.data == "ban" else "luu-nhap")
    fine = form.validate()
    photo, refusal = chosen_photo(form)
    if not fine or refusal:
        return show_new(form, refusal=refusal), 422
    return try_to(
        lambda session: put_up_once(
            session, seller_id=g.stall.id, key=form.khoa.data or secrets.token_hex(16),
            actor_id=current_user.id, now=now_utc(),
            make=lambda: put_up_product(
                session, seller_id=g.stall.id, category_id=form.category_id.data, fields=form.said,
                pack=form.pack, on_hand=form.on_hand.data, photo=photo_of(session, photo, form),
                alt_vi=form.alt_vi.data, publish=form.lam.data == "ban", **acting(),
            ),
        ),
        show=lambda **more: show_new(form, photo_lost=photo is not None, **more),
        then=lambda product_id: done(
            f"/ban-hang/hang/{product_id}", "bay-ban" if form.lam.data == "ban" else "luu-nhap"
        ),
    )  # fmt: skip


@blueprint.get("/ban-hang/hang/<int:product_id>")
@guard("seller")
def product_page(product_id: int) -> ResponseReturnValue:
    """One product: packs, photos, words."""
    return show_product(product_id)


@blueprint.post("/ban-hang/hang/<int:product_id>")
@guard("seller")
def edit_product(product_id: int) -> ResponseReturnValue:
    """Store what a product says."""
    product_of(db.session(), g.stall.id, product_id)
    form = ProductForm.posted().offer(category_choices(db.session()))
    form.withholds = is_withheld_from(db.session(), g.stall.id)
    if not form.validate():
        return show_product(product_id, form), 422
    return try_to(
        lambda session: edit_own_product(
            session, seller_id=g.stall.id, product_id=product_id, fields=form.said,
            category_id=form.category_id.data, seen=form.da_xem.data or "", **acting(),
        ),
        show=lambda **more: show_product(product_id, form, **more),
        then=lambda _: done(f"/ban-hang/hang/{product_id}", "luu"),
    )  # fmt: skip


@blueprint.post("/ban-hang/hang/<int:product_id>/chep")
@guard("seller")
def copy(product_id: int) -> ResponseReturnValue:
    """Begin a new product from one that is there."""
    return try_to(
        lambda session: (
            copy_product(session, seller_id=g.stall.id, product_id=product_id, **acting()).id
        ),
        show=lambda **more: show_product(product_id, **more),
        then=lambda copy_id: done(f"/ban-hang/hang/{copy_id}", "chep-mon"),
    )


@blueprint.post("/ban-hang/hang/<int:product_id>/bay")
@guard("seller")
def publish(product_id: int) -> ResponseReturnValue:
    """Put a product on show."""
    return try_to(
        lambda session: catalogue.publish(
            session, product_id=product_of(session, g.stall.id, product_id).id, **acting()
        ),
        show=lambda **more: show_product(product_id, **more),
        then=lambda _: done(f"/ban-hang/hang/{product_id}", "bay-ban"),
    )


@blueprint.post("/ban-hang/hang/<int:product_id>/cat")
@guard("seller")
def hide(product_id: int) -> ResponseReturnValue:
    """Take a product off the shelves; it can come back."""
    return try_to(
        lambda session: catalogue.hide(
            session, product_id=product_of(session, g.stall.id, product_id).id, **acting()
        ),
        show=lambda **more: show_product(product_id, **more),
        then=lambda _: done(f"/ban-hang/hang/{product_id}", "cat-hang"),
    )


def _new_pack_page(product: Product, form: NewPackForm, **more: Any) -> str:
    return page(
        "pack", pack=None, product=product, form=form, changed=[], **{"refusal": None, **more}
    )


@blueprint.get("/ban-hang/hang/<int:product_id>/loai")
@guard("seller")
def new_pack_page(product_id: int) -> ResponseReturnValue:
    """An empty form for another pack."""
    product = product_of(db.session(), g.stall.id, product_id)
    return _new_pack_page(product, NewPackForm())


@blueprint.post("/ban-hang/hang/<int:product_id>/loai")
@guard("seller")
def new_pack(product_id: int) -> ResponseReturnValue:
    """Offer a product in another pack."""
    form = NewPackForm.posted()
    product = product_of(db.session(), g.stall.id, product_id)
    if not form.validate():
        return _new_pack_page(product, form), 422
    return try_to(
        lambda session: add_pack(
            session, seller_id=g.stall.id, product_id=product_id, pack=form.pack,
            on_hand=form.on_hand.data, **acting(),
        ),
        show=lambda **more: _new_pack_page(
            product_of(db.session(), g.stall.id, product_id), form, **more
        ),
        then=lambda _: done(f"/ban-hang/hang/{product_id}", "luu"),
    )  # fmt: skip


@blueprint.get("/ban-hang/loai/<int:variant_id>")
@guard("seller")
def pack_page(variant_id: int) -> ResponseReturnValue:
    """One pack: price, content, parcel."""
    return show_pack(variant_id)


@blueprint.post("/ban-hang/loai/<int:variant_id>")
@guard("seller")
def edit_pack(variant_id: int) -> ResponseReturnValue:
    """Store what a pack says and costs."""
    stands = variant_of(db.session(), g.stall.id, variant_id)
    form, product_id = PackForm.posted(), stands.product_id
    form.stands_vnd = stands.price_vnd
    if not form.validate():
        return show_pack(variant_id, form), 422
    return try_to(
        lambda session: edit_own_pack(
            session, seller_id=g.stall.id, variant_id=variant_id, fields=form.pack,
            seen=form.da_xem.data or "", **acting(),
        ),
        show=lambda **more: show_pack(variant_id, form, **more),
        then=lambda _: done(f"/ban-hang/hang/{product_id}", "luu"),
    )  # fmt: skip


@blueprint.post("/ban-hang/loai/<int:variant_id>/nghi")
@guard("seller")
def retire_pack(variant_id: int) -> ResponseReturnValue:
    """Sell a pack no more."""
    return try_to(
        lambda session: (
            own_pack(session, g.stall.id, variant_id),
            catalogue.retire_variant(session, variant_id=variant_id, **acting()),
        )[0],
        show=lambda **more: show_pack(variant_id, **more),
        then=lambda product_id: done(f"/ban-hang/hang/{product_id}", "nghi-loai"),
    )


@blueprint.get("/ban-hang/loai/<int:variant_id>/kho")
@guard("seller")
def stock_page(variant_id: int) -> ResponseReturnValue:
    """How many there are, and why that changed."""
    return show_stock(variant_id)


@blueprint.post("/ban-hang/loai/<int:variant_id>/kho")
@guard("seller")
def count(variant_id: int) -> ResponseReturnValue:
    """What she counted."""
    form = CountForm.posted()
    variant_of(db.session(), g.stall.id, variant_id)
    if not form.validate():
        return show_stock(variant_id, form), 422
    return try_to(
        lambda session: count_stock(
            session, variant_id=variant_of(session, g.stall.id, variant_id).id,
            on_hand=form.on_hand.data, reason=form.reason.data or "", actor_id=current_user.id,
            now=acting()["now"],
        ),
        show=lambda **more: show_stock(variant_id, form, **more),
        then=lambda _: done(f"/ban-hang/loai/{variant_id}/kho", "luu"),
    )  # fmt: skip
