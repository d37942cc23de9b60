"""What payouts tell the rest of the shop."""

from dataclasses import dataclass

from shop.kernel.events import Event


@dataclass(frozen=True)
class PayoutSent(Event):
    """An organisation transferred a seller her money."""

    name = "payout.sent"

    payout_id: int
    statement_id: int
    seller_id: int


@dataclass(frozen=True)
class PayoutFailed(Event):
    """The bank sent a transfer to a seller back."""

    name = "payout.failed"

    payout_id: int
    statement_id: int
    seller_id: int
