"""What people agree to, kept as rows: which text, when, through what."""

from datetime import datetime

from sqlalchemy import update
from sqlalchemy.orm import Session

from shop.accounts.models import Consent
from shop.accounts.queries import vault
from shop.db import rows_into

_INTO_CONSENTS = rows_into(Consent)


def note_consent(
    session: Session,
    *,
    kind: str,
    text_version: str,
    channel: str,
    now: datetime,
    account_id: int | None = None,
    phone: str | None = None,
    order_id: int | None = None,
) -> None:
    """Keep that somebody agreed to a text.

    Args:
        kind: "ordering", "marketing" or "account".
        channel: where it was given: "checkout", "account", "command" …
        phone: E.164 of a person without an account; kept as a keyed digest.
    """
    session.connection().execute(
        _INTO_CONSENTS,
        {
            "kind": kind,
            "text_version": text_version,
            "given_at": now,
            "channel": channel,
            "account_id": account_id,
            "phone_index": vault().index("phone", phone) if phone else None,
            "order_id": order_id,
        },
    )


def withdraw_consent(session: Session, *, account_id: int, kind: str, now: datetime) -> int:
    """End every standing consent of a kind; return how many stood."""
    ended = session.execute(
        update(Consent)
        .where(
            Consent.account_id == account_id, Consent.kind == kind, Consent.withdrawn_at.is_(None)
        )
        .values(withdrawn_at=now)
    )
    return ended.rowcount  # type: ignore[attr-defined]
