"""The tree of associations, and who serves in it from when to when."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, String
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
    #: Since then nobody but officers comes upon it: its groups are not listed, its word for
    #: joining leads nowhere. Rights in it, and what was sold and raised, stay as they are.
    hidden_at: Mapped[datetime | None]


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


class Member(Base):
    """A woman of a unit's register. Her phone lies sealed; most have no account of their own."""

    __tablename__ = "members"
    __table_args__ = (
        CheckConstraint("state IN ('asked', 'member', 'left')", name="state_known"),
        CheckConstraint("(state = 'left') = (left_on IS NOT NULL)", name="left_on_a_day"),
        Index("ix_members_unit", "organisation_id", "state", "sort_name", "id"),
        Index("ix_members_sorted", "state", "sort_name", "id"),
        Index("ix_members_phone", "phone_index"),
        Index("ix_members_days", "organisation_id", "joined_on", "left_on", "state"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisations.id"))
    #: "asked" by herself until an officer lets her in; "member"; "left".
    state: Mapped[str] = mapped_column(String(8))
    #: Empty once she is forgotten.
    name: Mapped[str] = mapped_column(String(120))
    #: The name folded, the given name first, as Vietnamese lists are sorted.
    sort_name: Mapped[str] = mapped_column(String(130))
    born_in: Mapped[int | None]
    data_key: Mapped[bytes] = mapped_column(LargeBinary)
    #: {"phone"} sealed; empty when she has none or is forgotten.
    contact: Mapped[bytes] = mapped_column(LargeBinary)
    phone_index: Mapped[str | None] = mapped_column(String(40))
    joined_on: Mapped[date]
    left_on: Mapped[date | None]
    #: How she came: "list", "link", "officer".
    came_by: Mapped[str] = mapped_column(String(8))
    added_by_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    #: Which file she came with, and which sent form, so that both count once.
    sheet_id: Mapped[int | None] = mapped_column(ForeignKey("member_sheets.id"), index=True)
    attempt_id: Mapped[str | None] = mapped_column(String(32), unique=True)
    created_at: Mapped[datetime]


class MemberWord(Base):
    """A word of a member's name, folded, by which she is found among 200,000."""

    __tablename__ = "member_words"
    __table_args__ = (Index("ix_member_words_member", "member_id"),)

    word: Mapped[str] = mapped_column(String(40), primary_key=True)
    member_id: Mapped[int] = mapped_column(ForeignKey("members.id"), primary_key=True)


class PastMemberUnit(Base):
    """Which unit a member belonged to during a time that is over. Its last day counts."""

    __tablename__ = "member_past_units"
    __table_args__ = (
        CheckConstraint("valid_to >= valid_from", name="ends_after_start"),
        Index("ix_member_past_units_member", "member_id", "valid_to"),
        Index("ix_member_past_units_reordering", "reordering_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    member_id: Mapped[int] = mapped_column(ForeignKey("members.id"))
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisations.id"))
    valid_from: Mapped[date]
    valid_to: Mapped[date]
    reordering_id: Mapped[int | None] = mapped_column(ForeignKey("reorderings.id"))


class JoinCode(Base):
    """The word by which people ask to join a unit, in a link or typed; a new one ends the old."""

    __tablename__ = "join_codes"

    id: Mapped[int] = mapped_column(primary_key=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisations.id"), index=True)
    code: Mapped[str] = mapped_column(String(8), unique=True)
    made_at: Mapped[datetime]
    made_by_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    ended_at: Mapped[datetime | None]


class MemberSheet(Base):
    """A list of members or of units that somebody sent: looked at first, then stored as a whole."""

    __tablename__ = "member_sheets"
    __table_args__ = (CheckConstraint("kind IN ('members', 'units')", name="kind_known"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(8))
    organisation_id: Mapped[int | None] = mapped_column(ForeignKey("organisations.id"), index=True)
    data_key: Mapped[bytes] = mapped_column(LargeBinary)
    #: The rows of the file, sealed; empty once they are stored or thrown away.
    content: Mapped[bytes] = mapped_column(LargeBinary)
    rows: Mapped[int]
    sent_at: Mapped[datetime]
    sent_by_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    stored_at: Mapped[datetime | None]
