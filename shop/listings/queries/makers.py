"""The people who make things, as their pages show them."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from shop.catalogue.models import Product
from shop.listings.queries.lists import is_open
from shop.sellers.models import Seller

card_columns = (
    Seller.id, Seller.slug, Seller.initials, Seller.name_vi, Seller.name_en, Seller.person,
    Seller.hamlet_vi, Seller.hamlet_en, Seller.ward_code, Seller.ward_name,
    Seller.province_code, Seller.province_name, Seller.since_year, Seller.sentence_vi, Seller.sentence_en,
    Seller.checked_vi, Seller.checked_en, Seller.product_count, Seller.blind_makers,
)  # fmt: skip

_open = (
    select(*card_columns)
    .where(*is_open, Seller.product_count > 0)
    .order_by(Seller.name_vi, Seller.id)
)
_page = select(
    *card_columns, Seller.version, Seller.phone, Seller.organisation_path, Seller.story_vi,
    Seller.story_en, Seller.dispatch_vi, Seller.dispatch_en, Seller.returns_vi, Seller.returns_en,
    Seller.approved_at, Seller.closed_at, Seller.voice_file, Seller.voice_ms, Seller.voice_vi,
    Seller.voice_en,
)  # fmt: skip


def makers(session: Session) -> Sequence[Any]:
    """Return every open maker with something on show. One statement."""
    return session.execute(_open).all()


def maker(session: Session, slug: str) -> Any:
    """Return a maker's page, also of one who closed; None for one never open."""
    row = session.execute(_page.where(Seller.slug == slug)).one_or_none()
    return row if row is not None and row.approved_at is not None else None


def blind_makers(session: Session) -> Sequence[Any]:
    """Return the open makers who are blind and agreed to say so, with their voices."""
    return session.execute(
        select(*card_columns, Seller.voice_file, Seller.voice_ms, Seller.voice_vi, Seller.voice_en)
        .where(*is_open, Seller.product_count > 0, Seller.blind_makers.is_(True))
        .order_by(Seller.name_vi, Seller.id)
    ).all()


def addresses(session: Session, limit: int) -> tuple[Sequence[Any], Sequence[Any]]:
    """Return (slug, changed) of open makers and of products on show, for search engines."""
    sellers = session.execute(
        select(Seller.slug, Seller.approved_at.label("at")).where(*is_open).order_by(Seller.id)
    ).all()
    products = session.execute(
        select(Product.slug, Product.updated_at.label("at"))
        .join(Seller, Seller.id == Product.seller_id)
        .where(Product.state == "published", *is_open)
        .order_by(Product.published_at.desc(), Product.id.desc())
        .limit(limit)
    ).all()
    return sellers, products
