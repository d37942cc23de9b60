"""Money of a notice that belongs to a campaign's fund: counted once, known again, let go."""

from datetime import datetime
from typing import Literal

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from shop.banking.actions.keeping import SYSTEM, move_notice
from shop.banking.models import BankFundMatch, BankNotice
from shop.banking.queries.funds import is_line_of
from shop.banking.rules.matching import ForFund
from shop.fundraising.actions.gifts import receive_gift
from shop.fundraising.actions.offers import receive_share
from shop.fundraising.models import FundEntry
from shop.ledger.models import LedgerTransaction
from shop.payments.methods import By


def count_for_fund(
    session: Session, notice: BankNotice, one: ForFund, amount_vnd: int, *, by: By, now: datetime
) -> None:
    """Count a notice's money as a gift or share: as the line that a person noted, or as new money.

    Raises:
        CampaignNotOpen: it came after the last day.
    """
    tap = one.tap_of(amount_vnd)
    entry_id = tap.event_id if tap is not None else _received(session, notice, one, amount_vnd, now)
    if entry_id is None:
        return
    session.add(
        BankFundMatch(
            notice_id=notice.id, fund_entry_id=entry_id, at=now, matched_by_id=by.account_id
        )
    )
    session.flush()


def _received(
    session: Session, notice: BankNotice, one: ForFund, amount_vnd: int, now: datetime
) -> int | None:
    before = select(func.count()).where(BankFundMatch.notice_id == notice.id)
    key = f"{one.kind}:{one.id}:notice:{notice.id}:{session.scalar(before) or 0}"
    if one.kind == "gift":
        receive_gift(
            session, gift_id=one.id, amount_vnd=amount_vnd, key=key, now=now,
            occurred_at=notice.booked_at,
        )  # fmt: skip
    else:
        receive_share(
            session, share_payment_id=one.id, amount_vnd=amount_vnd, key=key, now=now,
            occurred_at=notice.booked_at,
        )  # fmt: skip
    return session.scalar(
        select(FundEntry.id)
        .join(LedgerTransaction, LedgerTransaction.id == FundEntry.transaction_id)
        .where(LedgerTransaction.key == key)
    )


def let_go_of_fund(
    session: Session, kind: Literal["gift", "share"], row_id: int, *, now: datetime
) -> list[int]:
    """Ask again about the notices of a gift or share that was taken back; return their ids."""
    mine = is_line_of(kind, row_id)
    last = select(func.max(FundEntry.id)).where(mine, FundEntry.amount_vnd < 0)
    lines = select(FundEntry.id).where(
        mine, FundEntry.amount_vnd > 0, FundEntry.id < last.scalar_subquery()
    )
    freed = session.scalars(
        update(BankFundMatch)
        .where(BankFundMatch.fund_entry_id.in_(lines), BankFundMatch.undone_at.is_(None))
        .values(undone_at=now)
        .returning(BankFundMatch.notice_id)
    ).all()
    for notice_id in freed:
        move_notice(
            session, notice_id, known="matched", to="task", reason="taken_back", by=SYSTEM, now=now
        )
    return list(freed)
