"""Stripe, as far as the shop uses it, for tests: behind the shop's one door to gateways.

It refuses parameters that Stripe's library does not know (checked against its typed
parameter classes), keeps idempotency keys, signs what it tells, and can fail, delay, repeat
and reorder. Its interface and payment page are a small site of their own (``site``) for real
browsers.
"""

import html
import itertools
import json
import random
import re
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import stripe
from stripe.params import (
    BalanceTransactionListParams,
    EventListParams,
    PaymentIntentRetrieveParams,
    RefundCreateParams,
    RefundListParams,
)
from stripe.params.checkout import (
    SessionCreateParams,
    SessionExpireParams,
    SessionRetrieveParams,
)

from shop.kernel.errors import OutsideFailure

KEY = "sk_test_a_key_of_tests"
SECRET = "whsec_a_secret_of_tests"
#: The card that Stripe's test world declines.
DECLINED = "4000000000000002"
#: What the library may send beside a call's own parameters never reaches the wire.
_OPTIONS = {"api_key", "stripe_version", "stripe_account", "stripe_context", "max_network_retries",
            "idempotency_key", "content_type", "headers"}  # fmt: skip


class Refused(Exception):
    """Stripe's answer 400, 402 or 404, in its own shape."""

    def __init__(
        self, status: int, code: str, message: str, kind: str = "invalid_request_error"
    ) -> None:
        super().__init__(message)
        self.status, self.code, self.kind = status, code, kind


