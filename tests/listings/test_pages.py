import json
import re
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import delete, select

from shop.catalogue import actions
from shop.catalogue.actions import reshelve
from shop.catalogue.models import Product, ProductPicture
from shop.catalogue.queries import variants_of
from shop.db import db, transaction
from shop.kernel.clock import vietnam_date
from shop.media.models import Picture
from shop.sellers.models import Seller
from shop.shipping.models import Rate
from shop.stock.actions import change_stock, count_stock, release, reserve
from shop.stock.models import StockLevel
from shop.stock.preorder_actions import end_preorder, open_preorder
from shop.stock.rules import Units
from tests.conftest import NOON
from tests.engines import both_engines


def titles(page):
    return re.findall(r'<h3[^>]*><a href="/(?:en/)?san-pham/[^"]*">([^<]*)</a>', page.text)


@both_engines
def test_lists_filter_by_shelf_place_price_and_stock(client, a_product, a_seller, a_category):
    tea = a_category("Trà")
    green = a_category("Trà xanh", parent_id=tea)
    north = a_seller("Nhà Bắc", province_code="01", province_name="Hà Nội", region="north")
    a_product("Trà một", category_id=green, packs=(("Gói", 40_000, 3),))
    a_product("Trà hai", category_id=tea, seller_id=north, packs=(("Gói", 120_000, 0),))
    a_product("Mật", packs=(("Hũ", 90_000, 5),))
    slug = re.search(r"/loai/(loai-\d+)", client.get("/hang-hoa").text)
    assert slug
    shelf = next(
        s for s in (f"/loai/{x}" for x in re.findall(r"/loai/([\w-]+)", client.get("/hang-hoa").text))
        if set(titles(client.get(s))) == {"Trà một", "Trà hai"}
    )  # fmt: skip
    assert titles(client.get(f"{shelf}?con=1")) == ["Trà một"]
    assert titles(client.get(f"{shelf}?tinh=01")) == ["Trà hai"]
    assert titles(client.get("/hang-hoa?gia=50-100")) == ["Mật"]
    assert titles(client.get("/hang-hoa?gia=50-100&tinh=01")) == []
    assert set(titles(client.get("/hang-hoa?tinh=48"))) == {"Trà một", "Mật"}
    assert titles(client.get("/hang-hoa?tinh=99")) == titles(client.get("/hang-hoa"))


@both_engines
def test_lists_show_and_filter_by_a_price_that_can_be_paid_now(client, a_product, count_queries):
    product = a_product(packs=(("Hũ 500 g", 95_000, 2), ("Túi 1 kg", 200_000, 1)))
    product_id = product.id
    jar, bag = [pack.id for pack in variants_of(db.session, product_id)]
    db.session.rollback()

    def listed():
        """Return the price of the card, and whether it is found under 50 to 100 thousand."""
        html = client.get("/hang-hoa").text.replace("\u00a0", " ")
        found = re.findall(r"(95|200)\.000 đồng", html[html.index("card__by") - 600 :])
        return found[0], titles(client.get("/hang-hoa?gia=50-100&con=1")) == ["Bột mè đen"]

    def work(act, units):
        with transaction() as session:
            act(session, [Units(pack, n) for pack, n in units], now=NOON)

    assert listed() == ("95", True)
    with count_queries() as some_left:
        work(reserve, [(jar, 1)])
    assert listed() == ("95", True)
    with count_queries() as none_left:
        work(reserve, [(jar, 1)])
    assert len(some_left) < len(none_left)
    assert not any("products" in one for one in some_left)
    assert listed() == ("200", False)
    with transaction() as session:  # A change of the goods meanwhile goes by the same rule.
        reshelve(session, product_id)
    assert listed() == ("200", False)
    work(reserve, [(bag, 1)])
    assert listed() == ("95", False)  # Nothing is there: the lowest of all, and not "in stock".
    work(release, [(jar, 2)])
    assert listed() == ("95", True)
    with transaction() as session:
        count_stock(session, variant_id=jar, on_hand=0, now=NOON)
        count_stock(session, variant_id=bag, on_hand=2, now=NOON)
    assert listed() == ("200", False)
    with transaction() as session:
        change_stock(session, variant_id=jar, change=1, now=NOON)
    assert listed() == ("95", True)


