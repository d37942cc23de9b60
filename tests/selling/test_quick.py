"""A product in under a minute: three fields, a draft that is kept, a photo that comes in pieces."""

import io
import json
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from shop.catalogue.models import Product, Variant
from shop.db import db, transaction
from shop.kernel.clock import now_utc
from shop.media.models import Picture, Upload, UploadPart
from shop.media.rules import MOST_UPLOADS
from shop.media.uploads import forget_old_uploads
from shop.outbox.models import OutboxMessage
from shop.selling.actions.drafts import forget_drafts
from shop.selling.models import GoodsDraft
from shop.selling.portion_rules import read_portion
from shop.stock.queries import levels
from tests.engines import both_engines
from tests.media.photos import photo, with_notes

AT = "/ban-hang/hang/anh-gui"
KEY, OTHER_KEY = "a" * 32, "b" * 32


def quick(**changed):
    return {
        "khoa": "1" * 32, "title_vi": "Muối ớt rang", "price_vnd": "95 ngàn",
        "portion": "hũ 500 g", "on_hand": "5", "allergens": "none", "lam": "ban", **changed,
    }  # fmt: skip


def part(stall, key, start, content):
    token = stall.browser.get("/ban-hang/hang/moi").text.split('csrf_token" value="')[1]
    return stall.browser.post(
        f"{AT}/{key}", data=content, content_type="application/octet-stream",
        headers={"X-CSRF-Token": token.split('"')[0], "Upload-Offset": str(start)},
    )  # fmt: skip


def send(stall, key, content):
    """Send a photo in two pieces, and let it be read."""
    assert stall.post(AT, khoa=key, co=str(len(content))).json == {"received": 0}
    half = len(content) // 2
    assert part(stall, key, 0, content[:half]).json == {"received": half}
    assert part(stall, key, half, content[half:]).json == {"received": len(content)}
    return stall.post(f"{AT}/{key}/xong")


def stored(what):
    db.session.rollback()
    return db.session.scalar(select(func.count()).select_from(what))


@pytest.mark.parametrize(
    ("said", "unit", "name", "content"),
    [
        ("hũ 500 g", "hũ", "Hũ 500 g", (500, None, None)),
        ("Gói 1,2 kg", "gói", "Gói 1,2 kg", (1200, None, None)),
        ("một chai 750ml", "chai", "Chai 750ml", (None, 750, None)),
        ("ký", "ký", "1 ký", (1000, None, None)), ("lạng", "lạng", "1 lạng", (100, None, None)),
        ("chục", "chục", "1 chục", (None, None, 10)), ("cái", "cái", "1 cái", (None, None, 1)),
        ("túi 12 bánh", "túi", "Túi 12 bánh", (None, None, 12)),
        ("500 g", "phần", "500 g", (500, None, None)), ("hũ", "hũ", "Hũ", (None, None, None)),
        ("hũ 0 g", "hũ", "Hũ 0 g", (None, None, None)),
        ("x" * 90, "x" * 30, "X" + "x" * 79, (None, None, None)),
    ],
)  # fmt: skip
def test_what_one_of_it_is_is_understood_as_it_is_said(said, unit, name, content):
    one = read_portion(said)
    assert (one.unit, one.name, (one.net_g, one.net_ml, one.pieces)) == (unit, name, content)
    assert one.weight_g > 0


