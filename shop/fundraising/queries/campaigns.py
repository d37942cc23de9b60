"""Reads of campaigns: what visitors see, what organisers see."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import Session

from shop.accounts.models import Account
from shop.fundraising.models import Campaign, CampaignApproval, CampaignDeadline
from shop.fundraising.queries.figures import figures_of
from shop.fundraising.rules import CampaignState, Figures, takes_money
from shop.kernel.errors import NotYours
from shop.organisations.models import Organisation

#: Campaigns that are over, as the public list shows them; all have their page.
MOST_OVER = 60
_PUBLIC = (CampaignState.OPEN, CampaignState.CLOSED, CampaignState.FINISHED)

_SHOWN = (
    Campaign.id, Campaign.code, Campaign.kind, Campaign.state, Campaign.title_vi,
    Campaign.title_en, Campaign.for_whom_vi, Campaign.for_whom_en, Campaign.goal_vnd,
    Campaign.opens_on, Campaign.closes_on, Campaign.distribute_by, Campaign.opened_at,
    Organisation.name_vi.label("unit_vi"), Organisation.name_en.label("unit_en"),
)  # fmt: skip


@dataclass(frozen=True)
class Shown:
    """A campaign as visitors read it in a list."""

    row: Any
    figures: Figures


@dataclass(frozen=True)
class CampaignPage:
    """A campaign as visitors read it. ``takes``: gifts and sales count today."""

    row: Campaign
    organisation: Organisation
    figures: Figures
    deadlines: Sequence[CampaignDeadline]
    takes: bool


def campaigns_shown(session: Session, today: date) -> tuple[list[Shown], list[Shown]]:
    """Return (campaigns that run, the newest that are over), with their figures. Three queries."""
    rows = (
        select(*_SHOWN)
        .join(Organisation, Organisation.id == Campaign.organisation_id)
        .where(Campaign.state.in_(_PUBLIC))
    )
    runs = (Campaign.state == CampaignState.OPEN) & or_(
        Campaign.closes_on.is_(None), Campaign.closes_on >= today
    )
    running = session.execute(
        rows.where(runs).order_by(Campaign.closes_on.is_(None), Campaign.closes_on, Campaign.id)
    ).all()
    over = session.execute(
        rows.where(~runs).order_by(Campaign.closes_on.desc(), Campaign.id.desc()).limit(MOST_OVER)
    ).all()
    figures = figures_of(session, [row.id for row in [*running, *over]])
    return (
        [Shown(row, figures[row.id]) for row in running],
        [Shown(row, figures[row.id]) for row in over],
    )


def running_campaigns(session: Session, today: date, most: int = 50) -> Sequence[Any]:
    """Return (id, code, titles) of the campaigns that take gifts today, the next to close first."""
    return session.execute(
        select(
            Campaign.id, Campaign.code, Campaign.title_vi, Campaign.title_en,
            Campaign.for_whom_vi, Campaign.for_whom_en, Campaign.closes_on,
        )
        .where(
            Campaign.state == CampaignState.OPEN, Campaign.opens_on <= today,
            or_(Campaign.closes_on.is_(None), Campaign.closes_on >= today),
        )
        .order_by(Campaign.closes_on.is_(None), Campaign.closes_on, Campaign.id)
        .limit(most)
    ).all()  # fmt: skip


def campaigns_opened(session: Session, most: int = 2_000) -> Sequence[Any]:
    """Return (code, at: when it was opened) of every campaign that has a public page, the newest first."""
    return session.execute(
        select(Campaign.code, Campaign.opened_at.label("at"))
        .where(Campaign.state.in_(_PUBLIC))
        .order_by(Campaign.id.desc())
        .limit(most)
    ).all()


def campaign_page(session: Session, code: str, today: date) -> CampaignPage | None:
    """Return a campaign that was opened, also when it is over; None for drafts."""
    row = session.scalar(select(Campaign).where(Campaign.code == code, Campaign.state.in_(_PUBLIC)))
    if row is None:
        return None
    return CampaignPage(
        row=row,
        organisation=session.get_one(Organisation, row.organisation_id),
        figures=figures_of(session, [row.id])[row.id],
        deadlines=deadlines_of(session, row.id),
        takes=takes_money(row.state, row.opens_on, row.closes_on, today),
    )


def deadlines_of(session: Session, campaign_id: int) -> Sequence[CampaignDeadline]:
    return session.scalars(
        select(CampaignDeadline)
        .where(CampaignDeadline.campaign_id == campaign_id)
        .order_by(CampaignDeadline.due_on, CampaignDeadline.id)
    ).all()


def late_ones(session: Session, campaign_ids: Iterable[int], today: date) -> set[int]:
    """Return which of these campaigns have a duty whose day has passed and that is not done."""
    return set(
        session.scalars(
            select(CampaignDeadline.campaign_id).where(
                CampaignDeadline.campaign_id.in_(list(campaign_ids)),
                CampaignDeadline.done_on.is_(None), CampaignDeadline.due_on < today,
            )
        )
    )  # fmt: skip


def waiting_for(session: Session, units: Select[int], account_id: int) -> int:
    """Return how many campaigns of some units wait for somebody's approval.

    Args:
        units: where she may approve; account_id: she; what she approved waits for another.
    """
    hers = select(CampaignApproval.campaign_id).where(
        CampaignApproval.account_id == account_id, CampaignApproval.withdrawn_at.is_(None)
    )
    return session.scalars(
        select(func.count(Campaign.id)).where(
            Campaign.state == CampaignState.WAITING, Campaign.organisation_id.in_(units),
            Campaign.id.not_in(hers),
        )
    ).one()  # fmt: skip


def campaigns_of(units: Select[int] | None, typed: Sequence[str] = ()) -> Select[*tuple[Any, ...]]:
    """Return the statement of the campaigns of some units, the newest first; None: of all.

    Args:
        typed: folded words; each stands in the title or the code.
    """
    wanted: Select[*tuple[Any, ...]] = (
        select(*_SHOWN)
        .join(Organisation, Organisation.id == Campaign.organisation_id)
        .order_by(Campaign.id.desc())
    )
    if units is not None:
        wanted = wanted.where(Campaign.organisation_id.in_(units))
    for word in typed:
        pattern = f"%{word}%"
        wanted = wanted.where(or_(Campaign.title_vi.ilike(pattern), Campaign.code.ilike(pattern)))
    return wanted


def campaign_by_id(session: Session, campaign_id: int) -> Campaign:
    """Return a campaign.

    Raises:
        NotYours: there is none.
    """
    found = session.get(Campaign, campaign_id)
    if found is None:
        raise NotYours
    return found


def approvers(session: Session, campaign_id: int) -> list[int]:
    """Return who approved a campaign as it stands, the first first."""
    return list(
        session.scalars(
            select(CampaignApproval.account_id)
            .where(
                CampaignApproval.campaign_id == campaign_id,
                CampaignApproval.withdrawn_at.is_(None),
            )
            .order_by(CampaignApproval.place)
        )
    )


def approvals_of(session: Session, campaign_id: int) -> Sequence[Any]:
    """Return (account_id, name, at) of those who approved it as it stands, the first first."""
    return session.execute(
        select(CampaignApproval.account_id, Account.name, CampaignApproval.at)
        .join(Account, Account.id == CampaignApproval.account_id)
        .where(CampaignApproval.campaign_id == campaign_id, CampaignApproval.withdrawn_at.is_(None))
        .order_by(CampaignApproval.place)
    ).all()
