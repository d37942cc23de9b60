"""Rules of the operator's desk: deadlines of complaints, forms that robots send. Plain Python."""

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from pathlib import Path

from shop.kernel.clock import VIETNAM, vietnam_date
from shop.kernel.errors import Refusal

#: So many years after all is done an order and a complaint keep who it was; then nothing does.
#: Three: what buyers may claim and what the law wants kept of a sale. The books keep the sums.
YEARS_KEPT = 3

#: So many photos come with one complaint.
MOST_PHOTOS = 3
#: What a complaint can be about, in the order of the form.
COMPLAINT_KINDS = ("not_arrived", "goods", "money", "seller", "personal_data", "other")
DEADLINES = Path(__file__).parent / "data" / "complaint_deadlines.toml"


class ComplaintSent(Refusal):
    """This very page has sent a complaint already, and it said something else."""

    code = "complaint_sent"


class AnsweredBefore(Refusal):
    """The second step of a complaint is looked at by somebody else than the first."""

    code = "answered_before"


class NotFinished(Refusal):
    """Somebody is still to get goods or money: who she is cannot be forgotten yet."""

    code = "not_finished"


class StallNotDone(Refusal):
    """Nobody else answers for her stall, and somebody still waits for goods or money of it."""

    code = "stall_not_done"


class ComplaintSettled(Refusal):
    """The complaint was closed already."""

    code = "complaint_settled"


class NotParked(Refusal):
    """The message is not stuck any more: somebody else dealt with it."""

    code = "not_parked"


class NotUndoable(Refusal):
    """This kind of act is not taken back by a button."""

    code = "not_undoable"


@dataclass(frozen=True)
class Deadline:
    """How soon one kind of complaint is answered and settled, from a day on."""

    kind: str
    valid_from: date
    answer_days: int
    settle_days: int


@lru_cache(maxsize=4)
def deadlines(path: Path = DEADLINES) -> tuple[Deadline, ...]:
    """Return every dated row, the newest first."""
    rows = tomllib.loads(path.read_text(encoding="utf-8"))["deadline"]
    return tuple(
        sorted((Deadline(**row) for row in rows), key=lambda d: d.valid_from, reverse=True)
    )


def deadline_of(kind: str, on: date, rows: Sequence[Deadline] | None = None) -> Deadline:
    """Return the row of a kind that holds on a day; before the first one, the first."""
    mine = [row for row in (deadlines() if rows is None else rows) if row.kind == kind]
    return next((row for row in mine if row.valid_from <= on), mine[-1])


def due(received_at: datetime, deadline: Deadline) -> tuple[datetime, datetime]:
    """Return (answer by, settle by): the ends of those days in Vietnam."""
    came = vietnam_date(received_at)
    answer, left = came, deadline.answer_days
    while left:
        answer += timedelta(days=1)
        left -= answer.weekday() < 5
    settle = max(came + timedelta(days=deadline.settle_days), answer)
    return _end_of(answer), _end_of(settle)


def _end_of(day: date) -> datetime:
    """Return the last second of a day in Vietnam."""
    return datetime.combine(day, time(23, 59, 59), VIETNAM)
