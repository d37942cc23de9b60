"""Campaigns are written, approved by two people, opened, closed and finished."""

import hashlib
from datetime import date, datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from shop.audit.actions import note
from shop.catalogue.models import Product
from shop.db import touch
from shop.fundraising.actions.duties import keep_hand_over, mark
from shop.fundraising.actions.fund import lock_campaign
from shop.fundraising.events import CampaignOpened, CampaignSubmitted
from shop.fundraising.models import (
    Campaign,
    CampaignApproval,
    CampaignDeadline,
    CampaignOffer,
    CampaignReport,
    Gift,
)
from shop.fundraising.paper_rules import NeedsOwnAccount
from shop.fundraising.queries.campaigns import approvers
from shop.fundraising.queries.figures import figures_of
from shop.fundraising.rules import (
    APPROVERS,
    CHANGEABLE,
    ApprovedAlready,
    CampaignChanged,
    CampaignFixed,
    CampaignHasMoney,
    CampaignKind,
    CampaignNotReady,
    CampaignState,
    Duty,
    IllegalCampaignMove,
    NoAccountForFund,
    deadlines,
    may_approve,
    may_move,
    missing_for_submitting,
)
from shop.kernel.clock import vietnam_date
from shop.kernel.codes import random_code
from shop.outbox.relay import record
from shop.sellers.models import Payee

_CODE_LENGTH = 8
#: What can be said of a campaign, and changed until it is opened.
SAID = (
    "kind", "title_vi", "title_en", "for_whom_vi", "for_whom_en", "why_vi", "why_en",
    "beneficiary_rule_vi", "beneficiary_rule_en", "spending_vi", "spending_en", "legal_basis_vi",
    "legal_basis_en", "document_no", "document_on", "goal_vnd", "opens_on", "closes_on",
    "distribute_by",
)  # fmt: skip


def version_of(row: Campaign) -> str:
    """Return what tells a campaign apart from itself with another word, day, sum or account."""
    said = [str(getattr(row, name)) for name in (*SAID, "payee_id")]
    return hashlib.sha256(repr(said).encode()).hexdigest()[:20]


def write_campaign(
    session: Session, *, organisation_id: int, said: dict[str, Any], actor_id: int | None,
    actor_name: str, now: datetime,
) -> Campaign:  # fmt: skip
    """Keep a new campaign as a draft, which nobody else sees yet.

    Args:
        said: the columns of ``SAID`` by name.

    Raises:
        NoAccountForFund: the unit has no bank account to collect into.
    """
    row = Campaign(
        code=random_code(_CODE_LENGTH), organisation_id=organisation_id,
        state=CampaignState.DRAFT, payee_id=_payee_of(session, organisation_id), created_at=now,
        created_by_id=actor_id, entries=0, chain="", **said,
    )  # fmt: skip
    session.add(row)
    session.flush()
    _note(session, "written", row, actor_id, actor_name, now)
    return row


def _payee_of(session: Session, organisation_id: int) -> int:
    found = session.scalar(
        select(Payee.id).where(
            Payee.organisation_id == organisation_id, Payee.ended_at.is_(None)
        )
    )  # fmt: skip
    if found is None:
        raise NoAccountForFund
    return found


def change_campaign(
    session: Session, *, campaign_id: int, said: dict[str, Any], actor_id: int | None,
    actor_name: str, now: datetime, undoes_id: int | None = None,
) -> Campaign:  # fmt: skip
    """Change what a campaign says before it is opened; approvals so far no longer count.

    Raises:
        CampaignFixed: it was opened, or cancelled.
    """
    row = lock_campaign(session, campaign_id)
    if row.state not in CHANGEABLE:
        raise CampaignFixed(state=row.state)
    before = {name: _plain(getattr(row, name)) for name in said}
    for name, value in said.items():
        setattr(row, name, value)
    if not _collects_apart(session, row):
        row.payee_id = _payee_of(session, row.organisation_id)
    row.state, row.submitted_at = CampaignState.DRAFT, None
    drop_approvals(session, campaign_id, now)
    _note(
        session, "changed", row, actor_id, actor_name, now, undoes_id=undoes_id, before=before
    )  # fmt: skip
    return row


def _collects_apart(session: Session, row: Campaign) -> bool:
    return session.get_one(Payee, row.payee_id).is_apart


