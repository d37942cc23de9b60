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
    """The payee noted that money went back. ``amount_vnd`` is below zero when that was wrong."""

    name = "payment.refunded"

    payment_id: int
    order_id: int
    event_id: int
    amount_vnd: int


@dataclass(frozen=True)
class PaymentNotFound(Event):
    """The payee looked for money that was said to come late, and it is not there."""

    name = "payment.not_found"

    payment_id: int
    order_id: int
    event_id: int


@dataclass(frozen=True)
class VisitDropped(Event):
    """Nobody is to pay on this visit to a payment page any more."""

    name = "payment.visit_dropped"

    visit_id: int


@dataclass(frozen=True)
class GatewayTold(Event):
    """A gateway told something; it is stored and not looked at yet."""

    name = "payment.gateway_told"

    message_id: int


@dataclass(frozen=True)
class CardRefundWanted(Event):
    """Somebody wants money to go back to a card; the gateway is to be asked."""

    name = "payment.card_refund_wanted"

    refund_id: int


@dataclass(frozen=True)
class GiftBackWanted(Event):
    """A gift came by card when its campaign was over: it goes back to the card."""

    name = "payment.gift_back_wanted"

    back_id: int


@dataclass(frozen=True)
class RefundSentTwice(Event):
    """A payer says that she transferred what had gone back to the buyer another way.

    reference: what her bank calls that transfer.
    """

    name = "payment.refund_sent_twice"

    refund_id: int
    reference: str


@dataclass(frozen=True)
class CardTaskOpened(Event):
    """Something about cards needs a person of the organisation."""

    name = "payment.card_task_opened"

    task_id: int


@dataclass(frozen=True)
class CashRefunded(Event):
    """Cash paid at the door went back to the buyer; below zero when that was noted wrongly."""

    name = "cash.refunded"

    move_id: int
    order_id: int
    seller_order_id: int
    amount_vnd: int


@dataclass(frozen=True)
class RefundAsked(Event):
    """Money is promised back to the buyer; she is asked where to, or a card company sends it."""

    name = "refund.asked"

    refund_id: int
    order_id: int


@dataclass(frozen=True)
class RefundCredited(Event):
    """Money that was to go back is the buyer's credit now."""

    name = "refund.credited"

    refund_id: int
    order_id: int


@dataclass(frozen=True)
class CreditSpent(Event):
    """A buyer's credit paid for an order, all of it or a part."""

    name = "credit.spent"

    payment_id: int
    order_id: int
    event_id: int
    amount_vnd: int


@dataclass(frozen=True)
class RefundAccountGiven(Event):
    """The buyer said which account her money goes to. ``at`` tells one account from the next."""

    name = "refund.account_given"

    refund_id: int
    order_id: int
    at: str
