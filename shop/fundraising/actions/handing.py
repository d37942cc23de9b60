"""Money and goods leave a fund: planned, approved by a second person, done before two witnesses."""

from datetime import date, datetime
from typing import Any

from sqlalchemy.orm import Session

from shop.audit.actions import note
from shop.current import vault
from shop.db import the_one, touch
from shop.fundraising.actions.duties import keep_hand_over
from shop.fundraising.actions.fund import Of, fund_bank, lock_spending, move_fund
from shop.fundraising.actions.papers import name_of
from shop.fundraising.handing_rules import DisbursementState, may_go
from shop.fundraising.models import Beneficiary, Campaign, Disbursement
from shop.fundraising.paper_rules import check_names
from shop.fundraising.queries.figures import free_vnd
from shop.fundraising.rules import (
    EntryKind,
    IllegalCampaignMove,
    NotEnoughInFund,
    NotYourCampaign,
)
from shop.kernel.clock import noon_or_now, vietnam_date
from shop.kernel.codes import random_code

_CODE_LENGTH = 8
KINDS = {"hand_over": EntryKind.HANDED_OVER, "cost": EntryKind.COST}


def add_beneficiary(
    session: Session, *, campaign_id: int, contact: dict[str, Any], ward_code: str, ward_name: str,
    households: int, consent: dict[str, Any], actor_id: int | None, now: datetime,
) -> Beneficiary:  # fmt: skip
    """Keep who gets something; all but her commune lies sealed.

    Args:
        contact: {"name", "phone", "address", "note"}.
        consent: {} or {"consent_for", "consent_kind", "consent_on", "consent_until"}.
    """
    lock_spending(session, campaign_id)
    key = vault().new_key()
    row = Beneficiary(
        campaign_id=campaign_id, code=random_code(_CODE_LENGTH), data_key=key,
        contact=vault().seal(key, contact), ward_code=ward_code, ward_name=ward_name,
        households=households, created_at=now, created_by_id=actor_id, **consent,
    )  # fmt: skip
    session.add(row)
    session.flush()
    return row


def plan(
    session: Session, *, campaign_id: int, said: dict[str, Any], actor_id: int, actor_name: str,
    now: datetime,
) -> Disbursement:  # fmt: skip
    """Plan a hand-over or a cost. Plans together never ask for more than the fund has.

    Args:
        said: columns by name: purpose, form, beneficiary_id, words, amount, goods, value.

    Raises:
        IllegalCampaignMove: the campaign is not open yet, or finished. NotEnoughInFund.
        NamesSomebody: the words that everybody reads name who gets it.
    """
    lock_spending(session, campaign_id)
    amount_vnd = int(said.get("amount_vnd") or 0)
    public = ("words_vi", "words_en", "goods_vi", "goods_en")
    check_names(
        name_of(session, said.get("beneficiary_id")), *(said.get(key) or "" for key in public)
    )
    _enough(session, campaign_id, amount_vnd)
    row = Disbursement(
        campaign_id=campaign_id, code=random_code(_CODE_LENGTH), state=DisbursementState.PLANNED,
        planned_at=now, planned_by_id=actor_id, **said,
    )  # fmt: skip
    session.add(row)
    session.flush()
    _note(session, "planned", row, actor_id, actor_name, now)
    return row


def _enough(session: Session, campaign_id: int, amount_vnd: int) -> None:
    """Refuse what the fund cannot pay beside all that is planned already."""
    left_vnd = free_vnd(session, campaign_id)
    if amount_vnd > left_vnd:
        raise NotEnoughInFund(held_vnd=max(0, left_vnd))


def approve(
    session: Session, *, disbursement_id: int, actor_id: int, actor_name: str, now: datetime
) -> Disbursement:
    """Answer for a plan as a second person. Raises: IllegalCampaignMove, NotYourCampaign."""
    row = _going(session, disbursement_id, DisbursementState.APPROVED)
    if row.planned_by_id == actor_id:
        raise NotYourCampaign
    row.state, row.approved_at, row.approved_by_id = DisbursementState.APPROVED, now, actor_id
    _note(session, "approved", row, actor_id, actor_name, now)
    return row


