"""Turning a cart into an order: one short transaction with few statements."""

import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import bindparam, delete, select
from sqlalchemy.orm import Session

from shop.current import vault
from shop.db import is_sqlite
from shop.kernel.clock import vietnam_date
from shop.kernel.codes import random_code
from shop.kernel.sealing import token_digest
from shop.markets.actions.orders import Bought, take_order
from shop.markets.queries.sessions import pickups_of_sessions
from shop.ordering import queries
from shop.ordering.actions.slips import spend_for_order
from shop.ordering.events import OrderPlaced
from shop.ordering.models import Cart, CartItem, LineItem, Order, SellerOrder, SellerOrderMove
from shop.ordering.queries import Named
from shop.ordering.rules import (
    AttemptReused,
    CartLine,
    Choice,
    Contact,
    Draft,
    Holds,
    Part,
    PartKey,
    SellerOrderState,
    Sharing,
    check_draft,
    clock_begins,
    draft_order,
    reserved_until,
    sharing_of,
)
from shop.outbox import relay
from shop.prepared import Prepared, PreparedInsert
from shop.sellers.queries import payees_of
from shop.shares.queries import share_book
from shop.shipping.queries import pickup_points, tariffs
from shop.shipping.rules import Destination
from shop.stock.actions import promise
from shop.stock.rules import NotEnoughStock, Units
from shop.vouchers.actions import use_voucher
from shop.vouchers.rules import Voucher, VoucherChanged, VoucherRefused, VoucherUnknown

#: Characters of an order code: short enough to read aloud, far too many to guess.
CODE_LENGTH = 8

_INTO_ORDERS = PreparedInsert(
    Order, lambda insert: insert.on_conflict_do_nothing().returning(Order.__table__.c.id)
)
_INTO_PARTS = PreparedInsert(
    SellerOrder, lambda insert: insert.returning(SellerOrder.__table__.c.id)
)
_INTO_LINES = PreparedInsert(LineItem)
_INTO_MOVES = PreparedInsert(SellerOrderMove)


@Prepared
def _locked_cart() -> Any:
    return select(Cart.id).where(Cart.id == bindparam("cart")).with_for_update()


@Prepared
def _of_attempt() -> Any:
    return select(
        Order.id, Order.code, Order.attempt_digest, Order.link_nonce, Order.link_digest
    ).where(Order.attempt_id == bindparam("attempt"))


@Prepared
def _out_of_cart() -> Any:
    items: Any = CartItem.__table__
    return delete(items).where(
        items.c.cart_id == bindparam("cart"), items.c.variant_id == bindparam("variant")
    )


@dataclass(frozen=True, slots=True)
class Placed:
    """What came of an attempt. ``replayed``: the order stood already, nothing was stored."""

    order_id: int
    code: str
    link_token: str
    seller_order_ids: list[int]
    replayed: bool = False


