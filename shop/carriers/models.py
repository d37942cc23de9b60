"""What a seller agreed with carriers, the parcels she sent by them, and each of their words once."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, String, UniqueConstraint
from sqlalchemy import text as sql
from sqlalchemy.orm import Mapped, mapped_column

from shop.db import Base, only_where


class CarrierAccount(Base):
    """A seller's own account at a carrier. Never edited: other keys are another account."""

    __tablename__ = "carrier_accounts"

    id: Mapped[int] = mapped_column(primary_key=True)
    seller_id: Mapped[int] = mapped_column(ForeignKey("sellers.id"), index=True)
    #: A key of ``rules.CARRIERS``.
    carrier: Mapped[str] = mapped_column(String(12))
    #: Random last part of the address that the carrier calls.
    address: Mapped[str] = mapped_column(String(32), unique=True)
    #: Sealed: what the carrier gave her, {"token": …}, and "secret" where callbacks carry one.
    data_key: Mapped[bytes] = mapped_column(LargeBinary)
    secret: Mapped[bytes] = mapped_column(LargeBinary)
    #: The carrier's place for trying out: nothing moves there.
    is_test: Mapped[bool] = mapped_column(default=False)
    started_at: Mapped[datetime]
    started_by_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    ended_at: Mapped[datetime | None]


class CarrierParcel(Base):
    """One parcel that a carrier is asked to fetch; after a cancelled one the next try is another."""

    __tablename__ = "carrier_parcels"
    __table_args__ = (
        CheckConstraint(
            "state IN ('asked', 'made', 'refused', 'cancelling', 'cancelled')", name="state_known"
        ),
        CheckConstraint("weight_g > 0", name="weight_positive"),
        CheckConstraint("cod_vnd >= 0", name="cod_not_negative"),
        CheckConstraint("quoted_vnd IS NULL OR quoted_vnd >= 0", name="quoted_not_negative"),
        CheckConstraint("fee_vnd IS NULL OR fee_vnd >= 0", name="fee_not_negative"),
        Index(
            "uq_carrier_parcels_alive",
            "seller_order_id",
            unique=True,
            **only_where(sql("state IN ('asked', 'made', 'cancelling')")),
        ),
        Index("ix_carrier_parcels_code", "account_id", "tracking_code"),
        Index(
            "ix_carrier_parcels_to_look",
            "next_look_at",
            **only_where(sql("state = 'made' AND next_look_at IS NOT NULL")),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    seller_id: Mapped[int] = mapped_column(ForeignKey("sellers.id"), index=True)
    seller_order_id: Mapped[int] = mapped_column(ForeignKey("seller_orders.id"), index=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("carrier_accounts.id"))
    #: The shop's name for it at the carrier: the same one again is the same parcel.
    client_code: Mapped[str] = mapped_column(String(40), unique=True)
    state: Mapped[str] = mapped_column(String(10))
    tracking_code: Mapped[str] = mapped_column(String(60), default="")
    weight_g: Mapped[int]
    #: The box as the carrier is told of it.
    length_cm: Mapped[int] = mapped_column(default=10)
    width_cm: Mapped[int] = mapped_column(default=10)
    height_cm: Mapped[int] = mapped_column(default=10)
    cod_vnd: Mapped[int]
    #: What the carrier said before, and what it asks.
    quoted_vnd: Mapped[int | None]
    fee_vnd: Mapped[int | None]
    #: ``rules.protocol.Track`` as last told, when, and in the carrier's words.
    track: Mapped[str] = mapped_column(String(10), default="")
    tracked_at: Mapped[datetime | None]
    words: Mapped[str] = mapped_column(String(200), default="")
    #: When it is asked by itself where the parcel is, and how often that brought no news.
    next_look_at: Mapped[datetime | None]
    looks: Mapped[int] = mapped_column(default=0)
    asked_at: Mapped[datetime]
    asked_by_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    settled_at: Mapped[datetime | None]


class CarrierWord(Base):
    """A callback as it came: stored once under its own name before anything comes of it."""

    __tablename__ = "carrier_words"
    __table_args__ = (UniqueConstraint("account_id", "key"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("carrier_accounts.id"))
    key: Mapped[str] = mapped_column(String(150))
    tracking_code: Mapped[str] = mapped_column(String(60))
    track: Mapped[str] = mapped_column(String(10), default="")
    said_at: Mapped[datetime | None]
    words: Mapped[str] = mapped_column(String(200), default="")
    came_at: Mapped[datetime]
    applied_at: Mapped[datetime | None]
