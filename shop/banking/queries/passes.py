"""The transfers of gifts by card that a bank's line may be, as ``rules.matching`` weighs them."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import and_, case, func, or_, select
from sqlalchemy.orm import Session

from shop.banking.models import BankNotice, BankPassMatch
from shop.banking.rules.matching import OfPass
from shop.fundraising.models import Campaign
from shop.payments.gateways.models import GiftPass
from shop.payments.rules.passing import read_transfer_text
from shop.payments.rules.sending import SendingState

#: A line without its text is put beside transfers that left so long before or after.
LIKELY_PASS = timedelta(days=4)

#: What is taken back of cards goes the other way: from the fund to the shop's account.
_receiver = case((GiftPass.amount_vnd > 0, GiftPass.to_payee_id), else_=GiftPass.from_payee_id)
_known = (
    select(BankPassMatch.id)
    .where(BankPassMatch.pass_id == GiftPass.id, BankPassMatch.undone_at.is_(None))
    .exists()
)
_passes = (
    select(
        GiftPass.id, Campaign.code, Campaign.title_vi, Campaign.title_en,
        func.abs(GiftPass.amount_vnd).label("amount_vnd"), GiftPass.state, _known.label("known"),
    )
    .join(Campaign, Campaign.id == GiftPass.campaign_id)
    .order_by(GiftPass.id)
)  # fmt: skip


def passes_named_by(session: Session, said: str, payee_ids: Sequence[int]) -> list[OfPass]:
    """Return the transfers into this account whose texts stand in a bank's text."""
    named = read_transfer_text(said)
    if not named:
        return []
    these = or_(*(and_(Campaign.code == code, GiftPass.id == key) for code, key in named))
    return _weighed(session, these, payee_ids)


def passes_like(
    session: Session, amount_vnd: int | None, payee_ids: Sequence[int], booked_at: datetime
) -> list[OfPass]:
    """Return transfers into this account of just this amount that no line of the bank was yet."""
    days = GiftPass.sent_at.between(booked_at - LIKELY_PASS, booked_at + LIKELY_PASS)
    these = and_(
        func.abs(GiftPass.amount_vnd) == amount_vnd,
        GiftPass.state == SendingState.SENT,
        days,
        ~_known,
    )
    return _weighed(session, these, payee_ids)


def pass_here(session: Session, pass_id: int, payee_ids: Sequence[int]) -> OfPass | None:
    """Return one transfer into this account, or None."""
    return next(iter(_weighed(session, GiftPass.id == pass_id, payee_ids)), None)


def _weighed(session: Session, these: Any, payee_ids: Sequence[int]) -> list[OfPass]:
    return [
        OfPass(
            row.id, row.code, row.title_vi, row.title_en, row.amount_vnd,
            is_sent=row.state == SendingState.SENT, is_known=row.known,
        )
        for row in session.execute(_passes.where(these, _receiver.in_(payee_ids)))
    ]  # fmt: skip


#: Returns no row while all is well.
INVARIANTS: dict[str, Any] = {
    "a bank's line that is gifts by card passed on is nothing else": (
        select(BankPassMatch.notice_id, BankPassMatch.pass_id, BankNotice.state)
        .join(BankNotice, BankNotice.id == BankPassMatch.notice_id)
        .where(
            BankPassMatch.undone_at.is_(None),
            (BankNotice.state != "matched") | BankNotice.payment_id.is_not(None),
        )
    ),
}
