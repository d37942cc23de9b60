"""What one of a product is, as a maker says it in a breath: "hũ 500 g", "ký", "chục"."""

import re
from dataclasses import dataclass, field

from shop.kernel.amounts import GRAMS, MILLILITRES, NUMBER, amount_of, number_of
from shop.kernel.text import one_line
from shop.selling.rules import parcel_weight_g

#: What a parcel is taken to weigh when neither its content nor its weight is known yet.
UNWEIGHED_G = 500
_MOST = 1_000_000
_PIECES = ("cái", "con", "quả", "trái", "bánh", "viên", "miếng")
#: With their marks: "can" is a can, and no kilo.
_UNITS = (
    "kg", "ký", "ky", "kí", "kilo", "cân", "lạng", "g", "gr", "gam", "gram", "lít", "lit", "l",
    "ml", *_PIECES,
)  # fmt: skip
_WORD = "nửa|một|hai|ba|bốn|năm|sáu|bảy|tám|chín|mười"
_AMOUNT = re.compile(
    rf"(?<![0-9.,/])(?:(?P<number>{NUMBER}|(?<!\w)(?:{_WORD})(?!\w))\s*|(?<!\w)(?=\w+\s+rưỡi\b))"
    rf"(?P<unit>{'|'.join(sorted(_UNITS, key=len, reverse=True))})\b\.?(?P<half>\s+rưỡi\b)?",
    re.IGNORECASE,
)
#: "2-3 kg", "2 đến 3 kg": how much one of it is stays open.
_FROM = re.compile(r"[0-9]\s*(?:-|–|~|đến|tới)\s*$")
#: Units that are a measure themselves: (grams, millilitres, pieces) of one.
_MEASURES = {
    "kg": (1000, None, None), "ký": (1000, None, None), "kí": (1000, None, None),
    "kilo": (1000, None, None), "cân": (1000, None, None), "lạng": (100, None, None),
    "lít": (None, 1000, None), "chục": (None, None, 10), "tá": (None, None, 12),
    "cái": (None, None, 1), "con": (None, None, 1), "quả": (None, None, 1),
    "trái": (None, None, 1), "chiếc": (None, None, 1),
}  # fmt: skip


@dataclass(frozen=True)
class Portion:
    """One of a product. ``unit``: "hũ"; ``name``: "Hũ 500 g"; ``weight_g``: packed, as assumed.

    ``unclear``: it names an amount that may be read in two ways; she has to be asked.
    """

    unit: str
    name: str
    net_g: int | None = None
    net_ml: int | None = None
    pieces: int | None = None
    unclear: bool = field(default=False, repr=False)

    @property
    def weight_g(self) -> int:
        return parcel_weight_g(self.net_g, self.net_ml) or UNWEIGHED_G


def read_portion(text: str) -> Portion:
    """Return what one of it is; what is not understood stays a name.

    >>> read_portion("hũ 500 g")
    Portion(unit='hũ', name='Hũ 500 g', net_g=500, net_ml=None, pieces=None)
    >>> read_portion("ký").net_g, read_portion("chục").pieces, read_portion("chai 1,5 lít").net_ml
    (1000, 10, 1500)
    """
    said = re.sub(r"^(?:một|mỗi|1)\s+(?=[^\W\d])", "", one_line(text), flags=re.IGNORECASE)
    bare = said.lower()
    if bare in _MEASURES:
        net_g, net_ml, pieces = _MEASURES[bare]
        return Portion(bare, _capital(f"1 {bare}"), net_g, net_ml, pieces)
    found = _AMOUNT.search(said)
    if found is None:
        return Portion(bare[:30], _capital(said))
    before = said[: found.start()].strip(" ,(").lower()
    net_g, net_ml, pieces = _content(found)
    amount = net_g or net_ml or pieces
    unclear = not amount or amount > _MOST or bool(_FROM.search(said[: found.start()]))
    if unclear:
        net_g = net_ml = pieces = None
    return Portion(before[:30] or "phần", _capital(said), net_g, net_ml, pieces, unclear)


def _content(found: re.Match[str]) -> tuple[int | None, int | None, int | None]:
    unit, half = found["unit"].lower(), bool(found["half"])
    if unit in MILLILITRES:
        return None, amount_of(found["number"], unit, half=half), None
    if unit in GRAMS:
        return amount_of(found["number"], unit, half=half), None, None
    pieces = number_of(found["number"], large=False) if found["number"] and not half else None
    return None, None, int(pieces) if pieces and pieces.denominator == 1 else None


def _capital(name: str) -> str:
    return (name[:1].upper() + name[1:])[:80]
