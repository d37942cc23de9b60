"""How many of what a piece of a chat asks for. Only what is said in a number is counted."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from shop.kernel.text import fold
from shop.ordering.rules.dictated_words import (
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


def said_in(piece: str, goods: Sequence[Good]) -> list[Said]:
    """Return what a piece asks for, in the order of its words; [] when it names no goods."""
    words = _TOKEN.findall(piece)
    return [said for part in _parts(words, goods) if (said := _read(part, goods)).is_of_goods]


def named_in(text: str, goods: Sequence[Good]) -> list[Good]:
    """Return the goods of which a word stands in the text: of thousands, a few."""
    words = set(fold(text).split()) - NOISE - VESSELS
    return [one for one in goods if not words.isdisjoint(fold(f"{one.name} {one.name_en}").split())]


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


def _parts(words: list[str], goods: Sequence[Good]) -> Iterator[list[str]]:
    """Cut "2 hũ mắm nêm 3 gói chè dây" before the second count, if both sides name goods."""
    names = name_words(goods)
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
    return any(fold(word) in names for word in words)


def name_words(goods: Sequence[Good]) -> frozenset[str]:
    """Return what goods are called by, folded."""
    return frozenset(
        word for good in goods for word in fold(f"{good.name} {good.name_en}").split()
        if word not in VESSELS and word not in NOISE and not word.isdecimal()
    )  # fmt: skip


def _read(words: list[str], goods: Sequence[Good]) -> Said:
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
    behind = words[at + 1].lower() if next_ else ""
    if behind in NUMBERS and next_ not in name and words[at + 1] != "ba":
        return _Amount(at, at + 2, number, is_unsure=True)  # "mười hai"
    if next_ in WEIGHTS and not (next_ == "can" and behind != "cân"):
        return _Amount(at, at + 2, number, next_, number * WEIGHTS[next_])
    if next_ in SEVERAL and next_ not in name:
        return _Amount(at, at + 2, number, next_, is_unsure=True)
    return _Amount(at, at + 1 + (next_ in VESSELS), number, next_ if next_ in VESSELS else "")


def _packs(grams: float, good: Good, goods: Sequence[Good]) -> int:
    """Return how many packs a weight is: one that weighs as much, or many of the only one."""
    weights = {
        one.variant_id: weight for one in goods if one.name == good.name
        and (weight := _weight(one.pack))
    }  # fmt: skip
    own = weights.get(good.variant_id, 0)
    if own == grams:
        return 1
    alone = sum(one.name == good.name for one in goods) == 1
    return _whole(grams / own) if own and alone else 0


def _weight(pack: str) -> float:
    words = _TOKEN.findall(pack)
    found = [one.grams for one in _amounts(words, frozenset()) if one.grams]
    if not found and fold(pack) in WEIGHTS:
        return WEIGHTS[fold(pack)]
    return found[0] if len(found) == 1 else 0


def _best(
    words: Sequence[str], amounts: Sequence[_Amount], goods: Sequence[Good], least: int
) -> tuple[Good | None, bool]:
    """Return what most of the words name, and whether anything sold is named.

    None when nothing is, or two things are alike.
    """
    counted = {at for amount in amounts for at in range(amount.start, amount.end)}
    folded = [fold(word) for word in words]
    said = {word for word in folded if word and not word[0].isdecimal()}
    weights = {amount.grams for amount in amounts if amount.grams}
    units = {amount.unit for amount in amounts}
    rest = {word for at, word in enumerate(folded) if at not in counted}
    scored: list[tuple[int, int, Good]] = []
    for good in goods:
        pack = set(fold(f"{good.pack} {good.pack_en}").split())
        best = 0
        for title in {good.name, good.name_en} - {""}:
            name = set(fold(title).split())
            strange = {
                word for word in said - name - pack
                if not any(word in known for known in _NO_GOODS)
            }  # fmt: skip
            named = len(said & name) if (said & name) - VESSELS - NOISE else 0
            if (
                named
                and named >= min(least, len(name))
                and (not strange or (named > 1 and named >= len(strange)))
            ):
                best = max(best, named)
        if best:
            of_pack = len((units | rest) & (pack - {"1", "g", "kg", "ml"}))
            scored.append((best, of_pack + 2 * (_weight(good.pack) in weights), good))
    if not scored:
        return None, False
    scored.sort(key=lambda one: one[:2], reverse=True)
    if len(scored) > 1 and scored[0][:2] == scored[1][:2]:
        return None, True
    return scored[0][2], True
