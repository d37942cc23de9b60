"""Packing: what all orders need together, and labels for the parcels."""

from typing import Any

from flask import g, request
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import MultiDict

from shop.db import db
from shop.kernel.clock import now_utc, vietnam_date
from shop.selling.labels import Size, labels_of, labels_pdf
from shop.selling.parcel_files import SHAPES, parcel_file
from shop.selling.queries.orders import money_of
from shop.selling.queries.parcels import MOST_PARCELS, in_their_boxes, needed, parcels
from shop.selling.views.blueprint import blueprint, page
from shop.web.files import file_answer
from shop.web.guards import guard
from shop.web.words import _


def _show(**more: Any) -> str:
    session = db.session()
    found = parcels(session, g.stall.id)
    money = money_of(session, [one.row.id for one in found]) if found else {}
    unpaid = {order_id: owed for order_id, one in money.items() if (owed := one.unpaid_vnd)}
    paid = [one for one in found if one.row.id not in unpaid]
    return page(
        "parcels", parcels=found, unpaid=unpaid, shapes=list(SHAPES.values()), needed=needed(paid),
        full=len(found) == MOST_PARCELS,
        **{"chosen": None, "size": Size.A6, "wrong": "", **more},
    )  # fmt: skip


def ids_among(sent: MultiDict[str, str]) -> list[int]:
    """Return the numbers that were ticked, as far as they are numbers."""
    ticked = (one for one in sent.getlist("don") if one.isascii() and one.isdecimal())
    return [int(one) for one in ticked if len(one) < 16][:MOST_PARCELS]


def nothing_ticked(chosen: list[int], size: str = Size.A6) -> ResponseReturnValue:
    """Show the parcels again, with why nothing of what was ticked can be done."""
    wrong = _("Chị chọn ít nhất một gói.")
    if chosen:
        wrong = _("Các gói này đã gửi đi hoặc đã huỷ. Chị chọn lại.")
    return _show(chosen=chosen, size=size, wrong=wrong), 422


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
    chosen = ids_among(request.args)
    found = parcels(db.session(), g.stall.id, only=chosen) if chosen else []
    if not found:
        return nothing_ticked(chosen, size)
    made = labels_of(found)
    if size is Size.ROLL:
        return page("labels", labels=made)
    drawn = labels_pdf(made, size, g.stall.name_vi)
    return file_answer(drawn, f"nhan-{len(made)}-goi.pdf", shown=True)


@blueprint.get("/ban-hang/goi/tep")
@guard("seller")
def parcel_file_sent() -> ResponseReturnValue:
    """The ticked parcels as the file that a carrier's site imports."""
    chosen, shape = ids_among(request.args), SHAPES.get(request.args.get("hang", ""))
    if shape is None:
        return _show(chosen=chosen or None, wrong=_("Chị chọn hãng vận chuyển.")), 422
    found = parcels(db.session(), g.stall.id, only=chosen) if chosen else []
    if not found:
        return nothing_ticked(chosen)
    # Those that buyers fetch themselves travel with no carrier; abroad is asked for by hand.
    sent = [one for one in found if one.row.delivery == "delivery" and one.row.country == "VN"]
    if not sent:
        return _show(
            chosen=chosen, wrong=_("Các gói này khách tự đến lấy hoặc gửi ra nước ngoài.")
        ), 422
    made = parcel_file(shape, in_their_boxes(db.session(), sent))
    return file_answer(made, f"goi-hang-{shape.key}-{vietnam_date(now_utc()).isoformat()}.xlsx")
