"""What of a notice's money stands counted, so that only the rest of it is asked about."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from shop.banking.models import BankMatch, BankNotice


def counted_of(session: Session, notice_ids: Iterable[int]) -> dict[int, dict[int, int]]:
    """Return {notice: {payment: đồng}} of what stands counted for orders."""
    rows = session.execute(
        select(BankMatch.notice_id, BankMatch.payment_id, func.sum(BankMatch.amount_vnd))
        .where(BankMatch.notice_id.in_(list(notice_ids)), BankMatch.undone_at.is_(None))
        .group_by(BankMatch.notice_id, BankMatch.payment_id)
        .order_by(BankMatch.payment_id)
    )
    found: dict[int, dict[int, int]] = {}
    for notice_id, payment_id, amount in rows:
        found.setdefault(notice_id, {})[payment_id] = int(amount)
    return found


def counted_vnd(session: Session, notice_id: int) -> int:
    """Return how much of one notice stands counted for orders."""
    return sum(counted_of(session, [notice_id]).get(notice_id, {}).values())


_standing = (
    select(BankMatch.notice_id, func.sum(BankMatch.amount_vnd).label("counted_vnd"))
    .where(BankMatch.undone_at.is_(None))
    .group_by(BankMatch.notice_id)
    .subquery()
)
#: Returns no row while all is well.
INVARIANTS: dict[str, Any] = {
    "no more of a bank's line is counted for orders than it brought": (
        select(BankNotice.id.label("notice_id"), BankNotice.amount_vnd, _standing.c.counted_vnd)
        .join(_standing, _standing.c.notice_id == BankNotice.id)
        .where(_standing.c.counted_vnd > BankNotice.amount_vnd)
    ),
}
