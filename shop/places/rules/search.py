"""Reads what somebody typed as a place: which words name the ward, which ones its surroundings.

"tân an, long an": Tân An somewhere in Long An. "P.5 Q.3": the name is 5, the district 3.
"12 Lê Lợi, xã Phước Ninh": the name is inside, after a street.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import IntEnum

from shop.kernel.text import one_line
from shop.places.rules.names import accented, short_name, words

MOST_LETTERS = 120
MOST_WORDS = 16
LONGEST_NAME = 6
#: Fewer letters begin too many names to be worth a list.
LEAST_LETTERS = 2

_WARD = {("p",), ("f",), ("phuong",), ("x",), ("xa",), ("tt",), ("thi", "tran"), ("dac", "khu")}
_ABOVE = {("q",), ("quan",), ("h",), ("huyen",), ("tx",), ("thi", "xa"), ("tp",), ("thanh", "pho"),
          ("t",), ("tinh",)}  # fmt: skip
_SAID_BESIDE = {("cu",), ("moi",)}
_COUNTRY = {"vn", "vietnam"}


class Likeness(IntEnum):
    """How a found ward fits what was typed; the lower, the better."""

    EXACT = 0
    """The whole name, accents and all."""
    LETTERS = 1
    """The whole name, accents apart."""
    BEGINS = 2
    """The name, or what stands beside it, begins so."""
    INSIDE = 3
    """The name stands inside a longer address."""
    DISTRICT = 4
    """It lies where the old district was that was named."""


@dataclass(frozen=True)
class WardHit:
    """A ward that may be meant. Its words are put together in ``forms.hit_note``."""

    ward_code: str
    #: "Xã Quế Phước", "48", "Đà Nẵng"
    ward_name: str
    province_code: str
    province_name: str
    likeness: Likeness
    #: The old unit that was typed, with its surroundings then; empty for today's name. Of
    #: an old district that was typed, only these surroundings.
    old_name: str = ""
    old_district: str = ""
    old_province: str = ""
    #: Every unit of before July 2025 that lies in this ward.
    made_of: tuple[str, ...] = ()
    #: The old unit lies in several wards of today: its street decides.
    split: bool = False

    @property
    def label(self) -> str:
        return f"{self.ward_name}, {self.province_name}"


@dataclass(frozen=True)
class ProvinceHit:
    """A province that the whole of a text names. Its words: ``forms.province_label``."""

    code: str
    #: "Đà Nẵng"
    name: str
    #: The province of before July 2025 that was named, "Quảng Nam"; empty for today's own.
    former: str


@dataclass(frozen=True)
class DistrictMeant:
    """Words of a question that may name an old district."""

    #: What is written behind it: its province, if anything.
    rest: list[str]
    #: Nothing but marks stands before it: the district is what was asked for.
    whole: bool


def only_match(hits: Sequence[WardHit]) -> WardHit | None:
    """Return the hit that nobody could mistake for another one, or None.

    Twins such as Xã Sơn Hà and Xã Sơn Hạ, wards that share an old unit, and all of a
    district are for a person to choose from, however exactly one of them was typed.
    """
    whole = [hit for hit in hits if hit.likeness <= Likeness.LETTERS]
    if whole and len(hits) > 1 and len(words(short_name(whole[0].old_name))) == 1:
        return None  # "Quế" was a ward once, and begins the names of others.
    possible = whole or hits
    if len(possible) != 1 or possible[0].split or possible[0].likeness == Likeness.DISTRICT:
        return None
    return possible[0]


@dataclass(frozen=True)
class Span:
    """Words ``start`` to ``end`` of a question, which may be a ward's name."""

    start: int
    end: int


