"""Where a payment stands, derived from what is owed and what was stored."""

from datetime import datetime
from enum import StrEnum

from shop.kernel.errors import Refusal


class PaymentState(StrEnum):
    UNPAID = "unpaid"
    PART_PAID = "part_paid"
    PAID = "paid"
    OVERPAID = "overpaid"
    PART_REFUNDED = "part_refunded"
    REFUNDED = "refunded"


#: States in which nothing more is asked of the buyer.
SETTLED = frozenset({PaymentState.PAID, PaymentState.OVERPAID})


class AmountOutOfRange(Refusal):
    """An amount that cannot be true: nothing, or more than one transfer carries."""

    code = "amount_out_of_range"


class MoreThanReceived(Refusal):
    """One cannot give back, or take back, more than came in. ``held_vnd``: what is there."""

    code = "more_than_received"


class NotLate(Refusal):
    """Nobody says that money came after the order was over, so there is nothing to look for."""

    code = "not_late"


class MoneyMovedOn(Refusal):
    """Money came or went after the page was made on which somebody tapped."""

    code = "money_moved_on"


class MoneyWentBack(Refusal):
    """``amount_vnd`` went back to the buyer since, so the step before cannot simply hold again."""

    code = "money_went_back"


class NothingToPay(Refusal):
    """The transfer is settled or no longer wanted, so reporting it says nothing."""

    code = "nothing_to_pay"


def is_answered(
    received_vnd: int, reported_at: datetime | None, received_at: datetime | None
) -> bool:
    """Tell whether what the buyer said she transferred was looked for, and something was there.

    Args:
        received_at: when money was last noted; a wrong tap taken back leaves nothing received.
    """
    return bool(received_vnd > 0 and reported_at and received_at and received_at >= reported_at)


def payment_state(amount_vnd: int, received_vnd: int, refunded_vnd: int) -> PaymentState:
    """Return the state of a payment.

    Args:
        amount_vnd: what is owed; 0 once everything was cancelled.
        received_vnd, refunded_vnd: sums of the events so far.
    """
    held_vnd = received_vnd - refunded_vnd
    if held_vnd <= 0:
        return PaymentState.REFUNDED if received_vnd else PaymentState.UNPAID
    if held_vnd > amount_vnd:
        return PaymentState.OVERPAID
    if held_vnd == amount_vnd:
        return PaymentState.PAID
    return PaymentState.PART_REFUNDED if refunded_vnd else PaymentState.PART_PAID


def missing_vnd(amount_vnd: int, received_vnd: int, refunded_vnd: int) -> int:
    """Return what the buyer still has to transfer, 0 when nothing."""
    return max(0, amount_vnd - received_vnd + refunded_vnd)


def is_paid(amount_vnd: int, received_vnd: int, refunded_vnd: int) -> bool:
    """Tell whether all that is owed came, and is not given back; who owes nothing paid nothing."""
    return received_vnd - refunded_vnd >= amount_vnd > 0


def surplus_vnd(amount_vnd: int, received_vnd: int, refunded_vnd: int) -> int:
    """Return what came in above what is owed, 0 when nothing: it is to be given back."""
    return max(0, received_vnd - refunded_vnd - amount_vnd)