@dataclass
class StripeStandIn:
    """One Stripe account. Register it as ``app.extensions["gateway_transport"]``."""

    #: Where its payment page lies.
    page: str = "https://checkout.stripe.com"
    secret: str = SECRET
    #: 1 unit of the account's own currency in what is charged: charges in other currencies are
    #: settled by it. None: settled in the currency of the charge.
    settles_in: str | None = None
    settle_rate: float = 1.0
    sessions: dict[str, dict[str, Any]] = field(default_factory=dict)
    refunds: dict[str, dict[str, Any]] = field(default_factory=dict)
    disputes: dict[str, dict[str, Any]] = field(default_factory=dict)
    payouts: dict[str, dict[str, Any]] = field(default_factory=dict)
    #: How far payments are: processing, succeeded, requires_payment_method.
    intents: dict[str, str] = field(default_factory=dict)
    #: Balance transactions that no payout has taken yet.
    balance: list[dict[str, Any]] = field(default_factory=list)
    #: Everything it has to tell, oldest first.
    events: list[dict[str, Any]] = field(default_factory=list)
    #: The same, sent or not.
    history: list[dict[str, Any]] = field(default_factory=list)
    #: What goes wrong next: before, after (the act, without an answer), 500, 429, declined.
    trouble: list[str] = field(default_factory=list)
    asked: list[tuple[str, str]] = field(default_factory=list)
    #: Refunds stay "pending" until ``settle_refund``.
    slow_refunds: bool = False
    _kept: dict[str, tuple[str, tuple[int, str]]] = field(default_factory=dict)
    _numbers: Any = field(default_factory=lambda: itertools.count(1))

    # --- what the shop asks ---

    def __call__(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes
    ) -> tuple[int, str, Mapping[str, str]]:
        there = urlsplit(url)
        assert there.netloc == "api.stripe.com", url
        given = {name.lower(): value for name, value in headers.items()}
        assert given["authorization"] == f"Bearer {KEY}"
        self.asked.append((method.upper(), there.path))
        wrong = self.trouble.pop(0) if self.trouble else ""
        if wrong == "before":
            raise OutsideFailure("api.stripe.com did not answer: timeout.")
        if wrong in ("500", "429"):
            return int(wrong), json.dumps({"error": {"type": "api_error", "message": "later"}}), {}
        form = parse_qsl(body.decode() or there.query, keep_blank_values=True)
        answer = self._once(method.lower(), there.path, form, given.get("idempotency-key"), wrong)
        if wrong == "after":
            raise OutsideFailure("api.stripe.com did not answer: timeout.")
        return answer[0], answer[1], {"Request-Id": f"req_{next(self._numbers)}"}

    def _once(
        self, method: str, path: str, form: list[tuple[str, str]], key: str | None, wrong: str
    ) -> tuple[int, str]:
        """Answer, and answer the same to the same key; the same key for something else is an error."""
        said = json.dumps([path, sorted(form)])
        if method == "post" and key and key in self._kept:
            before, answer = self._kept[key]
            if before != said:
                return self._error(
                    Refused(400, "idempotency_key_in_use", "Keys for idempotent requests can only be "
                            "used with the same parameters.", "idempotency_error")
                )  # fmt: skip
            return answer
        try:
            if wrong == "declined":
                raise Refused(402, "charge_already_refunded", "It was given back.")
            answer = (200, json.dumps(self._route(method, path, form)))
        except Refused as refused:
            answer = self._error(refused)
        if method == "post" and key:
            self._kept[key] = (said, answer)
        return answer

    def _error(self, refused: Refused) -> tuple[int, str]:
        error = {"type": refused.kind, "code": refused.code, "message": str(refused)}
        return refused.status, json.dumps({"error": error})

    def _route(self, method: str, path: str, form: list[tuple[str, str]]) -> dict[str, Any]:
        for verb, pattern, params, answer in self._calls():
            found = re.fullmatch(pattern, path)
            if found and verb == method:
                typed = unfolded(form)
                check(params, typed)
                return answer(typed, *found.groups())
        raise Refused(404, "resource_missing", f"Unrecognized request URL ({method} {path}).")

    def _calls(self) -> list[tuple[str, str, Any, Callable[..., dict[str, Any]]]]:
        return [
            ("post", "/v1/checkout/sessions", SessionCreateParams, self._create_session),
            ("get", "/v1/checkout/sessions/([^/]+)", SessionRetrieveParams, self._session),
            ("post", "/v1/checkout/sessions/([^/]+)/expire", SessionExpireParams, self._expire),
            ("get", "/v1/payment_intents/([^/]+)", PaymentIntentRetrieveParams, self._intent),
            ("post", "/v1/refunds", RefundCreateParams, self._refund),
            ("get", "/v1/refunds", RefundListParams, self._list_refunds),
            ("get", "/v1/events", EventListParams, self._list_events),
            ("get", "/v1/balance_transactions", BalanceTransactionListParams, self._list_balance),
        ]  # fmt: skip

    def _new(self, prefix: str) -> str:
        return f"{prefix}_{next(self._numbers):024d}"

    def _create_session(self, asked: dict[str, Any]) -> dict[str, Any]:
        if (
            asked.get("mode") != "payment"
            or not asked.get("line_items")
            or "success_url" not in asked
        ):
            raise Refused(400, "parameter_missing", "mode, line_items and success_url are needed.")
        ends = int(asked.get("expires_at", time.time() + 86_400))
        if not 1800 - 5 <= ends - time.time() <= 86_400:
            raise Refused(
                400, "parameter_invalid", "expires_at is between 30 minutes and 24 hours."
            )
        price = asked["line_items"][0]["price_data"]
        amount, currency = int(price["unit_amount"]), price["currency"]
        least = 10_000 if currency == "vnd" else 50
        if amount < least:
            raise Refused(400, "amount_too_small", "The amount is too small.")
        session_id = self._new("cs_test")
        session = {
            "id": session_id, "object": "checkout.session", "mode": "payment", "status": "open",
            "payment_status": "unpaid", "amount_total": amount, "currency": currency,
            "client_reference_id": asked.get("client_reference_id"), "payment_intent": None,
            "metadata": asked.get("metadata", {}), "expires_at": ends, "livemode": False,
            "success_url": asked["success_url"], "cancel_url": asked.get("cancel_url"),
            "url": f"{self.page}/c/pay/{session_id}",
            "locale": asked.get("locale"), "name": price["product_data"]["name"],
            "intent_metadata": asked.get("payment_intent_data", {}).get("metadata", {}),
        }  # fmt: skip
        self.sessions[session_id] = session
        return session

    def _session(self, _asked: dict[str, Any], session_id: str) -> dict[str, Any]:
        if session_id not in self.sessions:
            raise Refused(404, "resource_missing", "No such checkout.session.")
        return self.sessions[session_id]

    def _intent(self, _asked: dict[str, Any], intent: str) -> dict[str, Any]:
        if intent not in self.intents:
            raise Refused(404, "resource_missing", "No such payment_intent.")
        return {"id": intent, "object": "payment_intent", "status": self.intents[intent]}

    def _expire(self, asked: dict[str, Any], session_id: str) -> dict[str, Any]:
        session = self._session(asked, session_id)
        if session["status"] != "open":
            raise Refused(400, "resource_not_open", "Only open sessions can be expired.")
        session["status"] = "expired"
        self.tell("checkout.session.expired", session)
        return session

    def _refund(self, asked: dict[str, Any]) -> dict[str, Any]:
        session = self._by_intent(asked.get("payment_intent", ""))
        gone = sum(
            r["amount"] for r in self.refunds.values()
            if r["payment_intent"] == session["payment_intent"] and r["status"] != "failed"
        )  # fmt: skip
        amount = int(asked.get("amount", session["amount_total"] - gone))
        if not 0 < amount <= session["amount_total"] - gone:
            raise Refused(400, "charge_already_refunded", "More than is left of the charge.")
        refund = {
            "id": self._new("re"), "object": "refund", "amount": amount,
            "currency": session["currency"], "payment_intent": session["payment_intent"],
            "charge": session["charge"], "metadata": asked.get("metadata", {}),
            "status": "pending" if self.slow_refunds else "succeeded", "failure_reason": None,
        }  # fmt: skip
        self.refunds[refund["id"]] = refund
        if not self.slow_refunds:
            self._moves("refund", -amount, session["currency"], refund, 0)
        self.tell("refund.created", refund)
        self.tell("charge.refunded", {
            "id": session["charge"], "object": "charge", "amount": session["amount_total"],
            "amount_refunded": gone + amount, "payment_intent": session["payment_intent"],
            "currency": session["currency"],
        })  # fmt: skip
        return refund

    def _list_refunds(self, asked: dict[str, Any]) -> dict[str, Any]:
        rows = [r for r in self.refunds.values() if r["payment_intent"] == asked["payment_intent"]]
        return {"object": "list", "data": rows, "has_more": False, "url": "/v1/refunds"}

    def _list_events(self, asked: dict[str, Any]) -> dict[str, Any]:
        since = int(asked["created"]["gte"])
        rows = [event for event in reversed(self.history) if event["created"] >= since]
        return {"object": "list", "data": rows, "has_more": False, "url": "/v1/events"}

    def _list_balance(self, asked: dict[str, Any]) -> dict[str, Any]:
        rows = self.payouts[asked["payout"]]["lines"]
        return {
            "object": "list",
            "data": rows,
            "has_more": False,
            "url": "/v1/balance_transactions",
        }

    def _by_intent(self, intent: str) -> dict[str, Any]:
        for session in self.sessions.values():
            if session["payment_intent"] == intent and intent:
                return session
        raise Refused(404, "resource_missing", "No such payment_intent.")

    # --- what buyers, banks and Stripe do ---

    def pay(self, session_id: str, how: str = "card") -> dict[str, Any]:
        """A buyer pays: "card" at once, "slow" by a bank that answers later. Returns the event."""
        session = self.sessions[session_id]
        assert session["status"] == "open", session["status"]
        session["status"] = "complete"
        session["payment_intent"] = self._new("pi")
        session["charge"] = self._new("ch")
        self.intents[session["payment_intent"]] = "processing"
        if how == "card":
            self._charged(session)
        return self.tell("checkout.session.completed", session)

    def bank_says(self, session_id: str, yes: bool) -> dict[str, Any]:
        """The slow bank of ``pay(…, "slow")`` answers."""
        session = self.sessions[session_id]
        if not yes:
            self.intents[session["payment_intent"]] = "requires_payment_method"
            return self.tell("checkout.session.async_payment_failed", session)
        self._charged(session)
        return self.tell("checkout.session.async_payment_succeeded", session)

    def _charged(self, session: dict[str, Any]) -> None:
        session["payment_status"] = "paid"
        self.intents[session["payment_intent"]] = "succeeded"
        charge = {"id": session["charge"], "object": "charge",
                  "payment_intent": session["payment_intent"]}  # fmt: skip
        fee = session["amount_total"] * 3 // 100
        self._moves("charge", session["amount_total"], session["currency"], charge, fee)

    def settle_refund(self, refund_id: str, status: str, why: str | None = None) -> dict[str, Any]:
        """A slow refund ends, or one that was done comes back."""
        refund = self.refunds[refund_id]
        if status == "succeeded":
            self._moves("refund", -refund["amount"], refund["currency"], refund, 0)
        elif refund["status"] == "succeeded":
            self._moves("refund_failure", refund["amount"], refund["currency"], refund, 0)
        refund["status"], refund["failure_reason"] = status, why
        return self.tell("refund.failed" if status == "failed" else "refund.updated", refund)

    def dispute(self, session_id: str, fee: int = 15, reason: str = "fraudulent") -> dict[str, Any]:
        session = self.sessions[session_id]
        dispute = {
            "id": self._new("du"), "object": "dispute", "amount": session["amount_total"],
            "currency": session["currency"], "payment_intent": session["payment_intent"],
            "charge": session["charge"], "reason": reason, "status": "needs_response",
            "balance_transactions": [],
        }  # fmt: skip
        self.disputes[dispute["id"]] = dispute
        dispute["balance_transactions"].append(
            self._moves("adjustment", -dispute["amount"], dispute["currency"], dispute, fee)
        )
        return self.tell("charge.dispute.created", dispute)

    def close_dispute(self, dispute_id: str, won: bool) -> dict[str, Any]:
        dispute = self.disputes[dispute_id]
        dispute["status"] = "won" if won else "lost"
        if won:
            dispute["balance_transactions"].append(
                self._moves("adjustment", dispute["amount"], dispute["currency"], dispute, 0)
            )
        return self.tell("charge.dispute.closed", dispute)

    def pay_out(self) -> dict[str, Any]:
        """Send all that lies there to the bank."""
        lines, self.balance = self.balance, []
        payout = {
            "id": self._new("po"), "object": "payout", "amount": sum(row["net"] for row in lines),
            "currency": lines[0]["currency"], "arrival_date": int(time.time()), "status": "paid",
        }  # fmt: skip
        own = {"type": "payout", "amount": -payout["amount"], "fee": 0, "net": -payout["amount"],
               "currency": payout["currency"], "source": payout["id"], "id": self._new("txn"),
               "object": "balance_transaction"}  # fmt: skip
        self.payouts[payout["id"]] = {**payout, "lines": [own, *lines]}
        return self.tell("payout.paid", payout)

    def fail_payout(self, payout_id: str) -> dict[str, Any]:
        """The bank did not take it: the money lies here again."""
        payout = self.payouts[payout_id]
        back = {"id": payout_id, "object": "payout"}
        row = self._moves("payout_failure", 0, payout["currency"], back, 0)
        self.balance[-1].update(amount=payout["amount"], net=payout["amount"])
        assert row
        told = {k: v for k, v in payout.items() if k != "lines"}
        return self.tell("payout.failed", {**told, "status": "failed"})

    def _moves(
        self, kind: str, amount: int, currency: str, source: dict[str, Any], fee: int
    ) -> dict[str, Any]:
        rate = self.settle_rate if self.settles_in else 1
        row = {
            "id": self._new("txn"), "object": "balance_transaction", "type": kind,
            "amount": round(amount * rate), "fee": round(fee * rate), "currency": self.settles_in or currency,
            "source": {k: v for k, v in source.items() if k != "balance_transactions"},
        }  # fmt: skip
        row["net"] = row["amount"] - row["fee"]
        self.balance.append(row)
        return {k: v for k, v in row.items() if k != "source"}

    # --- what it tells ---

    def tell(self, kind: str, thing: Mapping[str, Any]) -> dict[str, Any]:
        event = {
            "id": self._new("evt"), "object": "event", "type": kind, "livemode": False,
            "created": int(time.time()), "api_version": "2026-10-28.endive",
            "data": {"object": json.loads(json.dumps(thing))},
        }  # fmt: skip
        self.events.append(event)
        self.history.append(event)
        return event

    def signed(self, event: Mapping[str, Any] | bytes, *, at: float | None = None) -> tuple[bytes, dict[str, str]]:  # fmt: skip
        """Return an event as it goes over the wire, signed by Stripe's own code."""
        body = event if isinstance(event, bytes) else json.dumps(event).encode()
        header = stripe.WebhookSignature.generate_signature_header(  # type: ignore[attr-defined]
            body.decode("utf-8", "replace"), self.secret, timestamp=int(at or time.time())
        )
        return body, {"Stripe-Signature": header, "Content-Type": "application/json"}

    def send(self, client: Any, event: Mapping[str, Any] | bytes, *, at: float | None = None, **headers: str) -> Any:  # fmt: skip
        body, signed = self.signed(event, at=at)
        return client.post("/webhooks/stripe", data=body, headers={**signed, **headers})

    def send_all(self, client: Any, *, copies: int = 1, shuffled: random.Random | None = None) -> list[int]:  # fmt: skip
        """Tell everything that it has to tell, each so often; return the answers."""
        told, self.events = self.events * copies, []
        if shuffled is not None:
            shuffled.shuffle(told)
        return [self.send(client, event).status_code for event in told]

    # --- its site, for a real server and a real browser ---

    def site(self, environ: dict[str, Any], start: Callable[..., Any]) -> list[bytes]:
        """Its interface and its payment page, as one WSGI site."""
        size = int(environ.get("CONTENT_LENGTH") or 0)
        body = (environ["wsgi.input"].read(size) if size else b"").decode()
        path = environ["PATH_INFO"]
        if path.startswith("/v1/"):
            assert environ["HTTP_AUTHORIZATION"] == f"Bearer {KEY}"
            form = parse_qsl(body or environ["QUERY_STRING"], keep_blank_values=True)
            key = environ.get("HTTP_IDEMPOTENCY_KEY")
            status, text = self._once(environ["REQUEST_METHOD"].lower(), path, form, key, "")
            start(f"{status} x", [("Content-Type", "application/json"), ("Request-Id", "req_1")])
            return [text.encode()]
        session = self.sessions.get(path.rsplit("/", 1)[-1])
        if session is None:
            start("404 Not Found", [("Content-Type", "text/plain")])
            return [b"no such session"]
        said = ""
        if environ["REQUEST_METHOD"] == "POST":
            typed = dict(parse_qsl(body))
            if typed.get("cardNumber", "").replace(" ", "") != DECLINED:
                self.pay(session["id"])
                start("303 See Other", [("Location", session["success_url"])])
                return [b""]
            said = "<p role=alert>Your card was declined.</p>"
        start("200 OK", [("Content-Type", "text/html; charset=utf-8")])
        return [self._page(session, said).encode()]

    def _page(self, session: Mapping[str, Any], said: str) -> str:
        """Return a page with the names that Stripe's own page has."""
        amount = f"{session['amount_total']:,} {session['currency'].upper()}"
        fields = "".join(
            f"<label>{words} <input id={name} name={name}></label>"
            for name, words in (
                ("email", "Email"), ("cardNumber", "Card number"), ("cardExpiry", "Expiry"),
                ("cardCvc", "CVC"), ("billingName", "Name on card"),
            )
        )  # fmt: skip
        return (
            "<!doctype html><html lang=en><meta name=viewport content='width=device-width'>"
            f"<title>Stand-in of Stripe</title><a class=Header-businessLink href="
            f"'{html.escape(session['cancel_url'])}'>Back</a><h1>{html.escape(session['name'])}</h1>"
            f"<p>{amount}</p>{said}<form method=post>{fields}<button class=SubmitButton>Pay</button></form>"
        )


