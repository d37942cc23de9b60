"""How many of what a piece of a chat asks for. Only what is said in a number is counted."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from shop.kernel.text import fold
from shop.ordering.rules.dictated_words import (
    GOODS_LIKE_NOISE,
    KIN,
    NO_COUNT_BEFORE,
    NO_COUNT_BEHIND,
    NOISE,
    NOT,
    NOT_AHEAD,
    NUMBERS,
    SEVERAL,
    VESSELS,
    WEIGHTS,
)

#: Nobody means more of one thing in a chat; a larger number is a weight or a house.
MOST_OF_ONE = 200
#: Of so many goods whose words stand in a message its author is asked, not the machine.
MOST_GOODS = 500
#: A bare number behind a vessel is what the vessel weighs from so many grams on: "hũ 300".
LEAST_GRAMS = 100
#: Letters of a piece that are read; nobody orders one thing in more.
MOST_PIECE = 300
_TOKEN = re.compile(r"\d+(?:/\d+)+|\d+(?:[.,]\d+)?|[^\W\d_]+|[-–/×]")
#: Beside these, words that nothing sold is called by make it likely that none is meant.
_NO_GOODS = (NOISE, WEIGHTS, KIN, NUMBERS, NOT, VESSELS, NO_COUNT_BEHIND, NO_COUNT_BEFORE)
_HALVES = frozenset(["nua", "half"])


@dataclass(frozen=True, slots=True)
class Good:
    """What can be ordered. ``name``: of the product; ``pack``: of the variant."""

    variant_id: int
    name: str
    pack: str
    name_en: str = ""
    pack_en: str = ""


@dataclass(frozen=True, slots=True)
class Said:
    """What a piece says. ``good``: None when it is none or could be two; ``quantity``: 0 unsure."""

    good: Good | None = None
    quantity: int = 0
    #: It is about something that is sold, whichever it is.
    is_of_goods: bool = False
    #: It says no, or asks.
    is_not: bool = False


@dataclass(frozen=True, slots=True)
class _Amount:
    """Words ``start`` to ``end`` that say how much. ``grams``: of a weight; 0: pieces."""

    start: int
    end: int
    number: float
    unit: str = ""
    grams: float = 0
    is_unsure: bool = False


class Shelf:
    """The goods that a message may mean, with their words read once."""

    def __init__(self, text: str, goods: Sequence[Good]) -> None:
        """Keep those of which a word stands in the text: of thousands, a few."""
        words = (set(fold(text).split()) | _marked(text)) - NOISE - VESSELS
        self._known = [
            one for one in map(_known, goods) if not words.isdisjoint(one.words)
        ][:MOST_GOODS]  # fmt: skip
        self.names = frozenset(
            word for one in self._known for word in one.words
            if word not in VESSELS and word not in NOISE and not word.isdecimal()
        )  # fmt: skip
        self._said: dict[str, list[Said]] = {}

    def said_in(self, piece: str) -> list[Said]:
        """Return what a piece asks for, in the order of its words; [] when it names no goods."""
        if piece not in self._said:
            words = _TOKEN.findall(piece[:MOST_PIECE])
            self._said[piece] = [
                said for part in _parts(words, self.names)
                if (said := _read(part, self._known)).is_of_goods
            ] if _named(words, self.names) else []  # fmt: skip
        return self._said[piece]


@dataclass(frozen=True, slots=True)
class _Known:
    """A good with its words, folded. ``titles``: in each language."""

    good: Good
    titles: tuple[frozenset[str], ...]
    words: frozenset[str]
    pack: frozenset[str]
    weight: float


@lru_cache(maxsize=8192)
def _known(good: Good) -> _Known:
    titles = tuple(
        frozenset(fold(title).split()) | _marked(title)
        for title in {good.name, good.name_en} - {""}
    )
    pack = frozenset(fold(f"{good.pack} {good.pack_en}").split())
    return _Known(good, titles, frozenset().union(*titles), pack, _weight(good.pack))


def _key(word: str) -> str:
    """Return what a word is looked up by: folded, unless its marks tell goods from noise."""
    lower = word.lower()
    return lower if lower in GOODS_LIKE_NOISE else fold(word)


def _marked(text: str) -> set[str]:
    return set(_TOKEN.findall(text.lower())) & GOODS_LIKE_NOISE


def only_amount(piece: str) -> int:
    """Return the count of a piece that says nothing but a count ("2 chai"), or 0."""
    words = _TOKEN.findall(piece)
    amounts = list(_amounts(words, frozenset()))
    if len(amounts) != 1 or amounts[0].grams or amounts[0].is_unsure:
        return 0
    rest = words[: amounts[0].start] + words[amounts[0].end :]
    return _whole(amounts[0].number) if all(fold(word) in NOISE for word in rest) else 0


def _whole(number: float) -> int:
    return int(number) if 0 < number <= MOST_OF_ONE and number == int(number) else 0


def _parts(words: list[str], names: frozenset[str]) -> Iterator[list[str]]:
    """Cut "2 hũ mắm nêm 3 gói chè dây" before the second count, if both sides name goods."""
    pieces = [one for one in _amounts(words, frozenset()) if not one.grams]
    start = 0
    if pieces and _named(words[: pieces[0].start], names):  # "mắm nêm 2 chè dây 3"
        cuts = [one.end for one in pieces]
    else:
        cuts = [one.start for one in pieces[1:]]
    for cut in cuts:
        if _named(words[start:cut], names) and _named(words[cut:], names):
            yield words[start:cut]
            start = cut
    yield words[start:]


def _named(words: Sequence[str], names: frozenset[str]) -> bool:
    return any(_key(word) in names for word in words)


def _read(words: list[str], goods: Sequence[_Known]) -> Said:
    amounts = list(_amounts(words, frozenset()))
    # Words without a count must say more: "hoa" alone is rather somebody's name.
    good, is_of_goods = _best(words, amounts, goods, 1 if amounts else 2)
    name = frozenset(fold(f"{good.name} {good.name_en}").split()) if good else frozenset[str]()
    if name:  # "muoi ot" is the goods, not ten of something.
        amounts = list(_amounts(words, name))
    if _says_no(words, amounts, name):
        return Said(good, 0, is_of_goods, is_not=True)
    if good is None or any(amount.is_unsure for amount in amounts):
        return Said(good, 0, is_of_goods)
    counts = [amount for amount in amounts if not amount.grams]
    if len(counts) == 1:
        return Said(good, _whole(counts[0].number), is_of_goods)
    weights = [amount.grams for amount in amounts if amount.grams]
    if not counts and len(weights) == 1:
        return Said(good, _packs(weights[0], good, goods), is_of_goods)
    return Said(good, 0, is_of_goods)


def _says_no(words: Sequence[str], amounts: Sequence[_Amount], name: frozenset[str]) -> bool:
    """Tell whether a word refuses or asks. "Dung" and "Huy" are people, the "k" of "95k" money."""
    first = amounts[0].start if amounts else len(words)
    for at, word in enumerate(words):
        said, is_name = word.lower(), word.isascii() and word[0].isupper() and at > 0
        if said not in NOT or is_name or fold(word) in name:
            continue
        if (said in NOT_AHEAD and at > first) or (
            said == "k" and at and words[at - 1][0].isdecimal()
        ):
            continue
        return True
    return False


def _amounts(words: Sequence[str], name: frozenset[str]) -> Iterator[_Amount]:
    """Return what may count: numbers, no prices, times, houses or forms of address.

    Args:
        name: words that name the goods, and count nothing unless a vessel follows.
    """
    at = 0
    folded = [fold(word) for word in words]
    while at < len(words):
        found = _amount_at(words, folded, at, name)
        if found is not None:
            yield found
        at = found.end if found else at + 1


def _amount_at(
    words: Sequence[str], folded: Sequence[str], at: int, name: frozenset[str]
) -> _Amount | None:
    word, next_ = words[at], folded[at + 1] if at + 1 < len(words) else ""
    before = folded[at - 1] if at else ""
    if folded[at] in _HALVES and next_ in WEIGHTS:
        return _Amount(at, at + 2, 0.5, next_, WEIGHTS[next_] / 2)
    if word[0].isdecimal():
        if next_ in NO_COUNT_BEHIND or before in NO_COUNT_BEFORE:
            return None
        if "/" in word:  # A day, or "1/2 ký".
            return _Amount(at, at + 2, 0, is_unsure=True) if next_ in WEIGHTS else None
        number = float(word.replace(",", "."))
        until = (
            words[at + 2]
            if words[at + 1 : at + 2] in (["-"], ["–"]) and at + 2 < len(words)
            else ""
        )
        if until[:1].isdecimal():  # "2-3 hũ"
            return _Amount(at, at + 3, number, is_unsure=True)
    elif word.lower() in NUMBERS:
        is_kin = before in KIN or before in ("thu", "ngay", "thang", "mung")
        is_counted = next_ in VESSELS - {"con", "ba", "o", "can"} or next_ in WEIGHTS
        if folded[at] in name and not is_counted:
            return None
        if is_kin and not is_counted:
            return None
        if is_kin and word[:1].isupper():
            return None
        if not is_counted and (next_ == "" or next_ in NOISE):
            return None
        number = float(NUMBERS[word.lower()])
    else:
        return None
    if before in VESSELS and number >= LEAST_GRAMS and next_ not in WEIGHTS.keys() | VESSELS:
        return _Amount(at, at + 1, number, grams=number)  # "1 mè đen hũ 300"
    behind = words[at + 1].lower() if next_ else ""
    if behind in NUMBERS and next_ not in name and words[at + 1] != "ba":
        return _Amount(at, at + 2, number, is_unsure=True)  # "mười hai"
    if next_ in WEIGHTS and not (next_ == "can" and behind != "cân"):
        return _Amount(at, at + 2, number, next_, number * WEIGHTS[next_])
    if next_ in SEVERAL and next_ not in name:
        return _Amount(at, at + 2, number, next_, is_unsure=True)
    return _Amount(at, at + 1 + (next_ in VESSELS), number, next_ if next_ in VESSELS else "")


def _packs(grams: float, good: Good, goods: Sequence[_Known]) -> int:
    """Return how many packs a weight is: one that weighs as much, or many of the only one."""
    alike = [one for one in goods if one.good.name == good.name]
    own = next(one.weight for one in alike if one.good == good)
    if own == grams:
        return 1
    return _whole(grams / own) if own and len(alike) == 1 else 0


def _weight(pack: str) -> float:
    words = _TOKEN.findall(pack)
    found = [one.grams for one in _amounts(words, frozenset()) if one.grams]
    if not found and fold(pack) in WEIGHTS:
        return WEIGHTS[fold(pack)]
    return found[0] if len(found) == 1 else 0


def _best(
    words: Sequence[str], amounts: Sequence[_Amount], goods: Sequence[_Known], least: int
) -> tuple[Good | None, bool]:
    """Return what most of the words name, and whether anything sold is named.

    None when nothing is, or two things are alike.
    """
    counted = {at for amount in amounts for at in range(amount.start, amount.end)}
    folded = [_key(word) for word in words]
    said = {word for word in folded if word and not word[0].isdecimal()}
    weights = {amount.grams for amount in amounts if amount.grams}
    units = {amount.unit for amount in amounts}
    rest = {word for at, word in enumerate(folded) if at not in counted}
    strange = {word for word in said if not any(word in known for known in _NO_GOODS)}
    scored: list[tuple[int, int, Good]] = []
    for one in goods:
        if said.isdisjoint(one.words):
            continue
        best = max(_named_by(said, strange - one.pack, title, least) for title in one.titles)
        if best:
            of_pack = len((units | rest) & (one.pack - {"1", "g", "kg", "ml"}))
            scored.append((best, of_pack + 2 * (one.weight in weights), one.good))
    if not scored:
        return None, False
    scored.sort(key=lambda one: one[:2], reverse=True)
    if len(scored) > 1 and scored[0][:2] == scored[1][:2]:
        return None, True
    return scored[0][2], True


def _named_by(said: set[str], strange: set[str], title: frozenset[str], least: int) -> int:
    """Return how many words of a title are said; 0: too few beside others that it lacks."""
    both, others = said & title, strange - title
    if not both - VESSELS - NOISE or len(both) < min(least, len(title)):
        return 0
    return len(both) if not others or 1 < len(both) >= len(others) else 0