def place_order(
    session: Session,
    *,
    cart_id: int,
    account_id: int | None,
    attempt_id: str,
    attempt_digest: str,
    contact: Contact,
    destination: Destination,
    choices: Mapping[Any, Choice],
    shown_total_vnd: int,
    locale: str,
    terms_version: str,
    holds: Holds,
    voucher_code: str = "",
    slip_most_vnd: int | None = None,
    now: datetime,
    online: Mapping[str, int] | None = None,
    late: bool = False,
    actor_kind: str = "buyer",
    written_by_id: int | None = None,
    at_stall: bool = False,
    shown_days: Mapping[int, date] | None = None,
) -> Placed:
    """Turn a cart into an order with one part per seller, and promise the stock to it.

    Sending the same attempt again returns the order that already came of it, so a
    double click buys once. Parts whose fee nobody knows yet wait for a quote.

    Args:
        attempt_id: made once per rendered checkout page, at most 40 characters.
        attempt_digest: of what was sent (``rules.attempt_digest``).
        choices: by ``Stall.key``: a seller's id, or her part at a market.
        shown_total_vnd: the total on the page that the buyer confirmed.
        voucher_code: as she typed it; "" for none, also when the page said that it does not
            hold and she orders all the same.
        slip_most_vnd: a market slip pays no more of it than this; None: as far as it goes.
        online: who is paid, by each way of paying on another page that is offered now.
        late: an officer writes a market's order down after its close.
        actor_kind: who writes it down: the buyer herself, or whoever does it for her.
        written_by_id: the account of whoever does it for her.
        at_stall: sold to somebody who stands there, on market day or at the seller's own stall:
            she may name no phone, and the seller hands her goods over on the spot.
        shown_days: what she was told is ordered ahead, by variant, and from which day it is sent.

    Raises:
        AttemptReused, EmptyCart, LineGone, OrderedAhead, AddressNeeded, PickupNotOffered,
        MethodNotOffered, VoucherChanged, PriceChanged, MarketClosed, MarketFull, PickupFull,
        OfferShort, NotEnoughStock: nothing is stored.
    """
    if not is_sqlite(session):  # There is one writer at a time there anyway.
        # Two tabs with one cart take turns: the second finds what the first left.
        _locked_cart.all(session, {"cart": cart_id})
    already = _made_of(session, attempt_id, attempt_digest)
    if already is not None:
        return already
    # Who named no number is nobody's regular buyer.
    phone_index = vault().index("phone", contact.phone) if contact.phone else ""
    draft = _draft(
        session, cart_id, destination, choices,
        Named(voucher_code, phone_index, account_id, slip_most_vnd) if voucher_code else None, now,
        late=late,
    )  # fmt: skip
    if at_stall and draft.voucher is not None and draft.voucher.slip_id is None:
        # Limits of a voucher count by phone, and who stands at a stall names none.
        raise VoucherChanged(
            reason=VoucherUnknown(voucher_code=draft.voucher.code),
            shown_vnd=shown_total_vnd,
            actual_vnd=draft.total_vnd,
        )
    check_draft(
        draft,
        destination=destination,
        shown_total_vnd=shown_total_vnd,
        offered_points=_offered_points(session, draft, at_stall),
        online=online or (),
        shown_days=shown_days,
    )
    nonce = secrets.token_urlsafe(18)
    token = queries.new_link_token(nonce)
    sealing, sealed = vault().seal_anew(asdict(contact))
    row = {
        "attempt_id": attempt_id,
        "attempt_digest": attempt_digest,
        "account_id": account_id,
        "data_key": sealing,
        "contact": sealed,
        "phone_index": phone_index,
        "has_email": bool(contact.email),
        "country": destination.country,
        "ward_code": destination.ward_code,
        "province_code": destination.province_code,
        "ward_name": destination.ward_name,
        "province_name": destination.province_name,
        "units_version": destination.units_version,
        "locale": locale,
        "terms_version": terms_version,
        "items_vnd": draft.items_vnd,
        "shipping_vnd": draft.shipping_vnd,
        "discount_vnd": draft.discount_vnd,
        "total_vnd": draft.total_vnd,
        "placed_at": now,
        "link_nonce": nonce,
        "link_digest": token_digest(token),
    }
    made = _insert_order(session, row)
    if made is None:  # The same attempt, sent from elsewhere at the same moment, was first.
        return _made_of(session, attempt_id, attempt_digest) or _lost(attempt_id)
    order_id, code = made
    shared = _shared(session, draft, online or {}, now)
    parts = _insert_parts(session, order_id, draft, shared, holds, online or {}, now)
    _insert_lines(session, draft, shared, parts)
    _INTO_MOVES.run_all(
        session,
        [
            {
                "seller_order_id": parts[part.stall.key],
                "from_state": "",
                "to_state": _first_state(part),
                "actor_kind": actor_kind,
                "actor_id": account_id if actor_kind == "buyer" else written_by_id,
                "at": now,
            }
            for part in draft.parts
        ],
    )
    if draft.voucher is not None and draft.off_vnd:
        if draft.voucher.slip_id is not None:
            paid = {parts[part.stall.key]: part.off_vnd for part in draft.parts if part.off_vnd}
            spent_by = written_by_id or account_id  # An officer at a stall does it for her.
            spend_for_order(session, draft, draft.voucher, order_id, paid, spent_by, now)
        else:
            _count_voucher(session, draft, draft.voucher, order_id, phone_index, account_id, now)
    _count_at_markets(session, draft, order_id, late, written_by_id, now, at_stall)
    _promise(session, draft, parts, now)
    _out_of_cart.run_all(
        session,
        [
            {"cart": cart_id, "variant": line.variant_id}
            for part in draft.parts
            for line in part.lines
        ],
    )
    relay.record(session, OrderPlaced(order_id), now)
    return Placed(order_id, code, token, sorted(parts.values()))


