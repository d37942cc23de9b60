"""Lessons are written, reviewed, gone through; classes held; questions asked and answered."""

from datetime import datetime
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from shop.audit.actions import note
from shop.current import vault
from shop.db import touch, upsert_into
from shop.kernel.clock import remind_at
from shop.kernel.codes import random_code
from shop.kernel.errors import NotYours
from shop.kernel.text import slug as slug_of
from shop.learning.events import ClassCancelled, QuestionAnswered, QuestionAsked, SeatDue
from shop.learning.models import DutyHours, Lecture, LessonRead, Question, Seat, WrittenLesson
from shop.learning.queries import a_class, lesson, own_lessons, question, written_lesson
from shop.learning.rules import (
    KEEP_SEATS,
    MOST_OPEN_QUESTIONS,
    ClassFull,
    ClassNotBegun,
    ClassNotOpen,
    ClassOver,
    IllegalSeatMove,
    LessonMovedOn,
    LessonState,
    ReviewedByOneself,
    SeatsTaken,
    SeatState,
    TooManyQuestions,
    may_move_seat,
    read_lesson,
    takes_people,
)
from shop.outbox.relay import record

_CODE_LENGTH = 8
_FORGET_AT_ONCE = 200


def write_lesson(
    session: Session, *, organisation_id: int, body_vi: str, body_en: str, deed: str,
    actor_id: int | None, actor_name: str, now: datetime,
) -> WrittenLesson:  # fmt: skip
    """Keep a trainer's new lesson as a draft, which nobody sees before another has reviewed it.

    Raises:
        LessonUnreadable
    """
    text = read_lesson(body_vi)
    read_lesson(body_en)
    row = WrittenLesson(
        slug=_free_slug(session, text.title), organisation_id=organisation_id,
        state=LessonState.DRAFT, body_vi=body_vi, body_en=body_en, deed=deed, written_at=now,
        written_by_id=actor_id,
    )  # fmt: skip
    session.add(row)
    session.flush()
    _note_lesson(session, row, "written", now, actor_id, actor_name, None)
    return row


def _free_slug(session: Session, title: str) -> str:
    wanted = slug_of(title, 70) or "bai"
    taken = {one.slug for one in own_lessons()} | set(
        session.scalars(
            select(WrittenLesson.slug).where(WrittenLesson.slug.startswith(wanted, autoescape=True))
        )
    )
    number, free = 2, wanted
    while free in taken:
        free, number = f"{wanted}-{number}", number + 1
    return free


def change_lesson(
    session: Session, *, lesson_id: int, body_vi: str, body_en: str, deed: str,
    actor_id: int | None, actor_name: str, now: datetime, undoes_id: int | None = None,
) -> WrittenLesson:  # fmt: skip
    """Write a lesson anew. Nobody sees it until another person has reviewed it again.

    Raises:
        LessonUnreadable
    """
    read_lesson(body_vi)
    read_lesson(body_en)
    row = written_lesson(session, lesson_id, to_change=True)
    before = {"body_vi": row.body_vi, "body_en": row.body_en, "deed": row.deed}
    row.body_vi, row.body_en, row.deed = body_vi, body_en, deed
    row.state, row.shown_at, row.reviewed_by_id = LessonState.DRAFT, None, None
    row.written_at, row.written_by_id = now, actor_id
    session.flush()
    _note_lesson(session, row, "changed", now, actor_id, actor_name, undoes_id, before=before)
    return row


def show_lesson(
    session: Session, *, lesson_id: int, actor_id: int | None, actor_name: str, now: datetime,
    read: str | None = None, undoes_id: int | None = None,
) -> None:  # fmt: skip
    """Let everybody read a lesson: another person than its writer has reviewed it.

    Args:
        read: ``digest`` of the text that the reviewer had before her; None: as it stands.

    Raises:
        LessonMovedOn: it is shown already, or was written anew while she read.
        ReviewedByOneself
    """
    row = written_lesson(session, lesson_id, to_change=True)
    if row.state != LessonState.DRAFT:
        raise LessonMovedOn
    if row.written_by_id is not None and row.written_by_id == actor_id:
        raise ReviewedByOneself
    if read is not None and read != row.digest:
        raise LessonMovedOn
    row.state, row.shown_at, row.reviewed_by_id = LessonState.SHOWN, now, actor_id
    session.flush()
    _note_lesson(session, row, "shown", now, actor_id, actor_name, undoes_id)


