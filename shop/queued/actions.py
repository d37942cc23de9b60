"""Taking in what phones did: each act once, by its name."""

from datetime import datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from shop.db import upsert_into
from shop.queued.models import QueuedAct
from shop.queued.rules import Act, KeyReused, Kind, Outcome


def take_in(
    session: Session, *, act: Act, kind: Kind, values: dict[str, Any], account_id: int,
    now: datetime, why: str | None = None,
) -> Outcome:  # fmt: skip
    """Do an act and keep it, in one transaction; what was kept before is not done again.

    Args:
        why: the code of the refusal it met a moment ago: it is kept as a task, and not done.

    Raises:
        KeyReused: its name is another act's. Whatever the kind refuses: nothing is stored.
    """
    new = session.scalar(
        upsert_into(session, QueuedAct)
        .values(
            key=act.key, kind=act.kind, about_id=values[kind.about], account_id=account_id,
            digest=act.digest,
            facts={name: value for name, value in values.items() if name not in kind.secret},
            at=min(act.at, now), stored_at=now, why=why or "",
            outcome=Outcome.DONE if why is None else Outcome.CONFLICT,
        )
        .on_conflict_do_nothing(index_elements=["key"])
        .returning(QueuedAct.id)
    )  # fmt: skip
    if new is None:
        return _before(session, act)
    if why is None:
        kind.do(session, values, act, now)
        return Outcome.DONE
    return Outcome.CONFLICT


def _before(session: Session, act: Act) -> Outcome:
    row = session.execute(
        select(QueuedAct.outcome, QueuedAct.digest).where(QueuedAct.key == act.key)
    ).one()
    if row.digest != act.digest:
        raise KeyReused
    return Outcome(row.outcome)


def settle_act(
    session: Session, *, act_id: int, actor_id: int | None, now: datetime, again: bool = False
) -> bool:
    """Note that a person put a conflict right, or open it again; False when that was so before."""
    changed = session.scalar(
        update(QueuedAct)
        .where(
            QueuedAct.id == act_id, QueuedAct.outcome == Outcome.CONFLICT,
            QueuedAct.settled_at.is_not(None) if again else QueuedAct.settled_at.is_(None),
        )
        .values(settled_at=None if again else now, settled_by_id=None if again else actor_id)
        .returning(QueuedAct.id)
    )  # fmt: skip
    return changed is not None
