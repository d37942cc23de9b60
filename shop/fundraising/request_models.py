"""What sellers ask to sell for a campaign, before an officer has said yes."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from shop.db import Base, only_where


class OfferRequest(Base):
    """A seller asks to sell one of her products for a campaign, and consents to the share herself.

    Accepted by an officer it becomes an offer (``offer_id``); declined or withdrawn it stays as
    it was. A product waits for one campaign at a time.
    """

    __tablename__ = "offer_requests"
    __table_args__ = (
        CheckConstraint(
            "share_kind IN ('fixed', 'percent', 'after_cost', 'all')", name="share_kind_known"
        ),
        CheckConstraint(
            "state IN ('waiting', 'accepted', 'declined', 'withdrawn')", name="state_known"
        ),
        CheckConstraint("(state = 'accepted') = (offer_id IS NOT NULL)", name="accepted_is_sold"),
        Index(
            "uq_offer_requests_product_waiting", "product_id", unique=True,
            **only_where(text("state = 'waiting'")),
        ),
    )  # fmt: skip

    id: Mapped[int] = mapped_column(primary_key=True)
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaigns.id"), index=True)
    seller_id: Mapped[int] = mapped_column(ForeignKey("sellers.id"), index=True)
    product_id: Mapped[int] = mapped_column(ForeignKey("products.id"))
    #: As of ``CampaignOffer``.
    share_kind: Mapped[str] = mapped_column(String(10))
    share_vnd: Mapped[int] = mapped_column(default=0)
    share_hundredths: Mapped[int] = mapped_column(default=0)
    cost_vnd: Mapped[int] = mapped_column(default=0)
    state: Mapped[str] = mapped_column(String(10))
    #: Who consented at her stall, and when.
    asked_by_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    asked_by_name: Mapped[str] = mapped_column(String(80))
    asked_at: Mapped[datetime]
    answered_at: Mapped[datetime | None]
    answered_by_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    offer_id: Mapped[int | None] = mapped_column(ForeignKey("campaign_offers.id"))
