"""Orders that a seller writes for somebody: read from a message, looked at, and the buyer's own link."""

import re

import pytest
from sqlalchemy import func, select

from shop.audit.models import AuditEntry
from shop.db import db
from shop.ordering.models import Order, SellerOrder, WrittenOrder
from shop.ordering.queries import contact_of
from tests.engines import both_engines

PAGE = "/ban-hang/viet-don"
CHAT = (
    "chi oi 2 hu bot ngu coc nhe\nTên: Lan\n0905 000 123\nđịa chỉ: 15 Lê Lợi, xã Quế Phước, Đà Nẵng"
)
ATTEMPT = "ab" * 16


@pytest.fixture
def flour(stall, a_variant):
    return a_variant("Bột ngũ cốc", seller_id=stall.id, on_hand=10)


def read(stall, words=CHAT, **more):
    return stall.post(PAGE, token_from=PAGE, buoc="doc", words=words, **more)


def value(page, name):
    found = re.search(rf'<input[^>]*name="{name}"[^>]*>', page)
    assert found, name
    kept = re.search(r'value="([^"]*)"', found[0])
    return kept[1] if kept else ""


def fields(flour, **more):
    return {
        "buoc": "ghi", "words": CHAT, "channel": "chat", "name": "Lan", "phone": "0905 000 123",
        "way": "delivery", "place": "xã Quế Phước, Đà Nẵng", "line1": "15 Lê Lợi", "method": "cod",
        f"n{flour}": "2", "attempt": ATTEMPT, **more,
    }  # fmt: skip


def orders():
    db.session.rollback()
    return db.session.scalar(select(func.count(Order.id)))


def test_a_message_is_read_into_the_fields_and_stores_nothing(stall, flour):
    answer = read(stall)
    assert answer.status_code == 200
    page = answer.text
    assert (value(page, "name"), value(page, "line1"), value(page, f"n{flour}")) == (
        "Lan",
        "15 Lê Lợi",
        "2",
    )
    assert value(page, "phone").replace(" ", "") == "0905000123"
    assert "Quế Phước" in page
    assert "chi oi 2 hu" in page
    assert orders() == 0


def test_what_she_typed_herself_stays_and_what_is_not_understood_is_said(stall, flour):
    page = read(stall, "Tên: Lan, xin hỏi mai có họp không", name="Ngọc").text
    assert value(page, "name") == "Ngọc"
    assert "Chưa hiểu" in page


@both_engines
def test_the_order_is_the_buyers_with_her_link_and_the_words_are_kept(
    app, a_stall, a_variant, client
):
    stall = a_stall()
    flour = a_variant("Bột ngũ cốc", seller_id=stall.id, on_hand=10)
    answer = stall.post(PAGE, token_from=PAGE, **fields(flour))
    assert answer.status_code == 303, answer.text
    again = stall.post(PAGE, token_from=PAGE, **fields(flour))
    assert again.headers["Location"] == answer.headers["Location"]  # Sent twice, written once.
    assert orders() == 1
    order = db.session.scalars(select(Order)).one()
    contact = contact_of(order)
    assert (contact.name, contact.phone, contact.street) == ("Lan", "+84905000123", "15 Lê Lợi")
    assert (order.account_id, order.ward_code) == (None, "20669")
    part = db.session.scalars(select(SellerOrder)).one()
    assert (part.state, part.seller_id, part.method) == ("placed", stall.id, "cod")
    kept = db.session.scalars(select(WrittenOrder)).one()
    assert (kept.channel, kept.written_by_id) == ("chat", stall.owner_id)
    assert b"2 hu" not in kept.original
    lines = db.session.scalars(select(AuditEntry.action)).all()
    assert lines.count("order.written_for") == 1
    db.session.rollback()
    page = stall.page(f"/ban-hang/don/{part.id}")
    assert "chi oi 2 hu bot ngu coc nhe" in page
    link = re.search(r"(/d/[^\s<\"]+)", page)[1]
    shown = client.get(link, follow_redirects=True)
    assert shown.status_code == 200
    assert "Bột ngũ cốc" in shown.text


@pytest.mark.parametrize(
    ("wrong", "status"),
    [({"name": ""}, 422), ({"phone": "12"}, 422), ({"place": ""}, 422), ({"method": "card"}, 422),
     ({"channel": "x"}, 422)],
)  # fmt: skip
def test_what_is_missing_is_asked_and_nothing_is_stored(stall, flour, wrong, status):
    assert stall.post(PAGE, token_from=PAGE, **fields(flour, **wrong)).status_code == status
    assert orders() == 0


@pytest.mark.parametrize("count", ["0", "", "x", "1000"])
def test_without_goods_there_is_no_order(stall, flour, count):
    answer = stall.post(PAGE, token_from=PAGE, **fields(flour, **{f"n{flour}": count}))
    assert answer.status_code in (409, 422)
    assert orders() == 0


def test_more_than_there_is_is_refused(stall, flour):
    assert (
        stall.post(PAGE, token_from=PAGE, **fields(flour, **{f"n{flour}": "11"})).status_code == 409
    )
    assert orders() == 0


def test_another_stalls_goods_are_not_hers_to_sell(stall, flour, a_seller, a_variant):
    foreign = a_variant(seller_id=a_seller(), on_hand=10)
    answer = stall.post(PAGE, token_from=PAGE, **fields(flour, **{f"n{foreign}": "1"}))
    assert answer.status_code == 404
    assert orders() == 0


def test_who_comes_herself_needs_no_address(stall, flour, point_of):
    point = point_of(stall.id)
    more = {"way": str(point), "place": "", "line1": "", "channel": "stall", "words": ""}
    answer = stall.post(PAGE, token_from=PAGE, **fields(flour, **more))
    assert answer.status_code == 303, answer.text
    assert db.session.scalar(select(SellerOrder.delivery)) == "pickup"
