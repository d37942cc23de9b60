"""Goods that somebody buys at the seller's own stall and takes with her: written down, given, paid."""

import re

import pytest
from sqlalchemy import func, select

from shop.db import db, transaction
from shop.kernel.clock import now_utc, vietnam_date
from shop.notifications.models import Notice
from shop.operations.proofs import broken
from shop.ordering.models import LineItem, Order, SellerOrder, SellerOrderMove
from shop.ordering.queries import contact_of
from shop.payments.models import CodCollection, Payment
from shop.sellers.helping import grant_help
from shop.stock.models import StockLevel
from tests.engines import both_engines
from tests.selling.conftest import StallInHand
from tests.selling.test_returns import fields as coming_back

PAGE = "/ban-hang/viet-don"


def fields(flour, **more):
    return {
        "buoc": "ghi", "channel": "stall", "name": "Chị áo xanh", "phone": "", "way": "here",
        "place": "", "line1": "", "method": "cod", f"n{flour}": "2", "attempt": "cd" * 16, **more,
    }  # fmt: skip


def write(stall, flour, **more):
    answer = stall.post(PAGE, token_from=PAGE, **fields(flour, **more))
    db.session.rollback()
    return answer


def stock_of(flour):
    row = db.session.execute(
        select(StockLevel.on_hand, StockLevel.reserved).where(StockLevel.variant_id == flour)
    ).one()
    db.session.rollback()
    return tuple(row)


def cash():
    row = db.session.execute(
        select(CodCollection.state, CodCollection.taken_by, CodCollection.received_vnd)
    ).one()
    db.session.rollback()
    return tuple(row)


def books_are_right():
    assert broken(db.session()) == {}
    db.session.rollback()


@both_engines
def test_what_is_given_at_the_stall_is_sold_given_and_paid(app, a_stall, a_variant, client):
    stall = a_stall()
    flour = a_variant("Bột ngũ cốc", seller_id=stall.id, on_hand=10, price_vnd=95_000)
    answer = write(stall, flour)
    assert answer.status_code == 303, answer.text
    again = write(stall, flour)
    assert again.headers["Location"] == answer.headers["Location"]  # Sent twice, sold once.
    order = db.session.scalars(select(Order)).one()
    part = db.session.scalars(select(SellerOrder)).one()
    assert (part.state, part.delivery, part.pickup_point_id) == ("delivered", "pickup", None)
    assert (part.shipping_vnd, part.total_vnd, part.reserved_until) == (0, 190_000, None)
    assert (contact_of(order).name, contact_of(order).phone, order.phone_index) == (
        "Chị áo xanh", "", "",
    )  # fmt: skip
    steps = db.session.scalars(select(SellerOrderMove.to_state).order_by(SellerOrderMove.id)).all()
    assert steps == ["placed", "confirmed", "packed", "ready_for_pickup", "delivered"]
    part_id = part.id
    db.session.rollback()
    assert stock_of(flour) == (8, 0)
    assert cash() == ("remitted", "seller", 190_000)
    books_are_right()
    page = stall.page(f"/ban-hang/don/{part_id}")
    assert "Đã giao tận tay ở sạp" in page
    assert "None" not in page
    assert 'href="tel:"' not in page
    link = re.search(r"(/d/[^\s<\"]+)", page)[1]
    shown = client.get(link, follow_redirects=True).text
    assert "Đã giao tận tay ở sạp" in shown
    assert "Đã trả tiền khi nhận hàng" in shown
    assert "None" not in shown
    code = re.search(r"/don/([A-Z0-9]{8})", shown)[1]
    assert "Handed over at the stall" in client.get(f"/en/don/{code}").text
    for address in ("/ban-hang?xem=xong", f"/ban-hang/don/{part_id}/phieu", "/ban-hang/so-lieu"):
        assert "None" not in stall.page(address), address
    assert "mua ở sạp" in stall.page("/ban-hang?xem=xong")