def hide_lesson(
    session: Session, *, lesson_id: int, actor_id: int | None, actor_name: str, now: datetime,
    undoes_id: int | None = None,
) -> None:  # fmt: skip
    """Make a lesson a draft again.

    Raises:
        LessonMovedOn
    """
    row = written_lesson(session, lesson_id, to_change=True)
    if row.state != LessonState.SHOWN:
        raise LessonMovedOn
    row.state, row.shown_at, row.reviewed_by_id = LessonState.DRAFT, None, None
    session.flush()
    _note_lesson(session, row, "hidden", now, actor_id, actor_name, undoes_id)


def _note_lesson(
    session: Session, row: WrittenLesson, what: str, now: datetime, actor_id: int | None,
    actor_name: str, undoes_id: int | None, **facts: Any,
) -> None:  # fmt: skip
    touch(session, "lessons")
    note(
        session, action=f"lesson.{what}", subject_kind="lesson", subject_id=row.id, now=now,
        actor_id=actor_id, actor_name=actor_name, undoes_id=undoes_id,
        name=read_lesson(row.body_vi).title, organisation_id=row.organisation_id, **facts,
    )  # fmt: skip


def note_lesson_read(session: Session, *, account_id: int, slug: str, now: datetime) -> None:
    """Write down that somebody went through a lesson, once.

    Raises:
        NotYours: there is no such lesson.
    """
    session.execute(
        upsert_into(session, LessonRead)
        .values(account_id=account_id, slug=lesson(session, slug).slug, read_at=now)
        .on_conflict_do_nothing()
    )


def call_class(
    session: Session, *, organisation_id: int, said: dict[str, Any], actor_id: int | None,
    actor_name: str, now: datetime,
) -> Lecture:  # fmt: skip
    """Hold a class: everybody sees it and may sign up from now on.

    Args:
        said: columns of ``Lecture`` by name.
    """
    row = Lecture(
        code=random_code(_CODE_LENGTH), organisation_id=organisation_id, taken=0, created_at=now,
        created_by_id=actor_id, **said,
    )  # fmt: skip
    session.add(row)
    session.flush()
    _note_class(session, row, "called", now, actor_id, actor_name, None)
    return row


def change_class(
    session: Session, *, class_id: int, said: dict[str, Any], actor_id: int | None,
    actor_name: str, now: datetime, undoes_id: int | None = None,
) -> None:  # fmt: skip
    """Change what a class says, its time or place; who signed up is reminded at the new time.

    Raises:
        ClassOver: it was cancelled or has begun.
        SeatsTaken: more people than that are signed up.
    """
    row = a_class(session, class_id, to_change=True)
    if row.cancelled_at is not None or row.starts_at <= now:
        raise ClassOver
    if said["seats"] < row.taken:
        raise SeatsTaken(taken=row.taken)
    before = {name: _plain(getattr(row, name)) for name in said}
    moved = row.starts_at != said["starts_at"]
    for name, value in said.items():
        setattr(row, name, value)
    session.flush()
    if moved:
        for seat_id in session.scalars(
            select(Seat.id).where(Seat.class_id == class_id, Seat.state == SeatState.TAKEN)
        ):
            record(session, SeatDue(seat_id), now, due_at=max(now, remind_at(row.starts_at)))
    _note_class(session, row, "changed", now, actor_id, actor_name, undoes_id, before=before)


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value


def cancel_class(
    session: Session, *, class_id: int, reason: str, actor_id: int | None, actor_name: str,
    now: datetime, undoes_id: int | None = None,
) -> None:  # fmt: skip
    """Call a class off; who signed up with an account is told why.

    Raises:
        ClassOver: it is called off already, or over.
    """
    row = a_class(session, class_id, to_change=True)
    if row.cancelled_at is not None or row.ends_at <= now:
        raise ClassOver
    row.cancelled_at, row.cancel_reason = now, reason
    session.flush()
    _note_class(session, row, "cancelled", now, actor_id, actor_name, undoes_id)
    record(session, ClassCancelled(row.id), now)


