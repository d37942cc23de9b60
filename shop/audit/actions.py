"""Writing the audit trail, and taking a name off it."""

import hmac
from datetime import datetime
from typing import Any

from flask import g, has_request_context, request
from sqlalchemy import update
from sqlalchemy.orm import Session

from shop.audit.models import AuditEntry
from shop.current import signing_keys


def note(
    session: Session,
    *,
    action: str,
    subject_kind: str,
    subject_id: int | None,
    now: datetime,
    actor_id: int | None = None,
    actor_name: str = "",
    for_id: int | None = None,
    for_name: str | None = None,
    undoes_id: int | None = None,
    **facts: Any,
) -> AuditEntry:
    """Store one act in the caller's transaction.

    Args:
        action: a stable word such as "seller.created"; templates hold its sentence.
        facts: plain values without personal data.
        for_id: on whose behalf; left out in a helper's request, the one she helps.
    """
    web = has_request_context()
    if for_id is None and "acts_for" in g:
        for_id, for_name = g.acts_for
        facts["helping"] = True
    origin = None
    if web and request.remote_addr:
        key = signing_keys()[0].encode()
        origin = hmac.new(key, request.remote_addr.encode(), "sha256").hexdigest()[:16]
    entry = AuditEntry(
        at=now,
        actor_id=actor_id,
        actor_name=actor_name,
        for_id=for_id,
        for_name=for_name,
        channel="web" if web else g.get("channel", "worker"),
        origin=origin,
        action=action,
        subject_kind=subject_kind,
        subject_id=subject_id,
        facts=facts,
        undoes_id=undoes_id,
    )
    session.add(entry)
    session.flush()
    return entry


def take_name_off(session: Session, account_id: int) -> None:
    """Take the name of a deleted account off all lines by it or for it; its number stays."""
    session.execute(
        update(AuditEntry).where(AuditEntry.actor_id == account_id).values(actor_name="")
    )
    session.execute(update(AuditEntry).where(AuditEntry.for_id == account_id).values(for_name=None))
