"""Storing what gateways tell, once, and what people have to look at."""

from datetime import datetime

from sqlalchemy import update
from sqlalchemy.orm import Session

from shop.accounts.queries import vault
from shop.db import upsert_into
from shop.kernel.clock import vietnam_date
from shop.outbox.relay import record
from shop.payments.events import CardTaskOpened, GatewayTold
from shop.payments.gateways.models import GatewayMessage, GatewayRefusal, GatewayTask
from shop.prepared import PreparedInsert

_INTO_MESSAGES = PreparedInsert(
    GatewayMessage,
    lambda insert: insert.on_conflict_do_nothing(
        index_elements=["gateway", "outside_id"]
    ).returning(GatewayMessage.__table__.c.id),
)


def keep_message(
    session: Session, *, gateway: str, outside_id: str, kind: str, body: bytes, now: datetime
) -> int | None:
    """Store a proved message and have somebody look at it; None: it came before, however long ago."""
    key = vault().new_key()
    message_id = _INTO_MESSAGES.scalar(session, {
        "gateway": gateway, "outside_id": outside_id, "kind": kind, "data_key": key,
        "sealed": vault().seal(key, body.decode("utf-8", "replace")), "received_at": now,
        "copies": 0, "state": "new", "reason": "",
    })  # fmt: skip
    if message_id is None:
        session.execute(
            update(GatewayMessage)
            .where(GatewayMessage.gateway == gateway, GatewayMessage.outside_id == outside_id)
            .values(copies=GatewayMessage.copies + 1)
        )
        return None
    record(session, GatewayTold(message_id=message_id), now)
    return message_id


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
