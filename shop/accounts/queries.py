"""Reads of people and sign-ins."""

import hmac
from collections.abc import Callable
from datetime import datetime
from typing import Any

from flask import Flask, current_app
from sqlalchemy import select
from sqlalchemy.orm import Session

from shop.accounts.models import Account, Consent, OneTimeKey, Passkey, SavedAddress, SignIn
from shop.accounts.rules import MAY_WAIT, is_idle, weightiest
from shop.audit.models import AuditEntry
from shop.current import signing_keys, vault
from shop.db import one_at_a_time
from shop.kernel.errors import NotYours
from shop.kernel.phones import read_phone
from shop.kernel.sealing import token_digest

#: Says of which kinds a person is: (session, account id, now) → {"seller"}.
KindsOf = Callable[[Session, int, datetime], set[str]]


def signed_in(session: Session, token: str, now: datetime) -> Any:
    """Return (sign-in columns, account columns) of a live cookie, or None.

    One query, on every personal page. A disabled or deleted account is signed out at once.
    """
    return session.execute(
        select(
            SignIn.id.label("sign_in_id"),
            SignIn.token_digest,
            SignIn.kind,
            SignIn.seen_at,
            SignIn.proved_at,
            SignIn.strong_at,
            SignIn.expires_at,
            Account.id,
            Account.name,
            Account.locale,
            Account.called,
            Account.operator_since,
            Account.second_factor_at,
        )
        .join(Account, Account.id == SignIn.account_id)
        .where(
            SignIn.token_digest == token_digest(token),
            SignIn.ended_at.is_(None),
            SignIn.expires_at > now,
            Account.disabled_at.is_(None),
            Account.deleted_at.is_(None),
        )
    ).one_or_none()


def contact_of(account: Account) -> dict[str, str | None]:
    """Open an account's {"phone", "email"}."""
    return vault().open(account.data_key, account.contact)


def proved_at(session: Session, account_id: int, kind: str) -> datetime | None:
    """Return when a person last showed that her phone or e-mail is hers; None: never.

    Args:
        kind: "phone": she used a code that was read out to her. "email": a link mailed to her.
    """
    acts = {"phone": ("account.code_used",), "email": ("account.password_changed",)}[kind]
    lines = session.execute(
        select(AuditEntry.at, AuditEntry.action, AuditEntry.facts)
        .where(
            AuditEntry.subject_kind == "account", AuditEntry.subject_id == account_id,
            AuditEntry.action.in_((*acts, "account.contact_changed")),
        )
        .order_by(AuditEntry.id.desc())
    )  # fmt: skip
    for line in lines:
        if line.action == "account.contact_changed":
            if line.facts.get(kind):  # Another one since.
                return None
        elif kind == "phone" or line.facts.get("by_link"):
            return line.at
    return None


def account_by(
    session: Session, *, phone: str | None = None, email: str | None = None
) -> Account | None:
    """Return the account of a phone (E.164) or an e-mail (lower case), or None."""
    if phone:
        return session.scalar(
            select(Account).where(Account.phone_index == vault().index("phone", phone))
        )
    if email:
        return session.scalar(
            select(Account).where(Account.email_index == vault().index("email", email.lower()))
        )
    return None


def identifier(typed: str) -> tuple[str, str] | None:
    """Return ("email", "…") or ("phone", "+84…") of what somebody typed, or None."""
    typed = typed.strip()
    if "@" in typed:
        return ("email", typed.lower()) if len(typed) <= 254 else None
    phone = read_phone(typed)
    return ("phone", phone.e164) if phone else None


def account_of(session: Session, typed: str) -> Account | None:
    """Return the account whose phone or e-mail somebody typed, open or not, or None."""
    found = identifier(typed)
    return account_by(session, **{found[0]: found[1]}) if found else None


def account(session: Session, account_id: int, *, to_change: bool = False) -> Account:
    """Return an account that was not deleted.

    Args:
        to_change: acts on it go one after another, each seeing what the one before did.

    Raises:
        NotYours
    """
    found = (
        one_at_a_time(session, Account, account_id)
        if to_change
        else session.get(Account, account_id)
    )
    if found is None or found.deleted_at is not None:
        raise NotYours
    return found


def know_kinds(app: Flask, kinds_of: KindsOf) -> None:
    """Let an upper floor say who is a seller or an officer. Called while the app is built."""
    app.extensions.setdefault("kinds_of", []).append(kinds_of)


def kind_of(session: Session, person: Account, now: datetime) -> str:
    """Return the kind of sign-in this person gets: operator, officer, seller or buyer."""
    kinds = {"operator"} if person.operator_since is not None else set()
    for kinds_of in current_app.extensions.get("kinds_of", []):
        kinds |= kinds_of(session, person.id, now)
    return weightiest(kinds)


def link_token(nonce: str) -> str:
    """Return the secret of a mailed link, known from its nonce and the shop's key alone."""
    key = signing_keys()[0].encode()
    return hmac.new(key, f"password-link:{nonce}".encode(), "sha256").hexdigest()


def code_digest(account_id: int, code: str) -> str:
    """Return what is kept of a one-time code: keyed, since eight characters could be tried."""
    return vault().index("one-time-code", f"{account_id}:{code}")


def live_link(session: Session, token: str, now: datetime) -> Any:
    """Return (id, account_id) of an unspent link to set a password."""
    return session.execute(
        select(OneTimeKey.id, OneTimeKey.account_id)
        .join(Account, Account.id == OneTimeKey.account_id)
        .where(
            OneTimeKey.digest == token_digest(token),
            OneTimeKey.kind == "password",
            OneTimeKey.used_at.is_(None),
            OneTimeKey.expires_at > now,
            Account.disabled_at.is_(None),
            Account.deleted_at.is_(None),
        )
    ).one_or_none()


