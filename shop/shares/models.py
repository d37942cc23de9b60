"""Who keeps what of a sale, as it is stored: rules of commission and tax, and who withholds."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from shop.db import Base, only_where


class ShareEdition(Base):
    """Names all rules as they stand: a new name with each change, so that a copy knows its age."""

    __tablename__ = "share_editions"
    __table_args__ = (CheckConstraint("id = 1", name="one_row"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(24))


class CommissionRule(Base):
    """What an organisation keeps of goods sold below it. Of those that fit, the newest holds.

    Never edited: another rate is another rule, and an old one ends.
    """

    __tablename__ = "commission_rules"
    __table_args__ = (
        CheckConstraint("hundredths BETWEEN 0 AND 5000", name="hundredths_range"),
        CheckConstraint("fixed_vnd BETWEEN 0 AND 10000000", name="fixed_range"),
        CheckConstraint("hundredths + fixed_vnd > 0", name="asks_something"),
        CheckConstraint("seller_id IS NULL OR category_id IS NULL", name="one_aim"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    #: Whose it is: it holds for the sellers of this unit and below, and the money is this unit's.
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisations.id"), index=True)
    #: The first of the rules of which this one is the same again, after an end by mistake: it is
    #: as old as that one, so a rule made after that one still stands before it.
    continues_id: Mapped[int | None] = mapped_column(ForeignKey("commission_rules.id"))
    #: For one seller alone, or one shelf with all below it; both empty: for all.
    seller_id: Mapped[int | None] = mapped_column(ForeignKey("sellers.id"))
    category_id: Mapped[int | None] = mapped_column(ForeignKey("categories.id"))
    #: Of the goods' price, in hundredths of a percent; and đồng of each unit sold.
    hundredths: Mapped[int]
    fixed_vnd: Mapped[int]
    from_on: Mapped[date]
    #: The last day; before ``from_on`` when it never came to hold.
    until_on: Mapped[date | None]
    made_at: Mapped[datetime]
    made_by_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    ended_at: Mapped[datetime | None]
    ended_by_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))


class TaxRule(Base):
    """What the law has withheld from a kind of goods from day to day. Never edited."""

    __tablename__ = "tax_rules"
    __table_args__ = (
        CheckConstraint("vat BETWEEN 0 AND 2500 AND pit BETWEEN 0 AND 2500", name="rates_range"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    #: As for a commission.
    continues_id: Mapped[int | None] = mapped_column(ForeignKey("tax_rules.id"))
    #: Of ``rules.TAX_CATEGORIES``.
    category: Mapped[str] = mapped_column(String(20))
    #: Hundredths of a percent of what was paid for the goods.
    vat: Mapped[int]
    pit: Mapped[int]
    from_on: Mapped[date]
    until_on: Mapped[date | None]
    #: Where it is written: law, article.
    legal_ref: Mapped[str] = mapped_column(String(200))
    made_at: Mapped[datetime]
    made_by_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    ended_at: Mapped[datetime | None]
    ended_by_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))


class Withholding(Base):
    """That an organisation withholds tax from what it collects, from when to when."""

    __tablename__ = "withholdings"
    __table_args__ = (
        Index(
            "uq_withholdings_now",
            "organisation_id",
            unique=True,
            **only_where(text("ended_at IS NULL")),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisations.id"))
    started_at: Mapped[datetime]
    started_by_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    ended_at: Mapped[datetime | None]
    ended_by_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