@both_engines
def test_what_comes_back_goes_the_ways_of_every_return(app, a_stall, a_variant):
    stall = a_stall()
    flour = a_variant("Bột ngũ cốc", seller_id=stall.id, on_hand=10, price_vnd=95_000)
    assert write(stall, flour).status_code == 303
    part = db.session.scalars(select(SellerOrder.id)).one()
    db.session.rollback()
    line = db.session.scalars(select(LineItem.id)).one()
    db.session.rollback()
    back = stall.post(f"/ban-hang/don/{part}/tra-hang", **coming_back(line, "2"))
    assert back.status_code == 303, back.text
    assert stock_of(flour) == (10, 0)
    assert "190.000" in stall.page(f"/ban-hang/don/{part}")
    books_are_right()


@both_engines
def test_a_transfer_waits_until_she_sees_it(app, a_stall, a_variant, client):
    stall = a_stall()
    flour = a_variant("Bột ngũ cốc", seller_id=stall.id, on_hand=10, price_vnd=95_000)
    assert write(stall, flour, method="transfer").status_code == 303
    part = db.session.scalars(select(SellerOrder)).one()
    payment = db.session.scalars(select(Payment)).one()
    assert (part.state, payment.amount_vnd, payment.received_vnd) == ("delivered", 190_000, 0)
    part_id = part.id
    db.session.rollback()
    books_are_right()
    page = stall.page(f"/ban-hang/don/{part_id}")
    link = re.search(r"(/d/[^\s<\"]+)", page)[1]
    shown = client.get(link, follow_redirects=True).text
    assert "chưa nhận được" in shown
    received = stall.post(f"/ban-hang/don/{part_id}/tien", so_tien="190k", sau="0")
    assert received.status_code == 303, received.text
    assert db.session.scalar(select(Payment.received_vnd)) == 190_000
    db.session.rollback()
    books_are_right()


def test_a_phone_that_is_named_is_kept_and_a_wrong_one_is_said(stall, a_variant):
    flour = a_variant("Bột ngũ cốc", seller_id=stall.id, on_hand=10)
    assert write(stall, flour, phone="12").status_code == 422
    assert write(stall, flour, phone="0905 000 123").status_code == 303
    assert contact_of(db.session.scalars(select(Order)).one()).phone == "+84905000123"


@pytest.mark.parametrize(
    ("wrong", "status"),
    [({"channel": "chat"}, 422), ({"name": ""}, 422), ({"method": "card"}, 422),
     ({"way": "delivery"}, 422), ({"way": "anywhere"}, 422)],
)  # fmt: skip
def test_only_what_is_bought_at_the_stall_is_given_there(stall, a_variant, wrong, status):
    flour = a_variant("Bột ngũ cốc", seller_id=stall.id, on_hand=10)
    assert write(stall, flour, **wrong).status_code == status
    assert db.session.scalar(select(func.count(Order.id))) == 0
    db.session.rollback()
    assert stock_of(flour) == (10, 0)


def test_more_than_there_is_cannot_be_given(stall, a_variant):
    flour = a_variant("Bột ngũ cốc", seller_id=stall.id, on_hand=1)
    assert write(stall, flour).status_code == 409
    assert db.session.scalar(select(func.count(Order.id))) == 0


def test_a_helper_who_may_not_say_that_money_came_leaves_the_counting_to_the_owner(
    stall, a_variant, an_account, sign_in
):
    flour = a_variant("Bột ngũ cốc", seller_id=stall.id, on_hand=10, price_vnd=95_000)
    helper, now = an_account("Lê Thị Lan"), now_utc()
    with transaction() as session:
        grant_help(
            session, seller_id=stall.id, helper_id=helper, owner_id=stall.owner_id,
            rights=["move_orders"], last_day=vietnam_date(now), consent_kind="voice",
            consent_on=vietnam_date(now), actor_id=None, actor_name="Hương", now=now,
        )  # fmt: skip
    hers = StallInHand(stall.id, helper, sign_in(helper, "seller"))
    answer = hers.post(PAGE, token_from="/ban-hang/giup", **fields(flour))
    assert answer.status_code == 303
    db.session.rollback()
    assert cash() == ("with_seller", "seller", 0)
    books_are_right()


def test_nobody_is_told_of_a_new_order_that_is_done(stall, a_variant, deliver, mails):
    flour = a_variant("Bột ngũ cốc", seller_id=stall.id, on_hand=10)
    assert write(stall, flour).status_code == 303
    deliver()
    kinds = db.session.scalars(select(Notice.kind)).all()
    assert "order_new" not in kinds
