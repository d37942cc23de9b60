"""What buyers said of goods that they received, and how often each number of stars was given."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from shop.db import Base


class Review(Base):
    """What one order said of one product. Its stars count as long as it stands, hidden words or not."""

    __tablename__ = "reviews"
    __table_args__ = (
        UniqueConstraint("seller_order_id", "product_id"),
        CheckConstraint("stars BETWEEN 1 AND 5", name="stars_range"),
        CheckConstraint("(hidden_at IS NULL) = (hidden_reason = '')", name="hidden_with_reason"),
        CheckConstraint(
            "(reply_hidden_at IS NULL) = (reply_hidden_reason = '')",
            name="reply_hidden_with_reason",
        ),
        CheckConstraint("(replied_at IS NULL) = (reply = '')", name="reply_with_time"),
        Index("ix_reviews_of_product", "product_id", "written_at", "id"),
        Index("ix_reviews_of_seller", "seller_id", "written_at", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    seller_id: Mapped[int] = mapped_column(ForeignKey("sellers.id"))
    product_id: Mapped[int] = mapped_column(ForeignKey("products.id"))
    seller_order_id: Mapped[int] = mapped_column(ForeignKey("seller_orders.id"))
    stars: Mapped[int]
    text: Mapped[str] = mapped_column(Text, default="")
    #: ``rules.shown_name`` and her province; both empty once she is forgotten.
    shown_name: Mapped[str] = mapped_column(String(60), default="")
    place: Mapped[str] = mapped_column(String(80), default="")
    locale: Mapped[str] = mapped_column(String(2))
    written_at: Mapped[datetime]
    changed_at: Mapped[datetime | None]
    reply: Mapped[str] = mapped_column(Text, default="")
    replied_at: Mapped[datetime | None]
    replied_by_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    #: One of ``rules.HIDE_REASONS`` while the words are hidden.
    hidden_at: Mapped[datetime | None]
    hidden_reason: Mapped[str] = mapped_column(String(20), default="")
    reply_hidden_at: Mapped[datetime | None]
    reply_hidden_reason: Mapped[str] = mapped_column(String(20), default="")
    #: What the maker holds against the words, and when somebody at the desk had looked at it.
    reported_at: Mapped[datetime | None]
    report_reason: Mapped[str] = mapped_column(String(20), default="")
    report_text: Mapped[str] = mapped_column(String(500), default="")
    report_answered_at: Mapped[datetime | None]
    report_answer: Mapped[str] = mapped_column(String(500), default="")


class ReviewVersion(Base):
    """Words as they stood before they were changed: the buyer's with her stars, or the maker's."""

    __tablename__ = "review_versions"

    id: Mapped[int] = mapped_column(primary_key=True)
    review_id: Mapped[int] = mapped_column(ForeignKey("reviews.id"), index=True)
    seller_id: Mapped[int] = mapped_column(ForeignKey("sellers.id"))
    is_reply: Mapped[bool]
    stars: Mapped[int | None]
    text: Mapped[str] = mapped_column(Text)
    until: Mapped[datetime]


class ReviewSum(Base):
    """How many reviews of a product gave each number of stars: kept by the statement that stores one.

    ``version`` changes with everything that pages show of its reviews.
    """

    __tablename__ = "review_sums"
    __table_args__ = (
        CheckConstraint(
            "stars_1 >= 0 AND stars_2 >= 0 AND stars_3 >= 0 AND stars_4 >= 0 AND stars_5 >= 0",
            name="never_below_zero",
        ),
    )

    product_id: Mapped[int] = mapped_column(ForeignKey("products.id"), primary_key=True)
    seller_id: Mapped[int] = mapped_column(ForeignKey("sellers.id"), index=True)
    stars_1: Mapped[int] = mapped_column(default=0)
    stars_2: Mapped[int] = mapped_column(default=0)
    stars_3: Mapped[int] = mapped_column(default=0)
    stars_4: Mapped[int] = mapped_column(default=0)
    stars_5: Mapped[int] = mapped_column(default=0)
    version: Mapped[int] = mapped_column(default=0)
