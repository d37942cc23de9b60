"""The letters around classes and questions."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from shop.accounts.models import Account
from shop.kernel.clock import remind_at
from shop.learning.models import Lecture, Question, Seat
from shop.learning.queries import seat_contact
from shop.learning.rules import SeatState
from shop.notifications.letters import link
from shop.notifications.mailing import Letter, write
from shop.notifications.queries import reader_of_account, readers_with_right


def of_due_seat(session: Session, seat_id: int, now: datetime) -> list[Letter]:
    """To who signed up, the evening before; nothing when she withdrew or the day has moved on."""
    row = session.get(Seat, seat_id)
    held = session.get(Lecture, row.class_id) if row is not None else None
    if row is None or held is None or row.state != SeatState.TAKEN or row.account_id is None:
        return []
    if held.cancelled_at is not None or not remind_at(held.starts_at) <= now < held.starts_at:
        return []
    return _to_account(session, row, held, "due", f"seat-due:{seat_id}:{held.starts_at:%Y%m%d%H%M}")


def of_cancelled_class(session: Session, class_id: int) -> list[Letter]:
    """To everybody who signed up with an account: it does not take place."""
    held = session.get(Lecture, class_id)
    if held is None or held.cancelled_at is None:
        return []
    rows = session.scalars(
        select(Seat)
        .where(
            Seat.class_id == class_id, Seat.state == SeatState.TAKEN, Seat.account_id.is_not(None)
        )
        .order_by(Seat.id)
    ).all()  # fmt: skip
    return [
        letter
        for row in {one.account_id: one for one in rows}.values()
        for letter in _to_account(session, row, held, "cancelled", f"class-cancelled:{class_id}")
    ]


def _to_account(session: Session, row: Seat, held: Lecture, kind: str, key: str) -> list[Letter]:
    reader = reader_of_account(session, row.account_id or 0)
    if reader is None:
        return []
    return [
        write(
            "class_news", key, reader, row=held, kind=kind, names=seat_contact(row)["name"],
            address=link(f"/tai-khoan/lop-hoc/{held.code}", reader.locale),
        )
    ]  # fmt: skip


def of_question(session: Session, question_id: int, now: datetime) -> list[Letter]:
    """To the officers of the unit: somebody asks; nothing once it was answered."""
    row = session.get(Question, question_id)
    if row is None or row.answered_at is not None:
        return []
    name = session.get_one(Account, row.asked_by_id).name
    return [
        write(
            "question", f"question:{row.id}", reader, row=row, kind="asked", name=name,
            address=link("/dieu-hanh/hoi-dap", reader.locale),
        )
        for reader in readers_with_right(session, "answer_questions", row.organisation_id, now)
    ]  # fmt: skip


def of_answer(session: Session, question_id: int) -> list[Letter]:
    """To who asked: it is answered."""
    row = session.get(Question, question_id)
    reader = reader_of_account(session, row.asked_by_id) if row is not None else None
    if row is None or row.answered_at is None or reader is None:
        return []
    name = session.get_one(Account, row.answered_by_id).name if row.answered_by_id else ""
    return [
        write(
            "question", f"answer:{row.id}", reader, row=row, kind="answered", name=name,
            address=link("/tai-khoan/nguoi-giup", reader.locale),
        )
    ]  # fmt: skip
