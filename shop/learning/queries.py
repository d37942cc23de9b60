"""Reads of lessons, classes, questions, and of who helps whom."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any

from sqlalchemy import Select, and_, case, func, or_, select
from sqlalchemy.orm import Session

from shop.accounts.models import Account
from shop.accounts.queries import contact_of
from shop.current import vault
from shop.db import the_one
from shop.kernel.errors import NotYours
from shop.learning.models import (
    DutyHours,
    Lecture,
    LessonRead,
    Question,
    Seat,
    WrittenLesson,
)
from shop.learning.rules import ANSWERERS, OWN_LESSONS, LessonState, SeatState, Text, read_lesson
from shop.organisations.models import Membership, Organisation, OrganisationClosure
from shop.sellers.models import Seller, SellerMember

_DATA = Path(__file__).parent / "data"
#: So many people are named who can be called.
MOST_HELPERS = 3


@dataclass(frozen=True)
class Lesson:
    """A lesson that everybody may read. ``number``: of the order in which they are learnt."""

    slug: str
    number: int
    deed: str
    vi: Text
    en: Text

    def told(self, language: str) -> Text:
        return self.en if language == "en" else self.vi


@cache
def own_lessons() -> tuple[Lesson, ...]:
    """Return the shop's own lessons."""
    found = []
    for number, (slug, deed) in enumerate(OWN_LESSONS, 1):
        vi, en = (
            read_lesson((_DATA / f"{number}-{slug}.{language}.md").read_text())
            for language in ("vi", "en")
        )
        found.append(Lesson(slug, number, deed, vi, en))
    return tuple(found)


def lessons(session: Session) -> list[Lesson]:
    """Return every lesson that is shown: the shop's own first, then those of trainers."""
    rows = session.scalars(
        select(WrittenLesson)
        .where(WrittenLesson.state == LessonState.SHOWN)
        .order_by(WrittenLesson.shown_at, WrittenLesson.id)
        .limit(200)
    )
    own = own_lessons()
    return [*own, *(_of_row(row, len(own) + n) for n, row in enumerate(rows, 1))]


def _of_row(row: WrittenLesson, number: int) -> Lesson:
    return Lesson(row.slug, number, row.deed, read_lesson(row.body_vi), read_lesson(row.body_en))


def lesson(session: Session, slug: str) -> Lesson:
    """Return a lesson that is shown.

    Raises:
        NotYours: there is none.
    """
    found = next((one for one in lessons(session) if one.slug == slug), None)
    if found is None:
        raise NotYours
    return found


def written_lesson(session: Session, lesson_id: int, *, to_change: bool = False) -> WrittenLesson:
    """Return a trainer's lesson, shown or not.

    Raises:
        NotYours
    """
    return the_one(session, WrittenLesson, lesson_id, to_change=to_change)


def written_lessons(units: Select[int] | None) -> Any:
    """Return the statement of the lessons of some units' trainers, the newest first; None: all."""
    wanted = (
        select(WrittenLesson, Organisation.name_vi, Organisation.name_en)
        .join(Organisation, Organisation.id == WrittenLesson.organisation_id)
        .order_by(WrittenLesson.id.desc())
    )
    return wanted if units is None else wanted.where(WrittenLesson.organisation_id.in_(units))


def reads_of(session: Session, account_id: int) -> dict[str, datetime]:
    """Return {slug: when} of the lessons that somebody says she went through."""
    rows = session.execute(
        select(LessonRead.slug, LessonRead.read_at).where(LessonRead.account_id == account_id)
    )
    return {row.slug: row.read_at for row in rows}


def stalls_that_read(session: Session, units: Select[int] | None) -> dict[str, int]:
    """Return {slug: of how many stalls somebody went through it}, without saying which."""
    wanted = (
        select(LessonRead.slug, func.count(SellerMember.seller_id.distinct()).label("stalls"))
        .join(SellerMember, SellerMember.account_id == LessonRead.account_id)
        .join(Seller, Seller.id == SellerMember.seller_id)
        .where(SellerMember.until.is_(None), Seller.closed_at.is_(None))
        .group_by(LessonRead.slug)
    )
    if units is not None:
        wanted = wanted.where(Seller.organisation_id.in_(units))
    return {row.slug: row.stalls for row in session.execute(wanted)}


