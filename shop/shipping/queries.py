"""Reads of tariffs and pickup points, for many sellers at once."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date
from typing import Any

from sqlalchemy import Row, bindparam, or_, select
from sqlalchemy.orm import Session

from shop.prepared import Among, PreparedForSeveral
from shop.shipping import models
from shop.shipping.rules import Rate, Tariff, Zone

_table, _rate = models.RateTable, models.Rate


@PreparedForSeveral
def _tariffs(among: Among) -> Any:
    return (
        select(
            _table.id.label("table_id"),
            _table.seller_id,
            _table.volume_divisor,
            _table.free_from_vnd,
            _rate.zone,
            _rate.first_g,
            _rate.first_vnd,
            _rate.step_g,
            _rate.step_vnd,
            _rate.max_g,
            _rate.days_min,
            _rate.days_max,
        )
        .join(_rate, _rate.rate_table_id == _table.id)
        .where(
            among(_table.seller_id),
            _table.valid_from <= bindparam("day"),
            or_(_table.valid_to.is_(None), _table.valid_to >= bindparam("day")),
        )
        .order_by(_table.seller_id, _table.valid_from.desc(), _table.id.desc())
    )


_point = models.PickupPoint


@PreparedForSeveral
def _points_of(among: Among) -> Any:
    return (
        select(
            _point.id,
            _point.seller_id,
            _point.name_vi,
            _point.name_en,
            _point.address_vi,
            _point.address_en,
            _point.hours_vi,
            _point.hours_en,
        )
        .where(among(_point.seller_id), _point.ended_at.is_(None))
        .order_by(_point.id)
    )


def tariffs(session: Session, seller_ids: Iterable[int], on: date) -> dict[int, Tariff]:
    """Return the tariff of each seller on a day, by seller id. One query for all.

    A seller without a tariff on that day has an empty one: everything by quote.
    """
    wanted = sorted(set(seller_ids))
    rows = _tariffs.all(session, wanted, {"day": on})
    found: dict[int, Tariff] = {}
    chosen: dict[int, int] = {}
    rates: dict[int, dict[Zone, Rate]] = defaultdict(dict)
    for row in rows:
        if chosen.setdefault(row.seller_id, row.table_id) != row.table_id:
            continue
        rates[row.seller_id][Zone(row.zone)] = Rate(*row[5:])
        found[row.seller_id] = Tariff(rates[row.seller_id], row.volume_divisor, row.free_from_vnd)
    return {seller_id: found.get(seller_id) or Tariff() for seller_id in wanted}


def pickup_points(
    session: Session, seller_ids: Iterable[int]
) -> dict[int, list[Row[*tuple[Any, ...]]]]:
    """Return the open pickup points of each seller, by seller id. One query for all.

    Rows hold id, seller_id, name_*, address_*, hours_* in both languages.
    """
    found: dict[int, list[Row[*tuple[Any, ...]]]] = {seller_id: [] for seller_id in seller_ids}
    for row in _points_of.all(session, found):
        found[row.seller_id].append(row)
    return found


def coming_tariff(session: Session, seller_id: int, on: date) -> tuple[date, Tariff] | None:
    """Return the next tariff that begins after a day, with its first day; None when none waits."""
    begins = session.scalar(
        select(_table.valid_from)
        .where(
            _table.seller_id == seller_id,
            _table.valid_from > on,
            or_(_table.valid_to.is_(None), _table.valid_to >= _table.valid_from),
        )
        .order_by(_table.valid_from)
        .limit(1)
    )
    return (begins, tariffs(session, [seller_id], begins)[seller_id]) if begins else None
