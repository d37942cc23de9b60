"""The cart's page and what can be done on it. Goods come from their pages, in ``listings``."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, Response, abort, make_response, redirect, render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from shop.db import db, in_transaction
from shop.fundraising.rules import CampaignNotOpen
from shop.kernel.clock import now_utc, vietnam_date
from shop.kernel.codes import read_code
from shop.kernel.errors import Refusal
from shop.ordering import actions, browser, queries
from shop.ordering.forms import CartGiftForm, ChangeForm, chosen_variant
from shop.ordering.queries.sharing import told_of
from shop.ordering.rules import CartLine, Draft, Part, by_stall, draft_order, near
from shop.places.queries import provinces
from shop.shipping.queries import tariffs
from shop.shipping.rules import Destination, FeeRange, fee_range
from shop.web.guards import guard
from shop.web.links import path
from shop.web.words import _

blueprint = Blueprint("ordering", __name__)


@dataclass(frozen=True, slots=True)
class MakerLines:
    """One maker's box on the page. ``part`` leaves out what cannot be bought now."""

    stall: Any
    lines: tuple[CartLine, ...]
    part: Part | None
    #: Lowest and highest fee, while nobody knows where it goes.
    fees: FeeRange | None


@blueprint.get("/gio")
@guard("visitor")
def cart() -> ResponseReturnValue:
    return cart_page()


@blueprint.post("/gio/doi")
@guard("visitor")
def change() -> ResponseReturnValue:
    form = ChangeForm.posted()
    if not form.validate() or not form.mon.data:
        wrong = form.so.errors[0] if form.so.errors else _("Anh/chị chọn lại món cần đổi.")
        typed = {form.mon.data: form.so.text} if form.mon.data else {}
        return cart_page(problem=str(wrong), typed=typed, status=422)
    return changed(
        lambda session, cart_id: actions.set_quantities(
            session,
            cart_id=cart_id,
            quantities={form.mon.data: form.quantity},
            now=now_utc(),
            seen_vnd={form.mon.data: form.seen_vnd} if form.seen_vnd is not None else None,
        ),
        "sua-gio" if form.quantity else "",
        f"mon-{form.mon.data}" if form.quantity else "da-bo",
    )


@blueprint.post("/gio/bo")
@guard("visitor")
def remove() -> ResponseReturnValue:
    variant_id = chosen_variant(request.form)
    return changed(
        lambda session, cart_id: actions.remove_from_cart(
            session, cart_id=cart_id, variant_id=variant_id, now=now_utc()
        ),
        "",
        "da-bo",
    )


@blueprint.post("/gio/hoan-tac")
@guard("visitor")
def undo() -> ResponseReturnValue:
    return changed(
        lambda session, cart_id: actions.undo_removal(session, cart_id=cart_id, now=now_utc()),
        "tra-lai-gio",
    )


@blueprint.post("/gio/vua-hang")
@guard("visitor")
def fit() -> ResponseReturnValue:
    return changed(
        lambda session, cart_id: actions.fit_cart_to_stock(session, cart_id=cart_id, now=now_utc()),
        "sua-gio",
    )


@blueprint.post("/gio/noi-giao")
@guard("visitor")
def place() -> ResponseReturnValue:
    code = request.form.get("tinh", "")
    if code not in {province.code for province in provinces(db.session())}:
        return cart_page(problem=_("Anh/chị chọn một tỉnh trong danh sách."), status=422)
    return browser.remember_place(make_response(redirect(path("/gio"), 303)), code)


@blueprint.post("/gio/gop")
@guard("visitor")
def give() -> ResponseReturnValue:
    """Let a gift to a running campaign go with the cart; one that lies there gives way to it."""
    form, now = CartGiftForm.posted(), now_utc()
    wanted = queries.gift_named(
        db.session(), code=read_code(form.dot.data or "")[:12], amount_vnd=0, rounds_up=False,
        now=now,
    )  # fmt: skip
    if wanted is None:
        abort(404)
    if not form.validate():
        return cart_page(gift_form=form, asked=wanted, status=422)
    if not wanted.takes:
        return cart_page(refusal=CampaignNotOpen(), status=CampaignNotOpen.status)
    return changed(
        lambda session, cart_id: actions.put_gift(
            session, cart_id=cart_id, campaign_id=wanted.campaign_id, amount_vnd=form.vnd,
            rounds_up=form.rounds_up, now=now,
        ),
        "gop-vao-gio",
        "gop",
    )  # fmt: skip