def stalls_in(units: Select[int] | None) -> Select[int]:
    """Return the statement of the open stalls of some units; None: of all."""
    wanted = select(Seller.id).where(Seller.closed_at.is_(None))
    return wanted if units is None else wanted.where(Seller.organisation_id.in_(units))


def coming_classes(session: Session, now: datetime) -> Sequence[Lecture]:
    """Return the classes to come, the next first."""
    return session.scalars(
        select(Lecture)
        .where(Lecture.cancelled_at.is_(None), Lecture.ends_at > now)
        .order_by(Lecture.starts_at, Lecture.id)
        .limit(100)
    ).all()


def class_by_code(session: Session, code: str) -> Lecture:
    """Return a class by the code of its address.

    Raises:
        NotYours
    """
    row = session.scalar(select(Lecture).where(Lecture.code == code))
    if row is None:
        raise NotYours
    return row


def a_class(session: Session, class_id: int, *, to_change: bool = False) -> Lecture:
    """Return a class.

    Raises:
        NotYours
    """
    return the_one(session, Lecture, class_id, to_change=to_change)


def classes_of(units: Select[int] | None) -> Any:
    """Return the statement of the classes of some units, the newest first; None: of all."""
    wanted = (
        select(Lecture, Organisation.name_vi, Organisation.name_en)
        .join(Organisation, Organisation.id == Lecture.organisation_id)
        .order_by(Lecture.starts_at.desc(), Lecture.id.desc())
    )
    return wanted if units is None else wanted.where(Lecture.organisation_id.in_(units))


def seats_of(session: Session, class_id: int) -> list[tuple[Seat, dict[str, Any]]]:
    """Return (seat, {"name", "phone"}) of a class, as people signed up."""
    rows = session.scalars(select(Seat).where(Seat.class_id == class_id).order_by(Seat.id)).all()
    return [(row, seat_contact(row)) for row in rows]


def my_seats(session: Session, account_id: int, class_id: int | None = None) -> list[Any]:
    """Return (seat, class, {"name", "phone"}) of what somebody signed up for, the newest first."""
    wanted = (
        select(Seat, Lecture)
        .join(Lecture, Lecture.id == Seat.class_id)
        .where(Seat.account_id == account_id, Seat.state != SeatState.WITHDRAWN)
        .order_by(Lecture.starts_at.desc(), Seat.id)
        .limit(100)
    )
    if class_id is not None:
        wanted = wanted.where(Seat.class_id == class_id)
    return [(seat, row, seat_contact(seat)) for seat, row in session.execute(wanted)]


def seat(session: Session, seat_id: int) -> Seat:
    """Return a seat of a class.

    Raises:
        NotYours
    """
    row = session.get(Seat, seat_id)
    if row is None:
        raise NotYours
    return row


def seat_contact(row: Seat) -> dict[str, Any]:
    """Return {"name", "phone"} of who comes; empty words once forgotten."""
    if not row.contact:
        return {"name": "", "phone": None}
    return vault().open(row.data_key, row.contact)


def came_between(session: Session, units: set[int], began: datetime, ended: datetime) -> int:
    """Return how often somebody sat in a class of some units during a time, for reports."""
    return (
        session.scalar(
            select(func.count())
            .select_from(Seat)
            .join(Lecture, Lecture.id == Seat.class_id)
            .where(
                Seat.state == SeatState.CAME, Lecture.organisation_id.in_(units),
                Lecture.starts_at >= began, Lecture.starts_at < ended,
            )
        )
        or 0
    )  # fmt: skip