def unfolded(form: list[tuple[str, str]]) -> dict[str, Any]:
    """Return ``a[b][0][c]=1`` as nested objects and lists.

    >>> unfolded([("a[b][0][c]", "1"), ("d", "2")])
    {'a': {'b': [{'c': '1'}]}, 'd': '2'}
    """
    found: dict[str, Any] = {}
    for name, value in form:
        path = re.findall(r"[^\[\]]+", name)
        at = found
        for step in path[:-1]:
            at = at.setdefault(step, {})
        at[path[-1]] = value
    return {name: _lists(value) for name, value in found.items()}


def _lists(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    inside = {name: _lists(each) for name, each in value.items()}
    if inside and all(name.isdecimal() for name in inside):
        return [inside[name] for name in sorted(inside, key=int)]
    return inside


def check(params: Any, given: Any, at: str = "") -> None:
    """Refuse what Stripe's library does not know: names, and words outside its lists."""
    known = {name: str(kind) for name, kind in params.__annotations__.items()}
    for name, value in given.items():
        if name not in known or (not at and name in _OPTIONS):
            raise Refused(400, "parameter_unknown", f"Received unknown parameter: {at}{name}")
        _check_value(params, known[name], value, f"{at}{name}.")


def _check_value(params: Any, kind: str, value: Any, at: str) -> None:
    module = vars(sys.modules[params.__module__])
    inner = [module[word] for word in re.findall(r"\w+", kind) if hasattr(module.get(word), "__annotations__")
             and word.startswith(params.__name__.split("Params")[0])]  # fmt: skip
    for each in value if isinstance(value, list) else [value]:
        if isinstance(each, dict) and inner:
            check(inner[0], each, at)
        elif isinstance(each, dict) and "Dict[str, str]" not in kind:
            raise Refused(400, "parameter_invalid", f"{at} is no object")
        elif isinstance(each, str) and inner and "Literal" not in kind and "str" not in kind:
            raise Refused(400, "parameter_invalid", f"{at} is an object")
        elif isinstance(each, str) and "Literal[" in kind:
            words = re.findall(r"Literal\[(.*?)\]", kind)[0]
            if each not in re.findall(r"'([^']*)'", words):
                raise Refused(400, "parameter_invalid", f"{at} cannot be {each}")
        elif (
            isinstance(each, str)
            and "int" in kind
            and "str" not in kind
            and not each.lstrip("-").isdecimal()
        ):
            raise Refused(400, "parameter_invalid_integer", f"{at} is no whole number")
