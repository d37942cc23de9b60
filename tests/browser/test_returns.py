"""A jar comes back: noted on the seller's phone, given back in cash, read by its buyer."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import arrive
from tests.browser.test_journeys import SCREENS, sign_in


@pytest.mark.parametrize("walk", [SCREENS[0], SCREENS[1]], indirect=True)
def test_one_thing_of_an_order_comes_back_and_its_money_goes_back(walk):
    hers = walk.open("/dang-nhap?next=/ban-hang")
    sign_in(hers)
    hers.goto("/ban-hang?xem=thu-tien")
    arrive(hers, hers.locator(".task h2 a").first.click)
    order = hers.url
    main = hers.locator("main")
    code = re.search(r"Đơn (\w+), đặt", main.inner_text())
    assert code
    phone = main.locator("a[href^='tel:']").first.get_attribute("href") or ""

    hers.get_by_role("link", name="Khách trả lại hàng").click()
    expect(hers.locator("h1")).to_have_text("Món nào về lại?")
    number = hers.get_by_label("Số về").first
    number.fill("99")
    hers.get_by_role("button", name="Xem tiền phải trả khách").click()
    expect(hers.locator("[role=alert]")).to_contain_text("Khách còn giữ")
    expect(number).to_have_value("99")
    number.fill("1")
    hers.get_by_label("Hàng còn nguyên, bán lại được").first.check()
    hers.get_by_role("radio", name="Khách đổi ý").check()
    hers.get_by_role("button", name="Xem tiền phải trả khách").click()
    expect(hers.get_by_role("radio", name="Không trả phí giao")).to_be_checked()
    hers.get_by_role("button", name="Ghi hàng về lại").click()
    expect(hers.locator("[role=status]").first).to_contain_text("Đã ghi hàng về lại")
    expect(main).to_contain_text("Đã về lại 1")

    hers.get_by_role("button", name="Đã nhận tiền thu hộ").click()
    expect(main).to_contain_text("Còn trả khách")
    hers.goto("/ban-hang?xem=tra-lai")
    number = order.split("?")[0].rsplit("/", 1)[1]
    hers.locator(f".task a[href*='/don/{number}#tien']").first.click()
    hers.get_by_role("button", name="Ghi đã trả lại khách").click()
    expect(hers).to_have_url(f"{order.split('?')[0]}?da=tra-tien")
    expect(main).to_contain_text("Trả lại khách")

    buyer = walk.open("/tra-don")
    buyer.get_by_label("Mã đơn").fill(code[1])
    buyer.get_by_label("4 số cuối điện thoại").fill(phone[-4:])
    buyer.locator("main").get_by_role("button", name="Tra đơn").click()
    expect(buyer).to_have_url(re.compile(f"/don/{code[1]}"))
    expect(buyer.locator("main")).to_contain_text("đã trả lại 1")
    expect(buyer.locator("main")).to_contain_text("Người bán đã trả lại")
