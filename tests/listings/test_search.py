import pytest
from sqlalchemy import select, text, update

from shop.catalogue import actions
from shop.catalogue.models import Product
from shop.db import db, transaction
from shop.kernel.text import fold
from shop.listings.jobs import tidy_search
from shop.listings.queries import search
from shop.listings.rules import Asked, search_words
from tests.conftest import NOON
from tests.engines import both_engines


def found(words, **more):
    asked = Asked(**{"sort": "hop", **more})
    titles = {p.id: p.search_text.partition("\n")[0] for p in db.session.scalars(select(Product))}
    return [titles[i] for i in search.hits(db.session(), search_words(fold(words)), asked)]


@pytest.fixture
def pantry(a_product, a_seller, a_category):
    honey = a_seller("Mật ong Hòn Mây", hamlet_vi="thôn Đá Chồng")
    sauces = a_category("Mắm và gia vị")
    return {
        "cereal": a_product("Bột ngũ cốc rang xay", title_en="Cereal powder"),
        "peanuts": a_product("Đậu phộng rang muối", title_en="Salted peanuts"),
        "sauce": a_product("Nước mắm cá cơm ủ chum", category_id=sauces),
        "honey": a_product("Mật hoa rừng", seller_id=honey),
    }


@both_engines
@pytest.mark.parametrize(
    ("typed", "wanted"),
    [
        ("bot ngu coc", "bot ngu coc rang xay cereal powder"),
        ("BỘT NGŨ CỐC", "bot ngu coc rang xay cereal powder"),
        ("bột dinh dưỡng", "bot ngu coc rang xay cereal powder"),
        ("ngũ cốc xay", "bot ngu coc rang xay cereal powder"),
        ("cereal", "bot ngu coc rang xay cereal powder"),
        ("đậu phộng", "dau phong rang muoi salted peanuts"),
        ("dau phong", "dau phong rang muoi salted peanuts"),
        ("lạc rang", "dau phong rang muoi salted peanuts"),
        ("đậu pho", "dau phong rang muoi salted peanuts"),
        ("nước mắm", "nuoc mam ca com u chum"),
        ("mắm gia vị", "nuoc mam ca com u chum"),
        ("hòn mây", "mat hoa rung"),
        ("đá chồng", "mat hoa rung"),
    ],
)
def test_words_are_found_with_and_without_their_marks(app, pantry, typed, wanted):
    assert wanted in found(typed)


@both_engines
def test_what_is_asked_for_is_not_cut_away_before_it_is_looked_for(app, a_product, monkeypatch):
    """Of many hits some are looked at; narrowed or by price, many more are."""
    monkeypatch.setattr(search, "MOST_LOOKED_AT", 2)
    search._statement.cache_clear()
    for _ in range(4):
        a_product("Bột ngũ cốc", packs=(("Hũ", 90_000, 0),))
    a_product("Bột ngũ cốc rẻ", packs=(("Hũ", 20_000, 5),))
    assert found("bột", in_stock=True) == [fold("Bột ngũ cốc rẻ")]
    assert found("bột", sort="gia-tang")[0] == fold("Bột ngũ cốc rẻ")
    search._statement.cache_clear()


@both_engines
def test_every_word_must_be_there(app, pantry):
    assert found("nước mắm đậu phộng") == []
    assert found("xyzzy") == []


@both_engines
def test_the_index_follows_changes_hiding_and_deleting(app, pantry):
    sauce = pantry["sauce"].id
    with transaction() as session:
        actions.hide(session, product_id=sauce, now=NOON, actor_id=None)
    assert found("nước mắm") == []
    with transaction() as session:
        actions.publish(session, product_id=sauce, now=NOON, actor_id=None)
    assert len(found("nước mắm")) == 1
    from shop.catalogue.rules import ProductFields

    with transaction() as session:
        actions.edit_product(
            session, product_id=sauce, now=NOON, actor_id=None,
            fields=ProductFields(title_vi="Mắm nêm", unit_vi="chai", allergens=["fish"]),
        )  # fmt: skip
    assert found("cá cơm ủ chum") == []
    assert found("mắm nêm") == ["mam nem"]


@both_engines
def test_only_what_is_in_stock_when_asked(app, a_product):
    a_product("Mật ong", packs=(("Hũ", 1000, 0),))
    assert found("mật ong") == ["mat ong"]
    assert found("mật ong", in_stock=True) == []


@both_engines
def test_a_slip_of_the_finger_finds_what_is_spelt_alike(client, pantry):
    for typed in ("nuoc man", "nước mấm cá cơn", "bot ngu coz"):
        page = client.get("/tim", query_string={"tu": typed}).text
        assert "gần giống" in page, typed
    assert "Nước mắm cá cơm" in client.get("/tim?tu=nuoc+man").text