@both_engines
def test_a_card_says_from_only_while_sizes_that_can_be_bought_differ_in_price(client, a_product):
    product = a_product(
        packs=(("Hũ 500 g", 95_000, 2), ("Túi 1 kg", 200_000, 2), ("Thùng", 900_000, 0))
    )
    product_id, slug, seller_id = product.id, product.slug, product.seller_id
    maker = f"/nguoi-lam/{db.session.get_one(Seller, seller_id).slug}"
    other = a_product("Chè lam", seller_id=seller_id).slug
    jar, bag, box = [pack.id for pack in variants_of(db.session, product_id)]
    db.session.rollback()

    def said():
        """What the card says, and only that wherever it stands."""
        of_pages = set()
        for address in ("/", "/hang-hoa", "/tim?tu=bot+me", maker, f"/san-pham/{other}"):
            html = client.get(address).text.replace("\u00a0", " ")
            card = html[html.index(f"/san-pham/{slug}") :]
            of_pages.add(re.search(r'<p class="price">(.*?)</p>', card, re.DOTALL)[1])
        [one] = of_pages
        return re.sub("<.*?>", "", one)

    def act(do, *args, **named):
        with transaction() as session:
            do(session, *args, now=NOON, **named)

    assert said() == "Từ 95.000 đồng / hũ 500 g"
    act(reserve, [Units(bag, 2)])
    assert said() == "95.000 đồng / hũ 500 g"
    act(release, [Units(bag, 1)])
    assert said() == "Từ 95.000 đồng / hũ 500 g"
    act(reserve, [Units(jar, 2)])
    assert said() == "200.000 đồng / túi 1 kg"
    ready_on = vietnam_date(NOON) + timedelta(days=9)
    act(
        open_preorder, variant_id=box, product_id=product_id, ready_on=ready_on, cap=1,
        actor_id=None,
    )  # fmt: skip
    assert said() == "Từ 200.000 đồng / túi 1 kg"
    act(end_preorder, variant_id=box)
    assert said() == "200.000 đồng / túi 1 kg"


@both_engines
def test_makers_of_one_province_are_told_apart_by_commune(client, a_product, a_seller):
    sea = a_seller("Nhà Biển", ward_code="20401", ward_name="Phường Hội An Tây")
    a_product("Mắm biển", seller_id=sea)
    a_product("Mắm núi", seller_id=a_seller("Nhà Núi"))
    page = client.get("/hang-hoa")
    assert '<option value="20401">Phường Hội An Tây</option>' in page.text
    assert titles(client.get("/hang-hoa?xa=20401")) == ["Mắm biển"]
    assert titles(client.get("/hang-hoa?xa=00000")) == titles(page)
    assert "bỏ lựa chọn này" in client.get("/hang-hoa?xa=20401").text
    found = client.get("/tim?tu=mam&xa=20401").text
    assert ">Mắm biển<" in found
    assert ">Mắm núi<" not in found
    chip = re.search(
        r'<a class="chip" href="([^"]*)">Phường Hội An Tây</a>', client.get("/nguoi-lam").text
    )
    assert chip
    makers = client.get(chip[1]).text
    assert "Nhà Biển" in makers
    assert "Nhà Núi" not in makers


@both_engines
def test_two_provinces_are_told_apart_by_name_alone(client, a_product, a_seller):
    north = a_seller("Nhà Bắc", province_code="01", province_name="Hà Nội", region="north")
    a_product("Trà", seller_id=north)
    a_product("Mật", seller_id=a_seller("Nhà Núi"))
    page = client.get("/hang-hoa").text
    assert '<option value="01">Hà Nội</option>' in page
    assert 'name="xa"' not in page
    chip = re.search(r'<a class="chip" href="([^"]*)">Hà Nội</a>', client.get("/nguoi-lam").text)
    assert chip
    makers = client.get(chip[1]).text
    assert "Nhà Bắc" in makers
    assert "Nhà Núi" not in makers


def test_makers_come_in_pages(client, a_product, a_seller):
    for n in range(26):
        a_product(seller_id=a_seller(f"Nhà {n:02d}"), picture=False)
    first, second = client.get("/nguoi-lam").text, client.get("/nguoi-lam?trang=2").text
    assert first.count('class="box flow') == 24
    assert second.count('class="box flow') == 2
    assert "Nhà 25" in second
    assert 'rel="next"' in first
    assert client.get("/nguoi-lam?trang=3").status_code == 404


