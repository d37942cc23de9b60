"""Finding things by words."""

from collections.abc import Sequence
from typing import Any

from flask import abort, render_template, request

from shop.db import db
from shop.kernel.text import fold, one_line
from shop.listings.kept import kept
from shop.listings.queries import lists, search
from shop.listings.rules import PER_PAGE, Asked, Words, asked_for, likeness, rank, search_words
from shop.listings.views import blueprint
from shop.listings.views.lists import list_words
from shop.web.guards import guard
from shop.web.pages import keep_out

#: Best match first; the other orders as in lists.
SORTS = ("hop", "moi", "gia-tang", "gia-giam")
MOST_NEAR = 12
#: Titles less alike than this are no near hits.
LEAST_LIKENESS = 0.45


@blueprint.get("/tim")
@guard("anyone")
def search_page() -> str:
    keep_out()  # Searches are too many to keep.
    session = db.session()
    shelves = kept().shelves(session)
    asked = asked_for(
        request.args.to_dict(), sorts=SORTS, provinces=shelves.provinces, wards=shelves.wards
    )
    if asked is None:
        abort(404)
    typed = one_line(request.args.get("tu", "")[:200])[:80]
    words = search_words(fold(typed))
    ids = (
        _ordered(search.hits(session, words, in_stock=asked.in_stock), words, asked)
        if words.all
        else []
    )
    near = not ids and bool(words.all) and not asked.narrowed
    if near:
        ids = _near(session, words)
    here = ids[(asked.page - 1) * PER_PAGE : asked.page * PER_PAGE]
    if not here and asked.page > 1:
        abort(404)
    rows = lists.these(session, here)
    return render_template(
        "listings/search.html",
        **list_words(shelves, asked, rows, len(ids), sorts=SORTS, typed=typed),
        typed=typed,
        near=near,
        looked_at=search.MOST_LOOKED_AT,
        named_shelves=_holding(shelves.named_shelves, words),
        named_makers=_holding(shelves.named_makers, words),
    )


def _ordered(found: Sequence[Any], words: Words, asked: Asked) -> list[int]:
    """Return the ids of hits that pass the filters, in the order asked for."""
    least, most = asked.price_range
    kept_rows = [
        row
        for row in found
        if (not asked.province_code or row.province_code == asked.province_code)
        and (not asked.ward_code or row.ward_code == asked.ward_code)
        and (not asked.blind_makers or row.blind_makers)
        and (least is None or row.price_vnd >= least)
        and (most is None or row.price_vnd <= most)
    ]
    if asked.sort == "gia-tang":
        kept_rows.sort(key=lambda row: (row.price_vnd, row.id))
    elif asked.sort == "gia-giam":
        kept_rows.sort(key=lambda row: (-row.price_vnd, -row.id))
    elif asked.sort == "moi":
        kept_rows.sort(key=lambda row: (row.published_at, row.id), reverse=True)
    else:
        kept_rows.sort(key=lambda row: (rank(words, row.title), -row.id))
    return [row.id for row in kept_rows[: search.MOST_CANDIDATES]]


def _near(session: Any, words: Words) -> list[int]:
    """Return the ids of products whose titles are spelt most alike."""
    alike = [(likeness(words, row.title), row.id) for row in search.near_hits(session, words)]
    alike = sorted((pair for pair in alike if pair[0] >= LEAST_LIKENESS), reverse=True)
    return [product_id for _, product_id in alike[:MOST_NEAR]]


def _holding(named: Sequence[tuple[str, Any]], words: Words) -> list[Any]:
    """Return categories or makers whose own names hold every word."""
    if not words.all:
        return []
    first, *others = words.begun
    return [row for name, row in named if first in name and all(w in name for w in others)][:6]
