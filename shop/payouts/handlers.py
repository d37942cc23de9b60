"""What settlements say to steps of orders that are taken back."""

from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from shop.db import before_commit, gathered, whole_orders
from shop.ledger.models import LedgerEntry, LedgerTransaction
from shop.ordering.rules import SellerOrderState, StepStays
from shop.ordering.wrong_taps import WrongTap, follows_wrong_taps
from shop.payments.told import CAMPAIGN, VOUCHER
from shop.payouts.models import PayoutLine

_TAKEN_BACK = "arrivals_taken_back"


def remember_arrival(session: Session, tap: WrongTap) -> None:
    """Note that goods did not arrive after all: what they earned must be in no statement."""
    if tap.stands == SellerOrderState.DELIVERED:
        gathered(session, _TAKEN_BACK).append(tap.move_id)


def keep_what_is_settled(session: Session) -> None:
    """Refuse to take back what a settlement counts. Runs at the end of the transaction, inside it.

    The books have posted the opposite by then and hold the accounts, as does whoever drafts a
    settlement: it counted the sale before, or meets both.

    Raises:
        StepStays
    """
    moves = gathered(session, _TAKEN_BACK)
    if not moves:
        return
    keys = [
        f"{before}move:{one}" for one in moves for before in ("", f"{VOUCHER}:", f"{CAMPAIGN}:")
    ]
    with whole_orders(session):
        counted = session.scalar(
            select(PayoutLine.entry_id)
            .join(LedgerEntry, LedgerEntry.id == PayoutLine.entry_id)
            .join(LedgerTransaction, LedgerTransaction.id == LedgerEntry.transaction_id)
            .where(LedgerTransaction.key.in_(keys))
            .limit(1)
        )
    if counted is not None:
        raise StepStays(why="settled")


def init_payouts(app: Flask) -> None:
    """Listen to wrong taps. Comes after the books, which listen to the same transaction."""
    follows_wrong_taps(app, remember_arrival)
    before_commit(app, keep_what_is_settled)
