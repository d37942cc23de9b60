"""Signing in and out, and counting who tries."""

import secrets
from datetime import datetime

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from shop.accounts.events import NewDeviceSignedIn, SecretChanged
from shop.accounts.models import OneTimeKey, Passkey, SignIn, SignInFailures
from shop.accounts.queries import account
from shop.accounts.rules import FRESH_FOR, LIFETIMES, STEP_FOR
from shop.audit.actions import note
from shop.current import vault
from shop.db import upsert_into
from shop.kernel.sealing import token_digest
from shop.outbox.relay import record


def count_try(session: Session, *, identifier: str, now: datetime) -> int:
    """Count a try to sign in before the secret is looked at; return how many failed in a row.

    Known and unknown people are counted alike, so that the answer takes as long.
    """
    index = vault().index("sign-in", identifier)
    return session.execute(
        upsert_into(session, SignInFailures)
        .values(identifier_index=index, failures=1, last_at=now)
        .on_conflict_do_update(
            index_elements=["identifier_index"],
            set_={"failures": SignInFailures.failures + 1, "last_at": now},
        )
        .returning(SignInFailures.failures)
    ).scalar_one()


def forget_tries(session: Session, *, identifier: str) -> None:
    """Start counting anew after a secret was right."""
    session.execute(
        delete(SignInFailures).where(
            SignInFailures.identifier_index == vault().index("sign-in", identifier)
        )
    )


def start_sign_in(
    session: Session,
    *,
    account_id: int,
    kind: str,
    device: str,
    now: datetime,
    new_device: bool = False,
    replaces: int | None = None,
) -> tuple[SignIn, str]:
    """Sign a browser in; return its row and the token for the cookie.

    Args:
        device: a name people recognise, such as "Chrome, Android".
        new_device: nobody used this account here before; its owner is told.
        replaces: the sign-in that this browser had until now; it ends.
    """
    if replaces is not None:
        session.execute(
            update(SignIn)
            .where(SignIn.id == replaces, SignIn.ended_at.is_(None))
            .values(ended_at=now)
        )
    token = secrets.token_urlsafe(32)
    row = SignIn(
        token_digest=token_digest(token),
        account_id=account_id,
        kind=kind,
        created_at=now,
        seen_at=now,
        proved_at=now,
        expires_at=now + LIFETIMES[kind].absolute,
        device=device[:120],
    )
    session.add(row)
    session.flush()
    note(
        session, action="sign_in.started", subject_kind="account", subject_id=account_id, now=now,
        actor_id=account_id, actor_name=account(session, account_id).name,
        kind=kind, device=row.device, new_device=new_device,
    )  # fmt: skip
    if new_device:
        record(session, NewDeviceSignedIn(account_id=account_id, sign_in_id=row.id), now)
    return row, token


def end_sign_in(
    session: Session, *, account_id: int, sign_in_id: int, actor_name: str, now: datetime
) -> bool:
    """Sign one browser of a person out; False when it is not hers or ended before."""
    ended = session.scalar(
        update(SignIn)
        .where(SignIn.id == sign_in_id, SignIn.account_id == account_id, SignIn.ended_at.is_(None))
        .values(ended_at=now)
        .returning(SignIn.id)
    )
    if ended is not None:
        note(
            session, action="sign_in.ended", subject_kind="account", subject_id=account_id,
            now=now, actor_id=account_id, actor_name=actor_name, sign_in=sign_in_id,
        )  # fmt: skip
    return ended is not None


def end_sign_ins(
    session: Session, *, account_id: int, now: datetime, but: int | None = None
) -> int:
    """Sign a person out everywhere, or everywhere but here; return how many browsers."""
    wanted = [SignIn.account_id == account_id, SignIn.ended_at.is_(None)]
    if but is not None:
        wanted.append(SignIn.id != but)
    ended = session.execute(update(SignIn).where(*wanted).values(ended_at=now))
    return ended.rowcount  # type: ignore[attr-defined]


def end_every_sign_in(session: Session, *, account_id: int, actor_name: str, now: datetime) -> int:
    """Sign a person out everywhere at her own wish; return how many browsers."""
    ended = end_sign_ins(session, account_id=account_id, now=now)
    note(
        session, action="sign_in.all_ended", subject_kind="account", subject_id=account_id,
        now=now, actor_id=account_id, actor_name=actor_name, ended=ended,
    )  # fmt: skip
    return ended


