"""The board that stays open: what changed since the page was made, asked or told."""

from flask import Response, g, jsonify, render_template, request
from flask.typing import ResponseReturnValue
from flask_login import current_user

from shop.db import db
from shop.kernel.clock import now_utc, vietnam_date
from shop.selling.queries.live import board_mark, new_orders
from shop.selling.queries.orders import board, live_stands
from shop.selling.views.blueprint import blueprint, page_number
from shop.web.guards import guard
from shop.web.streams import stream
from shop.web.words import language


def mark_of_board(stands: str, stage: str, page: int) -> str:
    """Return the mark of the board as this request looks at it."""
    today = vietnam_date(now_utc())
    return board_mark(stands, f"{stage}:{page}:{language()}:{current_user.id}:{today}")


def number_in(name: str) -> int:
    typed = request.args.get(name, "")
    return int(typed) if typed.isascii() and typed.isdecimal() and len(typed) < 16 else 0


@blueprint.get("/ban-hang/bang")
@guard("seller")
def board_news() -> ResponseReturnValue:
    """The board's inside and what is new on it, for the page that is still open; 304 while nothing is.

    ``tu``: the newest order that the page knows; what came after it is said.
    """
    session, stage, page = db.session(), request.args.get("xem", "can-lam"), page_number()
    mark = mark_of_board(live_stands(session, g.stall.id), stage, page)
    if request.headers.get("If-None-Match", "").removeprefix("W/") == mark:
        answer = Response(status=304)
    else:
        found = board(session, g.stall.id, stage, page, vietnam_date(now_utc()))
        fresh = new_orders(session, g.stall.id, number_in("tu"))
        answer = jsonify(
            html=render_template(
                "selling/board_inside.html", board=found, stall=g.stall, now=now_utc(), mark=mark,
            ),
            unseen=found.unseen,
            newest=found.newest,
            news=[render_template("selling/new_order.txt", new=one).strip() for one in fresh],
        )  # fmt: skip
    answer.headers["ETag"] = mark
    answer.headers["Cache-Control"] = "no-store"
    return answer


@blueprint.get("/ban-hang/nghe")
@guard("seller")
def board_stream() -> ResponseReturnValue:
    """A line that stays open and says when the board changed; the page then asks ``board_news``."""
    return stream(g.stall.id, current_user.id)
