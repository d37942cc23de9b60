"""Packing: what all orders need together, and labels for the parcels."""

from typing import Any

from flask import Response, g, request
from flask.typing import ResponseReturnValue

from shop.db import db
from shop.selling.labels import Size, labels_of, labels_pdf
from shop.selling.queries.parcels import MOST_PARCELS, needed, parcels
from shop.selling.views.blueprint import blueprint, page
from shop.web.guards import guard
from shop.web.words import _


def _show(**more: Any) -> str:
    found = parcels(db.session(), g.stall.id)
    return page(
        "parcels", parcels=found, needed=needed(found), full=len(found) == MOST_PARCELS,
        **{"chosen": None, "size": Size.A6, "wrong": "", **more},
    )  # fmt: skip


def _asked() -> list[int]:
    """Return the numbers that were ticked, as far as they are numbers."""
    ticked = (one for one in request.args.getlist("don") if one.isascii() and one.isdecimal())
    return [int(one) for one in ticked if len(one) < 16][:MOST_PARCELS]


@blueprint.get("/ban-hang/goi")
@guard("seller")
def parcels_page() -> ResponseReturnValue:
    """What is to be packed: by product over all orders, then order by order."""
    return _show()


@blueprint.get("/ban-hang/goi/nhan")
@guard("seller")
def labels() -> ResponseReturnValue:
    """Labels of the ticked parcels: a PDF, or a page for a till's roll."""
    asked = request.args.get("co", Size.A6)
    size = Size(asked) if asked in list(Size) else Size.A6
    chosen = _asked()
    found = parcels(db.session(), g.stall.id, only=chosen) if chosen else []
    if not found:
        wrong = _("Chị chọn ít nhất một gói để in nhãn.")
        if chosen:
            wrong = _("Các gói này đã gửi đi hoặc đã huỷ. Chị chọn lại.")
        return _show(chosen=chosen, size=size, wrong=wrong), 422
    made = labels_of(found)
    if size is Size.ROLL:
        return page("labels", labels=made)
    answer = Response(labels_pdf(made, size, g.stall.name_vi), mimetype="application/pdf")
    answer.headers["Content-Disposition"] = f'inline; filename="nhan-{len(made)}-goi.pdf"'
    return answer