@both_engines
def test_a_photo_in_pieces_a_name_and_a_price_are_on_sale_once(app, stall, a_category, client):
    a_category()
    assert "Đăng bán" in stall.page("/ban-hang/hang/moi")
    content = with_notes(6)
    assert send(stall, KEY, content).json == {"finished": True}
    assert stored(UploadPart) == 0
    answer = stall.post("/ban-hang/hang/nhanh", **quick(da_gui=KEY, alt_vi="Hũ nắp vàng, muối đỏ"))
    assert answer.status_code == 303, answer.text
    again = stall.post("/ban-hang/hang/nhanh", **quick(da_gui=KEY))
    assert again.headers["Location"] == answer.headers["Location"]
    product = db.session.scalars(select(Product)).one()
    pack = db.session.scalars(select(Variant)).one()
    assert (product.state, product.price_vnd, product.unit_vi) == ("published", 95_000, "hũ")
    assert (pack.name_vi, pack.net_g, pack.weight_g) == ("Hũ 500 g", 500, 600)
    assert levels(db.session(), [pack.id])[pack.id].on_hand == 5
    picture = db.session.scalars(select(Picture)).one()
    assert (picture.width_px, picture.height_px) == (600, 800)  # Upright.
    assert stored(Upload) == 0
    # Two phones at once are one attempt each; what is put up is no draft any more.
    assert "95 ngàn" not in stall.page("/ban-hang/hang/moi")
    saved = stall.post("/ban-hang/hang/nhap", **quick())
    assert saved.json["there"].startswith(f"/ban-hang/hang/{product.id}")


def test_pieces_go_on_where_the_line_was_cut_and_count_once(stall):
    content = photo((400, 300))
    stall.post(AT, khoa=KEY, co=str(len(content)))
    assert part(stall, KEY, 0, content[:100]).json == {"received": 100}
    # The answer was lost: the phone sends the same again, or asks.
    again = part(stall, KEY, 0, content[:100])
    assert (again.status_code, again.json["received"]) == (409, 100)
    assert stall.post(AT, khoa=KEY, co=str(len(content))).json == {"received": 100}
    assert stall.get(f"{AT}/{KEY}").json == {"received": 100, "finished": False}
    ahead, over = part(stall, KEY, 200, b"x"), part(stall, KEY, 100, b"x" * len(content))
    assert (ahead.status_code, over.status_code) == (409, 409)
    assert stall.post(f"{AT}/{KEY}/xong").status_code == 422
    answer = stall.post("/ban-hang/hang/nhanh", **quick(da_gui=KEY))
    assert answer.status_code == 422
    assert "chưa tới đủ" in answer.text
    assert (part(stall, KEY, 100, content[100:]).status_code, stored(Product)) == (200, 0)
    assert stall.post(f"{AT}/{KEY}/xong").json == {"finished": True}


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"<svg xmlns='http://www.w3.org/2000/svg'><script/></svg>", "JPEG, PNG hay WebP"),
        (photo((3000, 2000))[:5000], "bị hỏng"), (photo((90, 90)), "nhỏ quá"),
        (b"GIF89a<?php evil ?>" + photo(), "JPEG, PNG hay WebP"),
    ],
    ids=["svg", "half", "stamp", "polyglot"],
)  # fmt: skip
def test_what_is_no_photo_is_said_when_it_came_and_is_forgotten(stall, content, words):
    answer = send(stall, KEY, content)
    assert (answer.status_code, words in answer.json["says"]) == (422, True)
    assert (stored(Upload), stored(UploadPart), stored(Picture)) == (0, 0, 0)


def test_a_stall_has_few_photos_on_their_way_and_none_is_large(stall, a_stall):
    for n in range(MOST_UPLOADS):
        assert stall.post(AT, khoa=f"{n:032x}", co="100").status_code == 200
    assert stall.post(AT, khoa=KEY, co="100").status_code == 429
    assert stall.post(AT, khoa=f"{0:032x}", co="100").status_code == 200
    other = a_stall()
    for size, status in (("0", 422), ("-1", 422), ("x", 422), (str(5 * 1024 * 1024), 422)):
        assert other.post(AT, khoa=KEY, co=size).status_code == status
    assert other.post(AT, khoa="../../etc", co="100").status_code == 404
    assert other.post(AT, khoa=f"{0:032x}", co="100").status_code == 404
    assert other.get(f"{AT}/{0:032x}").status_code == 404
    assert part(other, f"{0:032x}", 0, b"x").status_code == 404
    assert other.post(f"{AT}/{0:032x}/xong").status_code == 404
    assert part(stall, f"{0:032x}", 0, b"x" * (300 * 1024)).status_code == 422
    assert stored(UploadPart) == 0


