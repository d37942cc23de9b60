"""Money goes back: the buyer says where to on her private link, the seller sends it, the buyer reads it."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.test_journeys import CEREAL, SCREENS, add, check_out, order_code, sign_in
from tests.browser.test_money_comes import nothing_else_waits


@pytest.mark.parametrize("walk", [SCREENS[0], SCREENS[1]], indirect=True)
def test_a_cancelled_order_is_paid_back_to_the_account_that_its_buyer_gives(walk):
    nothing_else_waits(walk.live)
    page = walk.open("/")
    add(page, CEREAL)
    page.goto("/dat-hang")
    check_out(page, walk, {1: "transfer"})
    code, main = order_code(page), page.locator("main")
    page.get_by_role("button", name="Tôi đã chuyển khoản").click()
    expect(main).to_contain_text("Anh/chị đã báo chuyển khoản")

    hers = walk.open("/dang-nhap?next=/ban-hang")
    sign_in(hers)
    hers.locator(".task", has_text=re.compile("Bông")).get_by_role(
        "button", name=re.compile("^Đã nhận đủ")
    ).first.click()
    expect(hers.locator("[role=status]").first).to_contain_text("Đã ghi tiền")

    page.goto(f"/don/{code}/huy")
    page.get_by_role("button", name=re.compile("^Huỷ")).click()
    expect(page).to_have_url(re.compile("da=huy-don"))
    # A slash would end the selector.
    ask = main.get_by_role("heading", name=re.compile("^Anh.chị nhận lại"))
    for _ in range(20):  # The shop promises it by itself, a moment later.
        page.goto(f"/don/{code}")
        if ask.count():
            break
        page.wait_for_timeout(500)
    expect(ask).to_be_visible()

    # Whoever only holds the link also says what stands in the order.
    link = page.get_by_role("link", name=re.compile("^Đường dẫn riêng")).get_attribute("href") or ""
    other = walk.open("/d/" + link.split("/d/")[1])
    theirs = other.locator("main")
    other.get_by_label("Ngân hàng").select_option("970436")
    other.get_by_label("Số tài khoản").fill("1029 384 756")
    other.get_by_label("Tên chủ tài khoản").fill("Lê Thị Bông")
    other.get_by_role("button", name=re.compile("về tài khoản này$")).click()
    expect(other.locator("[role=alert]").first).to_contain_text("đã dùng khi đặt")
    other.get_by_label("Số điện thoại hoặc thư điện tử").first.fill("0905 000 778")
    other.get_by_role("button", name=re.compile("về tài khoản này$")).click()
    expect(other.locator("[role=alert]").first).to_contain_text("không khớp với đơn")
    other.get_by_label("Số điện thoại hoặc thư điện tử").first.fill("0905 000 777")
    other.get_by_role("button", name=re.compile("về tài khoản này$")).click()
    expect(other).to_have_url(re.compile("da=cho-tai-khoan"))
    expect(theirs).to_contain_text("số cuối 4756")
    assert "1029384756" not in other.content().replace(" ", "")

    hers.goto("/ban-hang?xem=tra-lai")
    hers.get_by_role("link", name=re.compile("Bông")).first.click()
    box = hers.locator("[id^=tra-]", has_text="VIETCOMBANK").or_(
        hers.locator("[id^=tra-]", has_text="Vietcombank")
    )
    expect(box.first).to_contain_text("LE THI BONG")
    hers.get_by_label("Mã giao dịch của ngân hàng").fill("FT26330123")
    hers.get_by_role("button", name=re.compile("^Đã chuyển trả")).click()
    expect(hers.locator("[role=status]").first).to_contain_text("Đã ghi trả lại tiền")

    page.goto(f"/don/{code}")
    expect(ask).to_have_count(0)
    expect(main).to_contain_text("Tiền đã trả lại anh/chị")
    expect(main).to_contain_text("mã giao dịch FT26330123")
