"""Lessons that trainers wrote, who learnt what, classes and their seats, questions and answers."""

import hashlib
from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from shop.db import Base


class WrittenLesson(Base):
    """A lesson of a trainer, beside the shop's own ones, which are files."""

    __tablename__ = "lessons"
    __table_args__ = (
        CheckConstraint("state IN ('draft', 'shown')", name="state_known"),
        CheckConstraint("(state = 'shown') = (shown_at IS NOT NULL)", name="shown_since"),
        CheckConstraint(
            "reviewed_by_id IS NULL OR reviewed_by_id <> written_by_id", name="two_people"
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(String(80), unique=True)
    #: The unit whose trainer wrote it, and whose people review it.
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisations.id"), index=True)
    state: Mapped[str] = mapped_column(String(8))
    #: Markdown, as ``rules.read_lesson`` understands it.
    body_vi: Mapped[str] = mapped_column(Text)
    body_en: Mapped[str] = mapped_column(Text)
    #: One of ``rules.DEEDS``, or empty.
    deed: Mapped[str] = mapped_column(String(20), default="")
    written_at: Mapped[datetime]
    written_by_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    reviewed_by_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    shown_at: Mapped[datetime | None]

    @property
    def digest(self) -> str:
        """Return what tells this text from another one of the same lesson."""
        return hashlib.sha256(f"{self.body_vi}\0{self.body_en}".encode()).hexdigest()


class LessonRead(Base):
    """That somebody went through a lesson, as she says."""

    __tablename__ = "lesson_reads"

    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), primary_key=True)
    slug: Mapped[str] = mapped_column(String(80), primary_key=True)
    read_at: Mapped[datetime]


class Lecture(Base):
    """A class: when, where, who teaches, how many seats. ``taken`` is kept by who signs up."""

    __tablename__ = "classes"
    __table_args__ = (
        CheckConstraint("ends_at > starts_at", name="ends_after_start"),
        CheckConstraint("seats >= 1 AND seats <= 500", name="seats_range"),
        CheckConstraint("0 <= taken AND taken <= seats", name="taken_within_seats"),
        Index("ix_classes_starts", "starts_at", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    #: For its address and for reading aloud: eight characters.
    code: Mapped[str] = mapped_column(String(12), unique=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisations.id"), index=True)
    title_vi: Mapped[str] = mapped_column(String(120))
    title_en: Mapped[str] = mapped_column(String(120), default="")
    about_vi: Mapped[str] = mapped_column(Text, default="")
    about_en: Mapped[str] = mapped_column(Text, default="")
    place_vi: Mapped[str] = mapped_column(String(200))
    place_en: Mapped[str] = mapped_column(String(200), default="")
    #: Where it can be joined from afar, or empty.
    link: Mapped[str] = mapped_column(String(300), default="")
    trainer_name: Mapped[str] = mapped_column(String(80))
    trainer_phone: Mapped[str] = mapped_column(String(20))
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    seats: Mapped[int]
    taken: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime]
    created_by_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    cancelled_at: Mapped[datetime | None]
    cancel_reason: Mapped[str] = mapped_column(String(300), default="")


class Seat(Base):
    """That somebody signed up for a class, herself, for another, or by an officer."""

    __tablename__ = "class_seats"
    __table_args__ = (
        CheckConstraint("state IN ('taken', 'came', 'absent', 'withdrawn')", name="state_known"),
        Index("ix_class_seats_account", "account_id", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    class_id: Mapped[int] = mapped_column(ForeignKey("classes.id"), index=True)
    #: Who signed up with an account; None when an officer wrote somebody down.
    account_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    #: Made once per rendered form: one form is one seat.
    attempt_id: Mapped[str] = mapped_column(String(40), unique=True)
    #: ``learning.rules.SeatState``
    state: Mapped[str] = mapped_column(String(10))
    #: Sealed: {"name", "phone"} of who comes; both empty once forgotten.
    data_key: Mapped[bytes] = mapped_column(LargeBinary)
    contact: Mapped[bytes] = mapped_column(LargeBinary)
    taken_at: Mapped[datetime]
    written_by_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    changed_at: Mapped[datetime]


class Question(Base):
    """What somebody asks the officers of her unit, and what they answer."""

    __tablename__ = "questions"
    __table_args__ = (
        CheckConstraint("(answer = '') = (answered_at IS NULL)", name="answered_once"),
        CheckConstraint("NOT is_shared OR answered_at IS NOT NULL", name="shared_with_answer"),
        Index("ix_questions_unit", "organisation_id", "answered_at", "id"),
        Index("ix_questions_asker", "asked_by_id", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisations.id"))
    asked_by_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    text: Mapped[str] = mapped_column(Text)
    #: Whether she wants to be rung.
    wants_call: Mapped[bool]
    asked_at: Mapped[datetime]
    answer: Mapped[str] = mapped_column(Text, default="")
    answered_at: Mapped[datetime | None]
    answered_by_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    #: Whether others of the unit may read it, without her name.
    is_shared: Mapped[bool] = mapped_column(default=False)


class DutyHours(Base):
    """When somebody who helps can be reached, in her own words."""

    __tablename__ = "duty_hours"

    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), primary_key=True)
    words: Mapped[str] = mapped_column(String(120))
    said_at: Mapped[datetime]
