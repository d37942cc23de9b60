"""A market from opening to settlement: a buyer orders, a caller is written down, orders close, bags go."""

import re
import sqlite3
import time

import pytest
from playwright.sync_api import expect

from tests.browser.test_journeys import SCREENS, order_code, walk  # noqa: F401
from tests.browser.test_settlement import signed_in


def closes_now(walk) -> None:  # noqa: F811
    """Let the hour of the close come: the running server's worker does the rest."""
    with sqlite3.connect(walk.live.instance / "shop.sqlite", timeout=20) as shop:
        shop.execute(
            "update market_sessions set opens_at = datetime('now', '-5 days'),"
            " closes_at = datetime('now', '-1 minute') where id = 1"
        )
        shop.execute(
            "update jobs set due_at = datetime('now', '-1 minute')"
            " where name = 'organising.keep_market_hours'"
        )


@pytest.mark.parametrize("walk", [SCREENS[1]], indirect=True)
def test_a_market_from_opening_to_settlement(walk):  # noqa: F811
    page = walk.open("/phien-cho")
    page.locator("main .list a").first.click()
    expect(page.locator("main")).to_contain_text("Nhận hàng ở đâu, lúc nào")
    page.get_by_role("button", name=re.compile("^Thêm vào giỏ")).first.click()
    expect(page.locator("main")).to_contain_text("Tự tới lấy ở chợ")
    page.get_by_role("link", name="Đặt hàng").click()
    page.locator("#name").fill("Lê Thị Bông")
    page.locator("#phone").fill("0905.000.777")
    page.get_by_role("radio", name=re.compile("Đầu chợ Bến Đò")).check()
    page.locator("#agree").check()
    page.get_by_role("button", name=re.compile("^Đặt hàng, ")).click()
    page.wait_for_url("**/don/**")
    expect(page.locator("main")).to_contain_text("Đầu chợ Bến Đò")
    code = order_code(page)

    head = signed_in(walk, "operator")
    head.goto("/dieu-hanh/quyet-toan")
    head.locator("main").get_by_role("link", name=re.compile("^Số 2,")).click()
    head.get_by_role("link", name="Xem lại và duyệt").click()
    head.get_by_role("button", name=re.compile("^Duyệt, phải chuyển")).click()

    officer = signed_in(walk, "officer")
    officer.goto("/dieu-hanh/phien-cho/1")
    closes_now(walk)
    for _ in range(40):
        officer.goto("/dieu-hanh/phien-cho/1")
        if officer.locator("main").get_by_text("Đã chốt đơn").count():
            break
        time.sleep(0.5)
    page.goto(f"/don/{code}")
    expect(page.locator("main").get_by_role("link", name=re.compile("^Huỷ"))).to_have_count(0)

    officer.get_by_role("link", name="Ghi đơn giúp người gọi điện").click()
    officer.get_by_label("Họ và tên").fill("Cụ Xuyến")
    officer.get_by_label("Số điện thoại").fill("0905 000 778")
    officer.locator("fieldset input").first.fill("1")
    officer.get_by_role("button", name="Ghi đơn này").click()
    officer.wait_for_url("**da=dat-ho")
    officer.get_by_role("link", name="Túi theo điểm nhận").click()
    expect(officer.locator("main")).to_contain_text("Lê Thị Bông")
    expect(officer.locator("main")).to_contain_text("Cụ Xuyến")
    with officer.expect_download() as got:
        officer.get_by_role("link", name="Tải bảng tính XLSX").click()
    assert got.value.suggested_filename.endswith(".xlsx")

    officer.goto("/dieu-hanh/phien-cho/1/giao-hang?tim=xuyen")
    officer.get_by_role("button", name=re.compile("^Không đến lấy")).click()
    expect(officer.locator("[role=status]").first).to_contain_text("Đã lưu")
    while True:
        officer.goto("/dieu-hanh/phien-cho/1/giao-hang")
        waiting = officer.get_by_role("button", name=re.compile("giao túi|^Giao túi"))
        if not waiting.count():
            break
        waiting.first.click()
        expect(officer.locator("[role=status]").first).to_contain_text("Đã lưu")
    officer.goto("/dieu-hanh/phien-cho/1/quyet-toan")
    expect(officer.locator("main")).to_contain_text("Cụ Xuyến")
    officer.get_by_role("button", name="Chốt sổ phiên này").click()
    officer.get_by_role("link", name="Xem bản quyết toán").click()
    expect(officer.locator("main")).to_contain_text("Nháp")
    page.goto(f"/don/{code}")
    expect(page.locator("main")).to_contain_text("Đã tới tay anh/chị")
