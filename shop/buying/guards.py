"""The guard "link": an order opens for her who ordered it here, holds its link or tracks it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from flask import Flask, Response, abort, g, redirect, request
from flask_login import current_user
from sqlalchemy import bindparam, select
from werkzeug.wrappers import Response as AnyResponse

from shop.buying.rules import HERS_ALONE, PASS_LIVES, Level, highest, read_pass, write_pass
from shop.current import current_settings, signing_keys
from shop.db import db
from shop.kernel.clock import now_utc
from shop.kernel.codes import read_code
from shop.ordering.browser import checkout_paths
from shop.ordering.models import Order
from shop.prepared import Prepared
from shop.web.guards import SAFE, register_guard
from shop.web.links import path

#: One cookie a level, so that a look by the link takes nothing away from who ordered here.
COOKIES = {level: f"don-{level}" for level in Level}

#: The order that a guest orders again, for the checkout alone: its code and a pass for it.
FILL_COOKIE, _FILLS = "don-cu", timedelta(hours=1)


@Prepared
def _by_code() -> Any:
    return select(Order.id, Order.code, Order.account_id, Order.link_digest).where(
        Order.code == bindparam("code")
    )


@dataclass(frozen=True, slots=True)
class OpenOrder:
    """The order of this request and how much of it may be seen."""

    id: int
    code: str
    account_id: int | None
    level: Level
    #: She ordered here, owns the account or holds the private link: nobody at the stall does.
    is_hers: bool

    @property
    def is_known_to_be_hers(self) -> bool:
        """She ordered here or owns the account, or has the private link and proved her phone."""
        return self.is_hers and self.level == Level.KNOWN


def passes_of(link_digest: str, account_id: int | None, now: datetime) -> set[Level]:
    """Return what opens an order to this browser: its passes, and being its owner."""
    found = {
        read_pass(value, signing_keys(), link_digest, now)
        for name in COOKIES.values()
        for value in request.cookies.getlist(name)
    }
    if account_id is not None and current_user.is_authenticated and current_user.id == account_id:
        found.add(Level.KNOWN)
    return {level for level in found if level is not None}


def give_pass(
    response: AnyResponse, code: str, link_digest: str, level: Level, now: datetime
) -> None:
    """Let this browser see one order for a while, in both languages."""
    settings = current_settings()
    value = write_pass(signing_keys()[0], link_digest, level, now + PASS_LIVES[level])
    root = request.script_root.removesuffix("/en")
    for prefix in ("", "/en"):
        response.set_cookie(
            COOKIES[level], value, max_age=int(PASS_LIVES[level].total_seconds()), httponly=True,
            secure=settings.is_https, samesite="Lax", path=f"{root}{prefix}/don/{code}",
        )  # fmt: skip


def fill_from(response: AnyResponse, code: str, link_digest: str, now: datetime) -> None:
    """Let the checkout fill itself in from this order for an hour; no other page is told."""
    value = write_pass(signing_keys()[0], link_digest, Level.KNOWN, now + _FILLS)
    for at in checkout_paths():
        response.set_cookie(
            FILL_COOKIE, f"{code}.{value}", max_age=int(_FILLS.total_seconds()), httponly=True,
            secure=current_settings().is_https, samesite="Lax", path=at,
        )  # fmt: skip


def order_to_fill_from() -> int | None:
    """Return the order that ``fill_from`` named to this browser, or None. One query, or none."""
    code, _, value = request.cookies.get(FILL_COOKIE, "").partition(".")
    row = _by_code.first(db.session(), {"code": code[:12]}) if value else None
    if row is None or read_pass(value, signing_keys(), row.link_digest, now_utc()) != Level.KNOWN:
        return None
    return row.id


def fill_no_more(response: AnyResponse) -> None:
    """An order was placed from it: the next one here may be another household's."""
    for at in checkout_paths() if FILL_COOKIE in request.cookies else ():
        response.delete_cookie(FILL_COOKIE, path=at)


#: Pages that people come to from elsewhere, perhaps long after the pass ran out.
_ENTRIES = ("buying.order_page", "buying.reviews_page", "buying.paid_online", "buying.left_online")


def _open_order() -> AnyResponse | None:
    code = str((request.view_args or {}).get("code", ""))
    canonical = read_code(code)[:12]
    row = _by_code.first(db.session(), {"code": canonical})
    passes = passes_of(row.link_digest, row.account_id, now_utc()) if row is not None else set()
    if row is None or not passes:
        if request.endpoint in _ENTRIES and canonical:
            # The same for codes that exist and codes that do not.
            return redirect(path("/tra-don") + f"?ma={canonical}", 303)
        abort(404)
    if code != row.code:
        if request.method in SAFE and request.endpoint == "buying.order_page":
            return redirect(path(f"/don/{row.code}"), 303)
        abort(404)
    is_hers = bool(passes & HERS_ALONE)
    g.order = OpenOrder(row.id, row.code, row.account_id, highest(passes), is_hers)
    g.personal = True
    return None


def init_buying(app: Flask) -> None:
    """Make the guard known, and keep orders out of search engines and referrers."""
    register_guard("link", _open_order)

    @app.after_request
    def _quiet(response: Response) -> Response:
        if request.endpoint is not None and request.endpoint.startswith("buying."):
            if request.endpoint != "buying.track_page":
                response.headers["X-Robots-Tag"] = "noindex"
            if request.path.startswith(("/don/", "/d/", "/thoi-nhan-tin/")):
                response.headers["Referrer-Policy"] = "no-referrer"
        return response
