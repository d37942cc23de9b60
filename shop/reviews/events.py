"""What happens around reviews."""

from dataclasses import dataclass

from shop.kernel.events import Event


@dataclass(frozen=True)
class ReviewWritten(Event):
    """A buyer wrote a review, or changed it. ``number``: 0 for the first words, then counted up."""

    name = "review.written"

    review_id: int
    number: int


@dataclass(frozen=True)
class ReviewAnswered(Event):
    """The maker replied for the first time: the writer is told."""

    name = "review.answered"

    review_id: int


@dataclass(frozen=True)
class ReviewReported(Event):
    """A maker asks the desk to look at the words of a review."""

    name = "review.reported"

    review_id: int


@dataclass(frozen=True)
class ReviewJudged(Event):
    """The desk hid words, showed them again, or let them stand. ``audit_id``: the line that says so.

    step: "hidden", "shown" or "kept"; what: "words" or "reply".
    """

    name = "review.judged"

    review_id: int
    audit_id: int
    step: str
    what: str
