"""Two phones, one product: what a page showed, what stands now, what she wrote. Plain Python.

A page carries a mark of every value that it showed. Whoever saves second is told what the
first changed; what she wrote herself stays in its fields.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from shop.kernel.errors import Refusal


@dataclass(frozen=True, slots=True)
class Moved:
    """One value that somebody else changed meanwhile. ``mine``: she wrote another one here."""

    name: str
    now: Any
    mine: bool


class GoodsMovedOn(Refusal):
    """Somebody saved meanwhile. ``moved``: of ``Moved``; ``by``: a name or ""; ``at``: or None."""

    code = "goods_moved_on"


def marks(values: Mapping[str, Any]) -> str:
    """Return the marks of what is shown, for a hidden field.

    >>> marks({"price_vnd": 35_000}) == marks({"price_vnd": 35_000}) != marks({"price_vnd": 1})
    True
    """
    return " ".join(f"{name}:{_mark(value)}" for name, value in values.items())


def moved_on(seen: str, now: Mapping[str, Any], typed: Mapping[str, Any]) -> list[Moved]:
    """Return what changed since the page was made and is not what she wrote anyway.

    Args:
        seen: the marks that the page carried; a page without any cannot be compared.

    >>> page = marks({"title": "Muối", "price": 1})
    >>> moved_on(page, {"title": "Muối ớt", "price": 2}, {"title": "Muối", "price": 3})
    [Moved(name='title', now='Muối ớt', mine=False), Moved(name='price', now=2, mine=True)]
    """
    shown = dict(part.split(":", 1) for part in seen.split() if ":" in part)
    return [
        Moved(name, value, mine=_mark(typed[name]) != shown[name])
        for name, value in now.items()
        if name in shown and _mark(value) != shown[name] and _plain(typed[name]) != _plain(value)
    ]


def _mark(value: Any) -> str:
    return hashlib.blake2b(repr(_plain(value)).encode(), digest_size=4).hexdigest()


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, (list, tuple)) else value
