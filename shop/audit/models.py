"""Who did what, for whom, when and from where. Written in the acting transaction, never edited."""

from datetime import datetime
from typing import Any

from sqlalchemy import Index, String
from sqlalchemy.orm import Mapped, mapped_column

from shop.db import Base


class AuditEntry(Base):
    """One act. Triggers refuse UPDATE and DELETE on both engines; a name may be taken off."""

    __tablename__ = "audit_entries"
    __table_args__ = (Index("ix_audit_entries_subject", "subject_kind", "subject_id", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(index=True)
    #: Account that acted; None for the system itself. ``actor_name`` as it was then, until
    #: the account is deleted: then "", and the number alone says that it was one person.
    actor_id: Mapped[int | None] = mapped_column(index=True)
    actor_name: Mapped[str] = mapped_column(String(120))
    #: Account on whose behalf it was done (helper mode), with the name as it was; then None.
    for_id: Mapped[int | None] = mapped_column(index=True)
    for_name: Mapped[str | None] = mapped_column(String(120))
    #: Where from: "web", "command", "worker", and a keyed digest of the address.
    channel: Mapped[str] = mapped_column(String(20))
    origin: Mapped[str | None] = mapped_column(String(40))
    action: Mapped[str] = mapped_column(String(60), index=True)
    subject_kind: Mapped[str] = mapped_column(String(40))
    subject_id: Mapped[int | None]
    #: Plain facts, no personal data: amounts, states, ids, old and new values.
    facts: Mapped[dict[str, Any]]
    #: The entry that this one takes back.
    undoes_id: Mapped[int | None] = mapped_column(unique=True)
