"""Papers of makers and goods: what they are called, when they count, what must stand on them.

Source: DOMAIN 3.2, 3.6: buyers see what was checked, and nothing that has run out.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, NamedTuple

from shop.kernel.errors import Refusal


class PaperKind(NamedTuple):
    """What a kind of paper needs: the product it is about, stars, a last day, a name."""

    of_product: bool
    has_stars: bool
    must_expire: bool
    is_named: bool
    #: The maker's own word by law: shown before anybody looked at it.
    is_own_word: bool
    #: Buyers read that it was seen, and nothing that stands on it; its file goes once it was.
    is_private: bool = False


KINDS: dict[str, PaperKind] = {
    "ocop": PaperKind(True, True, True, False, False),
    "food_safety": PaperKind(False, False, True, False, False),
    "declaration": PaperKind(True, False, False, False, True),
    "other": PaperKind(False, False, False, True, False),
    "identity": PaperKind(False, False, False, False, False, True),
}
STARS = (3, 4, 5)
#: A maker is warned so long before a paper runs out: a new OCOP or food-safety paper takes weeks.
WARN_BEFORE = timedelta(days=60)
#: She gets a letter when so many days are left: a first one, and a last one.
REMIND_AT = (60, 14)
#: Of an identity paper no more of its number is kept.
LAST_SIGNS = 4


class PaperIncomplete(Refusal):
    """``missing``: "product", "stars", "expires_on" or "name" that this kind of paper needs."""

    code = "paper_incomplete"
    status = 422


class PaperChanged(Refusal):
    """What was looked at stands there no more: another wording, or it was put away."""

    code = "paper_changed"


@dataclass(frozen=True, kw_only=True)
class PaperFields:
    """What stands on a paper."""

    kind: str
    number: str
    product_id: int | None = None
    name: str = ""
    issuer: str = ""
    issued_on: date | None = None
    expires_on: date | None = None
    stars: int | None = None


def complete(fields: PaperFields) -> PaperFields:
    """Return the fields with what does not belong to this kind left out.

    Raises:
        PaperIncomplete
    """
    kind = KINDS[fields.kind]
    for needed, value, name in (
        (kind.of_product, fields.product_id, "product"),
        (kind.has_stars, fields.stars, "stars"),
        (kind.must_expire, fields.expires_on, "expires_on"),
        (kind.is_named, fields.name, "name"),
    ):
        if needed and not value:
            raise PaperIncomplete(missing=name)
    signs = "".join(c for c in fields.number if c.isalnum())
    return PaperFields(
        kind=fields.kind, number=signs[-LAST_SIGNS:] if kind.is_private else fields.number,
        product_id=None if kind.is_private else fields.product_id,
        name=fields.name if kind.is_named else "", issuer=fields.issuer,
        issued_on=fields.issued_on, expires_on=fields.expires_on,
        stars=fields.stars if kind.has_stars else None,
    )  # fmt: skip


def holds_on(paper: Any, today: date) -> bool:
    """Tell whether a paper has not run out. ``paper``: a row with ``expires_on``."""
    return paper.expires_on is None or today <= paper.expires_on


def is_shown(paper: Any, today: date) -> bool:
    """Tell whether buyers see a paper: it holds, and it was checked or is the maker's own word."""
    return holds_on(paper, today) and (
        paper.checked_at is not None or KINDS[paper.kind].is_own_word
    )


def runs_out_soon(papers: Iterable[Any], today: date) -> list[Any]:
    """Return papers that ran out or will within ``WARN_BEFORE``, the first to end first."""
    soon = [p for p in papers if p.expires_on is not None and p.expires_on <= today + WARN_BEFORE]
    return sorted(soon, key=lambda paper: paper.expires_on)


def reminder_due(expires_on: date, today: date) -> int | None:
    """Return which of ``REMIND_AT`` a paper has reached, the nearest end first; None: none yet.

    >>> [reminder_due(date(2026, 12, 31), date(2026, 12, day)) for day in (1, 17, 31)]
    [60, 14, 14]
    """
    left = (expires_on - today).days
    reached = [days for days in REMIND_AT if 0 <= left <= days]
    return min(reached) if reached else None
