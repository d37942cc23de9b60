"""Goods by plain forms: put up, changed, counted, photographed, hidden; and only one's own."""

import html
import io
import re
from datetime import date, timedelta

import pytest
from sqlalchemy import func, select

from shop.catalogue.models import Product, ProductPicture, Variant
from shop.db import db, transaction
from shop.media.files import file_name
from shop.media.models import Picture
from shop.operations.queries.overview import pictures_page
from shop.outbox.relay import deliver_waiting
from shop.stock.actions import count_stock
from shop.stock.queries import levels, moves_of
from tests.conftest import NOON
from tests.engines import both_engines
from tests.media.photos import photo, with_notes
from tests.selling.test_two_phones import fields_of

WORDS = "Hũ nhựa nắp vàng, muối đỏ hạt to, cao bằng gang tay"


def new_product(**changed):
    return {
        "title_vi": "Muối ớt rang hạt to", "unit_vi": "hũ", "price_vnd": "35k",
        "name_vi": "Hũ 150 g", "net": "150", "net_kind": "g", "on_hand": "12",
        "allergens": "none", "alt_vi": WORDS, "lam": "ban", **changed,
    }  # fmt: skip


def photo_field(content=None, name="IMG_0001.HEIC.jpg"):
    return (io.BytesIO(with_notes() if content is None else content), name, "image/jpeg")


def the_product():
    db.session.rollback()
    return db.session.scalars(select(Product)).one()


def stored():
    db.session.rollback()
    return db.session.scalar(select(func.count()).select_from(Product))


@both_engines
def test_a_photo_a_name_and_a_price_are_on_sale(app, stall, a_category, client):
    category = a_category()
    answer = stall.post(
        "/ban-hang/hang/moi", category_id=str(category), anh=photo_field(), **new_product()
    )
    assert answer.status_code == 303, answer.text
    product = the_product()
    assert answer.headers["Location"] == f"/ban-hang/hang/{product.id}?da=bay-ban"
    assert (product.state, product.price_vnd, product.allergens) == ("published", 35_000, ["none"])
    pack = db.session.scalars(select(Variant)).one()
    assert (pack.net_g, pack.weight_g) == (150, 200)
    assert levels(db.session(), [pack.id])[pack.id].on_hand == 12
    picture = db.session.scalars(select(Picture)).one()
    assert (picture.seller_id, picture.alt_state, picture.alt_vi) == (stall.id, "written", WORDS)
    digest = picture.digest
    db.session.rollback()
    assert client.get(f"/media/{digest[:2]}/{digest}-320.webp").status_code == 200
    assert "Muối ớt rang hạt to" in stall.page("/ban-hang/hang")


@both_engines
def test_the_whole_form_that_is_sent_twice_makes_one_product(stall, a_category):
    page = stall.page("/ban-hang/hang/moi?day-du=1")
    key = re.search(r'name="khoa"[^>]* value="(\w{32})"', page)[1]
    typed = new_product(category_id=str(a_category()), khoa=key)
    first, again = (stall.post("/ban-hang/hang/moi", anh=photo_field(), **typed) for _ in range(2))
    assert first.status_code == again.status_code == 303
    assert first.headers["Location"] == again.headers["Location"]
    assert stored() == 1
    assert stall.post("/ban-hang/hang/moi", **typed | {"khoa": "x"}).status_code == 404
    assert stored() == 1


