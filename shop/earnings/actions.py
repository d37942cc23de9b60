"""Keeping each seller's months: what arrives, comes back and is let off is counted with it."""

from datetime import date

from sqlalchemy import update
from sqlalchemy.orm import Session

from shop.db import upsert_into, whole_orders
from shop.earnings.models import Reduction, SoldMonth
from shop.earnings.queries import by_month, changes, last_returns, let_off
from shop.ordering.events import GoodsCameBack, ReturnTakenBack, SellerOrderMoved
from shop.ordering.rules import MAY_COME_BACK
from shop.ordering.rules import SellerOrderState as S
from shop.outbox.relay import recorded, recorded_at
from shop.payments.events import CashRefunded, PaymentRefunded, RefundCredited

#: What changes what a buyer is let off, beside arrivals: money that goes back, goods that come back.
_LETS_OFF = (PaymentRefunded, CashRefunded, RefundCredited, GoodsCameBack, ReturnTakenBack)


def keep_months(session: Session) -> None:
    """Count what this transaction let arrive, come back or go back. Runs at its end, inside it.

    Months are locked in the order of their keys, so that two that meet wait for each other.
    """
    moves: set[int] = set()
    returns: set[int] = set()
    kept: set[int] = set()
    whole_parts: set[int] = set()
    orders: set[int] = set()
    for event in recorded(session):
        if isinstance(event, _LETS_OFF) or (
            isinstance(event, SellerOrderMoved)
            and {event.from_state, event.to_state} & {S.DELIVERED, S.RETURNED}
            and event.to_state != S.COMPLETED
        ):
            orders.add(event.order_id)
        if isinstance(event, GoodsCameBack):
            returns.add(event.return_id)
        elif isinstance(event, ReturnTakenBack):
            kept.add(event.return_id)
        elif isinstance(event, SellerOrderMoved) and S.DELIVERED in (
            event.from_state, event.to_state,
        ) and event.to_state not in (S.COMPLETED, S.RETURNED):  # fmt: skip
            moves.add(event.move_id)
        elif isinstance(event, SellerOrderMoved) and _came_home(event):
            whole_parts.add(event.seller_order_id)
    if not (moves or returns or kept or whole_parts or orders):
        return
    session.flush()
    with whole_orders(session):
        if whole_parts:
            returns.update(last_returns(session, whole_parts))
        reductions = _keep_reductions(session, orders)
        months = by_month(
            changes(session, moves=moves, returns=returns, kept=kept, reductions=reductions)
        )
        for (seller_id, month, collector_id), sums in sorted(months.items()):
            if sums["orders"] < 0 or sums["returns_vnd"] < 0:  # Taken back: it was counted before.
                _count_off(session, seller_id, month, collector_id, sums)
                continue
            row = {"seller_id": seller_id, "month": month, "collector_id": collector_id, **sums}
            made = upsert_into(session, SoldMonth).values(row)
            more = {name: getattr(SoldMonth, name) + made.excluded[name] for name in sums}
            session.execute(
                made.on_conflict_do_update(
                    index_elements=["seller_id", "month", "collector_id"], set_=more
                )
            )


def _keep_reductions(session: Session, order_ids: set[int]) -> list[int]:
    """Keep by how much more or less the buyers of these orders are let off now; return the rows."""
    rows = [
        Reduction(
            seller_id=one.seller_id, seller_order_id=one.seller_order_id,
            vnd=one.vnd - one.counted_vnd, at=recorded_at(session),
        )
        for one in (let_off(session, order_ids) if order_ids else ())
        if one.vnd != one.counted_vnd
    ]  # fmt: skip
    session.add_all(rows)
    session.flush()
    return [row.id for row in rows]


def _count_off(
    session: Session, seller_id: int, month: date, collector_id: int, sums: dict[str, int]
) -> None:
    session.execute(
        update(SoldMonth)
        .where(
            SoldMonth.seller_id == seller_id, SoldMonth.month == month,
            SoldMonth.collector_id == collector_id,
        )
        .values({name: getattr(SoldMonth, name) + vnd for name, vnd in sums.items()})
    )  # fmt: skip


def _came_home(event: SellerOrderMoved) -> bool:
    """Tell of goods that had arrived; others were never counted."""
    return event.to_state == S.RETURNED and event.from_state in MAY_COME_BACK
