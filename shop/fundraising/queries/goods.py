"""Reads of goods that members give: for the desk, for everybody, for whoever gave."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from shop.catalogue.models import Product
from shop.current import vault
from shop.fundraising.goods_models import GoodsGift
from shop.fundraising.models import CampaignOffer
from shop.kernel.errors import NotYours
from shop.kernel.sealing import token_digest
from shop.sellers.models import Seller
from shop.web.links import private_token_of

#: So many are shown on a campaign's page, the newest first.
MOST_SHOWN = 60

_ROWS = (
    select(
        GoodsGift.id, GoodsGift.code, GoodsGift.words, GoodsGift.quantity, GoodsGift.unit,
        GoodsGift.stated_value_vnd, GoodsGift.shown_name, GoodsGift.state, GoodsGift.given_at,
        GoodsGift.campaign_id, CampaignOffer.ended_at, Product.slug, Product.price_vnd,
        Seller.name_vi, Seller.name_en,
    )
    .outerjoin(CampaignOffer, CampaignOffer.id == GoodsGift.offer_id)
    .outerjoin(Product, Product.id == CampaignOffer.product_id)
    .outerjoin(Seller, Seller.id == CampaignOffer.seller_id)
    .order_by(GoodsGift.id.desc())
)  # fmt: skip


def goods_shown(session: Session, campaign_id: int) -> Sequence[Any]:
    """Return the goods that a campaign took, and who sells them: nothing of who gave unasked."""
    return session.execute(
        _ROWS.where(
            GoodsGift.campaign_id == campaign_id, GoodsGift.state.in_(("accepted", "sold"))
        ).limit(MOST_SHOWN)
    ).all()


def goods_of(campaign_id: int) -> Select[*tuple[Any, ...]]:
    """Return the statement of all goods of a campaign with their sealed givers: for its officers."""
    return _ROWS.add_columns(GoodsGift.data_key, GoodsGift.contact).where(
        GoodsGift.campaign_id == campaign_id
    )


def who_gives(row: Any) -> dict[str, Any]:
    """Return {"name", "phone", "note"} of a gift of goods; empty once she is forgotten."""
    if not row.contact:
        return {"name": "", "phone": "", "note": ""}
    return vault().open(row.data_key, row.contact)


def goods_by_link(session: Session, token: str) -> Any:
    """Return the goods of a private link, as ``goods_shown`` has them.

    Raises:
        NotYours
    """
    found = session.execute(_ROWS.where(GoodsGift.link_digest == token_digest(token))).one_or_none()
    if found is None:
        raise NotYours
    return found


def goods_link_token(row: GoodsGift) -> str:
    """Make the private link's token of goods that were given."""
    return private_token_of("gift", row)


def goods_of_attempt(session: Session, attempt_id: str) -> int | None:
    return session.scalar(select(GoodsGift.id).where(GoodsGift.attempt_id == attempt_id))
