"""How many units there are, how many are promised to orders, and why that changed."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import Mapped, mapped_column

from shop.db import Base


class StockLevel(Base):
    """Units of one variant. ``reserved`` of the ``on_hand`` units await shipping."""

    __tablename__ = "stock_levels"
    __table_args__ = (
        CheckConstraint("0 <= reserved AND reserved <= on_hand", name="never_oversold"),
    )

    variant_id: Mapped[int] = mapped_column(ForeignKey("variants.id"), primary_key=True)
    #: Copied from the variant for lists.
    product_id: Mapped[int] = mapped_column(ForeignKey("products.id"), index=True)
    on_hand: Mapped[int]
    reserved: Mapped[int] = mapped_column(default=0)
    #: The seller wants to know when so few are left for sale; None: she does not.
    warn_at: Mapped[int | None]
    #: When she was told of it; None again once there are more.
    warned_at: Mapped[datetime | None]

    @hybrid_property
    def available(self) -> int:
        """Units that nobody has ordered."""
        return self.on_hand - self.reserved


class StockMove(Base):
    """One change of a level: "why did it drop?" Never edited.

    Kinds: "counted" (by the seller), "reserved", "released" (cancel, expiry),
    "sold" (handed over), "returned", "held" (came in for an order that waited for it).
    """

    __tablename__ = "stock_moves"
    __table_args__ = (Index("ix_stock_moves_of_variant", "variant_id", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    variant_id: Mapped[int] = mapped_column(ForeignKey("variants.id"))
    kind: Mapped[str] = mapped_column(String(10))
    on_hand_change: Mapped[int]
    reserved_change: Mapped[int]
    #: The seller order that caused it. Ordering lies above, so this is no foreign key.
    seller_order_id: Mapped[int | None] = mapped_column(index=True)
    reason: Mapped[str] = mapped_column(String(200), default="")
    actor_id: Mapped[int | None]
    at: Mapped[datetime]
