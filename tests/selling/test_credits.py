"""A code instead of money, on pages: the buyer's link, the seller's order, the mails in between."""

import re

import pytest
from sqlalchemy import select

from shop.db import db
from shop.ordering.models import Order, SellerOrder
from shop.ordering.queries import link_token
from shop.payments.models import Credit, Payment
from shop.payments.queries.credits import credits_of_order
from tests.engines import both_engines
from tests.selling.test_refunds import PHONE, states

CODE = re.compile(r"[0-9A-HJKMNP-TV-Z]{4}(?:-[0-9A-HJKMNP-TV-Z]{4}){2}")


def take(browser, address: str, **typed: str):
    fields = {f"lay-ma1-{name}": value for name, value in typed.items()}
    return browser.post(f"{address}/nhan-lai/1/ma", data=fields)


def left() -> list[int]:
    db.session.rollback()
    found = list(db.session.scalars(select(Credit.left_vnd).order_by(Credit.id)))
    db.session.rollback()
    return found


def the_code() -> str:
    order = db.session.scalars(select(Credit.order_id)).first()
    found = next(iter(credits_of_order(db.session(), order).values())).code
    db.session.rollback()
    return found


@both_engines
def test_a_buyer_takes_a_code_by_her_link_once_she_proves_who_she_is(cancelled, by_link):
    browser, address = by_link()
    assert "Hoặc lấy mã mua hàng thay tiền" in browser.get(address).text
    assert take(browser, address).status_code == 422
    assert take(browser, address, proof="0905 000 999").status_code == 422
    assert left() == []
    answer = take(browser, address, proof=PHONE)
    assert answer.status_code == 303
    assert states() == [(120_000, "done")]
    assert left() == [120_000]
    # The link alone shows that there is a code, and not the code.
    page = browser.get(address).text
    assert "Ghi số điện thoại để xem mã" in page
    assert the_code() not in page
    assert browser.post(f"{address}/mo", data={"proof": PHONE}).status_code == 303
    assert the_code() in browser.get(address).text
    # Taken twice it is one code; the account can be given no more.
    take(browser, address, proof=PHONE)
    assert left() == [120_000]


@pytest.fixture
def another_order(stall, in_state, app):
    """A code of that stall, and another order with it: (browser at its link, address, part)."""

    def make():
        part = in_state("placed", seller_id=stall.id, method="transfer")
        order = db.session.get_one(SellerOrder, part).order_id
        row = db.session.get_one(Order, order)
        token, code = link_token(row), row.code
        db.session.rollback()
        browser = app.test_client()
        browser.get(f"/d/{token}")
        return browser, f"/don/{code}", part

    return make


@both_engines
def test_a_code_pays_on_the_page_of_the_next_order_and_the_seller_reads_it(
    cancelled, by_link, another_order, stall
):  # fmt: skip
    first, address = by_link()
    take(first, address, proof=PHONE)
    browser, page, part = another_order()
    shown = browser.get(page).text
    assert "Anh/chị có mã mua hàng?" in shown
    wrong = browser.post(f"{page}/tra-bang-ma/1", data={"tra-bang-ma1-ma": "ABCD-EFGH-0000"})
    assert wrong.status_code == 409
    assert "Chợ chưa thấy mã mua hàng này" in wrong.text
    assert browser.post(f"{page}/tra-bang-ma/1", data={}).status_code == 422
    assert browser.post(f"{page}/tra-bang-ma/2", data={"tra-bang-ma2-ma": "x"}).status_code == 404
    assert left() == [120_000]
    paid = browser.post(f"{page}/tra-bang-ma/1", data={"tra-bang-ma1-ma": the_code().lower()})
    assert paid.status_code == 303
    assert left() == [0]
    db.session.rollback()
    received = db.session.scalars(select(Payment.received_vnd).order_by(Payment.id)).all()
    db.session.rollback()
    assert received == [120_000, 120_000]
    assert "bằng mã mua hàng" in browser.get(page).text
    hers = stall.get(f"/ban-hang/don/{part}").text
    assert "Khách trả bằng mã mua hàng" in hers
    assert "/tien/lui/" not in hers
    # What a code paid is spent: the same again is told so.
    third, elsewhere, _ = another_order()
    spent = third.post(f"{elsewhere}/tra-bang-ma/1", data={"tra-bang-ma1-ma": the_code()})
    assert (spent.status_code, "đã dùng hết" in spent.text) == (409, True)


def test_who_only_tracks_an_order_neither_takes_nor_spends_a_code(cancelled, by_link, app):
    _, address = by_link()
    tracker = app.test_client()
    tracker.post("/tra-don", data={"code": address.rpartition("/")[2], "last4": "5678"})
    assert take(tracker, address, proof=PHONE).status_code == 404
    assert (
        tracker.post(f"{address}/tra-bang-ma/1", data={"tra-bang-ma1-ma": "x"}).status_code == 404
    )
    assert left() == []


def test_so_many_codes_an_hour_are_looked_up(cancelled, by_link, another_order):
    browser, page, _ = another_order()
    codes = [
        browser.post(f"{page}/tra-bang-ma/1", data={"tra-bang-ma1-ma": f"ABCDEFGH{n:04d}"})
        for n in range(21)
    ]
    assert [answer.status_code for answer in codes] == [409] * 20 + [429]


@both_engines
def test_the_seller_notes_that_the_buyer_wants_a_code_and_never_sees_it(
    cancelled, by_link, stall
):  # fmt: skip
    _, at = cancelled
    number = re.search(rf"{at}/tra/(\d+)/ma", stall.get(at).text)
    assert number
    assert stall.post(f"{at}/tra/{number[1]}/ma").status_code == 303
    assert left() == [120_000]
    page = stall.get(at).text
    assert "Vào mã mua hàng của khách" in page
    assert the_code() not in page
    assert "Khách còn mua được bằng mã" in stall.get("/ban-hang/tien").text
    lines = stall.get("/ban-hang/tien/dong?o=ma-khach").text
    assert "Khách lấy mã mua hàng thay tiền" in lines


def test_the_seller_lets_the_buyer_have_a_little_as_a_code(stall, in_state):
    part = in_state("placed", seller_id=stall.id, method="transfer")
    at = f"/ban-hang/don/{part}"
    stall.post(f"{at}/tien", so_tien="120k", sau="0")
    assert stall.post(f"{at}/hua-tra", so_tien="20k", sau="0", bang_ma="y").status_code == 303
    assert states() == [(20_000, "done")]
    assert left() == [20_000]


def test_the_buyer_is_written_that_there_is_a_code_and_the_mail_holds_none(
    cancelled, by_link, another_order, deliver, mails
):  # fmt: skip
    browser, address = by_link()
    take(browser, address, proof=PHONE)
    deliver()
    told = [mail for mail in mails() if "mã mua hàng" in mail["Subject"]]
    assert len(told) == 1
    body = told[0].get_body().get_content()
    assert "/d/" in body
    assert not CODE.search(body)
    other, page, _ = another_order()
    other.post(f"{page}/tra-bang-ma/1", data={"tra-bang-ma1-ma": the_code()})
    deliver()
    assert any(
        "mã mua hàng đã trả 120.000" in mail["Subject"].replace("\u00a0", " ") for mail in mails()
    )
