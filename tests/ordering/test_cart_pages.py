"""The cart's page and its posts, as a browser sees them."""

import re

import pytest
from sqlalchemy import select, update

from shop.catalogue.models import Variant
from shop.db import db, transaction
from shop.ordering import queries
from shop.ordering.models import Cart, CartItem
from shop.stock import actions as stock
from tests.conftest import NOON
from tests.ordering.proof import how_many


def add(client, variant_id, **more):
    return client.post("/gio/them", data={"mon": variant_id, **more})


def content() -> dict[int, int]:
    db.session.rollback()
    rows = db.session.execute(
        select(CartItem.variant_id, CartItem.quantity).where(CartItem.removed_at.is_(None))
    )
    return dict(rows.all())


def page(client, address="/gio") -> str:
    answer = client.get(address)
    assert answer.status_code == 200
    return re.sub(r"\s+", " ", answer.text.replace("\u00a0", " "))


def words(html: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", html))


def test_a_visitor_puts_a_thing_in_and_her_browser_keeps_a_secret(client, a_variant):
    answer = add(client, jar := a_variant(), so=2)
    assert (answer.status_code, answer.location) == (303, f"/gio?da=them-gio&mon={jar}")
    cookie = answer.headers["Set-Cookie"]
    for part in ("cart=", "HttpOnly", "SameSite=Lax", "Path=/", "Max-Age=2592000"):
        assert part in cookie
    assert "Secure" not in cookie
    assert len(re.match(r"cart=([^;]+)", cookie)[1]) == 32
    assert content() == {jar: 2}
    assert "190.000 đồng" in page(client)


def test_what_was_just_put_in_is_named(client, a_variant):
    jar, other = a_variant("Bột mè đen"), a_variant("Mật ong")
    add(client, other)
    shown = client.get(add(client, jar).location).text
    assert "Đã thêm Bột mè đen, hũ 500\u00a0g vào giỏ." in shown
    assert "Đã thêm vào giỏ." in client.get("/gio?da=them-gio&mon=999999999").text
    assert "Đã thêm" not in client.get(f"/gio?da=khong-co&mon={jar}").text


def test_a_second_tap_is_told_with_how_many_there_are_now(client, a_variant):
    jar = a_variant("Bột mè đen")
    once = client.get(add(client, jar).location).text
    assert "Trong giỏ giờ có" not in once
    twice = client.get(add(client, jar).location).text
    assert (
        "Đã thêm Bột mè đen, hũ 500\u00a0g vào giỏ. Trong giỏ giờ có 2, anh/chị đổi số ở dưới."
        in twice
    )


def test_over_https_the_cookie_is_secure(make_app, a_variant):
    jar = a_variant()
    safe = make_app(base_url="https://localhost")
    answer = add(safe.test_client(), jar)
    assert "Secure" in answer.headers["Set-Cookie"]


def test_the_page_groups_by_maker_with_fee_days_and_sums(client, a_seller, a_variant):
    first, second = a_seller("Bột Gò Mít"), a_seller("Tổ đan Tay Ấm", person="cô Lành")
    add(client, a_variant("Bột", seller_id=first), so=2)
    add(client, a_variant("Rổ tre", seller_id=second, price_vnd=120_000))
    shown = words(page(client))
    assert "2 món của 2 người bán, tiền hàng là 310.000 đồng , chưa tính phí giao." in shown
    assert "Phí giao từ 20.000 đồng đến 40.000 đồng" in shown
    assert shown.index("Bột Gò Mít") < shown.index("Tổ đan Tay Ấm")
    assert client.post("/gio/noi-giao", data={"tinh": "48"}).status_code == 303
    shown = words(page(client))
    assert "2 món của 2 người bán, cả phí giao là 365.000 đồng ." in shown
    assert "Phí giao về Đà Nẵng" in shown
    assert "Nhận khoảng" in shown


def test_more_less_typed_and_taken_out(client, a_variant):
    jar = a_variant(on_hand=50)
    add(client, jar)
    for sent, after in (
        ({"so": "1", "buoc": "+1"}, {jar: 2}),
        ({"so": "1.0", "buoc": "+1"}, None),
        ({"so": " 12 "}, {jar: 12}),
        ({"so": "12", "buoc": "-1"}, {jar: 11}),
        ({"so": "1", "buoc": "-1"}, {}),
    ):
        answer = client.post("/gio/doi", data={"mon": jar, **sent})
        assert answer.status_code == (303 if after is not None else 422)
        if after is not None:
            assert content() == after
    assert "Đã bỏ ra: Bột ngũ cốc, hũ 500 g." in words(page(client))
    assert client.post("/gio/hoan-tac").status_code == 303
    assert len(content()) == 1
    client.post("/gio/bo", data={"mon": jar})
    assert content() == {}


@pytest.mark.parametrize(
    "number",
    [
        "",
        "-1",
        "1000",
        "99999999999999999999",
        "2,5",
        "một",
        "٣",
        "1e3",
        "0x1",
        "\x00",
        "😀",
        "9" * 10_000,
    ],
)
def test_a_wrong_number_is_said_and_stays_as_typed(client, a_variant, number):
    jar = a_variant(on_hand=50)
    add(client, jar, so=3)
    answer = client.post("/gio/doi", data={"mon": jar, "so": number})
    assert answer.status_code == 422
    assert 'role="alert"' in answer.text
    assert "<title>Lỗi:" in answer.text
    assert f'<a href="#so-{jar}">' in answer.text
    assert f'aria-invalid="true" aria-describedby="so-{jar}-loi"' in answer.text
    assert f'<p class="err" id="so-{jar}-loi">' in answer.text
    assert content() == {jar: 3}


@pytest.mark.parametrize(
    "thing", ["", "0", "-1", "abc", "4711", str(2**62), "9" * 400, "\x00", "😀"]
)
def test_an_unknown_thing_is_not_found_and_begins_no_cart(client, thing):
    assert add(client, thing).status_code == 404
    assert how_many(db.session(), Cart) == (0,)


@pytest.mark.parametrize("where", ["them", "doi", "bo", "hoan-tac", "vua-hang", "noi-giao"])
@pytest.mark.parametrize(
    "body",
    [b"mon=%FF%FE&so=%FF", b"mon=%00&so=%00&tinh=%00", b"%ED%A0%80=1", b"", b"mon[]=1&so[]=2"],
)
def test_hostile_posts_never_break_anything(client, where, body):
    answer = client.post(
        f"/gio/{where}", data=body, content_type="application/x-www-form-urlencoded"
    )
    assert answer.status_code in (303, 404, 422)
    assert content() == {}


@pytest.mark.parametrize(
    "cookie", ["", "x", "é", "\x7f", "a" * 4000, "../../etc", "'; DROP TABLE carts"]
)
def test_a_foreign_cookie_opens_nothing(client, a_variant, a_cart, cookie):
    a_cart({a_variant(): 1})
    answer = client.get("/gio", headers={"Cookie": f"cart={cookie}; noi={cookie}"})
    assert answer.status_code == 200
    assert "Giỏ còn trống" in answer.text


def test_posts_from_another_site_are_refused(client, a_variant):
    jar = a_variant()
    for headers in ({"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.example"}):
        answer = client.post("/gio/them", data={"mon": jar}, headers=headers)
        assert answer.status_code == 403
    assert how_many(db.session(), Cart) == (0,)


def test_what_moved_in_price_or_stock_is_said_in_words(client, a_variant):
    dearer, fewer, gone = a_variant("Trà"), a_variant("Mật ong"), a_variant("Nước mắm")
    for thing in (dearer, fewer, gone):
        add(client, thing, so=3)
    with transaction() as session:
        session.execute(update(Variant).where(Variant.id == dearer).values(price_vnd=98_000))
        for variant_id, left in ((fewer, 2), (gone, 0)):
            stock.count_stock(session, variant_id=variant_id, on_hand=left, now=NOON)
    shown = words(page(client))
    assert "Giá nay là 98.000 đồng, lúc anh/chị bỏ vào giỏ là 95.000 đồng." in shown
    assert "Chỉ còn 2 hũ, không đủ 3." in shown
    assert "Vừa hết hàng." in shown
    assert "Có món thiếu hàng." in shown
    assert "/dat-hang" not in page(client)
    assert client.post("/gio/vua-hang").status_code == 303
    assert content() == {dearer: 3, fewer: 2}
    assert "/dat-hang" in page(client)


def test_a_refusal_shows_the_cart_with_the_reason(client, a_variant):
    jar = a_variant(on_hand=5000)
    add(client, jar, so=999)
    answer = add(client, jar)
    assert answer.status_code == 409
    assert "Mỗi món đặt nhiều nhất 999." in answer.text
    assert content() == {jar: 999}


def test_an_empty_cart_says_what_to_do(client):
    shown = page(client)
    assert "Giỏ còn trống" in shown
    assert 'href="/hang-hoa"' in shown
    assert "Set-Cookie" not in client.get("/gio").headers


def test_the_page_is_kept_by_nobody_and_speaks_both_languages(client, a_variant):
    add(client, a_variant())
    assert client.get("/gio").headers["Cache-Control"] == "no-store"
    english = client.get("/en/gio")
    assert english.status_code == 200
    assert 'lang="en"' in english.text
    assert 'action="/en/gio/doi"' in english.text


@pytest.mark.parametrize("makers", [1, 8])
def test_the_page_takes_at_most_six_queries_whatever_it_holds(
    app, sign_in, an_account, a_variant, count_queries, makers
):
    client = sign_in(an_account())
    for _ in range(makers):
        add(client, a_variant())
    client.post("/gio/noi-giao", data={"tinh": "48"})
    with count_queries() as seen:
        assert client.get("/gio").status_code == 200
    assert len(seen) <= 6, seen


def test_the_signed_in_have_their_cart_on_every_device(app, sign_in, an_account, a_variant):
    lan, jar = an_account(), a_variant()
    phone, laptop = sign_in(lan), sign_in(lan)
    answer = add(phone, jar, so=2)
    assert "Set-Cookie" not in answer.headers
    assert "190.000 đồng" in page(laptop)
    assert "Giỏ còn trống" in page(app.test_client())


def test_the_header_counts_things_for_those_who_have_a_cart(app, client, a_variant):
    from shop.ordering.browser import cart_count

    add(client, a_variant(), so=5)
    add(client, a_variant())
    assert ", 2 món" in words(page(client))
    with app.test_request_context("/"):
        assert cart_count() is None
    assert db.session.scalars(select(Cart.id)).one()


def test_what_is_remembered_of_where_she_lives_is_a_ward_or_a_province(client, a_variant):
    add(client, a_variant())
    client.set_cookie("noi", "20410")
    shown = words(page(client))
    assert "Phí giao về" in shown
    assert "15.000 đồng" in shown
    for wrong in ("99999", "99", "1", "²²", "48x"):
        client.set_cookie("noi", wrong)
        assert "Phí giao từ" in words(page(client))
    assert client.post("/gio/noi-giao", data={"tinh": "99"}).status_code == 422


def test_the_cart_of_a_page_is_read_by_one_query(app, a_cart, a_variant, count_queries):
    a_cart({a_variant(): 1, a_variant(): 2}, token="secret")
    with count_queries() as seen:
        _, kept, removed = queries.whole_cart(
            db.session(), token="secret", account_id=None, now=NOON
        )
    assert (len(seen), len(kept), removed) == (1, 2, [])


def test_a_cart_follows_its_owner_who_signs_in(app, client, a_variant, an_account):
    from shop.accounts.passwords import hashed

    variant = a_variant("Mật ong hoa rừng")
    an_account(phone="+84905000777", password_hash=hashed("mat-khau-dai-dai"))
    client.post("/gio/them", data={"mon": variant, "so": 3})
    page = client.post("/dang-nhap", data={"who": "0905 000 777", "password": "mat-khau-dai-dai"})
    assert page.status_code == 303, page.text
    assert "Mật ong hoa rừng" in client.get("/gio").text
    client.delete_cookie("cart")
    cart = client.get("/gio").text
    assert "Mật ong hoa rừng" in cart
    assert 'value="3"' in cart


@pytest.mark.parametrize("market", ["x", "-1", "1e9", "🧺", "9" * 20])
def test_a_market_that_is_none_is_a_sentence_and_no_fault(client, a_variant, market):
    answer = client.post("/gio/them", data={"mon": a_variant(), "so": 1, "phien": market})
    assert answer.status_code == 422
    assert "chọn lại món" in answer.text
