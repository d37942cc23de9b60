"""What a seller is about to do: a product half written, a list of goods not stored yet."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
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


class GoodsSheet(Base):
    """A list of goods that was sent in. ``cells``: its rows as read, from the heads on."""

    __tablename__ = "goods_sheets"
    __table_args__ = (
        CheckConstraint(
            "state IN ('read', 'waiting', 'storing', 'stored', 'refused')", name="state_known"
        ),
        Index("ix_goods_sheets_of_stall", "seller_id", "id"),
        Index("ix_goods_sheets_sent", "sent_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    seller_id: Mapped[int] = mapped_column(ForeignKey("sellers.id"))
    by_id: Mapped[int]
    by_name: Mapped[str] = mapped_column(String(120))
    state: Mapped[str] = mapped_column(String(8))
    cells: Mapped[list[Any]]
    #: What she said yes to: the mark of the plan that the page showed.
    shown: Mapped[str] = mapped_column(String(32), default="")
    #: What came of it: numbers of rows, or why not.
    told: Mapped[dict[str, Any]]
    sent_at: Mapped[datetime]
    changed_at: Mapped[datetime]
