"""What a correction of the books may be: which accounts, which sums, by whom. Plain Python."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum

from shop.kernel.errors import Refusal
from shop.ledger.rules import KINDS, Leg, WrongPosting, tidy

#: Accounts that a person may correct: what nobody explained, debts between an organisation and
#: its sellers, what is lost, what carriers and gateways kept. What banks, cash and buyers' codes
#: hold follows from what happened to each payment, and is put right there.
MAY_BE_CORRECTED = frozenset({
    "suspense", "seller_payable", "delivery_payable", "seller_receivable", "written_off",
    "carrier_fees", "card_clearing", "card_fees",
})  # fmt: skip
#: No correction of a village shop moves more.
MOST_VND = 1_000_000_000
#: Nobody confirms what was meant for other days.
STANDS_FOR = timedelta(days=14)


class CorrectionState(StrEnum):
    PROPOSED = "proposed"
    POSTED = "posted"
    #: Withdrawn by whoever proposed it, or refused by another.
    DECLINED = "declined"


class WrongCorrection(Refusal):
    """It cannot be posted. ``why``: "account", "same", "unbalanced", "amount" or "words"."""

    code = "wrong_correction"
    status = 422


class SecondPerson(Refusal):
    """Whoever proposed it does not confirm it."""

    code = "second_person"


class CorrectionMovedOn(Refusal):
    """Somebody confirmed or declined it before, or it is too old. ``state``: "old" then."""

    code = "correction_moved_on"


class WrongSide(Refusal):
    """An account would stand on its wrong side: ``kind``."""

    code = "correction_wrong_side"


def check_legs(legs: Sequence[Leg]) -> list[Leg]:
    """Return the legs of a correction in a stable order.

    Raises:
        WrongCorrection
    """
    if any(leg.account.kind not in MAY_BE_CORRECTED for leg in legs):
        raise WrongCorrection(why="account")
    if len({leg.account for leg in legs}) < max(2, len(legs)):
        raise WrongCorrection(why="same")
    if any(type(leg.amount_vnd) is not int or not leg.amount_vnd for leg in legs):
        raise WrongCorrection(why="amount")
    if sum(leg.amount_vnd for leg in legs):
        raise WrongCorrection(why="unbalanced")
    if sum(leg.amount_vnd for leg in legs if leg.amount_vnd > 0) > MOST_VND:
        raise WrongCorrection(why="amount")
    try:
        return tidy(legs)
    except WrongPosting:
        raise WrongCorrection(why="account") from None


def stands_well(kind: str, balance_vnd: int) -> bool:
    """Tell whether an account may stand there: on its own side, or on either where that is meant."""
    return KINDS[kind].either_side or balance_vnd * KINDS[kind].normal >= 0


def is_too_old(proposed_at: datetime, now: datetime) -> bool:
    return now - proposed_at > STANDS_FOR
