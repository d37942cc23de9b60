"""The one place where money comes into a fund or leaves it: a posting and a public line together."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from shop.db import the_one, touch
from shop.fundraising.actions.duties import keep_hand_over
from shop.fundraising.models import Campaign, FundEntry
from shop.fundraising.queries.figures import figures_of
from shop.fundraising.rules import (
    SIGNS,
    SPENDING,
    ChainedEntry,
    EntryKind,
    Figures,
    IllegalCampaignMove,
    MoreThanInCash,
    NotEnoughInFund,
    entry_hash,
    name_commitment,
)
from shop.kernel.clock import vietnam_date
from shop.kernel.codes import random_code
from shop.ledger.actions import post
from shop.ledger.rules import Account, Leg

_CODE_LENGTH = 8
#: Where each kind of line stands in the books.
_ACCOUNTS: Mapping[EntryKind, str] = {
    EntryKind.GIFT: "campaign_fund",
    EntryKind.SHARE: "campaign_fund",
    EntryKind.COST: "campaign_costs",
    EntryKind.HANDED_OVER: "campaign_given",
}


@dataclass(frozen=True, slots=True)
class Of:
    """What a line came from or went to; at most one of them."""

    gift_id: int | None = None
    share_payment_id: int | None = None
    disbursement_id: int | None = None
    slip_id: int | None = None


def fund_bank(payee_id: int) -> Account:
    """Return where the money of funds lies that is in a bank account."""
    return Account("fund_bank", f"payee:{payee_id}")


def fund_cash(campaign_id: int) -> Account:
    """Return where the cash of a fund lies that nobody paid into its bank account yet."""
    return Account("campaign_cash", f"campaign:{campaign_id}")


def lock_campaign(session: Session, campaign_id: int) -> Campaign:
    """Return a campaign that nobody else changes until the transaction ends.

    Raises:
        NotYours: there is none.
    """
    return the_one(session, Campaign, campaign_id, to_change=True)


def lock_spending(session: Session, campaign_id: int) -> Campaign:
    """Return a campaign whose money may leave the fund, held as by ``lock_campaign``.

    Raises:
        IllegalCampaignMove: it is not open yet, or finished. NotYours
    """
    row = lock_campaign(session, campaign_id)
    if row.state not in SPENDING:
        raise IllegalCampaignMove(state=row.state)
    return row


def lock_campaigns(session: Session, organisation_id: int) -> list[int]:
    """Return the campaigns of an organisation, each as ``lock_campaign`` holds it."""
    mine = select(Campaign.id).where(Campaign.organisation_id == organisation_id)
    return list(
        session.scalars(mine.order_by(Campaign.id).with_for_update(key_share=True))
    )  # fmt: skip


def move_fund(
    session: Session,
    *,
    campaign_id: int,
    kind: EntryKind,
    amount_vnd: int,
    against: Account,
    key: str,
    of: Of,
    now: datetime,
    occurred_at: datetime | None = None,
    name: str = "",
    also: tuple[Leg, ...] = (),
    why: str = "",
) -> FundEntry | None:
    """Post money into or out of a fund and write its public line; None when ``key`` was before.

    Args:
        amount_vnd: above zero as the kind says; below zero: an earlier line of it is corrected.
        against: where the money comes from or goes to: ``fund_bank(payee_id)`` of the
            campaign's account, unless it was kept from a settlement or is cash (``fund_cash``).
        name: what the public reads beside it; "" for nobody. Never a beneficiary's.
        also: further legs of the same posting, which sum to nought.
        why: what a person gave as the reason of putting an earlier line right.

    Raises:
        NotEnoughInFund: it would go below nought; nothing is stored.
        MoreThanInCash: it was cash, and that was paid in.
    """
    campaign = lock_campaign(session, campaign_id)
    signed = SIGNS[kind] * amount_vnd
    if signed < 0:
        _check_there(session, campaign_id, -signed, against)
    ours = Account(_ACCOUNTS[kind], f"campaign:{campaign_id}")
    number = post(
        session, key=key, kind=f"fund_{kind}", now=now, occurred_at=occurred_at,
        subject=f"campaign:{campaign_id}", note=why,
        legs=[Leg(against, signed), Leg(ours, -signed), *also],
    )  # fmt: skip
    if number is None:
        return None
    touch(session, "campaigns")
    at = occurred_at or now
    entry = _chained(session, campaign, kind, signed, name, of, number, at, now)
    if signed > 0:  # What came late has to be handed over as well.
        keep_hand_over(session, campaign, vietnam_date(at), None)
    return entry


def _check_there(session: Session, campaign_id: int, vnd: int, against: Account) -> None:
    figures = figures_of(session, [campaign_id])[campaign_id]
    if against == fund_cash(campaign_id):
        check_cash(figures, vnd)
    elif vnd > figures.free_vnd:  # What is set aside for slips is spent for nothing else.
        raise NotEnoughInFund(held_vnd=max(0, figures.free_vnd))


def check_cash(figures: Figures, vnd: int) -> None:
    """Refuse more than a fund has in cash.

    Raises:
        MoreThanInCash
    """
    if vnd > figures.cash_vnd:
        raise MoreThanInCash(cash_vnd=figures.cash_vnd)


def write_slip_line(
    session: Session, *, campaign_id: int, slip_id: int, amount_vnd: int, transaction_id: int,
    at: datetime, now: datetime,
) -> FundEntry:  # fmt: skip
    """Write the public line of what a slip paid to a seller; the goods' move posted it.

    Nothing is refused here: it was set aside when the slip was approved.

    Args:
        amount_vnd: below nought: goods came back.
    """
    campaign = lock_campaign(session, campaign_id)
    touch(session, "campaigns")
    return _chained(
        session, campaign, EntryKind.SLIP, -amount_vnd, "", Of(slip_id=slip_id), transaction_id,
        at, now,
    )  # fmt: skip


def _chained(
    session: Session, campaign: Campaign, kind: EntryKind, signed: int, name: str, of: Of,
    transaction_id: int, at: datetime, now: datetime,
) -> FundEntry:  # fmt: skip
    salt = secrets.token_hex(16)
    said = ChainedEntry(
        campaign.entries + 1, vietnam_date(at), kind, signed, random_code(_CODE_LENGTH),
        name_commitment(name, salt),
    )  # fmt: skip
    row = FundEntry(
        campaign_id=campaign.id, number=said.number, on_day=said.on_day, amount_vnd=signed,
        kind=kind, code=said.code, name=name, salt=salt, commitment=said.commitment,
        previous=campaign.chain, hash=entry_hash(campaign.code, campaign.chain, said),
        transaction_id=transaction_id, gift_id=of.gift_id, share_payment_id=of.share_payment_id,
        disbursement_id=of.disbursement_id, slip_id=of.slip_id, recorded_at=now,
    )  # fmt: skip
    campaign.entries, campaign.chain = row.number, row.hash
    session.add(row)
    session.flush()
    return row


def erase_names(session: Session, gift_id: int) -> None:
    """Drop the name and salt of a gift's lines; the chain still verifies."""
    session.execute(
        update(FundEntry)
        .where(FundEntry.gift_id == gift_id, FundEntry.salt.is_not(None))
        .values(name=None, salt=None)
    )
