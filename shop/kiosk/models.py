"""Machines that print for a day, and what waits to be printed."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from shop.db import Base


class Kiosk(Base):
    """A browser at an officer's place that prints for sellers until the end of a day."""

    __tablename__ = "kiosks"
    __table_args__ = (CheckConstraint("ends_at > opened_at", name="ends_after_start"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisations.id"), index=True)
    #: Where it stands, as officers call it: "Nhà văn hoá thôn Gò Mít".
    name: Mapped[str] = mapped_column(String(80))
    #: Of the cookie of its browser; NULL until that has come by the link.
    token_digest: Mapped[str | None] = mapped_column(String(64), unique=True)
    #: Of the address that opens it once, given out by the command.
    link_digest: Mapped[str | None] = mapped_column(String(64), unique=True)
    opened_at: Mapped[datetime]
    opened_by_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    ends_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    closed_by_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))


class PrintJob(Base):
    """Labels that a seller wants printed, under a code. Printed once, by the first machine."""

    __tablename__ = "print_jobs"
    __table_args__ = (
        CheckConstraint("(claimed_at IS NULL) = (kiosk_id IS NULL)", name="claimed_by_one"),
        Index("ix_print_jobs_ends", "ends_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    seller_id: Mapped[int] = mapped_column(ForeignKey("sellers.id"), index=True)
    #: Of the six digits, with the shop's key; NULL once used or over, so that digits come again.
    code_digest: Mapped[str | None] = mapped_column(String(40), unique=True)
    #: Ids of seller orders.
    parcels: Mapped[list[Any]]
    size: Mapped[str] = mapped_column(String(8))
    made_at: Mapped[datetime]
    made_by_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    ends_at: Mapped[datetime]
    claimed_at: Mapped[datetime | None]
    kiosk_id: Mapped[int | None] = mapped_column(ForeignKey("kiosks.id"))