def _draft(
    session: Session,
    cart_id: int,
    destination: Destination,
    choices: Mapping[Any, Choice],
    named: Named | None,
    now: datetime,
    *,
    late: bool,
) -> Draft:
    lines = queries.cart_lines(session, cart_id, now, late=late)
    on = vietnam_date(now)
    sellers = {line.stall.id for line in lines}
    return draft_order(
        lines,
        destination=destination,
        choices=choices,
        tariffs=tariffs(session, sellers, on) if lines else {},
        ordered_on=on,
        voucher=queries.voucher_for(session, named, sellers) if named else None,
        now=now,
    )


def _count_voucher(
    session: Session,
    draft: Draft,
    voucher: Voucher,
    order_id: int,
    phone_index: str,
    account_id: int | None,
    now: datetime,
) -> None:
    """Take one use of the voucher for this order; refused, she is asked with the total without.

    It is counted after everything that can be refused by reading, before stock: the rows
    that others wait for are held as shortly as can be.
    """
    try:
        use_voucher(
            session, voucher=voucher, order_id=order_id, phone_index=phone_index,
            account_id=account_id, amount_vnd=draft.off_vnd,
            parts=sum(part.off_vnd > 0 for part in draft.parts), now=now,
        )  # fmt: skip
    except VoucherRefused as refusal:
        raise VoucherChanged(
            reason=refusal, shown_vnd=draft.total_vnd, actual_vnd=draft.total_vnd + draft.off_vnd
        ) from None


def _count_at_markets(
    session: Session, draft: Draft, order_id: int, late: bool, written_by_id: int | None,
    now: datetime, at_stall: bool,
) -> None:  # fmt: skip
    """Count the order at each market that it has goods of, in the order of their ids."""
    of_markets: dict[int, list[Part]] = {}
    for part in draft.parts:
        if part.stall.market is not None:
            of_markets.setdefault(part.stall.market.id, []).append(part)
    for session_id, parts in sorted(of_markets.items()):
        take_order(
            session, session_id=session_id, order_id=order_id,
            pickup_id=parts[0].choice.pickup_point_id or 0,
            goods=[
                Bought(line.market_offer_id or 0, line.quantity, line.unit_price_vnd)
                for part in parts
                for line in part.lines
            ],
            parts=len(parts), amount_vnd=sum(part.items_vnd for part in parts),
            late=late, written_by_id=written_by_id, now=now, at_stall=at_stall,
        )  # fmt: skip


def _offered_points(
    session: Session, draft: Draft, at_stall: bool
) -> dict[PartKey, list[int | None]]:
    collected = [part.stall for part in draft.parts if part.choice.delivery == "pickup"]
    own = [stall.id for stall in collected if stall.market is None]
    points = pickup_points(session, own) if own else {}
    found: dict[PartKey, list[int | None]] = {
        seller_id: [*(point.id for point in of_hers), *([None] if at_stall else ())]
        for seller_id, of_hers in points.items()
    }
    markets = {stall.market.id for stall in collected if stall.market is not None}
    if markets:
        places = pickups_of_sessions(session, markets)
        for stall in collected:
            if stall.market is not None:
                found[stall.key] = [place.id for place in places.get(stall.market.id, ())]
    return found


