"""Reads of hand-overs: for the seller's pages, the buyer's page and mails."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import Row, func, select
from sqlalchemy.orm import Session

from shop.fulfilment.models import HandOver
from shop.kernel.errors import NotYours

_COLUMNS = tuple(HandOver.__table__.c)


def hand_overs_of(session: Session, seller_order_id: int) -> list[Row[Any]]:
    """Return every hand-over of a seller order that stands, the last try first."""
    return list(
        session.execute(
            select(*_COLUMNS)
            .where(HandOver.seller_order_id == seller_order_id, HandOver.undone_at.is_(None))
            .order_by(HandOver.id.desc())
        )
    )


def hand_over_of(session: Session, seller_order_id: int, hand_over_id: int) -> Row[Any]:
    """Return one hand-over of this seller order, whether it stands or not.

    Raises:
        NotYours
    """
    found = session.execute(
        select(*_COLUMNS).where(
            HandOver.id == hand_over_id, HandOver.seller_order_id == seller_order_id
        )
    ).one_or_none()
    if found is None:
        raise NotYours(what="hand_over", id=hand_over_id)
    return found


def undone_hand_over(session: Session, seller_order_id: int, at: datetime) -> Row[Any] | None:
    """Return how a parcel was said to have left that, as was said at this moment, did not leave."""
    return session.execute(
        select(*_COLUMNS)
        .where(HandOver.seller_order_id == seller_order_id, HandOver.undone_at == at)
        .order_by(HandOver.id.desc())
        .limit(1)
    ).one_or_none()


def last_hand_overs(session: Session, seller_order_ids: Iterable[int]) -> dict[int, Row[Any]]:
    """Return the last hand-over of each seller order that stands, by the order's id. One query."""
    last = (
        select(func.max(HandOver.id))
        .where(HandOver.seller_order_id.in_(sorted(seller_order_ids)), HandOver.undone_at.is_(None))
        .group_by(HandOver.seller_order_id)
    )
    rows = session.execute(select(*_COLUMNS).where(HandOver.id.in_(last)))
    return {row.seller_order_id: row for row in rows}
