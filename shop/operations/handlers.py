"""What the desk does when there is news from below."""

from datetime import datetime, timedelta

from flask import Flask
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from shop.accounts.events import AccountDeleted
from shop.accounts.leaving import ends_with_account
from shop.db import db, in_transaction, is_sqlite, transaction
from shop.kernel.clock import now_utc, vietnam_date
from shop.kernel.errors import OutsideFailure
from shop.operations.actions import erase_old
from shop.operations.actions.leaving import close_stalls_left, stalls_left_alone
from shop.operations.models import Complaint
from shop.operations.proofs import prove
from shop.operations.queries import is_of_order
from shop.ordering.actions import let_go_of_account
from shop.ordering.models import Order
from shop.ordering.queries import contact_of
from shop.ordering.rules import SellerOrderState, StepStays
from shop.ordering.wrong_taps import WrongTap, follows_wrong_taps
from shop.organisations.models import Membership
from shop.outbox.relay import subscribe
from shop.outbox.worker import schedule
from shop.reviews.actions import forget_writer
from shop.sellers.helping import forget_helper
from shop.sellers.models import SellerMember


def account_deleted(event: AccountDeleted) -> None:
    """Let go of an erased person everywhere above the accounts; orders keep their sealed copy."""
    now = now_utc()
    today = vietnam_date(now)
    with transaction() as session:
        forget_writer(session, account_id=event.account_id)
        let_go_of_account(session, account_id=event.account_id)
        session.execute(
            update(SellerMember)
            .where(SellerMember.account_id == event.account_id, SellerMember.until.is_(None))
            .values(until=now)
        )
        forget_helper(session, account_id=event.account_id, now=now)
        for term in session.scalars(
            select(Membership).where(
                Membership.account_id == event.account_id,
                (Membership.ends_on.is_(None)) | (Membership.ends_on >= today),
            )
        ):
            term.ends_on = max(term.starts_on, today - timedelta(days=1))
    forget_in_write_ahead_log()


def erase_what_is_old(now: datetime) -> None:
    """Forget who stands in orders and complaints that have been over for years."""
    while in_transaction(lambda session: erase_old(session, now=now)):
        pass
    forget_in_write_ahead_log()


def forget_in_write_ahead_log() -> None:
    """Empty SQLite's log, in which erased text would stay until it is overwritten (QUALITY §2).

    Raises:
        OutsideFailure: somebody reads just now; the outbox comes back later.
    """
    if not is_sqlite(db.session()):
        return
    db.session.remove()
    connection = db.engine.raw_connection()
    try:
        busy, _, _ = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()  # type: ignore[attr-defined]
    finally:
        connection.close()
    if busy:
        raise OutsideFailure("The write-ahead log is being read.")


def keep_what_is_complained_of(session: Session, tap: WrongTap) -> None:
    """Whoever is unhappy with goods that she has is answered first: goods that she has did arrive.

    Anybody may write an order's code: it is her word when it came with a phone or address of hers.

    Raises:
        StepStays
    """
    if tap.stands != SellerOrderState.DELIVERED:
        return
    open_ones = session.scalars(
        select(Complaint).where(
            Complaint.order_id == tap.order_id, Complaint.received_at >= tap.at,
            Complaint.settled_at.is_(None), Complaint.kind == "goods",
        )
    ).all()  # fmt: skip
    if open_ones:
        contact = contact_of(session.get_one(Order, tap.order_id))
        if any(is_of_order(row, contact) for row in open_ones):
            raise StepStays(why="complained")


def init_operations(app: Flask) -> None:
    follows_wrong_taps(app, keep_what_is_complained_of)
    ends_with_account(app, stalls_left_alone, close_stalls_left)
    subscribe(app, AccountDeleted, "desk.account_deleted", account_deleted)
    schedule(app, "desk.erase_old", timedelta(days=1), erase_what_is_old)
    schedule(app, "desk.prove", timedelta(days=1), prove)
