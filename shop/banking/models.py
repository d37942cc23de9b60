"""What banks say: the services that tell it, statement files, and each movement once."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    CheckConstraint,
    ForeignKey,
    Index,
    LargeBinary,
    String,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from shop.db import Base, only_where


class BankFeed(Base):
    """A service that tells of money on a seller's or a unit's account, and how it proves itself.

    Never edited: another secret is another feed, and the old one ends.
    """

    __tablename__ = "bank_feeds"
    __table_args__ = (
        CheckConstraint("(seller_id IS NULL) <> (organisation_id IS NULL)", name="one_owner"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    #: A key of ``rules.feeds.SERVICES``.
    kind: Mapped[str] = mapped_column(String(12))
    seller_id: Mapped[int | None] = mapped_column(ForeignKey("sellers.id"), index=True)
    organisation_id: Mapped[int | None] = mapped_column(ForeignKey("organisations.id"), index=True)
    #: Random last part of the address that the service calls; it is no proof.
    address: Mapped[str] = mapped_column(String(32), unique=True)
    data_key: Mapped[bytes] = mapped_column(LargeBinary)
    #: Sealed: the key or secret that messages are proved with.
    secret: Mapped[bytes] = mapped_column(LargeBinary)
    started_at: Mapped[datetime]
    started_by_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    ended_at: Mapped[datetime | None]


class BankRefusal(Base):
    """How often messages to a feed were refused on a day and why: a trail that cannot be flooded."""

    __tablename__ = "bank_refusals"
    __table_args__ = (UniqueConstraint("feed_id", "on_day", "reason"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    feed_id: Mapped[int] = mapped_column(ForeignKey("bank_feeds.id"))
    on_day: Mapped[date]
    #: unsigned, wrong_time, wrong_signature, unreadable, ended.
    reason: Mapped[str] = mapped_column(String(20))
    times: Mapped[int] = mapped_column(default=1)
    last_at: Mapped[datetime]


class BankLayout(Base):
    """What the columns of a bank's table say, as this owner last named them."""

    __tablename__ = "bank_layouts"
    __table_args__ = (
        CheckConstraint("(seller_id IS NULL) <> (organisation_id IS NULL)", name="one_owner"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    #: "seller:7:970405:<digest of the head>".
    key: Mapped[str] = mapped_column(String(120), unique=True)
    seller_id: Mapped[int | None] = mapped_column(ForeignKey("sellers.id"), index=True)
    organisation_id: Mapped[int | None] = mapped_column(ForeignKey("organisations.id"), index=True)
    bank_bin: Mapped[str] = mapped_column(String(6))
    #: The digest of its head's words, by which the table is known again.
    head: Mapped[str] = mapped_column(String(64))
    #: Rows of the head; {``rules.columns.What``: column}.
    deep: Mapped[int]
    columns: Mapped[dict[str, Any]] = mapped_column(JSON)
    saved_at: Mapped[datetime]
    saved_by_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))


class BankStatement(Base):
    """A statement file: first as a preview, then stored, its lines as notices.

    Without lines nobody has said yet what its columns are.
    """

    __tablename__ = "bank_statements"

    id: Mapped[int] = mapped_column(primary_key=True)
    payee_id: Mapped[int] = mapped_column(ForeignKey("payees.id"), index=True)
    seller_id: Mapped[int | None] = mapped_column(ForeignKey("sellers.id"), index=True)
    organisation_id: Mapped[int | None] = mapped_column(ForeignKey("organisations.id"), index=True)
    currency: Mapped[str] = mapped_column(String(3))
    line_count: Mapped[int]
    went_count: Mapped[int]
    unread_count: Mapped[int]
    first_at: Mapped[datetime]
    last_at: Mapped[datetime]
    data_key: Mapped[bytes] = mapped_column(LargeBinary)
    #: Sealed lines until they are stored as notices, then sealed nothing.
    lines: Mapped[bytes] = mapped_column(LargeBinary)
    #: Sealed rows as they came, for whoever names the columns; None once the lines are stored.
    rows: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True)
    uploaded_at: Mapped[datetime]
    uploaded_by_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    stored_at: Mapped[datetime | None]
    #: Of the stored lines: those nobody had told before.
    new_count: Mapped[int] = mapped_column(default=0)


