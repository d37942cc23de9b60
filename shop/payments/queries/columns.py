"""The columns of a payment that its payee and its buyer read."""

from typing import Any

from sqlalchemy import select

from shop.ordering.models import Order
from shop.payments.models import Payment
from shop.sellers.models import Payee

_COLUMNS = (
    Payment.id, Payment.order_id, Order.code.label("order_code"), Payment.memo,
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
