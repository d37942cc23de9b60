"""Pictures, posters and words to pass on. What is here says no more than the public page does."""

from flask import Blueprint, Response, abort, g, redirect, render_template, request
from flask.typing import ResponseReturnValue

from shop.db import db, transaction
from shop.kernel.clock import now_utc, vietnam_date
from shop.markets.queries.sessions import market_session, sessions_for_seller
from shop.markets.rules.sessions import SessionState
from shop.organisations.acting import need_right
from shop.sharing.actions import count_visit
from shop.sharing.making import kept, make, poster_of
from shop.sharing.queries import (
    card,
    goods_to_share,
    names_of_goods,
    page_of,
    stall_to_share,
    visits_of,
    visits_of_stall,
)
from shop.sharing.rules import (
    PAPERS,
    SIZES_PX,
    Card,
    Shape,
    looks_like_a_machine,
    read_short,
)
from shop.web.guards import guard
from shop.web.limits import limit, visitor_key
from shop.web.links import path

blueprint = Blueprint("sharing", __name__)
#: A figure may be so old in somebody's cache; the picture says of which day it is.
_CACHE = "public, max-age=300"


def _wanted(kind: str, key: str) -> Card:
    return card(db.session(), kind, key[:80], now_utc()) or abort(404)


@blueprint.get("/chia-se/<kind>/<key>")
@guard("visitor")
def share_page(kind: str, key: str) -> ResponseReturnValue:
    """All that can be passed on of one subject: pictures, poster, words."""
    wanted = _wanted(kind, key)
    answer = Response(
        render_template(
            "sharing/share.html", card=wanted, kind=kind, key=key, sizes=SIZES_PX, shapes=Shape
        )
    )
    answer.headers["X-Robots-Tag"] = "noindex"
    return answer


@blueprint.get("/chia-se/<kind>/<key>/<shape>.jpg")
@guard("visitor")
def picture(kind: str, key: str, shape: str) -> ResponseReturnValue:
    """One picture; who asks first waits a quarter of a second for it."""
    if shape not in list(Shape):
        abort(404)
    wanted, of = _wanted(kind, key), Shape(shape)
    if (known := _is_known(f"{wanted.digest}-{of}")) is not None:
        return known
    content = kept(kind, key, wanted, of)
    if content is None:
        limit("60 per 1 hour", "share", visitor_key())
        content = make(kind, key, wanted, of, now_utc())
    return _file(content, "image/jpeg", f"{key}-{of}.jpg", f"{wanted.digest}-{of}")


@blueprint.get("/chia-se/<kind>/<key>/to-<paper>.pdf")
@guard("visitor")
def poster_page(kind: str, key: str, paper: str) -> ResponseReturnValue:
    """The poster, to print and hang up: A4 or A5."""
    if paper not in PAPERS:
        abort(404)
    wanted = _wanted(kind, key)
    if (known := _is_known(f"{wanted.digest}-{paper}")) is not None:
        return known
    limit("60 per 1 hour", "share", visitor_key())
    return _file(
        poster_of(wanted, paper), "application/pdf", f"{key}-{paper}.pdf",
        f"{wanted.digest}-{paper}",
    )  # fmt: skip


@blueprint.get("/s/<code>")
@guard("visitor")
def short_link(code: str) -> ResponseReturnValue:
    """Lead on to what a short link means, and count that somebody came from there; not who."""
    meant = read_short(code)
    where = meant and page_of(db.session(), meant[0], meant[1])
    if not meant or not where:
        abort(404)
    if request.method == "GET" and not looks_like_a_machine(request.user_agent.string):
        with transaction() as session:
            count_visit(session, *meant, on=vietnam_date(now_utc()))
    answer = redirect(path(where), 302)
    answer.headers["Cache-Control"] = "no-store"
    answer.headers["X-Robots-Tag"] = "noindex"
    return answer


def _is_known(etag: str) -> Response | None:
    if request.if_none_match.contains(etag):
        answer = Response(status=304)
        answer.set_etag(etag)
        answer.headers["Cache-Control"] = _CACHE
        return answer
    return None


def _file(content: bytes, kind: str, name: str, etag: str) -> Response:
    answer = Response(content, content_type=kind)
    answer.set_etag(etag)
    answer.headers["Cache-Control"] = _CACHE
    answer.headers["Content-Disposition"] = f'inline; filename="{name}"'
    answer.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    answer.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return answer


@blueprint.get("/ban-hang/chia-se")
@guard("seller")
def shares_seen() -> ResponseReturnValue:
    """What a stall can pass on, and how many came by it, by where they found it."""
    session = db.session()
    seen = visits_of_stall(session, g.stall.id)
    names = names_of_goods(session, [key[1] for key in seen if key[0] == "san-pham"])
    markets = [
        row
        for row in sessions_for_seller(session, g.stall.id, now_utc())
        if row.state == SessionState.SHOWN
    ]
    return render_template(
        "sharing/seen.html", stall=g.stall, seen=seen, names=names, markets=markets,
        goods=goods_to_share(session, g.stall.id), slug=stall_to_share(session, g.stall.id),
    )  # fmt: skip


@blueprint.get("/dieu-hanh/phien-cho/<int:market_id>/chia-se")
@guard("officer")
def market_shares_seen(market_id: int) -> ResponseReturnValue:
    """How many came to a market by what was shared, for whoever prepares it."""
    row = market_session(db.session(), market_id)
    need_right("run_markets", row.organisation_id)
    return render_template(
        "sharing/market_seen.html", row=row, seen=visits_of(db.session(), "phien-cho", market_id)
    )
