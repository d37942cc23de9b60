"""Checkout: one page, one attempt, at most one order."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from flask import make_response, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_login import current_user
from sqlalchemy.orm import Session

from shop.accounts.queries import account, contact_of, saved_addresses
from shop.accounts.rules import TermsChanged
from shop.accounts.terms import current_terms
from shop.buying import actions
from shop.buying.forms import CheckoutForm, PartForm, body_digest, part_forms
from shop.buying.guards import fill_no_more, give_pass, order_to_fill_from
from shop.buying.queries import CheckoutView, checkout_view
from shop.buying.rules import Level
from shop.buying.views.blueprint import blueprint
from shop.current import vault
from shop.db import db, in_transaction
from shop.kernel.clock import now_utc, vietnam_date
from shop.kernel.codes import read_code
from shop.kernel.errors import Refusal, TooMany
from shop.kernel.sealing import token_digest
from shop.markets.queries.sessions import pickups_of_sessions
from shop.ordering import browser
from shop.ordering.actions import Placed, fit_cart_to_stock
from shop.ordering.queries import (
    GiftBeside,
    Named,
    WholeCart,
    faces,
    gift_beside,
    gift_named,
    holds,
    order_page,
    whole_cart,
)
from shop.ordering.rules import PartKey, Stall, by_stall, near
from shop.payments.methods.online import offered
from shop.places.forms import address_data, fill_places
from shop.places.rules.addresses import Address
from shop.shipping.queries import pickup_points
from shop.shipping.rules import Destination
from shop.vouchers.rules import (
    VoucherRefused,
    VoucherTooManyTries,
    VoucherUnknown,
    read_voucher_code,
)
from shop.web.guards import guard
from shop.web.limits import Crowd, count, limit, limit_in_crowd, uncount, visitor_key
from shop.web.links import path
from shop.web.words import language, tr

#: Codes that there are not, from one address; many households may have the same one.
_GUESSES = "90 per hour"
#: When a neighbour has used those up: wrong codes of one cart, whose buyer may be just mistyping …
_OWN_GUESSES = "3 per hour"
#: … and of all such carts at the address: whoever guesses can fill one cart after another.
_MORE_GUESSES = "300 per hour"
#: Orders. Of one cart, its buyer changes a figure or two; whoever holds goods up fills others.
_ORDERS = Crowd("60 per hour", own="6 per hour", more="600 per hour")
#: What was counted: (rate, kind, whose).
Count = tuple[str, str, str]


@dataclass
class Sheet:
    """The checkout as it stands: forms, figures and offers."""

    form: CheckoutForm
    parts: dict[PartKey, PartForm]
    cart: WholeCart
    points: dict[PartKey, list[Any]]
    saved: list[dict[str, Any]]

    @cached_property
    def view(self) -> CheckoutView:
        """The figures, for a page that shows them: placing works them out under its lock."""
        named, counted = _named(self.form, self.cart)
        view = checkout_view(
            db.session(),
            lines=self.cart.lines,
            points=self.points,
            destination=self.form.destination,
            choices={key: part.choice("") for key, part in self.parts.items()},
            voucher=named,
            now=now_utc(),
        )
        if isinstance(named, Named):
            _count_only_new_guesses(named, counted, view, self.cart)
        return view

    @cached_property
    def gift(self) -> GiftBeside | None:
        """The campaign that she gives to with this order, or is asked about."""
        code = read_code(self.form.fund_code.data or "")[:12]
        if not code:
            return None
        return gift_named(
            db.session(), code=code, rounds_up=bool(self.form.fund_round.data), now=now_utc(),
            amount_vnd=self.form.offered_vnd if self.form.fund_keep.data else 0,
        )  # fmt: skip

    @property
    def gift_vnd(self) -> int:
        """What she gives as the page stands; 0 too while the order's sum is not known."""
        if self.gift is None or not self.gift.takes:
            return 0
        rounds_up = self.view.is_final and not self.view.draft.needs_quote
        return self.gift.total_vnd(self.view.draft.total_vnd) if rounds_up else self.gift.amount_vnd

    @property
    def wish(self) -> actions.GiftWish | None:
        """What she asks to give; only of a form that was found right."""
        gift = self.gift
        if gift is None or not (gift.amount_vnd or gift.rounds_up):
            return None
        return actions.GiftWish(
            gift, named=bool(self.form.fund_named.data), message=self.form.fund_message.data or "",
            method="card" if self.form.fund_by.data == "card" and self.cards else "transfer",
        )  # fmt: skip

    @property
    def cards(self) -> bool:
        """Whether a gift can be paid by card."""
        return "card" in offered(db.session())

    @property
    def wrong(self) -> list[tuple[str, str]]:
        """What is wrong in the makers' parts: (id of the input, whose it is and sentence)."""
        return [
            (
                f"{field.id}-0" if field.short_name != "note" else field.id,
                f"{_whose(part)}: {field.errors[0]}",
            )
            for part in self.parts.values()
            if part.is_shown
            for field in part
            if field.errors
        ]

    @property
    def can_fit(self) -> bool:
        """Whether something in the cart ran short, and goods stay when it is trimmed to fit."""
        lines = self.cart.lines
        return any(not line.buyable for line in lines) and any(
            line.on_sale and line.available > 0 for line in lines
        )

    @property
    def needs_address(self) -> bool:
        return any(not part.is_pickup for part in self.parts.values())


