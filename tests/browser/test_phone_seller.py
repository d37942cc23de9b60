"""A seller who has a phone and nothing else (DOMAIN 5.4): one server, a row each.

All of it at 360 × 640 with letters of 200 %, and over a slow line where pages come over it. Rows 1
to 3 (photo, upload, price by voice) are in ``test_quick``; 6 also in ``test_passkey`` and
``test_new_seller``; 8 (320 px, letters of 200 %) for every page of hers in ``test_pages``. Here: 4
to 7, 9 and 10, and news that is pushed.
"""

import json
import re
import shutil
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Playwright, expect

from tests.browser.conftest import CHROMIUM, LiveShop, arrive, at, opened, serving
from tests.browser.test_journeys import word_for

#: Slow 3G as Lighthouse has it.
SLOW_3G = {
    "offline": False, "latency": 400, "downloadThroughput": 400_000 / 8,
    "uploadThroughput": 400_000 / 8,
}  # fmt: skip
#: Whether the phone keeps anybody's board.
KEEPS = "caches.match('/ban-hang', { ignoreVary: true }).then(Boolean)"
EVERYTHING = """async () => {
  const kept = await caches.open('gian-hang')
  return Promise.all((await kept.keys()).map(async (one) => (await kept.match(one)).text()))
}"""
SELLER = ("0905 000 101", "rang-xay-thu-tu")


@pytest.fixture(scope="module")
def browser(playwright: Playwright) -> Iterator[Browser]:
    """A Chromium whose owner set letters to 200 % (32 px): all of this is walked with it."""
    with opened(playwright, CHROMIUM, "--blink-settings=defaultFontSize=32") as chromium:
        yield chromium


@pytest.fixture(scope="module")
def shop(demo_instance: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveShop]:
    """A demo shop for all of these tests: each leaves what the next one does not look at."""
    instance = tmp_path_factory.mktemp("phone") / "instance"
    shutil.copytree(demo_instance, instance)
    with serving(instance) as live:
        yield live


class SlowLine:
    """A phone's line from here on: slow 3G, and every byte that comes over it counted."""

    def __init__(self, page: Page) -> None:
        self.sent = 0.0
        self._line = page.context.new_cdp_session(page)
        self._line.send("Network.enable")
        self._line.send("Network.emulateNetworkConditions", SLOW_3G)
        self._line.on("Network.loadingFinished", self._count)

    def _count(self, told: dict[str, Any]) -> None:
        self.sent += told["encodedDataLength"]

    def end(self) -> float:
        """Take the brake off; return the kilobytes that came."""
        self._line.send("Network.emulateNetworkConditions", {
            **SLOW_3G, "latency": 0, "downloadThroughput": -1, "uploadThroughput": -1,
        })  # fmt: skip
        return self.sent / 1024


def ask(shop: LiveShop, question: str, *facts: Any) -> list[Any]:
    with sqlite3.connect(shop.instance / "shop.sqlite", timeout=20) as database:
        return database.execute(question, facts).fetchall()


def sign_in(page: Page, who: tuple[str, str] = SELLER) -> None:
    page.fill("[name=who]", who[0])
    page.fill("[name=password]", who[1])
    page.get_by_role("button", name="Đăng nhập", exact=True).click()
    page.wait_for_url(at("/ban-hang"))


