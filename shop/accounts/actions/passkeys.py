"""Passkeys are kept, used and let go. Whether a signature is right is asked before."""

from datetime import datetime

from sqlalchemy import delete, func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from shop.accounts.events import SecretChanged
from shop.accounts.models import Account, OneTimeKey, Passkey
from shop.accounts.passkeys import NewKey
from shop.accounts.queries import account
from shop.accounts.rules import (
    CHALLENGE_FOR,
    FACTOR_SETTLES,
    MOST_PASSKEYS,
    TooManyPasskeys,
    WrongPasskey,
)
from shop.audit.actions import note
from shop.db import upsert_into
from shop.kernel.errors import NotYours
from shop.kernel.sealing import token_digest
from shop.kernel.text import one_line
from shop.outbox.relay import record


def add_passkey(
    session: Session, *, account_id: int, key: NewKey, name: str, challenge: str, strongly: bool,
    now: datetime,
) -> Passkey:  # fmt: skip
    """Keep the key that a phone made.

    Args:
        strongly: more than a password was given a moment ago. Otherwise it counts as more
            than a password from tomorrow, when its owner has had time to read of it.

    Raises:
        WrongPasskey: the challenge was used before, or the key is known.
        TooManyPasskeys
    """
    person = account(session, account_id, to_change=True)
    _spend(session, challenge, account_id, now)
    held = session.scalar(
        select(func.count()).select_from(Passkey).where(Passkey.account_id == account_id)
    )
    if held and held >= MOST_PASSKEYS:
        raise TooManyPasskeys(most=MOST_PASSKEYS)
    row = Passkey(
        account_id=account_id, credential_id=key.credential_id, public_key=key.public_key,
        sign_count=key.sign_count, name=one_line(name)[:60], created_at=now,
        settles_at=now if strongly else now + FACTOR_SETTLES,
    )  # fmt: skip
    try:
        with session.begin_nested():
            session.add(row)
    except IntegrityError:
        raise WrongPasskey from None
    _tell(session, person, "account.passkey_added", account_id, person.name, now)
    return row


def use_passkey(
    session: Session, *, passkey_id: int, seen_count: int, new_count: int, challenge: str,
    now: datetime,
) -> Passkey:  # fmt: skip
    """Note that a key signed.

    Args:
        seen_count: the count its signature was held against.

    Raises:
        WrongPasskey: the challenge was used before, or the key was used or let go meanwhile.
    """
    row = session.scalar(
        update(Passkey)
        .where(Passkey.id == passkey_id, Passkey.sign_count == seen_count)
        .values(sign_count=new_count, used_at=now)
        .returning(Passkey)
    )
    if row is None:
        raise WrongPasskey
    _spend(session, challenge, row.account_id, now)
    return row


def remove_passkey(
    session: Session, *, account_id: int, passkey_id: int, actor_name: str, now: datetime
) -> None:
    """Let a key of one's own open nothing any more.

    Raises:
        NotYours
    """
    gone = session.scalar(
        delete(Passkey)
        .where(Passkey.id == passkey_id, Passkey.account_id == account_id)
        .returning(Passkey.id)
    )
    if gone is None:
        raise NotYours
    person = account(session, account_id)
    _tell(session, person, "account.passkey_removed", account_id, actor_name, now)


def _spend(session: Session, challenge: str, account_id: int, now: datetime) -> None:
    """Write down that a challenge was used: a second time it is refused."""
    new = session.scalar(
        upsert_into(session, OneTimeKey)
        .values(
            kind="passkey", account_id=account_id, digest=token_digest(challenge), created_at=now,
            used_at=now, expires_at=now + CHALLENGE_FOR,
        )
        .on_conflict_do_nothing(index_elements=["digest"])
        .returning(OneTimeKey.id)
    )  # fmt: skip
    if new is None:
        raise WrongPasskey


def _tell(
    session: Session, person: Account, action: str, actor_id: int | None, actor: str,
    now: datetime,
) -> None:  # fmt: skip
    entry = note(
        session, action=action, subject_kind="account", subject_id=person.id, now=now,
        actor_id=actor_id, actor_name=actor,
    )  # fmt: skip
    record(session, SecretChanged(account_id=person.id, what="passkey", audit_id=entry.id), now)
