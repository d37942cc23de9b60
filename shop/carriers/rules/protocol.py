"""What every carrier can do, in the shop's words.

A carrier is a pair of plain functions for each act: one says what to send, the other reads what
came back. Who sends it, and what happens when nothing comes back, is ``carriers/asking.py``'s.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol, runtime_checkable
from urllib.parse import urlencode

from shop.carriers.rules.boxes import Box
from shop.kernel.errors import OutsideFailure, Refusal

#: More than any fee or sum at a door; what is larger is no amount.
MOST_VND = 10**9


class Track(StrEnum):
    """Where a parcel is, whichever carrier says so; in the order of its way."""

    MADE = "made"
    PICKED = "picked"
    MOVING = "moving"
    OUT = "out"
    FAILED = "failed"
    DELIVERED = "delivered"
    RETURNING = "returning"
    RETURNED = "returned"
    LOST = "lost"
    CANCELLED = "cancelled"


#: After these nothing more happens, whatever comes late.
ENDS = frozenset({Track.DELIVERED, Track.RETURNED, Track.LOST, Track.CANCELLED})
#: Of two words of one moment the later on the way holds.
_RANK = {state: number for number, state in enumerate(Track)}


class CarrierRefused(Refusal):
    """The carrier understood and said no. ``carrier``: its name; ``words``: its own, shortened."""

    code = "carrier_refused"
    status = 422


class KeysMissing(Refusal):
    """A key that the carrier gave is missing or no key. ``names``: of the fields."""

    code = "carrier_keys_missing"
    status = 422


class Unreadable(Exception):
    """A callback that says nothing certain. Caught where it came in."""


@dataclass(frozen=True, slots=True)
class Party:
    """Who sends or receives. ``phone``: as it is dialled in Vietnam."""

    name: str
    phone: str
    street: str
    ward: str
    province: str

    @property
    def whole(self) -> str:
        return ", ".join(part for part in (self.street, self.ward, self.province) if part)


@dataclass(frozen=True, slots=True)
class Thing:
    """One kind of goods in the parcel."""

    name: str
    quantity: int
    price_vnd: int
    weight_g: int


@dataclass(frozen=True, slots=True)
class Shipment:
    """One parcel as a carrier is told of it.

    Attributes:
        client_code: the shop's own name for it; the same one again is the same parcel.
        cod_vnd: to be taken at the door; 0: nothing.
    """

    client_code: str
    sender: Party
    receiver: Party
    weight_g: int
    cod_vnd: int
    value_vnd: int
    box: Box
    things: tuple[Thing, ...] = ()
    note: str = ""


@dataclass(frozen=True, slots=True)
class Call:
    """One request. ``path``: below the carrier's base address."""

    method: str
    path: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back. ``body``: as it came."""

    status: int
    body: bytes

    def read(self) -> dict[str, Any]:
        """Return the object in it.

        Raises:
            OutsideFailure: none is, or the carrier is down or asks for patience.
        """
        if self.status >= 500 or self.status in (408, 429):
            raise OutsideFailure(f"The carrier answered {self.status}.")
        try:
            found = json.loads(self.body.decode("utf-8", "replace"))
        except (ValueError, RecursionError):
            found = None
        if not isinstance(found, dict):
            raise OutsideFailure(f"The carrier answered {self.status} without an object.")
        return found


@dataclass(frozen=True, slots=True)
class Made:
    """A parcel that the carrier knows. ``fee_vnd``: None when it does not say."""

    tracking_code: str
    fee_vnd: int | None


@dataclass(frozen=True, slots=True)
class Told:
    """What a callback or a look says of one parcel.

    Attributes:
        key: names this word among all of this carrier's, so that a copy is known.
        state: None: a word about money or the like, which moves nothing.
        at: when it happened, as the carrier says; None: it does not.
    """

    key: str
    tracking_code: str
    state: Track | None
    at: datetime | None
    words: str = ""


class Carrier(Protocol):
    """A carrier's ways of speaking. All of it is plain: what to send, and what an answer means.

    Attributes:
        keys: names of what it gives to a seller, the secret ones too.
        proves: it sends a secret of its own with each callback; else a callback is only a hint,
            and the carrier is asked what is true.
    """

    key: str
    name: str
    base: str
    test_base: str
    keys: tuple[str, ...]
    proves: bool

    def quote(self, keys: Mapping[str, str], shipment: Shipment) -> Call: ...

    def quoted(self, answer: Answer) -> int:
        """Return the fee in whole đồng. Raises CarrierRefused, OutsideFailure."""
        ...

    def create(self, keys: Mapping[str, str], shipment: Shipment) -> Call: ...

    def created(self, answer: Answer, shipment: Shipment) -> Made:
        """Return the parcel; one that this client code made before is it. Raises as above."""
        ...

    def label(self, keys: Mapping[str, str], tracking_code: str) -> Call: ...

    def labelled(self, answer: Answer, base: str) -> str | bytes:
        """Return the label: a PDF, or the address of the carrier's page that prints it."""
        ...

    def cancel(self, keys: Mapping[str, str], tracking_code: str) -> Call: ...

    def cancelled(self, answer: Answer) -> None:
        """Return when the parcel is cancelled, now or before. Raises as above."""
        ...

    def told(self, body: bytes, secret: str) -> list[Told]:
        """Read a callback. ``secret``: what it must carry, where the carrier ``proves``.

        Raises:
            Unreadable: also when the secret is not right.
        """
        ...


