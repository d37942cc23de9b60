"""Chat groups of units, what units tell those below them, and who has read it."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from shop.db import Base


class ChatGroup(Base):
    """A Zalo or Facebook group of a unit."""

    __tablename__ = "chat_groups"
    __table_args__ = (
        CheckConstraint("kind IN ('zalo', 'facebook')", name="kind_known"),
        CheckConstraint("for_whom IN ('members', 'public')", name="audience_known"),
        CheckConstraint("size IS NULL OR size >= 0", name="size_not_negative"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisations.id"), index=True)
    kind: Mapped[str] = mapped_column(String(8))
    for_whom: Mapped[str] = mapped_column(String(8))
    name: Mapped[str] = mapped_column(String(120))
    link: Mapped[str] = mapped_column(String(300))
    #: How many people were in it when an officer looked last.
    size: Mapped[int | None]
    added_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class Announcement(Base):
    """What a unit tells everybody who serves or belongs below it."""

    __tablename__ = "announcements"
    __table_args__ = (Index("ix_announcements_unit", "organisation_id", "made_at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    #: For the page that chat groups lead to.
    code: Mapped[str] = mapped_column(String(12), unique=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisations.id"))
    title: Mapped[str] = mapped_column(String(120))
    text: Mapped[str] = mapped_column(Text)
    #: Whether everybody with the address may read it, so that it can go to chat groups.
    is_open: Mapped[bool]
    made_at: Mapped[datetime]
    made_by_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    taken_back_at: Mapped[datetime | None]


class AnnouncementRead(Base):
    """That somebody opened an announcement. Told as a number only."""

    __tablename__ = "announcement_reads"

    announcement_id: Mapped[int] = mapped_column(ForeignKey("announcements.id"), primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), primary_key=True)
    read_at: Mapped[datetime]


class QuarterReport(Base):
    """What an officer wrote into a unit's report of a quarter; what she left is counted anew."""

    __tablename__ = "quarter_reports"
    __table_args__ = (
        UniqueConstraint("organisation_id", "year", "quarter"),
        CheckConstraint("quarter BETWEEN 1 AND 4", name="quarter_of_a_year"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisations.id"))
    year: Mapped[int]
    quarter: Mapped[int]
    #: {line of the report: what stands there as she wrote it}
    lines: Mapped[dict[str, Any]]
    written_at: Mapped[datetime]
    written_by_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
