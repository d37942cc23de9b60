"""The guard "seller": people who work for a stall, and which stall they stand in."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from flask import Flask, abort, g, redirect, request
from flask_login import current_user
from werkzeug.wrappers import Response

from shop.accounts.guards import ask_to_sign_in
from shop.accounts.queries import know_kinds
from shop.accounts.typed import shown_only_at, typed_at
from shop.db import act_for_nobody, act_for_seller, db
from shop.kernel.clock import now_utc
from shop.sellers.helping import init_helping
from shop.sellers.helping_rules import BOARD, StandsThereNoMore
from shop.sellers.queries import seller_kinds, seller_of_account
from shop.sellers.rules import Stall
from shop.web.guards import register_guard
from shop.web.links import path

#: Which of several stalls a person stands in. A number; that it is hers is asked every time.
STALL_COOKIE = "stall"
#: What a helper finds first: for whom she works, until when, what she may do.
HOME_ADDRESS = "/ban-hang/giup"


def _seller() -> Response | None:
    """Let people of a stall in; ``g.stall`` is the one they stand in."""
    wanted = _chosen()
    if not current_user.is_authenticated:
        typed_at(wanted)
        return ask_to_sign_in()
    g.stall = _stall_of(wanted)
    if g.stall is None:
        if request.endpoint == BOARD:  # The door for sellers, at the foot of every page.
            return redirect(path("/mo-gian-hang"), 303)
        abort(404)
    typed_at(g.stall.id)
    shown_only_at(lambda place: getattr(_stall_of(place), "id", None), g.stall.id)
    if not g.stall.reaches(request.endpoint or ""):
        if request.endpoint == BOARD:  # Where signing in leads; she has another first page.
            return redirect(path(HOME_ADDRESS), 303)
        abort(404)
    _stand_in(g.stall)
    return None


def stall_around() -> Stall | None:
    """Return the stall in whose frame a seller sees a page that is everybody's; None: in no stall.

    It frames the page and lets nobody do anything: that is what the guard is for.
    """
    g.stall = _stall_of(_chosen()) if current_user.kind == "seller" else None
    return g.stall


def _chosen() -> int | None:
    chosen = request.cookies.get(STALL_COOKIE, "")
    return int(chosen) if chosen.isascii() and chosen.isdecimal() and len(chosen) < 16 else None


def _stall_of(wanted: int | None) -> Stall | None:
    return seller_of_account(db.session(), current_user.id, now_utc(), wanted)


def _stand_in(stall: Stall) -> None:
    if stall.help is not None:
        g.helping = stall.help
        g.acts_for = (stall.help.owner_id, stall.help.owner_name)
    act_for_seller(db.session(), stall.id)


@contextmanager
def standing_at(stall_id: int, act: str, arguments: dict[str, Any]) -> Iterator[None]:
    """Do one act at a named stall: tapped there, it is done there, wherever she stands by now.

    Args:
        act, arguments: the view that does the same, as helpers' rights and their log know it.

    Raises:
        StandsThereNoMore: she works and helps there no more, or that act was taken from her.

    Whoever did something calls ``was_done``: what is sent twice is read back once.
    """
    stall = seller_of_account(db.session(), current_user.id, now_utc(), stall_id)
    if stall is None or stall.id != stall_id or not stall.reaches(act):
        raise StandsThereNoMore
    g.stall, g.helped_act = stall, (act, arguments)
    _stand_in(stall)
    g.pop("helping", None)  # It may have been done before: ``was_done`` says that it was not.
    try:
        yield
    finally:
        for name in ("stall", "helped_act", "helping", "acts_for"):
            g.pop(name, None)
        act_for_nobody()


def was_done() -> None:
    """Let the owner read of the act that ``standing_at`` stands for, if a helper did it."""
    if g.stall.help is not None:
        g.helping = g.stall.help


def init_sellers(app: Flask) -> None:
    register_guard("seller", _seller)
    know_kinds(app, seller_kinds)
    init_helping(app)

    @app.teardown_request
    def _leave_the_stall(_error: BaseException | None) -> None:
        act_for_nobody()
