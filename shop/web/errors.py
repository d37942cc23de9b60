"""Every wrong turn ends on a page of the shop with a way onward."""

import logging

from flask import Flask, Response, g, jsonify, render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy.exc import DataError, DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from werkzeug.datastructures import ImmutableMultiDict
from werkzeug.exceptions import HTTPException

from shop.db import Busy, db
from shop.kernel.errors import OutsideFailure, Refusal, TooMany

logger = logging.getLogger(__name__)

#: Statuses with a page of their own; others are shown as the nearest of them.
PAGES = (400, 403, 404, 405, 409, 410, 413, 414, 422, 429, 431, 500, 503)
#: Statuses that the server answers before the shop is asked: what was sent is no request.
BEFORE_THE_SHOP = (400, 414, 431)


def error_page(status: int, *, refusal: Refusal | None = None) -> Response:
    """Return the page for a status in the reader's language."""
    g.personal = True
    shown = status if status in PAGES else (400 if status < 500 else 500)
    if request.accept_mimetypes.best == "application/json":
        answer = jsonify(error=refusal.code if refusal else shown)
    else:
        answer = Response(
            render_template(
                "errors/error.html",
                status=shown,
                refusal=refusal,
                expired=g.get("form_expired", False),
                another=g.get("form_of_another", ""),
            )
        )
    answer.status_code = status
    if isinstance(refusal, TooMany):
        answer.headers["Retry-After"] = str(refusal.retry_after_s)
    elif status == 503:
        answer.headers["Retry-After"] = "5"
    return answer


def pages_of_the_server(app: Flask) -> dict[int, bytes]:
    """Return {status: a whole answer} in the shop's look, for a server that cannot ask the shop.

    The language is the root's: what came could not be read.
    """
    pages = {}
    for status in BEFORE_THE_SHOP:
        with app.test_request_context("/"):
            answer = app.process_response(error_page(status))
            answer.headers["Connection"] = "close"
            body = answer.get_data()
            answer.headers["Content-Length"] = str(len(body))
            head = f"HTTP/1.1 {answer.status}\r\n{answer.headers}"
        pages[status] = head.encode("latin-1") + body
    return pages


def init_errors(app: Flask) -> None:
    @app.errorhandler(HTTPException)
    def _http(error: HTTPException) -> ResponseReturnValue:
        if error.code is None or error.code < 400:
            return error
        answer = error_page(error.code)
        allow = dict(error.get_headers()).get("Allow")
        if allow:
            answer.headers["Allow"] = allow
        return answer

    @app.errorhandler(Refusal)
    def _refused(refusal: Refusal) -> ResponseReturnValue:
        return error_page(refusal.status, refusal=refusal)

    @app.errorhandler(Busy)
    @app.errorhandler(OperationalError)
    @app.errorhandler(PoolTimeout)
    def _busy(error: Exception) -> ResponseReturnValue:
        logger.warning("The database did not answer: %r", error)
        _let_go()
        return error_page(503)

    @app.errorhandler(OutsideFailure)
    def _outside(error: Exception) -> ResponseReturnValue:
        """A full disk or a silent bucket, say: the same post may well succeed a little later."""
        logger.warning("Something outside the shop did not answer: %s", error)
        _let_go()
        return error_page(503)

    @app.errorhandler(DataError)
    def _unfit(error: Exception) -> ResponseReturnValue:
        """A value that no column can hold came past the forms: refused, and seen in the log."""
        if app.config.get("PROPAGATE_BUGS"):
            raise error
        logger.exception("A value did not fit into the database.")
        _let_go()
        return error_page(400)

    @app.errorhandler(Exception)
    def _bug(error: Exception) -> ResponseReturnValue:
        if app.config.get("PROPAGATE_BUGS"):
            raise error
        # The line names the route, never the path: that may hold a private link's token.
        logger.exception("A page failed.")
        _let_go()
        return error_page(500)


def _let_go() -> None:
    """Drop what the failed request holds, and who asks: its page must not need the database."""
    request.cookies = ImmutableMultiDict()
    try:
        db.session.remove()
    except DBAPIError:
        logger.warning("A broken connection was dropped.")
