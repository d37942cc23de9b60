"""Calls for help, what each needs, and who promised it."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from shop.db import Base


class HelpCall(Base):
    """A call of one unit: for whom, what happened, when and where to meet.

    The household is named only as far as it agreed; its name and number are not kept here.
    """

    __tablename__ = "help_calls"
    __table_args__ = (
        CheckConstraint("ends_at > starts_at", name="ends_after_start"),
        CheckConstraint("state IN ('draft', 'open', 'cancelled')", name="state_known"),
        Index("ix_help_calls_shown", "state", "starts_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    #: For its address and for reading aloud: eight characters.
    code: Mapped[str] = mapped_column(String(12), unique=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisations.id"), index=True)
    #: ``mutual_aid.rules.CallState``
    state: Mapped[str] = mapped_column(String(10))
    title_vi: Mapped[str] = mapped_column(String(120))
    title_en: Mapped[str] = mapped_column(String(120), default="")
    #: As far as the household agreed: "một gia đình ở thôn Gò Mít".
    for_whom_vi: Mapped[str] = mapped_column(String(160))
    for_whom_en: Mapped[str] = mapped_column(String(160), default="")
    story_vi: Mapped[str] = mapped_column(Text, default="")
    story_en: Mapped[str] = mapped_column(Text, default="")
    #: Where people meet.
    place_vi: Mapped[str] = mapped_column(String(200))
    place_en: Mapped[str] = mapped_column(String(200), default="")
    #: Whom to ring, as the page shows it.
    contact_name: Mapped[str] = mapped_column(String(80))
    contact_phone: Mapped[str] = mapped_column(String(20))
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    #: How and when the household agreed to what is shown of it: ``rules.CONSENT_KINDS``.
    consent_kind: Mapped[str] = mapped_column(String(10), default="")
    consent_on: Mapped[date | None]
    created_at: Mapped[datetime]
    created_by_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    opened_at: Mapped[datetime | None]
    cancelled_at: Mapped[datetime | None]
    cancel_reason: Mapped[str] = mapped_column(String(300), default="")
    #: What came of it, for everybody who helped.
    thanks_vi: Mapped[str] = mapped_column(Text, default="")
    thanks_en: Mapped[str] = mapped_column(Text, default="")
    thanked_at: Mapped[datetime | None]


class HelpNeed(Base):
    """One line of what a call needs. ``pledged`` is kept by the statement that stores a pledge."""

    __tablename__ = "help_needs"
    __table_args__ = (
        CheckConstraint("wanted >= 1 AND wanted <= 9999", name="wanted_range"),
        CheckConstraint("0 <= pledged AND pledged <= wanted", name="pledged_within_wanted"),
        CheckConstraint("kind IN ('labour', 'meals', 'tools', 'goods')", name="kind_known"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    call_id: Mapped[int] = mapped_column(ForeignKey("help_calls.id"), index=True)
    #: ``mutual_aid.rules.NeedKind``
    kind: Mapped[str] = mapped_column(String(10))
    words_vi: Mapped[str] = mapped_column(String(160))
    words_en: Mapped[str] = mapped_column(String(160), default="")
    #: What is counted: "người", "suất", "cái".
    unit_vi: Mapped[str] = mapped_column(String(30))
    unit_en: Mapped[str] = mapped_column(String(30), default="")
    wanted: Mapped[int]
    pledged: Mapped[int] = mapped_column(default=0)


class Pledge(Base):
    """What one person promised for one need, and whether she came.

    Who she is lies sealed in ``contact``; ``shown_name`` is what she lets others read.
    """

    __tablename__ = "help_pledges"
    __table_args__ = (
        CheckConstraint("quantity >= 1", name="quantity_positive"),
        CheckConstraint("state IN ('offered', 'came', 'absent', 'withdrawn')", name="state_known"),
        CheckConstraint(
            "stated_value_vnd IS NULL OR stated_value_vnd >= 0", name="value_not_negative"
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    call_id: Mapped[int] = mapped_column(ForeignKey("help_calls.id"), index=True)
    need_id: Mapped[int] = mapped_column(ForeignKey("help_needs.id"), index=True)
    #: Made once per rendered form: one form is one pledge.
    attempt_id: Mapped[str] = mapped_column(String(40), unique=True)
    #: The private link: its token is made of the secret key and this, and kept as a digest.
    link_nonce: Mapped[str] = mapped_column(String(32))
    link_digest: Mapped[str] = mapped_column(String(64), unique=True)
    quantity: Mapped[int]
    #: What goods are worth, as the giver says. Beside every sum of money, never inside.
    stated_value_vnd: Mapped[int | None]
    #: ``mutual_aid.rules.PledgeState``
    state: Mapped[str] = mapped_column(String(10))
    #: Sealed JSON: {"name", "phone", "email", "note"}; both empty once forgotten.
    data_key: Mapped[bytes] = mapped_column(LargeBinary)
    contact: Mapped[bytes] = mapped_column(LargeBinary)
    shown_name: Mapped[str] = mapped_column(String(60), default="")
    locale: Mapped[str] = mapped_column(String(2))
    pledged_at: Mapped[datetime]
    #: The officer who wrote it down for her, from a phone call.
    written_by_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    changed_at: Mapped[datetime]
    changed_by_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
