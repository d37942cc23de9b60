"""``python -m tests.guide_pictures``: take the pictures of the README's guide for sellers.

A demo shop is filled in a folder that is gone afterwards, served on loopback, and looked at
as a phone shows it, in both languages. What the pictures show is invented.
"""

import io
import tempfile
from pathlib import Path

from flask_migrate import upgrade
from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

from shop.app import create_app
from shop.cli.commands import open_migrations
from shop.db import db
from shop.demo.load import load_demo
from shop.kernel.clock import now_utc
from shop.kernel.settings import ROOT
from tests import engines
from tests.browser.conftest import CHROMIUM, FLAGS, arrive, serving

FOLDER = ROOT / "static" / "img" / "huong-dan"
SIGN_IN = ("0905 000 101", "rang-xay-thu-tu")
#: Names of pictures and the pages they show; "" is the first order that waits.
PAGES = {
    "dang-mon": "/ban-hang/hang/moi",
    "don-hang": "/ban-hang",
    "mot-don": "",
    "goi-hang": "/ban-hang/goi",
    "tien": "/ban-hang/tien",
}
WIDTH, HEIGHT, QUALITY = 360, 640, 62


def fill(instance: Path) -> None:
    """Load the demo shop as a first start does."""
    app = create_app(engines.settings(instance))
    open_migrations(app)
    with app.app_context():
        upgrade()
        engines.load_places()
        load_demo(now_utc())
        db.session.remove()
        db.engine.dispose()


def take(browser: Browser, address: str, language: str) -> None:
    """Look at every page in one language."""
    more = "" if language == "vi" else f"/{language}"
    context = browser.new_context(
        base_url=address, viewport={"width": WIDTH, "height": HEIGHT}, device_scale_factor=1.5
    )
    page = context.new_page()
    page.goto(f"{more}/dang-nhap")
    page.locator("main input[name=who]").fill(SIGN_IN[0])
    page.locator("main input[type=password]").first.fill(SIGN_IN[1])
    arrive(page, page.locator("main form button").first.click)
    for name, path in PAGES.items():
        page.goto(more + (path or _first_order(page, more)))
        page.wait_for_load_state("networkidle")
        picture = Image.open(io.BytesIO(page.screenshot()))
        picture.save(FOLDER / f"{name}.{language}.webp", quality=QUALITY, method=6)
    context.close()


def _first_order(page: Page, more: str) -> str:
    page.goto(f"{more}/ban-hang")
    found = page.locator("main a[href*='/ban-hang/don/']").nth(3).get_attribute("href") or ""
    return found.removeprefix(more)


def main() -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="guide-") as folder, sync_playwright() as playwright:
        fill(Path(folder))
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        with serving(Path(folder)) as live:
            for language in ("vi", "en"):
                take(chromium, live.address, language)
        chromium.close()


if __name__ == "__main__":
    main()
