"""What the banking room does when there is news, and by the clock."""

from datetime import datetime, timedelta

from flask import Flask

from shop.banking.actions.answers import let_go_of_books, let_go_of_event
from shop.banking.actions.funds import let_go_of_fund
from shop.banking.actions.matching import look_at
from shop.banking.actions.statements import forget_previews
from shop.banking.events import NoticeKept, NoticeWaits
from shop.banking.models import BankNotice
from shop.banking.queries.notices import open_for, waiting_long
from shop.db import db, in_transaction, transaction
from shop.fundraising.events import CashNotPaidIn, GiftTakenBack, ShareTakenBack
from shop.kernel.clock import now_utc
from shop.outbox.relay import record, subscribe
from shop.outbox.worker import schedule
from shop.payments.events import PaymentReceived


def notice_kept(event: NoticeKept) -> None:
    """Look for the order of what a bank told."""
    now = now_utc()
    in_transaction(lambda session: look_at(session, notice_id=event.notice_id, now=now))


def payment_received(event: PaymentReceived) -> None:
    """Look again at what waits for this order: a person noted it by hand, or took it back."""
    now = now_utc()
    if event.amount_vnd < 0:
        in_transaction(
            lambda session: let_go_of_event(session, undone_event_id=event.event_id, now=now)
        )
        return
    waiting = open_for(db.session(), event.payment_id)
    db.session.rollback()
    for notice_id in waiting:
        in_transaction(lambda session, one=notice_id: look_at(session, notice_id=one, now=now))


def gift_taken_back(event: GiftTakenBack) -> None:
    """Ask again what the money of its notices is."""
    now = now_utc()
    in_transaction(lambda session: let_go_of_fund(session, "gift", event.gift_id, now=now))


def cash_not_paid_in(event: CashNotPaidIn) -> None:
    """Ask again what the line of the bank is that was said to be this cash."""
    now, subject = now_utc(), f"deposit:{event.deposit_id}"
    in_transaction(lambda session: let_go_of_books(session, subject=subject, now=now))


def share_taken_back(event: ShareTakenBack) -> None:
    """Ask again what the money of its notices is."""
    now = now_utc()
    in_transaction(
        lambda session: let_go_of_fund(session, "share", event.share_payment_id, now=now)
    )


def remind_of_waiting(now: datetime) -> None:
    """Tell the account's people, once, of money that waits for a word since yesterday."""
    with transaction() as session:
        for notice_id in waiting_long(session, now):
            session.get_one(BankNotice, notice_id).reminded_at = now
            record(session, NoticeWaits(notice_id=notice_id), now)


def forget_old_previews(now: datetime) -> None:
    with transaction() as session:
        forget_previews(session, now)


def init_banking(app: Flask) -> None:
    """Listen to the news and the clock. The names are stored: keep them."""
    subscribe(app, NoticeKept, "banking.notice_kept", notice_kept)
    subscribe(app, PaymentReceived, "banking.payment_received", payment_received)
    subscribe(app, GiftTakenBack, "banking.gift_taken_back", gift_taken_back)
    subscribe(app, CashNotPaidIn, "banking.cash_not_paid_in", cash_not_paid_in)
    subscribe(app, ShareTakenBack, "banking.share_taken_back", share_taken_back)
    schedule(app, "banking.remind_of_waiting", timedelta(hours=1), remind_of_waiting)
    schedule(app, "banking.forget_previews", timedelta(hours=6), forget_old_previews)
