"""Reads of tariffs and pickup points, for many sellers at once."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date
from typing import Any

from sqlalchemy import Row, or_, select
from sqlalchemy.orm import Session

from shop.shipping import models
from shop.shipping.rules import Rate, Tariff, Zone


def tariffs(session: Session, seller_ids: Iterable[int], on: date) -> dict[int, Tariff]:
    """Return the tariff of each seller on a day, by seller id. One query for all.

    A seller without a tariff on that day has an empty one: everything by quote.
    """
    table, rate = models.RateTable, models.Rate
    wanted = sorted(set(seller_ids))
    rows = session.execute(
        select(
            table.id.label("table_id"),
            table.seller_id,
            table.volume_divisor,
            table.free_from_vnd,
            rate.zone,
            rate.first_g,
            rate.first_vnd,
            rate.step_g,
            rate.step_vnd,
            rate.max_g,
            rate.days_min,
            rate.days_max,
        )
        .join(rate, rate.rate_table_id == table.id)
        .where(
            table.seller_id.in_(wanted),
            table.valid_from <= on,
            or_(table.valid_to.is_(None), table.valid_to >= on),
        )
        .order_by(table.seller_id, table.valid_from.desc(), table.id.desc())
    )
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
    point = models.PickupPoint
    found: dict[int, list[Row[*tuple[Any, ...]]]] = {seller_id: [] for seller_id in seller_ids}
    for row in session.execute(
        select(
            point.id,
            point.seller_id,
            point.name_vi,
            point.name_en,
            point.address_vi,
            point.address_en,
            point.hours_vi,
            point.hours_en,
        )
        .where(point.seller_id.in_(sorted(found)), point.ended_at.is_(None))
        .order_by(point.id)
    ):
        found[row.seller_id].append(row)
    return found
