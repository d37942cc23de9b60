"""The figures of campaigns, read from the ledger and nowhere else."""

from collections.abc import Iterable

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from shop.fundraising.handing_rules import WAITING
from shop.fundraising.models import Disbursement
from shop.fundraising.rules import Figures
from shop.fundraising.slip_models import Slip, SlipSheet
from shop.fundraising.slip_rules import SheetState
from shop.ledger.models import LedgerAccount
from shop.ledger.rules import shown_vnd

_FIGURE = {
    ("campaign_sold", ""): "sold_vnd",
    ("campaign_split", "makers"): "makers_vnd",
    ("campaign_split", "commission"): "commission_vnd",
    ("campaign_fund", ""): "raised_vnd",
    ("campaign_costs", ""): "costs_vnd",
    ("campaign_given", ""): "handed_over_vnd",
    ("campaign_slips", ""): "slips_vnd",
    ("campaign_set_aside", ""): "set_aside_vnd",
    ("campaign_cash", ""): "cash_vnd",
}


def figures_of(session: Session, campaign_ids: Iterable[int]) -> dict[int, Figures]:
    """Return what every campaign sold, raised, promised, spent and handed over. One query.

    What one seller owes a fund and what it owes another are two figures: neither pays the other.
    """
    said: dict[int, dict[str, int]] = {one: {} for one in campaign_ids}
    funds = [f"campaign:{one}" for one in said]
    for row in session.execute(
        select(
            LedgerAccount.kind, LedgerAccount.owner, LedgerAccount.detail,
            LedgerAccount.balance_vnd,
        ).where(
            LedgerAccount.owner.in_(funds)
            | (LedgerAccount.detail.in_(funds) & (LedgerAccount.kind == "share_due"))
        )
    ) if funds else ():  # fmt: skip
        vnd = shown_vnd(row.kind, row.balance_vnd)
        fund, figure = row.owner, _FIGURE.get((row.kind, row.detail))
        if row.kind == "share_due":
            fund, figure = row.detail, "promised_vnd" if vnd > 0 else "owed_back_vnd"
        if figure is not None:
            figures = said[int(fund.partition(":")[2])]
            figures[figure] = figures.get(figure, 0) + abs(vnd)
    for figures in said.values():  # What slips paid to sellers was handed over too.
        handed_over_vnd = figures.get("handed_over_vnd", 0) + figures.get("slips_vnd", 0)
        figures["handed_over_vnd"] = handed_over_vnd
    return {one: Figures(**figures) for one, figures in said.items()}


def free_vnd(session: Session, campaign_id: int) -> int:
    """Return what a fund has in the bank beyond all that is set aside, planned, asked for or owed."""
    figures = figures_of(session, [campaign_id])[campaign_id]
    planned_vnd = session.scalar(
        select(func.sum(Disbursement.amount_vnd)).where(
            Disbursement.campaign_id == campaign_id,
            Disbursement.state.in_(WAITING),
        )
    )
    asked_vnd = session.scalar(
        select(func.sum(Slip.budget_vnd))
        .join(SlipSheet, SlipSheet.id == Slip.sheet_id)
        .where(SlipSheet.campaign_id == campaign_id, SlipSheet.state == SheetState.PLANNED)
    )
    return figures.free_vnd - figures.owed_back_vnd - int(planned_vnd or 0) - int(asked_vnd or 0)
