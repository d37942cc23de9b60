"""A code at the checkout: a wrong one, then a right one, and who pays for it on the order's page."""

import os
import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import at
from tests.browser.test_journeys import CEREAL, SCREENS, add, say_where, sign_in

UNION = "Hội LHPN xã Sông Lành"
#: Where to keep pictures of the pages, for whoever wants to look at them.
KEEP = os.environ.get("SHOP_TEST_PICTURES", "")


def keep(page, name: str) -> None:
    if KEEP:
        page.screenshot(path=str(Path(KEEP) / f"{name}.png"), full_page=True)


@pytest.mark.parametrize("walk", [SCREENS[0], SCREENS[1]], indirect=True)
def test_a_wrong_code_is_said_and_a_right_one_lowers_the_order(walk):
    page = walk.open("/")
    add(page, CEREAL)
    page.goto("/gio")
    page.get_by_role("link", name="Đặt hàng").click()
    page.locator("#name").fill("Lê Thị Bông")
    page.locator("#phone").fill("0905.000.777")
    say_where(page, walk)
    page.locator("#agree").check()
    if not walk.script:
        page.get_by_role("button", name="Xem phí giao và tổng tiền").click()
    order = page.get_by_role("button", name=re.compile("^Đặt hàng, "))
    expect(order).to_be_visible()
    before = order.inner_text()

    page.locator("summary", has_text="Mã giảm giá").click()
    page.locator("#voucher").fill("NHAM MA")
    page.get_by_role("button", name="Dùng mã").click()
    expect(page.locator("#voucher-loi")).to_contain_text("Chợ không có mã này.")
    expect(page.locator("#voucher")).to_have_value("NHAM MA")
    assert order.inner_text() == before
    keep(page, f"checkout-wrong-{walk.script}")
    page.locator("#voucher").fill("gomit 10")
    page.get_by_role("button", name="Dùng mã").click()
    expect(page.locator("[data-part=voucher]")).to_contain_text("bớt")
    expect(page.locator("#voucher-loi")).to_have_count(0)
    if walk.script:
        expect(page.locator("#voucher")).to_be_focused()
        expect(page.locator("[data-say]")).to_contain_text("cho anh/chị")
    expect(order).not_to_have_text(before)
    keep(page, f"checkout-right-{walk.script}")
    order.click()
    page.wait_for_url(at("/don/"))
    expect(page.locator("main")).to_contain_text("Giảm giá")
    keep(page, f"order-{walk.script}")


def test_a_seller_makes_a_code_and_reads_what_it_cost_her(live_shop, visit):
    page = visit(live_shop, "/dang-nhap?next=/ban-hang")
    sign_in(page)
    page.goto("/ban-hang/gian-hang")
    page.get_by_role("link", name="Xem, làm mã giảm giá").click()
    expect(page.locator("main")).to_contain_text("GOMIT10")
    page.get_by_role("link", name="Làm mã mới").click()
    page.get_by_label("Tên khuyến mãi").fill("Giáp Tết")
    page.get_by_label("Mã khách gõ").fill("tet 2027")
    page.get_by_label("Bớt nhiều nhất mỗi đơn").fill("15k")
    page.get_by_role("button", name="Làm mã", exact=True).click()
    expect(page.locator("h2", has_text="TET2027")).to_be_visible()
    page.get_by_role("button", name="Ngừng mã TET2027").click()
    expect(page.get_by_role("button", name="Cho dùng lại TET2027")).to_be_visible()
    keep(page, "seller")
