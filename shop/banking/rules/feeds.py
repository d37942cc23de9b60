"""Messages of the services that watch a bank account: SePay and Casso.

Sources: DOMAIN 1.3. Secrets and signatures are compared as bytes (QUALITY T08); a message
that is nested, huge or not text is unreadable, never a failure of the shop (T30).
"""

import hashlib
import hmac
import json
import re
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Protocol

from shop.banking.rules.movements import MOST_TEXT, Movement
from shop.kernel.cells import MOST_VND, Unreadable
from shop.kernel.clock import VIETNAM
from shop.kernel.errors import Refusal
from shop.kernel.sealing import same_secret
from shop.kernel.text import one_line

#: {kind of feed: the service}. The kind also says how its messages prove themselves.
SERVICES = {
    "sepay_hmac": "sepay",
    "sepay_key": "sepay",
    "casso_hmac": "casso",
    "casso_token": "casso",
}
#: Their messages show a word that never changes: whoever saw one can write any other. So a second
#: witness is waited for (QUALITY T43).
BY_KEY_ALONE = frozenset({"sepay_key", "casso_token"})
#: Messages are a few hundred bytes; a list of Casso's may hold several.
MOST_BYTES = 64 * 1024
MOST_MOVEMENTS = 200
TOLERANCE = timedelta(seconds=300)
#: Secrets shorter than this are guessed.
LEAST_SECRET = 12
_DIGITS = re.compile(r"[0-9]{1,16}", re.ASCII)


class Headers(Protocol):
    """The heads of a message, found in any spelling of their names."""

    def get(self, name: str, default: str, /) -> str: ...


class WeakFeedSecret(Refusal):
    """A secret that somebody could guess. ``least``: characters that are needed."""

    code = "weak_feed_secret"
    status = 422


