"""Rules of ordering: states and moves, what a cart amounts to, what a buyer is told.

Plain Python: no Flask, no database, no clock. States and moves: DECISIONS 2.
"""

import hashlib
import hmac
from base64 import urlsafe_b64encode
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from itertools import groupby
from typing import Any

from shop.kernel.errors import Refusal
from shop.shipping.rules import (
    Delivery,
    Destination,
    Origin,
    Packed,
    Tariff,
    delivery_of,
    zone_of,
)

# --- Refusals -------------------------------------------------------------------------


class EmptyCart(Refusal):
    """There is nothing to order."""

    code = "empty_cart"


class CartFull(Refusal):
    """A cart holds at most ``most`` different things."""

    code = "cart_full"


class TooManyOfOne(Refusal):
    """At most ``most`` units of one thing; ``title_vi``, ``title_en`` name it."""

    code = "too_many_of_one"


class LineGone(Refusal):
    """Some things are not sold any more. ``lines``: tuple of ``CartLine``."""

    code = "line_gone"


class PriceChanged(Refusal):
    """The buyer agreed to another total than holds now: ``shown_vnd``, ``actual_vnd``."""

    code = "price_changed"


class AttemptReused(Refusal):
    """This rendered checkout already made an order, from other input."""

    code = "attempt_reused"
    status = 422


class AddressNeeded(Refusal):
    """Something is to be delivered, but nobody said where."""

    code = "address_needed"
    status = 422


class MethodNotOffered(Refusal):
    """A seller does not take this way of paying here: ``seller_id``, ``method``."""

    code = "method_not_offered"


class PickupNotOffered(Refusal):
    """The chosen pickup point is not (any longer) one of this seller: ``seller_id``."""

    code = "pickup_not_offered"


class IllegalMove(Refusal):
    """A seller order cannot go there: ``from_state``, ``to_state``, ``actor_kind``."""

    code = "illegal_move"


class FeeOutOfRange(Refusal):
    """A quoted fee is 0 to ``most_vnd``."""

    code = "fee_out_of_range"
    status = 422


# --- States ---------------------------------------------------------------------------


class SellerOrderState(StrEnum):
    """Where one seller's part of an order stands."""

    AWAITING_QUOTE = "awaiting_quote"
    QUOTED = "quoted"
    PLACED = "placed"
    CONFIRMED = "confirmed"
    PACKED = "packed"
    HANDED_OVER = "handed_over"
    READY_FOR_PICKUP = "ready_for_pickup"
    DELIVERED = "delivered"
    COMPLETED = "completed"
    NOT_COLLECTED = "not_collected"
    CANCELLED = "cancelled"
    DELIVERY_FAILED = "delivery_failed"
    REFUSED = "refused"
    RETURNED = "returned"
    LOST = "lost"


S = SellerOrderState

#: Who may act: the buyer (also by her link), the seller with her staff, an officer who
#: helps her, the shop's operator, and the shop itself by the clock or a carrier's word.
ACTOR_KINDS = ("buyer", "seller", "officer", "operator", "system")
_HOUSE = frozenset({"seller", "officer", "operator"})
_HOUSE_AND_SYSTEM = _HOUSE | {"system"}
_ALL = frozenset(ACTOR_KINDS)

#: Every move a seller order can make, and who may make it. What is not here cannot happen.
MOVES: dict[tuple[SellerOrderState, SellerOrderState], frozenset[str]] = {
    (S.AWAITING_QUOTE, S.QUOTED): _HOUSE,
    (S.QUOTED, S.PLACED): frozenset({"buyer"}),
    (S.PLACED, S.CONFIRMED): _HOUSE_AND_SYSTEM,
    (S.CONFIRMED, S.PACKED): _HOUSE,
    (S.PACKED, S.HANDED_OVER): _HOUSE,
    (S.HANDED_OVER, S.DELIVERED): _ALL,
    (S.DELIVERED, S.COMPLETED): frozenset({"buyer", "operator", "system"}),
    (S.PACKED, S.READY_FOR_PICKUP): _HOUSE,
    (S.READY_FOR_PICKUP, S.DELIVERED): _HOUSE,
    (S.READY_FOR_PICKUP, S.NOT_COLLECTED): _HOUSE_AND_SYSTEM,
    (S.AWAITING_QUOTE, S.CANCELLED): _ALL,
    (S.QUOTED, S.CANCELLED): _ALL,
    (S.PLACED, S.CANCELLED): _ALL,
    (S.CONFIRMED, S.CANCELLED): _ALL,
    # Once it is packed the buyer asks the seller, who may still cancel.
    (S.PACKED, S.CANCELLED): _HOUSE,
    (S.HANDED_OVER, S.DELIVERY_FAILED): _HOUSE_AND_SYSTEM,
    (S.DELIVERY_FAILED, S.HANDED_OVER): _HOUSE_AND_SYSTEM,
    (S.DELIVERY_FAILED, S.RETURNED): _HOUSE_AND_SYSTEM,
    (S.HANDED_OVER, S.REFUSED): _HOUSE_AND_SYSTEM,
    (S.REFUSED, S.RETURNED): _HOUSE_AND_SYSTEM,
    (S.HANDED_OVER, S.LOST): _HOUSE_AND_SYSTEM,
    (S.DELIVERED, S.RETURNED): _HOUSE,
    (S.COMPLETED, S.RETURNED): _HOUSE,
}