@both_engines
def test_lists_are_newest_first_or_by_price(client, a_product):
    for title, price in (("Một", 50_000), ("Hai", 30_000), ("Ba", 90_000)):
        a_product(title, packs=(("Hũ", price, 3),))
    assert titles(client.get("/hang-hoa")) == ["Ba", "Hai", "Một"]
    assert titles(client.get("/hang-hoa?xep=gia-tang")) == ["Hai", "Một", "Ba"]
    assert titles(client.get("/hang-hoa?xep=gia-giam")) == ["Ba", "Một", "Hai"]
    assert titles(client.get("/hang-hoa?xep=khong-co")) == ["Ba", "Hai", "Một"]


@both_engines
def test_pages_follow_each_other_without_gap_or_double(client, a_product, a_seller, a_category):
    seller, shelf = a_seller(), a_category()
    for n in range(53):
        a_product(f"Món {n:02d}", seller_id=seller, category_id=shelf, picture=False)
    seen = []
    for page in (1, 2, 3):
        answer = client.get("/hang-hoa", query_string={"trang": page})
        assert f"Trang {page} trên 3" in answer.text
        assert ('rel="prev"' in answer.text) == (page > 1)
        assert ('rel="next"' in answer.text) == (page < 3)
        seen += titles(answer)
    assert seen == [f"Món {n:02d}" for n in range(52, -1, -1)]
    assert client.get("/hang-hoa?trang=4").status_code == 404
    assert client.get("/hang-hoa?trang=1").status_code == 200


@pytest.mark.parametrize("page", ["0", "-1", "22", "99999999999999999999", "x", "1.5", "%00", "٣"])
def test_a_page_that_does_not_exist_is_not_found(client, a_product, page):
    a_product()
    for address in ("/hang-hoa", "/tim"):
        assert client.get(f"{address}?tu=bot&trang={page}").status_code == 404


@both_engines
@pytest.mark.parametrize(
    "value", ["", "\x00", "🍯", "a" * 10_000, "%", "'", "99999999999999999999-1", "--", "%ff"]
)
def test_garbage_in_an_address_is_never_an_error(client, a_product, value):
    product = a_product()
    for address in ("/", "/hang-hoa", f"/san-pham/{product.slug}", "/nguoi-lam", "/tim"):
        for name in ("xep", "con", "tinh", "gia", "khiem-thi", "loai", "mon", "so", "step", "da"):
            answer = client.get(address, query_string={name: value})
            assert answer.status_code == 200, (address, name)


@both_engines
def test_a_list_costs_the_same_statements_for_3_and_60_products(
    make_app, a_product, a_seller, a_category, count_queries
):
    seller, shelf = a_seller(), a_category()
    counted = {}
    for total in (3, 60):
        while db.session.query(Product).count() < total:
            a_product(seller_id=seller, category_id=shelf)
        slug = db.session.query(Product.slug).first().slug
        for address in ("/", "/hang-hoa?con=1&gia=-200&tinh=48", f"/san-pham/{slug}",
                        "/tim?tu=bot&con=1", "/nguoi-lam/" + db.session.get(Seller, seller).slug):  # fmt: skip
            cold = fresh(make_app, address)
            counted.setdefault(address.split("/")[1][:9], []).append(cold)
    for name, (few, many) in counted.items():
        assert few == many, name
        assert many <= (8 if name == "san-pham" else 6), (name, many)


def fresh(make_app, address):
    """Return how many statements the first request of a new process sends."""
    from sqlalchemy import event

    other = make_app(page_cache=False)
    seen = []
    with other.app_context():
        event.listen(
            db.engine, "before_cursor_execute",
            lambda _c, _cur, statement, *_: statement.startswith(("BEGIN", "PRAGMA")) or seen.append(statement),
        )  # fmt: skip
        other.test_client().get(address)
        db.session.remove()
        db.engine.dispose()
    return len(seen)


def test_a_warm_list_costs_two_statements(make_app, a_product):
    a_product()
    other = make_app(page_cache=False)
    from sqlalchemy import event

    seen = []
    with other.app_context():
        other.test_client().get("/hang-hoa")
        event.listen(
            db.engine, "before_cursor_execute",
            lambda _c, _cur, statement, *_: statement.startswith(("BEGIN", "PRAGMA")) or seen.append(statement),
        )  # fmt: skip
        other.test_client().get("/hang-hoa")
        db.session.remove()
        db.engine.dispose()
    assert len([s for s in seen if "public_versions" not in s]) == 1


