"""Keeping what people were told: notices in the stall, and mails that went out."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import String, cast, literal, select, union_all, update
from sqlalchemy.orm import Session

from shop.db import upsert_into
from shop.kernel.errors import OutsideFailure
from shop.notifications.models import Notice, SentMail
from shop.sellers.models import HelperAct, HelperGrant

#: A claim this old belongs to a worker that died: shorter than the outbox's own claim.
CLAIM_FOR = timedelta(minutes=4)


def leave_notice(
    session: Session,
    *,
    seller_id: int,
    kind: str,
    key: str,
    seller_order_id: int | None = None,
    facts: dict[str, Any] | None = None,
    now: datetime,
) -> None:
    """Leave a notice for a stall, once for each key."""
    session.execute(
        upsert_into(session, Notice)
        .values(
            seller_id=seller_id, kind=kind, key=key, seller_order_id=seller_order_id,
            facts=facts or {}, created_at=now,
        )
        .on_conflict_do_nothing(index_elements=["key"])
    )  # fmt: skip


def take_helper_names_off(session: Session, account_id: int) -> None:
    """Take the name of a deleted account off what stalls were told of helping; the rest stays."""
    for part, whose in (("helper", HelperGrant.helper_id), ("owner", HelperGrant.owner_id)):
        keys = union_all(
            select(literal("helper-act:") + cast(HelperAct.id, String))
            .join(HelperGrant, HelperGrant.id == HelperAct.grant_id)
            .where(whose == account_id),
            *(
                select(literal(f"helper-{what}:") + cast(HelperGrant.id, String)).where(
                    whose == account_id
                )
                for what in ("granted", "revoked")
            ),
        )
        for row in session.scalars(select(Notice).where(Notice.key.in_(keys))):
            row.facts = {name: fact for name, fact in row.facts.items() if name != part}


def read_notices(session: Session, *, seller_id: int, up_to_id: int, now: datetime) -> int:
    """Mark what a stall has seen as read; return how many notices that were."""
    read = session.execute(
        update(Notice)
        .where(Notice.seller_id == seller_id, Notice.id <= up_to_id, Notice.read_at.is_(None))
        .values(read_at=now)
    )
    return read.rowcount  # type: ignore[attr-defined]


def mail_went_out(
    session: Session, *, key: str, now: datetime, before: datetime | None = None
) -> bool:
    """Tell whether a mail was sent.

    Args:
        before: only one that was taken in hand before then; later ones said already what was new.

    Raises:
        OutsideFailure: another worker is sending it this very moment.
    """
    row = session.get(SentMail, key)
    if row is None:
        return False
    if row.sent_at is None and row.claimed_at >= now - CLAIM_FOR:
        raise OutsideFailure(f"{key} is being sent.")
    return row.sent_at is not None and (before is None or row.claimed_at < before)


def claim_mail(session: Session, *, key: str, now: datetime) -> bool:
    """Reserve a mail for sending; False when it went out before.

    Raises:
        OutsideFailure: another worker is sending it this very moment.
    """
    claimed = session.execute(
        upsert_into(session, SentMail)
        .values(key=key, claimed_at=now)
        .on_conflict_do_update(
            index_elements=["key"],
            set_={"claimed_at": now},
            where=(SentMail.sent_at.is_(None)) & (SentMail.claimed_at < now - CLAIM_FOR),
        )
        .returning(SentMail.key)
    ).scalar()
    if claimed is not None:
        return True
    row = session.get_one(SentMail, key)
    if row.sent_at is None:
        raise OutsideFailure(f"Mail {key} is being sent by another worker.")
    return False


def free_mail(session: Session, *, key: str, now: datetime) -> None:
    """Let go of a mail that was not taken by the server, so that the next try may send it."""
    session.execute(
        update(SentMail)
        .where(SentMail.key == key, SentMail.sent_at.is_(None))
        .values(claimed_at=now - CLAIM_FOR - timedelta(seconds=1))
    )


def mark_mail_sent(session: Session, *, key: str, now: datetime) -> None:
    session.execute(update(SentMail).where(SentMail.key == key).values(sent_at=now))
