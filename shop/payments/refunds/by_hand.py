"""A person gave money back already, and notes it."""

from datetime import datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from shop.payments.methods import By
from shop.payments.models import Refund, RefundAllocation
from shop.payments.refunds.held import her_account, hold, waiting_of
from shop.payments.refunds.moving import note_sent, take_back
from shop.payments.refunds.promising import ask_back, refund
from shop.payments.rules.amounts import AmountOutOfRange
from shop.payments.rules.refunds import RefundReason, Way, in_pieces
from shop.payments.told import CASH, TRANSFER, Subject


def give_back(
    session: Session,
    *,
    of: Subject,
    amount_vnd: int,
    after: int,
    way: Way = Way.BANK,
    by: By,
    reference: str = "",
    note: str = "",
    now: datetime,
) -> bool:
    """Note money that a person gave back already; False when this tap was counted before.

    It answers what waits to go back: the refund of that amount, or first what has to go back and
    then what somebody promised beyond that. What is left of either goes on waiting.

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
    promise: Any = None
    answered = next((row for row in waiting if row.amount_vnd == amount_vnd), None)
    if answered is not None:
        # What goes to a campaign is its transfer, whatever the person calls it.
        way = Way.CAMPAIGN if answered.way == Way.CAMPAIGN else way
        session.execute(
            update(Refund).where(Refund.id == answered.id).values(way=way, key=key, note=note)
        )
        refund_id: int | None = answered.id
        left_vnd = 0
    else:
        left_vnd = amount_vnd
        for row in sorted(waiting, key=lambda row: row.actor_kind != "system"):
            if row.actor_kind != "system":
                if left_vnd <= 0:
                    break
                promise = _promise_of(session, row.id)
            take_back(session, refund_id=row.id, by=_who(row, by), now=now)
            left_vnd -= row.amount_vnd
        refund_id = refund(
            session, of=of, amount_vnd=amount_vnd, way=way, key=key, by=by, note=note, now=now
        )
    if refund_id is None:
        return False
    note_sent(session, refund_id=refund_id, by=by, reference=reference, note=note, now=now)
    ask_back(session, of, now, account=next(map(her_account, filter(her_account, waiting)), None))
    if promise is not None and left_vnd < 0:
        _promise_rest(session, of, promise, -left_vnd, f"{key}:rest", now)
    return True


def _who(row: Any, by: By) -> By:
    """Return who takes a promise back: what the shop derived, it does itself."""
    return By("system") if row.actor_kind == "system" else by


def _promise_of(session: Session, refund_id: int) -> Any:
    """Return what a person promised as it stands now: ``(refund, {seller order: vnd})``."""
    row = session.execute(select(*Refund.__table__.c).where(Refund.id == refund_id)).one()
    shares = session.execute(
        select(RefundAllocation.seller_order_id, RefundAllocation.amount_vnd)
        .where(RefundAllocation.refund_id == refund_id)
        .order_by(RefundAllocation.seller_order_id)
    )
    return row, {share.seller_order_id: share.amount_vnd for share in shares}


def _promise_rest(
    session: Session, of: Subject, promise: Any, rest_vnd: int, key: str, now: datetime
) -> None:
    """Promise once more what is left of a person's promise, in that person's name."""
    row, by_part = promise
    cut = in_pieces(by_part, [row.amount_vnd - rest_vnd, rest_vnd])[1]
    rest_id = refund(
        session, of=of, by_part=cut, reason=RefundReason(row.reason), way=Way(row.way), key=key,
        by=By(row.actor_kind, row.actor_id), note=row.note, now=now,
    )  # fmt: skip
    if rest_id is not None and her_account(row):
        session.execute(
            update(Refund)
            .where(Refund.id == rest_id)
            .values(account=row.account, account_at=row.account_at, state=row.state)
        )


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