def test_what_nobody_used_goes_with_its_files(stall):
    assert send(stall, KEY, photo()).json == {"finished": True}
    stall.post(AT, khoa=OTHER_KEY, co="100")
    part(stall, OTHER_KEY, 0, b"x")
    stall.post("/ban-hang/hang/nhap", **quick())
    later = now_utc() + timedelta(days=40)
    forget_old_uploads(now_utc())
    assert stored(Upload) == 2
    forget_old_uploads(later)
    forget_drafts(later)
    assert (stored(Upload), stored(UploadPart), stored(GoodsDraft)) == (0, 0, 0)
    told = select(OutboxMessage.payload).where(OutboxMessage.subscriber == "media.files")
    assert db.session.scalars(told).one()


def test_a_draft_keeps_what_was_typed_and_says_how_it_is_read(stall, a_stall):
    wrong = stall.post("/ban-hang/hang/nhap", **quick(price_vnd="rẻ lắm", title_vi=""))
    assert wrong.status_code == 200
    assert "Giá chưa đúng" in wrong.json["notes"]["price_vnd"][0]
    page = stall.page("/ban-hang/hang/moi")
    assert "rẻ lắm" in page
    assert "đang ghi dở" in page
    said = stall.post(
        "/ban-hang/hang/nhap",
        **quick(price_vnd="1tr2", description_vi="Trị ho, ngon nhất", alt_vi="muối ớt rang"),
    ).json["notes"]  # fmt: skip
    assert said["price_vnd"] == ["Chợ đọc là 1.200.000\xa0đồng."]
    assert said["portion"] == ["Khách thấy: Hũ 500 g. Chợ hiểu là 500 g."]
    for portion, read in (
        ("gói 0.5 kg", "500 g."),
        ("chai 1.5 lít", "1.500 ml."),
        ("gói 1.250 kg", "chưa rõ"),
    ):
        notes = stall.post("/ban-hang/hang/nhap", **quick(portion=portion)).json["notes"]
        assert read in notes["portion"][0]
    unclear = stall.post("/ban-hang/hang/nhanh", **quick(portion="gói 1.250 kg"))
    assert unclear.status_code == 422
    assert "Chợ chưa rõ bao nhiêu" in unclear.text
    assert [word in " ".join(said["description_vi"]) for word in ("“Trị”", "“nhất”")] == [True] * 2
    assert "Giống tên món" in said["alt_vi"][0]
    # Another person of another stall neither reads nor writes it.
    other = a_stall()
    assert "1tr2" not in other.page("/ban-hang/hang/moi")
    assert other.post("/ban-hang/hang/nhap", **quick()).status_code == 404
    assert other.post("/ban-hang/hang/nhap", **quick(khoa="x")).status_code == 404
    stall.post("/ban-hang/hang/nhap/bo", khoa="1" * 32)
    assert "1tr2" not in stall.page("/ban-hang/hang/moi")


def test_without_a_script_the_plain_field_works_and_a_draft_needs_nothing(stall, a_category):
    a_category()
    kept = stall.post("/ban-hang/hang/nhanh", **quick(lam="nhap", price_vnd="", title_vi="Chỉ tên"))
    assert (kept.status_code, stored(Product)) == (303, 0)
    assert "Chỉ tên" in stall.page("/ban-hang/hang/moi")
    wrong = stall.post("/ban-hang/hang/nhanh", **quick(title_vi="", allergens="gold"))
    assert (wrong.status_code, stored(Product)) == (422, 0)
    assert "95 ngàn" in wrong.text
    again = "Ảnh thì chị chọn lại giúp."
    assert again not in wrong.text
    sent = (io.BytesIO(photo()), "IMG_1.jpg", "image/jpeg")
    assert again in stall.post("/ban-hang/hang/nhanh", **quick(title_vi="", anh_san=sent)).text
    unsaid = {name: value for name, value in quick().items() if name != "allergens"}
    assert stall.post("/ban-hang/hang/nhanh", **unsaid).status_code == 409
    sent = (io.BytesIO(photo()), "IMG_1.jpg", "image/jpeg")
    answer = stall.post("/ban-hang/hang/nhanh", **quick(anh_san=sent))
    assert (answer.status_code, stored(Picture), stored(Product)) == (303, 1, 1)


