"""The second factor: six digits of an app, or one of ten recovery codes."""

import base64
import secrets
from datetime import datetime

from sqlalchemy import delete, update
from sqlalchemy.orm import Session

from shop.accounts.actions.sign_ins import end_sign_ins
from shop.accounts.events import SecretChanged
from shop.accounts.models import Account, RecoveryCode
from shop.accounts.queries import account
from shop.accounts.rules import RECOVERY_CODES, WrongSecret, matching_step
from shop.audit.actions import note
from shop.current import vault
from shop.kernel.codes import random_code, read_code
from shop.kernel.sealing import token_digest
from shop.outbox.relay import record

#: 23 characters of 5 bits: 115 bits each, above the 112 of QUALITY T20.
_RECOVERY_LENGTH = 23


def begin_second_factor(session: Session, *, account_id: int) -> str:
    """Return the secret that an app is to learn (base 32); it counts once a code confirmed it."""
    person = account(session, account_id)
    if person.second_factor is not None and person.second_factor_at is None:
        return vault().open(person.data_key, person.second_factor)
    secret = base64.b32encode(secrets.token_bytes(20)).decode()
    if person.second_factor_at is None:
        person.second_factor = vault().seal(person.data_key, secret)
    return secret


def confirm_second_factor(
    session: Session, *, account_id: int, typed: str, keep_sign_in: int | None, now: datetime
) -> list[str]:
    """Turn the second factor on and return ten recovery codes, shown once.

    Raises:
        WrongSecret: the six digits do not fit, or it is on already.
    """
    person = account(session, account_id)
    if person.second_factor is None or person.second_factor_at is not None:
        raise WrongSecret
    secret = vault().open(person.data_key, person.second_factor)
    step = matching_step(secret, typed, now, 0)
    if step is None:
        raise WrongSecret
    person.second_factor_at = now
    person.second_factor_step = step
    end_sign_ins(session, account_id=account_id, now=now, but=keep_sign_in)
    codes = _new_recovery_codes(session, account_id, now)
    _tell(session, person, "account.second_factor_on", person.id, person.name, now)
    return codes


def drop_second_factor(
    session: Session, *, account_id: int, actor_id: int | None, actor_name: str, now: datetime
) -> None:
    """Take the second factor off: by its owner, or by an operator for a lost phone."""
    person = account(session, account_id, to_change=True)
    person.second_factor = None
    person.second_factor_at = None
    session.execute(delete(RecoveryCode).where(RecoveryCode.account_id == account_id))
    _tell(session, person, "account.second_factor_off", actor_id, actor_name, now)


def use_second_factor(session: Session, *, account_id: int, typed: str, now: datetime) -> bool:
    """Tell whether the six digits, or a recovery code, are right. Each works once."""
    person = account(session, account_id)
    if person.second_factor is None or person.second_factor_at is None:
        return False
    secret = vault().open(person.data_key, person.second_factor)
    step = matching_step(secret, typed, now, person.second_factor_step)
    if step is not None:
        taken = session.scalar(
            update(Account)
            .where(Account.id == account_id, Account.second_factor_step < step)
            .values(second_factor_step=step)
            .returning(Account.id)
        )
        return taken is not None
    spent = session.scalar(
        update(RecoveryCode)
        .where(
            RecoveryCode.account_id == account_id,
            RecoveryCode.digest == _recovery_digest(account_id, typed),
            RecoveryCode.used_at.is_(None),
        )
        .values(used_at=now)
        .returning(RecoveryCode.id)
    )
    if spent is not None:
        note(
            session, action="account.recovery_code_used", subject_kind="account",
            subject_id=account_id, now=now, actor_id=account_id, actor_name=person.name,
        )  # fmt: skip
    return spent is not None


def _new_recovery_codes(session: Session, account_id: int, now: datetime) -> list[str]:
    session.execute(delete(RecoveryCode).where(RecoveryCode.account_id == account_id))
    codes = [random_code(_RECOVERY_LENGTH) for _ in range(RECOVERY_CODES)]
    session.add_all(
        RecoveryCode(
            account_id=account_id, digest=_recovery_digest(account_id, code), created_at=now
        )
        for code in codes
    )
    session.flush()
    return codes


def _recovery_digest(account_id: int, typed: str) -> str:
    return token_digest(f"{account_id}:{read_code(typed)}")


def _tell(
    session: Session, person: Account, action: str, actor_id: int | None, actor: str, now: datetime
) -> None:
    entry = note(
        session, action=action, subject_kind="account", subject_id=person.id, now=now,
        actor_id=actor_id, actor_name=actor,
    )  # fmt: skip
    record(
        session, SecretChanged(account_id=person.id, what="second_factor", audit_id=entry.id), now
    )
