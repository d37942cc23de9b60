"""Reads of the services that tell of money."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, func, or_, select
from sqlalchemy.orm import Session

from shop.banking.models import BankFeed, BankNotice, BankRefusal
from shop.banking.queries.owners import Sight
from shop.current import vault
from shop.kernel.errors import NotYours
from shop.organisations.models import Organisation
from shop.prepared import Prepared
from shop.sellers.models import Seller

#: How far back refused messages are shown.
REFUSALS_FOR = timedelta(days=30)


@Prepared
def _at() -> Any:
    return select(
        BankFeed.id, BankFeed.kind, BankFeed.data_key, BankFeed.secret, BankFeed.seller_id,
        BankFeed.organisation_id, BankFeed.ended_at,
    ).where(BankFeed.address == bindparam("address"))  # fmt: skip


def feed_at(session: Session, address: str) -> Any:
    """Return the feed that a service calls, also one that ended; None when there is none."""
    return _at.first(session, {"address": address})


def feed_in(session: Session, sight: Sight, feed_id: int) -> BankFeed:
    """Return one feed of a sight.

    Raises:
        NotYours
    """
    found = session.scalar(select(BankFeed).where(BankFeed.id == feed_id, sight.of(BankFeed)))
    if found is None:
        raise NotYours
    return found


def secret_of(feed: Any) -> str:
    return vault().open(feed.data_key, feed.secret)


def feeds_in(session: Session, sight: Sight | None, *, ended: bool = True) -> Sequence[Any]:
    """Return feeds with their owner's name and when they last told something, newest first.

    Args:
        sight: whose; None for all of the shop.
    """
    last = (
        select(func.max(BankNotice.received_at))
        .where(BankNotice.feed_id == BankFeed.id)
        .correlate(BankFeed)
        .scalar_subquery()
    )
    unknown = (
        select(func.count(BankNotice.id))
        .where(BankNotice.feed_id == BankFeed.id, BankNotice.state == "elsewhere")
        .correlate(BankFeed)
        .scalar_subquery()
    )
    wanted = (
        select(
            BankFeed.id, BankFeed.kind, BankFeed.address, BankFeed.seller_id,
            BankFeed.organisation_id, BankFeed.started_at, BankFeed.ended_at,
            func.coalesce(Seller.name_vi, Organisation.name_vi).label("name_vi"),
            func.coalesce(Seller.name_en, Organisation.name_en).label("name_en"),
            last.label("last_at"), unknown.label("unknown"),
        )
        .outerjoin(Seller, Seller.id == BankFeed.seller_id)
        .outerjoin(Organisation, Organisation.id == BankFeed.organisation_id)
        .order_by(BankFeed.ended_at.is_not(None), BankFeed.id.desc())
    )  # fmt: skip
    if sight is not None:
        wanted = wanted.where(sight.of(BankFeed))
    if not ended:
        wanted = wanted.where(BankFeed.ended_at.is_(None))
    return session.execute(wanted).all()


def refusals_of(session: Session, feed_ids: Sequence[int], now: datetime) -> Sequence[Any]:
    """Return (feed_id, reason, times, last_at) of what was refused lately, by feed and reason."""
    return session.execute(
        select(
            BankRefusal.feed_id, BankRefusal.reason, func.sum(BankRefusal.times).label("times"),
            func.max(BankRefusal.last_at).label("last_at"),
        )
        .where(
            BankRefusal.feed_id.in_(feed_ids),
            BankRefusal.on_day >= (now - REFUSALS_FOR).date(),
        )
        .group_by(BankRefusal.feed_id, BankRefusal.reason)
        .order_by(BankRefusal.feed_id, BankRefusal.reason)
    ).all()  # fmt: skip


def refused_since(session: Session, feed_ids: Sequence[int]) -> dict[int, datetime]:
    """Return {feed: when} of feeds of which the last message was refused: a wrong key, most likely."""
    good = (
        select(BankNotice.feed_id, func.max(BankNotice.received_at).label("at"))
        .where(BankNotice.feed_id.in_(feed_ids))
        .group_by(BankNotice.feed_id)
        .subquery()
    )
    rows = session.execute(
        select(BankRefusal.feed_id, func.max(BankRefusal.last_at).label("at"))
        .outerjoin(good, good.c.feed_id == BankRefusal.feed_id)
        .where(
            BankRefusal.feed_id.in_(feed_ids),
            or_(good.c.at.is_(None), BankRefusal.last_at > good.c.at),
        )
        .group_by(BankRefusal.feed_id)
    )
    return {row.feed_id: row.at for row in rows}
