"""Acts that were done on a phone, perhaps without a network, and sent later. Plain Python.

Each has a name of its own, made where it was tapped. Sent twice, it is done once; what the shop
refuses in the end becomes a task for a person, since the goods changed hands long ago.
"""

import hashlib
import re
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any
from urllib.parse import parse_qsl

from shop.kernel.errors import Refusal

#: At most so many acts come in one message, of so many bytes and fields each.
MOST_ACTS, MOST_BYTES, MOST_FIELDS = 50, 4_096, 60
_KEY = re.compile(r"[0-9a-f]{32}")


class KeyReused(Refusal):
    """The name of the act was used for another one before."""

    code = "queued_key_reused"
    status = 422


class Outcome(StrEnum):
    """What became of an act."""

    DONE = "done"
    #: It was refused: a person looks at it.
    CONFLICT = "conflict"
    #: Nobody keeps it: it cannot be read, or is not hers to do.
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Act:
    """One act as the phone sent it. ``at``: when it was tapped, by the phone's own clock."""

    key: str
    kind: str
    facts: Mapping[str, str]
    at: datetime

    @property
    def digest(self) -> str:
        """Return what tells this act from another one under the same name."""
        said = "\n".join(f"{name}={value}" for name, value in sorted(self.facts.items()))
        return hashlib.sha256(f"{self.kind}\n{said}".encode()).hexdigest()


@dataclass(frozen=True)
class Kind:
    """A kind of act, and what it may do.

    guard: who may, as views say it.
    read: turns what was sent into values; None when it cannot be.
    do: (session, values, act, now) in a transaction; refuses by raising.
    about: the value that says which market, stall or order it belongs to.
    secret: values that are not kept with the act.
    within: stands around the transaction that does it; refuses by raising.
    """

    guard: str
    read: Callable[[Mapping[str, str]], dict[str, Any] | None]
    do: Callable[..., Any]
    about: str
    secret: frozenset[str] = frozenset()
    within: Callable[[dict[str, Any]], AbstractContextManager[Any]] = lambda _values: nullcontext()


def read_act(sent: str) -> Act | None:
    """Read one act: ``ten=…&viec=market.leave&luc=1764230400000&market=3&number=12``.

    >>> read_act("ten=" + "a" * 32 + "&viec=market.leave&luc=0&number=1").facts
    {'number': '1'}
    >>> read_act("ten=x") is None
    True
    """
    if len(sent) > MOST_BYTES:
        return None
    try:
        facts = dict(parse_qsl(sent, keep_blank_values=True, max_num_fields=MOST_FIELDS))
    except ValueError:
        return None
    key, kind, at = (facts.pop(name, "") for name in ("ten", "viec", "luc"))
    if not _KEY.fullmatch(key) or not at.isascii() or not at.isdecimal() or len(at) > 14:
        return None
    if any("\0" in value for value in facts.values()):
        return None
    return Act(key, kind, facts, datetime.fromtimestamp(int(at) / 1000, UTC))


def whole(facts: Mapping[str, str], name: str, most: int) -> int | None:
    """Return a whole number from 0 to ``most``, or None."""
    typed = facts.get(name, "")
    if not typed.isascii() or not typed.isdecimal() or len(typed) > 15:
        return None
    return int(typed) if int(typed) <= most else None