def units_of(session: Session, account_id: int, on: date) -> list[int]:
    """Return the units that somebody belongs to: by office or membership, then by her stall."""
    serving = session.scalars(
        select(Membership.organisation_id)
        .where(
            Membership.account_id == account_id, Membership.starts_on <= on,
            or_(Membership.ends_on.is_(None), Membership.ends_on >= on),
        )
        .order_by(case((Membership.role == "member", 0), else_=1), Membership.id)
    ).all()  # fmt: skip
    selling = session.scalars(
        select(Seller.organisation_id)
        .join(SellerMember, SellerMember.seller_id == Seller.id)
        .where(
            SellerMember.account_id == account_id, SellerMember.until.is_(None),
            Seller.closed_at.is_(None),
        )
        .order_by(Seller.id)
    ).all()  # fmt: skip
    return list(dict.fromkeys([*selling, *serving]))


@dataclass(frozen=True)
class Helper:
    """Somebody to call. ``hours``: when she can be reached, in her own words."""

    account_id: int
    name: str
    role: str
    unit: Any
    phone: str | None
    hours: str


def helpers_of(session: Session, unit_id: int, on: date) -> list[Helper]:
    """Return who answers for a unit: of the nearest unit above it first, whoever is on duty first."""
    rank = case({role: n for n, role in enumerate(ANSWERERS)}, value=Membership.role, else_=99)
    rows = session.execute(
        select(Account, Membership.role, Organisation, DutyHours.words)
        .join(Membership, Membership.account_id == Account.id)
        .join(OrganisationClosure, OrganisationClosure.ancestor_id == Membership.organisation_id)
        .join(Organisation, Organisation.id == Membership.organisation_id)
        .outerjoin(DutyHours, DutyHours.account_id == Account.id)
        .where(
            OrganisationClosure.descendant_id == unit_id, Membership.role.in_(ANSWERERS),
            Membership.starts_on <= on,
            or_(Membership.ends_on.is_(None), Membership.ends_on >= on),
            Account.disabled_at.is_(None), Account.deleted_at.is_(None),
        )
        .order_by(OrganisationClosure.depth, rank, Membership.id)
        .limit(MOST_HELPERS * 3)
    )  # fmt: skip
    found: dict[int, Helper] = {}
    for account, role, unit, hours in rows:
        found.setdefault(
            account.id,
            Helper(account.id, account.name, role, unit, contact_of(account)["phone"], hours or ""),
        )
    return list(found.values())[:MOST_HELPERS]


def hours_of(session: Session, account_id: int) -> str:
    """Return when somebody said that she can be reached."""
    return session.scalar(select(DutyHours.words).where(DutyHours.account_id == account_id)) or ""


def question(session: Session, question_id: int, *, to_change: bool = False) -> Question:
    """Return a question.

    Raises:
        NotYours
    """
    return the_one(session, Question, question_id, to_change=to_change)


def questions_of(session: Session, account_id: int) -> Sequence[Any]:
    """Return (Question, name of who answered) of what somebody asked, the newest first."""
    return session.execute(
        select(Question, Account.name)
        .outerjoin(Account, Account.id == Question.answered_by_id)
        .where(Question.asked_by_id == account_id)
        .order_by(Question.id.desc())
        .limit(30)
    ).all()


def shared_with(session: Session, units: Sequence[int], account_id: int) -> Sequence[Question]:
    """Return what others of the same units asked and was answered for all, the newest first."""
    return session.scalars(
        select(Question)
        .where(
            Question.organisation_id.in_(units), Question.is_shared,
            Question.asked_by_id != account_id,
        )
        .order_by(Question.id.desc())
        .limit(30)
    ).all()  # fmt: skip


def questions_in(units: Select[int] | None) -> Any:
    """Return the statement of what is asked in some units: unanswered first, the oldest of them."""
    wanted = (
        select(Question, Account, Organisation)
        .join(Account, Account.id == Question.asked_by_id)
        .join(Organisation, Organisation.id == Question.organisation_id)
        .order_by(
            Question.answered_at.is_not(None),
            case((and_(Question.answered_at.is_(None)), Question.id), else_=-Question.id),
        )
    )
    return wanted if units is None else wanted.where(Question.organisation_id.in_(units))
