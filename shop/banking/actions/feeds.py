"""Connecting and ending the services that tell of money."""

from datetime import datetime

from sqlalchemy.orm import Session

from shop.audit.actions import note
from shop.banking.models import BankFeed, BankRefusal
from shop.banking.rules.feeds import LEAST_SECRET, SERVICES, WeakFeedSecret
from shop.current import vault
from shop.db import one_at_a_time, upsert_into
from shop.kernel.clock import vietnam_date
from shop.kernel.codes import random_code
from shop.kernel.errors import NotYours
from shop.organisations.rules import UndoTooLate

_ADDRESS_LENGTH = 24


def open_feed(
    session: Session,
    *,
    kind: str,
    secret: str,
    seller_id: int | None = None,
    organisation_id: int | None = None,
    actor_id: int | None,
    actor_name: str,
    now: datetime,
) -> BankFeed:
    """Let a service tell of money on the accounts of a seller or a unit.

    Raises:
        WeakFeedSecret
    """
    secret = secret.strip()
    if len(secret) < LEAST_SECRET or not secret.isprintable():
        raise WeakFeedSecret(least=LEAST_SECRET)
    key = vault().new_key()
    feed = BankFeed(
        kind=kind, seller_id=seller_id, organisation_id=organisation_id,
        address=random_code(_ADDRESS_LENGTH), data_key=key, secret=vault().seal(key, secret),
        started_at=now, started_by_id=actor_id,
    )  # fmt: skip
    session.add(feed)
    session.flush()
    _note(session, "bank_feed.opened", feed, actor_id, actor_name, now)
    return feed


def end_feed(
    session: Session, *, feed_id: int, actor_id: int | None, actor_name: str, now: datetime,
    undoes_id: int | None = None,
) -> bool:  # fmt: skip
    """Refuse what a service tells from now on; False when it was ended before.

    Raises:
        NotYours
    """
    feed = _feed(session, feed_id)
    if feed.ended_at is not None:
        return False
    feed.ended_at = now
    _note(session, "bank_feed.ended", feed, actor_id, actor_name, now, undoes_id)
    return True


def reopen_feed(
    session: Session, *, feed_id: int, actor_id: int | None, actor_name: str, now: datetime,
    undoes_id: int | None = None,
) -> None:  # fmt: skip
    """Listen to a service again, at the same address and with the same secret.

    Raises:
        NotYours
        UndoTooLate: it is listened to already.
    """
    feed = _feed(session, feed_id)
    if feed.ended_at is None:
        raise UndoTooLate
    feed.ended_at = None
    _note(session, "bank_feed.reopened", feed, actor_id, actor_name, now, undoes_id)


def count_refused(session: Session, *, feed_id: int, reason: str, now: datetime) -> None:
    """Leave a trail of a message that was refused: one row a day and reason, counted up."""
    session.execute(
        upsert_into(session, BankRefusal)
        .values(feed_id=feed_id, on_day=vietnam_date(now), reason=reason, times=1, last_at=now)
        .on_conflict_do_update(
            index_elements=["feed_id", "on_day", "reason"],
            set_={"times": BankRefusal.times + 1, "last_at": now},
        )
    )


def _feed(session: Session, feed_id: int) -> BankFeed:
    feed = one_at_a_time(session, BankFeed, feed_id)
    if feed is None:
        raise NotYours
    return feed


def _note(
    session: Session, action: str, feed: BankFeed, actor_id: int | None, actor_name: str,
    now: datetime, undoes_id: int | None = None,
) -> None:  # fmt: skip
    note(
        session, action=action, subject_kind="bank_feed", subject_id=feed.id, now=now,
        actor_id=actor_id, actor_name=actor_name, undoes_id=undoes_id,
        service=SERVICES[feed.kind], seller_id=feed.seller_id,
        organisation_id=feed.organisation_id,
    )  # fmt: skip