@both_engines
def test_no_hit_leads_to_shelves_and_makers(client, pantry):
    page = client.get("/tim?tu=xyzzy").text
    assert "Chưa thấy" in page
    assert "Mắm và gia vị" in page
    assert "Người làm: Mật ong Hòn Mây" in client.get("/tim?tu=hon+may").text


@both_engines
def test_the_best_match_comes_first(client, a_product):
    a_product("Kẹo gừng trà xanh")
    a_product("Trà gừng")
    a_product("Bánh", summary_vi="Ăn với trà gừng")
    page = client.get("/tim?tu=tra+gung").text
    assert page.index(">Trà gừng<") < page.index(">Kẹo gừng trà xanh<")
    assert ">Bánh<" not in page


@both_engines
def test_hits_are_ordered_by_where_the_words_stand_and_then_by_age(app, a_product, a_seller):
    maker = a_seller("Trà gừng Bến Đá")
    titles = [
        "Trà gừng Thái lát", "Trà gừng", "Trà gừng", "Kẹo gừng trà gừng",
        "Gừng ngâm trà", "Trà sim", "Bánh tráng", "Bánh",
    ]  # fmt: skip
    ids = [a_product(title, seller_id=maker).id for title in titles]

    def order(words):
        asked = Asked(sort="hop")
        return [ids.index(i) + 1 for i in search.hits(db.session(), search_words(words), asked)]

    assert order("tra gung") == [3, 2, 1, 4, 5, 6, 7, 8]
    assert order("gung") == [5, 3, 2, 4, 1, 8, 7, 6]
    with transaction() as session:
        session.execute(update(Product).where(Product.id == ids[2]).values(off_season=True))
    assert order("tra gung") == [2, 1, 4, 5, 6, 7, 8, 3]


@both_engines
def test_a_search_can_be_filtered_and_sorted(client, a_product):
    a_product("Mật ong rẻ", packs=(("Hũ", 40_000, 1),))
    a_product("Mật ong đắt", packs=(("Hũ", 240_000, 1),))
    page = client.get("/tim?tu=mat+ong&xep=gia-giam").text
    assert page.index("Mật ong đắt") < page.index("Mật ong rẻ")
    page = client.get("/tim?tu=mat+ong&gia=-50").text
    assert "Mật ong rẻ" in page
    assert "Mật ong đắt" not in page


@both_engines
@pytest.mark.parametrize(
    "typed",
    ['"', "'; DROP TABLE products", "a OR b", "NEAR(", "*", "title:x", "-", "()", "\\", "& | !", "<->",
     "\x00", "🍯", "%", "a" * 10_000, "ư" * 500, "1e5 0x1", "đ"],
)  # fmt: skip
def test_no_search_breaks_the_shop(client, a_product, typed):
    a_product()
    assert client.get("/tim", query_string={"tu": typed}).status_code == 200


def test_broken_utf8_is_only_a_strange_word(client):
    assert client.get("/tim?tu=%ff%fe%c3").status_code == 200
    assert client.get("/loai/%ff").status_code == 404
    assert client.get("/san-pham/%00").status_code == 404


@both_engines
def test_each_narrowing_of_a_search_holds(client, a_product, a_seller):
    near, far = a_seller("Nhà gần"), a_seller("Nhà xa", province_code="79", blind_makers=True)
    a_product("Mật ong rừng", seller_id=near, packs=(("Hũ", 40_000, 1),))
    a_product("Mật ong hoa", seller_id=far, packs=(("Hũ", 240_000, 0),))
    for query, shown in {
        "con=1": "rừng", "khiem-thi=1": "hoa", "tinh=79": "hoa", "gia=-50": "rừng",
        "gia=200-": "hoa", "tinh=79&gia=200-&khiem-thi=1": "hoa",
    }.items():  # fmt: skip
        page = client.get(f"/tim?tu=mat+ong&{query}").text
        other = "hoa" if shown == "rừng" else "rừng"
        assert f">Mật ong {shown}<" in page, query
        assert f">Mật ong {other}<" not in page, query
    for sort, first in {"moi": "hoa", "gia-tang": "rừng", "gia-giam": "hoa"}.items():
        page = client.get(f"/tim?tu=mat+ong&xep={sort}").text
        other = "hoa" if first == "rừng" else "rừng"
        assert page.index(f">Mật ong {first}<") < page.index(f">Mật ong {other}<"), sort


@both_engines
def test_each_day_the_index_comes_into_one_piece(app, a_product):
    for number in range(5):
        a_product(f"Trà gừng {number}")
    sqlite = db.engine.dialect.name == "sqlite"

    def pieces():
        asked = text("SELECT count(DISTINCT segid) FROM product_search_idx")
        return db.session.scalar(asked) if sqlite else 1

    assert not sqlite or pieces() > 1
    db.session.rollback()
    tidy_search(NOON)
    assert pieces() == 1
    assert len(found("trà gừng")) == 5