def _whose(part: PartForm) -> str:
    market = part.stall.market
    return tr(part.stall, "name") if market is None else tr(market, "title")


def _named(
    form: CheckoutForm, cart: WholeCart
) -> tuple[Named | VoucherRefused | None, list[Count]]:
    """Return the voucher that she named, counted as a guess until it turns out to be right."""
    code = form.voucher.data or ""
    if not read_voucher_code(code):
        return VoucherUnknown(voucher_code="") if code.strip() else None, []
    try:
        counted = _count_a_try(cart)
    except TooMany as refusal:
        return VoucherTooManyTries(
            voucher_code=read_voucher_code(code), retry_after_s=refusal.retry_after_s
        ), []
    phone = form.phone.data
    person = current_user.id if current_user.is_authenticated else None
    return Named(code, vault().index("phone", phone.e164) if phone else "", person), counted


def _count_a_try(cart: WholeCart) -> list[Count]:
    """Count a try of a code, and return where.

    Raises:
        TooMany: the address guessed too much, and this cart as well.
    """
    try:
        limit(*(here := (_GUESSES, "voucher", visitor_key())))
    except TooMany:
        limit(*(own := _own(cart)))
        limit(*(more := (_MORE_GUESSES, "voucher-more", visitor_key())))
        return [own, more]
    return [here]


def _own(cart: WholeCart) -> Count:
    return _OWN_GUESSES, "voucher-of-cart", str(cart.id)


def _count_only_new_guesses(
    named: Named, counted: list[Count], view: CheckoutView, cart: WholeCart
) -> None:
    """Give a try back for a code that there is, and for a wrong one that was counted before.

    Many households look at their figures from one address: they use up nothing.
    """
    draft, code = view.draft, read_voucher_code(named.code)
    unknown = draft.refused is None or isinstance(draft.refused, VoucherUnknown)
    try:
        if draft.voucher is None and unknown:
            limit("1 per hour", "voucher-guess", visitor_key(), code)
            if (own := _own(cart)) not in counted:
                count(*own)
            return
    except TooMany:
        pass
    for one in counted:
        uncount(*one)


@blueprint.get("/dat-hang")
@guard("visitor")
def checkout() -> ResponseReturnValue:
    return _page(
        _sheet(CheckoutForm(data={"voucher": browser.slip_code(), **_known_before()}), posted=False)
    )


