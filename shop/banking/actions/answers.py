"""What a person says of money that did not settle by itself, and taking that back."""

import secrets
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from shop.audit.actions import note
from shop.banking.actions.funds import count_for_fund
from shop.banking.actions.keeping import SYSTEM, move_notice
from shop.banking.actions.matching import count_for, lock_notice
from shop.banking.actions.passes import know_pass, let_go_of_pass
from shop.banking.actions.units import book_payout, let_go_of_debt, let_go_of_payout, pay_debt
from shop.banking.models import BankMatch, BankNotice
from shop.banking.queries.books import in_books_like
from shop.banking.queries.counted import counted_vnd
from shop.banking.queries.funds import campaigns_on, funds_named_by
from shop.banking.queries.notices import told
from shop.banking.queries.owners import accounts_like
from shop.banking.queries.passes import pass_here
from shop.banking.queries.wanted import wanted_one
from shop.banking.rules.matching import (
    REVERSED,
    NoticeSettled,
    NoticeStays,
    NotInBooks,
    NotThatPass,
    shares_of,
)
from shop.banking.rules.shown import Share, SharesMoved
from shop.fundraising.actions.gifts import note_gift
from shop.kernel.clock import vietnam_date
from shop.kernel.errors import NotYours
from shop.ordering.models import Order
from shop.payments.holding import hold_parts
from shop.payments.methods import By
from shop.payments.models import Payment, PaymentEvent
from shop.payments.rules.amounts import AmountOutOfRange
from shop.payments.told import TRANSFER, Subject
from shop.payments.turned import ask_transfer_for_cash
from shop.sellers.models import Payee

#: Answers that move no money, and so can be taken back here.
CLOSED = ("ignored", "given_back", "same")


def accept(
    session: Session,
    *,
    notice_id: int,
    payment_ids: Sequence[int],
    amount_vnd: int | None = None,
    shown: Sequence[Share] | None = None,
    by: By,
    now: datetime,
) -> bool:
    """Note that money is of these orders; False when this was answered before with the same.

    Money that a person had noted by hand is recognised, not counted again. Of a notice that paid
    several orders and was taken back at one of them, only the rest is counted.

    Args:
        payment_ids: one; or several: in this order each has what it misses, the last the rest.
        amount_vnd: what the bank credited, for money in another currency.
        shown: what the page said that each has of it; None: no page said so.

    Raises:
        NotYours: the notice, or an order of somebody else.
        NoticeSettled: it was answered otherwise.
        SharesMoved: each would have something else than the page showed.
        AmountOutOfRange: no amount, or it does not reach to the last of several orders.
    """
    notice = _waiting(session, notice_id, "matched")
    if notice is None:
        return False
    payees = accounts_like(session, session.get(Payee, notice.payee_id))
    whole = notice.amount_vnd if notice.amount_vnd is not None else amount_vnd or 0
    left = whole - counted_vnd(session, notice_id)
    if left <= 0 or notice.reason == REVERSED:
        raise AmountOutOfRange(amount_vnd=left)
    for payment_id in sorted(set(payment_ids)):  # The parts of all, before the money of any.
        hold_parts(session, Subject(TRANSFER, payment_id))
    wanted = [
        wanted_one(session, payment_id, notice, payees, notice.booked_at)
        for payment_id in sorted(set(payment_ids))
    ]
    if not wanted or None in wanted:
        raise NotYours
    here = {one.payment_id: one for one in wanted if one is not None}
    found = [here[one] for one in dict.fromkeys(payment_ids)]
    shares = shares_of(left, [one.missing_vnd for one in found])
    actual = [
        Share(one.payment_id, share, one.missing_vnd)
        for one, share in zip(found, shares, strict=True)
    ]
    if shown is not None and list(shown) != actual:
        raise SharesMoved(shown=_told_of(session, shown), actual=_told_of(session, actual))
    if min(shares) <= 0:
        raise AmountOutOfRange(amount_vnd=left)
    for one, share in zip(found, shares, strict=True):
        count_for(
            session, notice, one.payment_id, share, tap=one.tap_of(share), by=by, now=now,
            is_here=one.is_here,
        )  # fmt: skip
    return move_notice(
        session, notice_id, known="task", to="matched", reason=notice.reason, by=by, now=now,
        payment_id=found[0].payment_id,
    )  # fmt: skip


