"""Where gateways call: prove, store, answer. Work happens afterwards."""

import logging
from typing import Any

from flask import Blueprint, Response, jsonify, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import RequestEntityTooLarge

from shop.current import current_settings
from shop.db import db, in_transaction
from shop.kernel.clock import now_utc
from shop.payments.gateways.actions.keeping import Message, count_refused, keep_messages
from shop.payments.gateways.tasks import asked_for
from shop.payments.methods import GATEWAYS
from shop.payments.methods.online import Came, Online
from shop.payments.rules.gateways import MOST_BYTES, NOTHING, Told, Unreadable
from shop.together import in_shared_transaction
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
    return _taken("card")


@blueprint.get("/webhooks/vnpay")
@guard("hook")
def vnpay_told() -> ResponseReturnValue:
    """VNPay tells what became of a payment; it asks by address, as its rules want it."""
    return _taken("vnpay")


@blueprint.post("/webhooks/momo")
@guard("hook")
def momo_told() -> ResponseReturnValue:
    """MoMo tells what became of a payment."""
    return _taken("momo")


@blueprint.post("/webhooks/zalopay")
@guard("hook")
def zalopay_told() -> ResponseReturnValue:
    """ZaloPay tells that somebody paid."""
    return _taken("zalopay")


def _taken(name: str) -> Response:
    """Prove and store what a gateway sent in this request, and answer in its words.

    A copy of what came before is taken too, and changes nothing.
    """
    gateway = GATEWAYS[name]
    if not gateway.is_on(current_settings()):
        limit(_UNPROVED_RATE, "hook", visitor_key())
        return _answer(404, {"received": False})
    limit(_RATE, "gateway", name, visitor_key())
    request.max_content_length = MOST_BYTES
    try:
        body = request.get_data(cache=True) if request.method == "POST" else request.query_string
    except RequestEntityTooLarge:
        return _refuse(gateway, "unreadable")
    now = now_utc()
    fault = gateway.fault(dict(request.headers), body, now)
    if fault is not None:
        return _refuse(gateway, fault)
    try:
        outside_id, kind = gateway.envelope(body)
    except Unreadable:
        return _refuse(gateway, "unreadable")
    told = _told(gateway, body)
    asked = asked_for(db.session(), name, told.key) if told.key else None
    message = Message(name, outside_id, kind, body, now)
    message_id = in_shared_transaction(keep_messages, message)
    how = "copy" if message_id is None else "stored"
    return _answer(*gateway.answer(Came(how, told=told, asked=asked)))


def _told(gateway: Online, body: bytes) -> Told:
    """Return what a message says for the answer; one that says nothing clear is a person's later."""
    try:
        return gateway.told(body) if gateway.wants_asked else NOTHING
    except Unreadable:
        return NOTHING


def _refuse(gateway: Online, reason: str) -> Response:
    """Answer that nothing was taken, and leave a trail of it; what was sent is in no log."""
    name, now = gateway.name, now_utc()
    in_transaction(lambda session: count_refused(session, gateway=name, reason=reason, now=now))
    logger.warning("Gateway %s sent what is refused: %s", name, reason)
    return _answer(*gateway.answer(Came("refused", why=reason)))


def _answer(status: int, said: dict[str, Any] | None) -> Response:
    answer = jsonify(said) if said is not None else Response(status=status)
    answer.status_code = status
    answer.headers["Cache-Control"] = "no-store"
    return answer
