"""Tariffs with dates and pickup points in the database."""

from datetime import date, timedelta

import pytest
from sqlalchemy import func, select

from shop.db import db, transaction
from shop.kernel.errors import NotYours
from shop.shipping import actions, queries
from shop.shipping.models import PickupPoint, RateTable
from shop.shipping.rules import Rate, Tariff, TariffInPast, Zone
from tests.conftest import NOON
from tests.engines import both_engines

TODAY = date(2026, 11, 23)
DEARER = Tariff({Zone.PROVINCE: Rate(1000, 30_000, 500, 5_000, 20_000, 1, 2)}, 5000, 400_000)


def fee_on(seller_id: int, on: date) -> int | None:
    rate = queries.tariffs(db.session(), [seller_id], on)[seller_id].rates.get(Zone.PROVINCE)
    return rate.first_vnd if rate else None


@both_engines
def test_a_new_tariff_holds_from_its_day_on_and_ends_the_old_one(app, a_seller):
    seller = a_seller(first_vnd=25_000)
    with transaction() as session:
        actions.open_tariff(
            session, seller_id=seller, tariff=DEARER, valid_from=date(2026, 12, 1), now=NOON
        )
    assert fee_on(seller, date(2025, 12, 31)) is None
    assert fee_on(seller, TODAY) == 25_000
    assert fee_on(seller, date(2026, 11, 30)) == 25_000
    assert fee_on(seller, date(2026, 12, 1)) == 30_000
    assert queries.tariffs(db.session(), [seller], date(2027, 1, 1))[seller] == DEARER


def test_a_tariff_that_was_to_come_is_replaced_by_an_earlier_one(app, a_seller):
    seller = a_seller(first_vnd=25_000)
    for valid_from, first_vnd in ((date(2026, 12, 1), 30_000), (TODAY, 35_000), (TODAY, 40_000)):
        rate = Rate(1000, first_vnd, 500, 5_000, 20_000, 1, 2)
        with transaction() as session:
            actions.open_tariff(
                session, seller_id=seller, tariff=Tariff({Zone.PROVINCE: rate}),
                valid_from=valid_from, now=NOON,
            )  # fmt: skip
    assert fee_on(seller, TODAY - timedelta(days=1)) == 25_000
    assert fee_on(seller, TODAY) == 40_000
    assert fee_on(seller, date(2026, 12, 31)) == 40_000


def test_fees_of_past_days_are_not_rewritten(app, a_seller):
    seller = a_seller()
    with pytest.raises(TariffInPast), transaction() as session:
        actions.open_tariff(
            session, seller_id=seller, tariff=DEARER, valid_from=date(2026, 11, 22), now=NOON
        )
    assert db.session.scalar(select(func.count()).select_from(RateTable)) == 1


def test_tariffs_and_points_of_many_sellers_take_one_query_each(app, a_seller, count_queries):
    sellers = [a_seller() for _ in range(6)]
    with count_queries() as seen:
        tariffs = queries.tariffs(db.session(), sellers, TODAY)
        points = queries.pickup_points(db.session(), sellers)
    assert len(seen) == 2
    assert set(tariffs) == set(points) == set(sellers)
    assert all(len(tariff.rates) == 4 for tariff in tariffs.values())
    assert all(len(of_seller) == 1 for of_seller in points.values())


def test_a_seller_without_a_tariff_has_an_empty_one(app):
    assert queries.tariffs(db.session(), [99], TODAY) == {99: Tariff()}


def test_a_pickup_point_is_offered_until_its_seller_ends_it(app, a_seller):
    mine, other = a_seller(), a_seller()
    words = {
        "name_vi": "Quầy chợ", "name_en": "Market stall", "address_vi": "Chợ Gò Mít",
        "address_en": "Go Mit market", "hours_vi": "6 giờ đến 10 giờ", "hours_en": "6:00 to 10:00",
    }  # fmt: skip
    with transaction() as session:
        point = actions.add_pickup_point(session, seller_id=mine, words=words)
    with pytest.raises(NotYours), transaction() as session:
        actions.end_pickup_point(session, seller_id=other, point_id=point, now=NOON)
    db.session.rollback()
    assert db.session.get_one(PickupPoint, point).ended_at is None
    with transaction() as session:
        actions.end_pickup_point(session, seller_id=mine, point_id=point, now=NOON)
    assert point not in [p.id for p in queries.pickup_points(db.session(), [mine])[mine]]