def end_other_sign_ins(
    session: Session, *, account_id: int, sign_in_id: int, actor_name: str, now: datetime
) -> int:
    """Sign a person out everywhere but here, at her own wish; return how many browsers."""
    ended = end_sign_ins(session, account_id=account_id, now=now, but=sign_in_id)
    note(
        session, action="sign_in.others_ended", subject_kind="account", subject_id=account_id,
        now=now, actor_id=account_id, actor_name=actor_name, ended=ended,
    )  # fmt: skip
    return ended


def revoke_devices(
    session: Session, *, account_id: int, actor_id: int | None, actor_name: str, now: datetime
) -> int:
    """Shut a lost phone out: end every sign-in, drop every passkey and every code not yet used.

    Her password stays hers; whoever looked it up in the phone is told apart by changing it.
    Returns how many browsers were signed out.
    """
    person = account(session, account_id, to_change=True)
    ended = end_sign_ins(session, account_id=account_id, now=now)
    keys = session.execute(delete(Passkey).where(Passkey.account_id == account_id))
    session.execute(
        delete(OneTimeKey).where(OneTimeKey.account_id == account_id, OneTimeKey.used_at.is_(None))
    )
    entry = note(
        session, action="account.devices_revoked", subject_kind="account", subject_id=account_id,
        now=now, actor_id=actor_id, actor_name=actor_name, for_id=account_id,
        for_name=person.name, ended=ended, keys=keys.rowcount,  # type: ignore[attr-defined]
    )  # fmt: skip
    record(session, SecretChanged(account_id=account_id, what="devices", audit_id=entry.id), now)
    return ended


def switch_sign_in(session: Session, *, sign_in_id: int, left_id: int | None, now: datetime) -> str:
    """Let a browser go on as somebody else who is signed in on it; return her new token.

    Secrets that were given before count as old: whoever taps is not asked who she is, so money
    and ways in wait for a secret of the one whose they are.

    Args:
        left_id: the account that the browser was until now, or None.
    """
    token = secrets.token_urlsafe(32)
    row = session.get_one(SignIn, sign_in_id)
    row.token_digest = token_digest(token)
    row.seen_at = now
    row.proved_at, row.strong_at = min(row.proved_at, now - 2 * FRESH_FOR), None
    note(
        session, action="sign_in.switched", subject_kind="account", subject_id=row.account_id,
        now=now, actor_id=row.account_id, actor_name=account(session, row.account_id).name,
        left=left_id, device=row.device,
    )  # fmt: skip
    return token


def prove_again(session: Session, *, sign_in_id: int, now: datetime, strongly: bool = False) -> str:
    """Note that a secret was given again, for dangerous acts; return the browser's new token.

    Args:
        strongly: it was more than the password.
    """
    token = secrets.token_urlsafe(32)
    row = session.get_one(SignIn, sign_in_id)
    row.proved_at = row.seen_at = now
    if strongly:
        row.strong_at = now
    row.token_digest = token_digest(token)
    note(
        session, action="sign_in.proved", subject_kind="account", subject_id=row.account_id,
        now=now, actor_id=row.account_id, actor_name=account(session, row.account_id).name,
        sign_in=sign_in_id,
    )  # fmt: skip
    return token


def give_step(session: Session, *, account_id: int, now: datetime) -> str:
    """Remember for five minutes that the password was right; return a token for the browser."""
    token = secrets.token_urlsafe(32)
    session.add(
        OneTimeKey(
            kind="step",
            account_id=account_id,
            digest=token_digest(token),
            created_at=now,
            expires_at=now + STEP_FOR,
        )
    )
    session.flush()
    return token


def take_step(session: Session, *, token: str, now: datetime, spend: bool) -> int | None:
    """Return whose password was right a moment ago, or None. ``spend``: it counts no more."""
    live = (
        OneTimeKey.kind == "step",
        OneTimeKey.digest == token_digest(token),
        OneTimeKey.used_at.is_(None),
        OneTimeKey.expires_at > now,
    )
    if not spend:
        return session.scalar(select(OneTimeKey.account_id).where(*live))
    return session.scalar(
        update(OneTimeKey).where(*live).values(used_at=now).returning(OneTimeKey.account_id)
    )