def test_a_visitor_gets_the_same_bytes_no_cookie_and_304(client, a_product):
    product = a_product()
    for address in (
        "/",
        "/hang-hoa",
        f"/san-pham/{product.slug}",
        "/nguoi-lam",
        "/en/",
        "/tim?tu=bot",
    ):
        first, second = client.get(address), client.get(address)
        assert first.data == second.data, address
        assert "Set-Cookie" not in first.headers
        assert first.headers["Cache-Control"].startswith("public, max-age=0, s-maxage=")
        again = client.get(address, headers={"If-None-Match": first.headers["ETag"]})
        assert again.status_code == 304
        assert again.data == b""
        assert "csrf" not in first.text


def test_a_page_changes_as_soon_as_stock_does(client, a_product):
    product = a_product(packs=(("Hũ 500 g", 95_000, 9),))
    assert "Còn 9\xa0hũ" in client.get("/hang-hoa").text
    variant_id = db.session.query(StockLevel.variant_id).scalar()
    db.session.rollback()
    with transaction() as session:
        count_stock(session, variant_id=variant_id, on_hand=3, now=NOON)
    assert "Sắp hết, còn 3\xa0hũ" in client.get("/hang-hoa").text
    assert "Sắp hết, còn 3\xa0hũ" in client.get(f"/san-pham/{product.slug}").text


def test_drafts_and_hidden_goods_are_nowhere(client, a_product):
    draft = a_product("Kẹo nháp", published=False)
    hidden = a_product("Kẹo cất rồi")
    with transaction() as session:
        actions.hide(session, product_id=hidden.id, now=NOON, actor_id=None)
    for address in ("/", "/hang-hoa", "/tim?tu=keo", "/tim?tu=nhap", "/sitemap.xml"):
        text = client.get(address).text
        assert f"/san-pham/{draft.slug}" not in text, address
        assert f"/san-pham/{hidden.slug}" not in text, address
    assert client.get(f"/san-pham/{draft.slug}").status_code == 404
    gone = client.get(f"/san-pham/{hidden.slug}")
    assert gone.status_code == 410
    assert "/nguoi-lam/nguoi-ban-" in gone.text
    assert client.get("/san-pham/khong-co").status_code == 404


def test_a_closed_maker_and_her_goods_are_gone(client, a_product, a_seller):
    seller_id = a_seller()
    product = a_product(seller_id=seller_id)
    with transaction() as session:
        seller = session.get_one(Seller, seller_id)
        seller.closed_at, slug = NOON, seller.slug
        actions.reshelve_seller(session, seller_id)
    assert titles(client.get("/hang-hoa")) == []
    assert client.get(f"/san-pham/{product.slug}").status_code == 410
    assert client.get(f"/nguoi-lam/{slug}").status_code == 410
    assert slug not in client.get("/nguoi-lam").text


def test_a_seller_in_preparation_is_unknown(client, a_product, a_seller):
    seller_id = a_seller(approved_at=None)
    product = a_product(seller_id=seller_id)
    assert client.get(f"/san-pham/{product.slug}").status_code == 404
    slug = db.session.get(Seller, seller_id).slug
    assert client.get(f"/nguoi-lam/{slug}").status_code == 404
    assert titles(client.get("/hang-hoa")) == []


@both_engines
def test_a_product_page_says_what_a_buyer_must_know(client, a_product):
    product = a_product(
        "Bột ngũ cốc", packs=(("Hũ 500 g", 95_000, 9), ("Túi 1 kg", 175_000, 0)),
        ingredients_vi="Đậu đỏ, mè", storage_vi="Nơi khô", shelf_life_vi="6 tháng",
        origin_vi="Gò Mít", summary_vi="Không đường",
    )  # fmt: skip
    text = client.get(f"/san-pham/{product.slug}").text
    for words in ("Thành phần", "Đậu đỏ, mè", "Có mè.", "Bảo quản", "Nơi khô", "6 tháng",
                  "19.000\xa0đồng mỗi 100 g", "Còn 9\xa0hũ", "Hết hàng", "Túi 1 kg", "Người bán"):  # fmt: skip
        assert words in text, words
    assert 'action="/gio/them" method="post"' in text
    assert 'name="mon"' in text
    assert 'name="so" value="1"' in text
    assert 'name="so" value="2"' in client.get(f"/san-pham/{product.slug}?so=1&step=%2B1").text


