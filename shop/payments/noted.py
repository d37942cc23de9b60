"""What people note about money, each time with its audit line: transfers, and cash from the door."""

from datetime import datetime

from sqlalchemy import null, select
from sqlalchemy.orm import Session

from shop.kernel.errors import NotYours
from shop.ordering.models import SellerOrder
from shop.payments import actions as payments
from shop.payments import refunds
from shop.payments.methods import By
from shop.payments.models import CodCollection
from shop.payments.queries import events_of, last_money_event
from shop.payments.rules.cash import CashState, RestIs, WrittenOffFor
from shop.payments.told import TRANSFER, Subject
from shop.payments.turned import ask_transfer_for_cash
from shop.payments.written import write_down


def note_received(
    session: Session, *, payment_id: int, amount_vnd: int, after: int, words: str = "", by: By,
    now: datetime,
) -> bool:  # fmt: skip
    """Note that money reached the account: all of it, less, or more.

    Args:
        after: id of the last money event that whoever notes it has seen; the second note with
            the same number counts nothing and leaves no line. The others here likewise.

    Raises:
        AmountOutOfRange
    """
    noted = payments.confirm_received(
        session, payment_id=payment_id, amount_vnd=amount_vnd, after=after, by=by, note=words,
        now=now,
    )  # fmt: skip
    return _written(session, bool(noted), "received", payment_id, amount_vnd, by, now)


def note_transferred_cash(
    session: Session, *, seller_id: int, seller_order_id: int, amount_vnd: int, words: str = "",
    by: By, now: datetime,
) -> bool:  # fmt: skip
    """Note that a buyer transferred to her seller what she was to pay at the door.

    Raises:
        NotYours, NotPaidAtTheDoor, OtherSum
    """
    part = session.execute(
        select(SellerOrder.order_id, SellerOrder.seller_id, null().label("organisation_id")).where(
            SellerOrder.id == seller_order_id, SellerOrder.seller_id == seller_id
        )
    ).one_or_none()
    if part is None:
        raise NotYours(what="seller_order", id=seller_order_id)
    payment_id = ask_transfer_for_cash(
        session, order_id=part.order_id, owner=part, amount_vnd=amount_vnd, by=by, now=now
    )
    return note_received(
        session, payment_id=payment_id, amount_vnd=amount_vnd,
        after=last_money_event(session, payment_id), words=words, by=by, now=now,
    )  # fmt: skip


def note_taken_back(
    session: Session, *, payment_id: int, event_id: int, by: By, now: datetime
) -> bool:
    """Take a wrong confirmation back; it stays readable.

    Raises:
        NotYours: no such confirmation.
    """
    events = events_of(session, payment_id)
    wrong_vnd = next((event.amount_vnd for event in events if event.id == event_id), 0)
    noted = payments.take_back_confirmation(
        session, payment_id=payment_id, event_id=event_id, by=by, now=now
    )
    return _written(session, bool(noted), "taken_back", payment_id, wrong_vnd, by, now)


def note_given_back(
    session: Session, *, payment_id: int, amount_vnd: int, after: int, words: str = "", by: By,
    now: datetime,
) -> bool:  # fmt: skip
    """Note that money was transferred back to the buyer.

    Raises:
        MoreThanReceived, AmountOutOfRange
    """
    noted = refunds.give_back(
        session, of=Subject(TRANSFER, payment_id), amount_vnd=amount_vnd, after=after, by=by, note=words,
        now=now,
    )  # fmt: skip
    return _written(session, bool(noted), "given_back", payment_id, amount_vnd, by, now)


def note_not_found(
    session: Session, *, payment_id: int, words: str = "", by: By, now: datetime
) -> bool:
    """Note that what a buyer said she sent for an order that is over did not come.

    Raises:
        NotLate
    """
    noted = payments.close_late_report(session, payment_id=payment_id, by=by, note=words, now=now)
    return _written(session, bool(noted), "not_found", payment_id, 0, by, now)