@blueprint.post("/dat-hang")
@guard("visitor")
def order() -> ResponseReturnValue:
    form = CheckoutForm.posted()
    step = request.form.get("step")
    looking = form.is_asking or step == "look"
    sheet = _sheet(form, posted=True, choosing=looking or form.shown_total_vnd < 0)
    if looking:
        return _page(sheet)
    if step == "fit":
        return _fitted(sheet)
    form.address_needed = sheet.needs_address
    if not all([form.validate(), *(part.validate() for part in sheet.parts.values())]):
        return _page(sheet, status=422)
    if any(part.is_turned for part in sheet.parts.values()):
        return _page(sheet)  # She has not seen yet how a gift is paid.
    if form.shown_total_vnd < 0 and sheet.parts:
        return _page(sheet, looked=True)  # The fee was not known when she pressed the button.
    try:
        _count_an_order(form.phone.data.e164, sheet.cart)
    except TooMany as refusal:
        page, status = _page(sheet, status=refusal.status, refusal=refusal)
        return page, status, {"Retry-After": str(refusal.retry_after_s)}
    named, counted = _named(form, sheet.cart) if form.voucher_code else (None, [])
    if isinstance(named, VoucherTooManyTries):
        return _page(sheet, status=429)
    try:
        placed = _place(sheet)
    except Refusal as refusal:
        again = _sheet(form, posted=True)
        return _page(again, status=refusal.status, refusal=refusal)
    finally:
        for one in counted:  # A wrong one is counted by the page that says so.
            uncount(*one)
    return _thanks(placed, form)


def _count_an_order(phone: str, cart: WholeCart) -> None:
    """Count a try to order.

    Raises:
        TooMany: of this phone; or of the address, and then of this cart or of all such carts.
    """
    # A phone is no secret: somebody else who types it must not use up its owner's tries.
    limit("12 per hour", "order-of", phone, visitor_key())
    limit("60 per hour", "order-of-phone", phone)
    limit_in_crowd(_ORDERS, "order", str(cart.id))


def _fitted(sheet: Sheet) -> ResponseReturnValue:
    """Trim the cart to what is there, and show what it comes to now: nothing is ordered."""
    in_transaction(lambda session: fit_cart_to_stock(session, cart_id=sheet.cart.id, now=now_utc()))
    return _page(_sheet(sheet.form, posted=True, choosing=True), trimmed=True)


@blueprint.post("/dat-hang/tinh")
@guard("visitor")
def figures() -> ResponseReturnValue:
    """The parts of the page that follow from what was chosen, for the small script."""
    sheet = _sheet(CheckoutForm.posted(), posted=True, choosing=True)
    return render_template("buying/_figures.html", **_words_for(sheet))


def _sheet(form: CheckoutForm, *, posted: bool, choosing: bool = False) -> Sheet:
    session = db.session()
    fill_places(form, session)
    form.read_phones()
    cart = whole_cart(
        session, token=browser.token(), account_id=browser.account_id(), now=now_utc()
    )
    browser.count_is(len(cart.lines))
    stalls = by_stall(cart.lines)
    points = _points(session, [stall for stall, _lines in stalls])
    parts = part_forms(
        stalls, points, abroad=form.is_abroad, gift=bool(form.receiver_name.data), posted=posted,
        choosing=choosing,
    )  # fmt: skip
    saved = saved_addresses(session, current_user.id) if current_user.is_authenticated else []
    if not posted:
        form.show_gift(
            gift_beside(
                session, token=browser.token(), account_id=browser.account_id(), now=now_utc(),
                near=near(cart.lines),
            )
        )  # fmt: skip
    return Sheet(form, parts, cart, points, saved)


def _points(session: Session, stalls: list[Stall]) -> dict[PartKey, list[Any]]:
    """Return where each part can be collected: at the maker's own points, or at the market's."""
    own = [stall.id for stall in stalls if stall.market is None]
    found: dict[PartKey, list[Any]] = {**pickup_points(session, own)} if own else {}
    markets = {stall.market.id for stall in stalls if stall.market is not None}
    places = pickups_of_sessions(session, markets) if markets else {}
    for stall in stalls:
        if stall.market is not None:
            found[stall.key] = [
                place
                for place in places.get(stall.market.id, ())
                if place.max_orders is None or place.taken < place.max_orders
            ]
    return found


