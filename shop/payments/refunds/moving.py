"""Money of a refund moves: it went back, or it did not after all."""

from datetime import datetime
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from shop.db import whole_orders
from shop.fundraising.actions.gifts import check_takes, let_refund_go
from shop.kernel.errors import NotYours
from shop.ordering.models import SellerOrder
from shop.outbox.relay import record
from shop.payments.credits import fill_up, issue_credit
from shop.payments.events import CashRefunded, PaymentRefunded, RefundCredited
from shop.payments.methods import METHODS, By
from shop.payments.methods.cod import (
    ask_anew,
    keep_cash_refund,
    last_step,
    take_cash_step_back,
)
from shop.payments.methods.transfer import keep_event
from shop.payments.models import Payment, PaymentEvent, Refund, RefundAllocation
from shop.payments.refunds.held import HeldRefund, change, hold_refund, write_act
from shop.payments.rules.credits import Owner
from shop.payments.rules.refunds import (
    BY_HAND,
    WAITING,
    RefundMovedOn,
    RefundState,
    SentElsewhere,
    Way,
    move,
    where_mark,
)
from shop.payments.told import CASH, TRANSFER, Subject
from shop.sellers.models import Payee

R = RefundState


def note_sent_as_seen(
    session: Session, *, refund_id: int, seen: str, is_before: bool = False, reference: str = "",
    by: By, now: datetime,
) -> bool:  # fmt: skip
    """Note what a person sent where a page said; False when that was noted before.

    The buyer may wish otherwise while the person is in her bank's app.

    Args:
        seen: ``where_mark`` of that page.
        is_before: it went where the buyer had wanted it before she wished otherwise. Which account
            that was is not kept, so none stands in the refund then.

    Raises:
        SentElsewhere, and as ``note_sent`` does: nothing is stored.
        GiftCame: the fund that she named since has it.
    """
    held = hold_refund(session, refund_id)
    if is_before:
        seen = where_mark(refund_id, Way.BANK, None)
        if held.row.state in WAITING:
            let_gift_go(session, held, now)
            session.execute(
                update(Refund)
                .where(Refund.id == refund_id)
                .values(way=Way.BANK, account=None, account_at=None)
            )
            held = hold_refund(session, refund_id)
    row = held.row
    is_open = row.state in WAITING
    is_known = row.state == R.DONE and reference in ("", row.reference)
    if seen != where_mark(refund_id, row.way, row.account) or not (is_open or is_known):
        raise SentElsewhere(
            state=row.state, to=R.DONE, way=row.way, reference=reference, is_open=is_open
        )
    return note_sent(
        session, refund_id=refund_id, by=by, reference=reference, now=now, is_before=is_before
    )


def note_sent(
    session: Session,
    *,
    refund_id: int,
    by: By,
    reference: str = "",
    note: str = "",
    now: datetime,
    payee_id: int | None = None,
    is_before: bool = False,
) -> bool:
    """Note that the money of a refund went back where it says; False when that was noted before.

    Args:
        payee_id: the organisation's account that a parcel's cash was brought to, when it gives it
            back instead of the seller.

    Raises:
        RefundMovedOn, MoreThanReceived: nothing is stored.
        CampaignNotOpen: it was to go to a campaign that takes nothing any more.
    """
    held = hold_refund(session, refund_id)
    if held.row.state == R.DONE:
        return False
    move(held.row.state, R.DONE)
    if held.row.way == Way.CAMPAIGN:
        check_takes(session, gift_id=held.row.gift_id, now=now)
    of, kept = held.of, note or held.row.note
    credit_id = _credited(session, held, now) if held.row.way == Way.CREDIT else None
    moved = _move_money(session, held, by, kept, now, credit_id, payee_id)
    if moved is None:
        return False
    link = {"event_id" if of.of == TRANSFER else "move_id": moved, "credit_id": credit_id}
    change(
        session,
        held,
        R.DONE,
        by,
        now,
        sent_at=now,
        reference=reference or held.row.reference,
        **link,
    )
    ask_as_let_off(session, held, now)
    act = "done" if credit_id is None else "credited"
    facts: dict[str, Any] = {"is_before": True} if is_before else {}
    write_act(
        session, act, refund_id, by, now, amount_vnd=held.row.amount_vnd, way=held.row.way, **facts
    )
    tell_moved(session, held, moved, held.row.amount_vnd, now)
    return True


def _move_money(
    session: Session, held: HeldRefund, by: By, note: str, now: datetime, credit_id: int | None,
    payee_id: int | None,
) -> int | None:  # fmt: skip
    """Keep that it went back; return the event or cash step, None when that was kept before."""
    what: dict[str, Any] = {
        "amount_vnd": held.row.amount_vnd, "key": f"refund:{held.row.id}", "by": by, "note": note,
        "now": now,
    }  # fmt: skip
    if held.of.of == CASH and payee_id is not None and credit_id is None:
        return keep_cash_refund(session, seller_order_id=held.of.id, payee_id=payee_id, **what)
    if credit_id is None:
        return METHODS[held.method].refund(session, of_id=held.of.id, **what)
    if held.of.of == TRANSFER:
        return keep_event(session, held.of.id, "refunded", credit_id=credit_id, **what)
    return keep_cash_refund(session, seller_order_id=held.of.id, credit_id=credit_id, **what)


