"""What the shop asks of Stripe, by Stripe's own library. Loaded when somebody pays by card."""

import logging
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import stripe
from stripe.params import RefundCreateParams
from stripe.params.checkout import SessionCreateParams

from shop.current import current_settings
from shop.kernel.errors import OutsideFailure
from shop.payments.gateways import outside
from shop.payments.methods.online import Asking, CannotBe, Opened
from shop.payments.rules.gateways import Line, Told, payout_lines, stripe_refund
from shop.web.words import _, speaking

T = TypeVar("T")
#: The library would write what it sends and gets into the log.
logging.getLogger("stripe").setLevel(logging.WARNING)
#: Stripe's word for a language.
_LOCALES = {"vi": "vi", "en": "en"}


class Door(stripe.HTTPClient):
    """Stripe's library, through the shop's one door to gateways."""

    name = "shop"

    def request(
        self, method: str, url: str, headers: Mapping[str, str] | None, post_data: Any = None,
        *, _usage: list[str] | None = None,
    ) -> tuple[str, int, Mapping[str, str]]:  # fmt: skip
        body = post_data.encode() if isinstance(post_data, str) else (post_data or b"")
        try:
            status, text, answered = outside.ask(method, url, headers or {}, body)
        except OutsideFailure as error:
            raise stripe.APIConnectionError(str(error), should_retry=True) from error
        return text, status, {name.lower(): value for name, value in answered.items()}

    def close(self) -> None:
        """Nothing is kept open."""


def _client() -> stripe.StripeClient:
    # Once more after a broken line: the idempotency key makes it one.
    return stripe.StripeClient(
        current_settings().stripe_secret_key,
        http_client=Door(),
        max_network_retries=1,
        base_addresses={"api": current_settings().stripe_api},
    )


def _asked(work: Callable[[stripe.StripeClient], T]) -> T:
    """Ask Stripe something.

    Raises:
        CannotBe: it refuses for good.
        OutsideFailure: it may answer another time. Neither carries what was sent.
    """
    try:
        return work(_client())
    except (stripe.InvalidRequestError, stripe.CardError, stripe.IdempotencyError) as error:
        raise CannotBe(str(error.code or type(error).__name__)[:60]) from None
    except stripe.StripeError as error:
        raise OutsideFailure(f"Stripe: {type(error).__name__} {error.http_status or ''}") from None


def session_params(asking: Asking) -> SessionCreateParams:
    """Return what a checkout session is asked for with; the same for the same visit."""
    with speaking(asking.locale):
        name = asking.title or _("Đơn %(code)s ở Chợ Phiên", code=asking.order_code)
    return {
        "mode": "payment",
        "client_reference_id": asking.key,
        "line_items": [
            {
                "quantity": 1,
                "price_data": {
                    "currency": asking.currency.lower(),
                    "unit_amount": asking.amount_minor,
                    "product_data": {"name": name},
                },
            }
        ],
        "payment_intent_data": {
            "description": asking.memo,
            "metadata": {"visit": asking.key, "memo": asking.memo},
        },
        "metadata": {"visit": asking.key},
        "success_url": asking.back_url,
        "cancel_url": asking.left_url,
        "expires_at": int(asking.expires_at.timestamp()),
        "locale": _LOCALES.get(asking.locale, "auto"),  # type: ignore[typeddict-item]
    }


def open_session(asking: Asking) -> Opened:
    session = _asked(
        lambda client: client.v1.checkout.sessions.create(
            session_params(asking), {"idempotency_key": asking.key}
        )
    )
    if not session.url:
        raise OutsideFailure("Stripe: a session without a page.")
    return Opened(session.url, session.id)


def end_session(session_id: str) -> None:
    """Close a session; one that is paid or over already is left as it is."""
    try:
        _asked(lambda client: client.v1.checkout.sessions.expire(session_id))
    except CannotBe:
        return


def session_now(session_id: str) -> dict[str, Any]:
    """Return a session as it stands at Stripe, as a message would bring it."""
    return _asked(lambda client: client.v1.checkout.sessions.retrieve(session_id)).to_dict()


def intent_state(intent_id: str) -> str:
    """Return how far a payment is, in Stripe's word; "" when there is none."""
    if not intent_id:
        return ""
    try:
        found = _asked(lambda client: client.v1.payment_intents.retrieve(intent_id))
    except CannotBe:
        return ""
    return str(found.status)


def refund(charge_id: str, amount_minor: int, key: str) -> Told:
    """Send money back to the card it came from.

    Another shop on the same account, or this one restored, has refunds of the same number: the
    charge tells them apart.
    """
    params: RefundCreateParams = {
        "payment_intent": charge_id, "amount": amount_minor, "metadata": {"refund": key},
    }  # fmt: skip
    made = _asked(
        lambda client: client.v1.refunds.create(params, {"idempotency_key": f"{charge_id}-{key}"})
    )
    return stripe_refund(made.to_dict())


def refunds_of(charge_id: str) -> list[Told]:
    """Return every refund of a charge, whoever made it."""
    found = _asked(
        lambda client: list(
            client.v1.refunds.list({"payment_intent": charge_id, "limit": 100}).auto_paging_iter()
        )
    )
    return [stripe_refund(one.to_dict()) for one in found]


def lines_of_payout(payout_id: str) -> list[Line]:
    """Return what a payout consists of, each line with its cause."""
    found = _asked(
        lambda client: list(
            client.v1.balance_transactions.list(
                {"payout": payout_id, "limit": 100, "expand": ["data.source"]}
            ).auto_paging_iter()
        )
    )
    return payout_lines(one.to_dict() for one in found)
