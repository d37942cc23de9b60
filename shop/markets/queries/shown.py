"""What everybody may see of markets, in few queries."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from hashlib import sha256
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from shop.catalogue.models import Product, Variant
from shop.kernel.clock import vietnam_date
from shop.markets.holidays import holidays
from shop.markets.models import MarketOffer, MarketPickup, MarketSeries, MarketSession
from shop.markets.queries.sessions import MOST_SHOWN, SHOWN_AFTER, offers_statement, pickups_of
from shop.markets.rules.calendar import market_day, read_rule
from shop.markets.rules.sessions import SessionState
from shop.organisations.models import Organisation
from shop.sellers.models import Seller


@dataclass(frozen=True)
class MarketPage:
    """A session as visitors read it. ``goods``: what is sold there, by seller."""

    row: Any
    organisation: Any
    pickups: Sequence[MarketPickup]
    goods: Sequence[Any]

    def drawn(self, phase: str, faces: Iterable[str]) -> str:
        """Return a name for what its share picture says, to go into that picture's address.

        Args:
            faces: digests of the photos of its goods, the first one's first.
        """
        said = [
            phase, self.row.title_vi, self.row.title_en, self.row.hand_over_at, self.row.closes_at,
            self.organisation.name_vi, self.organisation.name_en, *faces,
            *((goods.title_vi, goods.title_en) for goods in self.goods),
            *((pickup.name_vi, pickup.name_en) for pickup in self.pickups),
        ]  # fmt: skip
        return sha256(repr([str(one) for one in said]).encode()).hexdigest()[:12]


def markets_shown(session: Session, now: datetime) -> Sequence[Any]:
    """Return the sessions that are shown and not long over, the next first. One query."""
    return session.execute(
        select(
            MarketSession.id, MarketSession.code, MarketSession.state, MarketSession.title_vi,
            MarketSession.title_en, MarketSession.opens_at, MarketSession.closes_at,
            MarketSession.hand_over_at, MarketSession.ends_at, MarketSession.settled_at,
            Organisation.name_vi.label("unit_vi"), Organisation.name_en.label("unit_en"),
        )
        .join(Organisation, Organisation.id == MarketSession.organisation_id)
        .where(
            MarketSession.state == SessionState.SHOWN, MarketSession.ends_at > now - SHOWN_AFTER
        )
        .order_by(MarketSession.hand_over_at, MarketSession.id)
        .limit(MOST_SHOWN)
    ).all()  # fmt: skip


def markets_open(session: Session, units: Iterable[int], now: datetime) -> Sequence[Any]:
    """Return the shown sessions of these units that take orders, now or later, the next first."""
    return session.execute(
        select(MarketSession.id, MarketSession.title_vi, MarketSession.title_en)
        .where(
            MarketSession.organisation_id.in_(list(units)), MarketSession.closes_at > now,
            MarketSession.state == SessionState.SHOWN,
        )
        .order_by(MarketSession.hand_over_at, MarketSession.id)
        .limit(MOST_SHOWN)
    ).all()  # fmt: skip


def markets_named(session: Session, ids: Iterable[int]) -> dict[int, Any]:
    """Return the titles of sessions by id. At most one query."""
    wanted = set(ids)
    if not wanted:
        return {}
    titles = select(MarketSession.id, MarketSession.title_vi, MarketSession.title_en)
    return {row.id: row for row in session.execute(titles.where(MarketSession.id.in_(wanted)))}


def market_page(session: Session, code: str) -> MarketPage | None:
    """Return a session that was shown; None for drafts and for those that were called off."""
    row = session.scalar(
        select(MarketSession).where(
            MarketSession.code == code, MarketSession.state == SessionState.SHOWN
        )
    )
    if row is None:
        return None
    goods = session.execute(
        offers_statement()
        .where(
            MarketOffer.session_id == row.id, MarketOffer.ended_at.is_(None),
            MarketOffer.seller_agreed_at.is_not(None),
            MarketOffer.officer_agreed_at.is_not(None), Variant.retired_at.is_(None),
            Product.state == "published", Seller.is_open,
        )
        .order_by(Seller.name_vi, Seller.id, Product.title_vi, MarketOffer.id)
    ).all()  # fmt: skip
    return MarketPage(
        row, session.get_one(Organisation, row.organisation_id), pickups_of(session, row.id), goods
    )


def next_after(session: Session, row: Any, now: datetime) -> tuple[date, str | None] | None:
    """Return (day, code) of the series' next market; the code when its session is shown already."""
    if row.series_id is None:
        return None
    following = session.execute(
        select(MarketSession.hand_over_at, MarketSession.code)
        .where(
            MarketSession.series_id == row.series_id, MarketSession.state == SessionState.SHOWN,
            MarketSession.closes_at > now, MarketSession.hand_over_at > row.hand_over_at,
        )
        .order_by(MarketSession.hand_over_at)
        .limit(1)
    ).first()  # fmt: skip
    if following is not None:
        return vietnam_date(following.hand_over_at), following.code
    series = session.get_one(MarketSeries, row.series_id)
    rule = read_rule(series.rule)
    if series.ended_at is not None or rule is None:
        return None
    after = max(vietnam_date(now), vietnam_date(row.hand_over_at))
    return market_day(rule, series.shift, holidays(), after).on, None
