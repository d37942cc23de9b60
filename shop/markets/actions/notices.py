"""Announcements of sessions: each kind is noted once, and with that note the news goes out."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from shop.db import upsert_into
from shop.markets.events import MarketAnnounced
from shop.markets.models import MarketNotice, MarketSession
from shop.markets.rules.sessions import NoticeKind, SessionState, notice_due
from shop.outbox.relay import record


def announce(session: Session, *, session_id: int, kind: NoticeKind, now: datetime) -> bool:
    """Announce something of a session; False when that was done before."""
    noted = session.scalar(
        upsert_into(session, MarketNotice)
        .values(session_id=session_id, kind=kind, at=now)
        .on_conflict_do_nothing()
        .returning(MarketNotice.session_id)
    )
    if noted is None:
        return False
    record(session, MarketAnnounced(session_id, kind.value), now)
    return True


def announce_due(session: Session, now: datetime) -> int:
    """Announce what is due of every session that takes orders; return how many announcements."""
    rows = session.execute(
        select(MarketSession.id, MarketSession.opens_at, MarketSession.closes_at)
        .where(
            MarketSession.state == SessionState.SHOWN, MarketSession.closed_at.is_(None),
            MarketSession.opens_at <= now, MarketSession.closes_at > now,
        )
        .order_by(MarketSession.id)
    ).all()  # fmt: skip
    made = 0
    for row in rows:
        kind = notice_due(row.opens_at, row.closes_at, now)
        if kind is not None:
            made += announce(session, session_id=row.id, kind=kind, now=now)
    return made
