"""A market from opening to settlement, with the network cut at the stall: one journey of four people."""

import re
import sqlite3
import time

import pytest
from playwright.sync_api import Page, expect

from tests.browser.addresses import facts
from tests.browser.test_journeys import HAT, SCREENS, add, order_code, say_where
from tests.browser.test_settlement import signed_in

HERE = "/dieu-hanh/phien-cho/1"
STALL = f"{HERE}/giao-hang"


def ask(walk, question: str) -> list:
    with sqlite3.connect(walk.live.instance / "shop.sqlite", timeout=20) as shop:
        return shop.execute(question).fetchall()


def closes_now(walk) -> None:
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


def ordered_in_one_cart(walk) -> tuple[Page, str]:
    """A buyer takes a thing of the market and one of a shop, and orders both at once."""
    page = walk.open("/phien-cho")
    page.locator("main .list a").first.click()
    expect(page.locator("main")).to_contain_text("Nhận hàng ở đâu, lúc nào")
    page.get_by_role("button", name=re.compile("^Thêm vào giỏ")).first.click()
    expect(page.locator("main")).to_contain_text("Tự tới lấy ở chợ")
    add(page, HAT)
    page.goto("/dat-hang")
    page.locator("#name").fill("Lê Thị Bông")
    page.locator("#phone").fill("0905.000.777")
    say_where(page, walk)
    page.get_by_role("radio", name=re.compile("Đầu chợ Bến Đò")).check()
    page.locator("#agree").check()
    page.get_by_role("button", name=re.compile("^Đặt hàng, ")).click()
    page.wait_for_url("**/don/**")
    expect(page.locator("main")).to_contain_text("Đầu chợ Bến Đò")
    return page, order_code(page)


def closed_with_lists(walk, officer: Page) -> None:
    """Orders close by themselves; who rings is written down after it; the lists are there."""
    closes_now(walk)
    for _ in range(40):
        officer.goto(HERE)
        if officer.locator("main").get_by_text("Đã chốt đơn").count():
            break
        time.sleep(0.5)
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


def found(page: Page, name: str):
    """Look for a bag at the stall."""
    page.locator("[name=tim]").fill(name)
    return page.locator("[data-stall-list] > li").filter(has_text=name)