def resume_class(
    session: Session, *, class_id: int, actor_id: int | None, actor_name: str, now: datetime,
    undoes_id: int | None = None,
) -> None:  # fmt: skip
    """Take a cancelling back. What was mailed stays mailed.

    Raises:
        ClassOver: it is not cancelled.
    """
    row = a_class(session, class_id, to_change=True)
    if row.cancelled_at is None:
        raise ClassOver
    row.cancelled_at, row.cancel_reason = None, ""
    session.flush()
    _note_class(session, row, "resumed", now, actor_id, actor_name, undoes_id)


def _note_class(
    session: Session, row: Lecture, what: str, now: datetime, actor_id: int | None,
    actor_name: str, undoes_id: int | None, **facts: Any,
) -> None:  # fmt: skip
    touch(session, "classes")
    note(
        session, action=f"class.{what}", subject_kind="class", subject_id=row.id, now=now,
        actor_id=actor_id, actor_name=actor_name, undoes_id=undoes_id, name=row.title_vi,
        code=row.code, **facts,
    )  # fmt: skip


def take_seat(
    session: Session, *, class_id: int, contact: dict[str, Any], attempt_id: str,
    account_id: int | None, written_by_id: int | None = None, now: datetime,
) -> Seat:  # fmt: skip
    """Sign somebody up; the same form sent again returns the seat that it took first.

    The last seat is checked and taken in one statement: of two who want it one gets it.

    Args:
        contact: {"name", "phone"} of who comes, sealed here.

    Raises:
        ClassNotOpen, ClassFull, NotYours: nothing is stored.
    """
    row = session.get(Lecture, class_id, with_for_update={"read": True}, populate_existing=True)
    if row is None:
        raise NotYours
    key = vault().new_key()
    seat_id = session.scalar(
        upsert_into(session, Seat)
        .values(
            class_id=class_id, account_id=account_id, attempt_id=attempt_id,
            state=SeatState.TAKEN, data_key=key, contact=vault().seal(key, contact), taken_at=now,
            written_by_id=written_by_id, changed_at=now,
        )
        .on_conflict_do_nothing(index_elements=["attempt_id"])
        .returning(Seat.id)
    )  # fmt: skip
    if seat_id is None:
        return session.scalars(select(Seat).where(Seat.attempt_id == attempt_id)).one()
    if not takes_people(row.cancelled_at is None, row.starts_at, now):
        raise ClassNotOpen
    _count_seat(session, class_id, 1)
    record(session, SeatDue(seat_id), now, due_at=max(now, remind_at(row.starts_at)))
    return session.get_one(Seat, seat_id)


def _count_seat(session: Session, class_id: int, change: int) -> None:
    counted = session.scalar(
        update(Lecture)
        .where(Lecture.id == class_id, Lecture.taken + change <= Lecture.seats)
        .values(taken=Lecture.taken + change)
        .returning(Lecture.id)
    )
    if counted is None:
        raise ClassFull
    touch(session, "classes")


def sign_up_for(
    session: Session, *, class_id: int, contact: dict[str, Any], attempt_id: str,
    actor_id: int | None, actor_name: str, now: datetime,
) -> Seat:  # fmt: skip
    """Write down somebody who rang or came by.

    Raises:
        ClassNotOpen, ClassFull, NotYours
    """
    row = take_seat(
        session, class_id=class_id, contact=contact, attempt_id=attempt_id, account_id=None,
        written_by_id=actor_id, now=now,
    )  # fmt: skip
    _note_class(
        session, a_class(session, class_id), "signed_up", now, actor_id, actor_name, None,
        seat_id=row.id,
    )  # fmt: skip
    return row


def give_seat_back(session: Session, *, seat_id: int, account_id: int, now: datetime) -> Seat:
    """She cannot come: the seat is another's.

    Raises:
        NotYours, IllegalSeatMove
    """
    row = session.get(Seat, seat_id)
    if row is None or row.account_id != account_id:
        raise NotYours
    return _moved(session, seat_id, SeatState.WITHDRAWN, now)