def later(
    state: Track, at: datetime | None, known: Track | None, known_at: datetime | None
) -> bool:
    """Tell whether a word is news after what is known: nothing follows an end, time goes forward.

    >>> later(Track.OUT, None, Track.DELIVERED, None)
    False
    >>> later(Track.DELIVERED, None, Track.OUT, None)
    True
    """
    if known is None:
        return True
    if known in ENDS:
        return False
    if at is not None and known_at is not None and at != known_at:
        return at > known_at
    return _RANK[state] > _RANK[known]


def json_call(method: str, path: str, headers: Mapping[str, str], message: Any) -> Call:
    return Call(
        method, path, {"Content-Type": "application/json", **headers},
        json.dumps(message, ensure_ascii=False).encode(),
    )  # fmt: skip


def asked_by_address(path: str, headers: Mapping[str, str], asked: Mapping[str, Any]) -> Call:
    return Call("GET", f"{path}?{urlencode(asked)}", headers)


def read_vnd(value: Any, name: str) -> int:
    """Return an amount that a carrier sent: whole đồng, also "22000" and 22000.0.

    Raises:
        OutsideFailure: it is none.
    """
    if isinstance(value, str) and value.strip().isascii() and value.strip().isdecimal():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise OutsideFailure(f"The carrier's {name} is no amount.")
    if not 0 <= value <= MOST_VND or value != int(value):
        raise OutsideFailure(f"The carrier's {name} is no amount.")
    return int(value)


def read_code(value: Any) -> str:
    """Return a tracking code.

    Raises:
        OutsideFailure: it is none.
    """
    code = str(value) if isinstance(value, (str, int)) and not isinstance(value, bool) else ""
    if not code or len(code) > 60 or not code.isascii() or not code.isprintable() or " " in code:
        raise OutsideFailure("The carrier named no tracking code.")
    return code


def said(value: Any) -> str:
    """Return a carrier's words: one line, shortened.

    >>> said("  Không\\n tìm thấy ")
    'Không tìm thấy'
    """
    return " ".join(str(value).split())[:200] if isinstance(value, (str, int)) else ""


def of(found: Any, *names: str) -> Any:
    """Return what lies under names in nested objects, None where one is missing."""
    for name in names:
        found = found.get(name) if isinstance(found, dict) else None
    return found


@runtime_checkable
class Trackable(Protocol):
    """A carrier that can be asked where a parcel is; others only tell."""

    def track(self, keys: Mapping[str, str], tracking_code: str) -> Call: ...

    def tracked(self, answer: Answer, tracking_code: str) -> Told: ...
