"""Reads of gifts: by their private link, for the organisers, and what transfers may be for."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Select, bindparam, case, select
from sqlalchemy.orm import Session

from shop.accounts.models import Account
from shop.current import vault
from shop.fundraising.models import Campaign, Disbursement, FundEntry, Gift
from shop.fundraising.rules import EntryKind, takes_money
from shop.kernel.errors import NotYours
from shop.kernel.sealing import token_digest
from shop.sellers.models import Payee
from shop.sellers.queries import account_number_of
from shop.web.links import private_token_of


def gift_by_link(session: Session, token: str) -> Gift:
    """Return the gift of a private link.

    Raises:
        NotYours
    """
    found = session.scalar(select(Gift).where(Gift.link_digest == token_digest(token)))
    if found is None:
        raise NotYours
    return found


def gift_link_token(row: Any) -> str:
    """Make the private link's token of a gift again, for mails."""
    return private_token_of("gift", row)


def gift_of_attempt(session: Session, attempt_id: str) -> Gift | None:
    return session.scalar(select(Gift).where(Gift.attempt_id == attempt_id))


def giver_of(row: Any) -> dict[str, Any]:
    """Open what a giver left: {"name", "email"}; empty once it was forgotten."""
    if not row.contact:
        return {"name": "", "email": None}
    return vault().open(row.data_key, row.contact)


def gifts_of(campaign_id: int) -> Select[*tuple[Any, ...]]:
    """Return the statement of a campaign's gifts, those that wait first, then the newest."""
    return (
        select(
            Gift.id, Gift.memo, Gift.amount_vnd, Gift.received_vnd, Gift.method, Gift.shown_name,
            Gift.message, Gift.message_shown_at, Gift.name_hidden_at, Gift.offered_at, Gift.received_at, Gift.order_id,
            Gift.data_key, Gift.contact, Gift.forgotten_at, Gift.in_cash, Gift.came_on,
            Gift.written_by_id, Gift.withdrawn_at, Account.name.label("written_by"),
        )
        .outerjoin(Account, Account.id == Gift.written_by_id)
        .where(Gift.campaign_id == campaign_id)
        .order_by(Gift.received_at.is_not(None), Gift.id.desc())
    )  # fmt: skip


def waiting_gifts_of(session: Session, campaign_id: int) -> Sequence[Any]:
    """Return what was written down at the desk and nobody has counted or seen yet."""
    return session.execute(
        gifts_of(campaign_id).where(
            Gift.came_on.is_not(None), Gift.received_vnd == 0, Gift.withdrawn_at.is_(None)
        )
    ).all()


def messages_of(session: Session, campaign_id: int, most: int = 20) -> Sequence[Any]:
    """Return what givers wrote and an officer let be read, the newest first."""
    return session.execute(
        select(
            case((Gift.name_hidden_at.is_(None), Gift.shown_name), else_="").label("shown_name"),
            Gift.message, Gift.received_at,
        )
        .where(
            Gift.campaign_id == campaign_id, Gift.message != "",
            Gift.message_shown_at.is_not(None), Gift.received_vnd > 0,
        )
        .order_by(Gift.received_at.desc(), Gift.id.desc())
        .limit(most)
    ).all()  # fmt: skip


@dataclass(frozen=True, slots=True)
class GiftOfOrder:
    """A gift beside an order as its buyer reads it. ``number``: among those of the order, from 1."""

    id: int
    number: int
    method: str
    amount_vnd: int
    received_vnd: int
    received_at: datetime | None
    withdrawn_at: datetime | None
    memo: str
    token: str
    code: str
    title_vi: str
    title_en: str
    #: The campaign counts it today.
    takes: bool
    bank_bin: str
    bank_name: str
    holder: str
    account_number: str

    @property
    def waits(self) -> bool:
        """Whether she is asked for it."""
        return self.takes and not self.received_vnd and self.withdrawn_at is None

    @property
    def by_transfer(self) -> bool:
        return self.waits and self.method == "transfer"


def gifts_of_order(session: Session, order_id: int, today: date) -> list[GiftOfOrder]:
    """Return what was given beside an order, or of money that was to go back for it. One query."""
    rows = session.execute(
        select(Gift, Campaign, Payee)
        .join(Campaign, Campaign.id == Gift.campaign_id)
        .join(Payee, Payee.id == Gift.payee_id)
        .where(Gift.order_id == order_id)
        .order_by(Gift.id)
    ).all()
    return [
        GiftOfOrder(
            gift.id, number, gift.method, gift.amount_vnd, gift.received_vnd, gift.received_at,
            gift.withdrawn_at, gift.memo, gift_link_token(gift), campaign.code, campaign.title_vi,
            campaign.title_en,
            takes_money(campaign.state, campaign.opens_on, campaign.closes_on, today),
            payee.bank_bin, payee.bank_name, payee.holder, account_number_of(payee),
        )
        for number, (gift, campaign, payee) in enumerate(rows, 1)
    ]  # fmt: skip


_RECEIVED = select(Gift.received_vnd).where(Gift.order_id == bindparam("order")).order_by(Gift.id)


def received_of_order(session: Session, order_id: int) -> list[int]:
    """Return what funds have of each gift of ``gifts_of_order``, for a page that is open still."""
    return list(session.scalars(_RECEIVED, {"order": order_id}))


def handed_over_since(session: Session, gift: Gift) -> Sequence[Any]:
    """Return what left the fund since a gift came: day, amount, what for. Nobody's name."""
    if gift.received_at is None:
        return ()
    first = (
        select(FundEntry.number).where(FundEntry.gift_id == gift.id).order_by(FundEntry.number)
    ).limit(1)
    return session.execute(
        select(
            FundEntry.on_day, FundEntry.amount_vnd, FundEntry.code, Disbursement.words_vi,
            Disbursement.words_en,
        )
        .outerjoin(Disbursement, Disbursement.id == FundEntry.disbursement_id)
        .where(
            FundEntry.campaign_id == gift.campaign_id, FundEntry.kind == EntryKind.HANDED_OVER,
            FundEntry.number > first.scalar_subquery(),
        )
        .order_by(FundEntry.number)
        .limit(200)
    ).all()  # fmt: skip


def entries_of_gift(session: Session, gift_id: int) -> Sequence[Any]:
    """Return the public lines of a gift, the first first."""
    return session.execute(
        select(FundEntry.number, FundEntry.on_day, FundEntry.amount_vnd, FundEntry.code)
        .where(FundEntry.gift_id == gift_id)
        .order_by(FundEntry.number)
    ).all()
