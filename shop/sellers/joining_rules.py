"""Rules of a new stall: who asked or was invited, what it lacks, who said yes. Plain Python."""

from collections.abc import Collection
from datetime import timedelta

from shop.kernel.errors import Refusal

#: A word that an officer reads out or sends as a link works once, for so long.
INVITATION_FOR = timedelta(days=7)
INVITATION_LENGTH = 8
#: After so many wrong phones the word works no more.
INVITATION_TRIES = 5

#: {state: the states that may follow}. "asked": she wrote by herself; "invited": a word waits for
#: her; "preparing": her stall stands, she fills it; "sent": officers look at it; "again": they
#: asked for something; "declined" and "withdrawn" end it, and officers take both back.
MOVES: dict[str, frozenset[str]] = {
    "asked": frozenset({"invited", "declined"}),
    "invited": frozenset({"invited", "preparing", "withdrawn", "asked"}),
    "preparing": frozenset({"sent", "approved", "declined"}),
    "sent": frozenset({"again", "approved", "declined"}),
    "again": frozenset({"sent", "approved", "declined"}),
    "approved": frozenset({"sent"}),
    "declined": frozenset({"asked", "preparing", "sent", "again"}),
    "withdrawn": frozenset({"invited"}),
}
STATES = tuple(MOVES)
#: What waits for an officer, and what waits for the woman herself.
FOR_OFFICERS = ("asked", "sent")
FOR_HER = ("invited", "preparing", "again")

#: What a stall needs, in the order in which it is easiest done. What has to be there before
#: officers look; the others only help.
STEPS = ("product", "bank", "delivery", "identity", "words", "picture")
NEEDED = frozenset({"product", "bank", "delivery", "identity"})


class ApplicationMoved(Refusal):
    """It does not stand any more as the page showed it."""

    code = "application_moved"


class InvitationOver(Refusal):
    """The word was used, has run out, was taken back, or never was; or the phone is another's."""

    code = "invitation_over"
    status = 422


class PhoneHasAccount(Refusal):
    """The phone has an account already: its owner signs in first."""

    code = "phone_has_account"


class StallIncomplete(Refusal):
    """What a stall lacks before officers look at it. ``missing``: of ``STEPS``, in order."""

    code = "stall_incomplete"


class IdentityNotSeen(Refusal):
    """Nobody has looked at the identity paper of who wants to sell."""

    code = "identity_not_seen"


def may_follow(state: str, to: str) -> bool:
    """Tell whether an application may go from one state to another."""
    return to in MOVES[state]


def missing_of(there: Collection[str]) -> tuple[str, ...]:
    """Return what a stall needs and does not have yet, in the order of ``STEPS``.

    >>> missing_of({"product", "bank", "words"})
    ('delivery', 'identity')
    """
    return tuple(step for step in STEPS if step in NEEDED and step not in there)