def note_cash_counted(
    session: Session, *, seller_order_id: int, counted_vnd: int, by: By, now: datetime
) -> bool:
    """Note that the cash of a parcel reached the seller, and how much it was.

    Raises:
        As ``actions.move_cash`` does.
    """
    noted = payments.move_cash(
        session, seller_order_id=seller_order_id, to=CashState.REMITTED, counted_vnd=counted_vnd,
        by=by, now=now,
    )  # fmt: skip
    return _of_cash(session, bool(noted), "counted", seller_order_id, by, now, vnd=counted_vnd)


def note_cash_written_off(
    session: Session, *, seller_order_id: int, reason: WrittenOffFor, words: str, by: By,
    now: datetime,
) -> bool:  # fmt: skip
    """Note that cash which was taken at the door will not come.

    Raises:
        As ``actions.write_cash_off`` does.
    """
    noted = payments.write_cash_off(
        session, seller_order_id=seller_order_id, reason=reason, by=by, note=words, now=now
    )
    return _of_cash(
        session, bool(noted), "written_off", seller_order_id, by, now, reason=reason.value
    )


def note_cash_rest(
    session: Session, *, seller_order_id: int, what: RestIs, amount_vnd: int, after: int, by: By,
    now: datetime,
) -> bool:  # fmt: skip
    """Note what became of cash that a carrier kept back of a counted parcel.

    Args:
        after: ``last_cash_move`` of the page that was tapped.

    Raises:
        As ``actions.settle_rest`` does: PaidElsewhere when more of it came to her hand although the
        first part went to an organisation's account.
    """
    came = what == RestIs.CAME
    payee_id = None if came else session.scalar(
        select(CodCollection.payee_id).where(CodCollection.seller_order_id == seller_order_id)
    )  # fmt: skip
    noted = payments.settle_rest(
        session, seller_order_id=seller_order_id, after=after, payee_id=payee_id,
        counted_vnd=amount_vnd if came else 0, fee_vnd=amount_vnd if what == RestIs.FEE else 0,
        off_vnd=amount_vnd if what == RestIs.LOST else 0, by=by, now=now,
    )  # fmt: skip
    return _of_cash(
        session, noted, "rest", seller_order_id, by, now, vnd=amount_vnd, what=what.value
    )


def note_return_fee(
    session: Session, *, seller_order_id: int, fee_vnd: int, carrier: str, bearer_id: int | None,
    after: int, by: By, now: datetime,
) -> bool:  # fmt: skip
    """Note what a carrier asked of the seller for bringing a refused parcel back.

    Args:
        bearer_id: the organisation whose cost it is by its stated policy; None: her own.
        after: ``last_cash_move`` of the page that was tapped.

    Raises:
        As ``actions.charge_return_fee`` does.
    """
    noted = payments.charge_return_fee(
        session, seller_order_id=seller_order_id, after=after, fee_vnd=fee_vnd, carrier=carrier,
        bearer_id=bearer_id, by=by, now=now,
    )  # fmt: skip
    return _of_cash(session, noted, "return_fee", seller_order_id, by, now, vnd=fee_vnd)


def note_cash_taken_back(
    session: Session, *, seller_order_id: int, move_id: int, by: By, now: datetime
) -> bool:
    """Take a wrong tap on the cash of a parcel back; it stays readable.

    Raises:
        As ``actions.take_back_cash_step`` does.
    """
    noted = payments.take_back_cash_step(
        session, seller_order_id=seller_order_id, move_id=move_id, by=by, now=now
    )
    return _of_cash(session, bool(noted), "taken_back", seller_order_id, by, now)


def _of_cash(
    session: Session, noted: bool, act: str, seller_order_id: int, by: By, now: datetime,
    vnd: int | None = None, **facts: str,
) -> bool:  # fmt: skip
    if noted:
        sums = {} if vnd is None else {"amount_vnd": vnd}
        write_down(session, f"cash.{act}", ("cash", seller_order_id), by, now, **sums, **facts)
    return noted


def _written(
    session: Session, noted: bool, act: str, payment_id: int, amount_vnd: int, by: By, now: datetime
) -> bool:
    if noted:
        write_down(
            session, f"payment.{act}", ("payment", payment_id), by, now, amount_vnd=amount_vnd
        )
    return noted
