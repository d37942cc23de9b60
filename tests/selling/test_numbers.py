"""A seller's numbers are her orders added up, whoever's clock says which day it is."""

import csv
import html
import io
import re
from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import func, select, update

from shop.db import db, transaction
from shop.earnings.queries import sold_in
from shop.earnings.rules import period_of
from shop.kernel.clock import VIETNAM
from shop.media.sheets import tables_in
from shop.ordering import actions as ordering
from shop.ordering.models import LineItem, Order, SellerOrder, SellerOrderMove
from shop.selling.number_rules import before, span_of
from shop.selling.queries.numbers import numbers_of
from tests.conftest import NOON
from tests.earnings.test_money import arrive, come_back
from tests.engines import both_engines
from tests.operations.conftest import Desk
from tests.payments.conftest import an_order  # noqa: F401

AT = "/ban-hang/so-lieu"
TODAY = date(2026, 11, 27)


@pytest.fixture
def stall(an_account, sign_in, a_seller):
    owner = an_account("Sương")
    seller = a_seller(owner_id=owner)
    return seller, Desk(sign_in(owner, "seller"), owner)


def found(seller: int, name: str = "2026-11", source: str = ""):
    span = span_of(name, TODAY)
    numbers = numbers_of(db.session(), seller, span, before(span, TODAY), source)
    db.session.rollback()
    return numbers


def go(part: int, *states: str, at: datetime = NOON) -> None:
    for state in states:
        with transaction() as session:
            ordering.move_seller_order(
                session, seller_order_id=part, to=state, actor_kind="seller", actor_id=None, now=at
            )


def put(part: int, **values) -> None:
    """Say where an order went or who ordered, as the checkout would have."""
    with transaction() as session:
        of = select(SellerOrder.order_id).where(SellerOrder.id == part).scalar_subquery()
        session.execute(update(Order).where(Order.id == of).values(**values))


def part_is(part: int, **values) -> None:
    with transaction() as session:
        session.execute(update(SellerOrder).where(SellerOrder.id == part).values(**values))


def text_of(answer) -> str:
    assert answer.status_code == 200
    return html.unescape(answer.text).replace("\xa0", " ")


