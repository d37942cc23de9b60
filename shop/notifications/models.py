"""What people were told, so that nobody is told twice."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from shop.db import Base


class SentMail(Base):
    """One mail: claimed before it is sent, marked after. ``key``: "order-placed:12:buyer".

    A row that is claimed and not marked belongs to a worker that died in between; it
    is sent again under the same Message-ID, by which mailboxes drop the double.
    """

    __tablename__ = "sent_mails"

    key: Mapped[str] = mapped_column(String(80), primary_key=True)
    claimed_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]


class Notice(Base):
    """Something a seller should see when she next opens her stall."""

    __tablename__ = "notices"
    __table_args__ = (Index("ix_notices_unread", "seller_id", "read_at", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    seller_id: Mapped[int] = mapped_column(ForeignKey("sellers.id"))
    kind: Mapped[str] = mapped_column(String(30))
    key: Mapped[str] = mapped_column(String(80), unique=True)
    seller_order_id: Mapped[int | None] = mapped_column(ForeignKey("seller_orders.id"))
    facts: Mapped[dict[str, Any]]
    created_at: Mapped[datetime]
    read_at: Mapped[datetime | None]


class PushDevice(Base):
    """A browser that wants news pushed to it, for as long as its person is signed in there."""

    __tablename__ = "push_devices"

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), index=True)
    sign_in_id: Mapped[int] = mapped_column(
        ForeignKey("sign_ins.id", ondelete="CASCADE"), index=True
    )
    #: Where its push service takes messages, and the two keys that seal them.
    endpoint: Mapped[str] = mapped_column(String(600), unique=True)
    p256dh: Mapped[str] = mapped_column(String(100))
    auth: Mapped[str] = mapped_column(String(30))
    locale: Mapped[str] = mapped_column(String(2))
    added_at: Mapped[datetime]
