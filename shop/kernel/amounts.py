"""Numbers, money and weights as people write them. What can be read in two ways is not read."""

import re
from fractions import Fraction

from shop.kernel.text import ascii_only, nfc

#: A number as it may stand before a unit; ``number_of`` says what it means there.
NUMBER = r"[0-9]+(?:[.,\s][0-9]+)*(?:\s?/\s?[0-9]+)?|[½¼¾]"
_SIGNS = {"½": Fraction(1, 2), "¼": Fraction(1, 4), "¾": Fraction(3, 4)}
_WORDS = {
    "nửa": Fraction(1, 2), "nua": Fraction(1, 2), "một": 1, "mot": 1, "hai": 2, "ba": 3, "bốn": 4,
    "bon": 4, "năm": 5, "nam": 5, "sáu": 6, "sau": 6, "bảy": 7, "bay": 7, "tám": 8, "tam": 8,
    "chín": 9, "chin": 9, "mười": 10, "muoi": 10,
}  # fmt: skip
_WORD = "|".join(_WORDS)


def number_of(text: str, *, large: bool) -> Fraction | None:
    """Return a number, or None when it is none or may mean two things.

    Args:
        large: it counts a unit of which nobody has thousands here, such as kilos: "1,25" and
            "1.5" have parts, and "1.250" may be either. Otherwise points and commas group.

    >>> [str(number_of(t, large=True)) for t in ("0.5", "0,250", "1/2", "1 1/2", "1.250")]
    ['1/2', '1/4', '1/2', '3/2', 'None']
    >>> [str(number_of(t, large=False)) for t in ("500", "1.200", "1,200", "0,5")]
    ['500', '1200', '1200', 'None']
    """
    said = text.strip().lower()
    known = _SIGNS.get(said) or _WORDS.get(said)
    if known:
        return Fraction(known)
    if re.fullmatch(r"[0-9]{1,15}", said):
        return Fraction(int(said))
    if large:
        return _with_parts(said)
    if re.fullmatch(r"[1-9][0-9]{0,2}(?:[.,\s][0-9]{3})+", said):
        return Fraction(int(re.sub(r"[^0-9]", "", said)))
    return None


def _with_parts(said: str) -> Fraction | None:
    broken = re.fullmatch(r"(?:([0-9]{1,4})\s)?([0-9]{1,2})\s?/\s?([0-9]{1,2})", said)
    if broken:
        ones, above, below = (int(part or 0) for part in broken.groups())
        return ones + Fraction(above, below) if 0 < above < below else None
    # A point before three digits groups as often as it parts, but not after a zero.
    if re.fullmatch(r"[0-9]{1,7},[0-9]{1,3}|[0-9]{1,7}\.[0-9]{1,2}|0\.[0-9]{3}", said):
        return Fraction(said.replace(",", "."))
    return None


def read_whole(text: str) -> int | None:
    """Return a whole number or None. Only ASCII digits, grouped or not, at most 15 of them."""
    bare = re.sub(r"(?<=\d)[.,\s](?=\d{3}(\D|$))", "", text.strip())
    return int(bare) if re.fullmatch(r"[0-9]{1,15}", bare) else None


#: How much one of a unit is: grams, or millilitres; with marks and without.
GRAMS = {
    **dict.fromkeys(("kg", "ký", "ky", "kí", "ki", "kilo", "cân", "can"), 1000),
    **dict.fromkeys(("lạng", "lang"), 100), **dict.fromkeys(("g", "gr", "gam", "gram"), 1),
}  # fmt: skip
MILLILITRES = {"lít": 1000, "lit": 1000, "l": 1000, "ml": 1}
_SIZES = GRAMS | MILLILITRES
_TERM = re.compile(
    rf"\s*(?:(?P<number>{NUMBER}|(?:{_WORD})\b)\s*)?"
    rf"(?P<unit>{'|'.join(sorted(_SIZES, key=len, reverse=True))})\b\.?(?P<half>\s*(?:rưỡi|ruoi)\b)?"
)


def amount_of(number: str | None, unit: str, *, half: bool) -> int | None:
    """Return grams (or millilitres) of a number of a unit, or None when it is not clear."""
    size = _SIZES[unit]
    found = number_of(number, large=size > 1) if number else Fraction(1) if half else None
    if found is None or (half and (size == 1 or found.denominator != 1)):
        return None
    amount = (found + Fraction(1, 2) if half else found) * size
    # A third of a kilo has no whole grams; half a gram is not written so.
    return round(amount) if size > 1 or amount.denominator == 1 else None


