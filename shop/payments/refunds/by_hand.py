"""A person gave money back already, and notes it."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from shop.payments.methods import By
from shop.payments.models import Refund
from shop.payments.refunds.held import her_account, hold, waiting_of
from shop.payments.refunds.moving import note_sent, take_back
from shop.payments.refunds.promising import ask_back, refund
from shop.payments.rules.amounts import AmountOutOfRange
from shop.payments.rules.refunds import Way
from shop.payments.told import CASH, TRANSFER, Subject


def give_back(
    session: Session,
    *,
    of: Subject,
    amount_vnd: int,
    after: int,
    way: Way = Way.BANK,
    by_part: Mapping[int, int] | None = None,
    lines: Mapping[int, int] | None = None,
    by: By,
    reference: str = "",
    note: str = "",
    now: datetime,
) -> bool:
    """Note money that a person gave back already; False when this tap was counted before.

    It answers what waits to go back: the refund of that amount, or all that waits; what is
    left then is asked for anew.

    Args:
        after: ``last_money_event`` or ``last_cash_move`` of the page that was tapped.

    Raises:
        AmountOutOfRange, MoreThanReceived: nothing is stored.
    """
    if amount_vnd <= 0:
        raise AmountOutOfRange(amount_vnd=amount_vnd)
    hold(session, of)
    key = f"refunded:{of.id}:{after}" if of.of == TRANSFER else f"cash-refunded:{of.id}:{after}"
    if session.scalar(select(Refund.id).where(Refund.key == key)) is not None:
        return False
    waiting = waiting_of(session, of)
    answered = next((row for row in waiting if row.amount_vnd == amount_vnd), None)
    if answered is not None and by_part is None and lines is None:
        # What goes to a campaign is its transfer, whatever the person calls it.
        way = Way.CAMPAIGN if answered.way == Way.CAMPAIGN else way
        session.execute(
            update(Refund).where(Refund.id == answered.id).values(way=way, key=key, note=note)
        )
        refund_id: int | None = answered.id
    else:
        for row in waiting:
            take_back(session, refund_id=row.id, by=By("system"), now=now)
        refund_id = refund(
            session, of=of, amount_vnd=amount_vnd if by_part is None and lines is None else None,
            by_part=by_part, lines=lines, way=way, key=key, by=by, note=note, now=now,
        )  # fmt: skip
    if refund_id is None:
        return False
    note_sent(session, refund_id=refund_id, by=by, reference=reference, note=note, now=now)
    ask_back(session, of, now, account=next(map(her_account, filter(her_account, waiting)), None))
    return True


def give_back_from_till(
    session: Session, *, seller_order_id: int, payee_id: int, by: By, now: datetime
) -> int:
    """Give in cash what waits to go back of a part, out of the till that took it; return how much.

    The organisation that took it at its stall gives it, and owes the seller so much less.

    Raises:
        RefundMovedOn
    """
    of, gone_vnd = Subject(CASH, seller_order_id), 0
    hold(session, of)
    for row in waiting_of(session, of):
        if row.way == Way.CAMPAIGN:
            continue
        session.execute(
            update(Refund)
            .where(Refund.id == row.id)
            .values(way=Way.CASH, account=None, account_at=None)
        )
        note_sent(session, refund_id=row.id, by=by, now=now, payee_id=payee_id)
        gone_vnd += row.amount_vnd
    return gone_vnd
