"""A new product while it is being written, kept as it was typed."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from shop.db import Base


class GoodsDraft(Base):
    """What somebody has typed for a new product. Its key is one attempt, which makes one product."""

    __tablename__ = "goods_drafts"
    __table_args__ = (
        Index("ix_goods_drafts_open", "seller_id", "by_id", "saved_at"),
        Index("ix_goods_drafts_saved", "saved_at"),
    )

    key: Mapped[str] = mapped_column(String(32), primary_key=True)
    seller_id: Mapped[int] = mapped_column(ForeignKey("sellers.id"))
    #: The account that writes: two people of one stall do not write into one draft.
    by_id: Mapped[int]
    #: Texts by the name of their field, unread; ``allergens`` is a list.
    typed: Mapped[dict[str, Any]]
    saved_at: Mapped[datetime]
    #: What became of it: sent again, the same product is shown.
    product_id: Mapped[int | None] = mapped_column(ForeignKey("products.id"))
