"""Rules of lessons, classes and questions. Plain Python.

A lesson is written in a little Markdown: a title, steps as headings, paragraphs, lists, pictures by
name, **strong** words. Nothing else is read, so nothing else can be shown.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from shop.kernel.errors import Refusal

#: What a lesson can lead to; the shop itself sees that it was done.
DEEDS = (
    "product_up",
    "picture_told",
    "order_confirmed",
    "parcel_packed",
    "market_offer",
    "second_lock",
)
#: Drawings that lessons may show: files in static/img/bai-hoc.
PICTURES = (
    "dang-mon", "chup-anh", "chot-don", "goi-hang", "tien-that", "giu-khoa", "phien-cho", "chia-se",
)  # fmt: skip
#: (slug, what it leads to or "") of the shop's own lessons, in the order in which they are learnt.
OWN_LESSONS: tuple[tuple[str, str], ...] = (
    ("dang-mon-dau", "product_up"), ("chup-anh-dep", "picture_told"),
    ("don-dau-tien", "order_confirmed"), ("goi-hang-an-toan", "parcel_packed"),
    ("tien-that-tien-gia", ""), ("giu-tai-khoan", "second_lock"),
    ("mang-hang-ra-phien", "market_offer"), ("chia-se-vao-nhom", ""),
)  # fmt: skip
MOST_SEATS = 500
MOST_OPEN_QUESTIONS = 10
#: Names and phones of those who sat in a class are forgotten so long after.
KEEP_SEATS = timedelta(days=365)
#: Who answers first: whoever is on duty to help, then who is nearest in office.
ANSWERERS = ("helper", "officer", "head", "deputy", "trainer")

_PICTURE = re.compile(r"!\[([^\]\n]+)\]\(([a-z0-9-]+)\)")
_HEADING = re.compile(r"(#{1,2}) +(.+)")
_STRONG = re.compile(r"\*\*(.+?)\*\*")


class LessonState(StrEnum):
    DRAFT = "draft"
    SHOWN = "shown"


class SeatState(StrEnum):
    TAKEN = "taken"
    CAME = "came"
    ABSENT = "absent"
    WITHDRAWN = "withdrawn"


#: A wrong tap on who came is put right by the right one; who withdrew signs up anew.
SEAT_MOVES: Mapping[SeatState, frozenset[SeatState]] = {
    SeatState.TAKEN: frozenset({SeatState.CAME, SeatState.ABSENT, SeatState.WITHDRAWN}),
    SeatState.CAME: frozenset({SeatState.ABSENT, SeatState.TAKEN}),
    SeatState.ABSENT: frozenset({SeatState.CAME, SeatState.TAKEN}),
    SeatState.WITHDRAWN: frozenset(),
}


class LessonUnreadable(Refusal):
    """The Markdown of a lesson lacks a title or steps, or names a picture that is not there. ``why``."""

    code = "lesson_unreadable"
    status = 422


class LessonMovedOn(Refusal):
    """The lesson is not in a state for that any more."""

    code = "lesson_moved_on"


class ReviewedByOneself(Refusal):
    """Who wrote a lesson does not let it be shown: another reads it first."""

    code = "reviewed_by_oneself"


class ClassNotOpen(Refusal):
    """The class takes nobody: it was cancelled, or has begun."""

    code = "class_not_open"


class ClassFull(Refusal):
    """All seats are taken."""

    code = "class_full"


class SeatsTaken(Refusal):
    """So many are signed up that there cannot be fewer seats. ``taken``."""

    code = "seats_taken"


class IllegalSeatMove(Refusal):
    """The seat is not in a state for that any more."""

    code = "illegal_seat_move"


class ClassNotBegun(Refusal):
    """Who came is noted once the class has begun."""

    code = "class_not_begun"


class ClassOver(Refusal):
    """The class has begun or is cancelled: its time stays as it was."""

    code = "class_over"


class TooManyQuestions(Refusal):
    """So many of her questions wait that no more are taken. ``most``."""

    code = "too_many_questions"


class NoUnitOfHers(Refusal):
    """She belongs to no unit, so nobody is there to ask."""

    code = "no_unit_of_hers"


@dataclass(frozen=True)
class Block:
    """A part of a lesson. ``kind``: "h", "p", "ul", "img". ``runs``: (words, whether strong)."""

    kind: str
    runs: tuple[tuple[str, bool], ...] = ()
    items: tuple[tuple[tuple[str, bool], ...], ...] = ()
    picture: str = ""

    @property
    def words(self) -> str:
        return "".join(words for words, _strong in self.runs)


@dataclass(frozen=True)
class Text:
    """A lesson in one language. ``lead``: its first paragraph."""

    title: str
    lead: str
    blocks: tuple[Block, ...]

    @property
    def steps(self) -> int:
        return sum(block.kind == "h" for block in self.blocks)


def read_lesson(markdown: str) -> Text:
    """Return what the Markdown of a lesson says.

    >>> read_lesson("# A\\n\\nB\\n\\n## 1. C\\n\\nD **e**").blocks[1].runs
    (('D ', False), ('e', True))

    Raises:
        LessonUnreadable
    """
    title, lead, blocks = "", "", []
    for part in re.split(r"\n\s*\n", markdown.replace("\r\n", "\n").strip()):
        block = _block(part.strip())
        if block is None:
            title = title or (
                found[2].strip() if (found := _HEADING.fullmatch(part.strip())) else ""
            )
        elif block.kind == "p" and not lead and not blocks:
            lead = block.words
        else:
            blocks.append(block)
    text = Text(title[:120], lead[:300], tuple(blocks))
    if not text.title:
        raise LessonUnreadable(why="title")
    if not text.steps:
        raise LessonUnreadable(why="steps")
    return text


def _block(part: str) -> Block | None:
    """Return one paragraph as a block; None for the title."""
    if heading := _HEADING.fullmatch(part):
        return None if heading[1] == "#" else Block("h", _runs(heading[2]))
    if picture := _PICTURE.fullmatch(part):
        if picture[2] not in PICTURES:
            raise LessonUnreadable(why="picture")
        return Block("img", ((picture[1], False),), picture=picture[2])
    lines = part.split("\n")
    if all(line.startswith("- ") for line in lines):
        return Block("ul", items=tuple(_runs(line[2:]) for line in lines))
    return Block("p", _runs(" ".join(lines)))


def _runs(text: str) -> tuple[tuple[str, bool], ...]:
    parts = _STRONG.split(text)
    return tuple((words, bool(n % 2)) for n, words in enumerate(parts) if words)


def may_move_seat(state: str, to: str) -> bool:
    """Tell whether a seat goes from one state to another."""
    return SeatState(to) in SEAT_MOVES[SeatState(state)]


def takes_people(is_open: bool, starts_at: datetime, now: datetime) -> bool:
    """Tell whether one may still sign up for a class."""
    return is_open and now < starts_at