def _told_of(session: Session, shares: Sequence[Share]) -> list[tuple[str, int, int]]:
    """Return (order's code, đồng of it, đồng it missed) of shares whose orders are hers."""
    codes = dict(
        session.execute(
            select(Payment.id, Order.code)
            .join(Order, Order.id == Payment.order_id)
            .where(Payment.id.in_([one.payment_id for one in shares]))
        ).all()
    )
    return [(codes[one.payment_id], one.vnd, one.missing_vnd) for one in shares]


def accept_for_cash(
    session: Session, *, notice_id: int, order_id: int, by: By, now: datetime
) -> bool:
    """Note that a buyer transferred what she was to pay at the door; False when it was said before.

    Only the very sum: nobody collects any of it any more.

    Raises:
        NotYours. NoticeSettled: it was answered otherwise.
        AmountOutOfRange: money in another currency, or that the bank took back.
        NotPaidAtTheDoor, PaidBesideTheDoor, OtherSum
    """
    notice = _waiting(session, notice_id, "matched")
    if notice is None:
        return False
    left = (notice.amount_vnd or 0) - counted_vnd(session, notice_id)
    if left <= 0 or notice.reason == REVERSED:
        raise AmountOutOfRange(amount_vnd=left)
    payment_id = ask_transfer_for_cash(
        session, order_id=order_id, owner=notice, amount_vnd=left, by=by, now=now
    )
    return accept(session, notice_id=notice_id, payment_ids=[payment_id], by=by, now=now)


def accept_for_fund(
    session: Session, *, notice_id: int, memo: str, amount_vnd: int | None = None, by: By,
    now: datetime,
) -> bool:  # fmt: skip
    """Note that money is a gift, or a seller's share; False when it was answered so before.

    Args:
        memo: of a gift or share payment of the same owner.

    Raises:
        NotYours. NoticeSettled: also when some of it is an order's. CampaignNotOpen: it came too
            late.
        AmountOutOfRange: no amount, or more than the seller owes.
    """
    notice = _waiting(session, notice_id, "matched")
    if notice is None:
        return False
    _check_whole(session, notice)
    payees = accounts_like(session, session.get(Payee, notice.payee_id))
    whole = notice.amount_vnd if notice.amount_vnd is not None else amount_vnd
    found = funds_named_by(session, [memo], notice, payees, notice.booked_at, lock=True)
    if not found or not found[0].is_ours:
        raise NotYours
    one = found[0]
    too_much = one.kind == "share" and not one.tap_of(whole or 0) and (whole or 0) > one.due_vnd
    if not whole or whole <= 0 or too_much:
        raise AmountOutOfRange(amount_vnd=whole or 0)
    count_for_fund(session, notice, one, whole, by=by, now=now)
    return move_notice(
        session, notice_id, known="task", to="matched", reason=notice.reason, by=by, now=now,
        payment_id=None,
    )  # fmt: skip


def accept_gift(
    session: Session, *, notice_id: int, campaign_id: int, shown_name: str, by: By,
    actor_name: str, now: datetime,
) -> bool:  # fmt: skip
    """Note that money is a gift that came without a code; False when it was answered before.

    Args:
        campaign_id: one that collects into this account and takes what came that day.
        shown_name: as everybody reads it; "" for nobody.

    Raises:
        NotYours, NoticeSettled, CampaignNotOpen, GiftOutOfRange
    """
    notice = _waiting(session, notice_id, "matched")
    if notice is None:
        return False
    payees = accounts_like(session, session.get(Payee, notice.payee_id))
    takes = campaigns_on(session, payees, notice.booked_at)
    if campaign_id not in {one.id for one in takes} or by.account_id is None:
        raise NotYours
    gift = note_gift(
        session, campaign_id=campaign_id, amount_vnd=notice.amount_vnd or 0, in_cash=False,
        came_on=vietnam_date(notice.booked_at), shown_name=shown_name,
        attempt_id=secrets.token_hex(16), actor_id=by.account_id, actor_name=actor_name, now=now,
    )  # fmt: skip
    return accept_for_fund(session, notice_id=notice_id, memo=gift.memo, by=by, now=now)


