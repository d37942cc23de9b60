"""A product from the camera on a slow line (DOMAIN 5.4, rows 1 to 3): taps, bytes, seconds, a cut."""

import io
import re
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, Playwright, Route, expect

from tests.browser.conftest import CHROMIUM, at, opened
from tests.browser.test_journeys import sign_in

#: Slow 3G as Lighthouse has it.
SLOW_3G = {
    "offline": False, "latency": 400, "downloadThroughput": 400_000 / 8,
    "uploadThroughput": 400_000 / 8,
}  # fmt: skip
#: Writes down the size of every piece that is tried, also of those that do not arrive.
COUNTING = """() => { const plain = window.fetch; sessionStorage.pieces = ''
  window.fetch = (address, how) => {
    if (how?.headers?.['Upload-Offset'] !== undefined) sessionStorage.pieces += ` ${how.body.size}`
    return plain(address, how)
  } }"""
MOST_TAPS, MOST_S, MOST_BYTES = 6, 60, 300 * 1024


@pytest.fixture(scope="module")
def browser(playwright: Playwright) -> Iterator[Browser]:
    """A Chromium whose owner set letters to 200 % (32 px): all of this is walked with it."""
    with opened(playwright, CHROMIUM, "--blink-settings=defaultFontSize=32") as chromium:
        yield chromium


def phone_photo() -> bytes:
    """Return a photo of some 4 MB that lies on its side and says where it was taken."""
    noise = Image.effect_noise((3600, 2700), 22).resize((3600, 2700))
    picture = Image.merge("RGB", (noise, noise.rotate(180), Image.new("L", noise.size, 120)))
    exif = Image.Exif()
    exif[0x0112] = 6
    exif.get_ifd(0x8825)[1] = "N"
    exif.get_ifd(0x8825)[2] = (15.0, 52.0, 48.0)
    kept = io.BytesIO()
    picture.save(kept, "JPEG", quality=90, exif=exif)
    return kept.getvalue()


class Thumb:
    """Touches a page and counts how often."""

    def __init__(self, page: Page) -> None:
        self.page, self.taps = page, 0

    def tap(self, what: str) -> None:
        self.taps += 1
        self.page.locator(what).first.click()

    def write(self, into: str, words: str) -> None:
        self.tap(into)
        self.page.keyboard.insert_text(words)

    def photograph(self, content: bytes) -> None:
        self.taps += 1
        file = {"name": "IMG_0001.jpg", "mimeType": "image/jpeg", "buffer": content}
        self.page.locator("#anh").set_input_files(file)


def test_a_photo_a_name_a_price_on_a_slow_line_that_is_cut(live_shop, visit):
    original = phone_photo()
    assert len(original) > 3_500_000
    page = visit(live_shop, "/dang-nhap?next=/ban-hang/hang", height=640)
    sign_in(page)
    line = page.context.new_cdp_session(page)
    line.send("Network.enable")
    line.send("Network.emulateNetworkConditions", SLOW_3G)
    began = time.monotonic()
    page.goto("/ban-hang/hang/moi")
    page.evaluate(COUNTING)
    thumb = Thumb(page)
    thumb.photograph(original)
    expect(page.locator("#anh-xem canvas")).to_be_visible()
    expect(page.locator("#anh-dang")).to_contain_text(re.compile("được [1-9]"))
    line.send("Network.emulateNetworkConditions", {**SLOW_3G, "offline": True})
    thumb.write("#title_vi", "Muối ớt rang thử đường truyền")
    expect(page.locator("#anh-dang")).to_contain_text("Mất mạng")
    thumb.write("#price_vnd", "95k")
    page.keyboard.press("Tab")
    expect(page.locator("[data-kept]")).to_contain_text("Mất mạng")
    kept = page.evaluate("Object.entries(localStorage).find(([name]) => name.startsWith('nhap-'))")
    assert "95k" in kept[1]
    line.send("Network.emulateNetworkConditions", SLOW_3G)
    thumb.write("#portion", "hũ 500 g")
    thumb.tap("label:has(#allergens)")
    expect(page.locator("#price_vnd-doc")).to_have_text("Chợ đọc là 95.000\xa0đồng.")
    thumb.tap("button[value=ban]")
    page.wait_for_url(re.compile(r"da=moi-bay"), timeout=45_000)
    took = time.monotonic() - began
    pieces = [int(size) for size in page.evaluate("sessionStorage.pieces").split()]
    print(f"{thumb.taps} taps, {sum(pieces) / 1024:.0f} KB of photo, {took:.0f} s")
    assert thumb.taps <= MOST_TAPS
    assert took <= MOST_S
    # What was cut off is sent again, and nothing else.
    assert len(pieces) > 1
    assert 64 * 1024 < sum(pieces) <= MOST_BYTES + 2 * 64 * 1024
    expect(page.locator("h1")).to_have_text("Muối ớt rang thử đường truyền")
    with sqlite3.connect(live_shop.instance / "shop.sqlite") as database:
        digest, width, height = database.execute(
            "SELECT digest, width_px, height_px FROM pictures ORDER BY id DESC LIMIT 1"
        ).fetchone()
        left = database.execute("SELECT count(*) FROM uploads").fetchone()[0]
    assert (max(width, height) <= 1600, height > width, left) == (True, True, 0)
    files = list(Path(live_shop.instance / "media").rglob(f"{digest}-*"))
    assert files
    assert not any(Image.open(file).getexif() for file in files)
    page.wait_for_function("() => localStorage.length === 0")


def test_a_draft_answered_late_does_not_lead_away_from_what_was_posted(live_shop, visit):
    page = visit(live_shop, "/dang-nhap", height=640)
    sign_in(page)
    page.goto("/ban-hang/hang/moi")
    saves = []
    page.fill("#title_vi", "Rổ tre thử nháp")
    page.fill("#price_vnd", "95k")
    page.fill("#portion", "cái")
    expect(page.locator("#price_vnd-doc")).to_be_visible(timeout=20_000)
    page.route("**/ban-hang/hang/nhap", lambda route: saves.append(route))
    page.locator("label:has(#allergens)").click()

    def posted(route: Route) -> None:
        """The shop has it; the draft that was on its way meanwhile is answered before the page is."""
        answer = route.fetch(max_redirects=0)
        saves[-1].continue_()
        page.wait_for_timeout(700)
        route.fulfill(response=answer)

    page.route("**/ban-hang/hang/nhanh", posted)
    page.locator("button[value=ban]").click()
    page.wait_for_url(at("/ban-hang/hang/[0-9]+"))
    assert page.url.endswith("?da=moi-bay")
    expect(page.get_by_role("status").first).to_contain_text("đang bày bán")
    page.wait_for_function("() => localStorage.length === 0")
