"""Money of a hand-over or cost comes back to its fund: one person says so, another notes it."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from shop.audit.actions import note
from shop.db import the_one, touch
from shop.fundraising.actions.fund import Of, fund_bank, lock_campaign, move_fund
from shop.fundraising.actions.handing import KINDS
from shop.fundraising.actions.papers import name_of
from shop.fundraising.handing_rules import DisbursementState, SaidState, may_return
from shop.fundraising.models import Campaign, Disbursement, DisbursementReturn, FundEntry
from shop.fundraising.paper_rules import check_names
from shop.fundraising.rules import (
    SPENDING,
    IllegalCampaignMove,
    MoreThanHandedOver,
    NotYourCampaign,
)
from shop.kernel.clock import noon_or_now


def say_returned(
    session: Session, *, disbursement_id: int, amount_vnd: int, on_day: date, reference: str,
    why: str, actor_id: int, actor_name: str, now: datetime,
) -> DisbursementReturn:  # fmt: skip
    """Say that money of a hand-over or cost is on the fund's account again, or never left it.

    Args:
        reference: the bank's, of the transfer back; "" when it was noted by mistake.
        why: as everybody reads it beside the line.

    Raises:
        IllegalCampaignMove: nothing of it was handed over, somebody said so already, or the
            campaign is finished.
        MoreThanHandedOver. NamesSomebody: the reason names who got it.
    """
    row = _handed_over(session, disbursement_id)
    check_names(name_of(session, row.beneficiary_id), why, reference)
    _check_left(session, row, amount_vnd)
    if returned_open(session, row.id) is not None:
        raise IllegalCampaignMove(state=row.state)
    said = DisbursementReturn(
        disbursement_id=row.id, amount_vnd=amount_vnd, on_day=on_day, reference=reference, why=why,
        state=SaidState.SAID, said_at=now, said_by_id=actor_id,
    )  # fmt: skip
    session.add(said)
    session.flush()
    _note(session, "return_said", row, said, actor_id, actor_name, now)
    return said


def note_returned(
    session: Session, *, return_id: int, actor_id: int, actor_name: str, now: datetime
) -> DisbursementReturn:
    """Answer for it as a second person: a public line brings the money back into the fund.

    Raises:
        NotYourCampaign: the same person said so. IllegalCampaignMove, MoreThanHandedOver
    """
    said, row = _going(session, return_id, SaidState.NOTED)
    if said.said_by_id == actor_id:
        raise NotYourCampaign
    _check_left(session, row, said.amount_vnd)
    campaign = session.get_one(Campaign, row.campaign_id)
    entry = move_fund(
        session, campaign_id=row.campaign_id, kind=KINDS[row.purpose],
        amount_vnd=-said.amount_vnd, against=fund_bank(campaign.payee_id),
        key=f"disbursement:{row.id}:back:{said.id}", of=Of(disbursement_id=row.id), now=now,
        occurred_at=noon_or_now(said.on_day, now), why=said.why,
    )  # fmt: skip
    assert entry is not None  # What was said is held, and noted once.
    said.state, said.decided_at, said.decided_by_id, said.entry_id = (
        SaidState.NOTED,
        now,
        actor_id,
        entry.id,
    )
    touch(session, "campaigns")
    _note(session, "returned", row, said, actor_id, actor_name, now)
    return said


def drop_returned(
    session: Session, *, return_id: int, actor_id: int | None, actor_name: str, now: datetime,
    undoes_id: int | None = None,
) -> DisbursementReturn:  # fmt: skip
    """Take back that money came back, before a second person noted it. Raises: IllegalCampaignMove"""
    said, row = _going(session, return_id, SaidState.DROPPED)
    said.state, said.decided_at, said.decided_by_id = SaidState.DROPPED, now, actor_id
    _note(session, "return_dropped", row, said, actor_id, actor_name, now, undoes_id=undoes_id)
    return said


def returned_open(session: Session, disbursement_id: int) -> DisbursementReturn | None:
    """Return what one person said and no other noted yet."""
    return session.scalar(
        select(DisbursementReturn).where(
            DisbursementReturn.disbursement_id == disbursement_id,
            DisbursementReturn.state == SaidState.SAID,
        )
    )


def _going(
    session: Session, return_id: int, to: SaidState
) -> tuple[DisbursementReturn, Disbursement]:
    found = the_one(session, DisbursementReturn, return_id)
    row = _handed_over(session, found.disbursement_id)
    said = the_one(session, DisbursementReturn, return_id, to_change=True)
    if not may_return(said.state, to):
        raise IllegalCampaignMove(state=row.state)
    return said, row


def _handed_over(session: Session, disbursement_id: int) -> Disbursement:
    """Return what was handed over or paid in money, its campaign locked before it."""
    found = the_one(session, Disbursement, disbursement_id)
    campaign = lock_campaign(session, found.campaign_id)
    row = the_one(session, Disbursement, disbursement_id, to_change=True)
    if row.state != DisbursementState.DONE or row.form != "money":
        raise IllegalCampaignMove(state=row.state)
    if campaign.state not in SPENDING:
        raise IllegalCampaignMove(state=campaign.state)
    return row


def _check_left(session: Session, row: Disbursement, amount_vnd: int) -> None:
    gone = select(-func.sum(FundEntry.amount_vnd)).where(FundEntry.disbursement_id == row.id)
    left_vnd = int(session.scalar(gone) or 0)
    if amount_vnd > left_vnd:
        raise MoreThanHandedOver(left_vnd=left_vnd)


def _note(
    session: Session, word: str, row: Disbursement, said: DisbursementReturn,
    actor_id: int | None, actor_name: str, now: datetime, **more: Any,
) -> None:  # fmt: skip
    note(
        session, action=f"disbursement.{word}", subject_kind="campaign",
        subject_id=row.campaign_id, now=now, actor_id=actor_id, actor_name=actor_name,
        disbursement_id=row.id, return_id=said.id, code=row.code, amount_vnd=said.amount_vnd,
        reference=said.reference, reason=said.why, **more,
    )  # fmt: skip
