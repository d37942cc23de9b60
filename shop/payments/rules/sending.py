"""Money that a person sends by her bank: planned by one, sent by another. Plain Python.

So gifts by card go on to their fund, and tax that was withheld to the tax office.
"""

from collections.abc import Mapping
from enum import StrEnum

from shop.kernel.errors import Refusal


class SendingState(StrEnum):
    PLANNED = "planned"
    SENT = "sent"
    #: The bank sent the transfer back.
    CAME_BACK = "came_back"
    #: Given up before anybody transferred it.
    DROPPED = "dropped"


SENDING_MOVES: Mapping[SendingState, frozenset[SendingState]] = {
    SendingState.PLANNED: frozenset({SendingState.SENT, SendingState.DROPPED}),
    SendingState.SENT: frozenset({SendingState.CAME_BACK}),
    SendingState.CAME_BACK: frozenset(),
    SendingState.DROPPED: frozenset(),
}


class PassMovedOn(Refusal):
    """It was transferred, given up, or came back before. ``state``."""

    code = "pass_moved_on"


class PassNeedsAnother(Refusal):
    """Whoever planned it does not transfer it."""

    code = "pass_needs_another"


class PassReferenceNeeded(Refusal):
    """A transfer that left has the bank's number."""

    code = "pass_reference_needed"
    status = 422


def check_sending(state: str, to: SendingState) -> None:
    """Refuse what is not a legal move.

    Raises:
        PassMovedOn
    """
    if to not in SENDING_MOVES[SendingState(state)]:
        raise PassMovedOn(state=state)
