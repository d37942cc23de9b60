"""What a phone did at a stall and the shop could not take in: a task until a person put it right."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from shop.kernel.errors import NotYours
from shop.markets.actions.sessions import note_session
from shop.markets.queries.sessions import market_session
from shop.markets.rules.stall import STALL_ACTS
from shop.queued.actions import settle_act
from shop.queued.models import QueuedAct


def settle_task(
    session: Session, *, market_id: int, task_id: int, actor_id: int | None, actor_name: str,
    now: datetime, again: bool = False, undoes_id: int | None = None,
) -> None:  # fmt: skip
    """Note that a task was put right, or open it again.

    Raises:
        NotYours: there is no such task at this market.
    """
    row = market_session(session, market_id)
    found = session.scalar(
        select(QueuedAct.id).where(
            QueuedAct.id == task_id, QueuedAct.about_id == market_id, QueuedAct.kind.in_(STALL_ACTS)
        )
    )
    if found is None:
        raise NotYours
    if settle_act(session, act_id=task_id, actor_id=actor_id, now=now, again=again):
        word = "task_reopened" if again else "task_settled"
        note_session(session, word, row, actor_id, actor_name, now, undoes_id, task_id=task_id)