@blueprint.post("/gio/gop/bo")
@guard("visitor")
def give_no_more() -> ResponseReturnValue:
    return changed(
        lambda session, cart_id: actions.take_gift_out(session, cart_id=cart_id), "bo-gop", "gop"
    )


def changed(work: Callable[[Session, int], None], said: str, at: str = "") -> Response:
    """Change the visitor's cart and show it, from ``at`` on; a refusal shows it with the reason."""

    def all_of_it(session: Session) -> None:
        work(session, browser.open_cart(session))

    try:
        in_transaction(all_of_it)
    except Refusal as refusal:
        if refusal.status == 404:
            raise
        return cart_page(refusal=refusal, status=refusal.status)
    back = path("/gio") + (f"?da={said}" if said else "") + (f"#{at}" if at else "")
    return browser.keep_cart(make_response(redirect(back, 303)))


def cart_page(
    *,
    status: int = 200,
    refusal: Refusal | None = None,
    problem: str = "",
    typed: dict[int, str] | None = None,
    gift_form: CartGiftForm | None = None,
    asked: queries.GiftBeside | None = None,
) -> Response:
    """Show the cart.

    Args:
        problem: what is wrong with a number; typed: that number, by variant.
        gift_form: what was typed for a gift and refused; asked: the campaign that it was for.
    """
    session = db.session()
    _, lines, removed = queries.whole_cart(
        session, token=browser.token(), account_id=browser.account_id(), now=now_utc()
    )
    browser.count_is(len(lines))
    all_provinces = provinces(session) if lines else []
    goes_to = browser.destination(all_provinces) if lines else None
    makers = _makers(session, lines, goes_to)
    gift = asked or queries.gift_beside(
        session, token=browser.token(), account_id=browser.account_id(), now=now_utc(),
        near=near(lines),
    )  # fmt: skip
    page = render_template(
        "ordering/cart.html",
        makers=makers,
        removed=removed,
        faces=queries.faces(session, [line.product_id for line in lines]) if lines else {},
        destination=goes_to,
        provinces=all_provinces,
        count=len(lines),
        blocked=any(not line.buyable for line in lines),
        items_vnd=sum(each.part.items_vnd for each in makers if each.part),
        refusal=refusal,
        problem=problem,
        typed=typed or {},
        added=next(
            (each for each in lines if str(each.variant_id) == request.args.get("mon")), None
        ),
        left_out=queries.names_of_goods(session, missing) if (missing := _left_out()) else (),
        gift=gift,
        gift_form=gift_form or CartGiftForm(amount="20000"),
        told=told_of(session, Draft(tuple(each.part for each in makers if each.part)), now_utc()),
    )
    return make_response(page, status)


def _left_out() -> list[int]:
    """Return which variants of an order that is ordered again could not go into the cart."""
    named = request.args.get("thieu", "")[:600].split(".")
    return [int(one) for one in named if one.isascii() and one.isdecimal() and len(one) < 10]


def _makers(
    session: Session, lines: list[CartLine], goes_to: Destination | None
) -> list[MakerLines]:
    """Return the boxes of the page, with fees for where it goes or as a range."""
    on = vietnam_date(now_utc())
    of_sellers = tariffs(session, {line.stall.id for line in lines}, on) if lines else {}
    draft = draft_order(
        [line for line in lines if line.buyable],
        destination=goes_to or Destination(),
        choices={},
        tariffs=of_sellers,
        ordered_on=on,
    )
    parts = {part.stall.key: part for part in draft.parts}
    return [
        MakerLines(
            stall,
            of_stall,
            part := parts.get(stall.key),
            fee_range(of_sellers[stall.id], [line.packed for line in part.lines], part.items_vnd)
            if part and goes_to is None and stall.market is None
            else None,
        )
        for stall, of_stall in by_stall(lines)
    ]