def test_orders_are_read_and_packed_without_a_network_and_sent_once(shop, visit):
    page = visit(shop, "/dang-nhap", height=640)
    sign_in(page)
    page.goto("/ban-hang")
    expect(page.locator("[data-offline][data-kept]")).to_be_attached(timeout=20_000)
    waits = page.locator('form[data-step]:has([name=toi][value="confirmed"])')
    order = waits.first.get_attribute("data-step")
    line = page.locator("[data-offline]")
    moves = "select count(*) from seller_order_moves where seller_order_id = ? and to_state = ?"

    page.context.set_offline(True)
    page.reload()
    expect(line).to_contain_text("Mất mạng. Trang này máy giữ lúc")
    page.goto("/ban-hang/goi")
    expect(page.locator("h1")).to_have_text("Gói hàng và in nhãn")
    page.goto("/ban-hang/hang")  # Kept nowhere: she comes back to her orders.
    page.wait_for_url("**/ban-hang")
    card = page.locator(".task", has=page.locator(f'form[data-step="{order}"]'))
    card.get_by_role("button", name="Khách đã chốt").click()
    expect(line).to_contain_text("1 việc chưa gửi")
    card.get_by_role("button", name="Đã gói xong").click()
    expect(line).to_contain_text("2 việc chưa gửi")
    expect(card).to_contain_text("Đã gói xong, chưa gửi.")
    page.goto(f"/ban-hang/don/{order}")
    expect(page.locator("[data-noted=packed]")).to_be_visible()
    expect(line).to_contain_text("2 việc chưa gửi")
    page.close()

    page = page.context.new_page()  # The phone went off and on again.
    page.goto("/ban-hang")
    line, buttons = (
        page.locator("[data-offline]"),
        page.locator("form[data-step] button:not([type]):visible"),
    )
    expect(line).to_contain_text("2 việc chưa gửi")
    other = buttons.first
    held = other.locator("xpath=ancestor::form").get_attribute("data-step")
    other.click()
    expect(line).to_contain_text("3 việc chưa gửi")
    page.locator(f".task:has(form[data-step='{held}'])").get_by_role(
        "button", name="Bấm nhầm, lấy lại"
    ).click()
    expect(line).to_contain_text("2 việc chưa gửi")
    assert ask(shop, "select count(*) from queued_acts where kind = 'selling.step'") == [(0,)]

    page.context.set_offline(False)
    expect(line).to_be_hidden(timeout=20_000)
    page.evaluate("dispatchEvent(new Event('online'))")
    page.reload()
    expect(page.locator("[data-offline]")).to_be_hidden()
    assert ask(
        shop, "select outcome, count(*) from queued_acts where kind = 'selling.step' group by 1"
    ) == [("done", 2)]
    assert [ask(shop, moves, order, to)[0][0] for to in ("confirmed", "packed")] == [1, 1]

    # With a network the same button is the plain form that it is without a script.
    form = page.locator("form[data-step]:visible").first
    form.locator("button").click()
    page.wait_for_url(re.compile(r"da=da-(chot|goi)"))
    assert ask(shop, "select count(*) from queued_acts where kind = 'selling.step'") == [(2,)]

    page.goto("/ban-hang/gian-hang")
    page.get_by_role("button", name="Thoát").first.click()
    page.wait_for_url("**da=ra")
    assert page.evaluate("indexedDB.databases().then((all) => all.length)") == 0
    assert page.evaluate("caches.keys().then((all) => all.length)") == 0
    page.context.set_offline(True)
    with pytest.raises(Exception, match="ERR_INTERNET_DISCONNECTED"):
        page.goto("/ban-hang")


def taps(page: Page, *names: str | re.Pattern[str]) -> int:
    """Press buttons and links by their names, each leading to a page; return how many."""
    for name in names:
        button = page.get_by_role("button", name=name).or_(page.get_by_role("link", name=name))
        arrive(page, button.first.click)
    return len(names)


def test_the_board_comes_over_a_slow_line_and_each_order_is_one_tap_away(shop, visit):
    page = visit(shop, "/dang-nhap", height=640)
    sign_in(page)
    line = SlowLine(page)
    page.goto("/ban-hang?xem=moi", wait_until="load")
    took = page.evaluate("performance.getEntriesByType('navigation')[0].domContentLoadedEventEnd")
    print(f"board: {took:.0f} ms, {line.sent / 1024:.0f} KB")
    assert took < 6_000
    assert line.sent < 150 * 1024
    card = page.locator(".task", has=page.locator("form[data-step]")).first
    for name in ("Gọi khách", "Nhắn Zalo", "Khách đã chốt"):
        found = card.get_by_role("link", name=name).or_(card.get_by_role("button", name=name))
        box = found.bounding_box()
        assert box is not None
        assert box["height"] >= 44
    assert (card.get_by_role("link", name="Gọi khách").get_attribute("href") or "")[:5] == "tel:+"
    line.end()
    # Help is on every screen: her own unit's phone, two taps away.
    for address in ("/ban-hang", "/ban-hang/hang", "/ban-hang/hang/moi", "/ban-hang/goi", "/ban-hang/kho",
                    "/ban-hang/tien", "/ban-hang/gian-hang"):  # fmt: skip
        page.goto(address, wait_until="commit")
        expect(page.get_by_role("link", name="Gọi giúp")).to_be_attached()
    page.get_by_role("link", name="Gọi giúp").click()
    expect(page.locator("main a[href^='tel:']").first).to_be_visible()