def test_a_wrong_number_is_said_beside_its_field_on_the_products_own_page(client, a_product):
    product = a_product("Bột ngũ cốc", packs=(("Hũ 500 g", 95_000, 9), ("Túi 1 kg", 175_000, 5)))
    address = f"/san-pham/{product.slug}"
    before = client.get(address).text
    other = re.findall(r'name="mon" value="(\d+)"', before)[1]
    answer = client.post("/gio/them", data={"mon": other, "so": "abc"})
    assert answer.status_code == 422
    assert "<title>Lỗi: Bột ngũ cốc" in answer.text
    assert "Giỏ còn trống" not in answer.text
    assert '<a href="#so">Số lượng chưa đúng.' in answer.text
    assert '<p class="err" id="so-loi">' in answer.text
    assert re.search(
        r'name="so" value="abc"[^>]*id="so" aria-invalid="true" aria-describedby="so-loi"',
        answer.text,
    )
    assert re.search(rf'name="mon" value="{other}"[^>]* checked', answer.text)
    assert "no-store" in answer.headers["Cache-Control"]
    assert client.get(address).text == before, "Visitors' page stays as it was."
    assert "abc" not in client.get(f"{address}?mon={other}").text
    markup = client.post("/gio/them", data={"mon": other, "so": '"><b>'}).text
    assert '"><b>' not in markup
    assert client.post("/gio/them", data={"mon": "99999999", "so": "abc"}).status_code == 404


def test_further_pictures_are_links_that_keyboards_reach_and_need_no_script(client, a_product):
    product = a_product()
    with transaction() as session:
        other = Picture(
            digest="f" * 32, width_px=640, height_px=640, colour="#f0b52e", alt_vi="Nhìn gần",
            versions={"jpg": [320, 640], "webp": [320, 640]}, created_at=NOON,
        )  # fmt: skip
        session.add(other)
        session.flush()
        first = session.scalars(select(ProductPicture.picture_id)).one()
        actions.set_pictures(
            session, product_id=product.id, picture_ids=[first, other.id], now=NOON
        )
    text = client.get(f"/san-pham/{product.slug}").text
    thumbs = text.split('<ul class="thumbs">')[1].split("</ul>")[0]
    links = re.findall(r'<a href="(/media/[^"]+-640\.jpg)">', thumbs)
    assert len(links) == 2
    assert "f" * 32 in links[1]
    assert 'alt="Ảnh 2: Nhìn gần"' in thumbs


def test_machines_read_the_same_facts(client, a_product):
    product = a_product("Mật </script> ong", packs=(("Hũ", 95_000, 9), ("Can", 300_000, 0)))
    text = client.get(f"/san-pham/{product.slug}").text
    told = json.loads(re.search(r'ld\+json">(.*?)</script>', text, re.S)[1])
    assert told["name"] == "Mật </script> ong"
    assert [o["price"] for o in told["offers"]] == [95_000, 300_000]
    assert told["offers"][1]["availability"].endswith("OutOfStock")
    preview = f"http://127.0.0.1:8000/chia-se/san-pham/{product.slug}/xem-truoc.jpg?v="
    assert re.search(rf'og:image" content="{re.escape(preview)}\d+\.\d+"', text)
    assert re.fullmatch(r"http://127.0.0.1:8000/media/\w\w/\w{32}-640\.jpg", told["image"][0])
    assert 'product:price:amount" content="95000"' in text


def test_sold_out_says_the_day_of_new_stock_until_it_has_passed(client, a_product):
    soon = datetime.now(UTC).date() + timedelta(days=9)
    a_product("Sắp có", packs=(("Hũ", 9000, 0),), restock_on=soon)
    a_product("Đã hẹn", packs=(("Hũ", 9000, 0),), restock_on=date(2020, 1, 1))
    text = client.get("/hang-hoa").text
    assert f"Hết hàng, có lại {soon.day}/{soon.month}" in text
    assert "có lại 1/1" not in text
    product = db.session.query(Product).filter_by(title_vi="Đã hẹn").one()
    page = client.get(f"/san-pham/{product.slug}").text
    assert "có lại 1/1" not in page
    assert "/gio/them" not in page