@pytest.mark.parametrize("walk", [SCREENS[0]], indirect=True)
def test_a_market_from_opening_to_settlement_with_the_network_cut_at_the_stall(walk):
    assert ("opened",) in ask(walk, "select kind from market_notices where session_id = 1")
    buyer, code = ordered_in_one_cart(walk)
    head = signed_in(walk, "operator")
    head.goto("/dieu-hanh/quyet-toan")
    head.locator("main").get_by_role("link", name=re.compile("^Số 2,")).click()
    head.get_by_role("link", name="Xem lại và duyệt").click()
    head.get_by_role("button", name=re.compile("^Duyệt, phải chuyển")).click()
    expect(head.locator("[role=status]").first).to_contain_text("Đã duyệt")
    page = signed_in(walk, "officer")
    closed_with_lists(walk, page)
    buyer.goto(f"/don/{code}")
    slip = facts(walk.live.instance)["market_slip"]
    left = ask(walk, "select sum(left_vnd) from slips")[0][0]
    orders = ask(walk, "select count(*) from orders")[0][0]

    page.goto(STALL)
    expect(page.locator("[data-stall][data-kept]")).to_be_attached(timeout=20_000)
    page.context.set_offline(True)
    page.reload()
    line = page.locator("[data-stall-line]")
    expect(line).to_contain_text("Mất mạng", timeout=20_000)
    found(page, "Bông").get_by_role("button", name=re.compile("giao túi|^Giao túi")).click()
    expect(line).to_contain_text("1 việc đang giữ")
    found(page, "Xuyến").get_by_role("button", name=re.compile("^Không đến lấy")).click()
    expect(line).to_contain_text("2 việc đang giữ")
    page.get_by_text("Bán thêm tại quầy", exact=True).click()
    page.locator("[data-stall-sale] fieldset input").first.fill("1")
    page.locator("#slip").fill(slip)
    page.locator("#slip_vnd").fill("5000")
    expect(page.locator("[data-sum]")).to_contain_text("thu tiền mặt")
    page.get_by_role("button", name="Ghi bán").click()
    expect(line).to_contain_text("3 việc đang giữ")
    page.close()

    page = page.context.new_page()  # The phone went off and on again.
    page.goto(STALL)
    line = page.locator("[data-stall-line]")
    expect(line).to_contain_text("3 việc đang giữ", timeout=20_000)
    expect(found(page, "Bông")).to_contain_text("Đã giao")
    assert ask(walk, "select count(*) from queued_acts where about_id = 1") == [(0,)]

    page.context.set_offline(False)
    page.evaluate("dispatchEvent(new Event('online'))")
    expect(line).to_contain_text("Đã gửi hết", timeout=20_000)
    page.evaluate("dispatchEvent(new Event('online'))")
    page.reload()
    line = page.locator("[data-stall-line]")
    expect(line).to_contain_text("Đã gửi hết", timeout=20_000)
    done = "select outcome, count(*) from queued_acts where about_id = 1 group by 1"
    assert ask(walk, done) == [("done", 3)]
    assert ask(walk, "select count(*) from orders")[0][0] == orders + 1
    assert ask(walk, "select sum(left_vnd) from slips")[0][0] == left - 5_000, "Spent once."

    found(page, "Xuyến").get_by_role("button", name=re.compile("^Bấm nhầm, lấy lại")).click()
    again = found(page, "Xuyến").get_by_role("button", name=re.compile("^Không đến lấy"))
    expect(again).to_be_visible()
    expect(line).to_contain_text("Đã gửi hết", timeout=20_000)
    again.click()
    expect(found(page, "Xuyến")).to_contain_text("Không đến lấy")
    expect(line).to_contain_text("Đã gửi hết", timeout=20_000)
    assert ask(walk, done) == [("done", 5)]
    page.locator("[name=tim]").fill("")
    everybody = page.locator(
        "[data-stall-list] > li"
    )  # The list follows the search in its own time.
    expect(everybody.filter(has_text="Bông")).to_be_visible()
    waiting = page.locator("[data-stall-list]").get_by_role(
        "button", name=re.compile("giao túi|^Giao túi")
    )
    handed = waiting.count()
    for left_over in range(handed, 0, -1):
        expect(waiting).to_have_count(left_over)
        waiting.first.click()
    expect(waiting).to_have_count(0)
    for _ in range(80):  # The line may still say what it said before the last bag.
        if ask(walk, done) == [("done", 5 + handed)]:
            break
        page.wait_for_timeout(250)
    assert ask(walk, done) == [("done", 5 + handed)]
    expect(line).to_contain_text("Đã gửi hết", timeout=20_000)

    page.goto(f"{HERE}/quyet-toan")
    expect(page.locator("main")).to_contain_text("Cụ Xuyến")
    page.get_by_role("button", name="Chốt sổ phiên này").click()
    page.get_by_role("link", name="Xem bản quyết toán").click()
    expect(page.locator("main")).to_contain_text("Nháp")
    head.goto(page.url)
    head.get_by_role("link", name="Xem lại và duyệt").click()
    head.get_by_role("button", name=re.compile("^Duyệt, phải chuyển")).click()
    expect(head.locator("[role=status]").first).to_contain_text("Đã duyệt")
    buyer.goto(f"/don/{code}")
    expect(buyer.locator("main")).to_contain_text("1 trên 2 phần đã tới tay")

    page.get_by_role("button", name="Thoát").first.click()
    page.wait_for_url("**da=ra")
    assert page.evaluate("indexedDB.databases().then((all) => all.length)") == 0
    assert page.evaluate("where => caches.match(where).then(Boolean)", STALL) is False
