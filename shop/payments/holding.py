"""A payment, or a parcel's cash, held until the transaction ends: its parts first, then its money.

Whoever notes that goods came back holds the part, and then its money; in the other order the two
would wait for each other.
"""

from sqlalchemy import select
from sqlalchemy.orm import Session

from shop.db import whole_orders
from shop.ordering.models import SellerOrder
from shop.payments.models import Payment
from shop.payments.told import CASH, TRANSFER, Subject


def hold_parts(session: Session, of: Subject) -> None:
    """Hold the parts of a payment, or the one of a parcel's cash."""
    if of.of == CASH:
        session.execute(_PART.where(SellerOrder.id == of.id))
        return
    with whole_orders(session):  # One transfer may pay several sellers.
        session.execute(_PARTS.where(Payment.id == of.id))


def hold_order(session: Session, order_id: int) -> None:
    """Hold all parts of an order, before all of its money is looked at."""
    with whole_orders(session):
        session.execute(_PART.where(SellerOrder.order_id == order_id))


def held_payment(session: Session, payment_id: int) -> Payment | None:
    """Return a payment as it is stored now, held with its parts; None when there is none."""
    hold_parts(session, Subject(TRANSFER, payment_id))
    return session.scalar(
        select(Payment)
        .where(Payment.id == payment_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )


#: As a change of the part would hold them: rows that only point at it need not wait.
_PART = select(SellerOrder.id).order_by(SellerOrder.id).with_for_update(key_share=True)
_PARTS = (
    select(SellerOrder.id)
    .join(
        Payment,
        (Payment.order_id == SellerOrder.order_id)
        & (Payment.payee_id == SellerOrder.payee_id)
        & (Payment.method == SellerOrder.method),
    )
    .order_by(SellerOrder.id)
    .with_for_update(key_share=True, of=SellerOrder)
)
