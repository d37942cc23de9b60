"""Vouchers and who used them, as they are stored."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy import text as sql
from sqlalchemy.orm import Mapped, mapped_column

from shop.db import Base, only_where


class Voucher(Base):
    """A code that takes something off an order, for whose goods, and who pays for it.

    Nothing of it changes once it is made but its counts, and whether it is stopped: what
    buyers were told stays true.
    """

    __tablename__ = "vouchers"
    __table_args__ = (
        CheckConstraint("kind IN ('amount', 'percent', 'delivery')", name="kind_known"),
        CheckConstraint("(seller_id IS NULL) <> (organisation_id IS NULL)", name="one_scope"),
        # Nobody can give away what is others' to give.
        CheckConstraint("payer_id IS NOT NULL OR seller_id IS NOT NULL", name="payer_stated"),
        CheckConstraint("most_off_vnd > 0 AND percent BETWEEN 0 AND 100", name="worth_something"),
        CheckConstraint(
            "used >= 0 AND (most_uses IS NULL OR used <= most_uses)", name="used_within_limit"
        ),
        CheckConstraint(
            "spent_vnd >= 0 AND (budget_vnd IS NULL OR spent_vnd <= budget_vnd)",
            name="spent_within_budget",
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    #: ``rules.read_voucher_code``: upper case, look-alikes as one.
    code: Mapped[str] = mapped_column(String(16), unique=True)
    #: The same as whoever made it wrote it, in upper case: what people are shown.
    written: Mapped[str] = mapped_column(String(16), server_default="")
    name_vi: Mapped[str] = mapped_column(String(120))
    name_en: Mapped[str] = mapped_column(String(120))
    #: ``rules.KINDS``
    kind: Mapped[str] = mapped_column(String(10))
    most_off_vnd: Mapped[int]
    #: 0 unless the kind is "percent".
    percent: Mapped[int] = mapped_column(default=0)
    #: Whose goods: one seller's, or those of every seller in an organisation and below it.
    seller_id: Mapped[int | None] = mapped_column(ForeignKey("sellers.id"), index=True)
    organisation_id: Mapped[int | None] = mapped_column(ForeignKey("organisations.id"), index=True)
    #: Where they are sold, as of seller orders: "shop" (id 0), "market_session" or "campaign".
    source_kind: Mapped[str] = mapped_column(String(16), default="shop")
    source_id: Mapped[int] = mapped_column(default=0)
    #: The organisation that pays; None: the seller gives it herself, as a lower price.
    payer_id: Mapped[int | None] = mapped_column(ForeignKey("organisations.id"), index=True)
    min_goods_vnd: Mapped[int] = mapped_column(default=0)
    most_uses: Mapped[int | None]
    #: How often one phone or account may use it.
    most_each: Mapped[int | None]
    budget_vnd: Mapped[int | None]
    first_order: Mapped[bool] = mapped_column(default=False)
    starts_at: Mapped[datetime | None]
    ends_at: Mapped[datetime | None]
    #: Orders that use it and what it took off them; kept by the actions, proved nightly.
    used: Mapped[int] = mapped_column(default=0)
    spent_vnd: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime]
    created_by_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    stopped_at: Mapped[datetime | None]
    stopped_by_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))


class VoucherUse(Base):
    """One order that used a voucher, what it took off, and whether it was given back."""

    __tablename__ = "voucher_uses"
    __table_args__ = (
        UniqueConstraint("voucher_id", "order_id"),
        CheckConstraint("amount_vnd >= 0 AND parts >= 0", name="not_negative"),
        # A phone has one first order, whichever vouchers it tries at the same moment.
        Index(
            "uq_voucher_uses_first_order", "phone_index", unique=True,
            **only_where(sql("first_order AND given_back_at IS NULL")),
        ),
        Index("ix_voucher_uses_phone", "voucher_id", "phone_index"),
    )  # fmt: skip

    id: Mapped[int] = mapped_column(primary_key=True)
    voucher_id: Mapped[int] = mapped_column(ForeignKey("vouchers.id"))
    order_id: Mapped[int] = mapped_column(ForeignKey("orders.id"), index=True)
    phone_index: Mapped[str] = mapped_column(String(40))
    account_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"), index=True)
    #: Of the parts that stand; both fall when a part is cancelled before it was sent.
    amount_vnd: Mapped[int]
    parts: Mapped[int]
    first_order: Mapped[bool]
    at: Mapped[datetime]
    #: When the last of its parts was cancelled.
    given_back_at: Mapped[datetime | None]
