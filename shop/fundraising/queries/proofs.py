"""What must always be true of funds. Each query returns no row while all is well."""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import String, case, cast, func, literal, select
from sqlalchemy.orm import Session

from shop.fundraising.handing_rules import DisbursementState, SaidState
from shop.fundraising.models import (
    Campaign,
    CampaignApproval,
    CashDeposit,
    Disbursement,
    FundEntry,
    Gift,
    SharePayment,
)
from shop.fundraising.queries.accounts import stays_vnd
from shop.fundraising.rules import APPROVERS, CampaignState, first_break
from shop.fundraising.slip_models import Slip, SlipUse
from shop.fundraising.slip_rules import SlipState
from shop.ledger.models import LedgerAccount

_MOVED = ("campaign_fund", "campaign_costs", "campaign_given", "campaign_slips")
_lines = (
    select(
        FundEntry.campaign_id, func.sum(FundEntry.amount_vnd).label("vnd"),
        func.count().label("lines"), func.max(FundEntry.number).label("last"),
    )
    .group_by(FundEntry.campaign_id)
    .subquery()
)  # fmt: skip
_books = (
    select(
        LedgerAccount.owner,
        func.sum(case((LedgerAccount.kind.in_(_MOVED), -LedgerAccount.balance_vnd), else_=0)).label(
            "held_vnd"
        ),
    )
    .where(LedgerAccount.owner.like("campaign:%"))
    .group_by(LedgerAccount.owner)
    .subquery()
)
_aside = (
    select(LedgerAccount.owner, (-LedgerAccount.balance_vnd).label("vnd"))
    .where(LedgerAccount.kind == "campaign_set_aside")
    .subquery()
)
_cash = (
    select(LedgerAccount.owner, LedgerAccount.balance_vnd.label("vnd"))
    .where(LedgerAccount.kind == "campaign_cash")
    .subquery()
)
_counted = (
    select(Gift.campaign_id, func.sum(Gift.received_vnd).label("vnd"))
    .where(Gift.in_cash)
    .group_by(Gift.campaign_id)
    .subquery()
)
_paid_in = (
    select(CashDeposit.campaign_id, func.sum(CashDeposit.amount_vnd).label("vnd"))
    .where(CashDeposit.state == SaidState.NOTED)
    .group_by(CashDeposit.campaign_id)
    .subquery()
)
_owner = literal("campaign:") + cast(Campaign.id, String)


def _summed(column: Any) -> Any:
    return (
        select(column.label("of_id"), func.sum(FundEntry.amount_vnd).label("vnd"))
        .where(column.is_not(None))
        .group_by(column)
        .subquery()
    )


_of_gifts, _of_shares = _summed(FundEntry.gift_id), _summed(FundEntry.share_payment_id)
_of_disbursements = _summed(FundEntry.disbursement_id)

_used = (
    select(
        SlipUse.slip_id, func.sum(SlipUse.amount_vnd).label("vnd"),
    )
    .group_by(SlipUse.slip_id)
    .subquery()
)  # fmt: skip
#: What slips that were approved are worth, less what the funds have back, by fund.
_promised = (
    select(Slip.campaign_id, func.sum(Slip.budget_vnd - Slip.released_vnd).label("vnd"))
    .where(Slip.state != SlipState.WAITING)
    .group_by(Slip.campaign_id)
    .subquery()
)
#: What the books set aside for slips, and what slips paid to sellers, by fund.
_slips_booked = (
    select(
        LedgerAccount.owner,
        func.sum(
            case((LedgerAccount.kind == "campaign_slips", 1), else_=-1) * LedgerAccount.balance_vnd
        ).label("vnd"),
    )
    .where(LedgerAccount.kind.in_(("campaign_slips", "campaign_set_aside")))
    .group_by(LedgerAccount.owner)
    .subquery()
)

