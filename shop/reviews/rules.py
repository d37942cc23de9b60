"""Rules of reviews: who may write one and until when, how it is shown, why words may be hidden.

Law on e-commerce, art. 17.2.h: buyers can review and all reviews are shown. Consumer law,
art. 10.3.c: hiding bad ones is forbidden. So stars always count, and words are hidden only
for one of ``HIDE_REASONS``, which the public page names. Plain Python.
"""

import re
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

from shop.kernel.clock import vietnam_date
from shop.kernel.errors import Refusal
from shop.ordering.rules import SellerOrderState

MOST_LETTERS = 1500
#: From the day it arrived; the private link lives as long.
WRITE_FOR = timedelta(days=90)
#: From the day it was written.
CHANGE_FOR = timedelta(days=30)
#: Why words may be hidden. That somebody is unhappy, or the maker disagrees, is none of them.
HIDE_REASONS = ("personal_data", "insult", "unlawful", "advertising", "not_goods")
#: What of a review can be hidden: the buyer's words, or the maker's reply.
HIDEABLE = ("words", "reply")
#: Goods that came back after they had arrived can be reviewed as well.
ARRIVED = frozenset(
    {SellerOrderState.DELIVERED, SellerOrderState.COMPLETED, SellerOrderState.RETURNED}
)

_ADDRESS = re.compile(
    r"https?:|www\.|[\w.-]+@[\w.-]+\w|\b[\w-]{2,}\.(?:com|vn|net|org|info|shop|xyz|me|top|site|online|click|link)\b",
    re.IGNORECASE,
)
_PHONE = re.compile(r"(?<![\d.])(?:0|\+?84)[\s.\-]?[2-9](?:[\s.\-]?\d){7,}")


class NameShown(StrEnum):
    """What of the writer's name the page shows."""

    INITIAL = "initial"
    GIVEN = "given"
    NONE = "none"


class NotArrivedYet(Refusal):
    """A review is written once the goods have arrived."""

    code = "review_not_arrived"


class ReviewOfOwn(Refusal):
    """The stall wrote this order itself, or somebody of the stall ordered: that is no buyer's word."""

    code = "review_own"


class ReviewTooLate(Refusal):
    """The goods arrived longer ago than ``days``."""

    code = "review_too_late"


class ReviewFixed(Refusal):
    """It was written longer ago than ``days``, and stays as it is."""

    code = "review_fixed"


class ReviewReported(Refusal):
    """The maker has reported these words already."""

    code = "review_reported"


class ReviewMovedOn(Refusal):
    """Its words are hidden, or shown, already; or nothing was reported."""

    code = "review_moved_on"


class NoLegalReason(Refusal):
    """Words are hidden for one of the listed reasons alone."""

    code = "review_no_reason"
    status = 422


class Counts(NamedTuple):
    """How many reviews gave one star, two … five."""

    one: int = 0
    two: int = 0
    three: int = 0
    four: int = 0
    five: int = 0

    @property
    def number(self) -> int:
        return sum(self)

    @property
    def tenths(self) -> int:
        """The average in tenths of a star, rounded half up: 45 is 4.5. 0 without reviews."""
        points = sum(stars * many for stars, many in enumerate(self, 1))
        return (20 * points + self.number) // (2 * self.number) if self.number else 0


def need_open(state: str, arrived_at: datetime | None, now: datetime) -> None:
    """Let a first review pass, or say why not.

    Raises:
        NotArrivedYet, ReviewTooLate
    """
    if arrived_at is None or state not in ARRIVED:
        raise NotArrivedYet
    if not within(arrived_at + WRITE_FOR, now):
        raise ReviewTooLate(days=WRITE_FOR.days)


def within(closes_at: datetime, now: datetime) -> bool:
    """Tell whether it is not later than the end of that day in Vietnam, as pages say."""
    return vietnam_date(now) <= vietnam_date(closes_at)


def change_until(written_at: datetime, arrived_at: datetime) -> datetime:
    """Return the day to whose end its writer may change it: not longer than her link lives."""
    return min(written_at + CHANGE_FOR, arrived_at + WRITE_FOR)


def shown_name(how: str, name: str) -> str:
    """Return what the page shows of a name.

    >>> [shown_name(how, "Lê Thị Hoa") for how in ("initial", "given", "none")]
    ['H.', 'Hoa', '']
    >>> shown_name("given", "Hoa 0905123456")
    'Hoa'
    """
    given = next((word for word in reversed(name.split()) if word.isalpha()), "")
    if how == NameShown.NONE or not given:
        return ""
    return given if how == NameShown.GIVEN else f"{given[0].upper()}."


def leads_elsewhere(text: str) -> bool:
    """Tell whether words hold a web or mail address or a phone number.

    >>> [leads_elsewhere(t) for t in ("Ngon, giá 1.200.000", "gọi 0905 000 118", "xem abc.vn")]
    [False, True, True]
    """
    return bool(_ADDRESS.search(text) or _PHONE.search(text))


def need_reason(reason: str) -> None:
    """Raise NoLegalReason unless it is one of the list."""
    if reason not in HIDE_REASONS:
        raise NoLegalReason


def may_report(
    reported_at: datetime | None, answered_at: datetime | None, changed_at: datetime | None
) -> bool:
    """Tell whether the maker may report these words: once, and again when they were changed."""
    if reported_at is None:
        return True
    return answered_at is not None and changed_at is not None and changed_at > answered_at
