"""A machine that prints for whoever has a code: how long it stands open, what a code is worth."""

import re
import secrets
from datetime import datetime, time, timedelta

from shop.kernel.clock import VIETNAM, vietnam_date
from shop.kernel.errors import Refusal

#: A code is read off a phone and typed at the machine beside it.
CODE_FOR = timedelta(minutes=10)
CODE_LENGTH = 6
#: Wrong codes at one machine, and at all of them together: of a million codes few live at a
#: time, so that whoever guesses finds one in thousands of hours.
PER_KIOSK = "5 per 10 minutes"
IN_ALL = "50 per hour"
#: Codes that one stall makes: each is made to be used.
PER_STALL = "30 per hour"
#: By which a browser shows that it is a machine.
KIOSK_COOKIE = "may-in"
#: How long the address by which a command opens a machine can be used, once.
LINK_FOR = timedelta(minutes=10)
#: What a machine prints on: its printer takes sheets or stickers. A till's roll is her own phone's.
SIZES = ("a6", "75x100")


class KioskCodeWrong(Refusal):
    """No parcel waits under this code: mistyped, used, or its ten minutes are over."""

    code = "kiosk_code_wrong"
    status = 422


class KioskShut(Refusal):
    """The machine is not open: nobody opened it today, or an officer closed it."""

    code = "kiosk_shut"


def new_code() -> str:
    """Return six digits that nobody can guess."""
    return f"{secrets.randbelow(10**CODE_LENGTH):0{CODE_LENGTH}d}"


def read_code(typed: str) -> str:
    """Return the digits of a typed code, or "" when there are not six.

    >>> read_code("123 456")
    '123456'
    >>> read_code("12345")
    ''
    """
    digits = re.sub(r"[\s.\-]", "", typed)
    return digits if re.fullmatch(rf"[0-9]{{{CODE_LENGTH}}}", digits) else ""


def end_of_day(now: datetime) -> datetime:
    """Return when a machine that is opened now shuts by itself: at midnight in Vietnam."""
    return datetime.combine(vietnam_date(now) + timedelta(days=1), time(0), VIETNAM)
