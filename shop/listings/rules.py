"""What a visitor may ask of a list, read from an address without ever failing."""

import re
from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import accumulate
from types import MappingProxyType
from typing import Any

PER_PAGE = 24
#: Further hits are not counted; the list says "more than 500" (DECISIONS 16).
MOST_COUNTED = 500
MOST_PAGES = -(-MOST_COUNTED // PER_PAGE)

#: Orders of a list by their word in the address.
SORTS = ("moi", "gia-tang", "gia-giam")
#: Price chips: lowest and highest in thousands of đồng, as they stand in the address.
PRICE_BANDS = ("-50", "50-100", "100-200", "200-")

#: Names by code where no place is asked for.
NOWHERE: Mapping[str, str] = MappingProxyType({})

_BAND = re.compile(r"([0-9]{0,6})-([0-9]{0,6})")


@dataclass(frozen=True)
class Asked:
    """A list as a visitor asked for it; words that mean nothing are left out."""

    sort: str = "moi"
    in_stock: bool = False
    blind_makers: bool = False
    province_code: str = ""
    ward_code: str = ""
    band: str = ""
    page: int = 1

    @property
    def price_range(self) -> tuple[int | None, int | None]:
        """Lowest and highest price in đồng, both included; None: open."""
        low, _, high = self.band.partition("-")
        return (int(low) * 1000 if low else None, int(high) * 1000 if high else None)

    @property
    def narrowed(self) -> int:
        """How many filters are in use."""
        named = (self.province_code, self.ward_code, self.band)
        return sum((self.in_stock, self.blind_makers, *map(bool, named)))


def asked_for(
    args: Mapping[str, str],
    *,
    sorts: tuple[str, ...] = SORTS,
    provinces: Mapping[str, str] = NOWHERE,
    wards: Mapping[str, str] = NOWHERE,
) -> Asked | None:
    """Read an address. None when its page number is no page: answered 404.

    Args:
        sorts: words for orders that this list knows, its own order first.
        provinces, wards: names by code; a place where nobody sells filters nothing.
    """
    if not args:
        return Asked(sort=sorts[0])
    page = args.get("trang", "1")
    if not re.fullmatch(r"[1-9][0-9]{0,3}", page) or int(page) > MOST_PAGES:
        return None
    sort = args.get("xep", "")
    province, ward = args.get("tinh", ""), args.get("xa", "")
    band = args.get("gia", "")
    known_band = _BAND.fullmatch(band) is not None and band != "-"
    return Asked(
        sort=sort if sort in sorts else sorts[0],
        in_stock=args.get("con") == "1",
        blind_makers=args.get("khiem-thi") == "1",
        province_code=province if province in provinces else "",
        ward_code=ward if ward in wards else "",
        band=band if known_band else "",
        page=int(page),
    )


def pages_of(count: int) -> int:
    """Return how many pages a list of so many products has, at most ``MOST_PAGES``."""
    return max(1, min(MOST_PAGES, -(-count // PER_PAGE)))


@dataclass(frozen=True)
class Words:
    """A search in folded words. The last one may be the beginning of a word."""

    all: tuple[str, ...]

    @cached_property
    def phrase(self) -> str:
        return " ".join(self.all)

    @cached_property
    def begun(self) -> tuple[str, ...]:
        """Each word as it begins inside a text that has spaces at both ends."""
        return tuple(f" {word}" for word in self.all)


#: More words, or longer ones, narrow nothing.
MOST_WORDS, LONGEST_WORD = 8, 24


def search_words(folded: str) -> Words:
    """Return the words of a folded search; empty when nothing can be searched for."""
    found = [word[:LONGEST_WORD] for word in folded.split()]
    return Words(tuple(dict.fromkeys(found))[:MOST_WORDS])


class Named:
    """Rows that are found by words of their names, a thousand of them as fast as a few.

    Args:
        named: (folded name with a space at both ends, row); rows are found in this order.
    """

    def __init__(self, named: Iterable[tuple[str, Any]]) -> None:
        pairs = [(name.replace("\n", " "), row) for name, row in named]
        self._names = [name for name, _ in pairs]
        self._rows = [row for _, row in pairs]
        #: All names, line by line, and where each begins.
        self._text = "\n".join(self._names)
        self._begins = [0, *accumulate(len(name) + 1 for name in self._names)]

    def holding(self, words: Words, most: int) -> list[Any]:
        """Return the first rows whose names hold every word, each as a word begins."""
        if not words.all:
            return []
        first, *others = words.begun
        found: list[Any] = []
        at = self._text.find(first)
        while at >= 0 and len(found) < most:
            place = bisect_right(self._begins, at) - 1
            name = self._names[place]
            if all(word in name for word in others):
                found.append(self._rows[place])
            at = self._text.find(first, self._begins[place + 1])
        return found


def most_alike(words: Words, found: Sequence[tuple[int, str]], *, least: float) -> list[int]:
    """Return the ids of products whose titles are spelt like the words, most alike first.

    Each word is compared with the most alike word of a title: two times their common
    pairs of letters over all pairs (Sørensen and Dice). What counts is the mean over all
    words, 0 to 1, and at ``least`` so much.

    Args:
        found: (id, folded title) of products that may be alike.
    """
    titles = [(product_id, title.split()) for product_id, title in found]
    known = {other for _, title in titles for other in title}
    # A hundred titles hold few different words: each is compared once.
    tables = [{other: _alike(word, other) for other in known} for word in words.all]
    alike = []
    for product_id, title in titles:
        if title and tables:
            best = sum([max(map(table.__getitem__, title)) for table in tables])
            if best >= least * len(tables):
                alike.append((best, product_id))
    return [product_id for _, product_id in sorted(alike, reverse=True)]


# Titles hold the same words search after search.
@lru_cache(maxsize=4096)
def _alike(word: str, other: str) -> float:
    if word == other:
        return 1.0
    pairs, their = _pairs(word), _pairs(other)
    return 2 * len(pairs & their) / (len(pairs) + len(their))


@lru_cache(maxsize=2048)
def _pairs(word: str) -> frozenset[str]:
    marked = f"^{word}$"
    return frozenset(marked[i : i + 2] for i in range(len(marked) - 1))


def quantity_asked(args: Mapping[str, str], *, most: int) -> int:
    """Return how many a product page shows: typed, then one more or less by its buttons."""
    typed = args.get("so", "1")
    number = int(typed) if re.fullmatch(r"[0-9]{1,4}", typed) else 1
    step = {"+1": 1, "-1": -1}.get(args.get("step", "").replace(" ", "+"), 0)
    return max(1, min(most, number + step))


_TITLES = frozenset(["anh", "bà", "bác", "chị", "chú", "cô", "dì", "mẹ", "ông", "thím"])


def called(person: str) -> str:
    """Return how one calls a person: "chị Nguyễn Thị Mẫn" becomes "chị Mẫn"."""
    first, _, rest = person.partition(" ")
    return f"{first} {rest.split()[-1]}" if first.lower() in _TITLES and rest else person
