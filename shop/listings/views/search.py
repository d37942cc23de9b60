"""Finding things by words."""

from flask import abort, render_template, request

from shop.db import db
from shop.kernel.text import fold, one_line
from shop.listings.kept import kept
from shop.listings.queries import lists, search
from shop.listings.rules import (
    PER_PAGE,
    asked_for,
    most_alike,
    search_words,
)
from shop.listings.views import blueprint
from shop.listings.views.lists import list_words
from shop.web.guards import guard
from shop.web.pages import keep_out

#: Best match first; the other orders as in lists.
SORTS = ("hop", "moi", "gia-tang", "gia-giam")
MOST_NEAR = 12
#: Categories, makers and campaigns beside the hits, of each so many.
MOST_NAMED = 6
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
    ids = search.hits(session, words, asked) if words.all else []
    near = not ids and bool(words.all) and not asked.narrowed
    if near:
        ids = most_alike(words, search.near_hits(session, words), least=LEAST_LIKENESS)[:MOST_NEAR]
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
        named_shelves=shelves.named_shelves.holding(words, MOST_NAMED),
        named_makers=shelves.named_makers.holding(words, MOST_NAMED),
        named_campaigns=shelves.named_campaigns.holding(words, MOST_NAMED),
    )
