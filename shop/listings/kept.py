"""What stays in memory between requests: the tree of shelves, and cards that were rendered once.

Everything here is named by what it shows (versions, language, stock), or dropped when
the catalogue changes, so nothing shown is older than the page around it.
"""

import threading
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from flask import Flask, current_app, get_template_attribute, request
from markupsafe import Markup
from sqlalchemy.orm import Session

from shop.catalogue.queries import Tree, category_tree
from shop.catalogue.season_rules import away_of
from shop.kernel.packs import counted_unit, in_running_text
from shop.kernel.text import fold
from shop.listings.queries.cards import cards_of
from shop.listings.queries.makers import Raising, makers_and_campaigns
from shop.listings.rules import Named
from shop.markets.queries.shown import markets_shown
from shop.markets.rules.sessions import Phase, phase_of
from shop.sellers.rules import away_on
from shop.shipping.queries import pickup_points, tariffs
from shop.shipping.rules import Tariff
from shop.stock.preorder_rules import takes_orders
from shop.web.words import language

#: About 1.3 KB each.
MOST_CARDS = 6_000
#: Up to 10 KB each.
MOST_PARTS = 600
#: What no version names (a further picture format, a place's name) is seen after this.
KEEP_SECONDS = 600
_NOTHING = (0.0, None)
_LAZY = ' loading="lazy" decoding="async"'


