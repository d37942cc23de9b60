"""Goods that are ordered before they are there: rounds with a day and a cap, and who waits."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy import text as sql
from sqlalchemy.orm import Mapped, mapped_column

from shop.db import Base, only_where


class Preorder(Base):
    """One round of a variant that may be ordered ahead: ``taken`` of ``cap`` pieces are promised."""

    __tablename__ = "preorders"
    __table_args__ = (
        CheckConstraint("0 <= taken AND taken <= cap", name="within_cap"),
        Index(
            "ix_preorders_open", "variant_id", unique=True, **only_where(sql("ended_at IS NULL"))
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    variant_id: Mapped[int] = mapped_column(ForeignKey("variants.id"), index=True)
    #: Copied from the variant for pages.
    product_id: Mapped[int] = mapped_column(ForeignKey("products.id"), index=True)
    #: From this day on it is sent. Moved when she is late, and then she says why.
    ready_on: Mapped[date]
    moved_for: Mapped[str] = mapped_column(String(200), default="", server_default="")
    cap: Mapped[int]
    taken: Mapped[int] = mapped_column(default=0, server_default="0")
    opened_at: Mapped[datetime]
    opened_by_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    #: Takes no more orders: closed by her, the goods came, or its day is there.
    ended_at: Mapped[datetime | None]


class PreorderPlace(Base):
    """So many pieces of a round that one seller order waits for; ``held`` of them are there."""

    __tablename__ = "preorder_places"
    __table_args__ = (
        CheckConstraint("quantity >= 1", name="quantity_positive"),
        CheckConstraint("0 <= held AND held <= quantity", name="held_within_quantity"),
        Index(
            "ix_preorder_places_waiting",
            "variant_id",
            **only_where(sql("held < quantity AND given_up_at IS NULL")),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    preorder_id: Mapped[int] = mapped_column(ForeignKey("preorders.id"), index=True)
    variant_id: Mapped[int] = mapped_column(ForeignKey("variants.id"))
    #: Ordering lies above, so this is no foreign key.
    seller_order_id: Mapped[int] = mapped_column(index=True)
    quantity: Mapped[int]
    held: Mapped[int] = mapped_column(default=0, server_default="0")
    #: The order was cancelled: its pieces are the next one's.
    given_up_at: Mapped[datetime | None]
