"""Goods ordered ahead come later than was said."""

from datetime import date, datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from shop.ordering import queries
from shop.ordering.events import GoodsPutOff
from shop.ordering.models import SellerOrder
from shop.ordering.rules import Holds, clock_begins, reserved_until
from shop.ordering.rules import SellerOrderState as S
from shop.outbox import relay
from shop.stock.preorder_actions import move_preorder


def put_off(
    session: Session, *, variant_id: int, ready_on: date, reason: str, holds: Holds, now: datetime
) -> list[int]:
    """Move the day of what is ordered ahead, and tell each buyer who waits; return the orders.

    The day that was promised at the sale stays on the line. She may cancel as before.

    Raises:
        PreorderDay, NoPreorder, PreorderNotLater: nothing is stored.
    """
    told = move_preorder(session, variant_id=variant_id, ready_on=ready_on, reason=reason, now=now)
    days: dict[int, list[tuple[date, date]]] = {}
    for line in queries.lines_of(session, told):
        if line.ready_on is not None:
            after = line.waits_until or line.ready_on
            before = told[line.seller_order_id] if line.variant_id == variant_id else after
            days.setdefault(line.seller_order_id, []).append((before, after))
    for part in session.execute(
        select(
            SellerOrder.id, SellerOrder.order_id, SellerOrder.state, SellerOrder.method,
            SellerOrder.arrives_from, SellerOrder.arrives_to, SellerOrder.reserved_until,
        )
        .where(SellerOrder.id.in_(told))
        .order_by(SellerOrder.id)
    ).all():  # fmt: skip
        was, becomes = (max(each) for each in zip(*days[part.id], strict=True))
        values: dict[str, date | datetime | None] = {}
        if part.arrives_from and part.arrives_to:
            # A parcel goes out with the last of its goods: it is later only when that is.
            values = {
                "arrives_from": part.arrives_from + (becomes - was),
                "arrives_to": part.arrives_to + (becomes - was),
            }
        begins = clock_begins(part.method, [becomes], now)
        if part.reserved_until is not None and part.state == S.PLACED and begins > now:
            # The promise runs out by the clock no sooner than it did after the old day.
            until = reserved_until(S.PLACED, part.method, holds, begins)
            values["reserved_until"] = max(part.reserved_until, until) if until else None
        if values:
            session.execute(update(SellerOrder).where(SellerOrder.id == part.id).values(**values))
        relay.record(
            session,
            GoodsPutOff(
                part.order_id, part.id, variant_id, ready_on.isoformat(), reason, now.isoformat()
            ),
            now,
        )
    return list(told)
