"""Pushing news to the devices of a person: each message once to each device."""

import hashlib
import ipaddress
import json
import logging
import socket
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from shop.accounts.models import Account, SignIn
from shop.current import current_settings
from shop.db import db, transaction, upsert_into
from shop.kernel.clock import now_utc
from shop.kernel.errors import OutsideFailure
from shop.notifications.actions import claim_mail, free_mail, mark_mail_sent
from shop.notifications.models import PushDevice
from shop.notifications.push_rules import (
    KEPT_S,
    b64,
    is_push_service,
    private_key,
    public_part,
    sealed,
    signature,
)
from shop.payments.gateways.outside import fetch

#: Answers of a push service after which the device is forgotten.
_GONE = (404, 410)
#: A person's devices; the one that was added first goes when there are more.
MOST_DEVICES = 10
logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class News:
    """What a device shows. ``key``: names the cause; ``path``: a whole address of the shop."""

    key: str
    title: str
    body: str
    path: str


def public_key() -> str:
    """Return what browsers subscribe with; "" when the shop pushes nothing."""
    settings = current_settings()
    if not settings.push_key or not settings.offline:
        return ""
    return b64(public_part(private_key(settings.push_key)))


def add_device(
    session: Session, *, account_id: int, sign_in_id: int, endpoint: str, p256dh: str, auth: str,
    locale: str, now: datetime,
) -> None:  # fmt: skip
    """Push to this browser from now on; the same browser again is the same row."""
    values = {
        "account_id": account_id, "sign_in_id": sign_in_id, "p256dh": p256dh, "auth": auth,
        "locale": locale, "added_at": now,
    }  # fmt: skip
    session.execute(
        upsert_into(session, PushDevice)
        .values(endpoint=endpoint, **values)
        .on_conflict_do_update(index_elements=["endpoint"], set_=values)
    )
    newest = (
        select(PushDevice.id)
        .where(PushDevice.account_id == account_id)
        .order_by(PushDevice.added_at.desc(), PushDevice.id.desc())
        .limit(MOST_DEVICES)
    )
    session.execute(
        delete(PushDevice).where(
            PushDevice.account_id == account_id, PushDevice.id.not_in(newest.scalar_subquery())
        )
    )


def drop_devices(session: Session, *, account_id: int, sign_in_id: int | None = None) -> None:
    """Push no more to a person's devices, or to the one that she is signed in with."""
    wanted = [PushDevice.account_id == account_id]
    if sign_in_id is not None:
        wanted.append(PushDevice.sign_in_id == sign_in_id)
    session.execute(delete(PushDevice).where(*wanted))


def is_pushed(session: Session, account_id: int, sign_in_id: int) -> bool:
    """Tell whether this browser's sign-in is pushed to."""
    return session.scalar(
        select(PushDevice.id)
        .where(PushDevice.account_id == account_id, PushDevice.sign_in_id == sign_in_id)
        .limit(1)
    ) is not None  # fmt: skip


def _live(now: datetime) -> tuple[Any, ...]:
    return SignIn.ended_at.is_(None), SignIn.expires_at > now


def devices_of(session: Session, account_ids: Collection[int], now: datetime) -> Sequence[Any]:
    """Return the devices of people who are still signed in there."""
    return session.execute(
        select(
            PushDevice.id, PushDevice.endpoint, PushDevice.p256dh, PushDevice.auth,
            PushDevice.locale,
        )
        .join(SignIn, SignIn.id == PushDevice.sign_in_id)
        .join(Account, Account.id == PushDevice.account_id)
        .where(
            PushDevice.account_id.in_(sorted(account_ids)), *_live(now),
            Account.disabled_at.is_(None), Account.deleted_at.is_(None),
        )
        .order_by(PushDevice.id)
    ).all()  # fmt: skip


def forget_devices(now: datetime) -> None:
    """Drop the devices where somebody signed out, or was signed out."""
    with transaction() as session:
        live = select(SignIn.id).where(*_live(now)).scalar_subquery()
        session.execute(delete(PushDevice).where(PushDevice.sign_in_id.not_in(live)))


def push(device: Any, news: News, now: datetime) -> None:
    """Push one message to one device, once.

    Raises:
        OutsideFailure: the service was not reached or is busy; the outbox tries again.
    """
    key = f"push:{device.id}:{news.key}"[:80]
    with transaction() as session:
        if not claim_mail(session, key=key, now=now):
            return
    try:
        status = _ask(device, news, now)
    except OutsideFailure:
        _let_go(key, now)
        raise
    if status == 429 or status >= 500:
        _let_go(key, now)
        raise OutsideFailure(f"A push service answered {status}.")
    with transaction() as session:
        mark_mail_sent(session, key=key, now=now)
        if status in _GONE:
            session.execute(delete(PushDevice).where(PushDevice.id == device.id))
    if status >= 400 and status not in _GONE:
        logger.warning("A push service refused a message: %s", status)


def _let_go(key: str, now: datetime) -> None:
    with transaction() as session:
        free_mail(session, key=key, now=now)


def _ask(device: Any, news: News, now: datetime) -> int:
    settings = current_settings()
    if not is_push_service(device.endpoint, settings.push_hosts):
        return 410  # Services that were taken off the list are asked no more.
    _refuse_inner_addresses(device.endpoint)
    tag = hashlib.sha256(news.key.encode()).hexdigest()[:32]
    shown = {"title": news.title, "body": news.body[:600], "url": news.path, "tag": tag}
    content = json.dumps(shown, ensure_ascii=False).encode()
    status, _body, _headers = fetch(
        "POST", device.endpoint,
        {
            "Authorization": signature(
                device.endpoint, private_key(settings.push_key),
                f"mailto:{settings.operator_email}", now,
            ),
            "Content-Encoding": "aes128gcm", "Content-Type": "application/octet-stream",
            "TTL": str(KEPT_S), "Urgency": "high", "Topic": tag,
        },
        sealed(content, device.p256dh, device.auth),
    )  # fmt: skip
    return status


def _refuse_inner_addresses(endpoint: str) -> None:
    """Ask nobody inside the shop's own network, whatever a name leads to (QUALITY T37)."""
    there = urlsplit(endpoint)
    if there.scheme == "http":  # The stand-in on this machine, named in the settings.
        return
    try:
        found = socket.getaddrinfo(there.hostname, 443, type=socket.SOCK_STREAM)
    except OSError as error:
        raise OutsideFailure(f"{there.hostname} is not found.") from error
    if not all(ipaddress.ip_address(one[4][0]).is_global for one in found):
        raise OutsideFailure(f"{there.hostname} leads into a private network.")


def push_all(account_ids: Collection[int], write: Any) -> None:
    """Push to every device of these people; ``write(locale)`` returns what is shown there.

    Raises:
        OutsideFailure: at least one was not reached; the others were.
    """
    if not public_key() or not account_ids:
        return
    now = now_utc()
    devices = devices_of(db.session(), account_ids, now)
    told = {locale: write(locale) for locale in {one.locale for one in devices}}
    db.session.rollback()  # Nothing is read while the network is waited for.
    failed: OutsideFailure | None = None
    for device in devices:
        try:
            push(device, told[device.locale], now)
        except OutsideFailure as failure:
            failed = failure
    if failed is not None:
        raise failed
