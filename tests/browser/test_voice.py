"""A maker records her introduction in the browser of her phone: a tone stands for her voice."""

import re
import sqlite3
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, Playwright, expect

from tests.browser.conftest import CHROMIUM, LiveShop, opened
from tests.browser.test_by_ear import enter
from tests.browser.tree import Tree

MICROPHONE = ["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"]
PAGE = "/ban-hang/gian-hang/giong-noi"


@pytest.fixture(scope="module")
def browser(playwright: Playwright) -> Iterator[Browser]:
    """A browser whose microphone hears a tone that comes and goes."""
    with opened(playwright, CHROMIUM, *MICROPHONE) as chromium:
        yield chromium


@pytest.fixture
def with_microphone(browser: Browser, live_shop: LiveShop) -> Iterator[Page]:
    """A page of that browser."""
    page = browser.new_page(
        base_url=live_shop.address, viewport={"width": 390, "height": 844}, locale="vi-VN"
    )
    wrong: list[str] = []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on(
        "console",
        lambda said: wrong.append(said.text) if "Content Security" in said.text else None,
    )
    yield page
    page.close()
    assert not wrong


def test_she_records_hears_it_again_and_sends_it(
    with_microphone: Page, live_shop: LiveShop
) -> None:
    page = with_microphone
    enter(page, "seller")
    page.goto(PAGE)
    page.get_by_role("button", name="Bắt đầu ghi").click()
    level = page.locator("[data-level]")
    expect(level).to_contain_text(re.compile("Đang ghi, [2-5] giây"))
    assert page.get_by_role("button", name="Nghe lại bản vừa ghi").is_hidden()
    page.get_by_role("button", name="Dừng ghi").click()
    page.get_by_role("button", name="Ghi lại từ đầu").wait_for()
    told = level.inner_text()
    assert told.startswith("Đã ghi")
    assert "Nghe rõ." in told, "How loud it is stands there in words."
    expect(page.locator("[data-say]")).to_have_text(told)
    tree = Tree(page)
    assert tree.next("button", "Nghe lại bản vừa ghi")
    page.get_by_role("button", name="Nghe lại bản vừa ghi").click()
    page.get_by_label("Lời chị nói", exact=False).first.fill("Chào cô bác, em là Sương.")
    page.get_by_role("button", name="Lưu", exact=True).click()
    page.locator("audio").wait_for()
    with sqlite3.connect(live_shop.instance / "shop.sqlite") as database:
        [(file, ms)] = database.execute(
            "select voice_file, voice_ms from sellers where voice_vi like 'Chào cô bác, em là%'"
        ).fetchall()
    assert file.endswith(".webm")
    assert 1_000 <= ms <= 10_000
