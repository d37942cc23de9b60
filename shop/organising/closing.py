"""Closing a market: orders are fixed, what found too few falls, everybody is told. Once.

Whatever happened to the workers, a session that should be closed and is not is closed by the
next one that runs, however late. One transaction does all of it: who is killed in the middle
has done nothing, and of two who try, one finds that it is done.
"""

from datetime import datetime

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from shop.db import in_transaction, touch
from shop.markets.actions.notices import announce, announce_due
from shop.markets.models import MarketOffer, MarketPickup, MarketSession
from shop.markets.rules.sessions import LEAST, NoticeKind, SessionState
from shop.ordering.actions import move_seller_order
from shop.ordering.models import SellerOrder, SellerOrderMove
from shop.ordering.rules import SellerOrderState as S


def keep_market_hours(now: datetime) -> None:
    """What the clock starts: announce what is due, close what is over."""
    in_transaction(lambda session: announce_due(session, now))
    for session_id in in_transaction(lambda session: to_close(session, now)):
        close_now(session_id, now)


def close_now(session_id: int, now: datetime) -> bool:
    """Close one session in a transaction of its own."""
    return in_transaction(lambda session: close_market(session, session_id=session_id, now=now))


def to_close(session: Session, now: datetime) -> list[int]:
    """Return the sessions that should be closed by now, of any age."""
    return list(
        session.scalars(
            select(MarketSession.id)
            .where(
                MarketSession.state == SessionState.SHOWN, MarketSession.closed_at.is_(None),
                MarketSession.closes_at <= now,
            )
            .order_by(MarketSession.closes_at, MarketSession.id)
        )
    )  # fmt: skip


def close_market(session: Session, *, session_id: int, now: datetime) -> bool:
    """Close a session; False when that was done before, or its time has not come."""
    closed = session.scalar(
        update(MarketSession)
        .where(
            MarketSession.id == session_id, MarketSession.state == SessionState.SHOWN,
            MarketSession.closed_at.is_(None), MarketSession.closes_at <= now,
        )
        .values(closed_at=now)
        .returning(MarketSession.id)
    )  # fmt: skip
    if closed is None:
        return False
    _let_fall(session, session_id, now)
    fix_orders(session, session_id, now)
    announce(session, session_id=session_id, kind=NoticeKind.CLOSED, now=now)
    touch(session, "markets")
    return True


def _let_fall(session: Session, session_id: int, now: datetime) -> None:
    """Cancel what too few ordered; each of these is a part of its own."""
    fallen = session.scalars(
        update(MarketOffer)
        .where(
            MarketOffer.session_id == session_id, MarketOffer.ended_at.is_(None),
            MarketOffer.fell_at.is_(None), MarketOffer.taken < MarketOffer.least,
        )
        .values(fell_at=now)
        .returning(MarketOffer.id)
    ).all()  # fmt: skip
    parts = session.scalars(
        select(SellerOrder.id)
        .where(
            SellerOrder.source_kind == "market_offer", SellerOrder.source_id.in_(sorted(fallen)),
            SellerOrder.state.in_([S.PLACED, S.CONFIRMED]),
        )
        .order_by(SellerOrder.id)
    ).all()  # fmt: skip
    for part in parts:
        move_seller_order(
            session, seller_order_id=part, to=S.CANCELLED, actor_kind="system", actor_id=None,
            now=now, note=LEAST,
        )  # fmt: skip


def fix_orders(session: Session, session_id: int, now: datetime) -> None:
    """Confirm every part that waits: two statements, however many there are."""
    places = select(MarketPickup.id).where(MarketPickup.session_id == session_id)
    fixed = session.scalars(
        update(SellerOrder)
        .where(SellerOrder.market_pickup_id.in_(places), SellerOrder.state == S.PLACED)
        .values(state=S.CONFIRMED, reserved_until=None)
        .returning(SellerOrder.id)
        .execution_options(synchronize_session=False)
    ).all()
    if fixed:
        session.execute(
            insert(SellerOrderMove),
            [
                {
                    "seller_order_id": part, "from_state": S.PLACED, "to_state": S.CONFIRMED,
                    "actor_kind": "system", "actor_id": None, "note": "", "at": now,
                }
                for part in sorted(fixed)
            ],
        )  # fmt: skip
