"""What happens around classes and questions."""

from dataclasses import dataclass

from shop.kernel.events import Event


@dataclass(frozen=True)
class SeatDue(Event):
    """It is the evening before a class: recorded with the seat, delivered then."""

    name = "seat.due"

    seat_id: int


@dataclass(frozen=True)
class ClassCancelled(Event):
    """A class that people had signed up for does not take place."""

    name = "class.cancelled"

    class_id: int


@dataclass(frozen=True)
class QuestionAsked(Event):
    """Somebody asks the officers of her unit."""

    name = "question.asked"

    question_id: int


@dataclass(frozen=True)
class QuestionAnswered(Event):
    """An officer answered."""

    name = "question.answered"

    question_id: int