def test_her_officer_reads_a_word_out_she_is_in_and_a_lost_phone_is_shut_out(shop, visit):
    officer = visit(shop, "/dang-nhap", width=1024, height=768)
    officer.fill("[name=who]", "0905 000 117")
    officer.fill("[name=password]", "can-bo-song-lanh")
    officer.get_by_role("button", name="Đăng nhập", exact=True).click()
    officer.wait_for_url(at("/dieu-hanh"))
    [(stall,)] = ask(
        shop, "select seller_id from seller_members join accounts on accounts.id = account_id"
        " where accounts.name = 'Nguyễn Thị Mẫn'",
    )  # fmt: skip
    word = word_for(officer, "Nguyễn Thị Mẫn", stall)

    page = visit(shop, "/healthz", height=640)  # An empty cache: her new phone's first visit.
    line, began = SlowLine(page), time.monotonic()
    page.goto("/dang-nhap")
    tapped = taps(page, "Vào bằng mã Hội đọc cho")
    page.wait_for_url("**/dang-nhap/ma*")
    page.locator("#who").click()
    page.keyboard.insert_text("0905 000 101")
    page.locator("#code").click()
    page.keyboard.insert_text(word.lower())
    tapped += 2 + taps(page, "Vào")
    page.wait_for_url(at("/ban-hang"))
    expect(page.locator("h1")).to_contain_text("Chào chị Mẫn")
    took = time.monotonic() - began
    came = line.end()
    print(f"word: {tapped} taps, {came:.0f} KB, {took:.0f} s")
    assert tapped <= 4
    assert came < 250
    assert took < 40
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")

    late = visit(shop, "/dang-nhap/ma", height=640)
    late.locator("#who").fill("0905 000 101")
    late.locator("#code").fill(word)
    taps(late, "Vào")
    expect(late.locator("[role=alert]").first).to_be_visible()
    assert late.title().startswith("Lỗi:"), "A word opens once."

    officer.goto(f"/dieu-hanh/nguoi-ban/{stall}")
    officer.get_by_role(
        "button", name="Mất điện thoại: cho mọi máy thoát ra Nguyễn Thị Mẫn"
    ).click()
    officer.wait_for_url("**da=mat-may")
    page.goto("/ban-hang")
    page.wait_for_url(at("/dang-nhap"))


def test_two_on_one_phone_change_without_typing_and_a_helper_stays_a_helper(shop, visit):
    page = visit(shop, "/dang-nhap", height=640)
    sign_in(page)
    page.goto("/ban-hang")
    expect(page.locator("[data-offline][data-kept]")).to_be_attached(timeout=20_000)
    page.goto("/doi-nguoi")
    page.get_by_role("button", name="Thêm một người vào máy này").click()
    page.wait_for_url("**/dang-nhap")
    assert page.evaluate(KEEPS) is False, "Her orders are gone."
    sign_in(page, ("0905 000 120", "lam-giup-to-dan"))
    helps = page.get_by_text("Chị đang làm giúp")
    expect(helps.first).to_be_visible()
    page.goto("/ban-hang/hang")
    expect(helps.first).to_be_visible()

    page.goto("/doi-nguoi")
    line = SlowLine(page)
    count = taps(page, re.compile("^Vào với tên Nguyễn Thị Mẫn"))
    page.wait_for_url("**/ban-hang")
    expect(page.locator("h1")).to_contain_text("Chào chị Mẫn")
    assert line.end() < 150
    expect(helps).to_have_count(0)
    expect(page.locator("[data-offline][data-kept]")).to_be_attached(timeout=20_000)
    page.goto("/doi-nguoi")
    count += taps(page, re.compile("^Vào với tên Đinh Thị Nhàn"))
    page.wait_for_url(at("/ban-hang"))
    expect(helps.first).to_be_visible()
    assert count == 2
    expect(page.locator("[data-offline][data-kept]")).to_be_attached(timeout=20_000)
    # Without a network nobody finds the other's orders: what is kept now is the helper's own.
    page.context.set_offline(True)
    page.goto("/ban-hang")
    expect(page.locator("h1")).to_contain_text("Chào chị Nhàn")
    expect(page.get_by_text("Chào chị Mẫn")).to_have_count(0)
    kept = page.evaluate(EVERYTHING)
    assert any("Chào chị Nhàn" in text for text in kept)
    assert not any("Chào chị Mẫn" in text for text in kept)


