"""Standing orders: what a buyer takes at every market of a series, until she pauses it."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy import text as sql
from sqlalchemy.orm import Mapped, mapped_column

from shop.db import Base, only_where


class StandingOrder(Base):
    """Ordered anew when each session of the series opens, for who is signed in."""

    __tablename__ = "standing_orders"
    __table_args__ = (
        CheckConstraint("method IN ('cod', 'transfer')", name="method_known"),
        Index(
            "uq_standing_orders_now", "account_id", "series_id", unique=True,
            **only_where(sql("ended_at IS NULL")),
        ),
    )  # fmt: skip

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    series_id: Mapped[int] = mapped_column(ForeignKey("market_series.id"), index=True)
    method: Mapped[str] = mapped_column(String(10))
    #: Where she collected last: the same place is taken again when there is one of that name.
    pickup_vi: Mapped[str] = mapped_column(String(120))
    created_at: Mapped[datetime]
    paused_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]


class StandingLine(Base):
    """So many of one thing each time, for no more than she agreed to pay."""

    __tablename__ = "standing_lines"
    __table_args__ = (
        CheckConstraint("quantity >= 1 AND quantity <= 999", name="quantity_range"),
        CheckConstraint("most_price_vnd > 0", name="price_positive"),
    )

    standing_id: Mapped[int] = mapped_column(ForeignKey("standing_orders.id"), primary_key=True)
    variant_id: Mapped[int] = mapped_column(ForeignKey("variants.id"), primary_key=True)
    quantity: Mapped[int]
    most_price_vnd: Mapped[int]


class StandingRun(Base):
    """What came of a standing order at one session: an order, or why none. Once."""

    __tablename__ = "standing_runs"
    __table_args__ = (UniqueConstraint("standing_id", "session_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    standing_id: Mapped[int] = mapped_column(ForeignKey("standing_orders.id"))
    session_id: Mapped[int] = mapped_column(ForeignKey("market_sessions.id"), index=True)
    order_id: Mapped[int | None] = mapped_column(ForeignKey("orders.id"))
    #: Things that were left out: not brought this time, dearer than agreed, or short.
    left_out: Mapped[int] = mapped_column(default=0)
    #: Code of the refusal when nothing came of it; "" otherwise.
    why: Mapped[str] = mapped_column(String(40), default="")
    at: Mapped[datetime]
