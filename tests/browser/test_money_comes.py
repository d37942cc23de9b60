"""A transfer is told by the bank while the buyer's pay page is open: she hears it once."""

import json
import sqlite3
import urllib.request
from typing import Any

import pytest
from playwright.sync_api import expect
from sqlalchemy import select

from shop.app import create_app
from shop.banking.models import BankFeed
from shop.db import db
from shop.demo.bank import MAKER
from shop.kernel.clock import VIETNAM, now_utc
from shop.payments.models import Payment
from shop.sellers.models import Payee, Seller
from shop.sellers.queries import account_number_of
from tests import engines
from tests.banking.conftest import signed
from tests.browser.conftest import Walk
from tests.browser.test_journeys import CEREAL, add, check_out

SECRET = "khoa-mau-cua-cho-phien"


def nothing_else_waits(live: Any) -> None:
    """The demo's pictures are made by the worker at first; here it has nothing else to do."""
    with sqlite3.connect(live.instance / "shop.sqlite", timeout=30) as file:
        file.execute(
            "UPDATE outbox_messages SET delivered_at = recorded_at WHERE event LIKE 'media.%'"
        )


def told_by_the_bank(live: Any) -> None:
    """Let the demo's service tell of the newest order's transfer, as SePay would."""
    app = create_app(engines.settings(live.instance))
    with app.app_context():
        seller = db.session.scalars(select(Seller.id).where(Seller.slug == MAKER)).one()
        feed = db.session.scalars(select(BankFeed).where(BankFeed.seller_id == seller)).one()
        payee = db.session.scalars(select(Payee).where(Payee.seller_id == seller)).one()
        payment = db.session.scalars(select(Payment).order_by(Payment.id.desc())).first()
        body = json.dumps({
            "id": 777_001, "transferType": "in", "transferAmount": payment.amount_vnd,
            "accountNumber": account_number_of(payee), "content": f"{payment.memo} chuyen tien",
            "transactionDate": now_utc().astimezone(VIETNAM).strftime("%Y-%m-%d %H:%M:%S"),
            "referenceCode": "FT26330777001",
        }).encode()  # fmt: skip
        address = f"{live.address}/hook/ngan-hang/{feed.address}"
        db.session.remove()
        db.engine.dispose()
    request = urllib.request.Request(address, body, signed(body, now_utc(), SECRET))
    with urllib.request.urlopen(request, timeout=20) as answer:
        assert answer.status == 200


@pytest.fixture
def paying(live_shop: Any, visit: Any) -> Any:
    """The pay page of an order by transfer to the demo's connected maker."""

    def open_page(javascript: bool) -> Any:
        nothing_else_waits(live_shop)
        walk = Walk(visit, live_shop, (360, 740, javascript))
        page = walk.open("/")
        add(page, CEREAL)
        page.goto("/dat-hang")
        check_out(page, walk, {1: "transfer"})
        return page

    return open_page


def test_the_open_page_says_once_that_the_money_is_there(live_shop, paying):
    page = paying(True)
    box = page.locator("[data-watch]")
    expect(box).to_be_hidden()
    page.evaluate(
        """() => {
          window.told = []
          const line = document.querySelector('[data-say]')
          new MutationObserver(() => line.textContent && window.told.push(line.textContent))
            .observe(line, { childList: true })
        }"""
    )
    page.get_by_role("button", name="Tôi đã chuyển khoản").focus()
    told_by_the_bank(live_shop)
    expect(box).to_be_visible(timeout=20_000)
    expect(box).to_contain_text("nhận đủ")
    expect(page.locator("[data-transfer]")).to_have_count(0)
    expect(box).to_be_focused()
    page.wait_for_timeout(6_000)
    assert len(page.evaluate("window.told")) == 1
    assert "Tiền đã tới" in page.evaluate("window.told[0]")


def test_without_scripts_the_page_tells_when_it_is_loaded_again(live_shop, paying):
    page = paying(False)
    address = page.url
    assert page.locator("[data-transfer]").count() == 1
    told_by_the_bank(live_shop)
    for _ in range(20):
        page.wait_for_timeout(500)
        page.goto(address)
        if not page.locator("[data-transfer]").count():
            break
    assert page.locator("[data-transfer]").count() == 0
    assert "đồng" in page.locator("main").inner_text()