def test_labels_come_out_of_a_shared_printer_by_six_digits_without_signing_in(shop, visit):
    machine = visit(shop, "/dang-nhap", width=1024, height=768)
    machine.fill("[name=who]", "0905 000 117")
    machine.fill("[name=password]", "can-bo-song-lanh")
    machine.get_by_role("button", name="Đăng nhập", exact=True).click()
    machine.wait_for_url(at("/dieu-hanh"))
    machine.goto("/dieu-hanh/may-in")
    machine.locator("[name=name]").fill("Nhà văn hoá thử")
    arrive(machine, machine.locator("main form:has([name=name]) button").first.click)
    machine.wait_for_url("**/may-in")

    page = visit(shop, "/dang-nhap", height=640)
    sign_in(page)
    line = SlowLine(page)
    page.goto("/ban-hang/goi")
    page.locator("[name=don]").first.check()
    count = 1 + taps(page, "In ở máy in chung của Hội", "Lấy mã in")
    code = re.sub(r"\D", "", page.locator("main [translate=no]").first.inner_text())
    assert (len(code), count) == (6, 3)
    assert line.end() < 250

    machine.locator("[name=ma]").fill(code)
    with machine.expect_response(
        lambda answer: answer.url.endswith("/may-in") and answer.request.method == "POST"
    ) as printed:
        machine.keyboard.press("Enter")
    assert printed.value.headers["content-type"] == "application/pdf"
    assert machine.request.get("/dieu-hanh").url.endswith("tiep=%2Fdieu-hanh"), "Nobody is in."


def test_a_long_list_of_goods_tells_its_rows_by_itself_and_without_a_script(shop, visit):
    page = visit(shop, "/dang-nhap", height=640)
    sign_in(page)
    with sqlite3.connect(shop.instance / "shop.sqlite", timeout=20) as database:
        (sheet,) = database.execute(
            "insert into goods_sheets (seller_id, by_id, by_name, state, cells, shown, told, sent_at,"
            " changed_at) select seller_id, account_id, 'Mẫn', 'storing', ?, '', '{}',"
            " datetime('now'), datetime('now') from seller_members where account_id ="
            " (select id from accounts where name = 'Nguyễn Thị Mẫn') limit 1 returning id",
            (json.dumps([["Mã hàng", "Tên món"], *[[f"A{n}", "x"] for n in range(5_000)]]),),
        ).fetchone()
    told = shop.instance / "progress" / f"goods-sheet-{sheet}"
    told.parent.mkdir(exist_ok=True)

    def tell(done: int) -> None:
        told.with_suffix(".new").write_text(f"{done} {time.time()}")
        told.with_suffix(".new").replace(told)

    tell(1_250)
    address = f"/ban-hang/hang/tep/{sheet}"
    page.goto(address)
    bar, said = page.locator("progress"), page.locator("[data-say]")
    expect(page.get_by_role("progressbar", name="1.250 trên 5.000 dòng")).to_be_visible()
    assert bar.evaluate("bar => [bar.value, bar.max]") == [1_250, 5_000]
    tell(1_300)
    expect(page.locator("#den-dau")).to_have_text("1.300 trên 5.000 dòng", timeout=8_000)
    said_first = said.text_content()
    tell(2_600)
    expect(said).to_have_text("2.600 trên 5.000 dòng", timeout=8_000)
    tell(2_700)
    expect(page.locator("#den-dau")).to_have_text("2.700 trên 5.000 dòng", timeout=8_000)
    expect(said).to_have_text("2.600 trên 5.000 dòng"), "Each quarter, not each row."
    assert said_first in ("", "1.300 trên 5.000 dòng")
    tell(0)  # Killed and begun anew.
    expect(page.locator("#den-dau")).to_have_text("0 trên 5.000 dòng", timeout=8_000)

    browser = page.context.browser
    assert browser is not None
    plain = browser.new_context(
        base_url=shop.address, java_script_enabled=False, locale="vi-VN",
        viewport={"width": 360, "height": 640}, storage_state=page.context.storage_state(),
    )  # fmt: skip
    bare = plain.new_page()
    tell(10)
    bare.goto(address)
    expect(bare.locator("#den-dau")).to_have_text("10 trên 5.000 dòng")
    tell(4_000)
    expect(bare.locator("#den-dau")).to_have_text("4.000 trên 5.000 dòng", timeout=8_000)
    with sqlite3.connect(shop.instance / "shop.sqlite", timeout=20) as database:
        numbers = json.dumps({"changed": 0, "new": 5_000, "same": 0})
        database.execute("update goods_sheets set state='stored', told=? where id=?", (numbers, sheet))  # fmt: skip
    for one in (page, bare):
        expect(one.locator("h1")).to_have_text("Đã lưu tệp hàng hoá", timeout=8_000)
    plain.close()


