"""What stands on a product's card."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import and_, bindparam, func, select
from sqlalchemy.orm import Session, aliased

from shop.catalogue.models import Product, ProductPicture, Variant
from shop.listings.queries.lists import first_pack, free
from shop.media.models import Picture
from shop.sellers.models import Seller
from shop.stock.models import StockLevel

_Cheapest = aliased(Variant)
_Pack = aliased(Variant)

_cheapest_id = (
    select(_Cheapest.id)
    .where(_Cheapest.product_id == Product.id, _Cheapest.retired_at.is_(None))
    .order_by(_Cheapest.price_vnd, _Cheapest.position, _Cheapest.id)
    .limit(1)
    .correlate(Product)
    .scalar_subquery()
)
_prices = (
    select(func.count(_Cheapest.price_vnd.distinct()))
    .where(_Cheapest.product_id == Product.id, _Cheapest.retired_at.is_(None))
    .correlate(Product)
    .scalar_subquery()
)
_face_id = (
    select(ProductPicture.picture_id)
    .where(ProductPicture.product_id == Product.id)
    .order_by(ProductPicture.position, ProductPicture.picture_id)
    .limit(1)
    .correlate(Product)
    .scalar_subquery()
)
_Counted = aliased(Variant)

_cards = (
    select(
        # As ``lists.card_key``, in one row for each product.
        Product.id,
        Product.version,
        Seller.version.label("seller_version"),
        _Counted.id.label("pack_id"),
        func.coalesce(free, 0).label("available"),
        Product.seller_id,
        Product.slug,
        Product.title_vi,
        Product.title_en,
        Product.unit_vi,
        Product.unit_en,
        _Pack.name_vi.label("pack_vi"),
        _Pack.name_en.label("pack_en"),
        _Pack.price_vnd,
        _Pack.compare_at_vnd,
        _Pack.restock_on,
        _prices.label("price_count"),
        _Counted.name_vi.label("counted_vi"),
        _Counted.name_en.label("counted_en"),
        Seller.name_vi.label("seller_name_vi"),
        Seller.name_en.label("seller_name_en"),
        Picture.digest.label("picture_digest"),
        Picture.versions.label("picture_versions"),
        Picture.alt_vi.label("picture_alt_vi"),
        Picture.alt_en.label("picture_alt_en"),
    )
    .select_from(Product)
    .join(Seller, Seller.id == Product.seller_id)
    .join(_Pack, and_(_Pack.product_id == Product.id, _Pack.id == _cheapest_id))
    .join(_Counted, and_(_Counted.product_id == Product.id, _Counted.id == first_pack(Variant.id)))
    .outerjoin(StockLevel, StockLevel.variant_id == _Counted.id)
    .outerjoin(Picture, Picture.id == _face_id)
)
_by_id = _cards.where(Product.id.in_(bindparam("ids", expanding=True)))


def cards_of(session: Session, product_ids: Sequence[int]) -> Sequence[Any]:
    """Return what cards of these products say, in no order. One statement, or none."""
    if not product_ids:
        return []
    return session.connection().execute(_by_id, {"ids": list(product_ids)}).all()
