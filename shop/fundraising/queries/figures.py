"""The figures of campaigns, read from the ledger and nowhere else."""

from collections.abc import Iterable, Sequence

from sqlalchemy.orm import Session

from shop.fundraising.rules import Figures
from shop.ledger.queries import accounts_of
from shop.ledger.rules import shown_vnd

_FIGURE = {
    ("campaign_sold", ""): "sold_vnd",
    ("campaign_split", "makers"): "makers_vnd",
    ("campaign_fund", ""): "raised_vnd",
    ("campaign_promised", ""): "promised_vnd",
    ("campaign_costs", ""): "costs_vnd",
    ("campaign_given", ""): "handed_over_vnd",
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
    return {one: Figures(**figures) for one, figures in said.items()}
