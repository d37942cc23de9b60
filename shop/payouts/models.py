"""Settlements of organisations with the sellers they collect for."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from shop.db import Base, only_where

_DRAFT = text("state = 'drafted'")
_STANDS = text("state <> 'failed'")


class PayoutSetting(Base):
    """How often an organisation settles by itself, and from which sum on it pays."""

    __tablename__ = "payout_settings"
    __table_args__ = (
        CheckConstraint("rhythm IN ('by_hand', 'weekly', 'monthly')", name="rhythm_known"),
        CheckConstraint("least_vnd >= 0", name="least_not_negative"),
    )

    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisations.id"), primary_key=True)
    rhythm: Mapped[str] = mapped_column(String(10), default="by_hand")
    least_vnd: Mapped[int] = mapped_column(default=0)
    changed_at: Mapped[datetime]
    changed_by_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    #: When the clock last looked whether a settlement is due.
    looked_at: Mapped[datetime | None]


class Settlement(Base):
    """One settling of an organisation with all its sellers, up to the end of a day, or of a market."""

    __tablename__ = "settlements"
    __table_args__ = (
        CheckConstraint("state IN ('drafted', 'approved', 'dropped')", name="state_known"),
        CheckConstraint("source_kind IN ('period', 'market')", name="source_known"),
        CheckConstraint("to_on >= from_on", name="ends_after_start"),
        CheckConstraint(
            "(state = 'approved') = (approved_by_id IS NOT NULL)", name="approved_by_somebody"
        ),
        # One draft of periods at a time, so that what one carries over goes to exactly one other;
        # and one of each market.
        Index(
            "uq_settlements_one_draft", "organisation_id", "source_kind", "source_id", unique=True,
            **only_where(_DRAFT),
        ),
        Index("ix_settlements_organisation_id", "organisation_id", "id"),
    )  # fmt: skip

    id: Mapped[int] = mapped_column(primary_key=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisations.id"))
    source_kind: Mapped[str] = mapped_column(String(10), default="period")
    #: 0 for a period.
    source_id: Mapped[int] = mapped_column(default=0)
    #: Days in Vietnam, both included.
    from_on: Mapped[date]
    to_on: Mapped[date]
    least_vnd: Mapped[int] = mapped_column(default=0)
    state: Mapped[str] = mapped_column(String(10))
    seller_count: Mapped[int] = mapped_column(default=0)
    line_count: Mapped[int] = mapped_column(default=0)
    #: Sums of its statements.
    pays_vnd: Mapped[int] = mapped_column(default=0)
    carried_vnd: Mapped[int] = mapped_column(default=0)
    drafted_at: Mapped[datetime]
    #: None: by the clock.
    drafted_by_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    approved_at: Mapped[datetime | None]
    approved_by_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    dropped_at: Mapped[datetime | None]


class PayoutStatement(Base):
    """What one seller is due in one settlement, and what became of it.

    Amounts are hers above zero, against her below zero.
    """

    __tablename__ = "payout_statements"
    __table_args__ = (
        UniqueConstraint("settlement_id", "seller_id"),
        # What was carried over goes into one later statement only.
        UniqueConstraint("previous_id"),
        Index("ix_payout_statements_seller", "organisation_id", "seller_id", "id"),
        Index("ix_payout_statements_seller_id", "seller_id", "id"),
        CheckConstraint(
            "due_vnd = opening_vnd + goods_vnd + delivery_vnd + returns_vnd + commission_vnd"
            " + tax_vnd + debts_vnd",
            name="due_is_its_sums",
        ),
        CheckConstraint(
            "due_vnd = of_goods_vnd + of_delivery_vnd + of_debts_vnd", name="due_is_of_accounts"
        ),
        CheckConstraint("due_vnd = pays_vnd + carried_vnd", name="paid_or_carried"),
        CheckConstraint("pays_vnd >= 0 AND (pays_vnd = 0 OR carried_vnd = 0)", name="never_both"),
        CheckConstraint(
            "state IN ('drafted', 'carried') OR pays_vnd > 0", name="nothing_is_not_paid"
        ),
        CheckConstraint(
            "state = 'drafted' OR approved_by_id IS NOT NULL", name="approved_by_somebody"
        ),
        CheckConstraint(
            "state IN ('drafted', 'approved', 'carried', 'sent', 'confirmed', 'failed')",
            name="state_known",
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    settlement_id: Mapped[int] = mapped_column(ForeignKey("settlements.id"))
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisations.id"))
    seller_id: Mapped[int] = mapped_column(ForeignKey("sellers.id"))
    #: The statement whose carry-over opens this one.
    previous_id: Mapped[int | None] = mapped_column(ForeignKey("payout_statements.id"))
    opening_vnd: Mapped[int] = mapped_column(default=0)
    goods_vnd: Mapped[int] = mapped_column(default=0)
    delivery_vnd: Mapped[int] = mapped_column(default=0)
    returns_vnd: Mapped[int] = mapped_column(default=0)
    commission_vnd: Mapped[int] = mapped_column(default=0)
    tax_vnd: Mapped[int] = mapped_column(default=0)
    debts_vnd: Mapped[int] = mapped_column(default=0)
    due_vnd: Mapped[int] = mapped_column(default=0)
    #: The due by account of the books, carry-over included: what a payout clears.
    of_goods_vnd: Mapped[int] = mapped_column(default=0)
    of_delivery_vnd: Mapped[int] = mapped_column(default=0)
    of_debts_vnd: Mapped[int] = mapped_column(default=0)
    pays_vnd: Mapped[int] = mapped_column(default=0)
    carried_vnd: Mapped[int] = mapped_column(default=0)
    line_count: Mapped[int] = mapped_column(default=0)
    state: Mapped[str] = mapped_column(String(10))
    #: Her account when it was approved. Accounts are never edited, so this is what was seen.
    payee_id: Mapped[int | None] = mapped_column(ForeignKey("payees.id"))
    #: Who answers for the amount; nobody takes that place later.
    approved_by_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    #: Who answers for an account that she changed to since; None: it is the one of the approval.
    account_by_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))


class PayoutLine(Base):
    """An entry of the books in a statement. Each entry is in one statement at most."""

    __tablename__ = "payout_lines"
    __table_args__ = (Index("ix_payout_lines_statement", "statement_id", "entry_id"),)

    entry_id: Mapped[int] = mapped_column(
        ForeignKey("ledger_entries.id"), primary_key=True, autoincrement=False
    )
    statement_id: Mapped[int] = mapped_column(ForeignKey("payout_statements.id"))
    #: A word of ``words.LINES``.
    kind: Mapped[str] = mapped_column(String(10))
    #: What the entry changes for her: above zero in her favour.
    amount_vnd: Mapped[int]
    #: Kept from her with this very entry.
    commission_vnd: Mapped[int] = mapped_column(default=0)
    tax_vnd: Mapped[int] = mapped_column(default=0)


class PayoutMark(Base):
    """From which entry of an account on the next settlement has to look."""

    __tablename__ = "payout_marks"

    settlement_id: Mapped[int] = mapped_column(ForeignKey("settlements.id"), primary_key=True)
    account_id: Mapped[int] = mapped_column(
        ForeignKey("ledger_accounts.id"), primary_key=True, index=True
    )
    open_from_id: Mapped[int]


class Payout(Base):
    """One transfer to a seller, marked by neither of those who approved amount and account."""

    __tablename__ = "payouts"
    __table_args__ = (
        CheckConstraint("amount_vnd > 0", name="amount_above_nought"),
        CheckConstraint("length(trim(reference)) > 0", name="has_reference"),
        CheckConstraint(
            "sent_by_id <> approved_by_id AND (account_by_id IS NULL OR sent_by_id <> account_by_id)",
            name="two_people",
        ),
        CheckConstraint("state IN ('sent', 'confirmed', 'failed')", name="state_known"),
        CheckConstraint("(state = 'sent') = (settled_at IS NULL)", name="settled_at_some_time"),
        Index(
            "uq_payouts_one_stands", "statement_id", unique=True,
            **only_where(_STANDS),
        ),
        Index("ix_payouts_statement_id", "statement_id", "id"),
    )  # fmt: skip

    id: Mapped[int] = mapped_column(primary_key=True)
    statement_id: Mapped[int] = mapped_column(ForeignKey("payout_statements.id"))
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisations.id"))
    seller_id: Mapped[int] = mapped_column(ForeignKey("sellers.id"))
    amount_vnd: Mapped[int]
    #: The seller's account, and the organisation's.
    payee_id: Mapped[int] = mapped_column(ForeignKey("payees.id"))
    from_payee_id: Mapped[int] = mapped_column(ForeignKey("payees.id"))
    #: What the bank calls the transfer.
    reference: Mapped[str] = mapped_column(String(60))
    state: Mapped[str] = mapped_column(String(10))
    approved_by_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    account_by_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    sent_by_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    sent_at: Mapped[datetime]
    #: When it was confirmed, or came back.
    settled_at: Mapped[datetime | None]
    settled_by_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    failed_for: Mapped[str] = mapped_column(String(200), default="")


class TaxPayment(Base):
    """Tax that an organisation withheld and pays to the tax office.

    planned → sent by a second person with the bank's number, the day and the receipt's number; or
    dropped before that. What the bank sent back ``came_back``: it stands withheld as before.
    """

    __tablename__ = "tax_payments"
    __table_args__ = (
        CheckConstraint("amount_vnd > 0", name="amount_positive"),
        CheckConstraint("last_on >= first_on", name="ends_after_start"),
        CheckConstraint(
            "state IN ('planned', 'sent', 'came_back', 'dropped')", name="state_known"
        ),
        CheckConstraint(
            "state NOT IN ('sent', 'came_back') OR reference <> '' AND receipt_no <> ''"
            " AND paid_on IS NOT NULL AND sent_by_id IS NOT NULL AND sent_at IS NOT NULL"
            " AND sent_by_id <> planned_by_id",
            name="sent_by_another",
        ),
        Index(
            "uq_tax_payments_planned", "organisation_id", unique=True,
            **only_where(text("state = 'planned'")),
        ),
    )  # fmt: skip

    id: Mapped[int] = mapped_column(primary_key=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisations.id"), index=True)
    #: The organisation's account that it leaves.
    payee_id: Mapped[int] = mapped_column(ForeignKey("payees.id"))
    amount_vnd: Mapped[int]
    #: The period for which it is paid.
    first_on: Mapped[date]
    last_on: Mapped[date]
    #: ``payments.rules.sending.SendingState``
    state: Mapped[str] = mapped_column(String(10))
    planned_at: Mapped[datetime]
    planned_by_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    paid_on: Mapped[date | None]
    #: The bank's number of the transfer, and the tax office's of its receipt.
    reference: Mapped[str] = mapped_column(String(60), default="")
    receipt_no: Mapped[str] = mapped_column(String(60), default="")
    sent_at: Mapped[datetime | None]
    sent_by_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    #: When it was dropped or came back, and why the bank sent it back.
    ended_at: Mapped[datetime | None]
    ended_by_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    ended_for: Mapped[str] = mapped_column(String(200), default="")
