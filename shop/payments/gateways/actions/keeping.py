"""Storing what gateways tell, once, and what people have to look at."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from shop.current import vault
from shop.db import upsert_into
from shop.kernel.clock import vietnam_date
from shop.outbox.relay import record, record_all
from shop.payments.events import CardTaskOpened, GatewayTold
from shop.payments.gateways.models import GatewayMessage, GatewayRefusal, GatewayTask
from shop.prepared import PreparedInsert

#: So long a message waits for the charge that it is about; then a person is asked.
WAITS_FOR = timedelta(hours=24)
NEVER_COUNTED = "never_counted"

_INTO_MESSAGES = PreparedInsert(
    GatewayMessage,
    lambda insert: insert.on_conflict_do_nothing(
        index_elements=["gateway", "outside_id"]
    ).returning(*(GatewayMessage.__table__.c[n] for n in ("id", "gateway", "outside_id"))),
)


@dataclass(frozen=True, slots=True)
class Message:
    """What a gateway told, proved. ``outside_id``: the gateway's own; ``body``: as it came."""

    gateway: str
    outside_id: str
    kind: str
    body: bytes
    now: datetime

    @property
    def key(self) -> tuple[str, str]:
        return self.gateway, self.outside_id


def keep_message(
    session: Session, *, gateway: str, outside_id: str, kind: str, body: bytes, now: datetime
) -> int | None:
    """Store a proved message and have somebody look at it; None: it came before, however long ago."""
    return keep_messages(session, [Message(gateway, outside_id, kind, body, now)])[0]


def keep_messages(session: Session, messages: Sequence[Message]) -> list[int | None]:
    """Store several as ``keep_message`` does; return the id of each, None for a copy."""
    # Always in one order: who stores the same meanwhile must not wait for us while we wait for him.
    rows = [_row_of(one) for one in sorted(messages, key=lambda one: one.key)]
    stored = {
        (row.gateway, row.outside_id): row.id for row in _INTO_MESSAGES.several(session, rows)
    }
    found = [stored.pop(one.key, None) for one in messages]
    copies = Counter(one.key for one, i in zip(messages, found, strict=True) if i is None)
    for (gateway, outside_id), times in sorted(copies.items()):
        session.execute(
            update(GatewayMessage)
            .where(GatewayMessage.gateway == gateway, GatewayMessage.outside_id == outside_id)
            .values(copies=GatewayMessage.copies + times)
        )
    record_all(
        session,
        [
            (GatewayTold(message_id=i), one.now)
            for one, i in zip(messages, found, strict=True)
            if i is not None
        ],
    )
    return found


def _row_of(message: Message) -> dict[str, Any]:
    key, sealed = vault().seal_anew(message.body.decode("utf-8", "replace"))
    return {
        "gateway": message.gateway, "outside_id": message.outside_id, "kind": message.kind,
        "data_key": key, "sealed": sealed,
        "received_at": message.now, "copies": 0, "state": "new", "reason": "",
    }  # fmt: skip


def count_refused(session: Session, *, gateway: str, reason: str, now: datetime) -> None:
    """Leave a trail of a message that was refused: one row a day and reason, counted up."""
    session.execute(
        upsert_into(session, GatewayRefusal)
        .values(gateway=gateway, on_day=vietnam_date(now), reason=reason, times=1, last_at=now)
        .on_conflict_do_update(
            index_elements=["gateway", "on_day", "reason"],
            set_={"times": GatewayRefusal.times + 1, "last_at": now},
        )
    )


def wake_waiting(session: Session, gateway: str, charge_id: str, now: datetime) -> None:
    """Have what was told of a charge or payout before itself looked at again.

    Also what a person was asked about meanwhile, since it was never counted.
    """
    if not charge_id:
        return
    woken = session.scalars(
        update(GatewayMessage)
        .where(
            GatewayMessage.gateway == gateway,
            GatewayMessage.charge_id == charge_id,
            (GatewayMessage.state == "waiting") | (GatewayMessage.reason == NEVER_COUNTED),
        )
        .values(state="waiting", reason="", applied_at=None)
        .returning(GatewayMessage.id)
    ).all()
    for message_id in woken:
        record(session, GatewayTold(message_id=message_id), now)


def give_up_waiting(session: Session, now: datetime) -> int:
    """Ask people about what was told of money that nobody counted for a day; return how many."""
    rows = session.execute(
        select(GatewayMessage.id, GatewayMessage.gateway, GatewayMessage.charge_id)
        .where(GatewayMessage.state == "waiting", GatewayMessage.received_at < now - WAITS_FOR)
        .order_by(GatewayMessage.id)
        .limit(100)
        .with_for_update(skip_locked=True)
    ).all()
    for row in rows:
        session.execute(
            update(GatewayMessage)
            .where(GatewayMessage.id == row.id)
            .values(state="task", reason=NEVER_COUNTED, applied_at=now)
        )
        # Several messages of one charge are one question.
        open_task(
            session, key=f"never:{row.charge_id or row.id}"[:60], gateway=row.gateway,
            reason=NEVER_COUNTED, outside_id=row.charge_id or "", now=now,
        )  # fmt: skip
    return len(rows)


def open_task(
    session: Session,
    *,
    key: str,
    gateway: str,
    reason: str,
    now: datetime,
    payment_id: int | None = None,
    currency: str = "VND",
    amount_minor: int = 0,
    outside_id: str = "",
) -> int | None:
    """Have a person look at something; None when the same waits or waited already."""
    task_id = session.scalar(
        upsert_into(session, GatewayTask)
        .values(
            key=key, gateway=gateway, reason=reason, payment_id=payment_id,
            currency=currency or "VND", amount_minor=amount_minor, outside_id=outside_id,
            opened_at=now, said="",
        )
        .on_conflict_do_nothing(index_elements=["key"])
        .returning(GatewayTask.id)
    )  # fmt: skip
    if task_id is not None:
        record(session, CardTaskOpened(task_id=task_id), now)
    return task_id
