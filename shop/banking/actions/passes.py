"""Money of a notice that is gifts by card passed on: recognised, since the fund counted it before."""

from datetime import datetime

from sqlalchemy import update
from sqlalchemy.orm import Session

from shop.banking.models import BankNotice, BankPassMatch
from shop.banking.rules.matching import OfPass
from shop.payments.methods import By


def know_pass(session: Session, notice: BankNotice, one: OfPass, *, by: By, now: datetime) -> None:
    """Write down that a notice's money is this transfer; nothing is booked."""
    session.add(
        BankPassMatch(notice_id=notice.id, pass_id=one.id, at=now, matched_by_id=by.account_id)
    )
    session.flush()


def let_go_of_pass(session: Session, notice_id: int, now: datetime) -> bool:
    """Take back that a notice is a transfer of gifts by card; False when it is none."""
    freed = session.scalars(
        update(BankPassMatch)
        .where(BankPassMatch.notice_id == notice_id, BankPassMatch.undone_at.is_(None))
        .values(undone_at=now)
        .returning(BankPassMatch.id)
    ).all()
    return bool(freed)
