"""Taking an order at a session and giving it back: every limit in one conditional statement each.

Part of the order's one short transaction. Rows are held in one order everywhere: the session,
the place, what is sold by id; stock comes after. So however many order at once, no limit is
passed and nobody waits in a ring.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import bindparam, case, literal, or_, select, update
from sqlalchemy.orm import Session

from shop.db import touch
from shop.markets.models import MarketOffer, MarketOrder, MarketPickup, MarketSession
from shop.markets.rules.refusals import MarketClosed, MarketFull, OfferShort, PickupFull
from shop.markets.rules.sessions import SessionState
from shop.prepared import Prepared, PreparedInsert

_sessions: Any = MarketSession.__table__
_pickups: Any = MarketPickup.__table__
_offers: Any = MarketOffer.__table__


class Bought(NamedTuple):
    """So many of one offer, at the price that the buyer was shown."""

    offer_id: int
    quantity: int
    price_vnd: int


def _until(late: bool) -> Any:
    """Return the condition that orders are taken at the moment ``now``."""
    last = _sessions.c.ends_at if late else _sessions.c.closes_at
    return (
        (_sessions.c.state == SessionState.SHOWN)
        & (_sessions.c.opens_at <= bindparam("now"))
        & (last > bindparam("now"))
        & _sessions.c.settled_at.is_(None)
        & (literal(late) | _sessions.c.closed_at.is_(None))
    )


def _room() -> Any:
    """Return the condition that one more order of ``vnd`` fits."""
    return or_(_sessions.c.max_orders.is_(None), _sessions.c.orders < _sessions.c.max_orders) & or_(
        _sessions.c.max_amount_vnd.is_(None),
        _sessions.c.amount_vnd + bindparam("vnd") <= _sessions.c.max_amount_vnd,
    )


def _counted(late: bool) -> Any:
    return (
        update(_sessions)
        .where(_sessions.c.id == bindparam("session"), _until(late), _room())
        .values(
            orders=_sessions.c.orders + 1,
            numbers=_sessions.c.numbers + 1,
            amount_vnd=_sessions.c.amount_vnd + bindparam("vnd"),
        )
        .returning(_sessions.c.numbers)
    )


_COUNT = {late: Prepared(lambda late=late: _counted(late)) for late in (False, True)}


@Prepared
def _count_at_stall() -> Any:
    """The limits are for what is ordered ahead: who stands there takes what is there."""
    return (
        update(_sessions)
        .where(_sessions.c.id == bindparam("session"), _until(True))
        .values(
            orders=_sessions.c.orders + 1,
            numbers=_sessions.c.numbers + 1,
            amount_vnd=_sessions.c.amount_vnd + bindparam("vnd"),
        )
        .returning(_sessions.c.numbers)
    )


@Prepared
def _stand_at() -> Any:
    return (
        update(_pickups)
        .where(_pickups.c.id == bindparam("pickup"), _pickups.c.session_id == bindparam("session"))
        .values(
            taken=_pickups.c.taken + 1,
            # A full place becomes larger by the one who stands there.
            max_orders=case(
                (_pickups.c.max_orders == _pickups.c.taken, _pickups.c.taken + 1),
                else_=_pickups.c.max_orders,
            ),
        )
        .returning(_pickups.c.id)
    )


@Prepared
def _choose_place() -> Any:
    return (
        update(_pickups)
        .where(
            _pickups.c.id == bindparam("pickup"),
            _pickups.c.session_id == bindparam("session"),
            or_(_pickups.c.max_orders.is_(None), _pickups.c.taken < _pickups.c.max_orders),
        )
        .values(taken=_pickups.c.taken + 1)
        .returning(_pickups.c.id)
    )


@Prepared
def _take_goods() -> Any:
    return (
        update(_offers)
        .where(
            _offers.c.id == bindparam("offer"),
            _offers.c.session_id == bindparam("session"),
            _offers.c.price_vnd == bindparam("price"),
            _offers.c.ended_at.is_(None),
            _offers.c.fell_at.is_(None),
            _offers.c.seller_agreed_at.is_not(None),
            _offers.c.officer_agreed_at.is_not(None),
            _offers.c.taken + bindparam("n") <= _offers.c.quantity,
        )
        .values(taken=_offers.c.taken + bindparam("n"))
        .returning(_offers.c.id)
    )


_INTO_ORDERS = PreparedInsert(MarketOrder)


def take_order(
    session: Session, *, session_id: int, order_id: int, pickup_id: int, goods: Sequence[Bought],
    parts: int, amount_vnd: int, late: bool, written_by_id: int | None, now: datetime,
    at_stall: bool = False,
) -> int:  # fmt: skip
    """Count an order at a session with its place and goods; return the bag's number.

    Args:
        parts: how many seller orders it has there.
        late: written by an officer after the close.
        at_stall: she stands there on market day: no limit of orders holds for her.

    Raises:
        MarketClosed, MarketFull, PickupFull, OfferShort: the caller's transaction is undone.
    """
    count, choose = (_count_at_stall, _stand_at) if at_stall else (_COUNT[late], _choose_place)
    number = count.scalar(session, {"session": session_id, "vnd": amount_vnd, "now": now})
    if number is None:
        raise _why_not(session, session_id, late, now)
    if choose.scalar(session, {"pickup": pickup_id, "session": session_id}) is None:
        place = session.get(MarketPickup, pickup_id)
        raise PickupFull(
            name_vi=place.name_vi if place else "", name_en=place.name_en if place else ""
        )
    for one in sorted(goods):
        taken = _take_goods.scalar(
            session,
            {"offer": one.offer_id, "session": session_id, "price": one.price_vnd,
             "n": one.quantity},
        )  # fmt: skip
        if taken is None:
            raise OfferShort
    _INTO_ORDERS.run_all(
        session,
        [
            {
                "session_id": session_id, "order_id": order_id, "pickup_id": pickup_id,
                "number": number, "parts": parts, "amount_vnd": amount_vnd, "late": late,
                "written_by_id": written_by_id, "at": now,
            }
        ],
    )  # fmt: skip
    touch(session, "markets")
    return number


def _why_not(
    session: Session, session_id: int, late: bool, now: datetime
) -> MarketClosed | MarketFull:
    row = session.execute(
        select(
            MarketSession.title_vi, MarketSession.title_en, MarketSession.closes_at,
        ).where(MarketSession.id == session_id)
    ).one()  # fmt: skip
    takes = session.execute(
        select(_sessions.c.id).where(_sessions.c.id == session_id, _until(late)), {"now": now}
    ).first()
    if takes is None:
        return MarketClosed(title_vi=row.title_vi, title_en=row.title_en, closes_at=row.closes_at)
    return MarketFull(title_vi=row.title_vi, title_en=row.title_en)


def give_back_part(
    session: Session, *, pickup_id: int, order_id: int, amount_vnd: int,
    goods: Sequence[tuple[int, int]],
) -> None:  # fmt: skip
    """One seller's part of an order is cancelled: others may have it.

    Args:
        pickup_id: the place and time that she chose, which names the session.
        goods: (variant id, how many).
    """
    session_id = session.get_one(MarketPickup, pickup_id).session_id
    session.execute(
        update(MarketSession)
        .where(MarketSession.id == session_id)
        .values(amount_vnd=MarketSession.amount_vnd - amount_vnd)
    )
    left = session.execute(
        update(MarketOrder)
        .where(MarketOrder.session_id == session_id, MarketOrder.order_id == order_id)
        .values(parts=MarketOrder.parts - 1, amount_vnd=MarketOrder.amount_vnd - amount_vnd)
        .returning(MarketOrder.parts, MarketOrder.pickup_id)
    ).one()
    if left.parts == 0:
        session.execute(
            update(MarketSession)
            .where(MarketSession.id == session_id)
            .values(orders=MarketSession.orders - 1)
        )
        session.execute(
            update(MarketPickup)
            .where(MarketPickup.id == left.pickup_id)
            .values(taken=MarketPickup.taken - 1)
        )
    for variant_id, quantity in sorted(goods):
        session.execute(
            update(MarketOffer)
            .where(MarketOffer.session_id == session_id, MarketOffer.variant_id == variant_id)
            .values(taken=MarketOffer.taken - quantity)
        )
    touch(session, "markets")
