"""Pictures, posters and words to pass on. What is here says no more than the public page does."""

from flask import Blueprint, Response, abort, render_template, request
from flask.typing import ResponseReturnValue

from shop.db import db
from shop.kernel.clock import now_utc
from shop.sharing.making import kept, make, poster_of
from shop.sharing.queries import card
from shop.sharing.rules import SIZES_PX, Card, Shape
from shop.web.guards import guard
from shop.web.limits import limit, visitor_key

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


@blueprint.get("/chia-se/<kind>/<key>/to-a4.pdf")
@guard("visitor")
def poster_page(kind: str, key: str) -> ResponseReturnValue:
    """The poster, to print and hang up."""
    wanted = _wanted(kind, key)
    if (known := _is_known(f"{wanted.digest}-a4")) is not None:
        return known
    limit("60 per 1 hour", "share", visitor_key())
    return _file(poster_of(wanted), "application/pdf", f"{key}.pdf", f"{wanted.digest}-a4")


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
