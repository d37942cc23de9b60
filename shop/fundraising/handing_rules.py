"""How far a hand-over or a cost is, and money of it that comes back. Plain Python."""

from collections.abc import Mapping
from enum import StrEnum


class DisbursementState(StrEnum):
    PLANNED = "planned"
    #: A second person answers for it.
    APPROVED = "approved"
    #: Handed over or paid, before two witnesses.
    DONE = "done"
    CANCELLED = "cancelled"


DISBURSEMENT_MOVES: Mapping[DisbursementState, frozenset[DisbursementState]] = {
    DisbursementState.PLANNED: frozenset({DisbursementState.APPROVED, DisbursementState.CANCELLED}),
    # Back to a plan while nothing was handed over.
    DisbursementState.APPROVED: frozenset(
        {DisbursementState.PLANNED, DisbursementState.DONE, DisbursementState.CANCELLED}
    ),
    # Money that comes back is a line of its own.
    DisbursementState.DONE: frozenset(),
    DisbursementState.CANCELLED: frozenset({DisbursementState.PLANNED}),
}
#: Its money is promised: other plans cannot have it, and the hand-over is still due.
WAITING = frozenset({DisbursementState.PLANNED, DisbursementState.APPROVED})


class ReturnState(StrEnum):
    """said: by one person. noted: by another, which moves the money."""

    SAID = "said"
    NOTED = "noted"
    DROPPED = "dropped"


RETURN_MOVES: Mapping[ReturnState, frozenset[ReturnState]] = {
    ReturnState.SAID: frozenset({ReturnState.NOTED, ReturnState.DROPPED}),
    ReturnState.NOTED: frozenset(),
    ReturnState.DROPPED: frozenset(),
}


def may_go(state: str, to: DisbursementState) -> bool:
    """Tell whether a hand-over or cost goes from one state to another."""
    return to in DISBURSEMENT_MOVES[DisbursementState(state)]


def may_return(state: str, to: ReturnState) -> bool:
    """Tell whether money that is said to be back goes from one state to another."""
    return to in RETURN_MOVES[ReturnState(state)]
