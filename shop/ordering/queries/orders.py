"""Reads of orders: for the buyer by link, by code or by account, and for the seller."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import Row, String, and_, bindparam, case, cast, func, or_, select
from sqlalchemy.orm import Session, aliased

from shop.current import current_settings, signing_keys, vault
from shop.fundraising.models import Campaign
from shop.kernel.codes import read_code
from shop.kernel.sealing import private_token, same_secret, token_digest
from shop.markets.models import MarketPickup, MarketSession
from shop.ordering import rules
from shop.ordering.models import LineItem, Order, SellerOrder, SellerOrderMove
from shop.ordering.rules import WAYS_BACK, BuyerSummary, Contact, Holds, buyer_summary
from shop.organisations.models import Organisation
from shop.prepared import Among, Prepared, PreparedForSeveral
from shop.sellers.models import Seller
from shop.shipping.models import PickupPoint
from shop.stock.preorder_models import Preorder, PreorderPlace
from shop.stock.preorder_queries import waits
from shop.vouchers.models import Voucher
from shop.web.links import private_token_of


@dataclass(frozen=True, slots=True)
class PartView:
    """One seller's part as a page shows it.

    ``row``: the seller order's columns and the seller's and pickup point's words.
    """

    row: Row[*tuple[Any, ...]]
    lines: list[Row[*tuple[Any, ...]]] = field(default_factory=list)
    moves: list[Row[*tuple[Any, ...]]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class OrderPage:
    """A whole order. ``order``: its columns; ``contact``: opened."""

    order: Row[*tuple[Any, ...]]
    contact: Contact
    parts: list[PartView]
    summary: BuyerSummary


@dataclass(frozen=True, slots=True)
class OrderRow:
    """One order in a buyer's list."""

    order: Row[*tuple[Any, ...]]
    sellers: list[Row[*tuple[Any, ...]]]
    summary: BuyerSummary


#: An order's code as its sellers read it. What falls or stands alone at a market is a part of its
#: own beside her other goods of the same order: it carries its number, so that names differ.
PART_CODE = case(
    (
        SellerOrder.source_kind == "market_offer",
        Order.code.concat("-").concat(cast(SellerOrder.id, String)),
    ),
    else_=Order.code,
).label("code")
#: Handed over by the seller where it was bought: it is collected at no point.
ON_THE_SPOT = and_(
    SellerOrder.delivery == "pickup",
    SellerOrder.pickup_point_id.is_(None),
    SellerOrder.market_pickup_id.is_(None),
)
_way_back = aliased(SellerOrderMove)
#: Of a move: it was tapped wrongly, and taken back since.
WAS_TAKEN_BACK = (
    select(_way_back.id)
    .where(
        _way_back.seller_order_id == SellerOrderMove.seller_order_id,
        _way_back.id > SellerOrderMove.id,
        _way_back.from_state == SellerOrderMove.to_state,
        _way_back.to_state == SellerOrderMove.from_state,
        or_(
            *(
                and_(_way_back.from_state == wrong, _way_back.to_state == back)
                for wrong, back in WAYS_BACK
            )
        ),
    )
    .correlate(SellerOrderMove)
    .exists()
)
_Creditor = aliased(Organisation)
_PART = (
    *SellerOrder.__table__.c,
    Seller.slug.label("seller_slug"),
    Seller.initials.label("seller_initials"),
    Seller.person.label("seller_person"),
    Seller.phone.label("seller_phone"),
    func.coalesce(PickupPoint.name_vi, MarketPickup.name_vi).label("pickup_name_vi"),
    func.coalesce(PickupPoint.name_en, MarketPickup.name_en).label("pickup_name_en"),
    func.coalesce(PickupPoint.address_vi, MarketPickup.address_vi).label("pickup_address_vi"),
    func.coalesce(PickupPoint.address_en, MarketPickup.address_en).label("pickup_address_en"),
    MarketPickup.starts_at.label("market_from"),
    MarketPickup.ends_at.label("market_to"),
    MarketSession.code.label("market_code"),
    MarketSession.title_vi.label("market_vi"),
    MarketSession.title_en.label("market_en"),
    MarketSession.closes_at.label("market_closes_at"),
    ON_THE_SPOT.label("on_the_spot"),
    PickupPoint.hours_vi.label("pickup_hours_vi"),
    PickupPoint.hours_en.label("pickup_hours_en"),
    Organisation.name_vi.label("voucher_payer_vi"),
    Organisation.name_en.label("voucher_payer_en"),
    Voucher.written.label("voucher_code"),
    _Creditor.name_vi.label("creditor_name_vi"),
    _Creditor.name_en.label("creditor_name_en"),
)

