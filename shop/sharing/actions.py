"""Counting who came by a short link, and saying which pictures are out of date."""

from datetime import UTC, date, datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from shop.catalogue.models import Product
from shop.db import upsert_into
from shop.sellers.models import Seller
from shop.sharing.models import SharePicture, ShareVisits
from shop.sharing.rules import Source

_LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)


def count_visit(session: Session, kind: str, subject_id: int, source: Source, *, on: date) -> None:
    """Count one visit of a day; nobody is followed."""
    session.execute(
        upsert_into(session, ShareVisits)
        .values(kind=kind, subject_id=subject_id, source=source, on_day=on, visits=1)
        .on_conflict_do_update(
            index_elements=["kind", "subject_id", "source", "on_day"],
            set_={"visits": ShareVisits.visits + 1},
        )
    )


def look_again(session: Session, seller_id: int) -> None:
    """Let the worker look at all pictures of a seller: her name or her village may be in them."""
    goods = select(Product.slug).where(Product.seller_id == seller_id)
    stall = select(Seller.slug).where(Seller.id == seller_id)
    for kind, keys in (("san-pham", goods), ("nguoi-lam", stall)):
        session.execute(
            update(SharePicture)
            .where(SharePicture.kind == kind, SharePicture.key.in_(keys))
            .values(made_at=_LONG_AGO)
        )


def looked_at(session: Session, kind: str, key: str, locale: str, now: datetime) -> None:
    """Note that a subject's pictures say what it says now."""
    session.execute(
        update(SharePicture)
        .where(SharePicture.kind == kind, SharePicture.key == key, SharePicture.locale == locale)
        .values(made_at=now)
    )
