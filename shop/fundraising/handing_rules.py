"""How far a hand-over or a cost is, money of it that comes back, and cash that is paid in.

Plain Python.
"""

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


class SaidState(StrEnum):
    """What one person says of money, and another answers for.

    said: by one. noted: by another, which moves the money. dropped: it is not so.
    """

    SAID = "said"
    NOTED = "noted"
    DROPPED = "dropped"


RETURN_MOVES: Mapping[SaidState, frozenset[SaidState]] = {
    SaidState.SAID: frozenset({SaidState.NOTED, SaidState.DROPPED}),
    SaidState.NOTED: frozenset(),
    SaidState.DROPPED: frozenset(),
}


def may_go(state: str, to: DisbursementState) -> bool:
    """Tell whether a hand-over or cost goes from one state to another."""
    return to in DISBURSEMENT_MOVES[DisbursementState(state)]


def may_return(state: str, to: SaidState) -> bool:
    """Tell whether money that is said to be back goes from one state to another."""
    return to in RETURN_MOVES[SaidState(state)]