# Put together once: building a statement costs more than sending it.
_ORDER = Prepared(lambda: select(*Order.__table__.c).where(Order.id == bindparam("order")))
_ALL_PARTS = (
    select(*_PART)
    .join(Seller, Seller.id == SellerOrder.seller_id)
    .outerjoin(PickupPoint, PickupPoint.id == SellerOrder.pickup_point_id)
    .outerjoin(MarketPickup, MarketPickup.id == SellerOrder.market_pickup_id)
    .outerjoin(MarketSession, MarketSession.id == MarketPickup.session_id)
    .outerjoin(Voucher, Voucher.id == SellerOrder.voucher_id)
    .outerjoin(Organisation, Organisation.id == SellerOrder.voucher_payer_id)
    .outerjoin(_Creditor, _Creditor.id == SellerOrder.commission_organisation_id)
    .order_by(SellerOrder.id)
)
_PARTS_OF_ORDER = Prepared(lambda: _ALL_PARTS.where(SellerOrder.order_id == bindparam("order")))
_PART_OF_SELLER = Prepared(
    lambda: _ALL_PARTS.where(
        SellerOrder.id == bindparam("part"), SellerOrder.seller_id == bindparam("seller")
    )
)
_its_wait = (
    PreorderPlace.preorder_id == Preorder.id,
    PreorderPlace.seller_order_id == LineItem.seller_order_id,
    PreorderPlace.variant_id == LineItem.variant_id,
    waits,
)
_waits_until = (
    select(func.max(Preorder.ready_on)).where(*_its_wait).correlate(LineItem).scalar_subquery()
)
_waits_for = (
    select(Preorder.moved_for)
    .where(*_its_wait)
    .order_by(Preorder.ready_on.desc())
    .limit(1)
    .correlate(LineItem)
    .scalar_subquery()
)


@PreparedForSeveral
def _lines(among: Among) -> Any:
    return (
        select(
            *LineItem.__table__.c,
            # Ordered ahead and not there yet: the day that holds now.
            case((LineItem.ready_on.is_not(None), _waits_until)).label("waits_until"),
            # Why that is not the day that was said at the sale.
            case((LineItem.ready_on.is_not(None), _waits_for)).label("waits_for"),
            Campaign.code.label("campaign_code"),
            Campaign.title_vi.label("campaign_vi"),
            Campaign.title_en.label("campaign_en"),
        )
        .outerjoin(Campaign, Campaign.id == LineItem.campaign_id)
        .where(among(LineItem.seller_order_id))
        .order_by(LineItem.id)
    )


@PreparedForSeveral
def _moves(among: Among) -> Any:
    return (
        select(*SellerOrderMove.__table__.c)
        .where(among(SellerOrderMove.seller_order_id))
        .order_by(SellerOrderMove.id)
    )


def order_page(session: Session, order_id: int) -> OrderPage | None:
    """Return an order with its parts, lines and moves. Four queries, whatever its size."""
    order = _ORDER.first(session, {"order": order_id})
    if order is None:
        return None
    parts = _parts(session, _PARTS_OF_ORDER, {"order": order_id})
    return OrderPage(
        order, contact_of(order), parts, buyer_summary(part.row.state for part in parts)
    )


def seller_order_page(
    session: Session, seller_id: int, seller_order_id: int
) -> tuple[Row[*tuple[Any, ...]], Contact, PartView] | None:
    """Return (order, contact, part) of one seller's own part, or None. Four queries."""
    parts = _parts(session, _PART_OF_SELLER, {"part": seller_order_id, "seller": seller_id})
    if not parts:
        return None
    order = _ORDER.first(session, {"order": parts[0].row.order_id})
    return order, contact_of(order), parts[0]