@both_engines
def test_the_numbers_of_a_month_are_her_orders_added_up_by_hand(
    stall, a_seller, a_variant, an_order, count_queries  # noqa: F811
):  # fmt: skip
    seller, _desk = stall
    rice = a_variant(seller_id=seller, on_hand=90, price_vnd=95_000)
    oil = a_variant(seller_id=seller, on_hand=90, price_vnd=60_000)
    other_stall = a_seller("Nhà khác")
    hers_not = an_order({a_variant(seller_id=other_stall): (other_stall, "cod")})
    arrive(hers_not.parts[0])

    two = an_order({rice: (seller, "transfer")}, quantity=2).parts[0]
    arrive(two, NOON)
    come_back(two, 1, NOON + timedelta(days=1))
    mixed = an_order({rice: (seller, "cod"), oil: (seller, "cod")}).parts[0]
    arrive(mixed, NOON + timedelta(days=2))
    put(mixed, province_code="01", phone_index="another")
    market = an_order({oil: (seller, "cod")}).parts[0]
    arrive(market, NOON + timedelta(days=2))
    part_is(market, source_kind="market_session", source_id=7, delivery="pickup")
    put(market, phone_index="another")
    earlier = an_order({oil: (seller, "cod")}, now=NOON - timedelta(days=30)).parts[0]
    arrive(earlier, NOON - timedelta(days=25))  # 29 October: the month before.
    put(earlier, phone_index="long ago")
    again = an_order({oil: (seller, "cod")}).parts[0]
    arrive(again, NOON)
    put(again, phone_index="long ago", country="DE", province_code=None)
    refused = an_order({rice: (seller, "cod")}).parts[0]
    go(refused, "confirmed", "packed", "handed_over", "refused", "returned")
    failed = an_order({rice: (seller, "transfer")}).parts[0]
    go(failed, "confirmed", "packed", "handed_over", "delivery_failed", "returned")
    lost = an_order({rice: (seller, "cod")}).parts[0]
    go(lost, "confirmed", "packed", "handed_over", "lost")
    cancelled = an_order({rice: (seller, "cod")}).parts[0]
    go(cancelled, "cancelled")

    with count_queries() as asked:
        numbers = found(seller)
    assert len([s for s in asked if "set_config" not in s]) <= 9
    whole = numbers.whole
    assert whole.goods_vnd == 2 * 95_000 + 95_000 + 60_000 + 60_000 + 60_000
    assert (whole.orders, whole.returns_vnd) == (4, 95_000)
    assert (numbers.pieces, numbers.pieces_before) == (6, 1)
    assert (numbers.before.orders, numbers.before.goods_vnd) == (1, 60_000)
    assert (whole.placed, numbers.before.placed) == (7, 1), "the cancelled one is left out"
    assert [(p.pieces, p.vnd, p.came_back) for p in numbers.packs] == [
        (3, 285_000, 1), (3, 180_000, 0),
    ]  # fmt: skip
    by_day = {on.day: t for on, t in numbers.by_day.items() if t.orders or t.returns_vnd}
    assert [(day, t.orders, t.goods_vnd, t.returns_vnd) for day, t in by_day.items()] == [
        (23, 2, 250_000, 0), (24, 0, 0, 95_000), (25, 2, 215_000, 0),
    ]  # fmt: skip
    places = {place: (t.orders, t.goods_vnd, t.failed) for place, t in numbers.by_place.items()}
    assert places == {
        "48": (1, 190_000, 3), "01": (1, 155_000, 0), "collected": (1, 60_000, 0),
        "abroad": (1, 60_000, 0),
    }  # fmt: skip
    assert {name: t.orders for name, t in numbers.by_source.items()} == {
        "gian-hang": 3, "phien-cho": 1,
    }  # fmt: skip
    assert [tuple(row) for row in numbers.ended] == [
        ("arrived", 4, 3), ("refused", 1, 1), ("failed", 1, 0), ("lost", 1, 1),
    ]  # fmt: skip
    assert numbers.returns == {"faulty": (1, 95_000)}
    assert numbers.buyers[:3] == (3, 2, 0), "one bought twice in it, one in the month before"

    [sold] = sold_in(db.session(), seller, period_of("2026-11", TODAY))
    db.session.rollback()
    assert (sold.orders, sold.goods_vnd, sold.returns_vnd, sold.revenue_vnd) == (
        whole.orders, whole.goods_vnd, whole.returns_vnd, whole.revenue_vnd,
    ), "the money page says the same"  # fmt: skip
    market_only = found(seller, source="phien-cho")
    assert (market_only.whole.orders, market_only.whole.goods_vnd) == (1, 60_000)
    assert (market_only.buyers.all, market_only.buyers.returning) == (1, 0)

    put(again, phone_index="")
    assert found(seller).buyers[:3] == (2, 1, 1), "an erased contact is nobody again"
    part_is(
        two, voucher_payer_id=None, discount_vnd=10_000, total_vnd=SellerOrder.total_vnd - 10_000
    )
    reduced = found(seller)
    assert (reduced.reduced_vnd, reduced.whole.goods_vnd) == (10_000, whole.goods_vnd - 10_000)
    part_is(two, discount_vnd=0, total_vnd=SellerOrder.total_vnd + 10_000)


def test_a_day_begins_at_midnight_in_vietnam_and_a_wrong_tap_counts_nothing(
    stall, a_variant, an_order  # noqa: F811
):  # fmt: skip
    seller, _desk = stall
    rice = a_variant(seller_id=seller, on_hand=90)
    eve = datetime(2026, 11, 25, 23, 59, 59, tzinfo=VIETNAM)
    for at in (eve, eve + timedelta(seconds=1)):
        arrive(an_order({rice: (seller, "cod")}).parts[0], at)
    for name, orders in (("2026-11-25", 1), ("2026-11-26", 1), ("2026-11-27", 0), ("7-ngay", 2)):
        assert found(seller, name).whole.orders == orders, name
    assert found(seller, "2026-11-26").before.orders == 1
    tapped = an_order({rice: (seller, "cod")}).parts[0]
    go(tapped, "confirmed", "packed", "handed_over", "refused")
    assert found(seller).parcels_failed == 1
    take_back(tapped)
    assert found(seller).parcels_failed == 0
    go(tapped, "delivered")
    orders = found(seller).whole.orders
    take_back(tapped)
    assert found(seller).whole.orders == orders - 1
    go(tapped, "refused")
    assert found(seller).parcels_failed == 1


