"""What people agree to, kept as rows: which text, when, through what."""

from datetime import datetime

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from shop.accounts.models import Consent
from shop.accounts.queries import agrees
from shop.audit.actions import note
from shop.current import vault
from shop.prepared import PreparedInsert

_INTO_CONSENTS = PreparedInsert(Consent)


def note_consent(
    session: Session,
    *,
    kind: str,
    text_version: str,
    channel: str,
    now: datetime,
    account_id: int | None = None,
    phone: str | None = None,
    email: str | None = None,
    order_id: int | None = None,
) -> None:
    """Keep that somebody agreed to a text.

    Args:
        kind: "ordering", "marketing" or "account".
        channel: where it was given: "checkout", "account", "command" …
        phone: E.164 of a person without an account; kept as a keyed digest.
        email: where news of a guest goes; kept as a keyed digest.
    """
    _INTO_CONSENTS.run(
        session,
        {
            "kind": kind,
            "text_version": text_version,
            "given_at": now,
            "channel": channel,
            "account_id": account_id,
            "phone_index": vault().index("phone", phone) if phone else None,
            "order_id": order_id,
            "email_index": vault().index("email", email.lower()) if email else None,
        },
    )


def choose_news(
    session: Session,
    *,
    account_id: int,
    wanted: bool,
    text_version: str,
    actor_name: str,
    now: datetime,
) -> None:
    """Give or withdraw the consent to news; what stands already changes nothing."""
    stands = agrees(session, account_id, "marketing")
    if wanted == stands:
        return
    if wanted:
        note_consent(
            session, kind="marketing", text_version=text_version, channel="account", now=now,
            account_id=account_id,
        )  # fmt: skip
    else:
        withdraw_consent(session, account_id=account_id, kind="marketing", now=now)
    note(
        session, action=f"account.consent_{'given' if wanted else 'withdrawn'}",
        subject_kind="account", subject_id=account_id, now=now, actor_id=account_id,
        actor_name=actor_name, kind="marketing",
    )  # fmt: skip


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


def move_consents(session: Session, *, order_id: int, account_id: int) -> int:
    """Let what a guest agreed to with an order stand in the account that keeps the order now."""
    moved = session.execute(
        update(Consent)
        .where(Consent.order_id == order_id, Consent.account_id.is_(None))
        .values(account_id=account_id)
    )
    return moved.rowcount  # type: ignore[attr-defined]


def stop_news_of_order(session: Session, *, order_id: int, now: datetime) -> int:
    """Withdraw a guest's consent to news: of this order, and of all with the same mail address.

    The rows stay, with the day. Returns how many stood.
    """
    hers = select(Consent.email_index).where(
        Consent.order_id == order_id, Consent.email_index.is_not(None)
    )
    ended = session.execute(
        update(Consent)
        .where(
            Consent.kind == "marketing", Consent.account_id.is_(None),
            Consent.withdrawn_at.is_(None),
            or_(Consent.order_id == order_id, Consent.email_index.in_(hers)),
        )
        .values(withdrawn_at=now)
    )  # fmt: skip
    if ended.rowcount:  # type: ignore[attr-defined]
        note(
            session, action="order.news_stopped", subject_kind="order", subject_id=order_id, now=now
        )
    return ended.rowcount  # type: ignore[attr-defined]
