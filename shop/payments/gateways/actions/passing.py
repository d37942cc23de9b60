"""Gifts by card passed on to the fund's own account: planned by one person, sent by another.

The fund counted them when the card paid; this only moves where they lie. What is to be passed on
follows from what the gateway told: gifts of which a payout reached the bank, less what went back to
cards, less what was passed on before.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from shop.audit.actions import note
from shop.db import one_at_a_time
from shop.fundraising.actions.fund import fund_bank, lock_campaign
from shop.kernel.errors import NotYours
from shop.kernel.text import one_line
from shop.ledger.actions import post, reverse_posted
from shop.ledger.rules import Account, Leg
from shop.payments.gateways.models import GiftPass, GiftPassLine
from shop.payments.gateways.passes import gifts_due
from shop.payments.rules.passing import NothingToPass, PassPlanned
from shop.payments.rules.sending import (
    PassNeedsAnother,
    PassReferenceNeeded,
    SendingState,
    check_sending,
)
from shop.payments.sending import end_sending


def plan_pass(
    session: Session, *, campaign_id: int, from_payee_id: int, planner_id: int,
    actor_id: int | None, actor_name: str, now: datetime, for_name: str | None = None,
) -> GiftPass:  # fmt: skip
    """Plan to pass on all that waits of a fund's gifts by card; nothing is booked by that.

    Raises:
        NotYours, NothingToPass
        PassPlanned: another one waits for its second person.
    """
    campaign = lock_campaign(session, campaign_id)
    waits = session.scalar(
        select(GiftPass.id).where(
            GiftPass.campaign_id == campaign_id, GiftPass.from_payee_id == from_payee_id,
            GiftPass.state == SendingState.PLANNED,
        )
    )  # fmt: skip
    if waits is not None:
        raise PassPlanned(pass_id=waits)
    due = gifts_due(session, campaign_id, from_payee_id)
    amount_vnd = sum(row.due_vnd for row in due)
    if not amount_vnd:
        raise NothingToPass
    made = GiftPass(
        campaign_id=campaign_id, from_payee_id=from_payee_id, to_payee_id=campaign.payee_id,
        amount_vnd=amount_vnd, state=SendingState.PLANNED, planned_at=now, planned_by_id=planner_id,
    )  # fmt: skip
    session.add(made)
    session.flush()
    session.add_all(
        GiftPassLine(pass_id=made.id, visit_id=row.visit_id, amount_vnd=row.due_vnd) for row in due
    )
    session.flush()
    _note(session, "planned", made, actor_id, actor_name, now, for_name, planner_id, gifts=len(due))
    return made


def send_pass(
    session: Session, *, pass_id: int, reference: str, sender_id: int, actor_id: int | None,
    actor_name: str, now: datetime, for_name: str | None = None,
) -> bool:  # fmt: skip
    """Note as a second person that it was transferred, with the bank's number; False: noted before.

    Cards may have taken some of it back meanwhile: it left all the same, and the next transfer
    brings that back.

    Raises:
        NotYours, PassReferenceNeeded, PassNeedsAnother
        PassMovedOn: it was dropped, or came back.
    """
    held, reference = _hold(session, pass_id), one_line(reference)[:60]
    if not reference:
        raise PassReferenceNeeded
    if held.planned_by_id == sender_id:
        raise PassNeedsAnother
    if held.state == SendingState.SENT and held.reference == reference:
        return False
    check_sending(held.state, SendingState.SENT)
    held.state, held.reference = SendingState.SENT, reference
    held.sent_at, held.sent_by_id = now, sender_id
    session.flush()
    post(
        session, key=_key(pass_id), kind="gifts_passed_on", subject=f"gift_pass:{pass_id}", now=now,
        legs=[
            Leg(fund_bank(held.to_payee_id), held.amount_vnd),
            Leg(Account("bank", f"payee:{held.from_payee_id}"), -held.amount_vnd),
        ],
    )  # fmt: skip
    _note(session, "sent", held, actor_id, actor_name, now, for_name, sender_id,
          reference=reference)  # fmt: skip
    return True


def pass_came_back(
    session: Session, *, pass_id: int, why: str, actor_id: int | None, actor_name: str,
    now: datetime,
) -> None:  # fmt: skip
    """Note that the bank sent the transfer back: its gifts wait again. Raises: NotYours, PassMovedOn"""
    held = _hold(session, pass_id)
    end_sending(session, held, SendingState.CAME_BACK, actor_id, now, why)
    reverse_posted(session, posted=_key(pass_id), key=f"gift-pass:{pass_id}:back", now=now)
    _note(session, "came_back", held, actor_id, actor_name, now)


def drop_pass(
    session: Session, *, pass_id: int, actor_id: int | None, actor_name: str, now: datetime,
    undoes_id: int | None = None,
) -> None:  # fmt: skip
    """Give up a transfer that nobody made yet. Raises: NotYours, PassMovedOn"""
    held = _hold(session, pass_id)
    end_sending(session, held, SendingState.DROPPED, actor_id, now)
    _note(session, "dropped", held, actor_id, actor_name, now, undoes_id=undoes_id)


def _hold(session: Session, pass_id: int) -> GiftPass:
    """Return a transfer that nobody else changes; its campaign is locked first, as everywhere."""
    campaign_id = session.scalar(select(GiftPass.campaign_id).where(GiftPass.id == pass_id))
    if campaign_id is None:
        raise NotYours
    lock_campaign(session, campaign_id)
    held = one_at_a_time(session, GiftPass, pass_id)
    if held is None:
        raise NotYours
    return held


def _key(pass_id: int) -> str:
    return f"gift-pass:{pass_id}:sent"


def _note(
    session: Session, word: str, held: GiftPass, actor_id: int | None, actor_name: str,
    now: datetime, for_name: str | None = None, for_id: int | None = None,
    undoes_id: int | None = None, **facts: Any,
) -> None:  # fmt: skip
    note(
        session, action=f"gift_pass.{word}", subject_kind="gift_pass", subject_id=held.id, now=now,
        actor_id=actor_id, actor_name=actor_name, for_id=for_id if for_id != actor_id else None,
        for_name=for_name, undoes_id=undoes_id, amount_vnd=held.amount_vnd,
        campaign_id=held.campaign_id, **facts,
    )  # fmt: skip