def _check_account(session: Session, row: Campaign) -> None:
    """Refuse relief on an account that serves anything else. Raises: NeedsOwnAccount"""
    if row.kind == CampaignKind.RELIEF and not _collects_apart(session, row):
        raise NeedsOwnAccount


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value


def drop_approvals(session: Session, campaign_id: int, now: datetime) -> None:
    """Take back what people said of a campaign that is another one now."""
    session.execute(
        update(CampaignApproval)
        .where(CampaignApproval.campaign_id == campaign_id, CampaignApproval.withdrawn_at.is_(None))
        .values(withdrawn_at=now)
    )


def submit_campaign(
    session: Session, *, campaign_id: int, actor_id: int | None, actor_name: str, now: datetime,
    undoes_id: int | None = None,
) -> Campaign:  # fmt: skip
    """Ask two people to approve a draft.

    Raises:
        IllegalCampaignMove, CampaignNotReady, NeedsOwnAccount
    """
    row = _moved(session, campaign_id, CampaignState.WAITING)
    missing = missing_for_submitting(row, vietnam_date(now))
    if missing:
        raise CampaignNotReady(missing=tuple(missing))
    _check_account(session, row)
    row.state, row.submitted_at = CampaignState.WAITING, now
    record(session, CampaignSubmitted(row.id), now)
    _note(session, "submitted", row, actor_id, actor_name, now, undoes_id=undoes_id)
    return row


def withdraw_campaign(
    session: Session, *, campaign_id: int, actor_id: int | None, actor_name: str, now: datetime,
    undoes_id: int | None = None,
) -> Campaign:  # fmt: skip
    """Take a campaign back to a draft while it waits; approvals so far no longer count.

    Raises:
        IllegalCampaignMove
    """
    row = _moved(session, campaign_id, CampaignState.DRAFT)
    row.state, row.submitted_at = CampaignState.DRAFT, None
    drop_approvals(session, campaign_id, now)
    _note(session, "withdrawn", row, actor_id, actor_name, now, undoes_id=undoes_id)
    return row


def approve_campaign(
    session: Session, *, campaign_id: int, actor_id: int, actor_name: str, now: datetime,
    read: str | None = None,
) -> Campaign:  # fmt: skip
    """Answer for a campaign as it stands; the second of two people opens it.

    Two different people do, and its author may be one of them.

    Args:
        read: ``version_of`` the page that the person read; left out where she read no page.

    Raises:
        IllegalCampaignMove: it does not wait. ApprovedAlready: this person did before.
        CampaignChanged: it was changed since she read it.
        CampaignNotReady: its days have passed while it waited.
        NeedsOwnAccount: it is relief on an account that serves something else.
    """
    row = lock_campaign(session, campaign_id)
    if row.state != CampaignState.WAITING:
        raise IllegalCampaignMove(state=row.state)
    before = approvers(session, campaign_id)
    if not may_approve(actor_id, row.created_by_id, before):
        raise ApprovedAlready
    if read is not None and read != version_of(row):
        raise CampaignChanged
    missing = missing_for_submitting(row, vietnam_date(now))
    if missing:
        raise CampaignNotReady(missing=tuple(missing))
    _check_account(session, row)
    session.add(
        CampaignApproval(
            campaign_id=campaign_id, account_id=actor_id, place=len(before) + 1, at=now
        )
    )  # fmt: skip
    session.flush()
    _note(session, "approved", row, actor_id, actor_name, now, place=len(before) + 1)
    if len(before) + 1 == APPROVERS:
        _open(session, row, actor_id, now)
        _note(session, "opened", row, actor_id, actor_name, now)
    return row


def _open(session: Session, row: Campaign, actor_id: int | None, now: datetime) -> None:
    row.state, row.opened_at = CampaignState.OPEN, now
    today = vietnam_date(now)
    for duty, due_on in deadlines(
        row.kind, max(today, row.opens_on), row.closes_on, row.distribute_by
    ):
        announced = duty == Duty.ANNOUNCE
        session.add(
            CampaignDeadline(
                campaign_id=row.id, duty=duty, due_on=due_on,
                done_on=today if announced else None, done_by_id=actor_id if announced else None,
            )
        )  # fmt: skip
    touch(session, "campaigns")
    record(session, CampaignOpened(row.id), now)
    session.flush()


