"""From the word that an officer reads out to the first packed order, on a small phone, by touch."""

import io
import re
import sqlite3
from types import SimpleNamespace

from PIL import Image
from playwright.sync_api import Locator, Page, expect

from shop.demo.joining import INVITED
from shop.demo.people import SIGN_INS
from tests.browser.conftest import arrive, at
from tests.browser.test_journeys import say_where

OFFICER = next(person for person in SIGN_INS if person.key == "operator")
#: Taps of the seller alone, from typing the word to "packed"; writing in a field is none.
MOST_TAPS = 32


class Thumb:
    """The seller's own phone; counts what she taps."""

    def __init__(self, page: Page) -> None:
        self.page, self.taps = page, 0

    def tap(self, what: Locator) -> None:
        self.taps += 1
        what.tap()

    def press(self, name: str | re.Pattern[str]) -> None:
        arrive(self.page, lambda: self.tap(self.page.get_by_role("button", name=name).first))

    def follow(self, name: str | re.Pattern[str]) -> None:
        self.tap(self.page.locator("main").get_by_role("link", name=name).first)

    def write(self, field: str, words: str) -> None:
        self.page.locator(f"main form:not([action$='/dang-xuat']) #{field}").first.fill(words)


def a_photo(colour: str) -> dict:
    kept = io.BytesIO()
    Image.new("RGB", (1200, 900), colour).save(kept, "JPEG")
    return {"name": "anh.jpg", "mimeType": "image/jpeg", "buffer": kept.getvalue()}


def sign_in(page: Page, person) -> None:
    page.get_by_label("Số điện thoại hoặc").fill(person.phone)
    page.get_by_label("Mật khẩu", exact=True).fill(person.password)
    page.get_by_role("button", name="Đăng nhập").click()
    page.wait_for_url(at(person.path))


def learns(page: Page) -> None:
    """She takes the lesson that comes next for her; reading is no tap of the way."""
    page.goto("/tai-khoan/bai-hoc")
    expect(page.locator("main")).to_contain_text("Bài tiếp theo của chị: Đăng món đầu tiên.")
    page.get_by_role("link", name=re.compile("^Học bài này")).tap()
    expect(page.locator("h1")).to_have_text("Đăng món đầu tiên")
    drawn = page.locator("main figure img, main p img, main img").first
    assert drawn.evaluate("(img) => img.decode().then(() => img.naturalWidth)") > 0
    arrive(page, page.get_by_role("button", name="Tôi đã đọc hết bài").tap)
    expect(page.locator("main")).not_to_contain_text("Bài này chị đã học xong")
    page.goto("/tai-khoan/bai-hoc/dang-mon-dau")


def test_a_new_seller_goes_from_her_invitation_over_a_lesson_to_her_first_packed_order(
    live_shop, visit
):
    page = visit(live_shop, "/mo-gian-hang", width=360, height=640, has_touch=True, is_mobile=True)
    her = Thumb(page)
    her.write("code", f"{INVITED[:4]} {INVITED[4:]}".lower())
    her.press("Tiếp")
    her.write("phone", "0905 000 662")
    her.write("person", "chị Thử")
    her.write("name_vi", "Chuối sấy Thử")
    her.write("place", "Phường Hội An, Đà Nẵng")
    her.write("line1", "Khối Bàu Sen")
    her.press("Mở gian hàng")
    expect(page).to_have_url(re.compile("/ban-hang/mo-gian"))

    her.follow("Tài khoản nhận tiền")
    page.locator("#bank_bin").select_option(index=1)
    her.write("number", "0000 0001 234")
    her.write("holder", "PHAM THI THU")
    her.press("Đổi tài khoản")
    page.goto("/ban-hang/gian-hang/diem-lay")
    her.write("name_vi", "Nhà chị Thử")
    her.write("address_vi", "Khối Bàu Sen")
    her.write("hours_vi", "8 giờ đến 17 giờ")
    her.press("Thêm điểm này")

    page.goto("/ban-hang/mo-gian")
    her.follow("Giấy tờ tuỳ thân, để Hội xem")
    page.locator("#kind").select_option("identity")
    her.write("number", "1234")
    page.locator("#file").set_input_files(a_photo("white"))
    her.press("Thêm giấy")

    page.goto("/ban-hang/mo-gian")
    expect(
        page.locator("main").get_by_role("link", name="Một món đang bày bán").first
    ).to_be_visible()
    learns(page)
    her.follow("Đăng món của tôi")
    page.locator("#anh").set_input_files(a_photo("goldenrod"))
    her.write("title_vi", "Chuối sấy dẻo")
    her.write("price_vnd", "35k")
    her.write("portion", "gói 300 g")
    her.tap(page.locator("label.tick:has(#allergens)"))
    expect(page.locator("#anh-dang")).to_contain_text("Ảnh đã tới nơi.")
    her.press("Đăng bán")
    expect(page).to_have_url(at("/ban-hang/hang/[0-9]+"))
    page.goto("/tai-khoan/bai-hoc")
    expect(page.locator("main li", has_text="Đăng món đầu tiên")).to_contain_text("Chợ thấy")
    expect(page.locator("main")).to_contain_text("Bài tiếp theo của chị: Chụp ảnh")

    page.goto("/ban-hang/mo-gian")
    her.press("Gửi Hội xem")
    expect(page.locator("main")).to_contain_text("Hội đang xem")

    desk = visit(live_shop, "/dang-nhap", width=1280, height=900)
    sign_in(desk, OFFICER)
    desk.goto("/dieu-hanh/giay-to")
    paper = desk.locator("li.box", has_text="Chuối sấy Thử")
    arrive(desk, paper.get_by_role("button", name=re.compile("Đã xem")).click)
    desk.goto("/dieu-hanh/xin-ban")
    desk.get_by_role("link", name="chị Thử").first.click()
    desk.get_by_role("link", name=re.compile("Mở trang gian hàng")).click()
    desk.get_by_role("button", name="Duyệt, cho khách thấy").click()
    expect(desk.locator("main")).to_contain_text("Đang mở")

    buyer = visit(live_shop, "/nguoi-lam/chuoi-say-thu")
    buyer.get_by_role("link", name="Chuối sấy dẻo").click()
    arrive(buyer, buyer.get_by_role("button", name="Thêm vào giỏ").click)
    buyer.goto("/dat-hang")
    buyer.locator("#name").fill("Lê Thị Bông")
    buyer.locator("#phone").fill("0905 000 777")
    say_where(buyer, SimpleNamespace(script=True))
    buyer.get_by_role("radio", name=re.compile("Nhà chị Thử")).check()
    buyer.locator("input[name$='-method'][value=cod]").check()
    buyer.locator("#agree").check()
    buyer.get_by_role("button", name=re.compile("^Đặt hàng, ")).click()
    expect(buyer).to_have_url(re.compile("/don/"))

    page.goto("/ban-hang")
    expect(page.locator("main")).to_contain_text("Lê Thị Bông")
    her.press(re.compile("Khách đã chốt"))
    her.press(re.compile("Đã gói xong"))
    expect(page.locator("main")).to_contain_text("chờ khách tới lấy")
    with sqlite3.connect(f"file:{live_shop.instance}/shop.sqlite?mode=ro", uri=True) as kept:
        packed = kept.execute(
            "select o.state from seller_orders o join sellers s on s.id = o.seller_id"
            " where s.slug = 'chuoi-say-thu'"
        ).fetchall()
    assert packed == [("packed",)]
    assert her.taps <= MOST_TAPS, her.taps