def _credited(session: Session, held: HeldRefund, now: datetime) -> int:
    """Put it into the credit that it came from, or into a new one; return that."""
    amount_vnd = held.row.amount_vnd
    if held.row.credit_id is not None:
        fill_up(session, credit_id=held.row.credit_id, amount_vnd=amount_vnd)
        return held.row.credit_id
    return issue_credit(
        session, order_id=held.order_id, owner=_owner(session, held.of), amount_vnd=amount_vnd,
        now=now,
    )  # fmt: skip


def _owner(session: Session, of: Subject) -> Owner:
    """Return who has to give money back: whose account it came to, or the seller who has the cash."""
    if of.of == CASH:
        seller = session.scalar(select(SellerOrder.seller_id).where(SellerOrder.id == of.id))
        return Owner(seller, None)
    payee = session.execute(
        select(Payee.seller_id, Payee.organisation_id)
        .join(Payment, Payment.payee_id == Payee.id)
        .where(Payment.id == of.id)
    ).one()
    return Owner(payee.seller_id, payee.organisation_id)


def take_back(
    session: Session, *, refund_id: int, by: By, note: str = "", now: datetime,
    past_undone: bool = False,
) -> bool:  # fmt: skip
    """Take a refund back that waits, or a wrong "given back"; False when that was done before.

    Args:
        past_undone: as of ``take_cash_step_back``.

    Raises:
        RefundMovedOn: a card company has it, or it went by itself.
        GiftCame: a campaign's fund has it on an account of its own.
        NotEnoughInFund: it was on one account with the fund, which handed it over since.
        NotTheLastStep: something happened to the parcel's cash since.
    """
    held = hold_refund(session, refund_id)
    if held.row.state == R.TAKEN_BACK:
        return False
    move(held.row.state, R.TAKEN_BACK)
    let_gift_go(session, held, now)
    if held.row.state == R.DONE:
        if held.row.way not in BY_HAND:
            raise RefundMovedOn(state=held.row.state, to=R.TAKEN_BACK)
        undone = undo(session, held, by, note, now, past_undone=past_undone)
        if undone is None:
            return False
        tell_moved(session, held, undone, -held.row.amount_vnd, now)
    change(session, held, R.TAKEN_BACK, by, now)
    if held.row.state == R.DONE:
        ask_as_let_off(session, held, now)
    write_act(
        session, "taken_back", refund_id, by, now, promised_by=held.row.actor_kind,
        amount_vnd=held.row.amount_vnd,
    )  # fmt: skip
    return True


def undo(
    session: Session, held: HeldRefund, by: By, note: str, now: datetime, *,
    past_undone: bool = False,
) -> int | None:  # fmt: skip
    if held.row.event_id is not None:
        return keep_event(
            session, held.row.payment_id, "refunded", f"undo:{held.row.event_id}", by, now,
            -held.row.amount_vnd, note, left_from=_left_from(session, held.row.event_id),
        )  # fmt: skip
    done = take_cash_step_back(
        session, seller_order_id=held.row.seller_order_id, move_id=held.row.move_id, by=by, note=note,
        now=now, past_undone=past_undone,
    )  # fmt: skip
    return None if done is None else last_step(session, held.row.seller_order_id)


def ask_as_let_off(session: Session, held: HeldRefund, now: datetime) -> None:
    """Ask for so much less as the buyer is let off, or for it again, once a refund was done or undone."""
    if not session.scalar(
        select(func.count()).where(
            RefundAllocation.refund_id == held.row.id,
            (RefundAllocation.let_off_vnd != 0) | (RefundAllocation.ahead_vnd != 0),
        )
    ):
        return
    with whole_orders(session):  # One transfer may pay several sellers.
        if held.of.of == CASH:
            ask_anew(session, seller_order_id=held.of.id)
        else:
            METHODS[held.method].open(session, held.order_id, now)


def _left_from(session: Session, event_id: int) -> str:
    return session.scalars(select(PaymentEvent.left_from).where(PaymentEvent.id == event_id)).one()


def refund_of(session: Session, *, event_id: int | None = None, move_id: int | None = None) -> int:
    """Return the refund that an event or a cash step moved money for.

    Raises:
        NotYours
    """
    column = Refund.event_id == event_id if event_id is not None else Refund.move_id == move_id
    found = session.scalar(select(Refund.id).where(column))
    if found is None:
        raise NotYours
    return found


def tell_moved(
    session: Session, held: HeldRefund, moved: int, amount_vnd: int, now: datetime
) -> None:
    """Say that money went back; below nought: that it did not after all."""
    of = held.of
    if held.row.way == Way.CREDIT:
        record(session, RefundCredited(held.row.id, held.order_id), now)
        return
    if held.row.way == Way.DISPUTE:  # Her own bank told her.
        return
    event = (
        PaymentRefunded(of.id, held.order_id, moved, amount_vnd)
        if of.of == TRANSFER
        else CashRefunded(moved, held.order_id, of.id, amount_vnd)
    )
    record(session, event, now)


def let_gift_go(session: Session, held: HeldRefund, now: datetime) -> None:
    """Ask a fund no more for money that goes another way now.

    Raises:
        GiftCame: the fund has it on an account of its own. NotEnoughInFund
    """
    if held.row.gift_id is not None and held.row.way == Way.CAMPAIGN:
        let_refund_go(session, gift_id=held.row.gift_id, now=now)