def hide_campaign(
    session: Session, *, campaign_id: int, actor_id: int | None, actor_name: str, now: datetime,
    undoes_id: int | None = None,
) -> Campaign:  # fmt: skip
    """Take the opening back while nobody gave and nothing is sold for it; it is a draft again.

    Raises:
        IllegalCampaignMove: somebody did, or it is not open.
    """
    row = lock_campaign(session, campaign_id)
    used = any(
        session.scalar(select(table.id).where(table.campaign_id == campaign_id).limit(1))
        for table in (Gift, CampaignOffer)
    )
    if row.state != CampaignState.OPEN or row.entries or used:
        raise IllegalCampaignMove(state=row.state)
    row.state, row.opened_at, row.submitted_at = CampaignState.DRAFT, None, None
    drop_approvals(session, campaign_id, now)
    for deadline in session.scalars(
        select(CampaignDeadline).where(CampaignDeadline.campaign_id == campaign_id)
    ):
        session.delete(deadline)
    show_goods_anew(session, campaign_id)
    touch(session, "campaigns", "products")
    _note(session, "hidden", row, actor_id, actor_name, now, undoes_id=undoes_id)
    return row


def close_campaign(
    session: Session, *, campaign_id: int, actor_id: int | None, actor_name: str, now: datetime,
    undoes_id: int | None = None,
) -> Campaign:  # fmt: skip
    """Take no more gifts and sell no more for it; what it has is handed over now.

    Raises:
        IllegalCampaignMove
    """
    row = _moved(session, campaign_id, CampaignState.CLOSED)
    row.state, row.closed_at = CampaignState.CLOSED, now
    _end_offers(session, campaign_id, actor_id, now)
    keep_hand_over(session, row, vietnam_date(now), actor_id)
    touch(session, "campaigns")
    _note(session, "closed", row, actor_id, actor_name, now, undoes_id=undoes_id)
    return row


def _end_offers(session: Session, campaign_id: int, actor_id: int | None, now: datetime) -> None:
    """What is ended by closing carries that very moment, so that it can be taken up again."""
    show_goods_anew(session, campaign_id)
    session.execute(
        update(CampaignOffer)
        .where(CampaignOffer.campaign_id == campaign_id, CampaignOffer.ended_at.is_(None))
        .values(ended_at=now, ended_by_id=actor_id)
    )
    touch(session, "products")


def show_goods_anew(session: Session, campaign_id: int) -> None:
    """Let the cards of what is sold for a campaign be written anew: they say so no more."""
    sold = select(CampaignOffer.product_id).where(
        CampaignOffer.campaign_id == campaign_id, CampaignOffer.ended_at.is_(None)
    )
    session.execute(
        update(Product)
        .where(Product.id.in_(sold))
        .values(version=Product.version + 1)
        .execution_options(synchronize_session=False)
    )


def reopen_campaign(
    session: Session, *, campaign_id: int, actor_id: int | None, actor_name: str, now: datetime,
    undoes_id: int | None = None,
) -> Campaign:  # fmt: skip
    """Take a closing back while its last day has not passed. Offers stay ended: sellers decide.

    Raises:
        IllegalCampaignMove
    """
    row = lock_campaign(session, campaign_id)
    over = row.closes_on is not None and row.closes_on < vietnam_date(now)
    if row.state != CampaignState.CLOSED or over:
        raise IllegalCampaignMove(state=row.state)
    row.state, row.closed_at = CampaignState.OPEN, None
    for duty in (Duty.TOTALS, Duty.HAND_OVER, Duty.USES):
        mark(session, campaign_id, duty, None, None)
    _withdraw_reports(session, campaign_id, now)
    touch(session, "campaigns")
    _note(session, "reopened", row, actor_id, actor_name, now, undoes_id=undoes_id)
    return row


def _withdraw_reports(session: Session, campaign_id: int, now: datetime) -> None:
    """What was said to be all that came is not all."""
    session.execute(
        update(CampaignReport)
        .where(CampaignReport.campaign_id == campaign_id, CampaignReport.withdrawn_at.is_(None))
        .values(withdrawn_at=now)
    )


