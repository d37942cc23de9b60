"""How a parcel left the seller's hands."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from shop.db import Base


class HandOver(Base):
    """One hand-over of one seller order; a second try is a second row. Never edited, but for what
    is forgotten with its order.

    What was written wrongly ends (``undone_at``), and what is right is a row of its own.

    Kinds: "carrier" (tracking code and link), "bus" (company, plate, station),
    "own" (the seller brings it), "pickup" (ready at a point).
    """

    __tablename__ = "hand_overs"
    __table_args__ = (
        CheckConstraint("kind IN ('carrier', 'bus', 'own', 'pickup')", name="kind_known"),
        Index("ix_hand_overs_tracking_code", "tracking_code"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    seller_order_id: Mapped[int] = mapped_column(ForeignKey("seller_orders.id"), index=True)
    kind: Mapped[str] = mapped_column(String(10))
    #: Its name as buyers read it.
    carrier: Mapped[str] = mapped_column(String(60), default="")
    tracking_code: Mapped[str] = mapped_column(String(60), default="")
    tracking_url: Mapped[str] = mapped_column(String(300), default="")
    bus_company: Mapped[str] = mapped_column(String(80), default="")
    plate: Mapped[str] = mapped_column(String(20), default="")
    station: Mapped[str] = mapped_column(String(120), default="")
    contact_phone: Mapped[str] = mapped_column(String(20), default="")
    expected_on: Mapped[date | None]
    note: Mapped[str] = mapped_column(String(300), default="")
    at: Mapped[datetime]
    by_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    #: When it turned out that the parcel had not left, or not like this; None: it stands.
    undone_at: Mapped[datetime | None]
