"""One movement of money on an account, as a service or a statement file tells it."""

import re
from dataclasses import dataclass
from datetime import datetime

#: What a bank's own reference looks like inside a text.
_BANK_REFERENCE = re.compile(r"FT[0-9]{11,14}(?![0-9])")
MOST_TEXT = 500


@dataclass(frozen=True, slots=True)
class Movement:
    """Money that came or went. ``amount_vnd``: below zero when it went; None in another currency."""

    #: The service's own number; "" for a line of a file, which has none.
    outside_id: str
    #: Numbers that the account goes by in the message: its own, a virtual one.
    accounts: tuple[str, ...]
    amount_vnd: int | None
    currency: str
    #: The amount as it was written, for other currencies.
    written: str
    booked_at: datetime
    #: Only the day is known; ``booked_at`` is its midnight in Vietnam.
    by_day: bool
    text: str
    reference: str
    #: The message as it came.
    raw: str = ""
    #: The bank took back what it had credited; the amount is below zero.
    is_reversal: bool = False


def bare_sum(written: str) -> str:
    """Return an amount of another currency as it is compared.

    >>> [bare_sum(text) for text in ("1,250.00", "1.250,0", "1250", "+1 250.00 USD")]
    ['1250.00', '1250.00', '1250.00', '1250.00']
    """
    bare = re.sub(r"[^0-9.,]", "", written).strip(".,")
    whole, part = re.fullmatch(r"(.*?)(?:[.,]([0-9]{1,2}))?", bare).groups()  # type: ignore[union-attr]
    return f"{int(re.sub(r'[.,]', '', whole) or 0)}.{(part or '').ljust(2, '0')}"


def bank_references(reference: str, text: str) -> frozenset[str]:
    """Return the bank's references of a movement: those that two reports of it share.

    A short number such as a teller's is no reference; it comes again every day.
    """
    found = set(_BANK_REFERENCE.findall(text.upper()))
    bare = re.sub(r"[^0-9A-Z]", "", reference.upper())
    if len(bare) >= 8 and sum(c.isdigit() for c in bare) >= 6:
        found.add(bare)
    return frozenset(found)


def bare_account(number: str) -> str:
    """Return an account number as it is compared: letters and digits, upper case."""
    return re.sub(r"[^0-9A-Z]", "", number.upper())
