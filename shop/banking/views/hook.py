"""Where a service tells of money: prove, store, answer. Orders are looked for afterwards."""

import logging

from flask import Blueprint, Response, jsonify, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import RequestEntityTooLarge

from shop.banking.actions.feeds import count_refused
from shop.banking.actions.keeping import Message, keep_messages
from shop.banking.queries.feeds import feed_at, secret_of
from shop.banking.rules.feeds import MOST_BYTES, Unreadable, fault_of, movements_of
from shop.db import db, in_transaction
from shop.kernel.clock import now_utc
from shop.together import in_shared_transaction
from shop.web.guards import guard
from shop.web.limits import limit, visitor_key

blueprint = Blueprint("banking", __name__)
logger = logging.getLogger(__name__)

#: A busy shop has some hundred transfers a day.
_RATE = "1200 per minute"
_UNKNOWN_RATE = "60 per minute"
_STATUS = {"unreadable": 400, "ended": 410}


@blueprint.post("/hook/ngan-hang/<address>")
@guard("hook")
def told(address: str) -> ResponseReturnValue:
    """A service tells of money that came or went."""
    now = now_utc()
    feed = feed_at(db.session(), address[:32])
    if feed is None:
        limit(_UNKNOWN_RATE, "hook", visitor_key())
        return _answer(404)
    feed_id, kind, secret = feed.id, feed.kind, secret_of(feed)
    limit(_RATE, "hook", str(feed_id))
    if feed.ended_at is not None:
        return _refuse(feed_id, "ended")
    request.max_content_length = MOST_BYTES
    try:
        body = request.get_data(cache=False)
    except RequestEntityTooLarge:
        return _refuse(feed_id, "unreadable")
    fault = fault_of(kind, secret, request.headers, body, now)
    if fault is not None:
        return _refuse(feed_id, fault)
    try:
        movements = movements_of(kind, body)
    except Unreadable:
        return _refuse(feed_id, "unreadable")
    in_shared_transaction(keep_messages, Message(feed, movements, now))
    return _answer(200)


def _refuse(feed_id: int, reason: str) -> Response:
    """Answer that nothing was taken, and leave a trail of it; what was sent is in no log."""
    now = now_utc()
    in_transaction(lambda session: count_refused(session, feed_id=feed_id, reason=reason, now=now))
    logger.warning("Feed %s was sent what is refused: %s", feed_id, reason)
    return _answer(_STATUS.get(reason, 401))


def _answer(status: int) -> Response:
    answer = jsonify(success=status == 200)
    answer.status_code = status
    answer.headers["Cache-Control"] = "no-store"
    return answer
