"""A buyer at the checkout: ``order_page = checkout(variant).order()``."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from shop.db import db
from shop.ordering.models import Order
from tests.notifications.conftest import deliver, mails

__all__ = ["deliver", "mails"]

#: Phường Hội An, Đà Nẵng: where the sellers of these tests live too.
WARD, PROVINCE = "20410", "48"


def hidden(html: str, name: str) -> str:
    """Return the value of a hidden input."""
    found = re.search(rf'<input[^>]*name="{name}"[^>]*value="([^"]*)"', html)
    assert found, f"no hidden {name}"
    return found[1]


@dataclass
class Checkout:
    """The checkout page in a browser, as a person fills it in."""

    browser: FlaskClient
    sellers: list[int]
    typed: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.typed = {
            "name": "Trần Minh Châu", "phone": "0905 000 123", "email": "", "place": "",
            "province": PROVINCE, "ward": WARD, "line1": "15 kiệt 42", "country": "",
            "agree": "y",
        } | {f"p{seller}-delivery": "delivery" for seller in self.sellers} | {
            f"p{seller}-method": "cod" for seller in self.sellers
        } | self.typed  # fmt: skip

    def look(self) -> str:
        """Ask for fees; remember the attempt and the total of the page that came."""
        answer = self.browser.post("/dat-hang", data={**self.typed, "step": "look"})
        assert answer.status_code == 200, answer.text
        return self.remember(answer.text)

    def remember(self, html: str) -> str:
        self.typed["attempt"] = hidden(html, "attempt")
        self.typed["shown_total"] = hidden(html, "shown_total")
        self.typed["shown_days"] = hidden(html, "shown_days")
        self.typed["terms"] = hidden(html, "terms")
        return html

    def send(self, **changes: Any) -> TestResponse:
        return self.browser.post("/dat-hang", data={**self.typed, **changes})

    def order(self, **changes: Any) -> TestResponse:
        """Look, then order; return the answer."""
        self.typed |= changes
        self.look()
        return self.send()


@pytest.fixture
def checkout(app: Flask, client: FlaskClient) -> Callable[..., Checkout]:
    """Put variants into the cart and open the checkout: ``checkout({variant: 2})``."""

    def make(
        wanted: dict[int, int] | int, browser: FlaskClient | None = None, **typed: Any
    ) -> Checkout:
        from shop.catalogue.models import Product, Variant

        wanted = wanted if isinstance(wanted, dict) else {wanted: 1}
        browser = browser or client
        for variant, count in wanted.items():
            answer = browser.post("/gio/them", data={"mon": variant, "so": count})
            assert answer.status_code == 303, answer.text
        sellers = db.session.scalars(
            select(Product.seller_id)
            .join(Variant, Variant.product_id == Product.id)
            .where(Variant.id.in_(wanted))
            .distinct()
        ).all()
        db.session.rollback()
        return Checkout(browser, sorted(sellers), typed)

    return make


@pytest.fixture
def orders(app: Flask) -> Callable[[], list[Order]]:
    """Return every stored order, read anew."""

    def read() -> list[Order]:
        db.session.rollback()
        return list(db.session.scalars(select(Order).order_by(Order.id)))

    return read
