"""Markets: their series, each session, where it hands over, and what sellers bring."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy import text as sql
from sqlalchemy.orm import Mapped, mapped_column

from shop.db import Base, only_where


class MarketSeries(Base):
    """A market that comes again: every week, or on days of the lunar month."""

    __tablename__ = "market_series"
    __table_args__ = (CheckConstraint("shift IN ('earlier', 'later', 'none')", name="shift_known"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(12), unique=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisations.id"), index=True)
    title_vi: Mapped[str] = mapped_column(String(120))
    title_en: Mapped[str] = mapped_column(String(120), default="")
    #: ``markets.rules.calendar.SeriesRule.text``
    rule: Mapped[str] = mapped_column(String(30))
    #: What happens when it falls on a holiday: ``calendar.SHIFTS``.
    shift: Mapped[str] = mapped_column(String(10))
    created_at: Mapped[datetime]
    created_by_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    ended_at: Mapped[datetime | None]


class MarketSession(Base):
    """One market: when orders are taken, when goods are handed over, how much it can carry.

    ``orders`` and ``amount_vnd`` are what stands ordered, kept by the statement that takes an
    order, so that the limits hold however many order at once.
    """

    __tablename__ = "market_sessions"
    __table_args__ = (
        CheckConstraint(
            "opens_at < closes_at AND closes_at <= hand_over_at AND hand_over_at < ends_at",
            name="times_in_order",
        ),
        CheckConstraint("state IN ('draft', 'shown', 'cancelled')", name="state_known"),
        CheckConstraint("orders >= 0 AND amount_vnd >= 0", name="sums_not_negative"),
        Index("ix_market_sessions_shown", "state", "closes_at"),
        Index(
            "ix_market_sessions_due", "closes_at",
            **only_where(sql("state = 'shown' AND closed_at IS NULL")),
        ),
    )  # fmt: skip

    id: Mapped[int] = mapped_column(primary_key=True)
    #: For its address and for reading aloud: eight characters.
    code: Mapped[str] = mapped_column(String(12), unique=True)
    series_id: Mapped[int | None] = mapped_column(ForeignKey("market_series.id"), index=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisations.id"), index=True)
    #: ``markets.rules.sessions.SessionState``
    state: Mapped[str] = mapped_column(String(10))
    title_vi: Mapped[str] = mapped_column(String(120))
    title_en: Mapped[str] = mapped_column(String(120), default="")
    note_vi: Mapped[str] = mapped_column(String(600), default="")
    note_en: Mapped[str] = mapped_column(String(600), default="")
    opens_at: Mapped[datetime]
    closes_at: Mapped[datetime]
    hand_over_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    #: At most so many orders, at most so much money; None: no limit.
    max_orders: Mapped[int | None]
    max_amount_vnd: Mapped[int | None]
    orders: Mapped[int] = mapped_column(default=0)
    #: Numbers of bags given out so far, also of orders that were cancelled since.
    numbers: Mapped[int] = mapped_column(default=0, server_default="0")
    amount_vnd: Mapped[int] = mapped_column(default=0)
    #: Whether the unit takes the money and pays the sellers after; else each is paid herself.
    collects: Mapped[bool] = mapped_column(default=True)
    #: Its account since it was shown.
    payee_id: Mapped[int | None] = mapped_column(ForeignKey("payees.id"))
    copied_from_id: Mapped[int | None] = mapped_column(ForeignKey("market_sessions.id"))
    created_at: Mapped[datetime]
    created_by_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    shown_at: Mapped[datetime | None]
    #: When the work of closing was done, however long after ``closes_at``.
    closed_at: Mapped[datetime | None]
    settled_at: Mapped[datetime | None]
    #: The settlement with the sellers that was drawn up after it, when the unit collects.
    settlement_id: Mapped[int | None] = mapped_column(ForeignKey("settlements.id"))
    cancelled_at: Mapped[datetime | None]
    cancel_reason: Mapped[str] = mapped_column(String(300), default="")


class MarketPickup(Base):
    """A place and time at which buyers of a session collect, and how many may choose it."""

    __tablename__ = "market_pickups"
    __table_args__ = (
        CheckConstraint("ends_at > starts_at", name="ends_after_start"),
        CheckConstraint(
            "taken >= 0 AND (max_orders IS NULL OR taken <= max_orders)", name="taken_within_most"
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    session_id: Mapped[int] = mapped_column(ForeignKey("market_sessions.id"), index=True)
    name_vi: Mapped[str] = mapped_column(String(120))
    name_en: Mapped[str] = mapped_column(String(120), default="")
    address_vi: Mapped[str] = mapped_column(String(200), default="")
    address_en: Mapped[str] = mapped_column(String(200), default="")
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    max_orders: Mapped[int | None]
    taken: Mapped[int] = mapped_column(default=0)


class MarketOffer(Base):
    """What one seller brings to a session: how many, for how much. It takes two to agree."""

    __tablename__ = "market_offers"
    __table_args__ = (
        UniqueConstraint("session_id", "variant_id"),
        CheckConstraint("price_vnd > 0", name="price_positive"),
        CheckConstraint("0 <= taken AND taken <= quantity", name="taken_within_quantity"),
        CheckConstraint("0 <= least AND least <= quantity", name="least_within_quantity"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    session_id: Mapped[int] = mapped_column(ForeignKey("market_sessions.id"))
    seller_id: Mapped[int] = mapped_column(ForeignKey("sellers.id"), index=True)
    variant_id: Mapped[int] = mapped_column(ForeignKey("variants.id"), index=True)
    price_vnd: Mapped[int]
    quantity: Mapped[int]
    #: When fewer are ordered by the close, none of it is brought; 0: every one is.
    least: Mapped[int] = mapped_column(default=0)
    taken: Mapped[int] = mapped_column(default=0)
    #: She said yes for the sessions that are copied from this one too.
    every_time: Mapped[bool] = mapped_column(default=False)
    seller_agreed_at: Mapped[datetime | None]
    officer_agreed_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    #: At the close fewer than ``least`` were ordered.
    fell_at: Mapped[datetime | None]
    created_at: Mapped[datetime]


class MarketOrder(Base):
    """One buyer's order at a session: her bag's number, and where she collects it.

    ``parts`` and ``amount_vnd`` are what stands of it, by seller orders; with the last of
    them cancelled, her place is free again.
    """

    __tablename__ = "market_orders"
    __table_args__ = (
        UniqueConstraint("session_id", "order_id"),
        UniqueConstraint("session_id", "number"),
        CheckConstraint("parts >= 0 AND amount_vnd >= 0", name="sums_not_negative"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    session_id: Mapped[int] = mapped_column(ForeignKey("market_sessions.id"))
    order_id: Mapped[int] = mapped_column(ForeignKey("orders.id"), index=True)
    pickup_id: Mapped[int] = mapped_column(ForeignKey("market_pickups.id"), index=True)
    number: Mapped[int]
    parts: Mapped[int]
    amount_vnd: Mapped[int]
    #: Written by an officer after the close, for somebody who rang.
    late: Mapped[bool] = mapped_column(default=False)
    written_by_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    at: Mapped[datetime]


class MarketNotice(Base):
    """An announcement of a session that was made: each kind once, whatever the clock does."""

    __tablename__ = "market_notices"
    __table_args__ = (
        CheckConstraint("kind IN ('opened', 'day', 'hours', 'closed')", name="kind_known"),
    )

    session_id: Mapped[int] = mapped_column(ForeignKey("market_sessions.id"), primary_key=True)
    #: ``markets.rules.sessions.NoticeKind``
    kind: Mapped[str] = mapped_column(String(10), primary_key=True)
    at: Mapped[datetime]


class MarketAct(Base):
    """What was done at a stall, under the name that the phone gave it: sent twice, done once."""

    __tablename__ = "market_acts"
    __table_args__ = (Index("ix_market_acts_order", "session_id", "order_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    session_id: Mapped[int] = mapped_column(ForeignKey("market_sessions.id"))
    #: Made where it was tapped, also without a network.
    key: Mapped[str] = mapped_column(String(64), unique=True)
    #: "handed_over", "not_collected", "goods_back", "sold", "taken_back".
    kind: Mapped[str] = mapped_column(String(20))
    order_id: Mapped[int | None] = mapped_column(ForeignKey("orders.id"))
    #: What taking it back needs: what was due, or which return; of a taking back, which act.
    facts: Mapped[dict[str, Any]]
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    #: When it was tapped, and when it came here.
    at: Mapped[datetime]
    stored_at: Mapped[datetime]