@pytest.mark.parametrize(
    ("changed", "at"),
    [
        ({"title_vi": ""}, "title_vi"), ({"title_vi": "x" * 10_000}, "title_vi"),
        ({"price_vnd": "0"}, "price_vnd"), ({"price_vnd": "-5k"}, "price_vnd"),
        ({"price_vnd": "9" * 40}, "price_vnd"), ({"price_vnd": "rẻ lắm"}, "price_vnd"),
        ({"category_id": "999999"}, "category_id"), ({"category_id": "x"}, "category_id"),
        ({"on_hand": "-1"}, "on_hand"), ({"on_hand": "1e9"}, "on_hand"),
        ({"on_hand": "99999999999999999999"}, "on_hand"),
        ({"net": "", "net_kind": ""}, "weight_g"), ({"weight_g": "0"}, "weight_g"),
        ({"net": "6", "net_kind": "pieces"}, "weight_g"), ({"net": "nặng"}, "net"),
        ({"compare_at_vnd": "20k"}, "compare_at_vnd"), ({"category_id": ""}, "category_id"),
        ({"allergens": "gold"}, "allergens"), ({"net_kind": "miles"}, "net_kind"),
        ({"traces": "gold"}, "traces"), ({"restock_on": "31/2/2026"}, "restock_on"),
        ({"restock_on": "2020-01-01"}, "restock_on"),
    ],
)  # fmt: skip
def test_wrong_input_is_said_beside_the_field_and_keeps_what_was_typed(
    stall, a_category, changed, at
):
    fields = {"category_id": str(a_category()), **new_product(), **changed,
              "description_vi": "Rang bằng chảo gang 🌶"}  # fmt: skip
    answer = stall.post("/ban-hang/hang/moi", **fields)
    assert answer.status_code == 422
    assert f'href="#{at}"' in answer.text
    assert "Rang bằng chảo gang 🌶" in answer.text
    assert stored() == 0


@pytest.mark.parametrize("title", ["Muối \x00 ớt", "Muo\u0302\u0301i", "<b>Muối</b>", "🌶" * 20])
def test_strange_names_are_stored_clean(stall, a_category, title):
    stall.post("/ban-hang/hang/moi", category_id=str(a_category()), **new_product(title_vi=title))
    assert "\x00" not in the_product().title_vi
    page = stall.page("/ban-hang/hang")
    assert "<b>Muối" not in page


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "JPEG, PNG hay WebP"),
        (b"", "còn trống"),
        (photo((3000, 2000))[:5000], "bị hỏng"),
        (photo((90, 90)), "nhỏ quá"),
    ],
    ids=["svg", "nothing", "half", "stamp"],
)
def test_what_is_no_photo_is_said_in_words_and_nothing_is_stored(stall, a_category, content, words):
    answer = stall.post(
        "/ban-hang/hang/moi", category_id=str(a_category()), anh=photo_field(content),
        **new_product(),
    )  # fmt: skip
    assert answer.status_code == 422
    assert words in answer.text
    assert "Muối ớt rang hạt to" in answer.text
    assert stored() == 0
    assert db.session.scalar(select(func.count()).select_from(Picture)) == 0


