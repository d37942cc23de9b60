"""Goods that members give to a campaign, which a stall then sells for it."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from shop.db import Base


class GoodsGift(Base):
    """Goods that somebody gives to a campaign: what, how much, and what she says they are worth.

    Stands beside the money, never inside it. An officer of the campaign's unit says yes or no;
    sold by a stall, they are a product of which all goes to the fund (``offer_id``). Accepted and
    never sold, they are handed over as they are.
    """

    __tablename__ = "goods_gifts"
    __table_args__ = (
        CheckConstraint("quantity BETWEEN 1 AND 9999", name="quantity_range"),
        CheckConstraint(
            "stated_value_vnd IS NULL OR stated_value_vnd >= 0", name="value_not_negative"
        ),
        CheckConstraint("state IN ('offered', 'accepted', 'declined', 'sold')", name="state_known"),
        CheckConstraint(
            "left_over IS NULL OR left_over BETWEEN 0 AND quantity", name="left_within_quantity"
        ),
        CheckConstraint("(state = 'sold') = (offer_id IS NOT NULL)", name="sold_has_offer"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaigns.id"), index=True)
    #: Made once per rendered form: one form is one gift.
    attempt_id: Mapped[str] = mapped_column(String(40), unique=True)
    #: For her receipt and for reading aloud: eight characters.
    code: Mapped[str] = mapped_column(String(12), unique=True)
    words: Mapped[str] = mapped_column(String(120))
    quantity: Mapped[int]
    #: "kg", "hũ", "con".
    unit: Mapped[str] = mapped_column(String(30))
    stated_value_vnd: Mapped[int | None]
    #: Sealed JSON: {"name", "phone", "note"}: for the officers of the unit alone.
    data_key: Mapped[bytes] = mapped_column(LargeBinary)
    contact: Mapped[bytes] = mapped_column(LargeBinary)
    #: Who gave it, as far as she lets others read it; "" for nobody.
    shown_name: Mapped[str] = mapped_column(String(80), default="")
    locale: Mapped[str] = mapped_column(String(2))
    #: Her receipt's private link: its token is made of the secret key and this.
    link_nonce: Mapped[str] = mapped_column(String(32))
    link_digest: Mapped[str] = mapped_column(String(64), unique=True)
    #: "offered", "accepted", "declined", "sold"
    state: Mapped[str] = mapped_column(String(10))
    #: How much of it is left after a stall sold some of it and then no more; before that None.
    left_over: Mapped[int | None]
    #: The offer under which a stall sells them.
    offer_id: Mapped[int | None] = mapped_column(ForeignKey("campaign_offers.id"), index=True)
    given_at: Mapped[datetime]
    answered_at: Mapped[datetime | None]
    answered_by_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