def test_it_stands_where_goods_of_like_names_stand(stall, a_category, a_variant):
    shelf, other = a_category(), a_category()
    a_variant(title="Muối ớt xanh", category_id=shelf)
    a_variant(seller_id=stall.id, title="Nón lá", category_id=other)
    stall.post("/ban-hang/hang/nhanh", **quick(khoa="2" * 32, title_vi="Quạt mo cau"))
    stall.post("/ban-hang/hang/nhanh", **quick())
    db.session.rollback()
    found = dict(db.session.execute(select(Product.title_vi, Product.category_id)).all())
    assert (found["Muối ớt rang"], found["Quạt mo cau"]) == (shelf, other)
    with transaction() as session:
        assert json.dumps(session.scalars(select(GoodsDraft.typed)).all()) == "[{}, {}]"


def test_a_photo_in_pieces_is_added_to_a_product_and_to_the_full_form(stall, a_variant, a_category):
    a_variant(seller_id=stall.id)
    product = db.session.scalars(select(Product.id)).one()
    db.session.rollback()
    at = f"/ban-hang/hang/{product}/anh"
    for page in (at, "/ban-hang/hang/moi?day-du=1"):
        shown = stall.page(page)
        assert shown.count('data-photo="/ban-hang/hang/anh-gui"') == 2, page
        assert 'name="da_gui"' in shown, page
    assert send(stall, KEY, photo((400, 300))).json == {"finished": True}
    too_long = stall.post(at, da_gui=KEY, alt_vi="x" * 501)
    assert too_long.status_code == 422
    assert f'value="{KEY}"' in too_long.text, "the photo that came is not chosen again"
    assert 'id="anh-xem">' in too_long.text
    assert stall.post(at, da_gui=KEY).status_code == 303
    assert (stored(Picture), stored(Upload)) == (1, 0)
    gone = stall.post(at, da_gui=KEY)
    assert gone.status_code == 422
    assert stored(Picture) == 1, "sent again it is no second photo"
    assert send(stall, OTHER_KEY, photo((400, 300), colour="gold")).json == {"finished": True}
    answer = stall.post(
        "/ban-hang/hang/moi", da_gui=OTHER_KEY, category_id=str(a_category()), title_vi="Muối ớt",
        unit_vi="hũ", price_vnd="35k", name_vi="Hũ 150 g", net="150", net_kind="g", on_hand="12",
        allergens="none", lam="ban",
    )  # fmt: skip
    assert answer.status_code == 303, answer.text
    assert (stored(Picture), stored(Upload), stored(Product)) == (2, 0, 2)
    begun = "c" * 32
    stall.post(AT, khoa=begun, co="1000")
    half = stall.post(at, da_gui=begun)
    assert half.status_code == 422
    assert 'href="#anh"' in half.text


def test_an_empty_draft_is_not_called_saved(stall):
    nothing = dict.fromkeys(quick(), "") | {"khoa": quick()["khoa"], "on_hand": "5"}
    told = stall.post("/ban-hang/hang/nhanh", **{**nothing, "lam": "nhap"})
    assert told.status_code == 422
    assert "Chưa có gì để lưu" in told.text
    named = stall.post("/ban-hang/hang/nhanh", **{**nothing, "title_vi": "Muối", "lam": "nhap"})
    assert "da=de-danh" in named.location