def note_attendance(
    session: Session, *, class_id: int, seat_id: int, to: SeatState, actor_id: int | None,
    actor_name: str, now: datetime, undoes_id: int | None = None,
) -> Seat:  # fmt: skip
    """Write down whether somebody came, take that back, or give her seat to another.

    Raises:
        NotYours: the seat is of another class.
        ClassNotBegun, IllegalSeatMove
    """
    row, seat = a_class(session, class_id), session.get(Seat, seat_id)
    if seat is None or seat.class_id != class_id:
        raise NotYours
    if to in (SeatState.CAME, SeatState.ABSENT) and now < row.starts_at:
        raise ClassNotBegun
    before = seat.state
    seat = _moved(session, seat_id, to, now)
    _note_class(
        session, row, f"seat_{to}", now, actor_id, actor_name, undoes_id, seat_id=seat_id,
        was=before,
    )  # fmt: skip
    return seat


def _moved(session: Session, seat_id: int, to: SeatState, now: datetime) -> Seat:
    row = session.get_one(Seat, seat_id, with_for_update=True, populate_existing=True)
    if not may_move_seat(row.state, to):
        raise IllegalSeatMove
    row.state, row.changed_at = to, now
    session.flush()
    if to == SeatState.WITHDRAWN:
        _count_seat(session, row.class_id, -1)
    return row


def forget_seats(session: Session, now: datetime) -> int:
    """Drop names and phones of those who sat in classes a year ago; how many: until none."""
    old = (
        select(Seat.id)
        .join(Lecture, Lecture.id == Seat.class_id)
        .where(Lecture.ends_at < now - KEEP_SEATS, func.length(Seat.contact) > 0)
        .order_by(Seat.id)
        .limit(_FORGET_AT_ONCE)
    )
    ids = session.scalars(old).all()
    session.execute(update(Seat).where(Seat.id.in_(ids)).values(contact=b"", data_key=b""))
    return len(ids)


def ask(
    session: Session, *, account_id: int, organisation_id: int, text: str, wants_call: bool,
    now: datetime,
) -> Question:  # fmt: skip
    """Ask the officers of her unit; they hear of it at once.

    Raises:
        TooManyQuestions: so many of hers wait already.
    """
    waiting = session.scalar(
        select(func.count())
        .select_from(Question)
        .where(Question.asked_by_id == account_id, Question.answered_at.is_(None))
    )
    if (waiting or 0) >= MOST_OPEN_QUESTIONS:
        raise TooManyQuestions(most=MOST_OPEN_QUESTIONS)
    row = Question(
        organisation_id=organisation_id, asked_by_id=account_id, text=text, wants_call=wants_call,
        asked_at=now, answer="", is_shared=False,
    )  # fmt: skip
    session.add(row)
    session.flush()
    record(session, QuestionAsked(row.id), now)
    return row


def answer_question(
    session: Session, *, question_id: int, answer: str, is_shared: bool, actor_id: int | None,
    actor_name: str, now: datetime, undoes_id: int | None = None,
) -> Question:  # fmt: skip
    """Answer, or answer better; whoever asked is told once. An empty answer takes it back.

    Args:
        is_shared: others of the unit may read it, without the name of who asked.
    """
    row = question(session, question_id, to_change=True)
    before = {"answer": row.answer, "is_shared": row.is_shared}
    first = row.answered_at is None and bool(answer)
    row.answer, row.is_shared = answer, is_shared and bool(answer)
    row.answered_at = (row.answered_at or now) if answer else None
    row.answered_by_id = actor_id if answer else None
    session.flush()
    note(
        session, action="question.answered", subject_kind="question", subject_id=row.id, now=now,
        actor_id=actor_id, actor_name=actor_name, undoes_id=undoes_id, before=before,
        organisation_id=row.organisation_id,
    )  # fmt: skip
    if first:
        record(session, QuestionAnswered(row.id), now)
    return row


def say_hours(
    session: Session, *, account_id: int, words: str, actor_id: int | None, actor_name: str,
    now: datetime, undoes_id: int | None = None,
) -> None:  # fmt: skip
    """Say when somebody can be reached; those who call their helper read it."""
    row = session.get(DutyHours, account_id)
    before = row.words if row is not None else ""
    session.execute(
        upsert_into(session, DutyHours)
        .values(account_id=account_id, words=words, said_at=now)
        .on_conflict_do_update(index_elements=["account_id"], set_={"words": words, "said_at": now})
    )
    session.expire_all()
    note(
        session, action="duty_hours.said", subject_kind="account", subject_id=account_id, now=now,
        actor_id=actor_id, actor_name=actor_name, undoes_id=undoes_id, was=before, words=words,
    )  # fmt: skip