INVARIANTS: dict[str, Any] = {
    "the public account of a fund is what the books hold for it": (
        select(Campaign.id, _lines.c.vnd, _books.c.held_vnd)
        .outerjoin(_lines, _lines.c.campaign_id == Campaign.id)
        .outerjoin(_books, _books.c.owner == _owner)
        .where(func.coalesce(_lines.c.vnd, 0) != func.coalesce(_books.c.held_vnd, 0))
    ),
    "no fund holds less than nothing": (
        select(_books.c.owner, _books.c.held_vnd).where(_books.c.held_vnd < 0)
    ),
    "the cash of a fund is what was counted of it, less what was paid in": (
        select(
            Campaign.id,
            _counted.c.vnd,
            _paid_in.c.vnd.label("paid_in_vnd"),
            _cash.c.vnd.label("booked_vnd"),
        )
        .outerjoin(_counted, _counted.c.campaign_id == Campaign.id)
        .outerjoin(_paid_in, _paid_in.c.campaign_id == Campaign.id)
        .outerjoin(_cash, _cash.c.owner == _owner)
        .where(
            func.coalesce(_counted.c.vnd, 0) - func.coalesce(_paid_in.c.vnd, 0)
            != func.coalesce(_cash.c.vnd, 0)
        )
    ),
    "the lines of a fund are numbered without a gap": (
        select(Campaign.id, Campaign.entries, _lines.c.lines, _lines.c.last)
        .outerjoin(_lines, _lines.c.campaign_id == Campaign.id)
        .where(
            (Campaign.entries != func.coalesce(_lines.c.lines, 0))
            | (Campaign.entries != func.coalesce(_lines.c.last, 0))
        )
    ),
    "a gift has what its lines say": (
        select(Gift.id, Gift.received_vnd, _of_gifts.c.vnd)
        .outerjoin(_of_gifts, _of_gifts.c.of_id == Gift.id)
        .where(Gift.received_vnd != func.coalesce(_of_gifts.c.vnd, 0))
    ),
    "a share paid in has what its lines say": (
        select(SharePayment.id, SharePayment.received_vnd, _of_shares.c.vnd)
        .outerjoin(_of_shares, _of_shares.c.of_id == SharePayment.id)
        .where(SharePayment.received_vnd != func.coalesce(_of_shares.c.vnd, 0))
    ),
    "what came back of a hand-over was in it, and is its lines": (
        select(Disbursement.id, Disbursement.amount_vnd, stays_vnd, _of_disbursements.c.vnd)
        .outerjoin(_of_disbursements, _of_disbursements.c.of_id == Disbursement.id)
        .where(
            (stays_vnd < 0)
            | (
                case((Disbursement.state == DisbursementState.DONE, -stays_vnd), else_=0)
                != func.coalesce(_of_disbursements.c.vnd, 0)
            )
        )
    ),
    "a slip is what is left of it, what it pays and what the fund has back": (
        select(Slip.id, Slip.budget_vnd, Slip.left_vnd, Slip.released_vnd, _used.c.vnd)
        .outerjoin(_used, _used.c.slip_id == Slip.id)
        .where(Slip.budget_vnd != Slip.left_vnd + Slip.released_vnd + func.coalesce(_used.c.vnd, 0))
    ),
    "the books set aside what slips may still cost": (
        select(Campaign.id, _promised.c.vnd, _slips_booked.c.vnd.label("booked_vnd"))
        .outerjoin(_promised, _promised.c.campaign_id == Campaign.id)
        .outerjoin(_slips_booked, _slips_booked.c.owner == _owner)
        .where(func.coalesce(_promised.c.vnd, 0) != func.coalesce(_slips_booked.c.vnd, 0))
    ),
    "no fund set more aside than it holds": (
        select(_books.c.owner, _books.c.held_vnd, _aside.c.vnd)
        .join(_aside, _aside.c.owner == _books.c.owner)
        .where(_aside.c.vnd > _books.c.held_vnd)
    ),
    "two different people opened every campaign": (
        select(Campaign.id, func.count(CampaignApproval.account_id.distinct()).label("people"))
        .outerjoin(
            CampaignApproval,
            (CampaignApproval.campaign_id == Campaign.id) & CampaignApproval.withdrawn_at.is_(None),
        )
        .where(
            Campaign.state.in_((CampaignState.OPEN, CampaignState.CLOSED, CampaignState.FINISHED))
        )
        .group_by(Campaign.id)
        .having(func.count(CampaignApproval.account_id.distinct()) != APPROVERS)
    ),
}


def broken_chains(session: Session) -> Iterator[dict[str, Any]]:
    """Return every campaign whose chain of lines does not verify. Line by line: for the night."""
    for campaign in session.execute(select(Campaign.id, Campaign.code).order_by(Campaign.id)):
        lines = session.scalars(
            select(FundEntry)
            .where(FundEntry.campaign_id == campaign.id)
            .order_by(FundEntry.number)
            .execution_options(yield_per=500)
        )
        found = first_break(campaign.code, lines)
        if found is not None:
            yield {"campaign": campaign.code, "line": found.number, "what": found.what}
