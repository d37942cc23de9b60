"""What stays in memory between requests: the tree of shelves, and cards that were rendered once.

Everything here is named by what it shows (versions, language, stock), or dropped when
the catalogue changes, so nothing shown is older than the page around it.
"""

import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from flask import Flask, current_app, get_template_attribute
from markupsafe import Markup
from sqlalchemy.orm import Session

from shop.catalogue.queries import Tree, category_tree
from shop.catalogue.rules import counted_unit, in_running_text
from shop.listings.queries.cards import cards_of
from shop.listings.queries.makers import makers
from shop.web.words import language

#: About 1.3 KB each.
MOST_CARDS = 12_000
_LAZY = ' loading="lazy" decoding="async"'


class Cards:
    """A bounded store of rendered pieces, the least used thrown away first. Safe for threads."""

    def __init__(self, most: int = MOST_CARDS) -> None:
        self._kept: OrderedDict[Any, Markup] = OrderedDict()
        self._most = most
        self._lock = threading.Lock()

    def get(self, key: Any) -> Markup | None:
        with self._lock:
            found = self._kept.get(key)
            if found is not None:
                self._kept.move_to_end(key)
            return found

    def put(self, key: Any, piece: Markup) -> None:
        with self._lock:
            self._kept[key] = piece
            self._kept.move_to_end(key)
            while len(self._kept) > self._most:
                self._kept.popitem(last=False)


@dataclass(frozen=True)
class Shelves:
    """The state of the catalogue that all lists share."""

    tree: Tree
    #: Open makers with something on show, by name.
    makers: list[Any]
    #: Names by code of the provinces they live in.
    provinces: dict[str, str]

    @property
    def product_count(self) -> int:
        return sum(shelf.product_count for shelf in self.tree.top)


class Kept:
    """The memory of one application, in ``app.extensions["listings"]``."""

    def __init__(self) -> None:
        self.cards = Cards()
        self._tree: tuple[int, Tree] | None = None
        self._shelves: tuple[int, Shelves] | None = None

    def tree(self, session: Session) -> Tree:
        """The categories. One statement after a change of the catalogue, else none."""
        version = _version()
        if self._tree is None or self._tree[0] != version:
            self._tree = (version, category_tree(session))
        return self._tree[1]

    def shelves(self, session: Session) -> Shelves:
        """What all lists share. Two statements after a change of the catalogue, else none."""
        version = _version()
        if self._shelves is None or self._shelves[0] != version:
            tree, rows = self.tree(session), list(makers(session))
            places = dict(sorted({(r.province_code, r.province_name) for r in rows}))
            self._shelves = (version, Shelves(tree, rows, places))
        return self._shelves[1]


def init_kept(app: Flask) -> None:
    app.extensions["listings"] = Kept()


def kept() -> Kept:
    return current_app.extensions["listings"]


def _version() -> int:
    # Asked of other processes at most once a second, also for visitors with a cart,
    # whom the page cache lets pass without looking.
    pages = current_app.extensions["page_cache"]
    pages.look_elsewhere()
    return pages.version


def rendered_cards(
    session: Session, rows: Sequence[Any], *, today: date, eager: int = 0
) -> list[Markup]:
    """Return the cards of a list in its order. One statement for those not rendered before.

    Args:
        rows: of ``lists.listed``.
        eager: so many pictures at the head are fetched at once, the others when scrolled to.
    """
    store = kept().cards
    ready = {row.id: store.get(_key(row, today)) for row in rows}
    missing = [product_id for product_id, piece in ready.items() if piece is None]
    for row in cards_of(session, missing):
        ready[row.id] = rendered_card(row, today)
    pieces = [piece for row in rows if (piece := ready[row.id]) is not None]
    return [
        Markup(piece.replace(_LAZY, "", 1)) if place < eager else piece  # noqa: S704
        for place, piece in enumerate(pieces)
    ]


def rendered_card(row: Any, today: date) -> Markup:
    """Return the card of a row of ``cards``, rendered now or before."""
    store, key = kept().cards, _key(row, today)
    piece = store.get(key)
    if piece is None:
        card = get_template_attribute("components/card.html", "card")
        piece = Markup(card(card_of(row, today)))  # noqa: S704
        store.put(key, piece)
    return piece


def _key(row: Any, today: date) -> tuple[Any, ...]:
    # A sold-out card may name the day of new stock, which must not be past.
    on = today if row.available <= 0 else None
    return (row.id, row.version, row.seller_version, row.pack_id, row.available, language(), on)


def card_of(row: Any, today: date) -> dict[str, Any]:
    """Return a row of ``cards_of`` in the words of components/card.html."""
    words = dict(row._mapping)
    several = row.price_count > 1
    words |= {
        "variant_count": row.price_count,
        # Of several prices only one may have been reduced; the card says "from" then.
        "compare_at_vnd": None if several else row.compare_at_vnd,
        "pack_vi": in_running_text(row.pack_vi),
        "pack_en": in_running_text(row.pack_en or row.pack_vi),
        "unit_vi": counted_unit(row.unit_vi, row.counted_vi),
        "unit_en": counted_unit(row.unit_en or row.unit_vi, row.counted_en or row.counted_vi),
        "restock_on": row.restock_on if row.restock_on and row.restock_on >= today else None,
    }
    return words