def accept_pass(session: Session, *, notice_id: int, pass_id: int, by: By, now: datetime) -> bool:
    """Note that money is gifts by card passed on, which the fund has counted; False: said before.

    Raises:
        NotYours: no transfer into this account. NoticeSettled: also when some of it is an order's.
        NotThatPass: nobody wrote down that it left, or another line of the bank is it already.
    """
    notice = _waiting(session, notice_id, "matched")
    if notice is None:
        return False
    _check_whole(session, notice)
    payees = accounts_like(session, session.get(Payee, notice.payee_id))
    one = pass_here(session, pass_id, payees)
    if one is None:
        raise NotYours
    if not one.may_be:
        raise NotThatPass(pass_id=pass_id)
    know_pass(session, notice, one, by=by, now=now)
    return move_notice(
        session, notice_id, known="task", to="matched", reason=notice.reason, by=by, now=now,
        payment_id=None,
    )  # fmt: skip


def accept_booked(
    session: Session, *, notice_id: int, kind: str, id_: int, by: By, now: datetime
) -> bool:
    """Note that money was counted before the bank told of it; False when it was said before.

    Nothing is booked: the notice is closed as the same money, with what it is for its reason.

    Args:
        kind, id_: of ``rules.matching.InBooks``.

    Raises:
        NotYours. NoticeSettled: also when some of it is an order's.
        NotInBooks: nothing such is counted, or another line is it already; or nobody has noted yet
            that the transfer came back.
    """
    notice = _waiting(session, notice_id, "same")
    if notice is None:
        return False
    _check_whole(session, notice)
    payees = accounts_like(session, session.get(Payee, notice.payee_id))
    found = in_books_like(
        session, told(notice).text, notice, payees, notice.amount_vnd, notice.booked_at
    )
    one = next((one for one in found if (one.kind, one.id) == (kind, id_)), None)
    if one is None or one.waits:
        raise NotInBooks
    return move_notice(
        session, notice_id, known="task", to="same", reason=one.subject, by=by, now=now
    )


def accept_debt(
    session: Session, *, notice_id: int, seller_id: int, rest_vnd: int = 0, by: By, now: datetime
) -> bool:
    """Note that money is what a seller owed the organisation; False when it was answered before.

    Args:
        rest_vnd: as of ``pay_debt``.

    Raises:
        NotYours, NoticeSettled, MoreThanOwed
    """
    notice = _waiting(session, notice_id, "matched")
    if notice is None:
        return False
    _check_whole(session, notice)
    pay_debt(session, notice, seller_id, now, rest_vnd)
    return move_notice(
        session, notice_id, known="task", to="matched", reason=notice.reason, by=by, now=now,
        payment_id=None,
    )  # fmt: skip


def accept_payout(
    session: Session, *, notice_id: int, wallet: str, fee_vnd: int, by: By, now: datetime
) -> bool:
    """Note that money is what a wallet paid out; False when it was answered before.

    Args:
        fee_vnd: what the wallet kept of what it pays out with this.

    Raises:
        NotYours, NoticeSettled, MoreThanHeld
    """
    notice = _waiting(session, notice_id, "matched")
    if notice is None:
        return False
    _check_whole(session, notice)
    book_payout(session, notice, wallet, fee_vnd, now)
    return move_notice(
        session, notice_id, known="task", to="matched", reason=notice.reason, by=by, now=now,
        payment_id=None,
    )  # fmt: skip


def close(session: Session, *, notice_id: int, to: str, by: By, now: datetime) -> bool:
    """Note that money is no order's: not ours, given back, or told twice; False when said before.

    Args:
        to: a member of ``CLOSED``.

    Raises:
        NotYours, NoticeSettled
    """
    notice = _waiting(session, notice_id, to)
    if notice is None:
        return False
    return move_notice(
        session, notice_id, known="task", to=to, reason=notice.reason, by=by, now=now
    )


