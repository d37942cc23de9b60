"""The audit lines of money: who moved it, when, and from where."""

from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from shop.accounts.models import Account
from shop.audit.actions import note
from shop.payments.methods.protocol import By


def write_down(
    session: Session, action: str, subject: tuple[str, int], by: By, now: datetime, **facts: Any
) -> None:
    """Write the line of one act on money; ``subject``: its kind and id."""
    name = by.name
    if not name and by.account_id is not None:
        name = session.scalar(select(Account.name).where(Account.id == by.account_id)) or ""
    note(
        session, action=action, subject_kind=subject[0], subject_id=subject[1], now=now,
        actor_id=by.account_id, actor_name=name, by=by.kind, **facts,
    )  # fmt: skip
