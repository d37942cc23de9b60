"""What a seller asks for bringing a parcel to a zone, and where buyers may collect."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from shop.db import Base


class RateTable(Base):
    """One seller's tariff during a time. A new tariff is a new table."""

    __tablename__ = "rate_tables"
    __table_args__ = (Index("ix_rate_tables_of_seller", "seller_id", "valid_from"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    seller_id: Mapped[int] = mapped_column(ForeignKey("sellers.id"))
    valid_from: Mapped[date]
    #: The last day on which it holds; None while nothing follows.
    valid_to: Mapped[date | None]
    #: Cubic centimetres that count as one kilogram.
    volume_divisor: Mapped[int] = mapped_column(default=6000)
    #: Goods from this amount on travel free inside Vietnam; None: never.
    free_from_vnd: Mapped[int | None]
    source_note: Mapped[str] = mapped_column(String(200), default="")


class Rate(Base):
    """The price for one zone: a first step and equal steps after it."""

    __tablename__ = "rates"
    __table_args__ = (
        CheckConstraint("first_g > 0 AND step_g > 0 AND max_g >= first_g", name="steps_positive"),
        CheckConstraint("first_vnd >= 0 AND step_vnd >= 0", name="fees_not_negative"),
    )

    rate_table_id: Mapped[int] = mapped_column(ForeignKey("rate_tables.id"), primary_key=True)
    #: "commune", "province", "region" or "country", seen from the seller.
    zone: Mapped[str] = mapped_column(String(10), primary_key=True)
    first_g: Mapped[int]
    first_vnd: Mapped[int]
    step_g: Mapped[int]
    step_vnd: Mapped[int]
    max_g: Mapped[int]
    #: Days on the road, for the date range that buyers see.
    days_min: Mapped[int]
    days_max: Mapped[int]


class PickupPoint(Base):
    """A place where a buyer collects without a delivery fee."""

    __tablename__ = "pickup_points"

    id: Mapped[int] = mapped_column(primary_key=True)
    seller_id: Mapped[int] = mapped_column(ForeignKey("sellers.id"), index=True)
    name_vi: Mapped[str] = mapped_column(String(120))
    name_en: Mapped[str] = mapped_column(String(120))
    address_vi: Mapped[str] = mapped_column(String(200))
    address_en: Mapped[str] = mapped_column(String(200))
    hours_vi: Mapped[str] = mapped_column(String(120))
    hours_en: Mapped[str] = mapped_column(String(120))
    ended_at: Mapped[datetime | None]
