"""One product as its page shows it."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import bindparam, func, select
from sqlalchemy.orm import Session

from shop.catalogue.models import Product, Variant
from shop.fundraising.models import Campaign, CampaignOffer
from shop.prepared import Prepared
from shop.reviews.models import ReviewSum
from shop.reviews.queries import SUM_COLUMNS
from shop.sellers.models import Seller
from shop.shares.queries import EDITION
from shop.stock.models import StockLevel
from shop.stock.preorder_models import Preorder


@Prepared
def _product() -> Any:
    return (
        select(
            Product.id, Product.slug, Product.state, Product.version, Product.category_id,
            Product.seller_id, Product.title_vi, Product.title_en, Product.unit_vi, Product.unit_en,
            Product.summary_vi, Product.summary_en, Product.description_vi, Product.description_en,
            Product.ingredients_vi, Product.ingredients_en, Product.allergens, Product.traces, Product.storage_vi,
            Product.storage_en, Product.shelf_life_vi, Product.shelf_life_en, Product.origin_vi,
            Product.origin_en, Product.made_vi, Product.made_en,
            Product.published_at, Product.season_from, Product.season_to, Product.season_yearly,
            Seller.version.label("seller_version"), Seller.slug.label("seller_slug"),
            Seller.name_vi.label("seller_name_vi"), Seller.name_en.label("seller_name_en"),
            Seller.initials, Seller.person, Seller.phone, Seller.hamlet_vi, Seller.hamlet_en,
            Seller.ward_name, Seller.province_name, Seller.since_year, Seller.blind_makers,
            Seller.sentence_vi, Seller.sentence_en, Seller.checked_vi, Seller.checked_en,
            Seller.dispatch_vi, Seller.dispatch_en, Seller.returns_vi, Seller.returns_en,
            Seller.lead_days_min, Seller.lead_days_max, Seller.product_count,
            Seller.approved_at, Seller.closed_at, Seller.away_until, Seller.organisation_id,
            Seller.voice_file, Seller.voice_ms, Seller.voice_vi, Seller.voice_en,
            EDITION.label("share_edition"),
            Variant.id.label("pack_id"), Variant.sku, Variant.name_vi, Variant.name_en,
            Variant.price_vnd, Variant.compare_at_vnd, Variant.net_g, Variant.net_ml, Variant.pieces,
            Variant.weight_g, Variant.length_mm, Variant.width_mm, Variant.height_mm,
            Variant.restock_on, func.coalesce(StockLevel.available, 0).label("available"),
            Preorder.ready_on, (Preorder.cap - Preorder.taken).label("places"),
            Campaign.id.label("campaign_id"), Campaign.code.label("campaign_code"),
            Campaign.state.label("campaign_state"), Campaign.opens_on, Campaign.closes_on,
            Campaign.title_vi.label("campaign_vi"), Campaign.title_en.label("campaign_en"),
            Campaign.for_whom_vi, Campaign.for_whom_en, CampaignOffer.given_by,
            CampaignOffer.share_kind, CampaignOffer.share_vnd, CampaignOffer.share_hundredths,
            CampaignOffer.cost_vnd, *SUM_COLUMNS,
        )
        .select_from(Product)
        .join(Seller, Seller.id == Product.seller_id)
        .outerjoin(ReviewSum, ReviewSum.product_id == Product.id)
        .outerjoin(Variant, (Variant.product_id == Product.id) & Variant.retired_at.is_(None))
        .outerjoin(StockLevel, StockLevel.variant_id == Variant.id)
        .outerjoin(Preorder, (Preorder.variant_id == Variant.id) & Preorder.ended_at.is_(None))
        .outerjoin(
            CampaignOffer,
            (CampaignOffer.product_id == Product.id) & CampaignOffer.ended_at.is_(None),
        )
        .outerjoin(Campaign, Campaign.id == CampaignOffer.campaign_id)
        .where(Product.slug == bindparam("slug"))
        .order_by(Variant.position, Variant.id)
    )  # fmt: skip


def slug_of_pack(session: Session, pack_id: int) -> str | None:
    """Return the slug of the product that a pack size belongs to, in any state."""
    return session.scalar(
        select(Product.slug)
        .join(Variant, Variant.product_id == Product.id)
        .where(Variant.id == pack_id)
    )


def sizes_of(session: Session, slug: str) -> Sequence[Any]:
    """Return a product of any state with its maker and the campaign it is sold for: a row for each pack size on sale.

    One row with ``pack_id`` None when none is on sale. One statement.
    """
    return _product.all(session, {"slug": slug})