def _made_of(session: Session, attempt_id: str, attempt_digest: str) -> Placed | None:
    order = _of_attempt.first(session, {"attempt": attempt_id})
    if order is None:
        return None
    if order.attempt_digest != attempt_digest:
        raise AttemptReused
    parts = session.scalars(
        select(SellerOrder.id).where(SellerOrder.order_id == order.id).order_by(SellerOrder.id)
    ).all()
    return Placed(order.id, order.code, queries.link_token(order), list(parts), replayed=True)


def _insert_order(session: Session, row: dict) -> tuple[int, str] | None:
    """Store the order under a fresh code; None when its attempt has made one meanwhile."""
    while True:
        code = random_code(CODE_LENGTH)
        order_id = _INTO_ORDERS.scalar(session, {**row, "code": code})
        if order_id is not None:
            return order_id, code
        if _of_attempt.first(session, {"attempt": row["attempt_id"]}):
            return None


def _lost(attempt_id: str) -> Placed:
    raise RuntimeError(f"Attempt {attempt_id} was taken, but its order is not there.")


def _first_state(part: Part) -> SellerOrderState:
    return SellerOrderState.AWAITING_QUOTE if part.needs_quote else SellerOrderState.PLACED


def _shared(
    session: Session, draft: Draft, online: Mapping[str, int], now: datetime
) -> dict[PartKey, Sharing]:
    """Return who gets what of each part, by its key. No statement while nobody gets anything."""
    book = share_book(session, draft.parts[0].stall.share_edition)
    payees = {
        part.stall.key: online.get(part.choice.method, part.stall.payee_id) for part in draft.parts
    }
    paid = {payees[part.stall.key] for part in draft.parts if part.choice.method != "cod"}
    # Who will have the cash of the door nobody knows yet: the seller, or an organisation whose
    # account a carrier pays into. That is listed beside what was withheld (``earnings``).
    withholding = payees_of(session, paid, book.collectors) if book.collectors else set()
    on = vietnam_date(now)
    return {
        part.stall.key: sharing_of(
            part.stall, part.lines, book, on,
            withholds=part.choice.method != "cod" and payees[part.stall.key] in withholding,
            discount_vnd=draft.borne_vnd(part),
        )
        for part in draft.parts
    }  # fmt: skip


def _insert_parts(
    session: Session,
    order_id: int,
    draft: Draft,
    shared: Mapping[PartKey, Sharing],
    holds: Holds,
    online: Mapping[str, int],
    now: datetime,
) -> dict[PartKey, int]:
    """Store one seller order per part; return their ids by the parts' keys."""
    rows = [
        {
            "order_id": order_id,
            "seller_id": part.stall.id,
            "source_kind": part.stall.source[0],
            "source_id": part.stall.source[1],
            "state": _first_state(part),
            "method": part.method,
            "payee_id": online.get(part.method, part.stall.payee_id),
            "delivery": part.choice.delivery,
            "pickup_point_id": _place(part) if part.stall.market is None else None,
            "market_pickup_id": _place(part) if part.stall.market is not None else None,
            "zone": part.delivery.zone if part.delivery else "",
            "weight_g": part.weight_g,
            "items_vnd": part.items_vnd,
            "shipping_vnd": part.shipping_vnd,
            "discount_vnd": part.discount_vnd,
            "delivery_off_vnd": part.delivery_off_vnd,
            "total_vnd": part.total_vnd,
            "commission_vnd": shared[part.stall.key].commission_vnd,
            "commission_organisation_id": _creditor_id(shared[part.stall.key]),
            "campaign_vnd": shared[part.stall.key].campaign_vnd,
            "tax_vat_vnd": shared[part.stall.key].vat_vnd,
            "tax_pit_vnd": shared[part.stall.key].pit_vnd,
            "voucher_id": (draft.voucher.id or None) if draft.voucher and part.off_vnd else None,
            "voucher_payer_id": draft.voucher.payer_id if draft.voucher and part.off_vnd else None,
            "slip_id": draft.voucher.slip_id if draft.voucher and part.off_vnd else None,
            "arrives_from": part.arrives_from,
            "arrives_to": part.arrives_to,
            # A market's goods are held until hand-over: who has not paid by then pays there.
            "reserved_until": (
                reserved_until(
                    _first_state(part),
                    part.method,
                    holds,
                    clock_begins(part.method, [line.ready_on for line in part.lines], now),
                )
                if part.stall.market is None
                else None
            ),
            "note": part.choice.note,
            "placed_at": now,
            "seller_name_vi": part.stall.name_vi,
            "seller_name_en": part.stall.name_en,
            "organisation_path": part.stall.organisation_path,
        }
        for part in draft.parts
    ]
    return {
        part.stall.key: _INTO_PARTS.scalar(session, row)
        for part, row in zip(draft.parts, rows, strict=True)
    }


