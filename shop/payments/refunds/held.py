"""The payment or parcel whose money goes back, and its refund, held until the transaction ends.

Whoever acts on the money of one payment or parcel holds its row, so that two refunds follow
each other.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from shop.kernel.errors import NotYours
from shop.ordering.models import SellerOrder
from shop.payments import holding
from shop.payments.methods import By
from shop.payments.models import CodCollection, Payment, Refund
from shop.payments.rules.amounts import surplus_vnd
from shop.payments.rules.cash import SETTLED, cash_back_vnd, paid_vnd
from shop.payments.rules.refunds import WAITING, RefundMovedOn, RefundState, Way, move
from shop.payments.told import CASH, TRANSFER, Subject
from shop.payments.written import write_down


@dataclass(frozen=True, slots=True)
class Held:
    """A payment or a parcel's cash as it stands now, held until the transaction ends."""

    of: Subject
    order_id: int
    method: str
    #: What has to go back to the buyer.
    back_vnd: int


@dataclass(frozen=True, slots=True)
class HeldRefund:
    """A refund as it stands now, with what it is of."""

    row: Any
    of: Subject
    order_id: int
    method: str


def hold(session: Session, of: Subject) -> Held:
    """Hold what a refund is taken from, and its parts before that.

    Raises:
        NotYours: there is none.
    """
    holding.hold_parts(session, of)
    row = session.execute(
        PAYMENT.where(Payment.id == of.id) if of.of == TRANSFER
         else _CASH.where(CodCollection.seller_order_id == of.id)
    ).one_or_none()  # fmt: skip
    if row is None:
        raise NotYours
    back = surplus_vnd(row.amount_vnd, row.received_vnd, row.refunded_vnd)
    return Held(of, row.order_id, row.method, back if of.of == TRANSFER else _cash_back(row))


PAYMENT = select(
    Payment.order_id, Payment.method, Payment.amount_vnd, Payment.received_vnd,
    Payment.refunded_vnd,
).with_for_update()  # fmt: skip


_CASH = (
    select(
        SellerOrder.order_id, SellerOrder.method, CodCollection.amount_vnd,
        CodCollection.received_vnd, CodCollection.refunded_vnd, CodCollection.state,
        CodCollection.taken_vnd, CodCollection.taken_by, CodCollection.written_off_for,
    )
    .join(SellerOrder, SellerOrder.id == CodCollection.seller_order_id)
    .with_for_update(of=CodCollection)
)  # fmt: skip


def _cash_back(row: Any) -> int:
    """Return what of a parcel's cash has to go back: nothing while more is waited for."""
    if row.state not in SETTLED:
        return 0
    paid = paid_vnd(row.state, row.taken_vnd, row.taken_by, row.received_vnd, row.written_off_for)
    return cash_back_vnd(paid, row.refunded_vnd, row.amount_vnd)


def _subject(row: Any) -> Subject:
    if row.payment_id is not None:
        return Subject(TRANSFER, row.payment_id)
    return Subject(CASH, row.seller_order_id)


def hold_refund(session: Session, refund_id: int) -> HeldRefund:
    """Hold what a refund is of, then read the refund as it stands now.

    Raises:
        NotYours: there is none.
    """
    of = session.execute(
        select(Refund.payment_id, Refund.seller_order_id).where(Refund.id == refund_id)
    ).one_or_none()
    if of is None:
        raise NotYours
    held = hold(session, _subject(of))
    row = session.execute(select(*Refund.__table__.c).where(Refund.id == refund_id)).one()
    return HeldRefund(row, held.of, held.order_id, held.method)


def change(
    session: Session, held: HeldRefund, to: RefundState, by: By, now: datetime, **values: Any
) -> None:
    """Compare and set the state.

    Raises:
        RefundMovedOn: no such move from here, or somebody else was faster.
    """
    if held.row.state != to:
        move(held.row.state, to)
    changed = session.execute(
        update(Refund)
        .where(Refund.id == held.row.id, Refund.state == held.row.state)
        .values(state=to, changed_at=now, changed_by_id=by.account_id, **values)
    )
    if changed.rowcount != 1:  # type: ignore[attr-defined]
        raise RefundMovedOn(state=held.row.state, to=to)


def about(of: Subject) -> tuple[Any, ...]:
    column = Refund.payment_id if of.of == TRANSFER else Refund.seller_order_id
    return (column == of.id,)


def waiting_of(session: Session, of: Subject) -> list[Any]:
    """Return the refunds that a person has to see to, oldest first."""
    return list(
        session.execute(
            select(Refund.id, Refund.amount_vnd, Refund.actor_kind, Refund.account, Refund.way)
            .where(*about(of), Refund.state.in_(sorted(WAITING)), Refund.way != Way.CARD)
            .order_by(Refund.id)
        )
    )


def sent_vnd(session: Session, of: Subject) -> int:
    """Return what is on its way back: a card company or a wallet was asked for it."""
    asked = select(func.coalesce(func.sum(Refund.amount_vnd), 0)).where(
        *about(of), Refund.state == RefundState.SENT
    )
    return int(session.scalar(asked) or 0)


def her_account(row: Any) -> bytes | None:
    """Return the account that a buyer gave for a refund; None too where a fund's stands there."""
    return row.account if row.way == Way.BANK else None


def write_act(
    session: Session, act: str, refund_id: int, by: By, now: datetime, *,
    promised_by: str = "system", **facts: Any,
) -> None:  # fmt: skip
    """Write down who did what to a refund, when, and from where.

    What the shop promises by itself is nobody's act: the refund says when and why. What a person
    promised (``promised_by``: a kind of ``By``) does not go without a line.
    """
    if by.kind == promised_by == "system" and act in ("asked", "taken_back", "credited"):
        return
    write_down(session, f"refund.{act}", ("refund", refund_id), by, now, **facts)
