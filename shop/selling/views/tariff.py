"""Delivery fees: one table by zone, from a day on."""

from typing import Any

from flask import g
from flask.typing import ResponseReturnValue

from shop.db import db
from shop.kernel.clock import now_utc, vietnam_date
from shop.remittances.queries.bearers import bearer_on
from shop.selling.forms.stall import ZONES, TariffForm
from shop.selling.views.blueprint import blueprint, done, page
from shop.shipping.actions import open_tariff
from shop.shipping.queries import coming_tariff, tariffs
from shop.web.guards import guard
from shop.web.replies import try_to


def show_tariff(form: Any = None, **more: Any) -> str:
    today = vietnam_date(now_utc())
    if form is None:
        held = tariffs(db.session(), [g.stall.id], today)[g.stall.id]
        form = TariffForm.of(held, valid_from=today)
    return page(
        "tariff", form=form, zones=ZONES, today=today,
        coming=coming_tariff(db.session(), g.stall.id, today),
        unit_bears=bearer_on(db.session(), g.stall.id, today) is not None,
        **{"refusal": None, **more},
    )  # fmt: skip


@blueprint.get("/ban-hang/gian-hang/phi-giao")
@guard("seller")
def tariff_page() -> ResponseReturnValue:
    """The fees that hold today, ready to be changed."""
    return show_tariff()


@blueprint.post("/ban-hang/gian-hang/phi-giao")
@guard("seller")
def change_tariff() -> ResponseReturnValue:
    """Ask other fees from a day on."""
    form = TariffForm.posted()
    if not form.validate():
        return show_tariff(form), 422
    return try_to(
        lambda session: open_tariff(
            session, seller_id=g.stall.id, tariff=form.tariff, valid_from=form.valid_from.data,
            source_note=form.source_note.data or "", now=now_utc(),
        ),
        show=lambda **more: show_tariff(form, **more),
        then=lambda _: done("/ban-hang/gian-hang", "luu"),
    )  # fmt: skip
