"""Two phones edit one product: the second is told what changed by whom, and loses no word."""

from html.parser import HTMLParser
from typing import Any

import pytest
from sqlalchemy import select

from shop.catalogue.claim_rules import claims_in
from shop.catalogue.models import Product, Variant
from shop.db import db, transaction
from shop.sellers.models import Seller
from tests.engines import both_engines


class _Fields(HTMLParser):
    """Collects what the form that carries ``da_xem`` would send as it stands."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: list[dict[str, Any]] = []
        self.select = self.area = ""

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        said = dict(attributes)
        name, value = said.get("name") or "", said.get("value") or ""
        if tag == "form":
            self.forms.append({})
        if not self.forms:
            return
        form = self.forms[-1]
        if tag == "input" and said.get("type") == "checkbox":
            form.setdefault(name, []).extend([value] if "checked" in said else [])
        elif tag == "input":
            form[name] = value
        elif tag == "textarea":
            self.area, form[name] = name, ""
        elif tag == "select":
            self.select = name
        elif tag == "option" and "selected" in said and self.select:
            form[self.select] = value

    def handle_data(self, text: str) -> None:
        if self.area:
            self.forms[-1][self.area] += text

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea":
            self.forms[-1][self.area] = self.forms[-1][self.area].strip()
            self.area = ""
        if tag == "select":
            self.select = ""


def fields_of(page: str) -> dict[str, Any]:
    """Return what the form of a product or a pack would send as it stands."""
    reading = _Fields()
    reading.feed(page)
    found = next(form for form in reading.forms if "da_xem" in form)
    return {name: value for name, value in found.items() if name and name != "csrf_token"}


def one(what):
    db.session.rollback()
    return db.session.scalars(select(what)).one()


@both_engines
def test_the_second_is_told_what_changed_and_keeps_what_she_typed(app, stall, a_variant):
    a_variant(seller_id=stall.id)
    at = f"/ban-hang/hang/{one(Product).id}"
    first = second = fields_of(stall.page(at))
    assert (
        stall.post(at, **{**first, "title_vi": "Bột mè", "summary_vi": "Rang tay"}).status_code
        == 303
    )
    told = stall.post(at, **{**second, "title_vi": "Bột đậu", "origin_vi": "Gò Mít"})
    assert told.status_code == 409
    assert "Nguyễn Thị Sương vừa sửa chỗ này" in told.text
    assert "Tên món nay là “Bột mè”. Chữ chị ghi còn ở dưới" in told.text
    assert "Một câu giới thiệu nay là “Rang tay”. Ở dưới đã lấy theo." in told.text
    assert one(Product).title_vi == "Bột mè"
    again = fields_of(told.text)
    assert (again["title_vi"], again["origin_vi"], again["summary_vi"]) == ("Bột đậu", "Gò Mít", "Rang tay")  # fmt: skip
    assert stall.post(at, **again).status_code == 303
    stored = one(Product)
    assert (stored.title_vi, stored.origin_vi, stored.summary_vi) == ("Bột đậu", "Gò Mít", "Rang tay")  # fmt: skip
    # The same sent twice, as a phone does on a bad line, is no change of somebody else's.
    assert stall.post(at, **again).status_code == 303


def test_a_price_that_somebody_changed_is_not_overwritten_unseen(stall, a_variant):
    pack = a_variant(seller_id=stall.id)
    at = f"/ban-hang/loai/{pack}"
    page = fields_of(stall.page(at))
    assert stall.post(at, **{**page, "price_vnd": "99k"}).status_code == 303
    told = stall.post(at, **{**page, "price_vnd": "80k", "sku": "MOI"})
    assert told.status_code == 409
    assert "Giá bán nay là “99.000\xa0đồng”" in told.text
    db.session.rollback()
    assert db.session.scalars(select(Variant.price_vnd)).one() == 99_000
    assert stall.post(at, **fields_of(told.text)).status_code == 303
    db.session.rollback()
    assert db.session.scalars(select(Variant.price_vnd)).one() == 80_000


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ("Bột này chữa bệnh, trị ho, giảm cân nhanh", ["chữa", "giảm cân"]),
        ("Ngon nhất xóm", ["nhất"]), ("100 % tự nhiên", ["100 % tự nhiên"]),
        ("Giá trị cao, ít nhất hai hũ, sửa chữa nồi", []), ("Muối ớt, trí nhớ, khói bếp", []),
        ("Tốt cho người TIỂU ĐƯỜNG", ["TIỂU ĐƯỜNG"]), ("Cháo ăn dặm cho bé", ["ăn dặm"]),
        ("Heals and cures cancer", ["Heals", "cancer"]), ("", []), ("Nhà ở tổ số 1", []),
        ("tri\u0323 ho", ["trị"]), ("Quê Quảng Trị", []), ("best before 3 months", []),
        ("Uống một tuần là khỏi", ["khỏi"]), ("Mua về khỏi nấu, khỏi lo", []), ("Vớt ra khỏi nồi", []),
        ("chua tieu duong", ["tieu duong"]), ("UNG THU", ["UNG THU"]), ("tri ho, giam can nhanh", ["tri ho", "giam can"]),
        ("Khoi bep, chua chin, dau rang", []), ("nuoc cham vua chua vua ngot", []), ("Một khối, chưa mở", []),
        ("gia tri cao, it nhat hai hu", []), ("Ngon nhat xom", ["Ngon nhat"]), ("nha o to so 1", []),
        ("100%tự nhiên", ["100%tự nhiên"]), ("100 phần trăm tự nhiên", ["100 phần trăm tự nhiên"]),
        ("Chữa khỏi đau dạ dày", ["Chữa", "đau dạ dày"]), ("tăng chiều cao cho bé", ["tăng chiều cao"]),
        ("Duy nhất ở quê", ["Duy nhất"]), ("Hàng số 1", ["số 1"]), ("đặc trị, giảm đau", ["đặc trị", "giảm đau"]),
        ("hạ huyết áp", ["huyết áp"]), ("Hợp nhất hai tổ, nhất trí cùng làm", []), ("Thống Nhất", []),
    ],
)  # fmt: skip
def test_words_that_food_may_not_say_are_found_where_they_say_it(said, words):
    found = claims_in(said)
    assert [one.word for one in found] == words
    for one_found in found:
        claim = one_found.claim
        assert all((claim.why_vi, claim.why_en, claim.instead_vi, claim.instead_en, claim.law))
        assert not claims_in(claim.instead_vi + claim.instead_en)


def test_what_a_stall_says_of_itself_is_warned_of_too(stall):
    at = "/ban-hang/gian-hang/loi"
    assert "Chữ nên đổi" not in stall.page(at)
    with transaction() as session:
        row = session.get_one(Seller, stall.id)
        row.sentence_vi, row.story_vi = "Bột nhà tôi trị ho", "Ngon nhất"
    told = stall.page(at)
    assert "“trị”" in told
    assert "“nhất”" in told
    assert "có chữ nên đổi" in stall.page("/ban-hang/gian-hang")


def test_a_claim_is_warned_of_and_never_stops_a_product(stall, a_variant):
    a_variant(seller_id=stall.id)
    at = f"/ban-hang/hang/{one(Product).id}"
    fields = {**fields_of(stall.page(at)), "description_vi": "Trị ho <b>hết</b>"}
    assert stall.post(at, **fields).status_code == 303
    page = stall.page(at)
    assert "Chữ nên đổi" in page
    assert "Nghị định 15/2018" in page
    english = stall.page(f"/en{at}")
    assert "Food may not be said to cure." in english
    assert one(Product).state == "published"
