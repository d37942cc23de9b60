"""Why a level changed, written down."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy.orm import Session

from shop.prepared import PreparedInsert
from shop.stock.models import StockMove
from shop.stock.rules import Units

_INTO_MOVES = PreparedInsert(StockMove)


def write_down(
    session: Session,
    units: Iterable[Units],
    kind: str,
    on_hand: int,
    reserved: int,
    now: datetime,
    *,
    actor_id: int | None = None,
    reason: str = "",
) -> None:
    """Store one move for each: ``on_hand`` and ``reserved`` are signs, +1, 0 or -1."""
    _INTO_MOVES.run_all(
        session,
        [
            {
                "variant_id": each.variant_id,
                "kind": kind,
                "on_hand_change": on_hand * each.quantity,
                "reserved_change": reserved * each.quantity,
                "seller_order_id": each.seller_order_id,
                "reason": reason,
                "actor_id": actor_id,
                "at": now,
            }
            for each in units
        ],
    )
