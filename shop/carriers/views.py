"""Where carriers call: at an address that nobody guesses. Prove, store, answer; work comes after."""

import logging

from flask import Blueprint, Response, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import RequestEntityTooLarge

from shop.carriers.actions import keep_words
from shop.carriers.queries import account_at, keys_of
from shop.carriers.rules import CARRIERS
from shop.carriers.rules.protocol import Unreadable
from shop.db import db, in_transaction
from shop.kernel.clock import now_utc
from shop.web.guards import guard
from shop.web.limits import limit, visitor_key

blueprint = Blueprint("carriers", __name__)
logger = logging.getLogger(__name__)

_RATE, _UNKNOWN_RATE = "600 per minute", "60 per minute"
_MOST_BYTES = 64 * 1024


@blueprint.post("/webhooks/van-chuyen/<address>")
@guard("hook")
def told(address: str) -> ResponseReturnValue:
    """Take a carrier's word of a parcel; a copy is taken too, and changes nothing."""
    account = account_at(db.session(), address) if len(address) < 40 else None
    if account is None:
        limit(_UNKNOWN_RATE, "carrier-hook", visitor_key())
        return _answer(404)
    account_id, carrier = account.id, CARRIERS[account.carrier]
    secret = keys_of(account).get("secret", "")
    limit(_RATE, "carrier", str(account_id))
    request.max_content_length = _MOST_BYTES
    try:
        found = carrier.told(request.get_data(), secret)
    except RequestEntityTooLarge:
        return _answer(413)
    except Unreadable as refused:
        logger.warning("Carrier %s sent what is refused: %s", carrier.key, refused)
        return _answer(401 if str(refused) == "token" else 400)
    now = now_utc()
    in_transaction(lambda session: keep_words(session, account_id=account_id, told=found, now=now))
    return _answer(200)


def _answer(status: int) -> Response:
    answer = Response(status=status)
    answer.headers["Cache-Control"] = "no-store"
    return answer