def test_a_fee_that_does_not_hold_everywhere_says_so(client, a_product, a_seller):
    seller = a_seller()
    product = a_product(seller_id=seller)
    assert "tuỳ nơi nhận." in client.get(f"/san-pham/{product.slug}").text
    with transaction() as session:
        session.execute(delete(Rate).where(Rate.zone.in_(("region", "country"))))
    near = client.get(f"/san-pham/{a_product(seller_id=seller).slug}").text
    assert "tuỳ nơi nhận. Có nơi người làm báo trước khi gửi." in near
    with transaction() as session:
        session.execute(delete(Rate).where(Rate.zone == "province"))
    one = client.get(f"/san-pham/{a_product(seller_id=seller).slug}").text
    assert "trong nước" not in one
    assert "tới nơi đã có giá; nơi khác người làm báo trước khi gửi." in one


@pytest.mark.parametrize("why", ["sold out", "away"])
def test_what_cannot_be_ordered_promises_no_day_and_still_shows_its_sizes(
    client, a_product, a_seller, why
):
    away = {"away_until": datetime.now(UTC).date() + timedelta(days=20)} if why == "away" else {}
    left = 0 if why == "sold out" else 3
    packs = (("Hũ 500 g", 95_000, left), ("Túi 1 kg", 180_000, left))
    product = a_product(seller_id=a_seller(**away), packs=packs)
    text = client.get(f"/san-pham/{product.slug}").text
    assert "/gio/them" not in text
    assert "Đặt hôm nay" not in text
    assert "<p><b>Túi 1 kg</b>:" in text
    assert "180.000" in text


def test_english_pages_fall_back_to_marked_vietnamese(client, a_product):
    product = a_product("Bột mè đen", summary_vi="Bùi, thơm")
    text = client.get(f"/en/san-pham/{product.slug}").text
    assert '<html lang="en">' in text
    assert re.search(r'<h1[^>]* lang="vi">Bột mè đen</h1>', text)
    assert '<p lang="vi">Bùi, thơm</p>' in text
    assert 'lang="vi"><a href="/en/san-pham/' in client.get("/en/hang-hoa").text


def test_a_maker_belongs_to_a_branch_of_the_union_not_to_herself(client, a_product, a_seller):
    units = [
        {"id": 1, "vi": "Hội LHPN xã Sông Lành", "en": "Women's Union of Sông Lành commune"},
        {"id": 2, "vi": "Chi hội thôn Bến Đò", "en": ""},
        {"id": 3, "vi": "Tổ đan Tay Ấm", "en": "Tay Ấm weaving group"},
    ]
    seller = a_seller("Tổ đan Tay Ấm", organisation_path=units, person="cô Lành")
    a_product(seller_id=seller)
    slug = db.session.get_one(Seller, seller).slug
    page = client.get(f"/nguoi-lam/{slug}").text
    assert "Thuộc Chi hội thôn Bến Đò, Hội LHPN xã Sông Lành." in page
    assert '<p class="mute">Cô Lành,' in page
    assert "Part of Chi hội thôn Bến Đò, Women" in client.get(f"/en/nguoi-lam/{slug}").text


def test_search_engines_are_told_where_to_look(client, a_product):
    product = a_product()
    text = client.get("/sitemap.xml").text
    assert f"<loc>http://127.0.0.1:8000/san-pham/{product.slug}</loc>" in text
    assert f"<loc>http://127.0.0.1:8000/en/san-pham/{product.slug}</loc>" in text
    robots = client.get("/robots.txt")
    assert robots.mimetype == "text/plain"
    assert "Disallow: /gio\n" in robots.text
    health = client.get("/healthz")
    assert (health.text, health.headers["Cache-Control"]) == ("ok\n", "no-store")


def test_pages_are_small(client, a_product, a_seller, a_category):
    import gzip

    seller, shelf = a_seller(), a_category()
    for n in range(24):
        product = a_product(f"Món ngon số {n}", seller_id=seller, category_id=shelf)
    for address, most in (("/hang-hoa", 6), ("/", 6), (f"/san-pham/{product.slug}", 14)):
        size = len(gzip.compress(client.get(address).data, 6))
        assert size <= most * 1024, (address, size)


def test_a_products_page_names_its_maker_before_the_price(client, a_product, a_seller):
    slug = a_product("Mật", seller_id=a_seller("Nhà Ong")).slug
    page = client.get(f"/san-pham/{slug}").text
    maker = re.search(r'<a href="/nguoi-lam/[^"]*">Nhà Ong</a>', page)
    assert maker
    assert page.index("<h1") < maker.start() < page.index("price--big")
