"""All goods of a stall on one page: read as people write, saved whole or not at all."""

import re
import threading

import pytest
from sqlalchemy import select

from shop.catalogue.models import Variant
from shop.db import db, in_transaction, transaction
from shop.selling.actions.products import change_goods
from shop.selling.rules import GoodsChange, RowFault, RowsMovedOn, row_faults
from shop.stock.actions import count_stock
from shop.stock.models import StockLevel, StockMove
from tests.conftest import NOON
from tests.engines import both_engines

TABLE = "/ban-hang/hang/bang"
WHO = {"actor_name": "Sương", "now": NOON}


@pytest.fixture
def packs(stall, a_variant):
    """Ids of the packs of two products, 20 pieces each at 95,000 đồng."""
    return [a_variant(title, seller_id=stall.id, on_hand=20) for title in ("Bánh tráng", "Chè dây")]


def said(page):
    """Return {name: value} of the table's inputs."""
    inputs = re.findall(r"<input[^>]*>", page)
    return {
        re.search(r'name="([^"]+)"', one)[1]: re.search(r'value="([^"]*)"', one)[1]
        for one in inputs
        if 'name="p' in one
    }


def price_and_count(variant_id):
    db.session.rollback()
    return db.session.execute(
        select(Variant.price_vnd, StockLevel.on_hand)
        .join(StockLevel, StockLevel.variant_id == Variant.id)
        .where(Variant.id == variant_id)
    ).one()


def test_prices_and_counts_are_saved_together_as_people_write_them(stall, packs):
    fields = said(stall.page(TABLE))
    fields[f"p{packs[0]}-price_vnd"], fields[f"p{packs[1]}-on_hand"] = "105k", "1.200"
    answer = stall.post(TABLE, **fields)
    assert answer.status_code == 303
    assert "da=luu-bang" in answer.location
    assert price_and_count(packs[0]) == (105_000, 20)
    assert price_and_count(packs[1]) == (95_000, 1_200)


def test_what_the_page_gives_back_unchanged_changes_nothing(stall, packs):
    moves = len(db.session.scalars(select(StockMove)).all())
    answer = stall.post(TABLE, **said(stall.page(TABLE)))
    assert "da=chua-doi-gi" in answer.location
    db.session.rollback()
    assert len(db.session.scalars(select(StockMove)).all()) == moves


def test_one_wrong_row_stores_nothing_and_keeps_what_was_typed(stall, packs):
    fields = said(stall.page(TABLE))
    fields[f"p{packs[0]}-price_vnd"], fields[f"p{packs[1]}-on_hand"] = "105k", "nhiều"
    answer = stall.post(TABLE, **fields)
    assert answer.status_code == 422
    assert "Chè dây" in answer.text.split("</ul>")[0]
    assert 'value="105k"' in answer.text
    assert 'value="nhiều"' in answer.text
    assert price_and_count(packs[0]) == (95_000, 20)


def test_a_price_far_off_is_asked_about_once_in_its_row(stall, packs):
    fields = said(stall.page(TABLE))
    fields[f"p{packs[0]}-price_vnd"], fields[f"p{packs[1]}-on_hand"] = "9500", "7"
    asked = stall.post(TABLE, **fields)
    assert asked.status_code == 422
    assert "lệch 10 lần" in asked.text
    assert price_and_count(packs[1]) == (95_000, 20)
    assert stall.post(TABLE, **said(asked.text)).status_code == 303
    assert price_and_count(packs[0]) == (9_500, 20)
    assert price_and_count(packs[1]) == (95_000, 7)


