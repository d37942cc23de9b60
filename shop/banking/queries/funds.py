"""The gifts and shares that a transfer may be, as ``rules.matching`` weighs them."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Literal

from sqlalchemy import ColumnElement, func, select, true
from sqlalchemy.orm import Session

from shop.banking.models import BankFundMatch, BankNotice
from shop.banking.rules.matching import TAPPED_BEFORE, ForFund, Tap
from shop.fundraising.models import Campaign, FundEntry, Gift, SharePayment
from shop.fundraising.queries.offers import due_of
from shop.fundraising.rules import CampaignState
from shop.kernel.clock import vietnam_date
from shop.ledger.models import LedgerAccount, LedgerEntry
from shop.sellers.models import Payee

#: The day that a person says of a gift without a code and the bank's are so far apart at most.
WRITTEN_WITHIN = timedelta(days=7)

_waits = (Gift.received_vnd == 0) & Gift.withdrawn_at.is_(None)
_TABLES: dict[Literal["gift", "share"], Any] = {"gift": Gift, "share": SharePayment}


def funds_named_by(
    session: Session, memos: Sequence[str], owner: Any, payee_ids: Sequence[int],
    booked_at: datetime, *, lock: bool = False,
) -> list[ForFund]:  # fmt: skip
    """Return the gifts and shares whose codes stand in a text, in the order of the codes.

    Args:
        owner: a row with ``seller_id`` and ``organisation_id``.
        payee_ids: the rows of the account that the money is on.
        lock: keep them as they are until the transaction ends.
    """
    if not memos:
        return []
    found = [
        _weighed(session, kind, row, owner, payee_ids, booked_at)
        for kind, table in _TABLES.items()
        for row in _rows(session, table, memos, lock)
    ]
    return sorted(found, key=lambda one: memos.index(one.memo))


def funds_like(
    session: Session, owner: Any, payee_ids: Sequence[int], amount_vnd: int | None,
    booked_at: datetime,
) -> list[ForFund]:  # fmt: skip
    """Return the gifts of just this amount that an officer wrote down without their line of the bank.

    Noted as received by hand, or waiting for their money still: a gift written anew of this line
    would count that twice. Their transfers have no code, so that only account, amount and day tell.
    """
    if amount_vnd is None or owner.organisation_id is None:
        return []
    day = vietnam_date(booked_at)
    rows = session.scalars(
        select(Gift)
        .where(
            Gift.written_by_id.is_not(None), ~Gift.in_cash, Gift.payee_id.in_(payee_ids),
            (Gift.received_vnd == amount_vnd) | (_waits & (Gift.amount_vnd == amount_vnd)),
            Gift.came_on.between(day - WRITTEN_WITHIN, day + WRITTEN_WITHIN),
        )
        .order_by(Gift.id)
    ).all()  # fmt: skip
    found = (_weighed(session, "gift", row, owner, payee_ids, booked_at) for row in rows)
    return [one for one in found if one.tap_of(amount_vnd) or (one.takes and not one.taps)]


def campaigns_on(
    session: Session, payee_ids: Sequence[int], booked_at: datetime
) -> Sequence[Campaign]:
    """Return the campaigns that collect into an account and take what came on a day."""
    day = vietnam_date(booked_at)
    return session.scalars(
        select(Campaign)
        .where(
            Campaign.payee_id.in_(payee_ids), Campaign.opens_on <= day,
            Campaign.state.in_((CampaignState.OPEN, CampaignState.CLOSED)),
            Campaign.closes_on.is_(None) | (Campaign.closes_on >= day),
        )
        .order_by(Campaign.id.desc())
    ).all()  # fmt: skip


def _rows(session: Session, table: Any, memos: Sequence[str], lock: bool) -> Sequence[Any]:
    wanted = select(table).where(table.memo.in_(memos), _by_transfer(table)).order_by(table.id)
    if lock:
        wanted = wanted.with_for_update(key_share=True)
    return session.scalars(wanted.execution_options(populate_existing=lock)).all()


def _weighed(
    session: Session, kind: Literal["gift", "share"], row: Any, owner: Any,
    payee_ids: Sequence[int], booked_at: datetime,
) -> ForFund:  # fmt: skip
    campaign = session.get_one(Campaign, row.campaign_id)
    payee = session.get_one(Payee, row.payee_id)
    running = campaign.state in (CampaignState.OPEN, CampaignState.CLOSED)
    in_time = campaign.closes_on is None or vietnam_date(booked_at) <= campaign.closes_on
    return ForFund(
        kind,
        row.id,
        row.memo,
        campaign.title_vi,
        campaign.title_en,
        row.amount_vnd,
        takes=running and (kind == "share" or (in_time and row.withdrawn_at is None)),
        withdrawn=kind == "gift" and row.withdrawn_at is not None,
        is_here=row.payee_id in payee_ids,
        is_ours=(payee.seller_id, payee.organisation_id)
        == (owner.seller_id, owner.organisation_id),
        due_vnd=due_of(session, row.seller_id, campaign.id) if kind == "share" else 0,
        taps=_taps(session, kind, row.id, booked_at),
    )


def _taps(
    session: Session, kind: Literal["gift", "share"], row_id: int, booked_at: datetime
) -> tuple[Tap, ...]:
    """Return lines noted by hand, since the last one that was taken back, without a notice."""
    mine = is_line_of(kind, row_id)
    back = select(func.coalesce(func.max(FundEntry.id), 0)).where(mine, FundEntry.amount_vnd < 0)
    rows = session.execute(
        select(FundEntry.id, FundEntry.amount_vnd)
        .where(
            mine, FundEntry.amount_vnd > 0, FundEntry.id > back.scalar_subquery(),
            FundEntry.recorded_at >= booked_at - TAPPED_BEFORE,
            ~select(BankFundMatch.id).where(BankFundMatch.fund_entry_id == FundEntry.id).exists(),
        )
        .order_by(FundEntry.id)
    )  # fmt: skip
    return tuple(Tap(row.id, row.amount_vnd) for row in rows)


def is_line_of(kind: Literal["gift", "share"], row_id: int) -> ColumnElement[bool]:
    """Return that a fund's line is of a gift or a share payment."""
    return (FundEntry.gift_id if kind == "gift" else FundEntry.share_payment_id) == row_id