def read_message(body: bytes) -> Any:
    """Return a message's JSON.

    Raises:
        Unreadable
    """
    if len(body) > MOST_BYTES:
        raise Unreadable("too long")
    try:
        return json.loads(body, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise Unreadable("no JSON") from error


def _no_constant(name: str) -> None:
    raise ValueError(name)


def fault_of(kind: str, secret: str, headers: Headers, body: bytes, now: datetime) -> str | None:
    """Return why a message does not come from the service, None when it does.

    Reasons: unsigned, wrong_time, wrong_signature, unreadable.
    """
    return _PROOFS[kind](secret, headers, body, now)


def _by_word(header: str, before: str) -> Any:
    def fault(
        secret: str, headers: Headers, body: bytes, now: datetime
    ) -> str | None:  # fmt: skip
        given = headers.get(header, "")
        if not given:
            return "unsigned"
        said = given[: len(before)].lower() == before.lower()
        same = same_secret(given[len(before) :].strip(), secret)
        return None if said and same else "wrong_signature"

    return fault


def _sepay_signed(secret: str, headers: Headers, body: bytes, now: datetime) -> str | None:
    """HMAC-SHA256 over "{timestamp}.{body as it came}"."""
    stamp, given = headers.get("X-SePay-Timestamp", ""), headers.get("X-SePay-Signature", "")
    if not stamp or not given:
        return "unsigned"
    if not _is_now(stamp, 1, now):
        return "wrong_time"
    made = hmac.new(secret.encode(), f"{stamp}.".encode() + body, hashlib.sha256).hexdigest()
    return None if same_secret(given, f"sha256={made}") else "wrong_signature"


def _casso_signed(secret: str, headers: Headers, body: bytes, now: datetime) -> str | None:
    """HMAC-SHA512 over "{t}.{the JSON anew, keys sorted at every depth}"; t in milliseconds."""
    found = dict(
        part.strip().split("=", 1)
        for part in headers.get("X-Casso-Signature", "").split(",")
        if "=" in part
    )
    stamp, given = found.get("t", ""), found.get("v1", "")
    if not stamp or not given:
        return "unsigned"
    if not _is_now(stamp, 1000, now):
        return "wrong_time"
    try:
        text = json.dumps(
            read_message(body), sort_keys=True, ensure_ascii=False, separators=(",", ":")
        ).encode()
    except (Unreadable, RecursionError, UnicodeEncodeError):
        return "unreadable"
    made = hmac.new(secret.encode(), f"{stamp}.".encode() + text, hashlib.sha512).hexdigest()
    return None if same_secret(given, made) else "wrong_signature"


def _is_now(stamp: str, in_a_second: int, now: datetime) -> bool:
    """Tell whether a time stamp is within five minutes of now, before or after (QUALITY T42)."""
    if not _DIGITS.fullmatch(stamp):
        return False
    away_s = abs(int(stamp) / in_a_second - now.timestamp())
    return away_s <= TOLERANCE.total_seconds()


_PROOFS: dict[str, Any] = {
    "sepay_hmac": _sepay_signed,
    "sepay_key": _by_word("Authorization", "Apikey "),
    "casso_hmac": _casso_signed,
    "casso_token": _by_word("Secure-Token", ""),
}


def movements_of(kind: str, body: bytes) -> list[Movement]:
    """Return what a message tells; an empty list for a service's test message.

    Raises:
        Unreadable: nothing of it is used then.
    """
    message = read_message(body)
    if not isinstance(message, dict):
        raise Unreadable("not an object")
    if SERVICES[kind] == "sepay":
        return [replace(_of_sepay(message), raw=body.decode("utf-8", "replace"))]
    told = message.get("data")
    told = told if isinstance(told, list) else [told]
    if len(told) > MOST_MOVEMENTS:
        raise Unreadable("data")
    return [replace(_of_casso(one), raw=json.dumps(one)) for one in told]


def _of_sepay(told: dict[str, Any]) -> Movement:
    way, amount = told.get("transferType"), _whole(told.get("transferAmount"))
    if way not in ("in", "out") or amount <= 0:
        raise Unreadable("transferType")
    return _movement(
        told, amount if way == "in" else -amount, told.get("transactionDate"),
        accounts=("accountNumber", "subAccount"), texts=("content", "description"),
        references=("referenceCode",),
    )  # fmt: skip


def _of_casso(told: Any) -> Movement:
    if not isinstance(told, dict):
        raise Unreadable("data")
    amount = _whole(told.get("amount"))
    if amount == 0:
        raise Unreadable("amount")
    return _movement(
        told, amount, told.get("transactionDateTime") or told.get("when"),
        accounts=(
            "accountNumber", "virtualAccountNumber", "bank_sub_acc_id", "subAccId",
            "virtualAccount",
        ),
        texts=("description",), references=("reference", "tid"),
    )  # fmt: skip


def _movement(
    told: dict[str, Any],
    amount: int,
    when: Any,
    *,
    accounts: tuple[str, ...],
    texts: tuple[str, ...],
    references: tuple[str, ...],
) -> Movement:
    outside_id = _words(told.get("id"))[:60]
    if not outside_id:
        raise Unreadable("id")
    currency = (_words(told.get("currency")) or "VND").upper()[:3]
    known = [_words(told.get(name)) for name in accounts]
    return Movement(
        outside_id=outside_id,
        accounts=tuple(dict.fromkeys(number for number in known if number)),
        amount_vnd=amount if currency == "VND" else None,
        currency=currency,
        written=str(amount),
        booked_at=_moment(when),
        by_day=False,
        text=next((t for name in texts if (t := _words(told.get(name)))), "")[:MOST_TEXT],
        reference=next((t for name in references if (t := _words(told.get(name)))), "")[:60],
    )


def _whole(value: Any) -> int:
    """Return a whole amount; Casso writes some as 95000.0.

    Raises:
        Unreadable: also for true, text, fractions, and what no account holds.
    """
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if type(value) is not int or abs(value) > MOST_VND:
        raise Unreadable("amount")
    return value


def _words(value: Any) -> str:
    """Return a text or a number as clean text, anything else as nothing."""
    if type(value) is int:
        return str(value) if abs(value) < 10**30 else ""
    return one_line(value) if isinstance(value, str) else ""


def _moment(value: Any) -> datetime:
    """Return an aware time. Services write Vietnam's clock without a zone."""
    try:
        found = datetime.fromisoformat(_words(value))
        if not 2000 <= found.year <= 2100:
            raise Unreadable("time")
        return found if found.tzinfo else found.replace(tzinfo=VIETNAM)
    except ValueError as error:
        raise Unreadable("time") from error
