"""Passwords, mailed links and codes that are read out."""

from datetime import datetime
from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from shop.accounts.actions.sign_ins import end_sign_ins, forget_tries
from shop.accounts.events import PasswordLinkAsked, SecretChanged
from shop.accounts.models import Account, OneTimeKey
from shop.accounts.passwords import common_passwords, hashed
from shop.accounts.queries import account, code_digest, contact_of, kind_of, link_token
from shop.accounts.rules import (
    CODE_FOR,
    CODE_LENGTH,
    LINK_FOR,
    LinkSpent,
    check_password,
)
from shop.audit.actions import note
from shop.db import upsert_into
from shop.kernel.codes import random_code, read_code
from shop.kernel.sealing import token_digest
from shop.outbox.relay import record


def change_password(
    session: Session,
    *,
    account_id: int,
    password: str,
    actor_id: int | None,
    actor_name: str,
    now: datetime,
    keep_sign_in: int | None = None,
    by_link: bool = False,
) -> Account:
    """Set a person's password and sign her out everywhere else; she is told by mail.

    Args:
        by_link: she came by a link that was mailed to her.

    Raises:
        WeakPassword
    """
    person = account(session, account_id)
    new_hash = accepted_hash(session, person, password, now)
    person.password_hash = new_hash
    end_sign_ins(session, account_id=account_id, now=now, but=keep_sign_in)
    session.execute(
        delete(OneTimeKey).where(OneTimeKey.account_id == account_id, OneTimeKey.used_at.is_(None))
    )
    for value in contact_of(person).values():
        if value:
            forget_tries(session, identifier=value)
    facts: dict[str, Any] = {"by_link": True} if by_link else {}
    entry = note(
        session, action="account.password_changed", subject_kind="account", subject_id=account_id,
        now=now, actor_id=actor_id, actor_name=actor_name, **facts,
    )  # fmt: skip
    record(session, SecretChanged(account_id=account_id, what="password", audit_id=entry.id), now)
    return person


def keep_better_hash(session: Session, *, account_id: int, password: str) -> None:
    """Hash a password that was just right anew, with today's settings."""
    account(session, account_id).password_hash = hashed(password)


def accepted_hash(session: Session, person: Account, password: str, now: datetime) -> str:
    """Return the hash of a password that is good enough for this person.

    Raises:
        WeakPassword
    """
    check_password(
        password,
        kind=kind_of(session, person, now) if person.id else "buyer",
        second_factor=person.second_factor_at is not None,
        common=common_passwords(),
        about=about(person),
    )
    return hashed(password)


def about(person: Account) -> list[str]:
    """Return what guessers know about a person: name, phone, the mail's first part."""
    contact = contact_of(person)
    phone, email = contact.get("phone") or "", contact.get("email") or ""
    return [
        person.name,
        phone,
        "0" + phone.removeprefix("+84") if phone else "",
        email.split("@")[0],
    ]


def ask_password_link(
    session: Session, *, person: Account | None, nonce: str, locale: str, now: datetime
) -> None:
    """Ask for a mail with a link to set a password. The same row is stored when nobody has it."""
    live = person is not None and person.disabled_at is None and person.deleted_at is None
    record(
        session,
        PasswordLinkAsked(
            account_id=person.id if person is not None and live else 0,
            nonce=nonce,
            asked_at=now.isoformat(),
            locale=locale,
        ),
        now,
    )


def make_password_link(session: Session, *, account_id: int, nonce: str, asked_at: datetime) -> str:
    """Make the link's secret valid for thirty minutes after it was asked for, and return it.

    Doing it twice for one nonce changes nothing.
    """
    token = link_token(nonce)
    session.execute(
        upsert_into(session, OneTimeKey)
        .values(
            kind="password",
            account_id=account_id,
            digest=token_digest(token),
            created_at=asked_at,
            expires_at=asked_at + LINK_FOR,
        )
        .on_conflict_do_nothing(index_elements=["digest"])
    )
    return token


