"""What buyers do with cards, as one whole way in a browser: given up, declined, paid, given back.

The same steps run against the stand-in (``tests/browser/test_pay_by_card.py``) and in Stripe's
real test mode (``python -m tests.stripe_journeys``): only who plays Stripe differs.
"""

import json
import re
import sqlite3
import time
import urllib.request
from collections.abc import Callable, Mapping
from typing import Any

import stripe
from playwright.sync_api import Page, expect

from tests.browser.conftest import Walk
from tests.browser.test_journeys import CEREAL, add, check_out, order_code
from tests.browser.test_money_comes import nothing_else_waits

#: Cards of Stripe's test world.
GOOD, DECLINED = "4242 4242 4242 4242", "4000 0000 0000 0002"
#: Lets Stripe tell the shop what it has to tell; returns how many messages were taken.
Tell = Callable[[], int]


def environment(instance: Any, key: str, secret: str, api: str, pages: str) -> dict[str, str]:
    """Return the settings of a demo shop whose first union with a bank account takes cards."""
    with sqlite3.connect(instance / "shop.sqlite") as file:
        unit = file.execute(
            "SELECT min(organisation_id) FROM payees"
            " WHERE organisation_id IS NOT NULL AND ended_at IS NULL"
        ).fetchone()[0]
    return {
        "SHOP_STRIPE_SECRET_KEY": key, "SHOP_STRIPE_WEBHOOK_SECRET": secret,
        "SHOP_STRIPE_API": api, "SHOP_STRIPE_PAGES": pages, "SHOP_ONLINE_ORGANISATION": str(unit),
    }  # fmt: skip


def tell_door(address: str, secret: str, event: Mapping[str, Any]) -> int:
    """Tell the shop of an event as Stripe would, signed with the shop's own secret."""
    body = json.dumps(event)
    header = stripe.WebhookSignature.generate_signature_header(  # type: ignore[attr-defined]
        body, secret, timestamp=int(time.time())
    )
    request = urllib.request.Request(
        f"{address}/webhooks/stripe", body.encode(), {"Stripe-Signature": header}
    )
    with urllib.request.urlopen(request, timeout=20) as answer:
        return int(answer.status)


def pay_and_get_it_back(walk: Walk, tell: Tell) -> None:
    """An order by card: left, declined, paid, seen as paid, cancelled, given back."""
    nothing_else_waits(walk.live)
    page = walk.open("/")
    add(page, CEREAL)
    page.goto("/dat-hang")
    check_out(page, walk, {1: "card"})
    code, main = order_code(page), page.locator("main")
    expect(main).to_contain_text("Hàng giữ cho anh/chị đến")

    # Given up: she comes back, nothing is paid, and she may try again.
    to_stripe(page)
    page.locator(".Header-businessLink").first.click()
    expect(page.locator("h1")).to_have_text(re.compile("^Anh.chị chưa trả tiền$"))
    expect(main).to_contain_text("chưa trừ tiền nào")
    page.get_by_role("button", name="Thử lại bằng thẻ").click()

    # Declined: she stays on Stripe's page; the shop still says that nothing came.
    type_card(page, DECLINED)
    expect(page.get_by_text("declined").first).to_be_visible(timeout=30_000)
    tell()
    other = walk.open(f"/don/{code}", storage_state=page.context.storage_state())
    expect(other.locator("main")).to_contain_text("Trả bằng thẻ, chưa nhận được.")

    # Paid: she comes back; the page says so once Stripe has told, and not before.
    type_card(page, GOOD)
    page.wait_for_url(re.compile(f"/don/{code}/the/1/xong"), timeout=60_000)
    expect(page.locator("h1")).to_have_text("Đang chờ Stripe báo")
    page.reload()
    expect(page.locator("h1")).to_have_text("Đang chờ Stripe báo")
    assert until(tell), "Stripe told nothing."
    if walk.script:  # The page that is open says it by itself.
        expect(page.locator("[data-watch]")).to_be_visible(timeout=30_000)
    seen(page, f"/don/{code}/the/1/xong", "Đã nhận tiền của anh/chị")
    page.get_by_role("link", name="Xem đơn").click()
    expect(main).to_contain_text("bằng thẻ")
    expect(main).not_to_contain_text("chưa nhận được")

    # Given back: she cancels, and her money is on its way to the card by itself.
    page.goto(f"/don/{code}/huy")
    page.get_by_role("button", name=re.compile("^Huỷ")).click()
    expect(page).to_have_url(re.compile("da=huy-don"))
    until(lambda: "Đã trả lại anh/chị" in told_text(page, code) or tell())
    seen(page, f"/don/{code}", "Đã trả lại anh/chị")


def to_stripe(page: Page) -> None:
    page.get_by_role("button", name="Sang trang của Stripe để trả").click()
    expect(page.locator(".Header-businessLink").first).to_be_visible(timeout=30_000)


def type_card(page: Page, number: str) -> None:
    """Fill Stripe's page in and press its button."""
    for name, typed in (
        ("email", "bong@example.com"), ("cardNumber", number), ("cardExpiry", "12 / 34"),
        ("cardCvc", "123"), ("billingName", "LE THI BONG"),
    ):  # fmt: skip
        field = page.locator(f"#{name}")
        field.wait_for(timeout=30_000)
        if field.is_editable():
            field.fill(typed)
    page.locator(".SubmitButton").first.click()


def until(done: Callable[[], Any], tries: int = 80) -> bool:
    """Ask again until it is so: the shop's worker has other things to do, too."""
    for _ in range(tries):
        if done():
            return True
        time.sleep(0.5)
    return False


def told_text(page: Page, code: str) -> str:
    page.goto(f"/don/{code}")
    return page.locator("main").inner_text()


def seen(page: Page, path: str, words: str) -> None:
    """Load a page again until it says so: the worker needs a moment."""

    def there() -> bool:
        page.goto(path)
        return words in page.locator("main").inner_text()

    assert until(there), page.locator("main").inner_text()
