"""Rules of paying on somebody else's page: states, amounts, and what a gateway's message says."""

import hashlib
import hmac
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

from shop.kernel.errors import Refusal
from shop.kernel.sealing import same_secret

#: Signed messages are from now, give or take (QUALITY T42).
TOLERANCE = timedelta(seconds=300)
#: A message is a few kilobytes; Stripe's largest are some tens.
MOST_BYTES = 256 * 1024
#: Stock is not held for ever for somebody who taps "hold it longer".
LONGEST_HOLD = timedelta(hours=24)
#: Nor while a bank says nothing: the slowest (SEPA) answer within two weeks.
LONGEST_PENDING = timedelta(days=21)
#: Ways of paying on another page. The money lies with the card company until it pays out.
ONLINE = ("card", "vnpay", "momo", "zalopay")

#: Kinds of a payout's lines that are the gateway's own fees, not those of a charge.
OWN_FEES = frozenset({
    "stripe_fee", "stripe_fx_fee", "tax_fee", "network_cost", "contribution", "application_fee",
})  # fmt: skip

#: A payer transferred what had gone back another way; and where that money left from.
SENT_TWICE, AT_BANK = "sent_twice", "bank"
#: What a person is asked to look at.
TASKS = (
    "wrong_amount", "unknown_visit", "paid_twice", "came_late", "refund_failed", "refund_outside",
    "refund_too_much", "disputed", "dispute_unclear", "payout_unclear", "payout_failed",
    "never_counted", "gift_lost", SENT_TWICE,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Amounts:
    """What one payment on another page may be, both ends included."""

    least_vnd: int
    most_vnd: int

    def __contains__(self, amount_vnd: int) -> bool:
        return self.least_vnd <= amount_vnd <= self.most_vnd


class Outcome(StrEnum):
    """How a person ended such a task."""

    #: Settled elsewhere, or nothing to do; she says in words what was.
    CLOSED = "closed"
    #: Money that came otherwise than it was asked for is the order's after all.
    COUNTED = "counted"
    #: It goes back to where it came from.
    GIVEN_BACK = "given_back"
    #: The card takes nothing more: the buyer is asked for an account, or takes a code.
    OTHERWISE = "otherwise"
    #: It left the gateway and will not come back.
    WRITTEN_OFF = "written_off"
    #: A payout whose lines are not all known reached the bank.
    BOOKED = "booked"


class VisitState(StrEnum):
    """How far one try to pay is. Only ``paid`` can follow what is over: money may come late."""

    INTENDED = "intended"
    OPEN = "open"
    #: The buyer is done, her bank is not: transfers and the like.
    PENDING = "pending"
    PAID = "paid"
    FAILED = "failed"
    EXPIRED = "expired"
    #: Another try, or another amount, took its place.
    DROPPED = "dropped"


V = VisitState
#: Every move of a visit. What is not here does not happen, in whatever order messages come.
VISIT_MOVES: Mapping[VisitState, frozenset[VisitState]] = {
    V.INTENDED: frozenset({V.OPEN, V.PENDING, V.PAID, V.FAILED, V.EXPIRED, V.DROPPED}),
    V.OPEN: frozenset({V.PENDING, V.PAID, V.FAILED, V.EXPIRED, V.DROPPED}),
    V.PENDING: frozenset({V.PAID, V.FAILED}),
    V.FAILED: frozenset({V.PAID}),
    V.EXPIRED: frozenset({V.PAID}),
    V.DROPPED: frozenset({V.PAID, V.PENDING}),
    V.PAID: frozenset(),
}


class RefundState(StrEnum):
    INTENDED = "intended"
    PENDING = "pending"
    SUCCEEDED = "succeeded"
    FAILED = "failed"


R = RefundState
REFUND_MOVES: Mapping[RefundState, frozenset[RefundState]] = {
    R.INTENDED: frozenset({R.PENDING, R.SUCCEEDED, R.FAILED}),
    R.PENDING: frozenset({R.SUCCEEDED, R.FAILED}),
    # A card company may send money back weeks later.
    R.SUCCEEDED: frozenset({R.FAILED}),
    R.FAILED: frozenset(),
}


class NotPaidOnline(Refusal):
    """This payment is not paid on another page, or nothing is missing of it."""

    code = "not_paid_online"


class AmountNotTaken(Refusal):
    """One payment there is ``least_vnd`` to ``most_vnd``, not ``amount_vnd``: ``method``."""

    code = "amount_not_taken"


class CannotHoldLonger(Refusal):
    """The goods are not held any more, or have been for a day."""

    code = "cannot_hold_longer"


class ToldByGateway(Refusal):
    """Nobody notes by hand what a gateway tells."""

    code = "told_by_gateway"


class NoSuchTask(Refusal):
    """Somebody settled it already."""

    code = "no_such_task"


class NoSuchWayOut(Refusal):
    """This task does not end like that, or not any more."""

    code = "no_such_way_out"


class Unreadable(Exception):
    """A message that does not say what such messages say."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a payout: how its money left. ``source``: the gateway's name of the cause."""

    kind: str
    source: str
    charge_id: str
    amount_minor: int
    fee_minor: int


@dataclass(frozen=True, slots=True)
class Told:
    """What a message says, whichever gateway sent it.

    about: paid, pending, failed, expired, refund, refunds, dispute, payout, payout_failed, nothing.
    key: our own name of the visit or refund; outside_id, charge_id: the gateway's names of the
    thing and of the money. state: of a refund or dispute. lines: of a dispute, how many lines of the
    gateway's account its fee is of. at: when it happened, of a payout and of a visit at Stripe;
    a message may come much later.
    """

    about: str
    key: str = ""
    outside_id: str = ""
    charge_id: str = ""
    currency: str = ""
    amount_minor: int = 0
    state: str = ""
    reason: str = ""
    fee_minor: int = 0
    fee_of_minor: int = 0
    lines: int = 0
    at: datetime | None = None


NOTHING = Told("nothing")
_NO_TEXT = re.compile("[\0\ud800-\udfff]")


def read_json(body: bytes) -> dict[str, Any]:
    """Return a message's object.

    Raises:
        Unreadable
    """
    if len(body) > MOST_BYTES:
        raise Unreadable("too long")
    try:
        found = json.loads(body, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise Unreadable("no JSON") from error
    if not isinstance(found, dict):
        raise Unreadable("no object")
    _refuse_no_text(found)
    return found


def _refuse_no_text(found: dict[str, Any]) -> None:
    """Refuse characters that no database keeps: NUL, and halves of a pair (QUALITY T29).

    Raises:
        Unreadable
    """
    waiting: list[Any] = [found]
    while waiting:
        one = waiting.pop()
        if isinstance(one, dict):
            waiting += [*one, *one.values()]
        elif isinstance(one, list):
            waiting += one
        elif isinstance(one, str) and _NO_TEXT.search(one):
            raise Unreadable("no text")


def _no_constant(name: str) -> None:
    raise ValueError(name)


def part_of(
    amount_vnd: int, whole_vnd: int, whole_minor: int, left_vnd: int, left_minor: int
) -> int:
    """Return what so many đồng of a charge are in its currency; the last part takes the rest.

    >>> part_of(1_000, 3_000, 100, 3_000, 100), part_of(1_000, 3_000, 100, 1_000, 34)
    (33, 34)
    """
    if amount_vnd >= left_vnd:
        return left_minor
    return min(left_minor, max(1, (2 * amount_vnd * whole_minor + whole_vnd) // (2 * whole_vnd)))


# --- Stripe ---


def stripe_fault(secret: str, header: str, body: bytes, now: datetime) -> str | None:
    """Return why a message is not Stripe's, None when it is.

    Source: Stripe's scheme ``t=…,v1=…``: HMAC-SHA256 over "{t}.{body as it came}".
    """
    pairs = [part.strip().split("=", 1) for part in header.split(",") if "=" in part]
    stamp = next((value for name, value in pairs if name == "t"), "")
    given = [value for name, value in pairs if name == "v1"]
    if not stamp or not given:
        return "unsigned"
    if not (stamp.isascii() and stamp.isdecimal() and len(stamp) < 12):
        return "wrong_time"
    if abs(now.timestamp() - int(stamp)) > TOLERANCE.total_seconds():
        return "wrong_time"
    made = hmac.new(secret.encode(), f"{stamp}.".encode() + body, hashlib.sha256).hexdigest()
    return None if any(same_secret(value, made) for value in given) else "wrong_signature"


_SESSIONS = {
    "checkout.session.async_payment_succeeded": "paid",
    "checkout.session.async_payment_failed": "failed",
    "checkout.session.expired": "expired",
}
_REFUNDS = ("refund.created", "refund.updated", "refund.failed", "charge.refund.updated")
_DISPUTES = (
    "charge.dispute.created", "charge.dispute.updated", "charge.dispute.closed",
    "charge.dispute.funds_withdrawn", "charge.dispute.funds_reinstated",
)  # fmt: skip


def stripe_envelope(body: bytes) -> tuple[str, str, bool]:
    """Return (id, kind, whether real money) of an event.

    Raises:
        Unreadable
    """
    event = read_json(body)
    event_id, kind = event.get("id"), event.get("type")
    if not (isinstance(event_id, str) and isinstance(kind, str) and 0 < len(event_id) <= 120):
        raise Unreadable("no event")
    return event_id, kind[:60], event.get("livemode") is True


def read_stripe(body: bytes) -> Told:
    """Return what an event says; ``NOTHING`` for kinds that move no money here.

    Raises:
        Unreadable
    """
    event = read_json(body)
    kind, thing = event.get("type"), _at(event, "data", "object")
    if not isinstance(thing, dict):
        return NOTHING
    if kind == "checkout.session.completed":
        about = "paid" if thing.get("payment_status") == "paid" else "pending"
        return _session(about, thing, _moment(event.get("created")))
    if kind in _SESSIONS:
        return _session(_SESSIONS[str(kind)], thing, _moment(event.get("created")))
    if kind == "charge.refunded":
        return Told("refunds", charge_id=_id(thing.get("payment_intent")))
    if kind in _REFUNDS:
        return stripe_refund(thing)
    if kind in _DISPUTES:
        return _dispute(thing)
    if kind in ("payout.paid", "payout.failed"):
        is_paid = kind == "payout.paid"
        return Told(
            # What fails is told of the payout: it waits for that, as a refund for its charge.
            "payout" if is_paid else "payout_failed",
            charge_id="" if is_paid else _text(thing.get("id")),
            outside_id=_text(thing.get("id")), currency=_currency(thing),
            amount_minor=_whole(thing.get("amount")), at=_moment(thing.get("arrival_date")),
        )  # fmt: skip
    return NOTHING


def _session(about: str, thing: Mapping[str, Any], at: datetime | None) -> Told:
    return Told(
        about, key=_text(thing.get("client_reference_id")), outside_id=_text(thing.get("id")),
        charge_id=_id(thing.get("payment_intent")), currency=_currency(thing),
        amount_minor=_whole(thing.get("amount_total")), at=at,
    )  # fmt: skip


_REFUND_STATES = {"succeeded": R.SUCCEEDED, "failed": R.FAILED, "canceled": R.FAILED}


def stripe_refund(thing: Mapping[str, Any]) -> Told:
    """Return what a refund object says: from a message, a list or the answer to asking for it."""
    return Told(
        "refund", key=_text(_at(thing, "metadata", "refund") or ""),
        outside_id=_text(thing.get("id")), charge_id=_id(thing.get("payment_intent")),
        currency=_currency(thing), amount_minor=_whole(thing.get("amount")),
        state=_REFUND_STATES.get(str(thing.get("status")), R.PENDING),
        reason=_text(thing.get("failure_reason") or "")[:60],
    )  # fmt: skip


#: How a dispute of each of Stripe's states stands; "prevented": settled before a bank took money.
DISPUTE_STATES = {
    "won": "won", "warning_closed": "won", "prevented": "won", "lost": "lost",
    "needs_response": "open", "under_review": "open", "appeal_needs_response": "open",
    "appeal_under_review": "open", "warning_needs_response": "open",
    "warning_under_review": "open",
}  # fmt: skip


def _dispute(thing: Mapping[str, Any]) -> Told:
    moved = [row for row in thing.get("balance_transactions") or [] if isinstance(row, dict)]
    taken = [row for row in moved if _whole(row.get("amount")) < 0]
    status = str(thing.get("status"))
    state = DISPUTE_STATES.get(status, "open")
    asks_only = status.startswith("warning_") or (not moved and state == "won")
    return Told(
        "dispute", outside_id=_text(thing.get("id")), charge_id=_id(thing.get("payment_intent")),
        currency=_currency(thing), amount_minor=0 if asks_only else _whole(thing.get("amount")),
        state=state, reason=_text(thing.get("reason") or "")[:40],
        # Fees stand in the currency of the account: by what was taken there they become đồng.
        fee_minor=sum(_whole(row.get("fee")) for row in moved),
        fee_of_minor=-sum(_whole(row.get("amount")) for row in taken),
        lines=len(moved),
    )  # fmt: skip


def payout_lines(rows: Iterable[Mapping[str, Any]]) -> list[Line]:
    """Return the lines of a payout from Stripe's balance transactions, their source expanded."""
    found = []
    for row in rows:
        if row.get("type") == "payout":
            continue
        source = row.get("source")
        inside = source if isinstance(source, dict) else {}
        found.append(
            Line(
                str(inside.get("object") or row.get("type")), _id(source),
                _id(inside.get("payment_intent")), _whole(row.get("amount")),
                _whole(row.get("fee")),
            )
        )  # fmt: skip
    return found


def _at(thing: Any, *path: str) -> Any:
    for name in path:
        thing = thing.get(name) if isinstance(thing, dict) else None
    return thing


def _id(value: Any) -> str:
    """Return a thing's id, whether the thing or its id stands there."""
    return _text(value.get("id") if isinstance(value, dict) else value)


def _text(value: Any) -> str:
    return value[:120] if isinstance(value, str) else ""


def _whole(value: Any) -> int:
    """Return a whole number; what is none is a message nobody can act on."""
    if value is None:
        return 0
    if type(value) is not int or abs(value) >= 2**53:
        raise Unreadable("no amount")
    return value


def _currency(thing: Mapping[str, Any]) -> str:
    return _text(thing.get("currency") or "")[:3].upper()


def _moment(value: Any) -> datetime | None:
    seconds = _whole(value)
    return datetime.fromtimestamp(seconds, UTC) if 0 < seconds < 2**33 else None


def vnd_of(currency: str, amount_minor: int, known: tuple[str, int, int]) -> int | None:
    """Return what so much is in đồng, by what was asked for; None when nothing says so.

    Args:
        known: (currency, amount in it, the same in đồng).

    >>> vnd_of("VND", 119_000, ("EUR", 436, 120_000)), vnd_of("EUR", 218, ("EUR", 436, 120_000))
    (119000, 60000)
    >>> vnd_of("USD", 218, ("EUR", 436, 120_000))
    """
    if currency == "VND":
        return amount_minor
    if currency != known[0]:
        return None
    return (2 * amount_minor * known[2] + known[1]) // (2 * known[1])


def fee_vnd(fee_minor: int, of_minor: int, of_vnd: int) -> int:
    """Return a fee in đồng, by what the charge is in đồng and in the currency of the fee.

    >>> fee_vnd(15, 400, 110_000), fee_vnd(5, 0, 0)
    (4125, 0)
    """
    if not of_minor:
        return 0
    return (2 * abs(fee_minor) * abs(of_vnd) + abs(of_minor)) // (2 * abs(of_minor)) * (1 if fee_minor >= 0 else -1)  # fmt: skip


def signed_hex(secret: str, text: str, algorithm: str = "sha256") -> str:
    """Return the HMAC of a text; what is no text at all has one too, and it fits nothing."""
    return hmac.new(secret.encode(), text.encode("utf-8", "surrogatepass"), algorithm).hexdigest()


def in_order(fields: Mapping[str, Any], names: Sequence[str]) -> str:
    """Return ``name=value&…`` of these names, values as they are."""
    return "&".join(f"{name}={fields.get(name, '')}" for name in names)
