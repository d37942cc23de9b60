"""What a share picture says, and how its words are set. Plain Python.

A card is written from what the public page of its subject says, and from nothing else: whoever
makes one gives public words, so that no name that is masked there can come into a picture.
"""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from shop.kernel.codes import ALPHABET, read_code

#: Raised when the drawing changes, so that pictures made before are made anew.
DRAWN_AS = 3
#: Of INTERFACE's tokens: the plate, the ink, paper, and the seal's red.
PLATE, INK, PAPER, INK_2, WEAVE = "#f0b52e", "#1e2440", "#fff6e0", "#3a3f5c", "#8f3720"


class Shape(StrEnum):
    """The pictures that are made: for a Zalo group, for a story, for link previews."""

    SQUARE = "vuong"
    TALL = "dung"
    PREVIEW = "xem-truoc"


#: Of the pages to print: name and width, as Typst calls it.
PAPERS = {"a4": "a4", "a5": "a5"}

SIZES_PX = {Shape.SQUARE: (1080, 1080), Shape.TALL: (1080, 1350), Shape.PREVIEW: (1200, 630)}


@dataclass(frozen=True)
class Figure:
    """How far something has come, and the day on which that held."""

    on: date
    words: str


@dataclass(frozen=True)
class Card:
    """What a share picture says.

    Args:
        kind: a few words above the title: "Giúp nhau".
        lines: one idea each; the first ones are shown where there is little room.
        address: the whole public address; the QR holds exactly this.
        short: how a person would type it.
        picture: the store's file of a photo of goods or work, or "". Never a face of somebody
            who is helped. Files are named by their content.
    """

    kind: str
    title: str
    lines: tuple[str, ...]
    figure: Figure | None
    by: str
    address: str
    short: str
    scan: str
    locale: str = "vi"
    picture: str = ""
    #: "95.000 ₫ một hũ", written large; "" where nothing is sold.
    price: str = ""
    #: The page itself, where ``address`` is a short link to it that counts its visits.
    page: str = ""
    #: The short link that goes with the words, so that its visits are counted apart.
    in_words: str = ""

    @property
    def dated(self) -> str:
        """Return the figure with its day: "Đến 26/11/2026: …"; "" without a figure."""
        if self.figure is None:
            return ""
        until = "Đến" if self.locale == "vi" else "By"
        return f"{until} {self.figure.on:%d/%m/%Y}: {self.figure.words}"

    @property
    def words(self) -> tuple[str, ...]:
        """Return everything that is written in the picture."""
        said = (
            self.kind,
            self.title,
            self.price,
            *self.lines,
            self.dated,
            self.by,
            self.short,
            self.scan,
        )
        return tuple(word for word in said if word)

    @property
    def digest(self) -> str:
        """Return a name for what the picture says: other words, another name."""
        plain = [DRAWN_AS, self.locale, *self.words, self.address, self.picture]
        return hashlib.sha256(json.dumps(plain, ensure_ascii=False).encode()).hexdigest()[:32]

    @property
    def caption(self) -> str:
        """Return words to go beside the picture where the address is given apart."""
        said = (self.title, self.price, *self.lines, self.dated, self.by)
        return "\n".join(part for part in said if part)

    @property
    def text(self) -> str:
        """Return words to paste beside the picture, its address at the end."""
        return f"{self.caption}\n{self.in_words or self.address}"


def wrapped(text: str, most_px: float, width_of: Callable[[str], float]) -> list[str]:
    """Return a text in lines that fit; a word that is too long by itself is cut."""
    lines: list[str] = []
    line = ""
    for word in text.split(" "):  # Not at a space that holds words together.
        longer = f"{line} {word}".strip()
        if width_of(longer) <= most_px:
            line = longer
            continue
        if line:
            lines.append(line)
        line = word
        while width_of(line) > most_px and len(line) > 1:
            cut = len(line) - 1
            while cut > 1 and width_of(line[:cut]) > most_px:
                cut -= 1
            lines.append(line[:cut])
            line = line[cut:]
    return [*lines, line] if line else lines


def shortened(lines: list[str], most: int) -> list[str]:
    """Return at most so many lines; what is left out is told by three dots."""
    if len(lines) <= most:
        return lines
    return [*lines[: most - 1], f"{lines[most - 1].rstrip(' ,.;:')} …"]


#: What a short link leads to, by its first letter: the kind of a card.
LEADS_TO = {"H": "san-pham", "N": "nguoi-lam", "P": "phien-cho"}
_LETTER = {kind: letter for letter, kind in LEADS_TO.items()}


class Source(StrEnum):
    """Where a short link was found: each has its own, so that nobody has to be followed."""

    PICTURE = "A"
    POSTER = "T"
    WORDS = "L"


def short_code(kind: str, subject_id: int, source: Source) -> str:
    """Return the code of a short link: what it leads to, and where it was found.

    >>> short_code("san-pham", 111, Source.PICTURE), read_short("H3F-A")
    ('H3F-A', ('san-pham', 111, <Source.PICTURE: 'A'>))
    """
    digits, rest = "", subject_id
    while rest:
        rest, digit = divmod(rest, 32)
        digits = ALPHABET[digit] + digits
    return f"{_LETTER[kind]}{digits}-{source}"


def read_short(code: str) -> tuple[str, int, Source] | None:
    """Return (kind, id, source) of a short link as it was typed, or None."""
    body, _dash, source = code.strip().upper().partition("-")
    digits = read_code(body[1:])
    if not digits or len(digits) > 10 or any(one not in ALPHABET for one in digits):
        return None
    if body[0] not in LEADS_TO or source not in list(Source):
        return None
    found = 0
    for one in digits:
        found = found * 32 + ALPHABET.index(one)
    return LEADS_TO[body[0]], found, Source(source)


#: Parts of the names of programs that open links by themselves: a chat's preview is no visit.
_MACHINES = (
    "bot",
    "crawl",
    "spider",
    "preview",
    "facebookexternalhit",
    "zalo/1",
    "whatsapp",
    "curl",
)


def looks_like_a_machine(name: str) -> bool:
    """Tell whether a link was opened by a program, as far as it says so itself."""
    return not name or any(part in name.lower() for part in _MACHINES)