class Cards:
    """A bounded store of rendered pieces. Safe for threads.

    Two shelves of half its size: what is asked for moves to the new one; when that is full
    it becomes the old one, and what nobody asked for meanwhile is gone. Reading takes no
    lock, for a list asks for dozens of pieces.
    """

    def __init__(self, most: int) -> None:
        self._new: dict[Any, tuple[float, Any]] = {}
        self._old: dict[Any, tuple[float, Any]] = {}
        self._half = max(1, most // 2)
        self._lock = threading.Lock()

    def get(self, key: Any) -> Any:
        """Return a piece or None."""
        return self.get_all((key,))[0]

    def get_all(self, keys: Iterable[Any]) -> list[Any]:
        """Return a piece or None for each key."""
        now, found, new = time.monotonic(), [], self._new
        for key in keys:
            kept_until, piece = new.get(key) or self._from_old(key)
            found.append(piece if kept_until > now else None)
        return found

    def _from_old(self, key: Any) -> tuple[float, Any]:
        kept = self._old.get(key)
        if kept is None:
            return _NOTHING
        self._put(key, kept)
        return kept

    def put(self, key: Any, piece: Any) -> None:
        self._put(key, (time.monotonic() + KEEP_SECONDS, piece))

    def _put(self, key: Any, kept: tuple[float, Any]) -> None:
        with self._lock:
            if len(self._new) >= self._half:
                self._old, self._new = self._new, {}
            self._new[key] = kept


@dataclass(frozen=True)
class Shelves:
    """The state of the catalogue that all lists share."""

    tree: Tree
    #: Open makers with something on show, by name.
    makers: list[Any]
    #: Names by code of the provinces they live in, and of the wards while it is one province.
    provinces: dict[str, str]
    wards: dict[str, str]
    #: Shelves and makers with their folded names in both languages, for searches.
    named_shelves: Named
    named_makers: Named
    #: Campaigns with a public page, and all that a search may know one by: its name, whom it
    #: helps, who stands for it.
    campaigns: list[Raising]
    named_campaigns: Named

    #: Changes when one of the places does, and is known by its hash once it was asked for.
    place_names: str

    @property
    def product_count(self) -> int:
        return sum(shelf.product_count for shelf in self.tree.top)

    def raising(self, today: date) -> list[Raising]:
        """Return the campaigns that take gifts today, the next to close first."""
        return [one for one in self.campaigns if one.takes(today)]


@dataclass(frozen=True)
class Terms:
    """A maker's tariff and pickup points; ``name`` changes when they do."""

    tariff: Tariff
    pickups: list[Any]
    name: str


class Kept:
    """The memory of one application, in ``app.extensions["listings"]``."""

    def __init__(self) -> None:
        self.cards = Cards(MOST_CARDS)
        self.parts = Cards(MOST_PARTS)
        self._tree: tuple[int, Tree] | None = None
        self._markets: tuple[int, Sequence[Any]] | None = None
        self._shelves: tuple[int, Shelves] | None = None
        self._terms: tuple[Any, dict[int, Terms]] = (None, {})

    def terms(self, session: Session, seller_id: int, today: date) -> Terms:
        """How a maker delivers. Two statements after a change of the catalogue, else none."""
        version = (_version(), today)
        if self._terms[0] != version:
            self._terms = (version, {})
        kept_terms = self._terms[1]
        if seller_id not in kept_terms:
            _look_anew(session)
            tariff = tariffs(session, [seller_id], today)[seller_id]
            points = pickup_points(session, [seller_id])[seller_id]
            kept_terms[seller_id] = Terms(tariff, points, repr((tariff, points)))
        return kept_terms[seller_id]

    def tree(self, session: Session) -> Tree:
        """The categories. One statement after a change of the catalogue, else none."""
        version = _version()
        if self._tree is None or self._tree[0] != version:
            _look_anew(session)
            self._tree = (version, category_tree(session))
        return self._tree[1]

    def open_markets(self, session: Session, now: datetime) -> list[Any]:
        """The markets that take orders now, the next first. One statement after a change, else none."""
        version = _version()
        if self._markets is None or self._markets[0] != version:
            _look_anew(session)
            self._markets = (version, markets_shown(session, now))
        return [row for row in self._markets[1] if phase_of(row, now) == Phase.TAKING]

    def shelves(self, session: Session) -> Shelves:
        """What all lists share. Two statements after a change of the catalogue, else none."""
        version = _version()
        if self._shelves is None or self._shelves[0] != version:
            _look_anew(session)
            tree = self.tree(session)
            rows, campaigns = makers_and_campaigns(session)
            provinces = dict(sorted({(r.province_code, r.province_name) for r in rows}))
            near = {(r.ward_code, r.ward_name) for r in rows} if len(provinces) == 1 else set()
            wards = dict(sorted(near, key=lambda pair: fold(pair[1])))
            shelves = Shelves(
                tree, rows, provinces, wards, _named(tree.all), _named(rows), campaigns,
                Named((f" {fold(one.known_by)} ", one) for one in campaigns),
                repr((provinces, wards)),
            )  # fmt: skip
            self._shelves = (version, shelves)
        return self._shelves[1]


def _look_anew(session: Session) -> None:
    """Let go of what this request has read, so that what is kept is as new as its number.

    A snapshot from before a change must not be kept under the number after it.
    """
    session.rollback()


def _named(rows: Sequence[Any]) -> Named:
    return Named((f" {fold(f'{row.name_vi} {row.name_en}')} ", row) for row in rows)


def init_kept(app: Flask) -> None:
    app.extensions["listings"] = Kept()


def kept() -> Kept:
    return current_app.extensions["listings"]


def _version() -> int:
    # Asked of other processes at most once a second, also for visitors with a cart,
    # whom the page cache lets pass without looking.
    pages = current_app.extensions["page_cache"]
    pages.look_elsewhere()
    return pages.version_but_stock


def piece(
    template: str, *names: Any, make: Callable[[], dict[str, Any]] | None = None, **facts: Any
) -> Markup:
    """Return a part of a page, rendered once for each language, ``names`` and mount point.

    Args:
        names: all that the part depends on, hashable and never what a visitor typed.
        facts: what its template needs; ``make`` returns more of it, asked only when needed.
    """
    store, key = kept().parts, (template, language(), request.script_root, *names)
    found = store.get(key)
    if found is None:
        more = make() if make else {}
        text = current_app.jinja_env.get_template(template).render(**facts, **more)
        found = Markup(text.strip())  # noqa: S704
        store.put(key, found)
    return found


def rendered_cards(
    session: Session, rows: Sequence[Any], *, today: date, eager: int = 0
) -> list[Markup]:
    """Return the cards of a list in its order. One statement for those not rendered before.

    Args:
        rows: as of ``lists.listed``.
        eager: so many pictures at the head are fetched at once, the others when scrolled to.
    """
    spoken = language()
    keys = [_key(row, today, spoken) for row in rows]
    pieces = kept().cards.get_all(keys)
    if None in pieces:
        missing = [row.id for row, piece in zip(rows, pieces, strict=True) if piece is None]
        made = {row.id: rendered_card(row, today) for row in cards_of(session, missing)}
        found = [piece or made.get(row.id) for row, piece in zip(rows, pieces, strict=True)]
        pieces = [piece for piece in found if piece is not None]
    for place, piece in enumerate(pieces[:eager]):
        pieces[place] = Markup(str.replace(piece, _LAZY, "", 1))  # noqa: S704
    return pieces


def rendered_card(row: Any, today: date) -> Markup:
    """Return the card of a row of ``cards_of``, kept under the numbers of this very row."""
    store, key = kept().cards, _key(row, today, language())
    found = store.get(key)
    if found is None:
        card = get_template_attribute("components/card.html", "card")
        found = Markup(card(card_of(row, today)))  # noqa: S704
        store.put(key, found)
    return found


def _key(row: Any, today: date, spoken: str) -> tuple[Any, ...]:
    # A sold-out card may name the day of new stock, which must not be past. Which further sizes are
    # ordered ahead makes a new product version.
    return (*row[:6], spoken, today if row.available <= 0 else None)


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
        "unit_vi": counted_unit(row.unit_vi, row.pack_vi),
        "unit_en": counted_unit(row.unit_en or row.unit_vi, row.pack_en or row.pack_vi),
        "away_until": away_on(row.away_until, today),
        "ready_on": row.ready_on
        if takes_orders(row.ready_on, row.places, row.available, today)
        else None,
        "off_season": away_of(row.season_from, row.season_to, row.season_yearly, today),
        "restock_on": row.restock_on if row.restock_on and row.restock_on >= today else None,
        # Its last day passes without a change: a kept card says so ``KEEP_SECONDS`` longer at most.
        "raises": row.opens_on is not None
        and row.opens_on <= today
        and (row.closes_on is None or today <= row.closes_on),
    }
    return words
