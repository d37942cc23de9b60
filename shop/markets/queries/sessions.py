"""Reads of series and sessions: for officers, and what everybody may see."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import Session

from shop.catalogue.models import Product, Variant
from shop.db import the_one
from shop.markets.models import MarketOffer, MarketPickup, MarketSeries, MarketSession
from shop.markets.rules.sessions import SessionState
from shop.organisations.models import Organisation, OrganisationClosure
from shop.sellers.models import Seller
from shop.stock.models import StockLevel

#: Markets that are over stay on the public list so long.
SHOWN_AFTER = timedelta(days=14)
#: At most so many stand on the public list.
MOST_SHOWN = 40


def market_session(session: Session, session_id: int, *, to_change: bool = False) -> MarketSession:
    """Return a session.

    Args:
        to_change: held until the transaction ends.

    Raises:
        NotYours: there is none.
    """
    return the_one(session, MarketSession, session_id, to_change=to_change)


def market_series(session: Session, series_id: int, *, to_change: bool = False) -> MarketSeries:
    """Return a series, as ``market_session`` does."""
    return the_one(session, MarketSeries, series_id, to_change=to_change)


def last_session(session: Session, series_id: int) -> MarketSession | None:
    """Return the newest session of a series by its day, cancelled ones too."""
    return session.scalars(
        select(MarketSession)
        .where(MarketSession.series_id == series_id)
        .order_by(MarketSession.hand_over_at.desc(), MarketSession.id.desc())
        .limit(1)
    ).one_or_none()


def series_of(session: Session, units: Select[int] | None) -> Sequence[Any]:
    """Return the series of some units, running ones first; None: of all."""
    wanted = (
        select(
            MarketSeries.id, MarketSeries.code, MarketSeries.title_vi, MarketSeries.title_en,
            MarketSeries.rule, MarketSeries.shift, MarketSeries.ended_at,
            MarketSeries.organisation_id, Organisation.name_vi.label("unit_vi"),
            Organisation.name_en.label("unit_en"),
            func.max(MarketSession.hand_over_at).label("last_at"),
        )
        .join(Organisation, Organisation.id == MarketSeries.organisation_id)
        .outerjoin(MarketSession, MarketSession.series_id == MarketSeries.id)
        .group_by(MarketSeries.id, Organisation.id)
        .order_by(MarketSeries.ended_at.is_not(None), MarketSeries.id)
        .limit(200)
    )  # fmt: skip
    if units is not None:
        wanted = wanted.where(MarketSeries.organisation_id.in_(units))
    return session.execute(wanted).all()


def sessions_of(units: Select[int] | None, typed: Sequence[str] = ()) -> Select[*tuple[Any, ...]]:
    """Return the statement of the sessions of some units, the newest day first; None: of all.

    Args:
        typed: folded words; each stands in the title or the code.
    """
    wanted: Select[*tuple[Any, ...]] = (
        select(
            MarketSession.id, MarketSession.code, MarketSession.state, MarketSession.title_vi,
            MarketSession.title_en, MarketSession.opens_at, MarketSession.closes_at,
            MarketSession.hand_over_at, MarketSession.ends_at, MarketSession.settled_at,
            MarketSession.orders, MarketSession.amount_vnd, MarketSession.closed_at,
            MarketSession.organisation_id, Organisation.name_vi.label("unit_vi"), Organisation.name_en.label("unit_en"),
        )
        .join(Organisation, Organisation.id == MarketSession.organisation_id)
        .order_by(MarketSession.hand_over_at.desc(), MarketSession.id.desc())
    )  # fmt: skip
    if units is not None:
        wanted = wanted.where(MarketSession.organisation_id.in_(units))
    for word in typed:
        pattern = f"%{word}%"
        wanted = wanted.where(
            or_(MarketSession.title_vi.ilike(pattern), MarketSession.code.ilike(pattern))
        )
    return wanted


def pickups_of(session: Session, session_id: int) -> Sequence[MarketPickup]:
    """Return where and when a session hands over, the earliest first."""
    return session.scalars(
        select(MarketPickup)
        .where(MarketPickup.session_id == session_id)
        .order_by(MarketPickup.starts_at, MarketPickup.name_vi, MarketPickup.id)
    ).all()


def pickups_of_sessions(
    session: Session, session_ids: Iterable[int]
) -> dict[int, list[MarketPickup]]:
    """Return where and when several sessions hand over, by session. One query."""
    found: dict[int, list[MarketPickup]] = {}
    for pickup in session.scalars(
        select(MarketPickup)
        .where(MarketPickup.session_id.in_(sorted(set(session_ids))))
        .order_by(MarketPickup.starts_at, MarketPickup.name_vi, MarketPickup.id)
    ):
        found.setdefault(pickup.session_id, []).append(pickup)
    return found


def fixed_pickups(session: Session, pickup_ids: Iterable[int], now: datetime) -> set[int]:
    """Return which of these places belong to sessions whose orders are fixed."""
    wanted = sorted(set(pickup_ids))
    if not wanted:
        return set()
    return set(
        session.scalars(
            select(MarketPickup.id)
            .join(MarketSession, MarketSession.id == MarketPickup.session_id)
            .where(
                MarketPickup.id.in_(wanted),
                or_(MarketSession.closes_at <= now, MarketSession.closed_at.is_not(None)),
            )
        )
    )


_OFFERS = (
    select(
        MarketOffer.id, MarketOffer.session_id, MarketOffer.seller_id, MarketOffer.variant_id,
        MarketOffer.price_vnd, MarketOffer.quantity, MarketOffer.least, MarketOffer.taken,
        MarketOffer.every_time, MarketOffer.seller_agreed_at, MarketOffer.officer_agreed_at,
        MarketOffer.ended_at, MarketOffer.fell_at, Variant.name_vi.label("variant_vi"),
        Variant.name_en.label("variant_en"), Variant.sku, Product.id.label("product_id"),
        Product.slug, Product.title_vi, Product.title_en, Product.unit_vi, Product.unit_en,
        Seller.name_vi, Seller.name_en, Seller.person, Seller.initials, Seller.slug.label("seller_slug"),
        Variant.price_vnd.label("shop_price_vnd"),
        func.coalesce(StockLevel.available, 0).label("in_stock"),
    )
    .join(Variant, Variant.id == MarketOffer.variant_id)
    .join(Product, Product.id == Variant.product_id)
    .join(Seller, Seller.id == MarketOffer.seller_id)
    .outerjoin(StockLevel, StockLevel.variant_id == Variant.id)
)  # fmt: skip


def offers_statement() -> Select[*tuple[Any, ...]]:
    """Return the statement of what is brought, with its product, stall and stock."""
    return _OFFERS


def offers_of(session: Session, session_id: int) -> Sequence[Any]:
    """Return everything that sellers bring to a session or were asked for, by seller."""
    return session.execute(
        _OFFERS.where(MarketOffer.session_id == session_id).order_by(
            MarketOffer.ended_at.is_not(None), Seller.name_vi, Seller.id, Product.title_vi,
            MarketOffer.id,
        )
    ).all()  # fmt: skip


def offers_of_seller(session: Session, seller_id: int, now: datetime) -> Sequence[Any]:
    """Return what a seller brings to sessions that are not over, by session."""
    wanted = _OFFERS.join(MarketSession, MarketSession.id == MarketOffer.session_id).where(
        MarketOffer.seller_id == seller_id,
        MarketSession.state != SessionState.CANCELLED,
        MarketSession.ends_at > now,
    )
    return session.execute(
        wanted.order_by(MarketOffer.session_id, MarketOffer.ended_at.is_not(None), MarketOffer.id)
    ).all()


def sessions_for_seller(session: Session, seller_id: int, now: datetime) -> Sequence[MarketSession]:
    """Return the sessions, not over yet, of the units that a seller belongs to, the next first."""
    above = (
        select(OrganisationClosure.ancestor_id)
        .join(Seller, Seller.organisation_id == OrganisationClosure.descendant_id)
        .where(Seller.id == seller_id)
    )
    return session.scalars(
        select(MarketSession)
        .where(
            MarketSession.organisation_id.in_(above),
            MarketSession.state != SessionState.CANCELLED,
            MarketSession.ends_at > now,
        )
        .order_by(MarketSession.hand_over_at, MarketSession.id)
        .limit(MOST_SHOWN)
    ).all()


def goods_to_offer(
    session: Session, session_row: Any, seller_id: int | None = None
) -> Sequence[Any]:
    """Return packs on sale of the sellers under a session's unit that it does not have."""
    below = select(OrganisationClosure.descendant_id).where(
        OrganisationClosure.ancestor_id == session_row.organisation_id
    )
    has = select(MarketOffer.variant_id).where(
        MarketOffer.session_id == session_row.id, MarketOffer.ended_at.is_(None)
    )
    wanted = (
        select(
            Variant.id, Variant.name_vi.label("variant_vi"), Variant.name_en.label("variant_en"),
            Variant.price_vnd, Product.title_vi, Product.title_en, Product.unit_vi,
            Product.unit_en, Seller.id.label("seller_id"), Seller.name_vi, Seller.name_en,
        )
        .join(Product, Product.id == Variant.product_id)
        .join(Seller, Seller.id == Product.seller_id)
        .where(
            Seller.organisation_id.in_(below), Seller.is_open, Product.state == "published",
            Variant.retired_at.is_(None), Variant.id.not_in(has),
        )
        .order_by(Seller.name_vi, Seller.id, Product.title_vi, Variant.id)
        .limit(1_000)
    )  # fmt: skip
    if seller_id is not None:
        wanted = wanted.where(Seller.id == seller_id)
    return session.execute(wanted).all()
