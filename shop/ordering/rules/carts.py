"""What a cart holds and what it amounts to, seller by seller."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from itertools import groupby
from typing import Any, NamedTuple

from shop.catalogue.season_rules import Away
from shop.fundraising.rules import ShareRule
from shop.kernel.clock import vietnam_date
from shop.ordering.rules.refusals import (
    AddressNeeded,
    EmptyCart,
    LineGone,
    MethodNotOffered,
    OrderedAhead,
    PickupNotOffered,
    PriceChanged,
)
from shop.shipping.rules import Delivery, Destination, Origin, Packed, Tariff, delivery_of, zone_of
from shop.vouchers.rules import (
    Voucher,
    VoucherChanged,
    VoucherNotForThese,
    VoucherRefused,
    taken_off,
)

#: Limits of a cart.
MOST_LINES = 50
MOST_OF_ONE = 999
CART_DAYS = 30


class SoldFor(NamedTuple):
    """A campaign that goods are sold for, and what it gets of each sale."""

    rule: ShareRule
    code: str
    title_vi: str
    title_en: str
    opens_on: date
    closes_on: date | None

    def share_of(self, paid_vnd: int, quantity: int, on: date) -> int:
        """Return what the campaign gets of a line on a day; nothing before or after its days."""
        if on < self.opens_on or (self.closes_on is not None and self.closes_on < on):
            return 0
        return self.rule.of(paid_vnd, quantity)


class MarketOf(NamedTuple):
    """The market session that goods are ordered from, as far as a cart needs it."""

    id: int
    code: str
    title_vi: str
    title_en: str
    opens_at: datetime
    closes_at: datetime
    hand_over_at: datetime
    ends_at: datetime
    #: Whether the unit takes the money.
    collects: bool


#: Names one part of an order: a seller's id, or "7m3" for what she brings to market session 3.
#: "7m3o5" for a thing of hers there that is only brought when enough is ordered.
PartKey = int | str


@dataclass(frozen=True, slots=True)
class Stall:
    """What a cart needs to know of a seller, and where she sells it: her shop or a market."""

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
    blind_makers: bool = False
    #: Names the rules of who gets what, as they stood when this was read (``shares.queries``).
    share_edition: str | None = None
    organisation_id: int = 0
    #: The market session; None: her own shop.
    market: MarketOf | None = None
    #: A market's thing that is only brought when enough is ordered: it stands or falls alone.
    offer_id: int | None = None
    #: The last day of her holiday while it lasts.
    away_until: date | None = None
    paid_through_organisation: bool = False

    @property
    def collects(self) -> bool:
        """Whether a unit takes the money for her."""
        return self.market.collects if self.market else self.paid_through_organisation

    @property
    def key(self) -> PartKey:
        """What names her part of an order: one per seller and source."""
        if self.market is None:
            return self.id
        alone = f"o{self.offer_id}" if self.offer_id is not None else ""
        return f"{self.id}m{self.market.id}{alone}"

    @property
    def source(self) -> tuple[str, int]:
        """``SellerOrder.source_kind`` and ``source_id``."""
        if self.market is None:
            return "shop", 0
        if self.offer_id is not None:
            return "market_offer", self.offer_id
        return "market_session", self.market.id


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
    #: The price that she saw when she put it in or last changed this line.
    seen_price_vnd: int
    available: int
    #: Published, not retired, and its seller is open.
    on_sale: bool
    restock_on: date | None
    packed: Packed
    tax_category: str
    category_id: int = 0
    #: The campaign that it is sold for, and its share; None for none.
    sold_for: SoldFor | None = None
    #: The market's offer that it is ordered from, and how many are left of that.
    market_offer_id: int | None = None
    #: Out of season, and when it comes again; a market's offer knows no season.
    off_season: Away | None = None
    #: Ordered ahead: the day from which it is sent. ``available``: the places that are left.
    ready_on: date | None = None

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
    #: Of the seller's own points; of a market's, the place and time there.
    pickup_point_id: int | None = None
    note: str = ""

    @property
    def is_on_the_spot(self) -> bool:
        """Whether she who sells hands it over where it is bought: no point waits for anybody."""
        return self.delivery == "pickup" and self.pickup_point_id is None


@dataclass(frozen=True, slots=True)
class Part:
    """What one seller will prepare and be paid for."""

    stall: Stall
    lines: tuple[CartLine, ...]
    choice: Choice
    #: None when it is collected.
    delivery: Delivery | None
    #: What a carrier would charge for, in grams; the mere weight when it is collected.
    weight_g: int
    #: The days between which it arrives or can be collected; None while nobody knows.
    arrives_from: date | None
    arrives_to: date | None
    #: What a voucher takes off the goods, and off the fee.
    discount_vnd: int = 0
    delivery_off_vnd: int = 0

    @property
    def items_vnd(self) -> int:
        return sum(line.total_vnd for line in self.lines)

    @property
    def fee_vnd(self) -> int | None:
        """What delivery costs before a voucher; 0 when it is collected, None while nobody knows."""
        return self.delivery.fee_vnd if self.delivery else 0

    @property
    def needs_quote(self) -> bool:
        return self.delivery is not None and self.delivery.fee_vnd is None

    @property
    def shipping_vnd(self) -> int:
        """What the buyer pays for it; 0 while the fee is asked for."""
        return (self.fee_vnd or 0) - self.delivery_off_vnd

    @property
    def off_vnd(self) -> int:
        """All that a voucher takes off."""
        return self.discount_vnd + self.delivery_off_vnd

    @property
    def total_vnd(self) -> int:
        return self.items_vnd + self.shipping_vnd - self.discount_vnd

    @property
    def method(self) -> str:
        """How it is paid: as she chose, unless nothing is left to pay."""
        return self.choice.method if self.total_vnd or self.needs_quote else "nothing"


@dataclass(frozen=True, slots=True)
class Draft:
    """What the buyer is about to agree to: one part per seller and source, sellers in id order."""

    parts: tuple[Part, ...] = field(default=())
    #: The voucher that holds for it, and why the one that she named does not.
    voucher: Voucher | None = None
    refused: VoucherRefused | None = None

    @property
    def items_vnd(self) -> int:
        return sum(part.items_vnd for part in self.parts)

    @property
    def shipping_vnd(self) -> int:
        return sum(part.shipping_vnd for part in self.parts)

    @property
    def discount_vnd(self) -> int:
        """What a voucher takes off the goods."""
        return sum(part.discount_vnd for part in self.parts)

    @property
    def off_vnd(self) -> int:
        """What a voucher takes off in all, delivery too."""
        return sum(part.off_vnd for part in self.parts)

    @property
    def total_vnd(self) -> int:
        """What is due now, without fees that are still asked for."""
        return self.items_vnd + self.shipping_vnd - self.discount_vnd

    @property
    def needs_quote(self) -> bool:
        return any(part.needs_quote for part in self.parts)

    def borne_vnd(self, part: Part) -> int:
        """Return what is not shared out: what the seller takes off herself, and goods nobody pays for.

        What an organisation's voucher pays is hers like money, and so are the shares of it.
        """
        paid_for = self.voucher is not None and self.voucher.payer_id is not None
        return 0 if paid_for and part.method != "nothing" else part.discount_vnd


def by_stall(lines: Iterable[CartLine]) -> list[tuple[Stall, tuple[CartLine, ...]]]:
    """Return the lines of each seller, by source: sellers in id order, then their markets."""

    def where(line: CartLine) -> tuple[int, int, int]:
        stall = line.stall
        # Markets come last, session by session: their buyers choose once for each.
        return (stall.market.id if stall.market else 0, stall.id, stall.offer_id or 0)

    groups = [tuple(group) for _, group in groupby(sorted(lines, key=where), key=where)]
    return [(group[0].stall, group) for group in groups]


def near(lines: Iterable[CartLine]) -> list[int]:
    """Return the campaigns that some of these goods are sold for."""
    return [line.sold_for.rule.campaign_id for line in lines if line.sold_for is not None]


def draft_order(
    lines: Sequence[CartLine],
    *,
    destination: Destination,
    choices: Mapping[Any, Choice],
    tariffs: Mapping[int, Tariff],
    ordered_on: date,
    voucher: Voucher | VoucherRefused | None = None,
    final: bool = True,
    now: datetime | None = None,
) -> Draft:
    """Return what a cart amounts to when it goes there in these ways.

    Refuses nothing: the checkout page shows the same figures that placing stores.

    Args:
        choices: by ``Stall.key``; a seller without one delivers for cash. Market goods are collected.
        tariffs: by seller id, of the day ``ordered_on`` in Vietnam.
        voucher: the one that she named, or why there is none; ``now`` goes with it.
        final: whether it is said where the goods go.
    """
    parts = []
    for stall, of_stall in by_stall(lines):
        choice = choices.get(stall.key, Choice())
        packed = [line.packed for line in of_stall]
        # What is ordered ahead begins its way on its day, and the rest of the parcel with it.
        begins_on = max([ordered_on, *(line.ready_on for line in of_stall if line.ready_on)])
        if stall.market is not None:
            weight_g = sum(each.quantity * each.weight_g for each in packed)
            on = vietnam_date(stall.market.hand_over_at)
            choice = replace(choice, delivery="pickup")
            parts.append(Part(stall, of_stall, choice, None, weight_g, on, on))
            continue
        if choice.delivery == "pickup":
            weight_g = sum(each.quantity * each.weight_g for each in packed)
            ready = [begins_on + timedelta(days=days) for days in stall.lead_days]
            parts.append(Part(stall, of_stall, choice, None, weight_g, ready[0], ready[1]))
            continue
        delivery = delivery_of(
            tariffs.get(stall.id, Tariff()),
            zone_of(stall.origin, destination),
            packed,
            goods_vnd=sum(line.total_vnd for line in of_stall),
            ordered_on=begins_on,
            lead_days=stall.lead_days,
        )
        parts.append(
            Part(
                stall, of_stall, choice, delivery, delivery.weight_g,
                delivery.arrives_from, delivery.arrives_to,
            )
        )  # fmt: skip
    draft = Draft(tuple(parts))
    if voucher is None:
        return draft
    return _with_voucher(draft, voucher, final, now) if parts else draft


def _with_voucher(
    draft: Draft, voucher: Voucher | VoucherRefused, final: bool, now: datetime | None
) -> Draft:
    """Return a draft less what a voucher takes off, or with the reason why it takes nothing."""
    if isinstance(voucher, VoucherRefused):
        return replace(draft, refused=voucher)
    if now is None:
        raise ValueError("Whether a voucher holds depends on the moment.")
    meant = sorted(
        (part for part in draft.parts if _is_for(voucher, part.stall)),
        key=lambda part: part.stall.id,
    )
    if not meant:
        return replace(draft, refused=VoucherNotForThese(voucher_code=voucher.code))
    # Each part by its place: one seller may have goods in her shop and at a market in one cart.
    of_them = {n for n, part in enumerate(meant) if part.stall.id in voucher.sellers}
    try:
        off = taken_off(
            replace(voucher, sellers=frozenset(of_them)),
            goods={n: part.items_vnd for n, part in enumerate(meant)},
            fees={n: part.fee_vnd for n, part in enumerate(meant)},
            final=final,
            now=now,
        )
    except VoucherRefused as refusal:
        return replace(draft, refused=refusal)
    places = {part.stall.key: n for n, part in enumerate(meant)}
    parts = tuple(
        replace(
            part, discount_vnd=off.goods.get(places[part.stall.key], 0),
            delivery_off_vnd=off.delivery.get(places[part.stall.key], 0),
        )
        if part.stall.key in places
        else part
        for part in draft.parts
    )  # fmt: skip
    return replace(draft, parts=parts, voucher=voucher)


def _is_for(voucher: Voucher, stall: Stall) -> bool:
    """Tell whether a code is for what is sold here: in makers' shops, or at one market session.

    What a market only brings when enough is ordered stands or falls alone, and takes no code. A
    household's slip pays for goods of whoever, and is filled up again by what falls.
    """
    if voucher.slip_id is not None:
        return True
    if voucher.market_id is None or stall.market is None:
        return voucher.market_id is None and stall.market is None
    return stall.market.id == voucher.market_id and stall.offer_id is None


def check_draft(
    draft: Draft,
    *,
    destination: Destination,
    shown_total_vnd: int,
    offered_points: Mapping[Any, Iterable[int | None]],
    online: Iterable[str] = (),
    shown_days: Mapping[int, date] | None = None,
) -> None:
    """Refuse an order that cannot be placed as it was agreed to.

    Args:
        offered_points: ids of the open pickup points, by ``Stall.key``; None: on the spot.
        online: ways of paying on another page that the shop offers now.
        shown_days: what she was told is ordered ahead, and from which day it is sent.

    Raises:
        EmptyCart, LineGone, OrderedAhead, AddressNeeded, PickupNotOffered, MethodNotOffered, VoucherChanged,
        PriceChanged.
    """
    if not draft.parts:
        raise EmptyCart
    gone = tuple(line for part in draft.parts for line in part.lines if not line.on_sale)
    if gone:
        raise LineGone(lines=gone)
    told = shown_days or {}
    ahead = tuple(
        line
        for part in draft.parts
        for line in part.lines
        if line.ready_on and line.ready_on > told.get(line.variant_id, date.min)
    )
    if ahead:  # She thought that it was there, or would be sooner.
        raise OrderedAhead(lines=ahead)
    for part in draft.parts:
        choice, seller_id = part.choice, part.stall.id
        if choice.delivery == "pickup":
            if choice.pickup_point_id not in set(offered_points.get(part.stall.key, ())):
                raise PickupNotOffered(seller_id=seller_id)
        elif not destination.is_abroad and not destination.ward_code:
            raise AddressNeeded
        cash_abroad = (
            choice.method == "cod" and destination.is_abroad and choice.delivery != "pickup"
        )
        transfer_nowhere = choice.method == "transfer" and part.stall.payee_id is None
        ways = ("cod", "transfer", *(online if part.stall.market is None else ()))
        if choice.method not in ways or cash_abroad or transfer_nowhere:
            raise MethodNotOffered(seller_id=seller_id, method=choice.method)
    if draft.refused is not None:
        raise VoucherChanged(
            reason=draft.refused, shown_vnd=shown_total_vnd, actual_vnd=draft.total_vnd
        )
    if draft.total_vnd != shown_total_vnd:
        raise PriceChanged(shown_vnd=shown_total_vnd, actual_vnd=draft.total_vnd)
