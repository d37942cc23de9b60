"""Reads of people and sign-ins."""

from datetime import datetime
from typing import Any

from flask import current_app
from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from shop.accounts.models import Account, SignIn
from shop.kernel.sealing import Vault, token_digest


def vault() -> Vault:
    """Return what opens and seals personal data in this application."""
    return current_app.extensions["vault"]


def signed_in(session: Session, token: str, now: datetime) -> Row[Any] | None:
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
            SignIn.expires_at,
            Account.id,
            Account.name,
            Account.locale,
            Account.operator_since,
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
