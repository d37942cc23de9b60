"""Writing an order for somebody: a message is read into fields, she looks, it is an order."""

import secrets
from typing import Any

from flask import g, request
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import MultiDict

from shop.db import db, in_transaction
from shop.kernel.amounts import read_whole
from shop.kernel.errors import NotYours, Refusal
from shop.kernel.phones import written as written_phone
from shop.ordering.rules import Choice
from shop.ordering.rules.dictated import guess
from shop.places.forms import fill_places
from shop.selling.actions.writing import write_order
from shop.selling.forms.writing import WrittenForm
from shop.selling.queries.writing import offered_goods
from shop.selling.views.blueprint import actor, blueprint, done, page
from shop.shipping.queries import pickup_points
from shop.web.guards import guard
from shop.web.words import _, language, tr


def _fill(form: WrittenForm) -> WrittenForm:
    session = db.session()
    points = pickup_points(session, [g.stall.id])[g.stall.id]
    form.way.choices = [
        ("delivery", _("Giao tận nơi")),
        *((str(row.id), _("Khách đến lấy ở %(place)s", place=tr(row, "name"))) for row in points),
    ]
    form.way.data = form.way.data or "delivery"
    form.address_needed = form.pickup_id is None
    fill_places(form, session)
    form.attempt.data = form.attempt.data or secrets.token_hex(16)
    return form


def _show(
    form: WrittenForm, counts: dict[int, str], status: int = 200, **more: Any
) -> ResponseReturnValue:
    told = {"problem": "", "refusal": None, "guessed": None, **more}
    goods = offered_goods(db.session(), g.stall.id)
    return page("write_order", form=form, goods=goods, counts=counts, **told), status


@blueprint.get("/ban-hang/viet-don")
@guard("seller")
def write_order_page() -> ResponseReturnValue:
    """A box for a message, and the fields of an order."""
    return _show(_fill(WrittenForm()), {})


@blueprint.post("/ban-hang/viet-don")
@guard("seller")
def order_written() -> ResponseReturnValue:
    """Read a message into the fields, or write the order down as they stand."""
    if request.form.get("buoc") == "doc":
        return _read()
    form, act = _fill(WrittenForm.posted()), actor()
    typed = {
        int(name[1:]): value
        for name, value in request.form.items()
        if name[:1] == "n" and name[1:].isascii() and name[1:].isdecimal() and len(name) < 16
        and value.strip()
    }  # fmt: skip
    if form.is_asking:
        return _show(form, typed)
    goods = {variant: read_whole(value) for variant, value in typed.items()}
    wrong = any(n is None or n > 999 for n in goods.values())
    if not form.validate() or wrong:
        problem = _("Số lượng chưa đúng. Ghi một số từ 1 đến 999.") if wrong else ""
        return _show(form, typed, 422, problem=problem)
    attempt = form.attempt.data or ""
    choice = Choice(
        "delivery" if form.pickup_id is None else "pickup", form.method.data,
        form.pickup_id, note=form.note.data or "",
    )  # fmt: skip
    try:
        placed = in_transaction(
            lambda session: write_order(
                session, seller_id=g.stall.id, goods={v: n or 0 for v, n in goods.items()},
                contact=form.contact, destination=form.destination, choice=choice,
                channel=form.channel.data, original=form.words.data or "",
                attempt_id=attempt if len(attempt) == 32 and attempt.isalnum() else secrets.token_hex(16),
                locale=language(), **act,
            )
        )  # fmt: skip
    except NotYours:
        raise
    except Refusal as refusal:
        return _show(form, typed, refusal.status, refusal=refusal)
    return done(f"/ban-hang/don/{placed.seller_order_ids[0]}", "viet-don")


def _read() -> ResponseReturnValue:
    """Show what a message seems to say in the fields; what was typed there already stays."""
    sent = MultiDict(request.form)
    found = guess(sent.get("words", ""), offered_goods(db.session(), g.stall.id))
    read = {
        "name": found.name, "phone": written_phone(found.phone) if found.phone else "",
        "line1": found.street, "place": found.place,
    }  # fmt: skip
    for name, value in read.items():
        if value and not sent.get(name, "").strip():
            sent[name] = value
    counts = {variant: str(n) for variant, n in found.counts.items()}
    return _show(_fill(WrittenForm(sent)), counts, guessed=found)
