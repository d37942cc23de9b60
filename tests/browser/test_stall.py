"""A stall hour with the network cut: the page starts again in mid-market, everything is sent, once."""

import re
import sqlite3

import pytest
from playwright.sync_api import expect

from tests.browser.test_journeys import SCREENS, walk  # noqa: F401
from tests.browser.test_settlement import signed_in

PAGE = "/dieu-hanh/phien-cho/2/giao-hang"


def ask(walk, question: str) -> list:  # noqa: F811
    with sqlite3.connect(walk.live.instance / "shop.sqlite", timeout=20) as shop:
        return shop.execute(question).fetchall()


@pytest.mark.parametrize("walk", [SCREENS[0]], indirect=True)
def test_a_stall_hour_without_a_network(walk):  # noqa: F811
    page = signed_in(walk, "officer")
    page.goto(PAGE)
    kept = page.locator("[data-stall][data-kept]")
    expect(kept).to_be_attached(timeout=20_000)
    orders = ask(walk, "select count(*) from orders")[0][0]
    line = page.locator("[data-stall-line]")
    rows = page.locator("[data-stall-list] > li")

    page.context.set_offline(True)
    page.reload()
    expect(line).to_contain_text("Mất mạng", timeout=20_000)
    first = rows.first.locator("h2").inner_text()
    rows.first.get_by_role("button", name=re.compile("giao túi|^Giao túi")).click()
    expect(line).to_contain_text("1 việc đang giữ")
    rows.first.get_by_role("button", name=re.compile("^Không đến lấy")).click()
    expect(line).to_contain_text("2 việc đang giữ")
    page.get_by_text("Bán thêm tại quầy", exact=True).click()
    page.locator("[data-stall-sale] fieldset input").first.fill("1")
    expect(page.locator("[data-sum]")).to_contain_text("thu tiền mặt")
    page.get_by_role("button", name="Ghi bán").click()
    expect(line).to_contain_text("3 việc đang giữ")
    page.close()

    page = page.context.new_page()  # The phone went off and on again.
    page.goto(PAGE)
    line, rows = page.locator("[data-stall-line]"), page.locator("[data-stall-list] > li")
    expect(line).to_contain_text("3 việc đang giữ", timeout=20_000)
    page.locator("[name=tim]").fill(first.split(", ")[1])
    expect(rows.filter(has_text=first)).to_contain_text("Đã giao")
    assert ask(walk, "select count(*) from queued_acts")[0][0] == 0

    page.context.set_offline(False)
    page.evaluate("dispatchEvent(new Event('online'))")
    expect(line).to_contain_text("Đã gửi hết", timeout=20_000)
    page.evaluate("dispatchEvent(new Event('online'))")
    page.reload()
    expect(page.locator("[data-stall-line]")).to_contain_text("Đã gửi hết", timeout=20_000)
    assert ask(walk, "select outcome, count(*) from queued_acts group by 1") == [("done", 3)]
    assert ask(walk, "select count(*) from orders")[0][0] == orders + 1

    page.get_by_role("button", name="Thoát").first.click()
    page.wait_for_url("**da=ra")
    assert page.evaluate("indexedDB.databases().then((all) => all.length)") == 0
    assert page.evaluate("where => caches.match(where).then(Boolean)", PAGE) is False
