"""What stands on a product's card."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import Session, aliased

from shop.catalogue.models import Product, ProductPicture, Variant
from shop.fundraising.models import Campaign, CampaignOffer
from shop.fundraising.rules import CampaignState
from shop.listings.queries.lists import first_pack
from shop.media.models import Picture
from shop.prepared import Among, PreparedForSeveral
from shop.sellers.models import Seller
from shop.stock.models import StockLevel
from shop.stock.preorder_models import Preorder


@PreparedForSeveral
def _by_id(among: Among) -> Any:
    any_pack = aliased(Variant)
    # The one whose price and stock the card says: what is sold out cannot be bought "from" there.
    pack = aliased(Variant)

    level, ahead = aliased(StockLevel), aliased(Preorder)
    is_there = level.on_hand > level.reserved

    def prices(*of: Any) -> Any:
        """How many prices the sizes have that are ``of`` a kind."""
        return (
            select(func.count(any_pack.price_vnd.distinct()))
            .outerjoin(level, level.variant_id == any_pack.id)
            .outerjoin(ahead, and_(ahead.variant_id == any_pack.id, ahead.ended_at.is_(None)))
            .where(any_pack.product_id == Product.id, any_pack.retired_at.is_(None), *of)
            .correlate(Product)
            .scalar_subquery()
        )

    buyable = prices(or_(is_there, ahead.taken < ahead.cap))
    face_id = (
        select(ProductPicture.picture_id)
        .where(ProductPicture.product_id == Product.id)
        .order_by(ProductPicture.position, ProductPicture.picture_id)
        .limit(1)
        .correlate(Product)
        .scalar_subquery()
    )
    return (
        select(
            # As ``lists.Listed``, in one row for each product.
            Product.id,
            Product.version,
            Seller.version.label("seller_version"),
            pack.id.label("pack_id"),
            func.coalesce(StockLevel.available, 0).label("available"),
            (prices(is_there) > 1).label("prices_differ"),
            Preorder.ready_on,
            (Preorder.cap - Preorder.taken).label("places"),
            Product.seller_id,
            Product.slug,
            Product.title_vi,
            Product.title_en,
            Product.unit_vi,
            Product.unit_en,
            pack.name_vi.label("pack_vi"),
            pack.name_en.label("pack_en"),
            pack.price_vnd,
            pack.compare_at_vnd,
            pack.restock_on,
            # Of what can be bought now; of all where nothing can.
            func.coalesce(func.nullif(buyable, 0), prices()).label("price_count"),
            Seller.name_vi.label("seller_name_vi"),
            Seller.name_en.label("seller_name_en"),
            Seller.away_until,
            Product.season_from,
            Product.season_to,
            Product.season_yearly,
            Picture.digest.label("picture_digest"),
            Picture.versions.label("picture_versions"),
            Picture.alt_vi.label("picture_alt_vi"),
            Picture.alt_en.label("picture_alt_en"),
            # The campaign that it is sold for. Whatever changes it makes a new product version.
            CampaignOffer.share_kind,
            CampaignOffer.share_vnd,
            CampaignOffer.share_hundredths,
            CampaignOffer.cost_vnd,
            CampaignOffer.given_by,
            Campaign.opens_on,
            Campaign.closes_on,
        )
        .select_from(Product)
        .join(Seller, Seller.id == Product.seller_id)
        .join(pack, and_(pack.product_id == Product.id, pack.id == first_pack(Variant.id)))
        .outerjoin(StockLevel, StockLevel.variant_id == pack.id)
        .outerjoin(Preorder, and_(Preorder.variant_id == pack.id, Preorder.ended_at.is_(None)))
        .outerjoin(Picture, Picture.id == face_id)
        .outerjoin(
            CampaignOffer,
            and_(CampaignOffer.product_id == Product.id, CampaignOffer.ended_at.is_(None)),
        )
        .outerjoin(
            Campaign,
            and_(Campaign.id == CampaignOffer.campaign_id, Campaign.state == CampaignState.OPEN),
        )
        .where(among(Product.id))
    )


def cards_of(session: Session, product_ids: Sequence[int]) -> Sequence[Any]:
    """Return what cards of these products say, in no order. One statement, or none."""
    return _by_id.all(session, product_ids)
