"""A bank account that one campaign alone collects into (DOMAIN 3.4, kind A)."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from shop.audit.actions import note
from shop.current import vault
from shop.fundraising.actions.campaigns import drop_approvals
from shop.fundraising.actions.fund import lock_campaign
from shop.fundraising.models import Campaign
from shop.fundraising.paper_rules import AccountUsed
from shop.fundraising.rules import CHANGEABLE, CampaignFixed, CampaignState
from shop.sellers.models import Payee
from shop.sellers.queries import account_number_of, banks
from shop.sellers.rules import WrongBankAccount, account_number, holder_name


def collect_apart(
    session: Session, *, campaign_id: int, bank_bin: str, holder: str, number: str,
    actor_id: int | None, actor_name: str, now: datetime,
) -> Payee:  # fmt: skip
    """Give a campaign a bank account of its own, before it is opened; approvals are asked anew.

    Raises:
        CampaignFixed: it was opened, or cancelled. WrongBankAccount.
        AccountUsed: the unit collects something else on it already.
    """
    campaign = lock_campaign(session, campaign_id)
    if campaign.state not in CHANGEABLE:
        raise CampaignFixed(state=campaign.state)
    bank, bare, printed = banks().get(bank_bin), account_number(number), holder_name(holder)
    for field, fine in (("bank", bank), ("number", bare), ("holder", printed)):
        if not fine:
            raise WrongBankAccount(field=field)
    assert bank is not None
    assert bare is not None
    if _is_used(session, campaign, bank.bin, bare):
        raise AccountUsed
    key = vault().new_key()
    row = Payee(
        organisation_id=campaign.organisation_id, bank_bin=bank.bin, bank_name=bank.short_name,
        holder=printed, data_key=key, account_number=vault().seal(key, bare), last4=bare[-4:],
        started_at=now, started_by_id=actor_id, ended_at=now, is_apart=True,
    )  # fmt: skip
    session.add(row)
    session.flush()
    campaign.payee_id, campaign.state, campaign.submitted_at = row.id, CampaignState.DRAFT, None
    drop_approvals(session, campaign_id, now)
    note(
        session, action="campaign.account_apart", subject_kind="campaign", subject_id=campaign_id,
        now=now, actor_id=actor_id, actor_name=actor_name, code=campaign.code, payee_id=row.id,
        bank=bank.short_name,
    )  # fmt: skip
    return row


def _is_used(session: Session, campaign: Campaign, bank_bin: str, number: str) -> bool:
    """Tell whether the unit, or another campaign of it, collects on this account."""
    of_campaigns = select(Campaign.payee_id).where(Campaign.id != campaign.id)
    rows = session.scalars(
        select(Payee).where(
            Payee.organisation_id == campaign.organisation_id, Payee.bank_bin == bank_bin,
            Payee.last4 == number[-4:], Payee.is_apart.is_(False) | Payee.id.in_(of_campaigns),
        )
    )  # fmt: skip
    return any(account_number_of(row) == number for row in rows)
