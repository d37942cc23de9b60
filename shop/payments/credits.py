"""Credits as they are kept: given for money that was to go back, spent, and filled up again."""

from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, select, update
from sqlalchemy.orm import Session

from shop.current import vault
from shop.ordering.models import Order
from shop.payments.models import Credit
from shop.payments.rules.credits import CreditUsedUp, Owner, new_credit_code

_credit = Credit.__table__


def issue_credit(
    session: Session, *, order_id: int, owner: Owner, amount_vnd: int, now: datetime
) -> int:
    """Give the buyer of an order a code worth an amount at one payee; return the credit.

    Called by ``payments.refunds`` alone, which says whose money it was: the code is worth what
    was to go back, no day ends it, and only her order's page shows it.
    """
    key = session.scalars(select(Order.data_key).where(Order.id == order_id)).one()
    code = new_credit_code()
    made = Credit(
        code_index=vault().index("credit", code), code=vault().seal(key, code), order_id=order_id,
        seller_id=owner.seller_id, organisation_id=owner.organisation_id, issued_vnd=amount_vnd,
        left_vnd=amount_vnd, issued_at=now,
    )  # fmt: skip
    session.add(made)
    session.flush()
    return made.id


def fill_up(session: Session, *, credit_id: int, amount_vnd: int) -> None:
    """Put back what a credit had paid for something that came to nothing."""
    session.execute(
        update(Credit).where(Credit.id == credit_id).values(left_vnd=Credit.left_vnd + amount_vnd)
    )


def take_from(session: Session, *, credit_id: int, most_vnd: int) -> int:
    """Take what is wanted of a credit, or what is left of it; return how much that is.

    Of two that want the last of it, one has it: what the other read is compared in the
    statement that takes, and read again.

    Raises:
        CreditUsedUp: nothing is left.
    """
    while True:
        left_vnd = session.scalar(select(Credit.left_vnd).where(Credit.id == credit_id)) or 0
        wanted_vnd = min(left_vnd, most_vnd)
        if wanted_vnd <= 0:
            raise CreditUsedUp
        taken = session.connection().execute(_TAKE, {"credit": credit_id, "wanted": wanted_vnd})
        if taken.rowcount == 1:
            return wanted_vnd


def _taking(guard: Any) -> Any:
    return (
        update(_credit)  # type: ignore[arg-type]
        .where(_credit.c.id == bindparam("credit"), guard)
        .values(left_vnd=_credit.c.left_vnd - bindparam("wanted"))
    )


#: Its guard keeps a credit from being spent twice; the race tests show what it is worth.
_TAKE = _taking(_credit.c.left_vnd >= bindparam("wanted"))
