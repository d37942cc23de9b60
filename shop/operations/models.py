"""Complaints, which have deadlines."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from shop.db import Base


class Complaint(Base):
    """What somebody is unhappy with, and by when it is answered and settled."""

    __tablename__ = "complaints"
    __table_args__ = (Index("uq_complaints_attempt_id", "attempt_id", unique=True),)

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(12), unique=True)
    #: Key of ``operations.rules.COMPLAINT_KINDS``, which holds the deadlines.
    kind: Mapped[str] = mapped_column(String(20))
    order_id: Mapped[int | None] = mapped_column(ForeignKey("orders.id"), index=True)
    data_key: Mapped[bytes] = mapped_column(LargeBinary)
    #: Sealed JSON: {"name", "phone", "email", "order_code", "text"}
    contact: Mapped[bytes] = mapped_column(LargeBinary)
    #: Made once per rendered form; None before forms were told apart.
    attempt_id: Mapped[str | None] = mapped_column(String(40))
    locale: Mapped[str] = mapped_column(String(2), default="vi")
    received_at: Mapped[datetime]
    answer_by: Mapped[datetime]
    settle_by: Mapped[datetime]
    answered_at: Mapped[datetime | None]
    settled_at: Mapped[datetime | None]
    answer: Mapped[str] = mapped_column(Text, default="")
    #: How it ended, in a sentence.
    outcome: Mapped[str] = mapped_column(Text, default="")
    handled_by_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
