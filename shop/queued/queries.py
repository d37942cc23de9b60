"""Reads of what phones sent."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from shop.accounts.models import Account
from shop.queued.models import QueuedAct
from shop.queued.rules import Act, Outcome

MOST_TASKS = 100


def tasks_about(session: Session, about_id: int, kinds: Sequence[str]) -> Sequence[Any]:
    """Return the conflicts that nobody has put right yet, the oldest first, with who tapped."""
    return session.execute(
        select(
            QueuedAct.id, QueuedAct.kind, QueuedAct.facts, QueuedAct.at, QueuedAct.stored_at,
            QueuedAct.why, Account.name.label("by"),
        )
        .join(Account, Account.id == QueuedAct.account_id)
        .where(
            QueuedAct.about_id == about_id, QueuedAct.kind.in_(kinds),
            QueuedAct.outcome == Outcome.CONFLICT, QueuedAct.settled_at.is_(None),
        )
        .order_by(QueuedAct.id)
        .limit(MOST_TASKS)
    ).all()  # fmt: skip


def became_of(session: Session, act: Act, account_id: int) -> Outcome | None:
    """Tell what became of an act that this person sent before; None when she did not send it."""
    found = session.scalar(
        select(QueuedAct.outcome).where(
            QueuedAct.key == act.key, QueuedAct.digest == act.digest,
            QueuedAct.account_id == account_id,
        )
    )  # fmt: skip
    return None if found is None else Outcome(found)
