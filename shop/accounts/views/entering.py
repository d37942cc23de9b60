"""What every way of signing in shares: counting tries, the second step, the cookies."""

import secrets
from datetime import datetime
from urllib.parse import urlencode

from flask import current_app, redirect, request
from flask.typing import ResponseReturnValue
from flask_login import current_user
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from shop.accounts.actions import (
    count_try,
    end_sign_in,
    forget_tries,
    give_step,
    start_sign_in,
    use_passkey,
)
from shop.accounts.guards import (
    give_cookie,
    known_device,
    let_wait,
    make_hers,
    others_wait,
    set_private_cookie,
    waiting_tokens,
)
from shop.accounts.models import Account
from shop.accounts.queries import account, contact_of, kind_of, waiting_sign_ins
from shop.accounts.rules import (
    FAILURES_BEFORE_LINK,
    HOME_OF,
    STEP_FOR,
    device_of,
    safe_path,
)
from shop.db import transaction
from shop.kernel.clock import now_utc
from shop.kernel.sealing import token_digest
from shop.web.limits import limit, visitor_key
from shop.web.links import path

STEP_COOKIE = "buoc"
#: Tries to sign in within fifteen minutes. A device from which the account was entered
#: before has a bucket of its own, so that strangers cannot lock its owner out (T15).
PER_ACCOUNT = "10 per 15 minutes"
PER_DEVICE = "10 per 15 minutes"
PER_ADDRESS = "100 per 15 minutes"
IN_ALL = "2000 per 15 minutes"


def count_this_try(who: str, account_id: int | None) -> bool:
    """Count a try before the secret is looked at; False when this device must use a link.

    Args:
        who: the phone (E.164) or e-mail, whether anybody has it or not.

    Raises:
        TooMany
    """
    device = known_device(account_id)
    if device is not None:
        limit(PER_DEVICE, "sign-in-device", device)
    else:
        limit(PER_ACCOUNT, "sign-in-account", who)
        limit(PER_ADDRESS, "sign-in-address", visitor_key())
        limit(IN_ALL, "sign-in")
    with transaction() as session:
        failures = count_try(session, identifier=who, now=now_utc())
    return device is not None or failures <= FAILURES_BEFORE_LINK


def enter(account_id: int, next_path: str) -> ResponseReturnValue:
    """Go on after the first secret was right: to the second step, or in."""
    now = now_utc()
    with transaction() as session:
        person = account(session, account_id)
        _forget_tries(session, person)
        if person.second_factor_at is None:
            return _sign_in(session, person, next_path, now)
        token = give_step(session, account_id=account_id, now=now)
    answer = redirect(path("/dang-nhap/buoc-hai") + "?" + urlencode({"tiep": next_path}), 303)
    set_private_cookie(answer, STEP_COOKIE, token, int(STEP_FOR.total_seconds()))
    return answer


def enter_now(account_id: int, next_path: str) -> ResponseReturnValue:
    """Sign in after the last secret was right."""
    with transaction() as session:
        return _sign_in(session, account(session, account_id), next_path, now_utc())


def enter_invited(account_id: int, next_path: str) -> ResponseReturnValue:
    """Sign in a woman who came with a word that was read out to her, as with any such code.

    The word counts as more than a password: she may say at once where her money goes. Whoever
    has a second factor is asked for it all the same.
    """
    now = now_utc()
    with transaction() as session:
        person = account(session, account_id)
        if person.second_factor_at is None:
            return _sign_in(session, person, next_path, now, strongly=True)
    return enter(account_id, next_path)


def enter_by_passkey(
    passkey_id: int, seen_count: int, new_count: int, challenge: str, next_path: str
) -> ResponseReturnValue:
    """Sign in whose phone signed: the key it keeps and the lock that opened it are two factors.

    Raises:
        WrongPasskey
    """
    now = now_utc()
    with transaction() as session:
        key = use_passkey(
            session, passkey_id=passkey_id, seen_count=seen_count, new_count=new_count,
            challenge=challenge, now=now,
        )  # fmt: skip
        person = account(session, key.account_id)
        _forget_tries(session, person)
        return _sign_in(session, person, next_path, now, strongly=key.settles_at <= now)


def _sign_in(
    session: Session, person: Account, next_path: str, now: datetime, *, strongly: bool = False
) -> Response:
    kind = kind_of(session, person, now)
    new_device = known_device(person.id) is None
    row, token = start_sign_in(
        session, account_id=person.id, kind=kind, now=now, new_device=new_device,
        device=device_of(request.headers.get("User-Agent", "")[:500]),
        replaces=current_user.sign_in_id if current_user.is_authenticated else None,
    )  # fmt: skip
    if strongly:
        row.strong_at = now
    for told in current_app.extensions.get("when_signed_in", []):
        told(session, person.id, now)
    answer = redirect(path(safe_path(next_path, HOME_OF[kind])), 303)
    give_cookie(answer, token, kind)
    if others_wait():
        let_wait(answer, _still_waiting(session, person.id, now))
    make_hers(answer, session, person.id, now)
    answer.delete_cookie(STEP_COOKIE)
    return answer


def _still_waiting(session: Session, account_id: int, now: datetime) -> list[str]:
    """Return the tokens of others who wait on this phone; whoever enters waits no longer."""
    tokens = waiting_tokens()
    by_digest = {token_digest(token): token for token in tokens}
    kept = []
    for row in waiting_sign_ins(session, tokens, now):
        if row.account_id == account_id:
            end_sign_in(
                session, account_id=account_id, sign_in_id=row.sign_in_id, actor_name=row.name,
                now=now,
            )  # fmt: skip
        else:
            kept.append(by_digest[row.token_digest])
    return kept


def _forget_tries(session: Session, person: Account) -> None:
    for value in contact_of(person).values():
        if value:
            forget_tries(session, identifier=value)


def new_nonce() -> str:
    return secrets.token_hex(16)