class BankNotice(Base):
    """One movement on an account, stored once under its source's own id before it is acted on.

    What it says is sealed; the state says what came of it. Every change is a row of
    ``BankNoticeMove``.
    """

    __tablename__ = "bank_notices"
    __table_args__ = (
        CheckConstraint("(seller_id IS NULL) <> (organisation_id IS NULL)", name="one_owner"),
        Index("ix_bank_notices_seller_state", "seller_id", "state"),
        Index("ix_bank_notices_organisation_state", "organisation_id", "state"),
        Index("ix_bank_notices_same_money", "payee_id", "amount_vnd"),
        Index("ix_bank_notices_feed_id_received_at", "feed_id", "received_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    #: "sepay:seller:7:92704": source, owner, and the source's own id.
    key: Mapped[str] = mapped_column(String(120), unique=True)
    #: sepay, casso, statement.
    source: Mapped[str] = mapped_column(String(10))
    feed_id: Mapped[int | None] = mapped_column(ForeignKey("bank_feeds.id"))
    statement_id: Mapped[int | None] = mapped_column(ForeignKey("bank_statements.id"), index=True)
    seller_id: Mapped[int | None] = mapped_column(ForeignKey("sellers.id"))
    organisation_id: Mapped[int | None] = mapped_column(ForeignKey("organisations.id"))
    #: The account as the shop knows it; None: the service told of an account that it does not.
    payee_id: Mapped[int | None] = mapped_column(ForeignKey("payees.id"))
    last4: Mapped[str] = mapped_column(String(4), default="")
    #: Below zero: money that went out. None: another currency, the amount is sealed.
    amount_vnd: Mapped[int | None]
    currency: Mapped[str] = mapped_column(String(3), default="VND")
    reference: Mapped[str] = mapped_column(String(60), default="")
    booked_at: Mapped[datetime]
    #: Only the day is known.
    by_day: Mapped[bool] = mapped_column(default=False)
    data_key: Mapped[bytes] = mapped_column(LargeBinary)
    #: Sealed: {"text", "written", "raw"}; raw is the message as it came.
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
    received_at: Mapped[datetime]
    #: new, matched, task, ignored, given_back, same, outgoing, elsewhere.
    state: Mapped[str] = mapped_column(String(10))
    #: Why it is so: a reason of ``rules.matching``, "" before anybody looked; of money that was
    #: counted before: what it is, as ``rules.matching.InBooks`` names it.
    reason: Mapped[str] = mapped_column(String(16), default="")
    #: What it pays, or the first guess.
    payment_id: Mapped[int | None] = mapped_column(ForeignKey("payments.id"), index=True)
    #: The earlier notice of the same money.
    same_as_id: Mapped[int | None] = mapped_column(ForeignKey("bank_notices.id"), index=True)
    decided_at: Mapped[datetime | None]
    #: None: it settled by itself.
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    #: When the desk was told that it waits.
    reminded_at: Mapped[datetime | None]


class BankNoticeMove(Base):
    """One step of a notice. Never edited."""

    __tablename__ = "bank_notice_moves"

    id: Mapped[int] = mapped_column(primary_key=True)
    notice_id: Mapped[int] = mapped_column(ForeignKey("bank_notices.id"), index=True)
    from_state: Mapped[str] = mapped_column(String(10))
    to_state: Mapped[str] = mapped_column(String(10))
    reason: Mapped[str] = mapped_column(String(16))
    actor_kind: Mapped[str] = mapped_column(String(10))
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    at: Mapped[datetime]


class BankMatch(Base):
    """Which event of which payment is the money of a notice. One event has at most one notice."""

    __tablename__ = "bank_matches"
    __table_args__ = (
        Index(
            "uq_bank_matches_event_now",
            "payment_event_id",
            unique=True,
            **only_where(text("undone_at IS NULL")),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    notice_id: Mapped[int] = mapped_column(ForeignKey("bank_notices.id"), index=True)
    payment_id: Mapped[int] = mapped_column(ForeignKey("payments.id"), index=True)
    payment_event_id: Mapped[int] = mapped_column(ForeignKey("payment_events.id"))
    amount_vnd: Mapped[int]
    at: Mapped[datetime]
    #: None: it settled by itself.
    matched_by_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    #: The confirmation was taken back: the notice waits again.
    undone_at: Mapped[datetime | None]


class BankFundMatch(Base):
    """Which line of a campaign's fund is the money of a notice. One line has at most one notice."""

    __tablename__ = "bank_fund_matches"
    __table_args__ = (
        Index(
            "uq_bank_fund_matches_notice_now", "notice_id", unique=True,
            **only_where(text("undone_at IS NULL")),
        ),
    )  # fmt: skip

    id: Mapped[int] = mapped_column(primary_key=True)
    notice_id: Mapped[int] = mapped_column(ForeignKey("bank_notices.id"))
    fund_entry_id: Mapped[int] = mapped_column(ForeignKey("fund_entries.id"), unique=True)
    at: Mapped[datetime]
    #: None: it settled by itself.
    matched_by_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    #: The gift or share was taken back: the notice waits again.
    undone_at: Mapped[datetime | None]


class BankPassMatch(Base):
    """Which transfer of gifts by card is the money of a notice: one to one, and nothing is booked."""

    __tablename__ = "bank_pass_matches"
    __table_args__ = tuple(
        Index(
            f"uq_bank_pass_matches_{name}_now", f"{name}_id", unique=True,
            **only_where(text("undone_at IS NULL")),
        )
        for name in ("notice", "pass")
    )  # fmt: skip

    id: Mapped[int] = mapped_column(primary_key=True)
    notice_id: Mapped[int] = mapped_column(ForeignKey("bank_notices.id"))
    pass_id: Mapped[int] = mapped_column(ForeignKey("gift_passes.id"))
    at: Mapped[datetime]
    #: None: it settled by itself.
    matched_by_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    #: Somebody took it back: the notice waits again.
    undone_at: Mapped[datetime | None]
