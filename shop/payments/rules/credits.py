"""Credit of buyers: a code that is money at one payee. Plain Python."""

from typing import NamedTuple

from shop.kernel.codes import BEARER_LENGTH, random_code
from shop.kernel.errors import Refusal


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
    return random_code(BEARER_LENGTH)