def test_who_saves_second_is_told_and_can_save_again(stall, packs):
    fields = said(stall.page(TABLE))
    with transaction() as session:
        count_stock(session, variant_id=packs[0], on_hand=18, now=NOON)
    fields[f"p{packs[0]}-on_hand"], fields[f"p{packs[1]}-price_vnd"] = "25", "90k"
    answer = stall.post(TABLE, **fields)
    assert answer.status_code == 409
    assert "vừa thành 18" in answer.text
    assert price_and_count(packs[1]) == (95_000, 20)
    assert stall.post(TABLE, **said(answer.text)).status_code == 303
    assert price_and_count(packs[0]) == (95_000, 25)
    assert price_and_count(packs[1]) == (90_000, 20)


def test_a_row_that_she_left_alone_may_move_meanwhile(stall, packs):
    fields = said(stall.page(TABLE))
    with transaction() as session:
        count_stock(session, variant_id=packs[0], on_hand=18, now=NOON)
    fields[f"p{packs[1]}-price_vnd"] = "90k"
    assert stall.post(TABLE, **fields).status_code == 303
    assert price_and_count(packs[0]) == (95_000, 18)


def test_a_count_below_what_buyers_wait_for_is_refused_beside_its_row(stall, packs, an_order):
    an_order(5, packs[0])
    fields = said(stall.page(TABLE)) | {f"p{packs[0]}-on_hand": "4"}
    answer = stall.post(TABLE, **fields)
    assert answer.status_code == 409
    assert "Khách đang đặt 5" in answer.text


def test_packs_of_another_stall_are_neither_shown_nor_changed(stall, packs, a_variant):
    foreign = a_variant("Của người khác")
    page = stall.page(TABLE)
    assert "Của người khác" not in page
    stall.post(
        TABLE, **said(page), **{f"p{foreign}-price_vnd": "1k", f"p{foreign}-price_was": "95000"}
    )
    assert price_and_count(foreign).price_vnd == 95_000


def test_many_packs_ask_no_more_than_few(stall, packs, a_variant, count_queries):
    with count_queries() as few:
        stall.page(TABLE)
    for n in range(12):
        a_variant(f"Món {n}", seller_id=stall.id)
    with count_queries() as many:
        stall.page(TABLE)
    assert len(many) == len(few) <= 8


@pytest.mark.parametrize(
    ("change", "stands", "faults"),
    [
        (GoodsChange(1, price_vnd=(10, 20)), (10, 5, 0), []),
        (GoodsChange(1, price_vnd=(10, 20)), (20, 5, 0), []),
        (GoodsChange(1, price_vnd=(10, 20)), (15, 5, 0), [RowFault(1, "price", 15)]),
        (GoodsChange(1, on_hand=(5, 3)), (10, 5, 3), []),
        (GoodsChange(1, on_hand=(5, 3)), (10, 5, 4), [RowFault(1, "reserved", 4)]),
        (GoodsChange(1, on_hand=(5, 3)), (10, 6, 4), [RowFault(1, "on_hand", 6)]),
        (GoodsChange(1), (1, 1, 1), []),
    ],
)
def test_what_stands_against_a_row(change, stands, faults):
    price_vnd, on_hand, reserved = stands
    assert row_faults(change, price_vnd=price_vnd, on_hand=on_hand, reserved=reserved) == faults


@both_engines
def test_of_two_who_save_at_once_one_is_told(app, a_seller, a_variant):
    seller_id = a_seller()
    variant_id = a_variant(seller_id=seller_id, on_hand=20)
    ready, outcomes = threading.Barrier(2), []

    def save(price_vnd):
        with app.app_context():
            ready.wait()
            try:
                in_transaction(
                    lambda session: change_goods(
                        session, seller_id=seller_id, actor_id=None,
                        changes=[GoodsChange(variant_id, price_vnd=(95_000, price_vnd))], **WHO,
                    )
                )  # fmt: skip
                outcomes.append(price_vnd)
            except RowsMovedOn as refusal:
                outcomes.append(refusal.faults[0].what)
            finally:
                db.session.remove()

    threads = [threading.Thread(target=save, args=(price,)) for price in (90_000, 99_000)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert "price" in outcomes
    assert price_and_count(variant_id).price_vnd in outcomes