def take_back(part: int) -> None:
    with transaction() as session:
        ordering.take_move_back(
            session, seller_order_id=part, move_id=session.scalars(
                select(func.max(SellerOrderMove.id)).where(SellerOrderMove.seller_order_id == part)
            ).one(),
            actor_kind="seller", actor_id=None, now=NOON,
        )  # fmt: skip


def test_her_page_draws_what_its_tables_say_and_her_file_has_the_same(
    stall, a_variant, an_order, an_account, sign_in, a_seller, count_queries  # noqa: F811
):  # fmt: skip
    seller, desk = stall
    empty = text_of(desk.get(f"{AT}?ky=2026-11"))
    assert "Chưa có đơn nào trong những ngày này" in empty
    assert "tilemap" not in empty
    assert "<table" not in empty
    rice = a_variant(seller_id=seller, on_hand=90)
    part = an_order({rice: (seller, "transfer")}, quantity=2).parts[0]
    arrive(part)
    come_back(part, 1)
    gone = an_order({rice: (seller, "cod")}).parts[0]
    go(gone, "confirmed", "packed", "handed_over", "refused")
    with transaction() as session:
        session.execute(update(LineItem).values(title_vi="=2+3", variant_vi=""))
    with count_queries() as asked:
        page = text_of(desk.get(f"{AT}?ky=2026-11"))
    assert len([s for s in asked if "set_config" not in s]) <= 9 + 6, "its own and the guard's"
    for sum_said in ("190.000 đồng", "−95.000 đồng", "95.000 đồng"):
        assert sum_said in page
    assert "1 trên 2 gói đi hết đường mà không tới tay khách, bằng 50 %." in page
    assert "Tháng 10/2026: chưa có đơn nào." in page
    drawings = re.findall(r"<svg class=.(bars|tilemap).[^>]*aria-hidden=.true.", page)
    assert drawings == ["bars", "tilemap"]
    assert page.count("<caption>") == len(re.findall("<table", page)) == 5
    assert "style=" not in page
    english = text_of(desk.get(f"/en{AT}?ky=2026-11"))
    assert "1 of 2 parcels reached the end of their way without reaching the buyer: 50%." in english

    answer = desk.get(f"{AT}?ky=2026-11&tep=csv")
    rows = list(csv.reader(io.StringIO(answer.data.decode("utf-8-sig"))))
    assert answer.headers["Cache-Control"] == "no-store"
    sums = {(row[0], row[1]): row[2:] for row in rows[1:]}
    assert sums["Cả kỳ", "Tháng 11/2026"] == [
        "1", "2", "190000", "95000", "0", "20000", "115000", "1", "2",
    ]  # fmt: skip
    assert sums["Từng món", "'=2+3"] == ["", "2", "190000", *[""] * 6]
    assert sums["Nơi gửi tới", "Đà Nẵng"] == [
        "1", "", "190000", "95000", "0", "20000", "115000", "1", "",
    ]  # fmt: skip
    days = [row for row in rows if row[0] == "Từng ngày"]
    assert len(days) == 30
    assert sum(int(row[4]) for row in days) == 190_000
    sheet = desk.get(f"{AT}?ky=2026-11&tep=xlsx")
    [table] = tables_in(sheet.data)
    assert table[1][:5] == ["Cả kỳ", "Tháng 11/2026", 1, 2, 190_000]
    assert "filename=so-lieu-2026-11-01-2026-11-30.xlsx" in sheet.headers["Content-Disposition"]

    owner = an_account("Khác")
    a_seller("Nhà khác", owner_id=owner)
    other = Desk(sign_in(owner, "seller"), owner)
    assert "190.000" not in text_of(other.get(f"{AT}?ky=2026-11"))
    assert "190000" not in other.get(f"{AT}?ky=2026-11&tep=csv").text
