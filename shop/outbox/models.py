"""Messages waiting to be delivered, and the work that is due: the shop's only queue."""

from datetime import datetime
from typing import Any

from sqlalchemy import Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from shop.db import Base, only_where


class OutboxMessage(Base):
    """One event on its way to one subscriber, stored with the change that caused it."""

    __tablename__ = "outbox_messages"
    __table_args__ = (
        Index(
            "ix_outbox_messages_waiting",
            "due_at",
            "id",
            **only_where(text("delivered_at IS NULL AND parked_at IS NULL")),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    event: Mapped[str] = mapped_column(String(60))
    subscriber: Mapped[str] = mapped_column(String(60))
    payload: Mapped[dict[str, Any]]
    recorded_at: Mapped[datetime]
    #: Not delivered before this moment: now for news, later for reminders and back-off.
    due_at: Mapped[datetime]
    claimed_until: Mapped[datetime | None]
    delivered_at: Mapped[datetime | None]
    #: Set when the last attempt failed: an operator looks at it.
    parked_at: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(default=0)
    last_error: Mapped[str | None] = mapped_column(String(500))


class Job(Base):
    """Work that comes back by the clock, such as letting reservations expire."""

    __tablename__ = "jobs"

    name: Mapped[str] = mapped_column(String(60), primary_key=True)
    due_at: Mapped[datetime]
    claimed_until: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    failures: Mapped[int] = mapped_column(default=0)
    last_error: Mapped[str | None] = mapped_column(String(500))


class Heartbeat(Base):
    """When a worker was last alive. ``worker`` names the process."""

    __tablename__ = "heartbeats"

    worker: Mapped[str] = mapped_column(String(80), primary_key=True)
    beat_at: Mapped[datetime]


class Progress(Base):
    """How far long work is (``progress.py``). ``work`` names it; on SQLite these are files."""

    __tablename__ = "progress"

    work: Mapped[str] = mapped_column(String(60), primary_key=True)
    done: Mapped[int]
    told_at: Mapped[datetime]