def _parts(session: Session, which: Prepared, values: dict[str, int]) -> list[PartView]:
    parts = {row.id: PartView(row) for row in which.all(session, values)}
    for line in lines_of(session, parts):
        parts[line.seller_order_id].lines.append(line)
    for step in _moves.all(session, parts):
        parts[step.seller_order_id].moves.append(step)
    return list(parts.values())


def lines_of(session: Session, seller_order_ids: Iterable[int]) -> Sequence[Row[*tuple[Any, ...]]]:
    """Return the line items of these seller orders, as they were sold."""
    return _lines.all(session, sorted(seller_order_ids))


def orders_of_account(
    session: Session, account_id: int, limit: int = 50, before_id: int | None = None
) -> list[OrderRow]:
    """Return a buyer's orders, newest first, with the sellers in each. Two queries."""
    orders = session.execute(
        select(
            Order.id, Order.code, Order.placed_at, Order.total_vnd, Order.link_nonce,
            Order.link_digest,
        )
        .where(Order.account_id == account_id, *([Order.id < before_id] if before_id else []))
        .order_by(Order.id.desc())
        .limit(limit)
    ).all()  # fmt: skip
    parts: dict[int, list[Row[*tuple[Any, ...]]]] = defaultdict(list)
    for row in session.execute(
        select(
            SellerOrder.order_id,
            SellerOrder.id,
            SellerOrder.state,
            SellerOrder.seller_name_vi,
            SellerOrder.seller_name_en,
        )
        .where(SellerOrder.order_id.in_([order.id for order in orders]))
        .order_by(SellerOrder.id)
    ):
        parts[row.order_id].append(row)
    return [
        OrderRow(order, parts[order.id], buyer_summary(p.state for p in parts[order.id]))
        for order in orders
    ]


def order_by_link(session: Session, token: str, now: datetime) -> int | None:
    """Return the id of the order that a private link opens, or None."""
    return session.scalar(
        select(Order.id).where(
            Order.link_digest == token_digest(token),
            or_(Order.link_expires_at.is_(None), Order.link_expires_at > now),
        )
    )


def order_by_code_and_last4(session: Session, code: str, last4: str) -> int | None:
    """Return the id of the order with this code whose buyer's phone ends so, or None.

    An unknown code costs the same work as a wrong pair: something sealed is opened
    and four digits are compared either way (QUALITY T45, DOMAIN 8.14).
    """
    order = session.execute(
        select(Order.id, Order.data_key, Order.contact).where(Order.code == read_code(code)[:12])
    ).one_or_none()
    data_key, sealed = (order.data_key, order.contact) if order else _nobody()
    phone = vault().open(data_key, sealed)["phone"]
    right = same_secret(last4[:40], phone[-4:])
    return order.id if order is not None and right else None


@lru_cache(maxsize=1)
def _nobody() -> tuple[bytes, bytes]:
    """Return a sealed contact that no order has: work for a wrong code."""
    key = vault().new_key()
    return key, vault().seal(
        key, asdict(Contact("Không ai cả", "+84000000000", street="Không đâu"))
    )


def contact_of(order: Any) -> Contact:
    """Open who ordered and where it goes, of a row with ``data_key`` and ``contact``."""
    return Contact(**vault().open(order.data_key, order.contact))


def new_link_token(nonce: str) -> str:
    """Return the private link's token of a new order."""
    return private_token("order", signing_keys()[0], nonce)


def link_token(order: Any) -> str:
    """Make the private link's token of an order again."""
    return private_token_of("order", order)


def news_token(order: Any) -> str:
    """Make the token again by which a guest stops the news that she agreed to with an order."""
    return rules.news_token(link_token(order))


def holds() -> Holds:
    """Return for how long this shop promises stock."""
    settings = current_settings()
    return Holds(
        settings.hold_cod_hours, settings.hold_transfer_hours, settings.hold_quote_hours,
        settings.hold_online_minutes,
    )  # fmt: skip
