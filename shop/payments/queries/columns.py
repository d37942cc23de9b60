"""The columns of a payment that its payee and its buyer read, and what a carrier still has."""

from typing import Any

from sqlalchemy import case, select

from shop.ordering.models import Order
from shop.payments.models import CodCollection, Payment
from shop.payments.rules.cash import CashState
from shop.sellers.models import Payee

_COLUMNS = (
    Payment.id, Payment.order_id, Order.code.label("order_code"), Payment.memo, Payment.method,
    Payment.amount_vnd, Payment.received_vnd, Payment.refunded_vnd, Payment.opened_at,
    Payment.reported_at, Payment.expired_at, Payment.not_found_at, Payee.seller_id, Payee.organisation_id,
    Payee.bank_name, Payee.last4,
)  # fmt: skip


def payment_rows(*where: Any) -> Any:
    return (
        select(*_COLUMNS)
        .join(Payee, Payee.id == Payment.payee_id)
        .join(Order, Order.id == Payment.order_id)
        .where(*where)
        .order_by(Payment.id)
    )


def still_with_carrier() -> Any:
    """Return ``rules.cash.with_carrier_vnd`` as SQL; ``tests/payments/test_cash.py`` holds them together."""
    cash = CodCollection
    rest = cash.taken_vnd - cash.received_vnd - cash.fee_vnd - cash.off_vnd
    return case(
        (cash.taken_by != "carrier", 0),
        (cash.state == CashState.WITH_CARRIER, cash.taken_vnd),
        ((cash.state == CashState.REMITTED) & (rest > 0), rest),
        else_=0,
    )
