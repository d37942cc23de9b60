"""Where gateways call: prove, store, answer. Work happens afterwards."""

import logging

from flask import Blueprint, Response, jsonify, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import RequestEntityTooLarge

from shop.db import in_transaction
from shop.kernel.clock import now_utc
from shop.payments.gateways.actions.keeping import count_refused, keep_message
from shop.payments.methods import GATEWAYS
from shop.payments.methods.online import settings_now
from shop.payments.rules.gateways import MOST_BYTES, Unreadable
from shop.web.guards import guard
from shop.web.limits import limit, visitor_key

blueprint = Blueprint("gateways", __name__)
logger = logging.getLogger(__name__)

_RATE = "1200 per minute"
_UNPROVED_RATE = "120 per minute"


@blueprint.post("/webhooks/stripe")
@guard("hook")
def stripe_told() -> ResponseReturnValue:
    """Stripe tells what happened to charges, refunds, disputes and payouts."""
    fault = take("card", 400)
    return fault or _answer(200)


def take(gateway: str, refused_with: int) -> Response | None:
    """Prove and store what a gateway sent in this request; None when it was taken.

    A copy of what came before is taken too, and changes nothing.
    """
    if not GATEWAYS[gateway].is_on(settings_now()):
        limit(_UNPROVED_RATE, "hook", visitor_key())
        return _answer(404)
    limit(_RATE, "gateway", gateway, visitor_key())
    request.max_content_length = MOST_BYTES
    try:
        body = request.get_data(cache=True)
    except RequestEntityTooLarge:
        return _refuse(gateway, "unreadable", refused_with)
    now = now_utc()
    fault = GATEWAYS[gateway].fault(dict(request.headers), body, now)
    if fault is not None:
        return _refuse(gateway, fault, refused_with)
    try:
        outside_id, kind = GATEWAYS[gateway].envelope(body)
    except Unreadable:
        return _refuse(gateway, "unreadable", refused_with)
    in_transaction(
        lambda session: keep_message(
            session, gateway=gateway, outside_id=outside_id, kind=kind, body=body, now=now
        )
    )
    return None


def _refuse(gateway: str, reason: str, status: int) -> Response:
    """Answer that nothing was taken, and leave a trail of it; what was sent is in no log."""
    now = now_utc()
    in_transaction(lambda session: count_refused(session, gateway=gateway, reason=reason, now=now))
    logger.warning("Gateway %s sent what is refused: %s", gateway, reason)
    return _answer(status)


def _answer(status: int) -> Response:
    answer = jsonify(received=status == 200)
    answer.status_code = status
    answer.headers["Cache-Control"] = "no-store"
    return answer
