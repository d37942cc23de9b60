"""Reads of what sellers ask to sell for campaigns themselves."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from shop.catalogue.models import Product
from shop.fundraising.models import Campaign, CampaignOffer
from shop.fundraising.request_models import OfferRequest
from shop.fundraising.rules import CampaignKind, CampaignState
from shop.sellers.models import Seller

_ASKED = (
    OfferRequest.id, OfferRequest.campaign_id, OfferRequest.seller_id, OfferRequest.share_kind,
    OfferRequest.share_vnd, OfferRequest.share_hundredths, OfferRequest.cost_vnd,
    OfferRequest.state, OfferRequest.asked_by_name, OfferRequest.asked_at,
    OfferRequest.answered_at, Product.title_vi.label("product_vi"),
    Product.title_en.label("product_en"), Campaign.title_vi, Campaign.title_en,
)  # fmt: skip


def requests_for(session: Session, campaign_id: int) -> Sequence[Any]:
    """Return what waits for an answer at a campaign, the oldest first, with whose it is."""
    return session.execute(
        select(*_ASKED, Seller.name_vi, Seller.name_en)
        .join(Product, Product.id == OfferRequest.product_id)
        .join(Campaign, Campaign.id == OfferRequest.campaign_id)
        .join(Seller, Seller.id == OfferRequest.seller_id)
        .where(OfferRequest.campaign_id == campaign_id, OfferRequest.state == "waiting")
        .order_by(OfferRequest.id)
    ).all()


def requests_of(session: Session, seller_id: int) -> Sequence[Any]:
    """Return what a seller asked for and is waiting or was declined, the newest first."""
    return session.execute(
        select(*_ASKED)
        .join(Product, Product.id == OfferRequest.product_id)
        .join(Campaign, Campaign.id == OfferRequest.campaign_id)
        .where(
            OfferRequest.seller_id == seller_id,
            OfferRequest.state.in_(("waiting", "declined")),
        )
        .order_by(OfferRequest.state == "declined", OfferRequest.id.desc())
        .limit(20)
    ).all()


def sales_that_run(session: Session, today: date) -> Sequence[Any]:
    """Return the campaigns that goods can be sold for today."""
    return session.execute(
        select(Campaign.id, Campaign.title_vi, Campaign.title_en)
        .where(
            Campaign.kind == CampaignKind.SALE, Campaign.state == CampaignState.OPEN,
            Campaign.opens_on <= today,
            or_(Campaign.closes_on.is_(None), Campaign.closes_on >= today),
        )
        .order_by(Campaign.id.desc())
        .limit(50)
    ).all()  # fmt: skip


def goods_to_offer(session: Session, seller_id: int) -> Sequence[Any]:
    """Return a seller's goods on sale that no campaign has and that wait for none."""
    return session.execute(
        select(Product.id, Product.title_vi, Product.title_en)
        .where(
            Product.seller_id == seller_id, Product.state == "published",
            ~select(CampaignOffer.id)
            .where(CampaignOffer.product_id == Product.id, CampaignOffer.ended_at.is_(None))
            .exists(),
            ~select(OfferRequest.id)
            .where(OfferRequest.product_id == Product.id, OfferRequest.state == "waiting")
            .exists(),
        )
        .order_by(Product.title_vi, Product.id)
        .limit(200)
    ).all()  # fmt: skip
