"""What holds for a market session: how far it is, when it may be shown, what is left."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any


class SessionState(StrEnum):
    """What officers did. Whether orders are taken follows from it and the clock: ``phase_of``."""

    DRAFT = "draft"
    SHOWN = "shown"
    CANCELLED = "cancelled"


class Phase(StrEnum):
    """How far a session is at a moment."""

    DRAFT = "draft"
    #: Shown, orders are not taken yet.
    COMING = "coming"
    TAKING = "taking"
    #: Orders are fixed, goods are handed over soon or now.
    CLOSED = "closed"
    OVER = "over"
    SETTLED = "settled"
    CANCELLED = "cancelled"


SESSION_MOVES: Mapping[SessionState, frozenset[SessionState]] = {
    SessionState.DRAFT: frozenset({SessionState.SHOWN, SessionState.CANCELLED}),
    SessionState.SHOWN: frozenset({SessionState.CANCELLED}),
    SessionState.CANCELLED: frozenset(),  # Taken back by the trail alone.
}


class NoticeKind(StrEnum):
    """What is announced of a session, in this order; of what was missed only the last is."""

    OPENED = "opened"
    #: A day, and two hours, before orders close.
    DAY = "day"
    HOURS = "hours"
    CLOSED = "closed"


#: So long before the close it is announced.
BEFORE_CLOSE = {NoticeKind.DAY: timedelta(hours=24), NoticeKind.HOURS: timedelta(hours=2)}

#: The mark of parts that were cancelled because too few were ordered.
LEAST = "market_least"

#: Limits of one session.
MOST_PICKUPS = 24
MOST_OF_OFFER = 99_999
#: A window for orders is at most so long; hand-over at most so long after its close.
LONGEST_WINDOW = timedelta(days=60)


def phase_of(row: Any, now: datetime) -> Phase:
    """Return how far a session is: the one place that says whether it takes orders."""
    if row.state != SessionState.SHOWN:
        return Phase(row.state)
    if row.settled_at is not None:
        return Phase.SETTLED
    if now < row.opens_at:
        return Phase.COMING
    if now < row.closes_at:
        return Phase.TAKING
    return Phase.CLOSED if now < row.ends_at else Phase.OVER


def may_move_session(state: str, to: str) -> bool:
    """Tell whether a session goes from one state to another."""
    return SessionState(to) in SESSION_MOVES[SessionState(state)]


def times_wrong(
    opens_at: datetime, closes_at: datetime, hand_over_at: datetime, ends_at: datetime
) -> str | None:
    """Return which of the four times cannot be so: "closes", "hand_over", "ends", or None."""
    if not opens_at < closes_at <= opens_at + LONGEST_WINDOW:
        return "closes"
    if not closes_at <= hand_over_at <= closes_at + LONGEST_WINDOW:
        return "hand_over"
    return None if hand_over_at < ends_at <= hand_over_at + timedelta(days=2) else "ends"


def missing_for_showing(
    row: Any, pickups: int, offers: int, payee: bool, now: datetime
) -> str | None:
    """Return what a session lacks before it can be shown, or None."""
    if row.closes_at <= now:
        return "time"
    if not pickups:
        return "pickups"
    if not offers:
        return "offers"
    return "payee" if row.collects and not payee else None


def agreed(offer: Any) -> bool:
    """Tell whether the seller and the officer both said yes, and nobody took it back."""
    return (
        offer.seller_agreed_at is not None
        and offer.officer_agreed_at is not None
        and offer.ended_at is None
    )


def notice_due(opens_at: datetime, closes_at: datetime, now: datetime) -> NoticeKind | None:
    """Return what is to be announced at a moment; None before the opening and after the close.

    A reminder that would come before the opening is left out. Closing announces itself: it is
    worked through however late it is.
    """
    if not opens_at <= now < closes_at:
        return None
    due = NoticeKind.OPENED
    for kind, before in BEFORE_CLOSE.items():
        if opens_at < closes_at - before <= now:
            due = kind
    return due