#: States in which stock is promised to the order.
HOLDING = frozenset(
    {S.AWAITING_QUOTE, S.QUOTED, S.PLACED, S.CONFIRMED, S.PACKED, S.READY_FOR_PICKUP}
)
#: States in which the promise may run out by the clock (``reserved_until``).
EXPIRING = frozenset({S.AWAITING_QUOTE, S.QUOTED, S.PLACED, S.CONFIRMED})
#: States in which nothing more will happen, unless goods come back.
SETTLED = frozenset({S.DELIVERED, S.COMPLETED, S.NOT_COLLECTED, S.CANCELLED, S.RETURNED, S.LOST})
#: What the buyer may cancel herself: until packed.
BUYER_CANCELS = frozenset(
    start for (start, end), who in MOVES.items() if end == S.CANCELLED and "buyer" in who
)

#: The private link lives this long after everything is settled (QUALITY T41).
LINK_AFTER = timedelta(days=90)


def move(
    current: SellerOrderState, to: SellerOrderState, actor_kind: str, delivery: str
) -> SellerOrderState:
    """Return ``to`` when an order may go there by this actor, else refuse.

    Args:
        delivery: "delivery" parcels are handed over, "pickup" parcels wait to be collected.

    Raises:
        IllegalMove: no such move, not by this kind of person, or not by this way.
    """
    wrong_way = (to == S.HANDED_OVER and delivery == "pickup") or (
        to == S.READY_FOR_PICKUP and delivery != "pickup"
    )
    if wrong_way or actor_kind not in MOVES.get((current, to), ()):
        raise IllegalMove(from_state=current, to_state=to, actor_kind=actor_kind)
    return to


def next_states(
    current: SellerOrderState, actor_kind: str, delivery: str
) -> list[SellerOrderState]:
    """Return where somebody may move an order now, in the order of the table: for buttons."""
    found = []
    for start, end in MOVES:
        if start == current:
            try:
                found.append(move(current, end, actor_kind, delivery))
            except IllegalMove:
                continue
    return found


def stock_effect(current: SellerOrderState, to: SellerOrderState) -> str | None:
    """Return what a move does to stock: "release", "take_out", "take_back" or nothing.

    Goods leave the house at hand-over, or when they are collected. Cancelled and
    never collected goods were only promised. Goods that come back were taken out.
    """
    if to in (S.CANCELLED, S.NOT_COLLECTED):
        return "release"
    if to == S.RETURNED:
        return "take_back"
    if current in HOLDING and to in (S.HANDED_OVER, S.DELIVERED):
        return "take_out"
    return None


# --- Holds ----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Holds:
    """For how many hours stock is promised before somebody acts. Source: DECISIONS 3."""

    cod_hours: int = 72
    transfer_hours: int = 24
    quote_hours: int = 168


def reserved_until(
    state: SellerOrderState, method: str, holds: Holds, now: datetime
) -> datetime | None:
    """Return until when stock is promised to an order that has just come into a state.

    None: until hand-over or cancel. Cash on delivery needs the seller's confirmation;
    a transfer needs to be reported, which ``hold_until`` notes.
    """
    if state in (S.AWAITING_QUOTE, S.QUOTED):
        return now + timedelta(hours=holds.quote_hours)
    if state == S.PLACED:
        return now + timedelta(hours=holds.cod_hours if method == "cod" else holds.transfer_hours)
    return None


# --- People and addresses -------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Contact:
    """Who ordered, who receives it and where: sealed in the order.

    Phones are E.164, e-mail lower case, everything else one line of NFC text; "" is "not
    given". ``street``: house and hamlet inside Vietnam, the whole address abroad.
    """

    name: str
    phone: str
    email: str = ""
    street: str = ""
    #: Somebody else receives it (a gift, a payer abroad).
    receiver_name: str = ""
    receiver_phone: str = ""

    @property
    def to_name(self) -> str:
        return self.receiver_name or self.name

    @property
    def to_phone(self) -> str:
        return self.receiver_phone or self.phone


