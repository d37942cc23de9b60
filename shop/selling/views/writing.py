"""Writing an order for somebody: a message is read into fields, she looks, it is an order."""

import json
import secrets
from typing import Any

from flask import g, request
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict

from shop.accounts.acting import acting
from shop.db import db, in_transaction
from shop.kernel.amounts import read_whole
from shop.kernel.errors import NotYours, Refusal
from shop.kernel.phones import written as written_phone
from shop.ordering.actions import Placed
from shop.ordering.rules import Choice
from shop.ordering.rules.dictated import MOST_TEXT, guess
from shop.places.forms import fill_places
from shop.sellers.helping import acted_on, nothing_to_tell
from shop.selling.actions.writing import write_order
from shop.selling.forms.writing import HERE, METHODS, WrittenForm
from shop.selling.queries.writing import FEW_GOODS, offered_goods, shown_goods
from shop.selling.views.blueprint import blueprint, done, page
from shop.selling.writing_rules import is_count, read_again, read_before
from shop.shipping.queries import pickup_points
from shop.web.forms import waiting_fields
from shop.web.guards import guard
from shop.web.words import _, language, tr


def _fill(form: WrittenForm) -> WrittenForm:
    session = db.session()
    points = pickup_points(session, [g.stall.id])[g.stall.id]
    form.way.choices = [
        ("delivery", _("Giao tận nơi")),
        *((str(row.id), _("Khách đến lấy ở %(place)s", place=tr(row, "name"))) for row in points),
        (HERE, _("Đã giao tại chỗ, ở sạp")),
    ]
    form.way.data = form.way.data or "delivery"
    form.address_needed = not form.is_collected
    if form.is_here:  # Nobody has to be called: she has her goods.
        form.phone.need = None
    fill_places(form, session)
    form.attempt.data = form.attempt.data or secrets.token_hex(16)
    return form


def _show(
    form: WrittenForm, counts: dict[int, str], status: int = 200, **more: Any
) -> ResponseReturnValue:
    told = {"problem": "", "refusal": None, "guessed": None, "kept": (), **more}
    goods = offered_goods(db.session(), g.stall.id)
    shown = shown_goods(goods, form.goods.data or "", counts)
    return page(
        "write_order", form=form, goods=shown, is_many=len(goods) > FEW_GOODS, counts=counts, **told
    ), status


@blueprint.get("/ban-hang/viet-don")
@guard("seller")
def write_order_page() -> ResponseReturnValue:
    """A box for a message, and the fields of an order."""
    return _show(_fill(WrittenForm()), _typed())


def _typed() -> dict[int, str]:
    """Return {variant: how many, as it was typed}."""
    return {
        int(name[1:]): value
        for name, value in (request.form or waiting_fields()).items()
        if is_count(name) and value.strip()
    }  # fmt: skip


@blueprint.post("/ban-hang/viet-don")
@guard("seller")
def order_written() -> ResponseReturnValue:
    """Read a message into the fields, show them again, or write the order down as they stand."""
    if request.form.get("buoc") == "doc":
        return _read()
    if (
        request.form.get("buoc") != "ghi"
    ):  # "Go" on a keyboard presses the first button: nothing is done.
        return _show(_fill(WrittenForm.posted()), _typed())
    form, act = _fill(WrittenForm.posted()), acting()
    typed = _typed()
    if form.is_asking:
        return _show(form, typed)
    goods = {variant: read_whole(value) for variant, value in typed.items()}
    wrong = any(n is None or n > 999 for n in goods.values())
    if not form.validate() or wrong:
        problem = _("Số lượng chưa đúng. Ghi một số từ 1 đến 999.") if wrong else ""
        return _show(form, typed, 422, problem=problem)
    attempt = form.attempt.data or ""
    choice = Choice(
        "pickup" if form.is_collected else "delivery", form.method.data,
        form.pickup_id, note=form.note.data or "",
    )  # fmt: skip

    def write(session: Session) -> Placed:
        placed = write_order(
            session, seller_id=g.stall.id, goods={v: n or 0 for v, n in goods.items()},
            contact=form.contact, destination=form.destination, choice=choice,
            channel=form.channel.data, original=form.words.data or "",
            attempt_id=attempt if len(attempt) == 32 and attempt.isalnum() else secrets.token_hex(16),
            locale=language(), counts_cash=g.stall.may("answer_money"), **act,
        )  # fmt: skip
        if placed.replayed:
            nothing_to_tell()
        acted_on(seller_order_id=placed.seller_order_ids[0])
        return placed

    try:
        placed = in_transaction(write)
    except NotYours:
        raise
    except Refusal as refusal:
        return _show(form, typed, refusal.status, refusal=refusal)
    return done(
        f"/ban-hang/don/{placed.seller_order_ids[0]}",
        "giao-tai-cho" if form.is_here else "viet-don",
    )


def _read() -> ResponseReturnValue:
    """Show what a message seems to say in the fields that she did not fill or mend herself."""
    sent, typed = MultiDict(request.form), _typed()
    if len(sent.get("words", "")) > MOST_TEXT:
        form = _fill(WrittenForm(sent))
        form.words.validate(form)
        return _show(form, typed, 422)
    goods = offered_goods(db.session(), g.stall.id)
    found = guess(sent.get("words", ""), goods)
    others = ", ".join(written_phone(number) for number in found.others)
    read = {
        "name": found.name, "phone": written_phone(found.phone) if found.phone else "",
        "line1": found.street, "place": found.place, "method": found.method,
        "note": _("Số khác: %(numbers)s", numbers=others) if others else "",
    }  # fmt: skip
    # A list always says something: what stood in it before anything was read is not hers.
    unsaid = {"method": METHODS[0][0]}
    now = {name: sent.get(name) or unsaid.get(name, "") for name in read}
    read |= {f"n{variant}": str(n) for variant, n in found.counts.items()}
    now |= {f"n{variant}": value for variant, value in typed.items()}
    fields, kept = read_again(now, unsaid | read_before(sent.get("read", "")), read)
    counts = {
        int(name[1:]): value for name, value in fields.items() if is_count(name) and value
    }  # fmt: skip
    for name in now.keys() & fields.keys():
        sent[name] = fields[name]
    sent["read"] = json.dumps({k: v for k, v in read.items() if v}, ensure_ascii=False)
    form = _fill(WrittenForm(sent))
    named = {f"n{one.variant_id}": one.label(language()) for one in goods}
    labels = [named.get(name) or form[name].label.text for name in kept]
    return _show(form, counts, guessed=found, kept=labels)
