"""The books as they are stored: accounts, transactions and their entries.

**How a transaction is sealed.** Its entries are written first, under an id taken
beforehand; then the row in ``ledger_transactions`` closes them. That row is the seal:

* a trigger lets it in only when its entries are as many as it says, two or more, and sum
  to nought;
* once it stands, a trigger refuses further entries; triggers refuse every change and
  deletion of transactions and entries;
* entries point at it by a *deferred* foreign key, so entries that were never sealed cannot
  be committed. This is what SQLite has in place of deferred triggers.

PostgreSQL holds the same, and proves each transaction once more at commit by deferred
constraint triggers, since there two sessions may write at once. The triggers stand in
migration 0012.
"""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from shop.db import Base


class LedgerAccount(Base):
    """One account. ``balance_vnd`` is the sum of its entries, kept by the one function that posts."""

    __tablename__ = "ledger_accounts"
    __table_args__ = (
        UniqueConstraint("kind", "owner", "detail"),
        Index("ix_ledger_accounts_owner", "owner"),
        # All accounts with one organisation: for its settlements.
        Index("ix_ledger_accounts_detail", "detail", "kind"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    #: A key of ``ledger.rules.KINDS``.
    kind: Mapped[str] = mapped_column(String(20))
    #: Whose: "seller:12", "organisation:3", "payee:7", "campaign:2". Those lie in rooms above.
    owner: Mapped[str] = mapped_column(String(40))
    #: With whom or through whom: a carrier's name, "organisation:3"; "" for none.
    detail: Mapped[str] = mapped_column(String(60), default="")
    #: Debit positive.
    balance_vnd: Mapped[int] = mapped_column(default=0)
    opened_at: Mapped[datetime]


class LedgerTransaction(Base):
    """One thing that happened to money, and the seal of its entries. Never edited."""

    __tablename__ = "ledger_transactions"
    __table_args__ = (CheckConstraint("legs >= 2", name="two_legs"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    #: Repeat-safe name of the cause, such as "payment-event:12".
    key: Mapped[str] = mapped_column(String(80), unique=True)
    #: What happened, for words on a statement: "received", "sold" …
    kind: Mapped[str] = mapped_column(String(20))
    #: What it is about, for links and for sums per order: "payment:12". Opaque here.
    subject: Mapped[str] = mapped_column(String(40), default="", index=True)
    #: When it happened, and when it was written down.
    occurred_at: Mapped[datetime]
    recorded_at: Mapped[datetime]
    note: Mapped[str] = mapped_column(String(300), default="")
    #: The mistake that this one puts right; each is put right once.
    reversal_of: Mapped[int | None] = mapped_column(
        ForeignKey("ledger_transactions.id"), unique=True
    )
    #: How many entries it has.
    legs: Mapped[int]


class LedgerEntry(Base):
    """One side of a transaction in one account. Never edited."""

    __tablename__ = "ledger_entries"
    __table_args__ = (
        CheckConstraint("amount_vnd <> 0", name="amount_not_nought"),
        CheckConstraint("(currency IS NULL) = (amount_minor IS NULL)", name="foreign_is_whole"),
        UniqueConstraint("transaction_id", "account_id"),
        Index("ix_ledger_entries_statement", "account_id", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    transaction_id: Mapped[int] = mapped_column(
        ForeignKey("ledger_transactions.id", deferrable=True, initially="DEFERRED")
    )
    account_id: Mapped[int] = mapped_column(ForeignKey("ledger_accounts.id"))
    #: Debit positive.
    amount_vnd: Mapped[int]
    #: The account's balance with this entry.
    balance_vnd: Mapped[int]
    #: What was paid when it was not đồng: ISO 4217 and its smallest unit.
    currency: Mapped[str | None] = mapped_column(String(3))
    amount_minor: Mapped[int | None]