def read_grams(text: str) -> int | None:
    """Return grams (or millilitres) from how people write a weight, or None.

    >>> [read_grams(t) for t in ("500", "1.200 g", "1,2 kg", "2 ký", "1kg5", "nặng")]
    [500, 1200, 1200, 2000, None, None]
    >>> [read_grams(t) for t in ("0,250 kg", "2 lạng", "nửa ký", "ký rưỡi", "1 ký 2 lạng", "1.250 kg")]
    [250, 200, 500, 1500, 1200, None]
    """
    plain = _plain(text)
    if re.fullmatch(NUMBER, plain):
        return _whole(number_of(plain, large=False))
    total, at, before = 0, 0, 10**6
    while at < len(plain):
        term = _TERM.match(plain, at)
        amount = term and amount_of(term["number"], term["unit"], half=bool(term["half"]))
        if not term or amount is None or _SIZES[term["unit"]] >= before:
            return None
        total, at, before = total + amount, term.end(), _SIZES[term["unit"]]
    return total if plain else None


_UNITS = {
    **dict.fromkeys(("k", "ngan", "nghin", "ng", "n"), 1_000),
    **dict.fromkeys(("tr", "trieu", "m", "cu"), 1_000_000),
}
_MONEY = re.compile(
    rf"(?:(?P<number>{NUMBER}|{_WORD})\s*)?(?P<unit>{'|'.join(sorted(_UNITS, key=len, reverse=True))})"
    r"\s*(?:(?P<rest>[0-9]{1,3})\s*(?P<thousand>k|ngan|nghin)?)?\s*(?P<half>ruoi)?"
)
#: "95k/hũ", "95k một ký": for how much it is does not change how much it is.
_FOR_ONE = re.compile(r"\s*(?:/|\b(?:mot|moi)\b)\s*[a-z][a-z ]{0,20}$")


def read_dong(text: str) -> int | None:
    """Return đồng from how people write money, or None.

    >>> [read_dong(t) for t in ("95k", "1tr2", "1,2 triệu", "95.000đ", "95 ngàn", "95k/hũ")]
    [95000, 1200000, 1200000, 95000, 95000, 95000]
    >>> [read_dong(t) for t in ("1tr200k", "35 ngàn rưỡi", "1tr2 rưỡi", "1.200k", "1tr2k")]
    [1200000, 35500, 1250000, None, None]
    """
    plain = _FOR_ONE.sub("", _plain(text).replace("₫", "d"))
    plain = re.sub(r"\s*(?:d|dong|vnd)$", "", plain)
    if re.fullmatch(NUMBER, plain):
        vnd = number_of(plain, large=False)
    else:
        match = _MONEY.fullmatch(plain)
        vnd = _counted(match) if match else None
    return _whole(vnd) if vnd is not None and vnd <= 10**12 else None


def _counted(match: re.Match[str]) -> Fraction | None:
    """Return đồng of "1tr2", "1 triệu 200 ngàn", "35 ngàn rưỡi"."""
    unit, rest, thousand = _UNITS[match["unit"]], match["rest"], match["thousand"]
    half = Fraction(1, 2) if match["half"] else 0
    number = number_of(match["number"], large=True) if match["number"] else Fraction(1)
    if number is None or not (match["number"] or half):
        return None
    if unit == 1_000 and re.search(r"[.,][0-9]{3}$", match["number"] or ""):
        return None  # "1.200k": 1.200, or a thousand times that.
    if (rest or half) and number.denominator != 1:
        return None
    if thousand:  # "1tr2k" is meant as 1.200.000 as often as 1.002.000.
        clear = unit == 1_000_000 and len(rest) > 1 and not half
        return number * unit + int(rest) * 1_000 if clear else None
    if rest:
        if half and len(rest) > 1:
            return None
        return number * unit + (int(rest) + half) * Fraction(unit, 10 ** len(rest))
    return (number + half) * unit


def _plain(text: str) -> str:
    """Return small letters without marks; signs stay."""
    return "".join(
        c if c in _SIGNS else ascii_only(c) or c for c in re.sub(r"\s+", " ", nfc(text)).lower()
    )


def _whole(number: Fraction | None) -> int | None:
    return int(number) if number is not None and number.denominator == 1 else None


def read_hundredths(typed: str) -> int | None:
    """Return hundredths of a percent of what somebody typed; None when it is no percentage.

    >>> [read_hundredths(typed) for typed in ("8", "7,5 %", "0.05", "x", "1,234")]
    [800, 750, 5, None, None]
    """
    found = re.fullmatch(r"([0-9]{1,3})(?:[.,]([0-9]{1,2}))?\s*%?", typed.strip())
    if found is None:
        return None
    return int(found[1]) * 100 + int((found[2] or "0").ljust(2, "0"))
