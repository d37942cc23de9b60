"""Ordering ahead: opened, put off and closed from the page of a pack's stock."""

from flask import g
from flask.typing import ResponseReturnValue

from shop.accounts.acting import acting
from shop.catalogue.queries import variant_of
from shop.db import db
from shop.ordering.queries import holds
from shop.selling.actions import preorders
from shop.selling.forms.preorders import DelayForm, PreorderForm
from shop.selling.views.blueprint import blueprint, done
from shop.selling.views.goods import show_stock
from shop.web.guards import guard
from shop.web.replies import try_to


@blueprint.post("/ban-hang/loai/<int:variant_id>/dat-truoc")
@guard("seller")
def preorder_opened(variant_id: int) -> ResponseReturnValue:
    """Let buyers order a pack before it is there."""
    variant_of(db.session(), g.stall.id, variant_id)
    form = PreorderForm.posted()
    if not form.validate():
        return show_stock(variant_id, preorder_form=form), 422
    return try_to(
        lambda session: preorders.open_own(
            session, seller_id=g.stall.id, variant_id=variant_id, ready_on=form.ready_on.data,
            cap=form.cap.data, **acting(),
        ),
        show=lambda **more: show_stock(variant_id, preorder_form=form, **more),
        then=lambda _: done(f"/ban-hang/loai/{variant_id}/kho", "dat-truoc"),
    )  # fmt: skip


@blueprint.post("/ban-hang/loai/<int:variant_id>/dat-truoc/doi")
@guard("seller")
def preorder_moved(variant_id: int) -> ResponseReturnValue:
    """Put off the day, and tell everybody who waits why."""
    variant_of(db.session(), g.stall.id, variant_id)
    form = DelayForm.posted()
    if not form.validate():
        return show_stock(variant_id, preorder_form=form), 422
    return try_to(
        lambda session: preorders.put_off_own(
            session, seller_id=g.stall.id, variant_id=variant_id, ready_on=form.ready_on.data,
            reason=form.late_for.data or "", holds=holds(), **acting(),
        ),
        show=lambda **more: show_stock(variant_id, preorder_form=form, **more),
        then=lambda _: done(f"/ban-hang/loai/{variant_id}/kho", "doi-ngay"),
    )  # fmt: skip


@blueprint.post("/ban-hang/loai/<int:variant_id>/dat-truoc/dong")
@guard("seller")
def preorder_closed(variant_id: int) -> ResponseReturnValue:
    """Take no more orders ahead."""
    return try_to(
        lambda session: preorders.close_own(
            session, seller_id=g.stall.id, variant_id=variant_id, **acting()
        ),
        show=lambda **more: show_stock(variant_id, **more),
        then=lambda _: done(f"/ban-hang/loai/{variant_id}/kho", "thoi-dat-truoc"),
    )
