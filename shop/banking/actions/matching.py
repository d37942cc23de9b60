"""Looking for the order of what a bank told; done by the worker after the service was answered."""

from dataclasses import replace
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from shop.banking.actions.funds import count_for_fund
from shop.banking.actions.keeping import SYSTEM, lock_account, move_notice
from shop.banking.actions.passes import know_pass
from shop.banking.models import BankMatch, BankNotice
from shop.banking.queries.books import in_books_like
from shop.banking.queries.funds import funds_like, funds_named_by
from shop.banking.queries.notices import (
    is_by_key,
    report_of,
    reports_near,
    told,
    waiting_by_key,
)
from shop.banking.queries.owners import accounts_like
from shop.banking.queries.passes import passes_named_by
from shop.banking.queries.wanted import likely_for, named_by
from shop.banking.rules.matching import REVERSED, Tap, Verdict, decide, is_no_sale
from shop.banking.rules.twins import cousin_of, twin_of
from shop.payments.actions import found_elsewhere, receive_noticed
from shop.payments.methods import By
from shop.sellers.models import Payee

#: A person took this back, or has to say whether it is a copy: no clock or tap decides it.
_FOR_PEOPLE = ("taken_back", "foreign_currency", REVERSED)


def look_at(session: Session, *, notice_id: int, now: datetime) -> str | None:
    """Find out what a notice is, and settle it when code, account and amount agree.

    Repeatable, and done again when money of its order was noted meanwhile.

    Returns:
        The state it is in now; None when there was nothing to look at.
    """
    notice = lock_notice(session, notice_id)
    if notice is None or notice.state not in ("new", "task") or notice.reason in _FOR_PEOPLE:
        return None
    payees = accounts_like(session, session.get(Payee, notice.payee_id))
    mine, amount_vnd = report_of(notice), notice.amount_vnd
    assert amount_vnd is not None
    near = reports_near(
        session, payees, [amount_vnd], notice.booked_at, notice.booked_at,
        batch=mine.batch, but=notice_id,
    )  # fmt: skip
    twin = twin_of(mine, near)
    if twin is not None and notice.state == "new":
        move_notice(
            session, notice_id, known="new", to="same", reason="", by=SYSTEM, now=now,
            same_as_id=twin.id,
        )  # fmt: skip
        for waiting in waiting_by_key(session, [twin.id]):  # Perhaps for this witness.
            look_at(session, notice_id=waiting, now=now)
        return "same"
    text = told(notice).text
    verdict = decide(
        amount_vnd,
        named_by(session, mine.memos, notice, payees, notice.booked_at, lock=True),
        likely_for(session, amount_vnd, notice, payees, notice.booked_at),
        may_be_copy=(twin or cousin_of(mine, near)) is not None,
        funds=funds_named_by(session, mine.memos, notice, payees, notice.booked_at, lock=True),
        passes=passes_named_by(session, text, payees),
        in_books=is_no_sale(text)
        or bool(in_books_like(session, text, notice, payees, amount_vnd, notice.booked_at))
        or any(
            one.taps for one in funds_like(session, notice, payees, amount_vnd, notice.booked_at)
        ),
    )
    if verdict.counts and is_by_key(session, notice_id):
        verdict = replace(verdict, reason="by_key")
    return _settle(session, notice, verdict, now)


def _settle(session: Session, notice: BankNotice, verdict: Verdict, now: datetime) -> str:
    if not verdict.settles:
        if (notice.state, notice.reason, notice.payment_id) != (
            "task", verdict.reason, verdict.payment_id,
        ):  # fmt: skip
            move_notice(
                session, notice.id, known=notice.state, to="task", reason=verdict.reason,
                by=SYSTEM, now=now, payment_id=verdict.payment_id,
            )  # fmt: skip
        return "task"
    assert notice.amount_vnd is not None
    if verdict.passed is not None:
        know_pass(session, notice, verdict.passed, by=SYSTEM, now=now)
    elif verdict.fund is not None:
        count_for_fund(session, notice, verdict.fund, notice.amount_vnd, by=SYSTEM, now=now)
    else:
        assert verdict.payment_id is not None
        count_for(
            session, notice, verdict.payment_id, notice.amount_vnd, tap=verdict.tap, by=SYSTEM,
            now=now,
        )  # fmt: skip
    move_notice(
        session, notice.id, known=notice.state, to="matched", reason=verdict.reason, by=SYSTEM,
        now=now, payment_id=verdict.payment_id,
    )  # fmt: skip
    return "matched"


def count_for(
    session: Session, notice: BankNotice, payment_id: int, amount_vnd: int, *, tap: Tap | None,
    by: By, now: datetime, is_here: bool = True,
) -> None:  # fmt: skip
    """Count a notice's money for a payment: as the person's "received" it is, or as new money.

    Args:
        is_here: the money is on the account that the buyer was shown; else the books have it where
            it is, also when a person had noted it before the bank told where.
    """
    event_id: int | None
    if tap is not None and not is_here and notice.payee_id is not None:
        event_id = found_elsewhere(
            session, payment_id=payment_id, event_id=tap.event_id, payee_id=notice.payee_id,
            by=by, now=now,
        )  # fmt: skip
    elif tap is not None:
        event_id = tap.event_id
    else:
        before = select(func.count()).where(BankMatch.notice_id == notice.id)
        event_id = receive_noticed(
            session, payment_id=payment_id, notice_id=notice.id, amount_vnd=amount_vnd,
            attempt=session.scalar(before) or 0, payee_id=None if is_here else notice.payee_id,
            by=by, now=now,
        )  # fmt: skip
    if event_id is not None:
        session.add(
            BankMatch(
                notice_id=notice.id, payment_id=payment_id, payment_event_id=event_id,
                amount_vnd=amount_vnd, at=now, matched_by_id=by.account_id,
            )
        )  # fmt: skip
        session.flush()


def lock_notice(session: Session, notice_id: int) -> BankNotice | None:
    """Return a notice as it is stored now; others of its account wait until the transaction ends.

    Two reports of the same money are looked at one after the other, or neither would see
    the other.
    """
    payee_id = session.scalar(select(BankNotice.payee_id).where(BankNotice.id == notice_id))
    lock_account(session, payee_id)
    return session.scalar(
        select(BankNotice)
        .where(BankNotice.id == notice_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
