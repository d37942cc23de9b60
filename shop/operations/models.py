"""Complaints, which have deadlines, and what the self-checks found."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, String, Text
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
    #: The complaint whose answer she did not agree to: this one is its second step.
    continues_id: Mapped[int | None] = mapped_column(
        ForeignKey("complaints.id"), unique=True, index=True
    )
    #: Since when nothing says any more who wrote it, nor what.
    erased_at: Mapped[datetime | None]


class ComplaintPhoto(Base):
    """A photo that came with a complaint, for whoever settles it alone; gone with its words."""

    __tablename__ = "complaint_photos"

    complaint_id: Mapped[int] = mapped_column(ForeignKey("complaints.id"), primary_key=True)
    #: From 1 on.
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    #: A sealed WebP, by the key of the complaint.
    content: Mapped[bytes] = mapped_column(LargeBinary)


class Proof(Base):
    """One time that everything which must always be true was asked for."""

    __tablename__ = "proofs"

    id: Mapped[int] = mapped_column(primary_key=True)
    #: "night", "command", "person" or "demo".
    asked_by: Mapped[str] = mapped_column(String(10))
    started_at: Mapped[datetime]
    finished_at: Mapped[datetime] = mapped_column(index=True)
    #: How many of the checks do not hold.
    broken: Mapped[int]


class ProofLine(Base):
    """What one check found that time."""

    __tablename__ = "proof_lines"

    proof_id: Mapped[int] = mapped_column(
        ForeignKey("proofs.id", ondelete="CASCADE"), primary_key=True
    )
    #: One of ``operations.proofs.CHECKS``.
    name: Mapped[str] = mapped_column(String(80), primary_key=True)
    #: Rows that should not be; one more than ``proofs.MOST`` when there are more.
    found: Mapped[int]
    #: The first of them, ids and amounts only.
    rows: Mapped[list[Any]]


class Correction(Base):
    """A posting that one person proposes and another confirms: what no event of the shop posts.

    Never edited: it is posted or declined, once.
    """

    __tablename__ = "corrections"
    __table_args__ = (
        CheckConstraint("state IN ('proposed', 'posted', 'declined')", name="state_known"),
        CheckConstraint("amount_vnd > 0", name="amount_above_nought"),
        CheckConstraint(
            "state <> 'posted' OR (decided_by_id <> proposed_by_id AND transaction_id IS NOT NULL"
            " AND decided_by_id IS NOT NULL)",
            name="posted_by_two",
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    #: Whose books.
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisations.id"), index=True)
    #: [kind, owner, detail, đồng] of each account; debits above nought.
    legs: Mapped[list[Any]]
    #: The sum of one side.
    amount_vnd: Mapped[int]
    reason: Mapped[str] = mapped_column(String(300))
    #: Where another can see that it is so.
    evidence: Mapped[str] = mapped_column(String(300))
    #: ``operations.correcting.CorrectionState``
    state: Mapped[str] = mapped_column(String(10))
    proposed_at: Mapped[datetime]
    proposed_by_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    decided_at: Mapped[datetime | None]
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    transaction_id: Mapped[int | None] = mapped_column(
        ForeignKey("ledger_transactions.id"), unique=True
    )