def _known_before() -> dict[str, Any]:
    """Return what the page can fill in by itself: the account, a saved address, the cart's ward."""
    session = db.session()
    known: dict[str, Any] = {}
    if current_user.is_authenticated:
        person = account(session, current_user.id)
        contact = contact_of(person)
        known = {"name": person.name, "phone": contact["phone"], "email": contact["email"] or ""}
        wanted = request.args.get("dia-chi", "")
        addresses = saved_addresses(session, current_user.id)
        chosen = next((a for a in addresses if str(a["id"]) == wanted), None)
        chosen = chosen or (addresses[0] if addresses else None)
        if chosen is not None:
            return known | address_data(Address.from_dict(chosen["address"]))
    elif (before := order_to_fill_from()) is not None:
        known = _as_ordered(before)
    if known.get("ward") or known.get("country"):
        return known
    near = browser.destination()
    if near is not None:
        known["province"], known["ward"] = near.province_code, near.ward_code or ""
    return known


def _as_ordered(order_id: int) -> dict[str, Any]:
    """Return what a guest wrote in the order that she orders again."""
    page = order_page(db.session(), order_id)
    if page is None or page.order.erased_at is not None:
        return {}
    order, contact = page.order, page.contact
    abroad = order.country != "VN"
    known = {
        "name": contact.name, "phone": contact.phone, "email": contact.email,
        "receiver_name": contact.receiver_name, "receiver_phone": contact.receiver_phone,
    }  # fmt: skip
    if not contact.street:  # She came for it herself.
        return known
    return known | address_data(
        Address(
            country=order.country,
            province_code=order.province_code or "",
            ward_code=order.ward_code or "",
            ward_name=order.ward_name,
            province_name=order.province_name,
            line1="" if abroad else contact.street,
            foreign_lines=contact.street if abroad else "",
        )
    )


def _place(sheet: Sheet) -> Placed:
    form = sheet.form
    now = now_utc()
    on = vietnam_date(now)
    address = form.address() if sheet.needs_address else None
    contact, digest = form.contact(address), body_digest()
    chosen = {key: part.choice(form.gift_note.data or "") for key, part in sheet.parts.items()}
    person = current_user.id if current_user.is_authenticated else None
    news = current_terms("marketing", on).version if form.news.data else None
    destination = (form.destination if sheet.needs_address else None) or Destination()
    return in_transaction(
        lambda session: actions.order_from_checkout(
            session,
            cart_id=sheet.cart.id,
            account_id=person,
            attempt_id=form.attempt.data or "",
            attempt_digest=digest,
            contact=contact,
            address=address,
            destination=destination,
            choices=chosen,
            shown_total_vnd=form.shown_total_vnd,
            shown_days=form.days_shown,
            locale=language(),
            terms_version=current_terms("ordering", on).version,
            shown_terms=form.terms.data or "",
            marketing_version=news,
            holds=holds(),
            voucher_code=form.voucher_code,
            gift=sheet.wish,
            declines_gift=form.offered_vnd > 0 and not form.fund_keep.data,
            now=now,
        )
    )


def _thanks(placed: Placed, form: CheckoutForm) -> ResponseReturnValue:
    response = make_response(redirect(path(f"/don/{placed.code}") + "?da=dat-hang", 303))
    give_pass(response, placed.code, token_digest(placed.link_token), Level.KNOWN, now_utc())
    if form.chosen is not None:
        browser.remember_place(response, form.chosen.code)
    fill_no_more(response)
    return browser.let_go_of_slip(response)


def _words_for(sheet: Sheet) -> dict[str, Any]:
    return {"form": sheet.form, "parts": sheet.parts, "view": sheet.view, "sheet": sheet}


def _page(
    sheet: Sheet, *, status: int = 200, refusal: Refusal | None = None, looked: bool = False,
    trimmed: bool = False,
) -> tuple[str, int]:  # fmt: skip
    sheet.form.fresh_attempt()
    terms = current_terms("ordering", vietnam_date(now_utc()))
    if isinstance(refusal, TermsChanged):
        sheet.form.agree.data = False  # To another text: she ticks again, all else stays.
    sheet.form.terms.data = terms.version
    products = [line.product_id for part in sheet.view.draft.parts for line in part.lines]
    page = render_template(
        "buying/checkout.html",
        refusal=refusal,
        looked=looked,
        trimmed=trimmed,
        faces=faces(db.session(), products) if products else {},
        terms=terms,
        **_words_for(sheet),
    )
    return page, status
