"""What a carrier collects of a buyer who transferred: how it stands to her transfer."""

from typing import Any

from sqlalchemy import String, and_, case, cast, exists, false, func, literal, or_, select
from sqlalchemy.orm import aliased

from shop.ordering.models import SellerOrder
from shop.payments.models import CodCollection, Payment, PaymentEvent
from shop.payments.rules.cash import Beside
from shop.sellers.models import Payee


def beside_transfer(payee_id: Any) -> Any:
    """Return how money of a carrier stands to the transfer of a ``SellerOrder``: a ``Beside``.

    NULL where no transfer pays. It is asked again once the payment is held.

    Args:
        payee_id: the account that the carrier paid into, also as a column; None: the seller's hand.
    """
    to = aliased(Payee)
    missing = Payment.amount_vnd - Payment.received_vnd + Payment.refunded_vnd > 0
    return (
        select(
            case(
                (_is_noted(), Beside.NOTED.value),
                (~func.coalesce(_lies_there(to, payee_id), false()), Beside.ELSEWHERE.value),
                (missing, Beside.UNPAID.value),
                else_=Beside.OPEN.value,
            )
        )
        .join(to, to.id == Payment.payee_id)
        .where(
            Payment.order_id == SellerOrder.order_id, Payment.payee_id == SellerOrder.payee_id,
            Payment.method == "transfer", SellerOrder.method == "transfer",
        )
        .correlate_except(Payment, to)
        .scalar_subquery()
    )  # fmt: skip


def _lies_there(to: Any, payee_id: Any) -> Any:
    """Return whether the money is with whoever has the transfer, and has to give it back."""
    if payee_id is None:
        return to.seller_id.is_not(None)
    account = aliased(Payee)
    unit = (
        select(account.organisation_id)
        .where(account.id == payee_id)
        .correlate_except(account)
        .scalar_subquery()
    )
    is_units = unit == to.organisation_id
    if isinstance(payee_id, int):
        return is_units
    return case((payee_id.is_(None), to.seller_id.is_not(None)), else_=is_units)


def _is_noted() -> Any:
    """Return whether a carrier's money for this part was counted already, and that stands.

    By a line, which names the part; by hand, which is known by its coming on top of a transfer
    that pays the parts without it; or as the seller's own or nobody's once they came to nothing.
    """
    undo, part = aliased(PaymentEvent), aliased(SellerOrder)
    undone = exists().where(undo.key == literal("undo:") + cast(PaymentEvent.id, String))
    cost_vnd = (
        select(func.sum(part.total_vnd))
        .where(
            part.order_id == Payment.order_id, part.payee_id == Payment.payee_id,
            part.method == Payment.method,
        )
        .correlate_except(part)
        .scalar_subquery()
    )  # fmt: skip
    by_line = PaymentEvent.key.like(literal("carrier-line:%:%:") + cast(SellerOrder.id, String))
    by_hand = and_(
        or_(PaymentEvent.key.like("received:%"), PaymentEvent.key.like("found:%")),
        Payment.received_vnd - PaymentEvent.amount_vnd >= cost_vnd,
    )
    for_buyer = (
        exists()
        .where(
            PaymentEvent.payment_id == Payment.id, PaymentEvent.kind == "received",
            PaymentEvent.amount_vnd > 0, or_(by_line, by_hand),
            ~undone.correlate_except(undo),
        )
        .correlate_except(PaymentEvent)
    )  # fmt: skip
    cash = aliased(CodCollection)
    otherwise = (
        exists()
        .where(cash.seller_order_id == SellerOrder.id, cash.received_vnd > 0)
        .correlate_except(cash)
    )
    return or_(for_buyer, otherwise)
