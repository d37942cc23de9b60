"""Seasonal goods: on the shelves while it is their season, else said in words when they come again."""

from datetime import date, timedelta

import pytest
import time_machine

from shop.catalogue.jobs import turn_seasons_of_day
from shop.catalogue.models import Category, Product
from shop.catalogue.queries import variants_of
from shop.catalogue.season_rules import (
    Away,
    SeasonHalf,
    SeasonTurned,
    away_of,
    check_season,
    current,
)
from shop.db import db
from shop.kernel.clock import now_utc, vietnam_date
from shop.sellers.models import Seller
from tests.operations.conftest import Desk

MAY, AUGUST = date(2026, 5, 1), date(2026, 8, 31)


def test_goods_are_away_before_and_after_their_season():
    for day, away in (
        (date(2026, 4, 30), Away(MAY)), (MAY, None), (AUGUST, None), (date(2026, 9, 1), Away(None)),
    ):  # fmt: skip
        assert away_of(MAY, AUGUST, False, day) == away
    assert away_of(None, None, False, MAY) is None
    assert away_of(MAY, AUGUST, True, date(2026, 9, 1)) == Away(date(2027, 5, 1))


def test_a_season_over_the_new_year_and_the_29th_of_february_come_again():
    assert current(date(2026, 11, 15), date(2027, 2, 10), True, date(2027, 3, 1)) == (
        date(2027, 11, 15), date(2028, 2, 10),
    )  # fmt: skip
    assert current(date(2028, 2, 29), date(2028, 3, 20), True, date(2028, 4, 1))[0] == date(
        2029, 2, 28
    )


def test_days_that_make_no_season_are_refused():
    check_season(None, None)
    check_season(MAY, MAY)
    for pair in ((MAY, None), (None, MAY)):
        with pytest.raises(SeasonHalf):
            check_season(*pair)
    for pair in ((AUGUST, MAY), (MAY, MAY + timedelta(days=360))):
        with pytest.raises(SeasonTurned):
            check_season(*pair)


def test_a_season_ends_and_begins_by_itself_on_every_page(
    app, client, a_seller, a_category, a_product, an_account, sign_in
):  # fmt: skip
    owner = an_account("Sương")
    stall, shelf = a_seller(owner_id=owner), a_category()
    her = Desk(sign_in(owner, "seller"), owner)
    product = a_product("Mít sấy", seller_id=stall, category_id=shelf)
    a_product("Mít tươi", seller_id=stall, category_id=shelf)
    slug, product_id, shelf_slug = product.slug, product.id, db.session.get(Category, shelf).slug
    maker = db.session.get_one(Seller, stall).slug
    pack = variants_of(db.session(), product_id)[0].id
    db.session.rollback()
    client.post("/gio/them", data={"mon": pack, "so": "1"})
    today = vietnam_date(now_utc())
    said = {
        "title_vi": "Mít sấy", "unit_vi": "hũ", "category_id": shelf, "allergens": "none",
        "season_from": f"{today - timedelta(days=40)}", "season_to": f"{today}",
    }  # fmt: skip
    edit = f"/ban-hang/hang/{product_id}"
    half = her.post(edit, **{**said, "season_to": ""})
    assert half.status_code == 422
    assert "cả ngày đầu và ngày cuối" in half.text
    assert her.post(edit, **said, season_yearly="y").status_code == 303
    visitor = app.test_client()
    lists = ("/hang-hoa", f"/loai/{shelf_slug}")
    for page in (*lists, f"/san-pham/{slug}"):
        assert "Hết mùa" not in visitor.get(page).text
        assert "Mít sấy" in visitor.get(page).text

    with time_machine.travel(now_utc() + timedelta(days=1)):
        # By the page itself at once, before any job ran.
        assert visitor.post("/gio/them", data={"mon": pack, "so": "1"}).status_code == 409
        turn_seasons_of_day(now_utc())
        page = visitor.get(f"/san-pham/{slug}").text
        again = vietnam_date(now_utc()) - timedelta(days=41)
        again = again.replace(year=again.year + 1)
        assert f"Hết mùa, có lại khoảng tháng {again.month}/{again.year}" in page
        assert "Thêm vào giỏ" not in page
        assert "OutOfStock" in page
        assert (
            f"Out of season, back around {again:%B %Y}" in visitor.get(f"/en/san-pham/{slug}").text
        )
        for place in lists:
            assert "Mít sấy" not in visitor.get(place).text
            assert "Mít tươi" in visitor.get(place).text
        assert "Hết mùa" in visitor.get(f"/nguoi-lam/{maker}").text
        found = visitor.get("/tim?tu=mit").text
        assert found.index("Mít tươi") < found.index("Mít sấy")
        for sort in ("moi", "gia-tang", "gia-giam"):
            found = visitor.get(f"/tim?tu=mit&xep={sort}").text
            assert found.index("/mit-tuoi") < found.index("/mit-say"), sort
        cart = client.get("/gio").text
        assert "Món này hết mùa, có lại khoảng" in cart
        assert "out of season" in client.get("/en/gio").text
        refused = client.post("/gio/vua-hang")
        assert refused.status_code == 303  # Taken out as what is not sold.
        assert db.session.get_one(Category, shelf).product_count == 1
        assert db.session.get_one(Seller, stall).product_count == 2
        db.session.rollback()

    with time_machine.travel(now_utc() + timedelta(days=366 - 20)):
        turn_seasons_of_day(now_utc())
        assert "Thêm vào giỏ" in visitor.get(f"/san-pham/{slug}").text
        for place in lists:
            assert "Mít sấy" in visitor.get(place).text
    assert db.session.get_one(Product, product_id).off_season is False
    assert db.session.get_one(Category, shelf).product_count == 2


def test_a_turn_of_seasons_touches_nothing_else(app, a_product):
    product = a_product("Muối")
    version = product.version
    turn_seasons_of_day(now_utc())
    db.session.rollback()
    assert db.session.get_one(Product, product.id).version == version