def reopen(session: Session, *, notice_id: int, by: By, now: datetime) -> bool:
    """Take an answer back that is no order's; False when it waits already.

    Also the shop's own, that it was told before: from then on a person says what it is.

    Gifts by card that were recognised too: their money was counted before, and stays. A debt that
    was paid is owed again, a wallet's payout is with the wallet again.

    Raises:
        NotYours
        NoticeStays: money was counted: it is taken back at the order.
    """
    notice = lock_notice(session, notice_id)
    if notice is None:
        raise NotYours
    if notice.state == "task":
        return False
    passed = notice.state == "matched" and (
        let_go_of_pass(session, notice_id, now)
        or let_go_of_debt(session, notice_id, now)
        or let_go_of_payout(session, notice, now)
    )
    if not passed and notice.state not in CLOSED:
        raise NoticeStays
    reason = notice.reason
    if passed:
        reason = "taken_back"
    elif ":" in reason:
        reason = "in_books"
    elif notice.same_as_id is not None:
        reason = _reason_of_copy(notice)
    return move_notice(
        session, notice_id, known=notice.state, to="task", by=by, now=now, reason=reason,
        same_as_id=None,
    )  # fmt: skip


def _reason_of_copy(notice: BankNotice) -> str:
    if notice.amount_vnd is None:
        return "foreign_currency"
    return REVERSED if notice.amount_vnd < 0 else "maybe_same"


def note_answer(
    session: Session, *, notice: Any, word: str, actor_id: int | None, actor_name: str,
    now: datetime,
) -> None:  # fmt: skip
    """Leave an answer in the audit trail. ``word``: accepted, debt_paid, paid_out, booked, ignored,
    given_back, same, reopened."""
    note(
        session, action=f"bank_notice.{word}", subject_kind="bank_notice", subject_id=notice.id,
        actor_id=actor_id, actor_name=actor_name, now=now, amount_vnd=notice.amount_vnd,
    )  # fmt: skip


def let_go_of_event(session: Session, *, undone_event_id: int, now: datetime) -> int | None:
    """Ask about a notice again whose money was taken back at the order; return its id.

    What of it stands for other orders stays so: only the rest waits, also when the rest was
    answered before.

    Args:
        undone_event_id: the event that takes an earlier one back.
    """
    key = session.scalar(select(PaymentEvent.key).where(PaymentEvent.id == undone_event_id)) or ""
    before, _, number = key.partition(":")
    if before != "undo" or not number.isdecimal():
        return None
    of_event = (BankMatch.payment_event_id == int(number), BankMatch.undone_at.is_(None))
    notice_id = session.scalar(select(BankMatch.notice_id).where(*of_event))
    notice = lock_notice(session, notice_id) if notice_id is not None else None
    if notice is None:
        return None
    payment_id = session.scalar(
        update(BankMatch).where(*of_event).values(undone_at=now).returning(BankMatch.payment_id)
    )
    if payment_id is None:  # Another worker was faster.
        return None
    move_notice(
        session, notice.id, known=notice.state, to="task", reason="taken_back", by=SYSTEM,
        now=now, payment_id=payment_id,
    )  # fmt: skip
    return notice.id


def let_go_of_books(session: Session, *, subject: str, now: datetime) -> list[int]:
    """Ask again about the notices that were said to be money which is not there; return their ids.

    Args:
        subject: of ``rules.matching.InBooks``.
    """
    said = select(BankNotice.id).where(BankNotice.state == "same", BankNotice.reason == subject)
    freed = list(session.scalars(said.order_by(BankNotice.id)))
    for notice_id in freed:
        move_notice(
            session, notice_id, known="same", to="task", reason="taken_back", by=SYSTEM, now=now
        )
    return freed


def _check_whole(session: Session, notice: BankNotice) -> None:
    """Refuse to call a notice something else of which a part pays an order, or that brought nothing.

    Raises:
        NoticeSettled
    """
    if counted_vnd(session, notice.id) or notice.reason == REVERSED:
        raise NoticeSettled(state=notice.state)


def _waiting(session: Session, notice_id: int, to: str) -> BankNotice | None:
    """Return a notice that waits for an answer, None when it is there already.

    Raises:
        NotYours, NoticeSettled
    """
    notice = lock_notice(session, notice_id)
    if notice is None or notice.payee_id is None:
        raise NotYours
    if notice.state == "new":  # Nobody has looked yet; the person is faster than the worker.
        move_notice(
            session,
            notice_id,
            known="new",
            to="task",
            reason="unknown",
            by=SYSTEM,
            now=notice.received_at,
        )
        session.refresh(notice)
    if notice.state == to:
        return None
    if notice.state != "task":
        raise NoticeSettled(state=notice.state)
    return notice
