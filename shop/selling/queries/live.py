"""What an open board asks again and again, and what streams listen for: cheap reads."""

import hashlib
import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, func, literal, select
from sqlalchemy.orm import Session

from shop.ordering.models import Order, SellerOrder, SellerOrderMove
from shop.ordering.queries import lines_of
from shop.payments.models import Payment, PaymentEvent
from shop.selling.queries.orders import pays_for
from shop.selling.rules import NEW

#: So many new orders are said one by one; whoever was away longer looks at the board.
MOST_SAID = 5


def board_mark(stands: str, seen_as: str) -> str:
    """Return the ETag of a stall's board: another one when an order or its money moved.

    Args:
        stands: ``Board.stands`` or ``live_stands``.
        seen_as: the heading, page and language that it is looked at in.
    """
    return '"' + hashlib.sha256(f"{seen_as}\n{stands}".encode()).hexdigest()[:20] + '"'


@dataclass(frozen=True, slots=True)
class NewOrder:
    """An order that came while the board was open, as it is said: no name, no phone."""

    row: Row[*tuple[Any, ...]]
    lines: Sequence[Row[*tuple[Any, ...]]]


def new_orders(session: Session, seller_id: int, after_id: int) -> list[NewOrder]:
    """Return what came to a stall after one of its orders, the oldest first. At most two queries."""
    rows = session.execute(
        select(
            SellerOrder.id, SellerOrder.delivery, SellerOrder.total_vnd, Order.country,
            Order.province_name,
        )
        .join(Order, Order.id == SellerOrder.order_id)
        .where(
            SellerOrder.seller_id == seller_id, SellerOrder.id > after_id,
            SellerOrder.state.in_(NEW), SellerOrder.seen_at.is_(None),
        )
        .order_by(SellerOrder.id)
        .limit(MOST_SAID)
    ).all()  # fmt: skip
    return _with_lines(session, rows)


def new_order(session: Session, seller_order_id: int) -> NewOrder | None:
    """Return one order as it is said, while it is new and nobody opened it."""
    rows = session.execute(
        select(
            SellerOrder.id, SellerOrder.delivery, SellerOrder.total_vnd, Order.country,
            Order.province_name,
        )
        .join(Order, Order.id == SellerOrder.order_id)
        .where(
            SellerOrder.id == seller_order_id, SellerOrder.state.in_(NEW),
            SellerOrder.seen_at.is_(None),
        )
    ).all()  # fmt: skip
    return next(iter(_with_lines(session, rows)), None)


def _with_lines(session: Session, rows: Sequence[Row[*tuple[Any, ...]]]) -> list[NewOrder]:
    lines: dict[int, list[Row[*tuple[Any, ...]]]] = defaultdict(list)
    if rows:
        for line in lines_of(session, [row.id for row in rows]):
            lines[line.seller_order_id].append(line)
    return [NewOrder(row, lines[row.id]) for row in rows]


class BoardTail:
    """Tells which stalls' boards changed since it was last asked: one query for all of them.

    It follows the numbers of moves and of money events. PostgreSQL may show a smaller number
    after a greater one, when its transaction took longer: the last ``BACK_S`` seconds are read
    again each time, and what was told is remembered that long.
    """

    BACK_S = 30.0
    #: Read back at the start, and at most so much at a time.
    BACK, MOST = 200, 2000

    def __init__(self) -> None:
        self._floors: dict[str, int] | None = None
        self._told: dict[tuple[str, int], float] = {}

    def __call__(self, session: Session) -> set[int]:
        """Return the sellers whose orders or money moved; none the first time."""
        first = self._floors is None
        if self._floors is None:
            self._floors = {
                "move": (session.scalar(select(func.max(SellerOrderMove.id))) or 0) - self.BACK,
                "money": (session.scalar(select(func.max(PaymentEvent.id))) or 0) - self.BACK,
            }
        at = time.monotonic()
        changed = set()
        for kind, number, seller_id in map(tuple, session.execute(self._asked(self._floors))):
            if (kind, number) not in self._told:
                self._told[kind, number] = at
                changed.add(seller_id)
        for (kind, number), told_at in list(self._told.items()):
            if at - told_at > self.BACK_S:
                self._floors[kind] = max(self._floors[kind], number)
                del self._told[kind, number]
        return set() if first else changed

    def _asked(self, floors: dict[str, int]) -> Any:
        moves = (
            select(literal("move"), SellerOrderMove.id, SellerOrder.seller_id)
            .join(SellerOrder, SellerOrder.id == SellerOrderMove.seller_order_id)
            .where(SellerOrderMove.id > floors["move"])
            .order_by(SellerOrderMove.id.desc())
            .limit(self.MOST)
            .subquery()
        )
        money = (
            select(literal("money"), PaymentEvent.id, SellerOrder.seller_id)
            .join(Payment, Payment.id == PaymentEvent.payment_id)
            .join(SellerOrder, pays_for)
            .where(PaymentEvent.id > floors["money"])
            .order_by(PaymentEvent.id.desc())
            .limit(self.MOST)
            .subquery()
        )
        return select(moves).union_all(select(money))
