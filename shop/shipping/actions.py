"""Changes to tariffs and pickup points."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import date, datetime, timedelta

from sqlalchemy import insert, or_, select, update
from sqlalchemy.orm import Session

from shop.db import touch
from shop.kernel.clock import vietnam_date
from shop.kernel.errors import NotYours
from shop.shipping.models import PickupPoint, Rate, RateTable
from shop.shipping.rules import Tariff, TariffInPast


def open_tariff(
    session: Session,
    *,
    seller_id: int,
    tariff: Tariff,
    valid_from: date,
    now: datetime,
    source_note: str = "",
) -> int:
    """Ask these fees from a day on, and return the new table's id.

    The tariff before ends on the day before; one that was to begin later never does.

    Raises:
        TariffInPast: the day is over; nothing is stored.
    """
    if valid_from < vietnam_date(now):
        raise TariffInPast(valid_from=valid_from)
    session.execute(
        update(RateTable)
        .where(
            RateTable.seller_id == seller_id,
            or_(RateTable.valid_to.is_(None), RateTable.valid_to >= valid_from),
        )
        .values(valid_to=valid_from - timedelta(days=1))
    )
    table = RateTable(
        seller_id=seller_id,
        valid_from=valid_from,
        volume_divisor=tariff.volume_divisor,
        free_from_vnd=tariff.free_from_vnd,
        source_note=source_note,
    )
    session.add(table)
    session.flush()
    if tariff.rates:
        session.execute(
            insert(Rate),
            [
                {"rate_table_id": table.id, "zone": zone.value, **asdict(rate)}
                for zone, rate in tariff.rates.items()
            ],
        )
    touch(session, "catalogue")
    return table.id


def add_pickup_point(session: Session, *, seller_id: int, words: Mapping[str, str]) -> int:
    """Offer a place where buyers collect; return its id.

    Args:
        words: name, address and hours in both languages, keys as the table's columns. All of them
            as they stand already are that place: the form came twice.
    """
    same = session.scalar(
        select(PickupPoint.id).where(
            PickupPoint.seller_id == seller_id, PickupPoint.ended_at.is_(None),
            *(getattr(PickupPoint, name) == said for name, said in words.items()),
        )
    )  # fmt: skip
    if same is not None:
        return same
    point = PickupPoint(seller_id=seller_id, **words)
    session.add(point)
    session.flush()
    touch(session, "catalogue")
    return point.id


def end_pickup_point(session: Session, *, seller_id: int, point_id: int, now: datetime) -> None:
    """Stop offering a place. Orders that wait there keep it.

    Raises:
        NotYours: the seller has no such open place.
    """
    ended = session.execute(
        update(PickupPoint)
        .where(
            PickupPoint.id == point_id,
            PickupPoint.seller_id == seller_id,
            PickupPoint.ended_at.is_(None),
        )
        .values(ended_at=now)
    )
    if ended.rowcount != 1:  # type: ignore[attr-defined]
        raise NotYours(what="pickup_point", id=point_id)
    touch(session, "catalogue")