class Question:
    """What was typed, cut into words."""

    def __init__(self, text: str) -> None:
        pieces = re.findall(r"\d+|[^\W\d_]+", _joined(one_line(text)[:MOST_LETTERS]))
        pairs = [(piece, word) for piece in pieces for word in words(piece)][-MOST_WORDS:]
        self.typed = [piece for piece, _ in pairs]
        self.words = [word for _, word in pairs]

    @property
    def is_long_enough(self) -> bool:
        return len("".join(self.words)) >= LEAST_LETTERS

    def spans(self) -> dict[str, list[Span]]:
        """Return every run of words that may be a whole name, by key."""
        found: dict[str, list[Span]] = {}
        for start in range(len(self.words)):
            for end in range(start + 1, min(start + LONGEST_NAME, len(self.words)) + 1):
                found.setdefault("".join(self.words[start:end]), []).append(Span(start, end))
        return found

    def beginnings(self) -> list[Span]:
        """Return the runs up to the last letter typed that may begin a name."""
        starts, rest = [0], self.words
        while taken := _mark(rest, _WARD):
            starts.append(starts[-1] + taken)
            rest = rest[taken:]
        spans = [Span(start, len(self.words)) for start in starts]
        return [span for span in spans if self._may_begin("".join(self.words[span.start :]))]

    @staticmethod
    def _may_begin(letters: str) -> bool:
        return len(letters) >= LEAST_LETTERS and not letters.isdigit()

    def likeness(self, span: Span, name: str | None, around: Iterable[str]) -> Likeness | None:
        """Tell how a span that equals a name's key fits, or None: the words beside it do not.

        Args:
            name: with its accents; None when they are not known.
            around: keys of the districts and provinces the ward lies or lay in.
        """
        around = {*around, *_COUNTRY}
        before, after = self.words[: span.start], self.words[span.end :]
        named = _all_named(after, around)
        if not named and not _all_named(after, around, begun=True):
            return None
        marked = False
        while before and (taken := _last_mark(before, _WARD)):
            before, marked = before[:-taken], True
        number = "".join(self.words[span.start : span.end]).isdigit()
        if number and not (marked or after):
            return None  # The 12 of "12 Lê Lợi".
        if not before and not named:
            return Likeness.BEGINS
        if not before:
            typed = "".join(accented(piece) for piece in self.typed[span.start : span.end])
            return Likeness.EXACT if name and typed == accented(name) else Likeness.LETTERS
        if not marked and _last_mark(before, _ABOVE):  # "huyện Nông Sơn" is no ward.
            return None
        inside = marked or (named and (after or _all_named(before, around)))
        return Likeness.INSIDE if inside else None

    def districts(self) -> dict[str, DistrictMeant]:
        """Return keys that may be a district's: at the front, or behind "quận" and the like."""
        found: dict[str, DistrictMeant] = {}
        for start in range(len(self.words)):
            before, marked = self.words[:start], False
            while taken := _last_mark(before, _ABOVE):
                before, marked = before[:-taken], True
            if start and not marked:
                continue
            for end in range(start + 1, min(start + LONGEST_NAME, len(self.words)) + 1):
                key = "".join(self.words[start:end])
                if marked if key.isdigit() else len(key) > LEAST_LETTERS:
                    found.setdefault(key, DistrictMeant(self.words[end:], not before))
        return found

    def province(self) -> str:
        """Return the key of a province, if the whole text is one: "tỉnh Quảng Nam"."""
        rest = self.words
        while len(taken := rest[_mark(rest, _ABOVE) :]) < len(rest):
            rest = taken
        return "".join(rest)


def provinces_named(rest: Sequence[str], provinces: Iterable[str]) -> bool:
    """Tell whether words behind a district name only its provinces."""
    return _all_named(rest, {*provinces, *_COUNTRY}, begun=True)


def _joined(text: str) -> str:
    """Return text with "M'gar" made one word."""
    return re.sub(r"(?<=\w)['’ʼ`´](?=\w)", "", text)


def _mark(words: Sequence[str], marks: Iterable[tuple[str, ...]]) -> int:
    """Return how many words at the front are a mark such as "xã" or "thị trấn"."""
    return max((len(m) for m in marks if tuple(words[: len(m)]) == m), default=0)


def _last_mark(words: Sequence[str], marks: Iterable[tuple[str, ...]]) -> int:
    if marks is _WARD and tuple(words[-2:]) == ("thi", "xa"):
        return 0
    return max((len(m) for m in marks if tuple(words[-len(m) :]) == m), default=0)


def _all_named(words: Sequence[str], around: set[str], *, begun: bool = False) -> bool:
    """Tell whether words are nothing but names around a ward, with their marks.

    Args:
        begun: the last name may still be being typed.
    """
    if not words:
        return True
    for n in range(1, min(len(words), LONGEST_NAME) + 1):
        joined = "".join(words[:n])
        if joined in around and _all_named(words[n:], around, begun=begun):
            return True
    joined = "".join(words)
    if begun and len(words) <= LONGEST_NAME and any(name.startswith(joined) for name in around):
        return True
    taken = _mark(words, _ABOVE | _SAID_BESIDE)
    return bool(taken) and _all_named(words[taken:], around, begun=begun)
