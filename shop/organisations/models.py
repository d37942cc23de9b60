"""The tree of associations, and who serves in it from when to when."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from shop.db import Base


class Organisation(Base):
    """One unit: a city's union, a commune's, a branch, a group."""

    __tablename__ = "organisations"
    __table_args__ = (
        CheckConstraint("parent_id IS NULL OR parent_id <> id", name="not_own_parent"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(String(80), unique=True)
    #: One of ``rules.KINDS``.
    kind: Mapped[str] = mapped_column(String(12))
    #: What it hangs below today; a unit that became part of another hangs below that one, so
    #: that whoever serves there answers for what it left. Earlier parents: ``PastParent``.
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("organisations.id"), index=True)
    name_vi: Mapped[str] = mapped_column(String(160))
    name_en: Mapped[str] = mapped_column(String(160))
    valid_from: Mapped[date]
    valid_to: Mapped[date | None]


class OrganisationClosure(Base):
    """Every unit with each of its ancestors, itself included at depth 0."""

    __tablename__ = "organisation_closure"
    __table_args__ = (Index("ix_organisation_closure_descendant", "descendant_id", "depth"),)

    ancestor_id: Mapped[int] = mapped_column(ForeignKey("organisations.id"), primary_key=True)
    descendant_id: Mapped[int] = mapped_column(ForeignKey("organisations.id"), primary_key=True)
    depth: Mapped[int]


class Reordering(Base):
    """That units move, become one or are divided: proposed by one person, done by another."""

    __tablename__ = "reorderings"
    __table_args__ = (
        CheckConstraint(
            "decided_by_id IS NULL OR state = 'dropped' OR decided_by_id <> proposed_by_id",
            name="two_people",
        ),
        CheckConstraint("(number IS NULL) = (state IN ('proposed', 'dropped'))", name="numbered"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    #: One of ``rules.REORDERINGS``.
    kind: Mapped[str] = mapped_column(String(8))
    #: "proposed", "done", "dropped", "undone".
    state: Mapped[str] = mapped_column(String(8))
    #: The unit within which it happens: who leads it may propose and confirm. None: operators.
    top_id: Mapped[int | None] = mapped_column(ForeignKey("organisations.id"), index=True)
    #: What is wanted; see ``reordering.read_plan``.
    plan: Mapped[dict[str, Any]]
    #: What stood before and what came of it, so that it can be taken back.
    facts: Mapped[dict[str, Any]]
    #: Number and day of the decision on paper, as written there.
    decision: Mapped[str] = mapped_column(String(160))
    #: The how manieth that was done, so that later ones are known.
    number: Mapped[int | None] = mapped_column(unique=True)
    #: The day from which the new order holds.
    done_on: Mapped[date | None]
    proposed_at: Mapped[datetime]
    proposed_by_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    decided_at: Mapped[datetime | None]
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))


class PastParent(Base):
    """What a unit hung below during a time that is over. Its last day counts."""

    __tablename__ = "organisation_past_parents"
    __table_args__ = (
        CheckConstraint("valid_to >= valid_from", name="ends_after_start"),
        Index("ix_organisation_past_parents_unit", "organisation_id", "valid_to"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisations.id"))
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("organisations.id"))
    valid_from: Mapped[date]
    valid_to: Mapped[date]
    reordering_id: Mapped[int | None] = mapped_column(ForeignKey("reorderings.id"))


class PastName(Base):
    """What a unit was called during a time that is over. Its last day counts."""

    __tablename__ = "organisation_past_names"
    __table_args__ = (
        CheckConstraint("valid_to >= valid_from", name="ends_after_start"),
        Index("ix_organisation_past_names_unit", "organisation_id", "valid_to"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisations.id"))
    name_vi: Mapped[str] = mapped_column(String(160))
    name_en: Mapped[str] = mapped_column(String(160))
    valid_from: Mapped[date]
    valid_to: Mapped[date]


class Membership(Base):
    """That a person holds a role in a unit during a time. Rights run down its subtree."""

    __tablename__ = "memberships"
    __table_args__ = (
        CheckConstraint("ends_on IS NULL OR ends_on >= starts_on", name="ends_after_start"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisations.id"), index=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), index=True)
    #: "head", "deputy", "treasurer", "officer", "member".
    role: Mapped[str] = mapped_column(String(12))
    starts_on: Mapped[date]
    ends_on: Mapped[date | None]
    appointed_by_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    created_at: Mapped[datetime]
