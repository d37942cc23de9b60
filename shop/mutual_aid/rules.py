"""Rules of calls for help and of pledges: labour, meals, tools, goods. Plain Python."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum

from shop.kernel.errors import Refusal


class CallState(StrEnum):
    DRAFT = "draft"
    OPEN = "open"
    CANCELLED = "cancelled"


class NeedKind(StrEnum):
    """What can be given. Money is not among it: that is a campaign's."""

    LABOUR = "labour"
    MEALS = "meals"
    TOOLS = "tools"
    GOODS = "goods"


class PledgeState(StrEnum):
    OFFERED = "offered"
    CAME = "came"
    ABSENT = "absent"
    WITHDRAWN = "withdrawn"


CALL_MOVES: Mapping[CallState, frozenset[CallState]] = {
    CallState.DRAFT: frozenset({CallState.OPEN, CallState.CANCELLED}),
    CallState.OPEN: frozenset({CallState.CANCELLED}),
    CallState.CANCELLED: frozenset(),  # Taken back by the trail alone: ``resume_call``.
}

#: A wrong tap on who came is put right by the right one; who withdrew pledges anew.
PLEDGE_MOVES: Mapping[PledgeState, frozenset[PledgeState]] = {
    PledgeState.OFFERED: frozenset({PledgeState.CAME, PledgeState.ABSENT, PledgeState.WITHDRAWN}),
    PledgeState.CAME: frozenset({PledgeState.ABSENT, PledgeState.OFFERED}),
    PledgeState.ABSENT: frozenset({PledgeState.CAME, PledgeState.OFFERED}),
    PledgeState.WITHDRAWN: frozenset(),
}

#: How the household agreed to what the page says of it.
CONSENT_KINDS = ("in_person", "voice", "paper")
MOST_NEEDS = 12
#: Reminders go out at this hour of the evening before.
#: Names and numbers of those who helped are forgotten so long after.
KEEP_CONTACTS = timedelta(days=365)


class CallNotOpen(Refusal):
    """The call takes no pledges: it is a draft, cancelled, or has begun."""

    code = "call_not_open"


class NeedFull(Refusal):
    """More was offered than is still needed. ``left``: what is; ``unit_vi``, ``unit_en``."""

    code = "need_full"


class NeedPledged(Refusal):
    """So much was promised already that the need cannot become smaller or go. ``pledged``."""

    code = "need_pledged"


class CallNotReady(Refusal):
    """The call cannot be shown yet. ``missing``: "needs", "time" or "consent"."""

    code = "call_not_ready"


class IllegalCallMove(Refusal):
    """The call is not in a state for that any more. ``state``."""

    code = "illegal_call_move"


class IllegalPledgeMove(Refusal):
    """The pledge is not in a state for that any more. ``state``."""

    code = "illegal_pledge_move"


class NotYetBegun(Refusal):
    """Who came is noted once it has begun."""

    code = "not_yet_begun"


class TooManyNeeds(Refusal):
    """A call has at most ``most`` lines of needs."""

    code = "too_many_needs"


def may_move_call(state: str, to: str) -> bool:
    """Tell whether a call goes from one state to another."""
    return CallState(to) in CALL_MOVES[CallState(state)]


def may_move_pledge(state: str, to: str) -> bool:
    """Tell whether a pledge goes from one state to another."""
    return PledgeState(to) in PLEDGE_MOVES[PledgeState(state)]


def takes_pledges(state: str, starts_at: datetime, now: datetime) -> bool:
    """Tell whether people may still say that they come."""
    return state == CallState.OPEN and now < starts_at


def missing_for_opening(
    needs: int, starts_at: datetime, consent_kind: str, now: datetime
) -> str | None:
    """Return what a call lacks before it can be shown, or None."""
    if not needs:
        return "needs"
    if starts_at <= now:
        return "time"
    return None if consent_kind in CONSENT_KINDS else "consent"


def counts(state: str) -> bool:
    """Tell whether a pledge still takes its part of what is needed."""
    return state != PledgeState.WITHDRAWN
