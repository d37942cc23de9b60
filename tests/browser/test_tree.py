"""Two communes become one, by two people, and an officer finds her members below the new one."""

from collections.abc import Callable

from playwright.sync_api import Page, expect

from shop.demo.people import SIGN_INS
from tests.browser.conftest import LiveShop, arrive

PEOPLE = {person.key: person for person in SIGN_INS}
NEW = "Hội LHPN xã Hoà Hợp Mẫu"


def signed_in(visit: Callable[..., Page], shop: LiveShop, key: str) -> Page:
    page = visit(shop, "/dang-nhap", width=390, height=844)
    page.locator("main input[name=who]").fill(PEOPLE[key].phone)
    page.locator("main input[type=password]").first.fill(PEOPLE[key].password)
    arrive(page, page.locator("main form button").first.click)
    return page


def test_two_communes_are_merged(live_shop: LiveShop, visit: Callable[..., Page]) -> None:
    city = signed_in(visit, live_shop, "city")
    city.goto("/dieu-hanh/to-chuc?tim=song+lanh")
    city.get_by_role("link", name="Hội LHPN xã Sông Lành", exact=True).click()
    city.get_by_role("link", name="Gộp", exact=True).click()
    city.get_by_label("Hội LHPN xã Hòn Mây").check()
    city.get_by_label("Tên tổ chức mới").fill(NEW)
    city.get_by_role("button", name="Xem trước").click()
    expect(city.get_by_text("Chi hội thôn Đá Chồng: từ Hội LHPN xã Hòn Mây sang")).to_be_visible()
    expect(city.get_by_role("button", name="đồng ý đổi từ hôm nay")).to_have_count(0)
    proposal = city.url.split("?")[0]

    second = signed_in(visit, live_shop, "operator")
    second.goto(proposal)
    expect(second.get_by_text("Võ Thị Hạnh, Cán bộ")).to_be_visible()
    second.get_by_role("button", name="đồng ý đổi từ hôm nay").click()
    expect(second.get_by_role("status").filter(has_text="Đã sắp xếp lại")).to_be_visible()
    second.get_by_role("link", name=NEW, exact=True).click()
    second.get_by_role("link", name="Sổ hội viên").click()
    expect(second.get_by_role("link", name="Nguyễn Thị Mẫn")).to_be_visible()

    officer = signed_in(visit, live_shop, "officer")
    officer.goto("/dieu-hanh/to-chuc")
    expect(officer.get_by_role("link", name=NEW, exact=True)).to_be_visible()
    officer.goto("/dieu-hanh/to-chuc?ngay=2025-06-01")
    expect(officer.get_by_role("link", name="Hội LHPN huyện Sông Lành")).to_have_count(0)
    expect(officer.get_by_role("link", name="Hội LHPN xã Sông Lành", exact=True)).to_be_visible()
