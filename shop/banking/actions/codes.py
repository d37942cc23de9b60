"""Whose money the codes mean that somebody typed: on the inbox's page or by command, one way."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from shop.banking.actions.answers import accept, accept_for_cash, accept_for_fund
from shop.banking.models import BankNotice
from shop.banking.queries.counted import counted_vnd
from shop.banking.queries.funds import fund_of_memo
from shop.banking.rules.matching import NoSuchOrder, SeveralOfOrder
from shop.kernel.codes import read_code
from shop.kernel.errors import NotYours
from shop.ordering.models import Order
from shop.payments.methods import By
from shop.payments.models import Payment
from shop.payments.queries.turned import at_the_door
from shop.payments.rules.amounts import missing_vnd
from shop.sellers.models import Payee


def accept_codes(
    session: Session, *, notice_id: int, codes: Sequence[str], amount_vnd: int | None = None,
    by: By, now: datetime,
) -> bool:  # fmt: skip
    """Note that money is of what these codes name; False when this was answered before with the same.

    One code may be a fund's memo, or an order's that is paid at the door; else, and of several,
    each is a transfer's: in this order each has what it misses, the last the rest.

    Args:
        codes: as they were typed.
        amount_vnd: what the bank credited, for money in another currency.

    Raises:
        NotYours: there is no such notice.
        NoSuchOrder, SeveralOfOrder, and what the answer of that money refuses.
    """
    notice = session.get(BankNotice, notice_id)
    if notice is None:
        raise NotYours
    if len(codes) == 1:
        memo = fund_of_memo(session, notice, read_code(codes[0]))
        if memo is not None:
            return accept_for_fund(
                session, notice_id=notice_id, memo=memo, amount_vnd=amount_vnd, by=by, now=now
            )
        order_id = cash_order_of_code(session, notice, codes[0])
        if order_id is not None:
            return accept_for_cash(session, notice_id=notice_id, order_id=order_id, by=by, now=now)
    ids = [payment_of_code(session, notice, code, amount_vnd) for code in codes]
    return accept(
        session, notice_id=notice_id, payment_ids=ids, amount_vnd=amount_vnd, by=by, now=now
    )


def payment_of_code(
    session: Session, notice: BankNotice, typed: str, amount_vnd: int | None = None
) -> int:
    """Return the payment of an order that somebody named, into an account of the same owner.

    Of several that an order's code names, the one that misses just what came.

    Args:
        amount_vnd: what the bank credited, for money in another currency.

    Raises:
        NoSuchOrder
        SeveralOfOrder: none of several misses just that, or more than one.
    """
    code = read_code(typed)
    found = session.execute(
        select(
            Payment.id, Payment.memo, Payment.amount_vnd, Payment.received_vnd,
            Payment.refunded_vnd,
        )
        .join(Payee, Payee.id == Payment.payee_id)
        .join(Order, Order.id == Payment.order_id)
        .where(
            _owned_like(notice),
            Payment.method == "transfer",
            (Order.code == code) | (Payment.memo == code),
        )
        .order_by(Payment.id)
    ).all()  # fmt: skip
    if not code or not found:
        raise NoSuchOrder(typed=typed[:20])
    # A transfer that nothing is asked by any more is not meant beside another one.
    found = [one for one in found if one.amount_vnd or one.received_vnd] or found
    if len(found) > 1:
        whole_vnd = notice.amount_vnd if notice.amount_vnd is not None else amount_vnd or 0
        left_vnd = whole_vnd - counted_vnd(session, notice.id)
        fit = [one for one in found if missing_vnd(*one[2:]) == left_vnd]
        if len(fit) != 1:
            raise SeveralOfOrder(memos=[(one.memo, missing_vnd(*one[2:])) for one in found])
        found = fit
    return found[0].id


def cash_order_of_code(session: Session, notice: BankNotice, typed: str) -> int | None:
    """Return the order that somebody named when its parcels at the door are what this money pays.

    None where a transfer of the order is what it pays: its missing sum comes first, and what fits
    neither is for the transfer too, short or over.
    """
    order_id = session.scalar(select(Order.id).where(Order.code == read_code(typed)))
    parts = at_the_door(session, order_id, notice) if order_id is not None else ()
    if not parts:
        return None
    transfers = session.execute(
        select(Payment.amount_vnd, Payment.received_vnd, Payment.refunded_vnd)
        .join(Payee, Payee.id == Payment.payee_id)
        .where(
            _owned_like(notice), Payment.order_id == order_id, Payment.method == "transfer",
            (Payment.amount_vnd > 0) | (Payment.received_vnd > 0),
        )
    ).all()  # fmt: skip
    if not transfers:  # Nothing else can be meant; another sum is refused with its words.
        return order_id
    missing = [missing_vnd(*transfer) for transfer in transfers]
    left = (notice.amount_vnd or 0) - counted_vnd(session, notice.id)
    door_vnd = sum(part.amount_vnd for part in parts)
    if left in missing or left not in (door_vnd, door_vnd + sum(missing)):
        return None
    return order_id


def _owned_like(notice: BankNotice) -> Any:
    if notice.seller_id is not None:
        return Payee.seller_id == notice.seller_id
    return Payee.organisation_id == notice.organisation_id