@pytest.mark.parametrize("filler", [b"\0", b"\n", b"\r\n--"])
def test_a_photo_of_ten_megabytes_arrives_whatever_its_bytes(stall, a_category, filler):
    heavy = photo((4000, 3000)) + filler * (10 * 1024 * 1024 // len(filler))
    answer = stall.post(
        "/ban-hang/hang/moi", category_id=str(a_category()), anh=photo_field(heavy),
        **new_product(),
    )  # fmt: skip
    assert answer.status_code == 303
    assert db.session.scalar(select(func.count()).select_from(Picture)) == 1


def test_a_photo_that_cannot_be_stored_is_sent_again_later(app, stall, a_variant, monkeypatch):
    class Full:
        def put(self, *_args, **_kwargs):
            raise OSError("No space left on device")

    app.config["PROPAGATE_BUGS"] = False
    monkeypatch.setattr("shop.media.store.store", Full)
    a_variant(seller_id=stall.id)
    answer = stall.post(f"/ban-hang/hang/{the_product().id}/anh", anh=photo_field(), alt_vi=WORDS)
    assert (answer.status_code, answer.headers.get("Retry-After")) == (503, "5")
    assert "Chợ đang bận" in answer.text
    assert db.session.scalar(select(func.count()).select_from(Picture)) == 0


def test_a_photo_too_heavy_is_said_beside_the_field_and_a_film_is_413(stall, a_variant):
    a_variant(seller_id=stall.id)
    at = f"/ban-hang/hang/{the_product().id}/anh"
    for megabytes in (16, 39):
        answer = stall.post(at, anh=photo_field(b"\n" * (megabytes * 1024 * 1024)))
        assert answer.status_code == 422
        assert "tối đa 15 MB" in answer.text
    assert stall.post(at, anh=photo_field(b"\n" * (41 * 1024 * 1024))).status_code == 413
    assert db.session.scalar(select(func.count()).select_from(Picture)) == 0


def test_long_texts_fit_and_endless_ones_are_413(stall):
    long = {"story_vi": "ự" * 6000, "story_en": "ự" * 6000, "dispatch_vi": "ự" * 2000}
    needed = {"person": "Mẫn", "phone": "0905 000 101", "lead_days_min": "1", "lead_days_max": "2"}
    assert stall.post("/ban-hang/gian-hang/loi", **needed, **long).status_code == 303
    assert stall.post("/ban-hang/gian-hang/loi", person="x" * 7_000_000).status_code == 413


def test_food_without_a_word_on_allergens_is_not_put_on_sale(stall, a_category):
    fields = new_product()
    del fields["allergens"]
    answer = stall.post("/ban-hang/hang/moi", category_id=str(a_category()), **fields)
    assert answer.status_code == 409
    assert "dị ứng" in answer.text
    assert stored() == 0
    fields["lam"] = "nhap"
    assert (
        stall.post("/ban-hang/hang/moi", category_id=str(a_category()), **fields).status_code == 303
    )
    assert the_product().state == "draft"


@both_engines
def test_words_prices_packs_and_shelves_change(app, stall, a_category, a_variant):
    category = a_category()
    pack = a_variant(seller_id=stall.id, category_id=category)
    product = the_product().id
    at = f"/ban-hang/hang/{product}"
    page = stall.page(at)
    assert 'value="Bột ngũ cốc"' in page
    answer = stall.post(at, title_vi="Bột ngũ cốc mè đen", unit_vi="hũ", category_id=str(category),
                        allergens="sesame", title_en="Black sesame cereal")  # fmt: skip
    assert answer.status_code == 303
    assert the_product().allergens == ["sesame"]
    assert stall.post(f"/ban-hang/loai/{pack}", name_vi="Hũ 500 g", price_vnd="99.000", net="500",
                      net_kind="g", compare_at_vnd="110k", length_cm="20").status_code == 303  # fmt: skip
    assert the_product().price_vnd == 99_000
    for _ in range(2):  # Two taps on a slow line.
        assert stall.post(f"{at}/loai", name_vi="Túi 1 kg", price_vnd="1tr2", net="1000", net_kind="g",
                          on_hand="4").status_code == 303  # fmt: skip
    assert db.session.scalar(select(func.count()).select_from(Variant)) == 2
    second = db.session.scalar(select(func.max(Variant.id)))
    assert levels(db.session(), [second])[second].on_hand == 4
    db.session.rollback()
    assert stall.post(f"/ban-hang/loai/{second}/nghi").status_code == 303
    refused = stall.post(f"/ban-hang/loai/{pack}/nghi")
    assert refused.status_code == 409
    assert stall.post(f"{at}/cat").status_code == 303
    assert the_product().state == "hidden"
    assert stall.post(f"{at}/cat").status_code == 409
    assert stall.post(f"{at}/bay").status_code == 303
    assert the_product().state == "published"


def test_the_form_says_what_a_parcel_is_taken_to_weigh_and_takes_it_so(stall, a_variant):
    pack = a_variant(seller_id=stall.id)  # 500 g, parcel 600 g
    at = f"/ban-hang/loai/{pack}"

    def weighs():
        db.session.rollback()
        return db.session.get(Variant, pack).weight_g

    def shown():
        return re.search(r'name="weight_g"[^>]*value="([^"]*)"', stall.page(at))[1]

    assert "tính gói này nặng 600 g" in stall.page(at)
    assert shown() == ""
    pack_fields = {"name_vi": "Túi 1 kg", "price_vnd": "99k", "net_kind": "g"}
    assert stall.post(at, **pack_fields, net="1 kg", weight_g="").status_code == 303
    assert weighs() == 1150
    assert "tính gói này nặng 1.150 g" in stall.page(at)
    assert stall.post(at, **pack_fields, net="1.000", weight_g="1,3 kg").status_code == 303
    assert weighs() == 1300
    assert shown() == "1.300"
    assert stall.post(at, **pack_fields, net="1.000", weight_g=shown()).status_code == 303
    assert weighs() == 1300
    assert "thêm 15 phần trăm" in stall.page("/ban-hang/hang/moi?day-du=1")


def test_a_day_of_return_that_is_over_does_not_stop_a_new_price(stall, a_variant):
    pack = a_variant(seller_id=stall.id)
    with transaction() as session:
        session.get_one(Variant, pack).restock_on = date(2020, 1, 1)
    at = f"/ban-hang/loai/{pack}"
    assert 'name="restock_on" type="date" value=""' in stall.page(at)
    assert "2020-01-01" not in stall.page(at)


@pytest.mark.parametrize(
    ("typed", "aloud"), [("9.500", "9 ngàn 500 đồng"), ("1.250.000", "1 triệu 250 ngàn đồng")]
)
def test_a_price_ten_times_off_is_asked_about_once(stall, a_variant, typed, aloud):
    pack = a_variant(seller_id=stall.id)
    at = f"/ban-hang/loai/{pack}"

    def price():
        db.session.rollback()
        return db.session.get_one(Variant, pack).price_vnd

    asked = stall.post(at, **{**fields_of(stall.page(at)), "price_vnd": typed, "sku": "M1"})
    assert asked.status_code == 422
    told = html.unescape(asked.text).replace("\xa0", " ")
    assert f"Giá đang là 95 ngàn đồng, chị ghi {aloud}: lệch" in told
    assert (price(), fields_of(asked.text)["sku"]) == (95_000, "M1")
    other = stall.post(at, **{**fields_of(asked.text), "price_vnd": "8.000"})
    assert other.status_code == 422, "another price far off is asked about too"
    assert stall.post(at, **fields_of(asked.text)).status_code == 303
    assert price() == int(typed.replace(".", ""))


def test_a_first_price_below_a_thousand_is_asked_back(stall, a_category):
    fields = {**new_product(), "price_vnd": "780"}
    answer = stall.post("/ban-hang/hang/moi", category_id=str(a_category()), **fields)
    assert answer.status_code == 422
    assert "Giá chưa đúng" in answer.text
    assert stored() == 0


def test_none_and_an_allergen_at_once_is_asked_back(stall, a_category):
    fields = {**new_product(), "allergens": ["none", "sesame"]}
    answer = stall.post("/ban-hang/hang/moi", category_id=str(a_category()), **fields)
    assert answer.status_code == 422
    assert "Chị bỏ bớt một bên" in answer.text
    assert stored() == 0


def test_a_new_product_lies_by_the_last_one_and_the_first_is_asked(stall, a_category):
    category = a_category()
    assert f'selected value="{category}"' not in stall.page("/ban-hang/hang/moi?day-du=1")
    stall.post("/ban-hang/hang/moi", category_id=str(category), **new_product())
    assert f'selected value="{category}"' in stall.page("/ban-hang/hang/moi?day-du=1")


def test_a_fault_in_a_folded_part_unfolds_it(stall, a_category):
    category = str(a_category())
    for changed, opened in (({"price_vnd": "x"}, 0), ({"restock_on": "mai"}, 1),
                            ({"title_en": "x" * 200}, 1)):  # fmt: skip
        answer = stall.post("/ban-hang/hang/moi", category_id=category, **new_product(**changed))
        assert answer.text.count('more" open') == opened, changed


@both_engines
def test_a_count_says_why_and_never_goes_below_what_is_promised(app, stall, a_variant, in_state):
    pack = a_variant(seller_id=stall.id, on_hand=9)
    in_state("placed", seller_id=stall.id, variant_id=pack, quantity=3)
    at = f"/ban-hang/loai/{pack}/kho"
    assert stall.post(at, on_hand="20", reason="Mới xay thêm").status_code == 303
    page = stall.page(at)
    assert "Mới xay thêm" in page
    assert "+11" in page
    # Nine at first, three promised, eleven more found.
    assert re.findall(r"từ (\d+) thành (\d+)", page) == [("6", "17"), ("9", "6"), ("0", "9")]
    assert re.search(r"/ban-hang/don/\d+", page)
    refused = stall.post(at, on_hand="2", reason="nhầm")
    assert refused.status_code == 409
    assert 'value="2"' in refused.text
    assert levels(db.session(), [pack])[pack].on_hand == 20
    assert moves_of(db.session(), pack)[0].reason == "Mới xay thêm"
    db.session.rollback()
    assert stall.post(at, on_hand="").status_code == 422


def test_the_story_of_stock_goes_by_when_things_happened(stall, a_variant):
    pack = a_variant(seller_id=stall.id, on_hand=9)
    # What was counted without a line is brought in after what was counted later.
    for on_hand, reason, after in ((20, "Mới xay thêm", 5), (18, "Bể hai hũ", 2)):
        with transaction() as session:
            count_stock(
                session, variant_id=pack, on_hand=on_hand, reason=reason, actor_id=None,
                now=NOON + timedelta(hours=after),
            )  # fmt: skip
    story = stall.page(f"/ban-hang/loai/{pack}/kho").split('<ol class="list log">')[1]
    assert story.index("Mới xay thêm") < story.index("Bể hai hũ")
    assert re.findall(r"từ (\d+) thành (\d+)", story) == [("7", "18"), ("9", "7"), ("0", "9")]


def test_a_further_photo_is_described_in_one_tap(stall, a_variant):
    a_variant(seller_id=stall.id)
    at = f"/ban-hang/hang/{the_product().id}/anh"
    for colour in ("red", "gold"):
        stall.post(at, anh=photo_field(photo(colour=colour)))
    face, further = db.session.scalars(
        select(ProductPicture.picture_id).order_by(ProductPicture.position)
    )
    db.session.rollback()
    page = stall.page(at)
    assert page.count('value="mat-sau"') == 1, "the first photo is described in words"
    assert stall.post(f"{at}/{further}/ta", goi_y="mat-sau").status_code == 303
    words = db.session.get_one(Picture, further)
    assert (words.alt_vi, words.alt_en) == ("Mặt sau của Bột ngũ cốc", "The back: Bột ngũ cốc")
    db.session.rollback()
    assert "mat-sau" not in stall.page(at)
    stall.post(f"{at}/{face}/ta", goi_y="gi-day", alt_vi=WORDS)
    assert db.session.get_one(Picture, face).alt_vi == WORDS


@both_engines
def test_photos_are_added_described_put_first_and_taken_away(app, stall, a_variant, client):
    a_variant(seller_id=stall.id)
    product = the_product().id
    at = f"/ban-hang/hang/{product}/anh"
    assert stall.post(at, alt_vi=WORDS).status_code == 422
    stall.post(at, anh=photo_field(), alt_vi="IMG_0001.jpg")
    stall.post(at, anh=photo_field(photo(colour="gold")), alt_vi=WORDS)
    ids = list(db.session.scalars(select(ProductPicture.picture_id).order_by(
        ProductPicture.position)))  # fmt: skip
    assert [row.id for row in pictures_page(db.session(), None, 1).rows] == [ids[0]]
    db.session.rollback()
    assert "Đây là tên tệp" in stall.page(at)
    stall.post(f"{at}/{ids[0]}/ta", alt_vi=WORDS, alt_en="A jar of red salt")
    assert pictures_page(db.session(), None, 1).rows == []
    db.session.rollback()
    stall.post(f"{at}/{ids[1]}/truoc")
    assert db.session.scalars(select(ProductPicture.picture_id).order_by(
        ProductPicture.position)).all() == ids[::-1]  # fmt: skip
    db.session.rollback()
    assert stall.post(f"{at}/{ids[0]}/bo").status_code == 303
    assert db.session.scalars(select(Picture.id)).all() == [ids[1]]


def test_wrong_words_for_a_photo_stand_beside_that_photo(stall, a_variant):
    a_variant(seller_id=stall.id)
    at = f"/ban-hang/hang/{the_product().id}/anh"
    stall.post(at, anh=photo_field(), alt_vi=WORDS)
    picture = db.session.scalar(select(Picture.id))
    db.session.rollback()
    answer = stall.post(f"{at}/{picture}/ta", alt_vi="x" * 501, alt_en="A jar of salt")
    assert answer.status_code == 422
    assert f'href="#{picture}-alt_vi"' in answer.text
    assert re.search(rf'id="{picture}-alt_vi"[^>]*aria-invalid="true"', answer.text)
    assert "x" * 501 in answer.text
    assert "A jar of salt" in answer.text
    assert answer.text.count('class="err"') == 1


def test_what_is_no_photo_is_said_beside_the_file(stall, a_variant):
    a_variant(seller_id=stall.id)
    for at in (f"/ban-hang/hang/{the_product().id}/anh", "/ban-hang/hang/moi"):
        answer = stall.post(at, anh=photo_field(b"GIF89a"), **new_product(category_id="1"))
        assert answer.status_code == 422
        assert 'href="#anh"' in answer.text
        assert 'aria-describedby="anh-goi-y anh-loi"' in answer.text
        assert "<title>Lỗi:" in answer.text


def test_a_product_shows_twelve_photos_and_no_more(stall, a_variant, monkeypatch):
    monkeypatch.setattr("shop.selling.actions.products.MOST_PER_PRODUCT", 1)
    a_variant(seller_id=stall.id)
    at = f"/ban-hang/hang/{the_product().id}/anh"
    assert stall.post(at, anh=photo_field(), alt_vi=WORDS).status_code == 303
    answer = stall.post(at, anh=photo_field(photo(colour="gold")), alt_vi=WORDS)
    assert answer.status_code == 422
    assert "Chỉ nhận tới 1 ảnh" in answer.text
    assert db.session.scalar(select(func.count()).select_from(Picture)) == 1


@both_engines
def test_lists_ask_the_database_as_often_for_two_as_for_thirty(
    stall, a_variant, a_category, count_queries
):
    category, seen = a_category(), {}
    for size in (2, 30):
        for n in range(stored(), size):
            a_variant(f"Món {n}", seller_id=stall.id, category_id=category)
        stall.page("/ban-hang/hang")
        with count_queries() as asked:
            stall.page("/ban-hang/hang")
        seen[size] = len(asked)
    assert seen[30] == seen[2] <= 8, seen
    assert stall.page("/ban-hang/hang?trang=2").count("Sửa số") == 6


def test_the_shop_says_what_is_missing_not_the_browser_in_its_own_language(stall, a_variant):
    pack = a_variant(seller_id=stall.id)
    product = the_product().id
    for page in (
        "hang/moi", f"hang/{product}", f"hang/{product}/loai", f"loai/{pack}", f"loai/{pack}/kho",
        "gian-hang/loi", "gian-hang/diem-lay", "gian-hang/tai-khoan",
    ):  # fmt: skip
        forms = re.findall(r"<form.*?</form>", stall.page(f"/ban-hang/{page}"), re.S)
        assert forms, page
        for form in forms:
            assert " required" not in form or "novalidate" in form.partition(">")[0], page


def test_a_product_is_begun_from_another_and_both_go_their_own_way(stall, a_category, client):
    stall.post(
        "/ban-hang/hang/moi", category_id=str(a_category()), anh=photo_field(), **new_product()
    )
    first = the_product()
    page = stall.page(f"/ban-hang/hang/{first.id}")
    assert "Chép thành món mới" in page
    answer = stall.post(f"/ban-hang/hang/{first.id}/chep")
    assert answer.location.endswith("?da=chep-mon")
    db.session.rollback()
    _, copy = db.session.scalars(select(Product).order_by(Product.id))
    assert (copy.state, copy.title_vi, copy.allergens) == ("draft", "Muối ớt rang hạt to", ["none"])
    assert copy.slug != first.slug
    one, two = db.session.scalars(select(Variant).order_by(Variant.id))
    assert (two.price_vnd, two.net_g, two.name_vi) == (35_000, 150, "Hũ 150 g")
    assert one.sku != two.sku
    assert levels(db.session(), [two.id])[two.id].on_hand == 0
    photo, same = db.session.scalars(select(Picture).order_by(Picture.id))
    assert (photo.digest, photo.alt_vi) == (same.digest, same.alt_vi)
    # The first loses its photo; the copy still shows its own.
    stall.post(f"/ban-hang/hang/{first.id}/anh/{photo.id}/bo")
    deliver_waiting(NOON + timedelta(days=1))
    assert client.get(f"/media/{file_name(same.digest, 320, 'webp')}").status_code == 200
    assert stall.post(f"/ban-hang/hang/{copy.id}/bay").status_code == 303


def test_what_is_another_stalls_is_not_copied(stall, a_variant):
    a_variant()
    foreign = the_product().id
    assert stall.post(f"/ban-hang/hang/{foreign}/chep").status_code == 404
    assert stored() == 1
