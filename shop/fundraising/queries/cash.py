"""Reads of the cash of funds: what was paid into their bank accounts."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, aliased

from shop.accounts.models import Account
from shop.fundraising.handing_rules import SaidState
from shop.fundraising.models import CashDeposit


def deposits_of(session: Session, campaign_id: int) -> Sequence[Any]:
    """Return what was said and noted to be paid in, the newest first, with who did."""
    said, decided = aliased(Account), aliased(Account)
    return session.execute(
        select(
            CashDeposit.id, CashDeposit.amount_vnd, CashDeposit.on_day, CashDeposit.reference,
            CashDeposit.state, CashDeposit.said_by_id, said.name.label("said_by"),
            decided.name.label("decided_by"),
        )
        .join(said, said.id == CashDeposit.said_by_id)
        .outerjoin(decided, decided.id == CashDeposit.decided_by_id)
        .where(CashDeposit.campaign_id == campaign_id, CashDeposit.state != SaidState.DROPPED)
        .order_by(CashDeposit.id.desc())
    ).all()  # fmt: skip


def deposits_shown(session: Session, campaign_id: int) -> Sequence[Any]:
    """Return (day, amount) of the cash that is in the bank, as everybody reads it, the newest first."""
    return session.execute(
        select(CashDeposit.on_day, CashDeposit.amount_vnd)
        .where(CashDeposit.campaign_id == campaign_id, CashDeposit.state == SaidState.NOTED)
        .order_by(CashDeposit.on_day.desc(), CashDeposit.id.desc())
    ).all()
