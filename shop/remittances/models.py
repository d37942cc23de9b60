"""What carriers say they paid: the tables that somebody named, their files, each line once."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from shop.db import Base


class CarrierLayout(Base):
    """What the columns of a carrier's table say, as this owner last used it."""

    __tablename__ = "carrier_layouts"
    __table_args__ = (
        CheckConstraint("(seller_id IS NULL) <> (organisation_id IS NULL)", name="one_owner"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    #: "seller:7:ghn:<digest of the head>".
    key: Mapped[str] = mapped_column(String(200), unique=True)
    seller_id: Mapped[int | None] = mapped_column(ForeignKey("sellers.id"), index=True)
    organisation_id: Mapped[int | None] = mapped_column(ForeignKey("organisations.id"), index=True)
    #: As buyers read its name.
    carrier: Mapped[str] = mapped_column(String(60))
    #: The digest of its head's words, by which the table is known again.
    head: Mapped[str] = mapped_column(String(64))
    #: Rows of the head; {column: ``rules.sheets.What``}.
    deep: Mapped[int]
    columns: Mapped[dict[str, Any]] = mapped_column(JSON)
    saved_at: Mapped[datetime]
    saved_by_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))


class Remittance(Base):
    """A carrier's file: first as a preview, then stored, its lines apart."""

    __tablename__ = "remittances"
    __table_args__ = (
        CheckConstraint("(seller_id IS NULL) <> (organisation_id IS NULL)", name="one_owner"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    #: "seller:7:<digest>": the same file of the same owner is one.
    key: Mapped[str] = mapped_column(String(120), unique=True)
    seller_id: Mapped[int | None] = mapped_column(ForeignKey("sellers.id"), index=True)
    organisation_id: Mapped[int | None] = mapped_column(ForeignKey("organisations.id"), index=True)
    carrier: Mapped[str] = mapped_column(String(60))
    #: The organisation's account that it paid into; None: it pays each seller.
    payee_id: Mapped[int | None] = mapped_column(ForeignKey("payees.id"))
    #: The carrier's number of the payment, when the file names it.
    reference: Mapped[str] = mapped_column(String(60), default="")
    #: Where its table begins and what the columns say; None: nobody has said yet.
    layout: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    data_key: Mapped[bytes] = mapped_column(LargeBinary)
    #: Sealed rows as they came, until the lines are stored; then sealed nothing.
    rows: Mapped[bytes] = mapped_column(LargeBinary)
    line_count: Mapped[int] = mapped_column(default=0)
    #: Of the stored lines: told by an earlier file. Rows of which nothing is certain.
    copy_count: Mapped[int] = mapped_column(default=0)
    unread_count: Mapped[int] = mapped_column(default=0)
    received_vnd: Mapped[int] = mapped_column(default=0)
    uploaded_at: Mapped[datetime]
    uploaded_by_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    stored_at: Mapped[datetime | None]


class RemittanceLine(Base):
    """What a carrier says of one parcel, stored once under the carrier's own name for it.

    How it stands to its parcel is compared when it is looked at; the parcel's cash says what
    was counted.
    """

    __tablename__ = "remittance_lines"
    __table_args__ = (
        Index("ix_remittance_lines_remittance_id_number", "remittance_id", "number"),
        CheckConstraint(
            "received_vnd >= 0 AND fee_vnd >= 0 AND return_fee_vnd >= 0", name="sums_not_negative"
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    remittance_id: Mapped[int] = mapped_column(ForeignKey("remittances.id"))
    #: "seller:7:ghn:GHN123:P0412": owner, carrier, parcel, and which payment it was.
    key: Mapped[str] = mapped_column(String(240), unique=True)
    #: Of its row in the file.
    number: Mapped[int]
    tracking_code: Mapped[str] = mapped_column(String(60), default="")
    order_code: Mapped[str] = mapped_column(String(60), default="")
    #: Taken at the door; None: the file does not say.
    cod_vnd: Mapped[int | None]
    received_vnd: Mapped[int]
    fee_vnd: Mapped[int]
    return_fee_vnd: Mapped[int]
    on_day: Mapped[date | None]
    #: "delivered", "returned", "".
    state: Mapped[str] = mapped_column(String(10), default="")
    #: The parcel, once it is found among the owner's.
    seller_order_id: Mapped[int | None] = mapped_column(ForeignKey("seller_orders.id"), index=True)
    #: The step of the parcel's cash that this line made; taken back, the line waits again.
    move_id: Mapped[int | None] = mapped_column(ForeignKey("cash_moves.id"), index=True)
    #: Seen and left, and when.
    aside_at: Mapped[datetime | None]
    answered_by_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))


class ReturnFeeRule(Base):
    """Who bears what carriers ask for bringing back a seller's refused parcels, from a day on.

    Never edited; without one it is the seller.
    """

    __tablename__ = "return_fee_rules"

    id: Mapped[int] = mapped_column(primary_key=True)
    seller_id: Mapped[int] = mapped_column(ForeignKey("sellers.id"), index=True)
    #: None: the seller herself.
    organisation_id: Mapped[int | None] = mapped_column(ForeignKey("organisations.id"))
    valid_from: Mapped[date]
    set_at: Mapped[datetime]
    set_by_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
