"""Cards by Stripe's hosted page. The money belongs to the organisation that owns the account."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from shop.current import current_settings
from shop.kernel.settings import Settings
from shop.payments.methods.online import (
    Asking,
    Back,
    CannotBe,
    Looked,
    Looking,
    NotOpened,
    Online,
    Opened,
)
from shop.payments.rules.gateways import (
    Amounts,
    Told,
    Unreadable,
    read_stripe,
    stripe_envelope,
    stripe_fault,
)

#: How a payment by a slow bank ended, as a session is told of.
_BECAME = {
    "succeeded": "async_payment_succeeded",
    "canceled": "async_payment_failed",
    "requires_payment_method": "async_payment_failed",
}


class Card(Online):
    """Cards, Apple Pay and Google Pay, on Stripe's page."""

    name = "card"
    #: Stripe charges half a US dollar at least, in đồng of any of these years, and eight digits.
    takes = Amounts(15_000, 99_999_999)
    takes_rates = True
    can_end = True

    def is_on(self, settings: Settings) -> bool:
        return bool(settings.stripe_secret_key)

    def begin(self, asking: Asking) -> Opened:
        from shop.payments.gateways import stripe_calls  # The SDK loads when somebody pays.

        try:
            return stripe_calls.open_session(asking)
        except CannotBe as refused:
            raise NotOpened(refused.why) from None

    def end(self, outside_id: str) -> None:
        from shop.payments.gateways import stripe_calls

        stripe_calls.end_session(outside_id)

    def fault(self, headers: Mapping[str, str], body: bytes, now: datetime) -> str | None:
        secret = current_settings().stripe_webhook_secret
        return stripe_fault(secret, headers.get("Stripe-Signature", ""), body, now)

    def envelope(self, body: bytes) -> tuple[str, str]:
        event_id, kind, is_real = stripe_envelope(body)
        if is_real != ("_live_" in current_settings().stripe_secret_key):
            raise Unreadable("a message of the other mode")
        return event_id, kind

    def told(self, body: bytes) -> Told:
        return read_stripe(body)

    def fetched(self, told: Told) -> Sequence[Any]:
        """Return what Stripe leaves out of its messages: refunds of a charge, lines of a payout."""
        from shop.payments.gateways import stripe_calls

        if told.about == "refunds" and told.charge_id:
            return stripe_calls.refunds_of(told.charge_id)
        if told.about == "payout":
            return stripe_calls.lines_of_payout(told.outside_id)
        return ()

    def look(self, visit: Looking) -> Looked | None:
        from shop.payments.gateways import stripe_calls

        found = stripe_calls.session_now(visit.outside_id)
        kind = {"complete": "completed", "expired": "expired"}.get(str(found.get("status")))
        if kind is None:
            return None
        stands = f"{found.get('id')}:{found.get('status')}:{found.get('payment_status')}"
        if kind == "completed" and found.get("payment_status") == "unpaid":
            # A slow bank: the session says so for ever, the payment itself how that ended.
            became = stripe_calls.intent_state(str(found.get("payment_intent") or ""))
            kind = _BECAME.get(became, kind)
            stands += f":{became}"
        body = {"id": stands, "type": f"checkout.session.{kind}", "data": {"object": found}}
        return Looked(f"looked:{stands}", f"looked.{kind}", json.dumps(body).encode())

    def give_back(self, back: Back) -> Told:
        from shop.payments.gateways import stripe_calls

        return stripe_calls.refund(back.charge_id, back.amount_minor, back.key)
