"""Lots: units that were made together, which parcels they went into, and who was told of a recall."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from shop.db import Base


class Lot(Base):
    """Units of one variant that were made together.

    ``left`` of them lie in the house and belong to no parcel, ``packed`` lie there in parcels.
    Never more than the variant's stock has; goods may well lie there without a lot.
    """

    __tablename__ = "lots"
    __table_args__ = (
        CheckConstraint("left_units >= 0 AND packed_units >= 0", name="never_below_zero"),
        CheckConstraint(
            "made_on IS NULL OR best_before IS NULL OR made_on <= best_before", name="days_in_order"
        ),
        UniqueConstraint("variant_id", "name"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    #: Of its public page and QR: ten characters that nobody guesses.
    code: Mapped[str] = mapped_column(String(12), unique=True)
    seller_id: Mapped[int] = mapped_column(ForeignKey("sellers.id"), index=True)
    product_id: Mapped[int] = mapped_column(ForeignKey("products.id"))
    variant_id: Mapped[int] = mapped_column(ForeignKey("variants.id"))
    #: As it is written on the jar: "L261127".
    name: Mapped[str] = mapped_column(String(40))
    made_on: Mapped[date | None]
    best_before: Mapped[date | None]
    #: What it is made from and where that came from; "": as the product says.
    from_vi: Mapped[str] = mapped_column(String(300), default="")
    from_en: Mapped[str] = mapped_column(String(300), default="")
    left_units: Mapped[int] = mapped_column(default=0)
    packed_units: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime]
    created_by_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    #: Of which nearness of its last day the seller was told: "", "near" or "over".
    warned: Mapped[str] = mapped_column(String(5), default="")
    recalled_at: Mapped[datetime | None]
    recalled_by_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    #: Why it is called back and what to do with it, for everybody who reads its page.
    recall_vi: Mapped[str] = mapped_column(String(500), default="")
    recall_en: Mapped[str] = mapped_column(String(500), default="")


class LotMove(Base):
    """One change of what is left of a lot. Never edited; they add up to ``left_units``.

    Kinds: "made" (put in), "packed", "unpacked" (the parcel was opened again), "returned",
    "taken" (spoilt, given away), "fitted" (fewer lie there than the lots said).
    """

    __tablename__ = "lot_moves"

    id: Mapped[int] = mapped_column(primary_key=True)
    lot_id: Mapped[int] = mapped_column(ForeignKey("lots.id"), index=True)
    kind: Mapped[str] = mapped_column(String(10))
    change: Mapped[int]
    #: The seller order that caused it. Ordering lies above, so this is no foreign key.
    seller_order_id: Mapped[int | None]
    reason: Mapped[str] = mapped_column(String(200), default="")
    actor_id: Mapped[int | None]
    at: Mapped[datetime]


class LotUse(Base):
    """So many units of a line of an order came from this lot.

    ``out_at``: when its parcel left the house. ``returned``: of them, how many came back.
    """

    __tablename__ = "lot_uses"
    __table_args__ = (
        CheckConstraint("quantity >= 1", name="quantity_positive"),
        CheckConstraint("0 <= returned AND returned <= quantity", name="returned_within_used"),
        Index("ix_lot_uses_seller_order_id", "seller_order_id"),
    )

    lot_id: Mapped[int] = mapped_column(ForeignKey("lots.id"), primary_key=True)
    #: Ordering lies above, so these two are no foreign keys.
    line_item_id: Mapped[int] = mapped_column(primary_key=True, index=True)
    seller_order_id: Mapped[int]
    quantity: Mapped[int]
    returned: Mapped[int] = mapped_column(default=0)
    out_at: Mapped[datetime | None]
    at: Mapped[datetime]
    by_id: Mapped[int | None]


class LotTold(Base):
    """The buyer of an order was told that the lot is called back."""

    __tablename__ = "lot_told"

    lot_id: Mapped[int] = mapped_column(ForeignKey("lots.id"), primary_key=True)
    seller_order_id: Mapped[int] = mapped_column(primary_key=True)
    told_at: Mapped[datetime]
    told_by_id: Mapped[int | None]