def set_password_by_link(session: Session, *, token: str, password: str, now: datetime) -> Account:
    """Spend a mailed link on a new password. All sign-ins end; nobody is signed in by it.

    Raises:
        LinkSpent, WeakPassword: the link can still be used after the latter.
    """
    account_id = session.scalar(
        update(OneTimeKey)
        .where(
            OneTimeKey.kind == "password",
            OneTimeKey.digest == token_digest(token),
            OneTimeKey.used_at.is_(None),
            OneTimeKey.expires_at > now,
        )
        .values(used_at=now)
        .returning(OneTimeKey.account_id)
    )
    if account_id is None:
        raise LinkSpent
    person = account(session, account_id)
    if person.disabled_at is not None:
        raise LinkSpent
    return change_password(
        session, account_id=account_id, password=password, actor_id=account_id,
        actor_name=person.name, now=now, by_link=True,
    )  # fmt: skip


def give_code(
    session: Session, *, account_id: int, actor_id: int | None, actor_name: str, now: datetime
) -> str:
    """Return a code that signs a person in once within twenty minutes. Earlier ones die."""
    person = account(session, account_id, to_change=True)
    session.execute(
        delete(OneTimeKey).where(
            OneTimeKey.account_id == account_id,
            OneTimeKey.kind == "code",
            OneTimeKey.used_at.is_(None),
        )
    )
    code = random_code(CODE_LENGTH)
    session.add(
        OneTimeKey(
            kind="code",
            account_id=account_id,
            digest=code_digest(account_id, code),
            created_at=now,
            created_by_id=actor_id,
            expires_at=now + CODE_FOR,
        )
    )
    entry = note(
        session, action="account.code_given", subject_kind="account", subject_id=account_id,
        now=now, actor_id=actor_id, actor_name=actor_name, for_id=account_id,
        for_name=person.name,
    )  # fmt: skip
    record(session, SecretChanged(account_id=account_id, what="code_given", audit_id=entry.id), now)
    return code


def void_code(
    session: Session,
    *,
    account_id: int,
    given_at: datetime,
    actor_id: int | None,
    actor_name: str,
    now: datetime,
    undoes_id: int | None = None,
) -> None:
    """Let a code that was read out to the wrong person open nothing any more.

    A code that was used, or replaced by another, is left; then nothing is written down.
    """
    voided = session.scalar(
        update(OneTimeKey)
        .where(
            OneTimeKey.account_id == account_id, OneTimeKey.kind == "code",
            OneTimeKey.created_at == given_at, OneTimeKey.used_at.is_(None),
        )
        .values(expires_at=given_at)
        .returning(OneTimeKey.id)
    )  # fmt: skip
    if voided is not None:
        note(
            session, action="account.code_voided", subject_kind="account", subject_id=account_id,
            now=now, actor_id=actor_id, actor_name=actor_name, for_id=account_id,
            for_name=account(session, account_id).name, undoes_id=undoes_id,
        )  # fmt: skip


def use_code(session: Session, *, account_id: int, typed: str, now: datetime) -> bool:
    """Spend a code that was read out; False when it is wrong, used or too old.

    ``account_id`` 0 stands for nobody and takes as long.
    """
    spent = session.scalar(
        update(OneTimeKey)
        .where(
            OneTimeKey.kind == "code",
            OneTimeKey.account_id == account_id,
            OneTimeKey.digest == code_digest(account_id, read_code(typed)),
            OneTimeKey.used_at.is_(None),
            OneTimeKey.expires_at > now,
        )
        .values(used_at=now)
        .returning(OneTimeKey.id)
    )
    if spent is not None:
        given_by = session.scalar(select(OneTimeKey.created_by_id).where(OneTimeKey.id == spent))
        note(
            session, action="account.code_used", subject_kind="account", subject_id=account_id,
            now=now, actor_id=account_id, actor_name=account(session, account_id).name,
            given_by=given_by,
        )  # fmt: skip
    return spent is not None
