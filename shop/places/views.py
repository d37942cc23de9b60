"""What the address field asks while somebody types. Pages work without it."""

import json

from flask import Blueprint, Response, abort, request

from shop.db import db
from shop.places.forms import hit_note, hit_text, province_label, ward_option
from shop.places.queries import find_provinces, find_wards, units, wards_of
from shop.web.guards import guard
from shop.web.pages import keep_out
from shop.web.words import _

blueprint = Blueprint("places", __name__)

#: Names of places change by decree, not by the hour.
KEPT_SECONDS = 3600


@blueprint.get("/dia-chi/tim")
@guard("anyone")
def found_places() -> Response:
    """Return the wards that a text may mean: today's and old names.

    A province that the text names comes first, without a ward: its list is one step away.
    """
    session, text = db.session(), request.args.get("q", "")
    hits = find_wards(session, text)
    return _kept([
        {"code": "", "province": h.code, "label": province_label(h),
         "note": _("Chọn xã, phường trong danh sách"), "text": ""}
        for h in find_provinces(units(session), text)
    ] + [
        {"code": h.ward_code, "province": h.province_code, "label": h.label,
         "note": hit_note(h), "text": hit_text(h)}
        for h in hits
    ])  # fmt: skip


@blueprint.get("/dia-chi/tinh/<string(length=2):code>")
@guard("anyone")
def wards_of_province(code: str) -> Response:
    """Return the wards of a province, as the select shows them."""
    rows = wards_of(db.session(), code)
    if not rows:
        abort(404)
    return _kept([{"code": row.code, "label": ward_option(row)} for row in rows])


def _kept(found: list[dict[str, str]]) -> Response:
    keep_out()
    answer = Response(json.dumps(found, ensure_ascii=False), mimetype="application/json")
    answer.headers["Cache-Control"] = f"public, max-age={KEPT_SECONDS}"
    return answer