def link_token(secret: str, nonce: str) -> str:
    """Return the private link's token of an order: 192 bits, made again for later mails."""
    mac = hmac.new(secret.encode(), f"order:{nonce}".encode(), hashlib.sha256).digest()
    return urlsafe_b64encode(mac[:24]).decode()


def attempt_digest(fields: Iterable[tuple[str, str]]) -> str:
    """Return the digest of what was sent with one attempt, whatever the order of its fields."""
    text = "\x00".join(f"{name}\x01{value}" for name, value in sorted(fields))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


# --- Carts and drafts -----------------------------------------------------------------

#: Limits of a cart.
MOST_LINES = 50
MOST_OF_ONE = 999
CART_DAYS = 30


@dataclass(frozen=True, slots=True)
class Stall:
    """What a cart needs to know of a seller."""

    id: int
    slug: str
    name_vi: str
    name_en: str
    initials: str
    person: str
    hamlet_vi: str
    hamlet_en: str
    origin: Origin
    lead_days: tuple[int, int]
    organisation_path: list[Any]
    #: The bank account that is paid: her own or her organisation's; None: no transfers.
    payee_id: int | None = None


@dataclass(frozen=True, slots=True)
class CartLine:
    """One line of a cart, as it would be sold now."""

    variant_id: int
    product_id: int
    stall: Stall
    slug: str
    sku: str
    title_vi: str
    title_en: str
    variant_vi: str
    variant_en: str
    unit_vi: str
    unit_en: str
    quantity: int
    unit_price_vnd: int
    #: The price that she saw when the line was last changed.
    seen_price_vnd: int
    available: int
    #: Published, not retired, and its seller is open.
    on_sale: bool
    restock_on: date | None
    packed: Packed
    tax_category: str

    @property
    def total_vnd(self) -> int:
        return self.unit_price_vnd * self.quantity

    @property
    def price_moved(self) -> bool:
        return self.on_sale and self.unit_price_vnd != self.seen_price_vnd

    @property
    def short(self) -> bool:
        """Whether fewer are left than wanted, none included."""
        return self.on_sale and self.available < self.quantity

    @property
    def buyable(self) -> bool:
        return self.on_sale and self.available >= self.quantity


@dataclass(frozen=True, slots=True)
class Choice:
    """How the buyer wants one seller's part. ``note`` is one text for that seller."""

    delivery: str = "delivery"
    method: str = "cod"
    pickup_point_id: int | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Part:
    """What one seller will prepare and be paid for."""

    stall: Stall
    lines: tuple[CartLine, ...]
    choice: Choice
    #: None when it is collected.
    delivery: Delivery | None
    #: Grams of goods and packing, without regard to size.
    weight_g: int

    @property
    def items_vnd(self) -> int:
        return sum(line.total_vnd for line in self.lines)

    @property
    def needs_quote(self) -> bool:
        return self.delivery is not None and self.delivery.fee_vnd is None

    @property
    def shipping_vnd(self) -> int:
        """The fee; 0 while it is asked for."""
        return (self.delivery.fee_vnd or 0) if self.delivery else 0

    @property
    def total_vnd(self) -> int:
        return self.items_vnd + self.shipping_vnd


@dataclass(frozen=True, slots=True)
class Draft:
    """What the buyer is about to agree to: one part per seller, sellers in id order."""

    parts: tuple[Part, ...] = field(default=())

    @property
    def items_vnd(self) -> int:
        return sum(part.items_vnd for part in self.parts)

    @property
    def shipping_vnd(self) -> int:
        return sum(part.shipping_vnd for part in self.parts)

    @property
    def total_vnd(self) -> int:
        """What is due now, without fees that are still asked for."""
        return self.items_vnd + self.shipping_vnd

    @property
    def needs_quote(self) -> bool:
        return any(part.needs_quote for part in self.parts)


def by_stall(lines: Iterable[CartLine]) -> list[tuple[Stall, tuple[CartLine, ...]]]:
    """Return the lines of each seller, sellers in id order."""
    ordered = sorted(lines, key=lambda line: line.stall.id)
    groups = [tuple(group) for _, group in groupby(ordered, key=lambda line: line.stall.id)]
    return [(group[0].stall, group) for group in groups]


