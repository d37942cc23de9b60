"""Rules of 0-đồng market slips: what one is, how it moves, when it pays. Plain Python."""

from enum import StrEnum

from shop.kernel.codes import BEARER_LENGTH, random_code
from shop.kernel.errors import Refusal

LEAST_SLIP_VND = 10_000
MOST_SLIP_VND = 5_000_000
MOST_HOUSEHOLDS = 200
#: Nobody keeps money of a fund set aside for longer.
MOST_DAYS = 366


class SheetState(StrEnum):
    """How far a sheet of slips is: asked for, answered for by a second person, given up."""

    PLANNED = "planned"
    APPROVED = "approved"
    CANCELLED = "cancelled"


class SlipState(StrEnum):
    """waiting: its sheet is not approved. open: it pays. ended: what was left went back."""

    WAITING = "waiting"
    OPEN = "open"
    ENDED = "ended"


class SlipsWrong(Refusal):
    """Slips cannot be meant so. ``why``: "budget", "day", "households"."""

    code = "slips_wrong"
    status = 422


class IllegalSlipMove(Refusal):
    """The sheet or the slip is not in a state for that any more. ``state``."""

    code = "illegal_slip_move"


class SlipsSpent(Refusal):
    """A slip of it was spent already: what was approved is not taken back."""

    code = "slips_spent"


class SlipTooLow(Refusal):
    """The slip has less left than it would have to pay again. ``left_vnd``."""

    code = "slip_too_low"


def new_slip_code() -> str:
    """Return a code that nobody can guess and that can be read over the phone."""
    return random_code(BEARER_LENGTH)