def unapprove(
    session: Session, *, disbursement_id: int, actor_id: int | None, actor_name: str,
    now: datetime, undoes_id: int | None = None,
) -> Disbursement:  # fmt: skip
    """Take an approval back while nothing was handed over. Raises: IllegalCampaignMove"""
    row = _going(session, disbursement_id, DisbursementState.PLANNED, DisbursementState.APPROVED)
    row.state, row.approved_at, row.approved_by_id = DisbursementState.PLANNED, None, None
    _note(session, "unapproved", row, actor_id, actor_name, now, undoes_id=undoes_id)
    return row


def cancel(
    session: Session, *, disbursement_id: int, actor_id: int | None, actor_name: str,
    now: datetime, undoes_id: int | None = None,
) -> Disbursement:  # fmt: skip
    """Give up what was not handed over yet. Raises: IllegalCampaignMove"""
    row = _going(session, disbursement_id, DisbursementState.CANCELLED)
    row.state, row.cancelled_at, row.cancelled_by_id = DisbursementState.CANCELLED, now, actor_id
    row.approved_at, row.approved_by_id = None, None
    keep_hand_over(session, session.get_one(Campaign, row.campaign_id), vietnam_date(now), actor_id)
    _note(session, "cancelled", row, actor_id, actor_name, now, undoes_id=undoes_id)
    return row


def plan_again(
    session: Session, *, disbursement_id: int, actor_id: int | None, actor_name: str,
    now: datetime, undoes_id: int | None = None,
) -> Disbursement:  # fmt: skip
    """Take a cancelling back; it is a plan again. Raises: IllegalCampaignMove, NotEnoughInFund"""
    row = _going(session, disbursement_id, DisbursementState.PLANNED, DisbursementState.CANCELLED)
    _enough(session, row.campaign_id, row.amount_vnd)
    row.state, row.cancelled_at, row.cancelled_by_id = DisbursementState.PLANNED, None, None
    _note(session, "planned_again", row, actor_id, actor_name, now, undoes_id=undoes_id)
    return row


def hand_over(
    session: Session, *, disbursement_id: int, done_on: date, witnesses: tuple[str, str],
    voucher_no: str, actor_id: int | None, actor_name: str, now: datetime,
) -> Disbursement:  # fmt: skip
    """Note that it is in her hands, or paid: money leaves the fund by a public line.

    There is no way back: money that comes back is a line of its own (``actions.returning``).

    Raises:
        IllegalCampaignMove: it is not approved, or was done. NotEnoughInFund, NamesSomebody
    """
    row = _going(session, disbursement_id, DisbursementState.DONE)
    row.state, row.done_on = DisbursementState.DONE, done_on
    row.done_at, row.done_by_id = now, actor_id
    (row.witness_one, row.witness_two), row.voucher_no = witnesses, voucher_no
    check_names(name_of(session, row.beneficiary_id), voucher_no)
    campaign = session.get_one(Campaign, row.campaign_id)
    if row.form == "money":
        move_fund(
            session, campaign_id=row.campaign_id, kind=KINDS[row.purpose],
            amount_vnd=row.amount_vnd, against=fund_bank(campaign.payee_id),
            key=f"disbursement:{row.id}", of=Of(disbursement_id=row.id), now=now,
            occurred_at=noon_or_now(done_on, now),
        )  # fmt: skip
    keep_hand_over(session, campaign, done_on, actor_id)
    touch(session, "campaigns")
    _note(session, "done", row, actor_id, actor_name, now)
    return row


def _going(
    session: Session, disbursement_id: int, to: DisbursementState,
    only_from: DisbursementState | None = None,
) -> Disbursement:  # fmt: skip
    """Return a disbursement that may go to a state, its campaign locked before it."""
    found = the_one(session, Disbursement, disbursement_id)
    lock_spending(session, found.campaign_id)
    row = the_one(session, Disbursement, disbursement_id, to_change=True)
    if not may_go(row.state, to) or (only_from is not None and row.state != only_from):
        raise IllegalCampaignMove(state=row.state)
    return row


def _note(
    session: Session, word: str, row: Disbursement, actor_id: int | None, actor_name: str,
    now: datetime, undoes_id: int | None = None, **facts: Any,
) -> None:  # fmt: skip
    """Nobody's name: the trail is read by more people than the papers are."""
    note(
        session, action=f"disbursement.{word}", subject_kind="campaign",
        subject_id=row.campaign_id, now=now, actor_id=actor_id, actor_name=actor_name,
        undoes_id=undoes_id, disbursement_id=row.id, code=row.code, amount_vnd=row.amount_vnd,
        **facts,
    )  # fmt: skip
