"""Home, all goods, one category."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from flask import abort, current_app, render_template, request
from markupsafe import Markup

from shop.catalogue.queries import Shelf
from shop.db import db
from shop.kernel.clock import now_utc, vietnam_date
from shop.kernel.packs import in_running_text
from shop.listings.kept import Shelves, kept, piece, rendered_cards
from shop.listings.queries import lists
from shop.listings.queries.cards import cards_of
from shop.listings.queries.makers import blind_makers
from shop.listings.rules import MOST_COUNTED, PRICE_BANDS, SORTS, Asked, asked_for, pages_of
from shop.listings.views import blueprint
from shop.web.guards import guard
from shop.web.links import path
from shop.web.words import tr

#: Products on the home page, taken from the newest so many, each maker in turn.
HOME_PRODUCTS, HOME_NEWEST = 8, 64
#: Campaigns named there, those that end first.
HOME_CAMPAIGNS = 3
#: Markets named there, the next first.
HOME_MARKETS = 3
#: Stands in the kept filter form where a search repeats what was typed.
_TYPED = Markup("<!--tu-->")
#: Cards of a list whose pictures are in the first view.
EAGER = 4


@blueprint.get("/")
@guard("anyone")
def home() -> str:
    session, now = db.session(), now_utc()
    today = vietnam_date(now)
    shelves = kept().shelves(session)
    raising = shelves.raising(today)[:HOME_CAMPAIGNS]
    rows = lists.listed(session, Asked(in_stock=True), limit=HOME_NEWEST)
    blind = [maker for maker in shelves.makers if maker.blind_makers]
    hands = blind[today.toordinal() % len(blind)] if blind else None
    theirs = (
        lists.listed(session, Asked(), seller_id=hands.id, limit=2) if hands is not None else []
    )
    return render_template(
        "listings/home.html",
        cards=rendered_cards(session, _each_maker_in_turn(rows), today=today, eager=2),
        shelves=shelves,
        raising=raising,
        markets=kept().open_markets(session, now)[:HOME_MARKETS],
        hands=hands,
        running=in_running_text,
        prints=cards_of(session, [row.id for row in theirs]),
    )


@blueprint.get("/hang-hoa")
@guard("anyone")
def goods() -> str:
    return _list_page(None)


@blueprint.get("/loai/<slug>")
@guard("anyone")
def category(slug: str) -> str:
    shelf = kept().tree(db.session()).by_slug.get(slug)
    if shelf is None:
        abort(404)
    return _list_page(shelf)


def _list_page(shelf: Shelf | None) -> str:
    session = db.session()
    shelves = kept().shelves(session)
    asked = asked_for(request.args.to_dict(), provinces=shelves.provinces, wards=shelves.wards)
    if asked is None:
        abort(404)
    category_id = shelf.id if shelf else None
    rows = lists.listed(session, asked, category_id=category_id)
    if not rows and asked.page > 1:
        abort(404)
    if asked.narrowed:
        count = lists.count_of(session, asked, category_id=category_id)
    else:
        count = shelf.product_count if shelf else shelves.product_count
    count = max(count, len(rows))
    above = shelves.tree.above(shelf.id)[:-1] if shelf else []
    below = shelves.tree.below(shelf.id) if shelf else shelves.tree.top
    return render_template(
        "listings/list.html",
        **list_words(shelves, asked, rows, count),
        shelf=shelf,
        top=piece("listings/list_top.html", shelf, *above, shelf=shelf, way=_way(above)),
        doors=piece("listings/list_doors.html", *below, below=below),
    )


@blueprint.get("/hang-nguoi-khiem-thi-lam")
@guard("anyone")
def by_touch() -> str:
    """The standing stall of the makers who are blind: their craft, their voices, their goods."""
    session, today = db.session(), vietnam_date(now_utc())
    asked = asked_for({**request.args.to_dict(), "khiem-thi": "1"})
    if asked is None:
        abort(404)
    asked = Asked(blind_makers=True, page=asked.page)
    rows = lists.listed(session, asked)
    if not rows and asked.page > 1:
        abort(404)
    return render_template(
        "listings/by_touch.html",
        makers=blind_makers(session) if asked.page == 1 else (),
        cards=rendered_cards(session, rows, today=today, eager=0),
        page=asked.page,
        pages=pages_of(lists.count_of(session, asked)),
    )


def _way(above: Sequence[Shelf]) -> list[tuple[str, str]]:
    return [(tr(shelf, "name"), shelf.slug) for shelf in above]


def list_words(
    shelves: Shelves,
    asked: Asked,
    rows: Sequence[Any],
    count: int,
    *,
    sorts: tuple[str, ...] = SORTS,
    typed: str | None = None,
) -> dict[str, Any]:
    """Return what templates/listings/results.html needs of a list."""
    today = vietnam_date(now_utc())
    cards = rendered_cards(db.session(), rows, today=today, eager=EAGER)
    form = _form(shelves, replace(asked, page=1), sorts)
    hidden = Markup('<input type="hidden" name="tu" value="%s">') % typed if typed else ""
    return {
        "form": Markup(form.replace(_TYPED, hidden)),  # noqa: S704
        "wanted": asked,
        "cards": Markup("".join(cards)),  # noqa: S704
        "count": count,
        "most_counted": MOST_COUNTED,
        "pages": pages_of(count),
        "shelves": shelves,
    }


def _form(shelves: Shelves, asked: Asked, sorts: tuple[str, ...]) -> Markup:
    facts = {
        "action": path(request.path), "wanted": asked, "sorts": sorts,
        "provinces": shelves.provinces, "wards": shelves.wards, "hidden": _TYPED,
    }  # fmt: skip
    template = "listings/filter_form.html"
    if asked.band not in ("", *PRICE_BANDS):
        # Somebody's own bounds: of these there is no end.
        return Markup(current_app.jinja_env.get_template(template).render(facts))  # noqa: S704
    return piece(template, facts["action"], asked, sorts, shelves.place_names, **facts)


def _each_maker_in_turn(rows: Sequence[Any]) -> list[Any]:
    """Return products of as many makers as possible, newest first within each turn."""
    turns: dict[int, int] = {}
    ordered = []
    for place, row in enumerate(rows):
        turn = turns[row.seller_id] = turns.get(row.seller_id, -1) + 1
        ordered.append((turn, place, row))
    ordered.sort(key=lambda entry: entry[:2])
    return [row for _, _, row in ordered[:HOME_PRODUCTS]]
