"""What phones did while they had no network: each act once, and what became of it."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy import text as sql
from sqlalchemy.orm import Mapped, mapped_column

from shop.db import Base, only_where


class QueuedAct(Base):
    """One act under the name that the phone gave it. It holds nobody's name, phone or slip."""

    __tablename__ = "queued_acts"
    __table_args__ = (
        CheckConstraint("outcome IN ('done', 'conflict')", name="outcome_known"),
        Index(
            "ix_queued_acts_waiting", "about_id", "kind",
            **only_where(sql("outcome = 'conflict' AND settled_at IS NULL")),
        ),
    )  # fmt: skip

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(32), unique=True)
    #: "market.hand_over", by the room that does it.
    kind: Mapped[str] = mapped_column(String(40))
    #: Which market, stall or order it belongs to: the kind says what it names.
    about_id: Mapped[int]
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    digest: Mapped[str] = mapped_column(String(64))
    facts: Mapped[dict[str, Any]]
    #: When it was tapped, by the phone's clock, and when it came here.
    at: Mapped[datetime]
    stored_at: Mapped[datetime]
    outcome: Mapped[str] = mapped_column(String(10))
    #: ``Refusal.code`` of a conflict.
    why: Mapped[str] = mapped_column(String(40), default="")
    #: When a person looked at the conflict and put it right.
    settled_at: Mapped[datetime | None]
    settled_by_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
