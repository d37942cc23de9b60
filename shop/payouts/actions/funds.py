"""Money between a campaign's own account and the one that its organisation pays sellers from.

Slips of such a campaign pay sellers with money that lies apart, and settlements keep shares that
lie with the organisation: people transfer both, and say so here.
"""

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from shop.audit.actions import note
from shop.fundraising.actions.fund import lock_campaign
from shop.kernel.text import one_line
from shop.ledger.actions import post, reverse
from shop.ledger.models import LedgerTransaction
from shop.ledger.rules import Account, Leg
from shop.payouts.queries.owed import transfers_due
from shop.payouts.rules import FundTransferMoved, NoAccountToPay, ReferenceNeeded
from shop.sellers.queries import current_payee


def note_fund_transfer(
    session: Session, *, campaign_id: int, amount_vnd: int, reference: str,
    actor_id: int | None, actor_name: str, now: datetime,
) -> int:  # fmt: skip
    """Note that what was due between the two accounts was transferred; return its transaction.

    Args:
        amount_vnd: as ``transfers_due`` showed it: above nought to the organisation.

    Raises:
        ReferenceNeeded, NoAccountToPay
        FundTransferMoved: it is another sum by now, or somebody noted it before.
    """
    reference = one_line(reference)[:60]
    if not reference:
        raise ReferenceNeeded
    campaign = lock_campaign(session, campaign_id)
    own = current_payee(session, organisation_id=campaign.organisation_id)
    if own is None:
        raise NoAccountToPay
    due = transfers_due(session, [campaign.organisation_id])
    due_vnd = next((row.due_vnd for row in due if row.campaign_id == campaign_id), 0)
    if not amount_vnd or amount_vnd != due_vnd:
        raise FundTransferMoved(due_vnd=due_vnd)
    subject = f"fund_transfer:{campaign_id}"
    before = select(func.count()).where(LedgerTransaction.subject == subject)
    posted = post(
        session, key=f"{subject}:{session.scalar(before)}", kind="fund_transfer", subject=subject,
        note=reference, now=now,
        legs=[
            Leg(Account("bank", f"payee:{own.id}"), amount_vnd),
            Leg(Account("bank", f"payee:{campaign.payee_id}"), -amount_vnd),
        ],
    )  # fmt: skip
    assert posted is not None  # Its campaign is held, so nobody used its number meanwhile.
    note(
        session, action="fund_transfer.sent", subject_kind="campaign", subject_id=campaign_id,
        now=now, actor_id=actor_id, actor_name=actor_name, amount_vnd=amount_vnd,
        reference=reference, transaction_id=posted,
    )  # fmt: skip
    return posted


def take_fund_transfer_back(
    session: Session, *, campaign_id: int, transaction_id: int, actor_id: int | None,
    actor_name: str, now: datetime, undoes_id: int | None = None,
) -> None:  # fmt: skip
    """Note that such a transfer was not made, or that the bank sent it back: it is due again.

    Raises:
        AlreadyReversed
    """
    lock_campaign(session, campaign_id)
    reverse(
        session, transaction_id=transaction_id, now=now, key=f"fund_transfer:back:{transaction_id}"
    )
    note(
        session, action="fund_transfer.taken_back", subject_kind="campaign", subject_id=campaign_id,
        now=now, actor_id=actor_id, actor_name=actor_name, undoes_id=undoes_id,
        transaction_id=transaction_id,
    )  # fmt: skip