def _by_transfer(table: Any) -> Any:
    """Return that money may come on an account: what came as cash is paid in by its own step."""
    return ~Gift.in_cash if table is Gift else true()


def fund_of_memo(session: Session, notice: Any, code: str) -> str | None:
    """Return the memo that somebody typed when it is a gift's or share's of the notice's owner."""
    for table in _TABLES.values():
        found = session.scalar(
            select(table.memo)
            .join(Payee, Payee.id == table.payee_id)
            .where(
                table.memo == code, _by_transfer(table), Payee.seller_id.is_not_distinct_from(notice.seller_id),
                Payee.organisation_id.is_not_distinct_from(notice.organisation_id),
            )
        )  # fmt: skip
        if found is not None:
            return found
    return None


_posted = (
    select(LedgerEntry.transaction_id, LedgerEntry.amount_vnd)
    .join(LedgerAccount, LedgerAccount.id == LedgerEntry.account_id)
    .where(LedgerAccount.kind == "campaign_fund")
    .subquery()
)
#: Returns no row while all is well.
INVARIANTS: dict[str, Any] = {
    "money a bank told of for a fund is the line that the fund has": (
        select(
            BankFundMatch.notice_id, BankFundMatch.fund_entry_id, BankNotice.amount_vnd,
            FundEntry.amount_vnd.label("line_vnd"),
        )
        .join(BankNotice, BankNotice.id == BankFundMatch.notice_id)
        .join(FundEntry, FundEntry.id == BankFundMatch.fund_entry_id)
        .outerjoin(
            _posted,
            (_posted.c.transaction_id == FundEntry.transaction_id)
            & (_posted.c.amount_vnd == -BankNotice.amount_vnd),
        )
        .where(
            BankFundMatch.undone_at.is_(None),
            (BankNotice.amount_vnd.is_(None))
            | (BankNotice.amount_vnd != FundEntry.amount_vnd)
            | _posted.c.transaction_id.is_(None),
        )
    ),
}  # fmt: skip
