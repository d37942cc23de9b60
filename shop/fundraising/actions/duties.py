"""What an organiser has to do by a day: marked by the acts themselves, never by hand."""

from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from shop.audit.actions import note
from shop.db import the_one, touch
from shop.fundraising.events import DutyDue
from shop.fundraising.handing_rules import WAITING
from shop.fundraising.models import Campaign, CampaignDeadline, CampaignReport, Disbursement
from shop.fundraising.paper_rules import NotHandedOver, ReportTooEarly
from shop.fundraising.queries.figures import figures_of
from shop.fundraising.rules import CampaignState, Duty, Figures, IllegalCampaignMove
from shop.kernel.clock import vietnam_date
from shop.outbox.relay import record

#: Officers are told so long before a day.
AHEAD = timedelta(days=7)
_OVER = (CampaignState.CLOSED, CampaignState.FINISHED)


def mark(
    session: Session, campaign_id: int, duty: Duty, on: date | None, actor_id: int | None
) -> None:
    """Note the day on which a duty was done; None: it is not done any more."""
    session.execute(
        update(CampaignDeadline)
        .where(CampaignDeadline.campaign_id == campaign_id, CampaignDeadline.duty == duty)
        .values(done_on=on, done_by_id=actor_id if on else None)
    )
    touch(session, "campaigns")


def keep_hand_over(session: Session, campaign: Campaign, on: date, actor_id: int | None) -> None:
    """Mark "handed over" once a campaign is over and its fund empty, and take it back when not.

    Args:
        on: the day of what emptied it, or when somebody looked.
    """
    if campaign.state not in _OVER:
        return
    session.flush()
    row = session.scalar(
        select(CampaignDeadline).where(
            CampaignDeadline.campaign_id == campaign.id,
            CampaignDeadline.duty == Duty.HAND_OVER,
        )
    )
    if row is None:
        return
    done = not _left(session, campaign.id)
    if done is (row.done_on is not None):
        return
    mark(session, campaign.id, Duty.HAND_OVER, on if done else None, actor_id)


def _left(session: Session, campaign_id: int) -> Figures | None:
    """Return the figures of a campaign that has money, promises, debts or plans; None: all is done."""
    figures = figures_of(session, [campaign_id])[campaign_id]
    planned = session.scalar(
        select(Disbursement.id)
        .where(
            Disbursement.campaign_id == campaign_id,
            Disbursement.state.in_(WAITING),
        )
        .limit(1)
    )
    left = figures.held_vnd or figures.promised_vnd or figures.owed_back_vnd or planned
    return figures if left else None


def publish_report(
    session: Session, *, campaign_id: int, duty: str, actor_id: int | None, actor_name: str,
    now: datetime, undoes_id: int | None = None,
) -> CampaignReport:  # fmt: skip
    """Publish what came, or what it was used for, as the ledger has it now.

    Raises:
        ReportTooEarly: it takes money still. NotHandedOver: something is left to hand over.
        IllegalCampaignMove: it was published already.
    """
    campaign = the_one(session, Campaign, campaign_id, to_change=True)
    if campaign.state not in _OVER:
        raise ReportTooEarly
    left = _left(session, campaign_id) if duty == Duty.USES else None
    if left is not None:
        raise NotHandedOver(
            held_vnd=left.held_vnd, promised_vnd=left.promised_vnd,
            owed_back_vnd=left.owed_back_vnd,
        )  # fmt: skip
    if _published(session, campaign_id, duty) is not None:
        raise IllegalCampaignMove(state=campaign.state)
    figures = figures_of(session, [campaign_id])[campaign_id]
    row = CampaignReport(
        campaign_id=campaign_id, duty=duty, figures=figures._asdict(), entries=campaign.entries,
        chain=campaign.chain, published_at=now, published_by_id=actor_id,
    )  # fmt: skip
    session.add(row)
    session.flush()
    mark(session, campaign_id, Duty(duty), vietnam_date(now), actor_id)
    _said(session, "published", campaign, duty, row.id, now, actor_id, actor_name, undoes_id)
    return row


def withdraw_report(
    session: Session, *, campaign_id: int, duty: str, actor_id: int | None, actor_name: str,
    now: datetime, undoes_id: int | None = None,
) -> CampaignReport:  # fmt: skip
    """Take a published report back; its duty is not done any more. Raises: IllegalCampaignMove"""
    campaign = the_one(session, Campaign, campaign_id, to_change=True)
    row = _published(session, campaign_id, duty)
    if row is None:
        raise IllegalCampaignMove(state=campaign.state)
    row.withdrawn_at = now
    mark(session, campaign_id, Duty(duty), None, actor_id)
    _said(session, "withdrawn", campaign, duty, row.id, now, actor_id, actor_name, undoes_id)
    return row


def _published(session: Session, campaign_id: int, duty: str) -> CampaignReport | None:
    return session.scalar(
        select(CampaignReport).where(
            CampaignReport.campaign_id == campaign_id, CampaignReport.duty == duty,
            CampaignReport.withdrawn_at.is_(None),
        )
    )  # fmt: skip


def _said(
    session: Session, word: str, campaign: Campaign, duty: str, report_id: int, now: datetime,
    actor_id: int | None, actor_name: str, undoes_id: int | None,
) -> None:  # fmt: skip
    facts: dict[str, Any] = {"code": campaign.code, "duty": str(duty), "report_id": report_id}
    note(
        session, action=f"campaign_report.{word}", subject_kind="campaign",
        subject_id=campaign.id, now=now, actor_id=actor_id, actor_name=actor_name,
        undoes_id=undoes_id, **facts,
    )  # fmt: skip


def remind_of_duties(session: Session, now: datetime, most: int = 50) -> int:
    """Tell officers a week before a duty's day and when it has passed; return how many."""
    today, told = vietnam_date(now), 0
    rows = session.scalars(
        select(CampaignDeadline)
        .join(Campaign, Campaign.id == CampaignDeadline.campaign_id)
        .where(
            CampaignDeadline.done_on.is_(None),
            CampaignDeadline.due_on <= today + AHEAD,
            CampaignDeadline.reminded != "late",
            Campaign.state.in_((CampaignState.OPEN, *_OVER)),
        )
        .order_by(CampaignDeadline.due_on, CampaignDeadline.id)
        .limit(most)
    ).all()
    for row in rows:
        stage = "late" if row.due_on < today else "soon"
        if row.reminded != stage:
            row.reminded, told = stage, told + 1
            record(session, DutyDue(row.id, stage), now)
    return told
