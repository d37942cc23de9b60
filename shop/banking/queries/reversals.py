"""Which line of money that came a bank took back: read, nothing is stored."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from shop.banking.models import BankNotice
from shop.banking.queries.counted import counted_of
from shop.banking.queries.notices import Told, memos_in, told
from shop.banking.queries.owners import accounts_like
from shop.banking.rules.movements import Movement, bank_references
from shop.banking.rules.reversals import WITHIN, Came, may_reverse, taken_back_by
from shop.kernel.clock import vietnam_date
from shop.payments.models import Payment, Refund
from shop.payments.rules.refunds import COUNTING, Way
from shop.sellers.models import Payee

#: A file that tells only the day puts its lines at midnight.
_SAME_DAY = timedelta(days=1)
#: The newest so many lines are opened and compared.
_MOST = 500


@dataclass(frozen=True, slots=True)
class Earlier:
    """The line that the bank took back, and what of it stands counted: {payment: đồng}."""

    row: Any
    told: Told
    counted: dict[int, int]


def came_for(session: Session, account: Any, movement: Movement) -> list[Came]:
    """Return the lines of money into an account that an outgoing one may take back.

    Args:
        account: a row of ``Payee``, or with its columns.
    """
    payees = accounts_like(session, account)
    rows = _came(session, payees, movement)
    given_back = _is_given_back(session, payees, movement) if rows else False
    return [
        Came(
            row.id, row.amount_vnd, vietnam_date(row.booked_at),
            bank_references(row.reference, said.text), memos_in(said.text), given_back,
        )
        for row in rows
        for said in (told(row),)
    ]  # fmt: skip


def as_reversal(
    session: Session, account: Any, movement: Movement, beside: Sequence[Movement] = ()
) -> Movement:
    """Return a movement, marked when its words and an earlier line say that the bank took it back.

    Args:
        beside: the other lines of its file.
    """
    if movement.is_reversal or not may_reverse(movement):
        return movement
    came = came_for(session, account, movement) + [
        Came(
            0, one.amount_vnd, vietnam_date(one.booked_at),
            bank_references(one.reference, one.text), memos_in(one.text),
        )
        for one in beside
        if one.amount_vnd is not None and one.amount_vnd > 0
    ]  # fmt: skip
    day = vietnam_date(movement.booked_at)
    found = taken_back_by(movement, memos_in(movement.text), day, came)
    return movement if found is None else replace(movement, is_reversal=True)


def earlier_of(session: Session, row: Any) -> Earlier | None:
    """Return the line that a notice of a storno takes back, as far as can be told; else None.

    Args:
        row: a notice of which the bank says that it took money back.
    """
    said = told(row)
    movement = Movement(
        "", (), row.amount_vnd, row.currency, said.written, row.booked_at, row.by_day, said.text,
        row.reference,
    )  # fmt: skip
    if row.amount_vnd is None:
        return None
    came = came_for(session, session.get(Payee, row.payee_id), movement)
    day = vietnam_date(row.booked_at)
    found = taken_back_by(movement, memos_in(said.text), day, came) or next(
        # The bank's own column says that it is one: the amount is enough.
        (one for one in reversed(came) if one.amount_vnd == -row.amount_vnd and one.day <= day),
        None,
    )
    if found is None:
        return None
    notice = session.get_one(BankNotice, found.id)
    return Earlier(notice, told(notice), counted_of(session, [notice.id]).get(notice.id, {}))


def _came(session: Session, payees: Sequence[int], movement: Movement) -> Sequence[Any]:
    columns = BankNotice.__table__.c
    assert movement.amount_vnd is not None
    return session.execute(
        select(
            columns.id, columns.amount_vnd, columns.booked_at, columns.reference, columns.data_key,
            columns.sealed,
        )
        .where(
            columns.payee_id.in_(payees),
            columns.amount_vnd >= -movement.amount_vnd,
            columns.booked_at.between(
                movement.booked_at - WITHIN, movement.booked_at + _SAME_DAY
            ),
            columns.same_as_id.is_(None),
        )
        .order_by(columns.id.desc())
        .limit(_MOST)
    ).all()[::-1]  # fmt: skip


def _is_given_back(session: Session, payees: Sequence[int], movement: Movement) -> bool:
    """Tell whether the shop knows of a refund of this amount, which the outgoing line may be."""
    assert movement.amount_vnd is not None
    found = (
        select(Refund.id)
        .join(Payment, Payment.id == Refund.payment_id)
        .where(
            Payment.payee_id.in_(payees),
            Refund.amount_vnd == -movement.amount_vnd,
            Refund.state.in_(sorted(COUNTING)),
            Refund.way.in_((Way.BANK, Way.CAMPAIGN)),
            Refund.asked_at >= movement.booked_at - WITHIN,
        )
        .limit(1)
    )
    return session.scalar(found) is not None
