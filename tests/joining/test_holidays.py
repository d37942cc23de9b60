"""A seller on holiday: pages say until when, nothing is ordered, and it ends by itself."""

from datetime import UTC, datetime, timedelta

import time_machine

from shop.db import db
from shop.kernel.clock import now_utc, vietnam_date
from shop.sellers.jobs import bring_back
from shop.sellers.models import Seller
from tests.operations.conftest import Desk


def test_a_holiday_is_said_everywhere_stops_orders_and_ends_by_itself(
    app, client, a_seller, a_variant, an_account, sign_in
):
    owner = an_account("Sương")
    stall = a_seller(owner_id=owner)
    variant = a_variant(seller_id=stall)
    her = Desk(sign_in(owner, "seller"), owner)
    slug = db.session.get_one(Seller, stall).slug
    product = a_product_of(variant)
    client.post("/gio/them", data={"mon": variant, "so": "1"})
    assert "không còn bán" not in client.get("/gio").text

    last = vietnam_date(now_utc()) + timedelta(days=3)
    for wrong in (last - timedelta(days=4), last + timedelta(days=400)):
        refused = her.post("/ban-hang/gian-hang/nghi", until=f"{wrong}")
        assert refused.status_code == 422
        assert '<a href="#until">Chị nghỉ được từ hôm nay' in refused.text
        assert 'id="until-loi"' in refused.text
    assert her.post("/ban-hang/gian-hang/nghi", until="").status_code == 422
    assert her.post("/ban-hang/gian-hang/nghi", until=f"{last}").status_code == 303

    other = app.test_client()
    for page in (f"/san-pham/{product}", f"/nguoi-lam/{slug}", "/hang-hoa"):
        assert "nghỉ tới hết" in other.get(page).text, page
    assert "Thêm vào giỏ" not in other.get(f"/san-pham/{product}").text
    assert "OutOfStock" in other.get(f"/san-pham/{product}").text
    refused = other.post("/gio/them", data={"mon": variant, "so": "1"})
    assert refused.status_code == 409
    assert "nghỉ tới hết ngày" in refused.text
    assert "Người bán nghỉ tới hết ngày" in client.get("/gio").text
    assert "holiday" in client.get("/en/gio").text

    with time_machine.travel(now_utc() + timedelta(days=4)):
        assert "nghỉ tới hết" not in client.get("/gio").text
        assert other.post("/gio/them", data={"mon": variant, "so": "1"}).status_code == 303
        bring_back(now_utc())
        for page in (f"/san-pham/{product}", f"/nguoi-lam/{slug}", "/hang-hoa"):
            assert "nghỉ tới hết" not in other.get(page).text, page
    assert db.session.get_one(Seller, stall).away_until is None


def test_she_comes_back_early_and_another_cannot_send_her_away(app, a_seller, an_account, sign_in):
    owner, other = an_account("Sương"), an_account("Hoa")
    stall = a_seller(owner_id=owner)
    beside = a_seller("Hoa", owner_id=other)
    last = vietnam_date(now_utc()) + timedelta(days=3)
    Desk(sign_in(other, "seller"), other).post("/ban-hang/gian-hang/nghi", until=f"{last}")
    her = Desk(sign_in(owner, "seller"), owner)
    assert db.session.get_one(Seller, stall).away_until is None
    assert db.session.get_one(Seller, beside).away_until == last
    db.session.rollback()
    her.post("/ban-hang/gian-hang/nghi", until=f"{last}")
    assert "Chị nghỉ tới hết ngày" in her.get("/ban-hang/gian-hang").text
    assert her.post("/ban-hang/gian-hang/ban-lai").status_code == 303
    db.session.rollback()
    assert db.session.get_one(Seller, stall).away_until is None


def a_product_of(variant: int) -> str:
    from shop.catalogue.models import Product, Variant

    found = db.session.get_one(Variant, variant)
    slug = db.session.get_one(Product, found.product_id).slug
    db.session.rollback()
    return slug


def test_the_trail_writes_the_last_day_of_a_holiday_as_people_do(
    app, a_seller, an_account, sign_in
):
    owner, operator = an_account("Sương"), an_account("Hảo", operator=True)
    a_seller(owner_id=owner)
    with time_machine.travel(datetime(2026, 12, 15, 5, tzinfo=UTC), tick=False):
        her = Desk(sign_in(owner, "seller"), owner)
        her.post("/ban-hang/gian-hang/nghi", until="2026-12-20")
        desk = sign_in(operator, "operator")
        for page, last in (("", "20/12/2026"), ("/en", "20 Dec 2026")):
            told = desk.get(f"{page}/dieu-hanh/nhat-ky").text
            assert last in told
            assert "2026-12-20" not in told
