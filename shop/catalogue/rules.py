"""What may be on a shelf, what it costs by weight, and by which words it is found."""

import re
import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

from shop.kernel.errors import Refusal
from shop.kernel.text import fold, nfc

STATES = ("draft", "published", "hidden")

#: Legal moves of a product's state.
MOVES = {
    ("draft", "published"),
    ("published", "hidden"),
    ("hidden", "published"),
}


class Allergen(NamedTuple):
    vi: str
    en: str


#: What buyers must be warned of; keys stand in ``Product.allergens``. Source: the Codex list
#: (CXS 1-1985, 4.2.1.4) with what these kitchens use.
ALLERGENS: dict[str, Allergen] = {
    "peanut": Allergen("đậu phộng", "peanuts"),
    "sesame": Allergen("mè", "sesame"),
    "soy": Allergen("đậu nành", "soybeans"),
    "nuts": Allergen("hạt cây (hạnh nhân, điều, óc chó …)", "tree nuts (almond, cashew, walnut …)"),
    "gluten": Allergen("gluten (lúa mì, yến mạch …)", "gluten (wheat, oats …)"),
    "milk": Allergen("sữa", "milk"),
    "egg": Allergen("trứng", "eggs"),
    "fish": Allergen("cá", "fish"),
    "crustacean": Allergen("tôm, tép, ruốc, cua", "crustaceans (shrimp, krill, crab)"),
    "mollusc": Allergen("mực, ốc, sò", "molluscs"),
    "celery": Allergen("cần tây", "celery"),
    "mustard": Allergen("mù tạt", "mustard"),
    "sulphite": Allergen("sunfit", "sulphites"),
}
NO_ALLERGENS = "none"


class IllegalMove(Refusal):
    """``state`` cannot become ``wanted``."""

    code = "product_illegal_move"


class NothingOnSale(Refusal):
    """A product without a pack size cannot be shown."""

    code = "product_needs_variant"


class AllergensNotStated(Refusal):
    """The maker must say which allergens are in it, or that there are none."""

    code = "product_needs_allergens"


class SkuTaken(Refusal):
    """``sku`` names another pack size."""

    code = "sku_taken"


class LastVariant(Refusal):
    """The last pack size of a product on show cannot be retired; the product is hidden instead."""

    code = "product_last_variant"


@dataclass(frozen=True, kw_only=True)
class ProductFields:
    """What a maker says about a product. Texts are cleaned when stored."""

    title_vi: str
    title_en: str = ""
    unit_vi: str
    unit_en: str = ""
    summary_vi: str = ""
    summary_en: str = ""
    description_vi: str = ""
    description_en: str = ""
    ingredients_vi: str = ""
    ingredients_en: str = ""
    allergens: Sequence[str] = ()
    traces: Sequence[str] = ()
    storage_vi: str = ""
    storage_en: str = ""
    shelf_life_vi: str = ""
    shelf_life_en: str = ""
    origin_vi: str = ""
    origin_en: str = ""
    made_vi: str = ""
    made_en: str = ""
    tax_category: str = "goods"
    #: The season it is sold in, first and last day; None: all the year (``season_rules``).
    season_from: date | None = None
    season_to: date | None = None
    season_yearly: bool = False
    #: The address; made from the title when empty. Kept for good once the product exists.
    slug: str = ""


@dataclass(frozen=True, kw_only=True)
class VariantFields:
    """A pack size: ``name_vi`` "Hũ 500 g", at most one of ``net_g``, ``net_ml``, ``pieces``."""

    name_vi: str
    name_en: str = ""
    price_vnd: int
    weight_g: int
    compare_at_vnd: int | None = None
    net_g: int | None = None
    net_ml: int | None = None
    pieces: int | None = None
    length_mm: int | None = None
    width_mm: int | None = None
    height_mm: int | None = None
    position: int | None = None
    restock_on: date | None = None
    #: Made from the product's number when empty.
    sku: str = ""


def check_move(state: str, wanted: str) -> None:
    """Raise ``IllegalMove`` unless a product in ``state`` may become ``wanted``."""
    if (state, wanted) not in MOVES:
        raise IllegalMove(state=state, wanted=wanted)


def clean_allergens(keys: Iterable[str]) -> list[str]:
    """Return known keys in the table's order; "none" only when it stands alone; [] is not stated."""
    given = set(keys)
    known = [key for key in ALLERGENS if key in given]
    return known or ([NO_ALLERGENS] if NO_ALLERGENS in given else [])


def clean_traces(keys: Iterable[str], contained: Iterable[str]) -> list[str]:
    """Return known keys in the table's order. What is in it is no trace."""
    given = set(keys) - set(contained)
    return [key for key in ALLERGENS if key in given]


class Measure(NamedTuple):
    """A price per measure: ``kind`` is "100g", "100ml" or "piece"."""

    kind: str
    price_vnd: int


def price_per_measure(
    price_vnd: int, *, net_g: int | None, net_ml: int | None, pieces: int | None
) -> Measure | None:
    """Return the price of 100 g, of 100 ml or of one piece, to the nearest đồng, halves up.

    None when the pack states no content or is that measure itself.

    >>> price_per_measure(95_000, net_g=500, net_ml=None, pieces=None)
    Measure(kind='100g', price_vnd=19000)
    """
    for kind, content, measure in (
        ("100g", net_g, 100),
        ("100ml", net_ml, 100),
        ("piece", pieces, 1),
    ):
        if content:
            if content == measure:
                return None
            return Measure(kind, (2 * price_vnd * measure + content) // (2 * content))
    return None


@dataclass(frozen=True)
class Naming:
    """The words a product is known by, before folding."""

    titles: tuple[str, ...]
    categories: tuple[str, ...] = ()
    seller: tuple[str, ...] = ()
    places: tuple[str, ...] = ()


def search_text(naming: Naming) -> str:
    """Return the folded words of a product: its titles on line one, all the rest on line two.

    Line one weighs more in search. Line two holds categories, maker, place and
    words that mean the same as one in a title (``synonyms.toml``).
    """
    named = nfc(" | ".join(naming.titles)).lower()
    title = fold(" ".join(naming.titles))
    words = [*naming.categories, *naming.seller, *naming.places, *_same_words(named)]
    rest = " ".join(dict.fromkeys(folded for word in words if (folded := fold(word))))
    return f"{title}\n{rest}"


def _same_words(named: str) -> list[str]:
    found: list[str] = []
    for pattern, words in _synonym_groups():
        if pattern.search(named):
            found.extend(words)
    return found


@lru_cache(maxsize=1)
def _synonym_groups() -> list[tuple[re.Pattern[str], list[str]]]:
    path = Path(__file__).parent / "data" / "synonyms.toml"
    groups: Any = tomllib.loads(path.read_text("utf-8"))["groups"]
    return [
        (re.compile(r"(?<!\w)(?:" + "|".join(map(re.escape, words)) + r")(?!\w)"), words)
        for words in groups
    ]
