"""Credit of buyers: a code that is money at one payee. Plain Python."""

from typing import NamedTuple

from shop.kernel.codes import random_code, read_code
from shop.kernel.errors import Refusal

#: Sixty random bits: nobody meets one by chance, and tries are counted.
CODE_LENGTH = 12


class Owner(NamedTuple):
    """Whose debt a credit is, and with whom it is spent: a seller, or an organisation."""

    seller_id: int | None
    organisation_id: int | None


class CreditRefused(Refusal):
    """A code pays nothing here. The same answer for whatever is no code at all."""

    code = "credit_unknown"
    status = 409


class CreditUsedUp(CreditRefused):
    """Nothing is left of it."""

    code = "credit_used_up"


class CreditElsewhere(CreditRefused):
    """It is spent with somebody else: ``name_vi``, ``name_en``."""

    code = "credit_elsewhere"


class PaidByCredit(Refusal):
    """A buyer's credit paid it, or it went back as one: that is not taken back by a tap."""

    code = "paid_by_credit"


def new_credit_code() -> str:
    """Return a code that nobody can guess."""
    return random_code(CODE_LENGTH)


def read_credit_code(typed: str) -> str:
    """Return a typed code in the form in which it is looked up; "" when it cannot be one.

    >>> read_credit_code("7k2m-9pxa o1il")
    '7K2M9PXA0111'
    """
    code = read_code(typed[:60])
    return code if len(code) == CODE_LENGTH else ""


def grouped(code: str) -> str:
    """Return a code as it is shown and read aloud.

    >>> grouped("7K2M9PXA0111")
    '7K2M-9PXA-0111'
    """
    return "-".join(code[i : i + 4] for i in range(0, len(code), 4))
