"""Goods ordered ahead come later than was said."""

from datetime import date, datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from shop.kernel.clock import day_begins
from shop.ordering.events import GoodsPutOff
from shop.ordering.models import SellerOrder
from shop.ordering.rules import SellerOrderState as S
from shop.outbox import relay
from shop.stock.preorder_actions import move_preorder


def put_off(
    session: Session, *, variant_id: int, ready_on: date, reason: str, now: datetime
) -> list[int]:
    """Move the day of what is ordered ahead, and tell each buyer who waits; return the orders.

    The day that was promised at the sale stays on the line. She may cancel as before.

    Raises:
        PreorderDay, NoPreorder: nothing is stored.
    """
    waiting = move_preorder(
        session, variant_id=variant_id, ready_on=ready_on, reason=reason, now=now
    )
    for part in session.execute(
        select(
            SellerOrder.id, SellerOrder.order_id, SellerOrder.state, SellerOrder.method,
            SellerOrder.arrives_from, SellerOrder.arrives_to, SellerOrder.reserved_until,
        )
        .where(SellerOrder.id.in_(waiting))
        .order_by(SellerOrder.id)
    ).all():  # fmt: skip
        later = max(timedelta(0), ready_on - (part.arrives_from or ready_on))
        values = {}
        if part.arrives_from and part.arrives_to:
            values = {
                "arrives_from": part.arrives_from + later, "arrives_to": part.arrives_to + later,
            }  # fmt: skip
        if part.reserved_until is not None and part.state == S.PLACED and part.method == "cod":
            # The promise runs out by the clock no sooner than it did after the old day.
            values["reserved_until"] = max(
                part.reserved_until, day_begins(ready_on) + timedelta(hours=72)
            )
        if values:
            session.execute(update(SellerOrder).where(SellerOrder.id == part.id).values(**values))
        relay.record(
            session, GoodsPutOff(part.order_id, part.id, ready_on.isoformat(), reason), now
        )
    return waiting