def draft_order(
    lines: Sequence[CartLine],
    *,
    destination: Destination,
    choices: Mapping[int, Choice],
    tariffs: Mapping[int, Tariff],
    ordered_on: date,
) -> Draft:
    """Return what a cart amounts to when it goes there in these ways.

    Refuses nothing: the checkout page shows the same figures that placing stores.

    Args:
        choices: by seller id; a seller without one delivers for cash.
        tariffs: by seller id, of the day ``ordered_on`` in Vietnam.
    """
    parts = []
    for stall, of_stall in by_stall(lines):
        choice = choices.get(stall.id, Choice())
        packed = [line.packed for line in of_stall]
        delivery = None
        if choice.delivery != "pickup":
            delivery = delivery_of(
                tariffs.get(stall.id, Tariff()),
                zone_of(stall.origin, destination),
                packed,
                goods_vnd=sum(line.total_vnd for line in of_stall),
                ordered_on=ordered_on,
                lead_days=stall.lead_days,
            )
        weight_g = sum(each.quantity * each.weight_g for each in packed)
        parts.append(Part(stall, of_stall, choice, delivery, weight_g))
    return Draft(tuple(parts))


def check_draft(
    draft: Draft,
    *,
    destination: Destination,
    shown_total_vnd: int,
    offered_points: Mapping[int, Iterable[int]],
) -> None:
    """Refuse an order that cannot be placed as it was agreed to.

    Args:
        offered_points: ids of the open pickup points, by seller id.

    Raises:
        EmptyCart, LineGone, AddressNeeded, PickupNotOffered, MethodNotOffered, PriceChanged.
    """
    if not draft.parts:
        raise EmptyCart
    gone = tuple(line for part in draft.parts for line in part.lines if not line.on_sale)
    if gone:
        raise LineGone(lines=gone)
    for part in draft.parts:
        choice, seller_id = part.choice, part.stall.id
        if choice.delivery == "pickup":
            if choice.pickup_point_id not in set(offered_points.get(seller_id, ())):
                raise PickupNotOffered(seller_id=seller_id)
        elif not destination.is_abroad and not destination.ward_code:
            raise AddressNeeded
        cash_abroad = (
            choice.method == "cod" and destination.is_abroad and choice.delivery != "pickup"
        )
        transfer_nowhere = choice.method == "transfer" and part.stall.payee_id is None
        if choice.method not in ("cod", "transfer") or cash_abroad or transfer_nowhere:
            raise MethodNotOffered(seller_id=seller_id, method=choice.method)
    if draft.total_vnd != shown_total_vnd:
        raise PriceChanged(shown_vnd=shown_total_vnd, actual_vnd=draft.total_vnd)


# --- What the buyer is told -----------------------------------------------------------


@dataclass(frozen=True, slots=True)
class BuyerSummary:
    """One sentence's worth: a key for the words, and the figures in it.

    ``done`` of ``total`` parts are as far as the key says; cancelled parts are in neither.
    Keys: a state's name when all parts are in it; else "answer_quote", "trouble",
    "partly_arrived", "partly_on_the_way", "partly_ready", "partly_packed", "in_preparation".
    """

    key: str
    done: int
    total: int
    cancelled: int


_TROUBLE = frozenset({S.DELIVERY_FAILED, S.REFUSED, S.LOST, S.NOT_COLLECTED})
_ARRIVED = frozenset({S.DELIVERED, S.COMPLETED, S.RETURNED})


def buyer_summary(states: Iterable[SellerOrderState | str]) -> BuyerSummary:
    """Return the one thing that a buyer is told about all parts of her order.

    What asks something of her comes first, then trouble, then how far it has come.
    """
    every = [SellerOrderState(state) for state in states]
    live = [state for state in every if state != S.CANCELLED]
    total, cancelled = len(live), len(every) - len(live)
    if not live:
        return BuyerSummary("cancelled", cancelled, cancelled, cancelled)
    if len(set(live)) == 1:
        return BuyerSummary(live[0].value, total, total, cancelled)

    def told(key: str, *counted: SellerOrderState) -> BuyerSummary | None:
        done = sum(state in counted for state in live)
        return BuyerSummary(key, done, total, cancelled) if done else None

    return (
        told("answer_quote", S.QUOTED)
        or told("trouble", *_TROUBLE)
        or told("partly_arrived", *_ARRIVED)
        or told("partly_ready", S.READY_FOR_PICKUP)
        or told("partly_on_the_way", S.HANDED_OVER)
        or told("partly_packed", S.PACKED)
        or BuyerSummary("in_preparation", total, total, cancelled)
    )
