"""The figures of campaigns, read from the ledger and nowhere else."""

from collections.abc import Iterable, Sequence

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from shop.fundraising.models import Disbursement
from shop.fundraising.rules import Figures
from shop.fundraising.slip_models import Slip, SlipSheet
from shop.fundraising.slip_rules import SheetState
from shop.ledger.queries import accounts_of
from shop.ledger.rules import shown_vnd

_FIGURE = {
    ("campaign_sold", ""): "sold_vnd",
    ("campaign_split", "makers"): "makers_vnd",
    ("campaign_fund", ""): "raised_vnd",
    ("campaign_promised", ""): "promised_vnd",
    ("campaign_costs", ""): "costs_vnd",
    ("campaign_given", ""): "handed_over_vnd",
    ("campaign_slips", ""): "slips_vnd",
    ("campaign_set_aside", ""): "set_aside_vnd",
}


def figures_of(session: Session, campaign_ids: Iterable[int]) -> dict[int, Figures]:
    """Return what every campaign sold, raised, promised, spent and handed over. One query."""
    ids: Sequence[int] = list(campaign_ids)
    said: dict[int, dict[str, int]] = {one: {} for one in ids}
    for row in accounts_of(session, [f"campaign:{one}" for one in ids]) if ids else ():
        figure = _FIGURE.get((row.kind, row.detail))
        if figure is not None:
            number = int(row.owner.partition(":")[2])
            said[number][figure] = shown_vnd(row.kind, row.balance_vnd)
    for figures in said.values():  # What slips paid to sellers was handed over too.
        handed_over_vnd = figures.get("handed_over_vnd", 0) + figures.get("slips_vnd", 0)
        figures["handed_over_vnd"] = handed_over_vnd
    return {one: Figures(**figures) for one, figures in said.items()}


def free_vnd(session: Session, campaign_id: int) -> int:
    """Return what a fund holds beyond all that is set aside, planned or asked for already."""
    figures = figures_of(session, [campaign_id])[campaign_id]
    planned_vnd = session.scalar(
        select(func.sum(Disbursement.amount_vnd)).where(
            Disbursement.campaign_id == campaign_id,
            Disbursement.state.in_(("planned", "approved")),
        )
    )
    asked_vnd = session.scalar(
        select(func.sum(Slip.budget_vnd))
        .join(SlipSheet, SlipSheet.id == Slip.sheet_id)
        .where(SlipSheet.campaign_id == campaign_id, SlipSheet.state == SheetState.PLANNED)
    )
    return figures.free_vnd - int(planned_vnd or 0) - int(asked_vnd or 0)
