"""What must always be true of money. Each query returns no row while all is well."""

from typing import Any

from sqlalchemy import Select, case, func, or_, select

from shop.ordering.models import SellerOrder
from shop.ordering.rules import SellerOrderState as S
from shop.payments.models import CodCollection, Payment, PaymentEvent

#: Each returns no row while all is well (QUALITY §2).
INVARIANTS: dict[str, Select[Any]] = {
    "payment sums are the sums of their events": (
        select(Payment.id)
        .outerjoin(PaymentEvent, PaymentEvent.payment_id == Payment.id)
        .group_by(Payment.id, Payment.received_vnd, Payment.refunded_vnd)
        .having(
            or_(
                func.coalesce(
                    func.sum(
                        case((PaymentEvent.kind == "received", PaymentEvent.amount_vnd), else_=0)
                    ),
                    0,
                )
                != Payment.received_vnd,
                func.coalesce(
                    func.sum(
                        case((PaymentEvent.kind == "refunded", PaymentEvent.amount_vnd), else_=0)
                    ),
                    0,
                )
                != Payment.refunded_vnd,
            )
        )
    ),
    "every agreed part is asked for": (
        select(SellerOrder.id)
        .outerjoin(CodCollection, CodCollection.seller_order_id == SellerOrder.id)
        .outerjoin(
            Payment,
            (Payment.order_id == SellerOrder.order_id)
            & (Payment.payee_id == SellerOrder.payee_id)
            & (Payment.method == SellerOrder.method),
        )
        .where(
            SellerOrder.state.not_in((S.AWAITING_QUOTE, S.QUOTED, S.CANCELLED)),
            CodCollection.seller_order_id.is_(None),
            Payment.id.is_(None),
        )
    ),
}
