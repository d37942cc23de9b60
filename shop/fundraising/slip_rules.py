"""Rules of 0-đồng market slips: what one is, how it moves, when it pays. Plain Python."""

from enum import StrEnum

from shop.kernel.codes import random_code, read_code
from shop.kernel.errors import Refusal

#: Sixty random bits, as for a buyer's credit: nobody meets one by chance, and tries are counted.
CODE_LENGTH = 12
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
    return random_code(CODE_LENGTH)


def read_slip_code(typed: str) -> str:
    """Return a typed code in the form in which it is looked up; "" when it cannot be one.

    >>> read_slip_code("7k2m-9pxa o1il")
    '7K2M9PXA0111'
    """
    code = read_code(typed[:60])
    return code if len(code) == CODE_LENGTH else ""


def spoken(code: str) -> str:
    """Return a code as it is printed and read aloud.

    >>> spoken("7K2M9PXA0111")
    '7K2M-9PXA-0111'
    """
    return "-".join(code[at : at + 4] for at in range(0, len(code), 4))
