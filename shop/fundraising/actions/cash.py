"""Cash of a fund is paid into its bank account: one person says so, another notes it."""

from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from shop.audit.actions import note
from shop.db import one_at_a_time, touch
from shop.fundraising.actions.fund import check_cash, fund_bank, fund_cash, lock_spending
from shop.fundraising.events import CashNotPaidIn
from shop.fundraising.handing_rules import SaidState
from shop.fundraising.models import Campaign, CashDeposit
from shop.fundraising.queries.figures import figures_of
from shop.fundraising.rules import (
    IllegalCampaignMove,
    NotEnoughInFund,
    NotYourCampaign,
)
from shop.kernel.clock import noon_or_now
from shop.kernel.errors import NotYours
from shop.ledger.actions import post, reverse_posted
from shop.ledger.rules import Leg
from shop.outbox.relay import record


def say_paid_in(
    session: Session, *, campaign_id: int, amount_vnd: int, on_day: date, reference: str,
    actor_id: int, actor_name: str, now: datetime,
) -> CashDeposit:  # fmt: skip
    """Say that cash of the fund was paid into its bank account.

    Args:
        reference: the bank's, of its slip; "" when there is none.

    Raises:
        IllegalCampaignMove: the campaign is finished, or somebody said so of other cash already.
        MoreThanInCash
    """
    campaign = lock_spending(session, campaign_id)
    check_cash(figures_of(session, [campaign_id])[campaign_id], amount_vnd)
    open_one = select(CashDeposit.id).where(
        CashDeposit.campaign_id == campaign_id, CashDeposit.state == SaidState.SAID
    )
    if session.scalar(open_one) is not None:
        raise IllegalCampaignMove(state=campaign.state)
    row = CashDeposit(
        campaign_id=campaign_id, amount_vnd=amount_vnd, on_day=on_day, reference=reference,
        state=SaidState.SAID, said_at=now, said_by_id=actor_id,
    )  # fmt: skip
    session.add(row)
    session.flush()
    _note(session, "said", row, actor_id, actor_name, now)
    return row


def note_paid_in(
    session: Session, *, deposit_id: int, actor_id: int, actor_name: str, now: datetime
) -> CashDeposit:
    """Answer for it as a second person, who saw it on the account.

    Raises:
        NotYourCampaign: the same person said so. IllegalCampaignMove, MoreThanInCash
    """
    row, campaign = _at(session, deposit_id, SaidState.SAID)
    if row.said_by_id == actor_id:
        raise NotYourCampaign
    check_cash(figures_of(session, [campaign.id])[campaign.id], row.amount_vnd)
    post(
        session, key=_key(row.id), kind="cash_paid_in", now=now,
        occurred_at=noon_or_now(row.on_day, now), subject=f"campaign:{campaign.id}",
        legs=[
            Leg(fund_bank(campaign.payee_id), row.amount_vnd),
            Leg(fund_cash(campaign.id), -row.amount_vnd),
        ],
    )  # fmt: skip
    row.state, row.decided_at, row.decided_by_id = SaidState.NOTED, now, actor_id
    touch(session, "campaigns")
    _note(session, "noted", row, actor_id, actor_name, now)
    return row


def drop_paid_in(
    session: Session, *, deposit_id: int, actor_id: int | None, actor_name: str, now: datetime,
    undoes_id: int | None = None,
) -> CashDeposit:  # fmt: skip
    """Take back that cash was paid in, before another person noted it. Raises: IllegalCampaignMove"""
    row, _ = _at(session, deposit_id, SaidState.SAID)
    row.state, row.decided_at, row.decided_by_id = SaidState.DROPPED, now, actor_id
    _note(session, "dropped", row, actor_id, actor_name, now, undoes_id)
    return row


def take_back_paid_in(
    session: Session, *, deposit_id: int, actor_id: int | None, actor_name: str, now: datetime
) -> CashDeposit:
    """Put right that it was noted and is not on the account: it is cash again.

    Raises:
        IllegalCampaignMove. NotEnoughInFund: it was spent, or set aside, since.
    """
    row, campaign = _at(session, deposit_id, SaidState.NOTED)
    figures = figures_of(session, [campaign.id])[campaign.id]
    if row.amount_vnd > figures.free_vnd:
        raise NotEnoughInFund(held_vnd=max(0, figures.free_vnd))
    reverse_posted(session, posted=_key(row.id), key=_key(row.id) + ":back", now=now)
    row.state, row.decided_at, row.decided_by_id = SaidState.DROPPED, now, actor_id
    touch(session, "campaigns")
    record(session, CashNotPaidIn(row.id), now)
    _note(session, "taken_back", row, actor_id, actor_name, now)
    return row


def _key(deposit_id: int) -> str:
    return f"cash-deposit:{deposit_id}"


def _at(session: Session, deposit_id: int, state: SaidState) -> tuple[CashDeposit, Campaign]:
    """Return a deposit in a state, its campaign locked before it."""
    found = session.get(CashDeposit, deposit_id)
    if found is None:
        raise NotYours
    campaign = lock_spending(session, found.campaign_id)
    row = one_at_a_time(session, CashDeposit, deposit_id)
    if row is None or row.state != state:
        raise IllegalCampaignMove(state=campaign.state)
    return row, campaign


def _note(
    session: Session, word: str, row: CashDeposit, actor_id: int | None, actor_name: str,
    now: datetime, undoes_id: int | None = None,
) -> None:  # fmt: skip
    campaign = session.get_one(Campaign, row.campaign_id)
    note(
        session, action=f"cash_deposit.{word}", subject_kind="campaign",
        subject_id=row.campaign_id, now=now, actor_id=actor_id, actor_name=actor_name,
        undoes_id=undoes_id, deposit_id=row.id, code=campaign.code, amount_vnd=row.amount_vnd,
        reference=row.reference,
    )  # fmt: skip