def finish_campaign(
    session: Session, *, campaign_id: int, actor_id: int | None, actor_name: str, now: datetime,
    undoes_id: int | None = None,
) -> Campaign:  # fmt: skip
    """Call a closed campaign finished: nothing is held, promised or owed back. Its page stays.

    Raises:
        IllegalCampaignMove, CampaignHasMoney
    """
    row = _moved(session, campaign_id, CampaignState.FINISHED)
    figures = figures_of(session, [campaign_id])[campaign_id]
    if figures.held_vnd or figures.promised_vnd or figures.owed_back_vnd:
        raise CampaignHasMoney(
            held_vnd=figures.held_vnd, promised_vnd=figures.promised_vnd,
            owed_back_vnd=figures.owed_back_vnd,
        )  # fmt: skip
    row.state, row.finished_at = CampaignState.FINISHED, now
    keep_hand_over(session, row, vietnam_date(now), actor_id)
    touch(session, "campaigns")
    _note(session, "finished", row, actor_id, actor_name, now, undoes_id=undoes_id)
    return row


def unfinish_campaign(
    session: Session, *, campaign_id: int, actor_id: int | None, actor_name: str, now: datetime,
    undoes_id: int | None = None,
) -> Campaign:  # fmt: skip
    """Take "finished" back: something has to be put right.

    Raises:
        IllegalCampaignMove
    """
    row = lock_campaign(session, campaign_id)
    if row.state != CampaignState.FINISHED:
        raise IllegalCampaignMove(state=row.state)
    row.state, row.finished_at = CampaignState.CLOSED, None
    touch(session, "campaigns")
    _note(session, "unfinished", row, actor_id, actor_name, now, undoes_id=undoes_id)
    return row


def cancel_campaign(
    session: Session, *, campaign_id: int, actor_id: int | None, actor_name: str, now: datetime,
    undoes_id: int | None = None,
) -> Campaign:  # fmt: skip
    """Give a campaign up that was never opened.

    Raises:
        IllegalCampaignMove
    """
    row = _moved(session, campaign_id, CampaignState.CANCELLED)
    row.state, row.cancelled_at = CampaignState.CANCELLED, now
    drop_approvals(session, campaign_id, now)
    _note(session, "cancelled", row, actor_id, actor_name, now, undoes_id=undoes_id)
    return row


def restore_campaign(
    session: Session, *, campaign_id: int, actor_id: int | None, actor_name: str, now: datetime,
    undoes_id: int | None = None,
) -> Campaign:  # fmt: skip
    """Take a cancelling back: it is a draft.

    Raises:
        IllegalCampaignMove
    """
    row = lock_campaign(session, campaign_id)
    if row.state != CampaignState.CANCELLED:
        raise IllegalCampaignMove(state=row.state)
    row.state, row.cancelled_at, row.submitted_at = CampaignState.DRAFT, None, None
    _note(session, "restored", row, actor_id, actor_name, now, undoes_id=undoes_id)
    return row


def close_what_is_over(session: Session, now: datetime, limit: int = 50) -> int:
    """Close campaigns whose last day has passed; return how many. The clock's work."""
    over = session.scalars(
        select(Campaign.id)
        .where(Campaign.state == CampaignState.OPEN, Campaign.closes_on < vietnam_date(now))
        .order_by(Campaign.id)
        .limit(limit)
    ).all()
    for campaign_id in over:
        row = lock_campaign(session, campaign_id)
        if row.state == CampaignState.OPEN:
            row.state, row.closed_at = CampaignState.CLOSED, now
            _end_offers(session, campaign_id, None, now)
            keep_hand_over(session, row, vietnam_date(now), None)
            _note(session, "closed", row, None, "", now)
    if over:
        touch(session, "campaigns")
    return len(over)


def _moved(session: Session, campaign_id: int, to: CampaignState) -> Campaign:
    row = lock_campaign(session, campaign_id)
    if not may_move(row.state, to):
        raise IllegalCampaignMove(state=row.state)
    return row


def _note(
    session: Session, word: str, row: Campaign, actor_id: int | None, actor_name: str,
    now: datetime, undoes_id: int | None = None, **facts: Any,
) -> None:  # fmt: skip
    note(
        session, action=f"campaign.{word}", subject_kind="campaign", subject_id=row.id, now=now,
        actor_id=actor_id, actor_name=actor_name, undoes_id=undoes_id, code=row.code, **facts,
    )  # fmt: skip
