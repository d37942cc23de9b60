"""What one of a product is, as a maker says it in a breath: "hũ 500 g", "ký", "chục"."""

import re
from dataclasses import dataclass

from shop.kernel.text import one_line
from shop.selling.rules import parcel_weight_g

#: What a parcel is taken to weigh when neither its content nor its weight is known yet.
UNWEIGHED_G = 500
_AMOUNT = re.compile(
    r"(?P<whole>\d{1,3}(?:[.\s]\d{3})+|\d{1,7})(?:,(?P<part>\d{1,2}))?\s*"
    r"(?P<unit>kg|ký|kí|kilo|g|gr|gam|gram|lạng|lít|l|ml|cái|con|quả|trái|bánh|viên|miếng)\b\.?",
    re.IGNORECASE,
)
#: Units that are a measure themselves: (grams, millilitres, pieces) of one.
_MEASURES = {
    "kg": (1000, None, None), "ký": (1000, None, None), "kí": (1000, None, None),
    "kilo": (1000, None, None), "cân": (1000, None, None), "lạng": (100, None, None),
    "lít": (None, 1000, None), "chục": (None, None, 10), "tá": (None, None, 12),
    "cái": (None, None, 1), "con": (None, None, 1), "quả": (None, None, 1),
    "trái": (None, None, 1), "chiếc": (None, None, 1),
}  # fmt: skip
_GRAMS = {"kg": 1000, "ký": 1000, "kí": 1000, "kilo": 1000, "lạng": 100}
_MILLILITRES = {"lít": 1000, "l": 1000, "ml": 1}


@dataclass(frozen=True)
class Portion:
    """One of a product. ``unit``: "hũ"; ``name``: "Hũ 500 g"; ``weight_g``: packed, as assumed."""

    unit: str
    name: str
    net_g: int | None = None
    net_ml: int | None = None
    pieces: int | None = None

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
    return Portion(before[:30] or "phần", _capital(said), net_g, net_ml, pieces)


def _content(found: re.Match[str]) -> tuple[int | None, int | None, int | None]:
    unit, whole = found["unit"].lower(), int(re.sub(r"\D", "", found["whole"]))
    part = found["part"] or ""

    def of(size: int) -> int | None:
        amount = whole * size + (int(part) * size // 10 ** len(part) if part else 0)
        return amount if 0 < amount <= 1_000_000 else None

    if unit in _MILLILITRES:
        return None, of(_MILLILITRES[unit]), None
    if unit in _GRAMS or unit.startswith("g"):
        return of(_GRAMS.get(unit, 1)), None, None
    return None, None, of(1) if not part else None


def _capital(name: str) -> str:
    return (name[:1].upper() + name[1:])[:80]
