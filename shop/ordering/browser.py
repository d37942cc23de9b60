"""The visitor's cart: which one this browser has, and what is remembered of where she lives."""

import secrets
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from flask import Flask, Response, has_request_context, request
from flask_login import current_user
from sqlalchemy.orm import Session

from shop.accounts.guards import when_signed_in
from shop.current import current_settings
from shop.db import db
from shop.kernel.clock import now_utc
from shop.ordering import actions, queries
from shop.ordering.rules import CART_DAYS
from shop.places.queries import provinces, ward
from shop.shipping.rules import Destination

CART_COOKIE = "cart"
#: A ward's code (5 digits) or a province's (2): where fees are worked out for. Nothing personal.
PLACE_COOKIE = "noi"
#: The code of a 0-đồng slip that was scanned, sent to the checkout alone.
SLIP_COOKIE = "phieu"
_DAY_S = 24 * 3600
#: What this request has found out, under these names.
_COUNT, _NEW_TOKEN = "shop.cart_count", "shop.cart_token"


def token() -> str | None:
    """Return the cart's secret as this browser sent it."""
    return request.cookies.get(CART_COOKIE) or None


def account_id() -> int | None:
    return current_user.id if current_user.is_authenticated else None


def cart_id() -> int | None:
    """Return the cart of this request's visitor, or None. One query."""
    return queries.cart_id_of(db.session(), token=token(), account_id=account_id(), now=now_utc())


def cart_count() -> int | None:
    """Return how many things the header counts; None for a visitor without cart or sign-in."""
    if not has_request_context() or "HTTP_COOKIE" not in request.environ:
        return None  # Most visitors of most pages: nothing of theirs is looked up.
    if token() is None and account_id() is None:
        return None
    if _COUNT not in request.environ:
        count_is(
            queries.lines_in_cart(
                db.session(), token=token(), account_id=account_id(), now=now_utc()
            )
        )
    return request.environ[_COUNT]


def count_is(things: int) -> None:
    """Spare the header its query on a page that has read the cart anyway."""
    request.environ[_COUNT] = things


def open_cart(session: Session) -> int:
    """Return this visitor's cart, begun now if she has none: inside a transaction.

    A new secret has 192 bits; ``keep_cart`` gives it to the browser.
    """
    mine = queries.cart_id_of(session, token=token(), account_id=account_id(), now=now_utc())
    if mine is None:
        new = request.environ[_NEW_TOKEN] = secrets.token_urlsafe(24)
        mine = actions.open_cart(session, token=new, account_id=account_id(), now=now_utc())
    return mine


def keep_cart(response: Response) -> Response:
    """Let the browser keep a guest's cart for another month after a change."""
    kept = request.environ.get(_NEW_TOKEN) or token()
    if kept and account_id() is None:
        _set_cookie(response, CART_COOKIE, kept)
    return response


def destination(known_provinces: Sequence[Any] | None = None) -> Destination | None:
    """Return where this visitor said that she lives; None: she has not. At most one query.

    Args:
        known_provinces: (code, name, full_name, region) rows, when they are read anyway.
    """
    code = request.cookies.get(PLACE_COOKIE, "")
    if not (code.isascii() and code.isdecimal()):
        return None
    session = db.session()
    if len(code) == 5 and (found := ward(session, code)):
        return Destination(
            "VN", found.code, found.province_code, found.region, found.full_name,
            found.province_name,
        )  # fmt: skip
    for province in (known_provinces or provinces(session)) if len(code) == 2 else ():
        if province.code == code:
            return Destination("VN", None, code, province.region, "", province.name)
    return None


def remember_place(response: Response, code: str) -> Response:
    """Remember a ward's or a province's code, so that the next cart knows its fees."""
    _set_cookie(response, PLACE_COOKIE, code)
    return response


def slip_code() -> str:
    """Return the code of the slip that this browser holds ready; "" for none."""
    return request.cookies.get(SLIP_COOKIE, "")[:40]


def hold_slip(response: Response, code: str) -> Response:
    """Hold a slip's code ready for the checkout for a day; no other page is sent it."""
    for at in checkout_paths():
        response.set_cookie(
            SLIP_COOKIE, code, max_age=_DAY_S, secure=current_settings().is_https,
            httponly=True, samesite="Lax", path=at,
        )  # fmt: skip
    return response


def let_go_of_slip(response: Response) -> Response:
    """Hold a slip no longer: an order was placed with it, so the next may be another household's."""
    for at in checkout_paths() if slip_code() else ():
        response.delete_cookie(SLIP_COOKIE, path=at)
    return response


def checkout_paths() -> list[str]:
    """Return where the checkout lies, in both languages: cookies for it alone are sent only there."""
    root = request.script_root.removesuffix("/en")
    return [f"{root}{prefix}/dat-hang" for prefix in ("", "/en")]


def _set_cookie(response: Response, name: str, value: str) -> None:
    response.set_cookie(
        name,
        value,
        max_age=CART_DAYS * _DAY_S,
        secure=current_settings().is_https,
        httponly=True,
        samesite="Lax",
        path="/",
    )


def init_cart(app: Flask) -> None:
    """Let every page's header count the cart, and a cart follow its owner who signs in."""
    app.jinja_env.globals["cart_count"] = cart_count
    when_signed_in(app, _join)


def _join(session: Session, account: int, now: datetime) -> None:
    guest = queries.guest_cart_id(session, token(), now)
    actions.join_carts(session, account_id=account, cart_id=guest, now=now)