def live_sign_ins(session: Session, account_id: int, now: datetime) -> list[Any]:
    """Return where a person is signed in, last seen first."""
    return list(
        session.execute(
            select(
                SignIn.id, SignIn.kind, SignIn.device, SignIn.created_at, SignIn.seen_at,
                SignIn.expires_at,
            )
            .where(
                SignIn.account_id == account_id, SignIn.ended_at.is_(None), SignIn.expires_at > now
            )
            .order_by(SignIn.seen_at.desc(), SignIn.id.desc())
        )
    )  # fmt: skip


def waiting_sign_ins(session: Session, tokens: list[str], now: datetime) -> list[Any]:
    """Return (sign_in_id, account_id, name, kind, token_digest) of who waits on this phone.

    In the order of ``tokens``; whoever was signed out, is idle for too long or was closed is
    left out.
    """
    digests = [token_digest(token) for token in tokens]
    rows = session.execute(
        select(
            SignIn.id.label("sign_in_id"), SignIn.account_id, SignIn.kind, SignIn.seen_at,
            SignIn.token_digest, Account.name,
        )
        .join(Account, Account.id == SignIn.account_id)
        .where(
            SignIn.token_digest.in_(digests), SignIn.ended_at.is_(None), SignIn.expires_at > now,
            SignIn.kind.in_(sorted(MAY_WAIT)), Account.disabled_at.is_(None),
            Account.deleted_at.is_(None),
        )
    )  # fmt: skip
    live = [row for row in rows if not is_idle(row.kind, row.seen_at, now)]
    return sorted(live, key=lambda row: digests.index(row.token_digest))


def passkeys_of(session: Session, account_id: int) -> list[Passkey]:
    """Return a person's passkeys, the newest first."""
    return list(
        session.scalars(
            select(Passkey)
            .where(Passkey.account_id == account_id)
            .order_by(Passkey.created_at.desc(), Passkey.id.desc())
        )
    )


def passkey_named(session: Session, credential_id: bytes) -> Passkey | None:
    """Return the passkey of an account that is open, or None."""
    return session.scalar(
        select(Passkey)
        .join(Account, Account.id == Passkey.account_id)
        .where(
            Passkey.credential_id == credential_id,
            Account.disabled_at.is_(None),
            Account.deleted_at.is_(None),
        )
    )


def has_passkey(session: Session, account_id: int) -> bool:
    return (
        session.scalar(select(Passkey.id).where(Passkey.account_id == account_id).limit(1))
        is not None
    )


def saved_addresses(session: Session, account_id: int) -> list[dict[str, Any]]:
    """Return {"id", "address", "used_at"} of each address used before, the last one first."""
    rows = session.execute(
        select(SavedAddress.id, SavedAddress.data_key, SavedAddress.address, SavedAddress.used_at)
        .where(SavedAddress.account_id == account_id)
        .order_by(SavedAddress.used_at.desc(), SavedAddress.id.desc())
    )
    keys = vault()
    return [
        {"id": row.id, "address": keys.open(row.data_key, row.address), "used_at": row.used_at}
        for row in rows
    ]


def consents_of(session: Session, account_id: int) -> list[Consent]:
    """Return what a person agreed to, the newest first."""
    return list(
        session.scalars(
            select(Consent)
            .where(Consent.account_id == account_id)
            .order_by(Consent.given_at.desc(), Consent.id.desc())
        )
    )


def agrees(session: Session, account_id: int, kind: str) -> bool:
    """Tell whether a person's consent of a kind stands now."""
    return (
        session.scalar(
            select(Consent.id)
            .where(
                Consent.account_id == account_id,
                Consent.kind == kind,
                Consent.withdrawn_at.is_(None),
            )
            .limit(1)
        )
        is not None
    )


def order_wants_news(session: Session, order_id: int) -> bool:
    """Tell whether whoever ordered without an account still wants the news she agreed to."""
    return (
        session.scalar(
            select(Consent.id)
            .where(
                Consent.order_id == order_id,
                Consent.account_id.is_(None),
                Consent.kind == "marketing",
                Consent.withdrawn_at.is_(None),
            )
            .limit(1)
        )
        is not None
    )


def personal_data(session: Session, account_id: int, now: datetime) -> dict[str, Any]:
    """Return everything this room keeps about a person, as plain values for a JSON file."""
    person = account(session, account_id)
    return {
        "name": person.name,
        **contact_of(person),
        "locale": person.locale,
        "called": person.called,
        "created_at": person.created_at.isoformat(),
        "addresses": [
            {"address": row["address"], "used_at": row["used_at"].isoformat()}
            for row in saved_addresses(session, account_id)
        ],
        "consents": [
            {
                "kind": row.kind,
                "text_version": row.text_version,
                "given_at": row.given_at.isoformat(),
                "channel": row.channel,
                "withdrawn_at": row.withdrawn_at and row.withdrawn_at.isoformat(),
            }
            for row in consents_of(session, account_id)
        ],
        "passkeys": [
            {"name": row.name, "created_at": row.created_at.isoformat()}
            for row in passkeys_of(session, account_id)
        ],
        "sign_ins": [
            {
                "device": row.device,
                "created_at": row.created_at.isoformat(),
                "seen_at": row.seen_at.isoformat(),
            }
            for row in live_sign_ins(session, account_id, now)
        ],
    }