def _place(part: Part) -> int | None:
    return part.choice.pickup_point_id if part.choice.delivery == "pickup" else None


def _creditor_id(sharing: Sharing) -> int | None:
    return sharing.creditor.id if sharing.creditor else None


def _insert_lines(
    session: Session, draft: Draft, shared: Mapping[PartKey, Sharing],
    parts: Mapping[PartKey, int],
) -> None:  # fmt: skip
    _INTO_LINES.run_all(
        session,
        [
            _line_item(line, shared[part.stall.key], parts[part.stall.key])
            for part in draft.parts
            for line in part.lines
        ],
    )


def _line_item(line: CartLine, sharing: Sharing, seller_order_id: int) -> dict:
    shares = sharing.lines[line.variant_id]
    return {
        "seller_order_id": seller_order_id,
        "variant_id": line.variant_id,
        "product_id": line.product_id,
        "product_slug": line.slug,
        "sku": line.sku,
        "title_vi": line.title_vi,
        "title_en": line.title_en,
        "variant_vi": line.variant_vi,
        "variant_en": line.variant_en,
        "unit_vi": line.unit_vi,
        "unit_en": line.unit_en,
        "quantity": line.quantity,
        "unit_price_vnd": line.unit_price_vnd,
        "total_vnd": line.total_vnd,
        "weight_g": line.packed.weight_g,
        "tax_category": line.tax_category,
        "ready_on": line.ready_on,
        "campaign_id": (
            sharing.funds[line.variant_id].rule.campaign_id
            if line.variant_id in sharing.funds
            else None
        ),
        "campaign_share_vnd": shares.campaign_vnd,
        "commission_rate": sharing.rates[line.variant_id],
        "commission_vnd": shares.commission_vnd,
        "tax_vat_vnd": shares.vat_vnd,
        "tax_pit_vnd": shares.pit_vnd,
    }


def _units(line: CartLine, parts: Mapping[PartKey, int]) -> Units:
    return Units(line.variant_id, line.quantity, parts[line.stall.key])


def _promise(session: Session, draft: Draft, parts: Mapping[PartKey, int], now: datetime) -> None:
    """Reserve the stock, last of all: its rows are the ones that buyers queue for."""
    lines = {line.variant_id: line for part in draft.parts for line in part.lines}
    try:
        promise(
            session,
            [_units(line, parts) for line in lines.values() if line.ready_on is None],
            [_units(line, parts) for line in lines.values() if line.ready_on is not None],
            now=now,
        )
    except NotEnoughStock as refusal:
        named = []
        for short in refusal.short:
            line = lines[short.variant_id]
            named.append(
                replace(
                    short, title_vi=line.title_vi, title_en=line.title_en,
                    unit_vi=line.unit_vi, unit_en=line.unit_en,
                    variant_vi=line.variant_vi, variant_en=line.variant_en,
                )
            )  # fmt: skip
        raise NotEnoughStock(short=tuple(named)) from None
