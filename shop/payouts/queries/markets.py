"""What postings are about a market session's orders."""

from typing import Any

from sqlalchemy import String, cast, literal, select, union_all
from sqlalchemy.orm import aliased

from shop.markets.models import MarketPickup
from shop.ordering.models import SellerOrder
from shop.payments.models import Payment
from shop.payments.told import CASH, TRANSFER, VOUCHER


def subjects_of_market(session_id: int) -> Any:
    """Return the select of the subjects of postings that are about nothing but this market.

    A transfer that pays for other goods too is none of them: it is a period's.
    """
    other = aliased(SellerOrder)
    there = select(MarketPickup.id).where(MarketPickup.session_id == session_id).scalar_subquery()
    parts = select(SellerOrder.id).where(SellerOrder.market_pickup_id.in_(there))
    mixed = (
        select(other.id)
        .where(
            other.order_id == Payment.order_id, other.payee_id == Payment.payee_id,
            other.method == Payment.method,
            other.market_pickup_id.is_(None) | other.market_pickup_id.not_in(there),
        )
        .exists()
    )  # fmt: skip
    payments = (
        select(Payment.id)
        .join(
            SellerOrder,
            (SellerOrder.order_id == Payment.order_id)
            & (SellerOrder.payee_id == Payment.payee_id)
            & (SellerOrder.method == Payment.method),
        )
        .where(SellerOrder.market_pickup_id.in_(there), ~mixed)
    )
    return union_all(
        *(
            select(literal(f"{of}:").concat(cast(ids.c.id, String)))
            for of, some in ((TRANSFER, payments), (CASH, parts), (VOUCHER, parts))
            for ids in (some.subquery(),)
        )
    )
