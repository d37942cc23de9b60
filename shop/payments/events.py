"""What payments tell the rest of the shop."""

from dataclasses import dataclass

from shop.kernel.events import Event


@dataclass(frozen=True)
class PaymentReported(Event):
    """The buyer says that she transferred. The payee should look at the account."""

    name = "payment.reported"

    payment_id: int
    order_id: int
    event_id: int


@dataclass(frozen=True)
class PaymentReceived(Event):
    """The payee confirmed money. ``amount_vnd`` is below zero when a mistake was taken back."""

    name = "payment.received"

    payment_id: int
    order_id: int
    event_id: int
    amount_vnd: int


@dataclass(frozen=True)
class PaymentRefunded(Event):
    """The payee noted that money went back to the buyer."""

    name = "payment.refunded"

    payment_id: int
    order_id: int
    event_id: int
    amount_vnd: int