def test_pushed_news_is_shown_in_its_words_and_opens_the_order(shop, visit):
    page = visit(shop, "/dang-nhap", height=640)
    sign_in(page)
    page.context.grant_permissions(["notifications"], origin=shop.address)
    page.goto("/ban-hang")
    expect(page.locator("[data-offline][data-kept]")).to_be_attached(timeout=20_000)
    line = page.context.new_cdp_session(page)
    seen: list[str] = []
    line.on(
        "ServiceWorker.workerRegistrationUpdated",
        lambda told: seen.extend(one["registrationId"] for one in told["registrations"]),
    )
    line.send("ServiceWorker.enable")
    for _ in range(100):
        if seen:
            break
        page.wait_for_timeout(50)
    news = {
        "title": "Chợ Phiên báo đơn mới", "body": "Đơn mới: 3 hũ bột ngũ cốc, Đà Nẵng",
        "url": f"{shop.address}/ban-hang/don/1", "tag": "order:1",
    }  # fmt: skip
    line.send(
        "ServiceWorker.deliverPushMessage",
        {"origin": shop.address, "registrationId": seen[-1], "data": json.dumps(news)},
    )
    shown = """navigator.serviceWorker.getRegistration('/ban-hang').then((one) => one.getNotifications())
      .then((all) => all.map(({ title, body, data, tag }) => ({ title, body, url: data, tag })))"""
    page.wait_for_function(f"{shown}.then((all) => all.length)")
    assert page.evaluate(shown) == [news]
    worker = page.context.service_workers[-1]
    opened = """async (url) => {
      Clients.prototype.openWindow = async (where) => { self.opened = where }
      const [one] = await self.registration.getNotifications()
      const told = url ? await self.registration.showNotification('x', { data: url, tag: 'x' })
        .then(() => self.registration.getNotifications({ tag: 'x' })).then(([other]) => other) : one
      self.opened = ''
      self.dispatchEvent(new NotificationEvent('notificationclick', { notification: told }))
      await new Promise((then) => setTimeout(then, 100))
      return self.opened
    }"""
    assert worker.evaluate(opened, None) == news["url"]
    assert worker.evaluate(opened, "https://elsewhere.test/") == "", (
        "Nothing leads out of the shop."
    )


def test_what_the_demo_sold_was_there_before(demo_instance: Path) -> None:
    with sqlite3.connect(f"file:{demo_instance / 'shop.sqlite'}?mode=ro", uri=True) as connection:
        before = connection.execute(
            "SELECT m.variant_id, m.kind, m.at FROM stock_moves m WHERE m.at < (SELECT c.at"
            " FROM stock_moves c WHERE c.variant_id = m.variant_id ORDER BY c.id LIMIT 1)"
        ).fetchall()
    assert before == []
