"""Buyers without an account: the same errand at the shop and at the bare app."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from tests.bench.drive import Job, Line, expect, request_bytes

#: Phường Hội An, Đà Nẵng.
WARD, PROVINCE = "20410", "48"
_HIDDEN = {
    name: re.compile(rf'<input[^>]*name="{name}"[^>]*value="([^"]*)"'.encode())
    for name in ("attempt", "shown_total", "terms")
}
_phones = count(1)


@dataclass
class Goods:
    """What can be bought: (product id, variant id, seller id) by turns, the same for all."""

    rows: Sequence[tuple[int, int, int]]
    _next: Iterator[int] = field(default_factory=count)

    def one(self) -> tuple[int, int, int]:
        return self.rows[next(self._next) * 7 % len(self.rows)]


def typed(seller: int) -> dict[str, Any]:
    """Return a filled checkout for one maker, with a phone that nobody else has."""
    return {
        "name": "Trần Minh Châu", "phone": f"0905 {next(_phones):06d}", "email": "", "place": "",
        "province": PROVINCE, "ward": WARD, "line1": "15 kiệt 42", "country": "", "agree": "y",
        f"p{seller}-delivery": "delivery", f"p{seller}-method": "cod",
    }  # fmt: skip


def filled_cart(line: Line, variant: int) -> dict[str, str]:
    """Put one thing into a new cart; return the visitor's cookies."""
    added = line.post("/gio/them", {"mon": variant, "so": 1}, {})
    return expect(added, 303, "/gio/them").cookies


def ready_to_order(line: Line, goods: Goods) -> tuple[dict[str, Any], dict[str, str]]:
    """Go as far as the checkout with its total; return its fields and the cookies."""
    _, variant, seller = goods.one()
    cookies = filled_cart(line, variant)
    fields = typed(seller)
    page = line.post("/dat-hang", {**fields, "step": "look"}, cookies)
    return fields | hidden(expect(page, 200, "/dat-hang").body), cookies


def hidden(body: bytes) -> dict[str, str]:
    found = {name: pattern.search(body) for name, pattern in _HIDDEN.items()}
    return {name: match[1].decode() for name, match in found.items() if match}


def orders_alone(port: int, goods: Goods, number: int) -> Iterator[Job]:
    """Prepare so many checkouts now; each job sends one."""
    with Line(port) as line:
        for _ in range(number):
            fields, cookies = ready_to_order(line, goods)
            ready = request_bytes(port, "/dat-hang", cookies, fields)

            def job(line: Line, ready: bytes = ready) -> None:
                expect(line.send(ready), 303, "an order")

            yield job


def adding(port: int, goods: Goods, number: int) -> Iterator[Job]:
    """Each job puts one thing into a cart that already holds another."""
    with Line(port) as line:
        for _ in range(number):
            cookies = filled_cart(line, goods.one()[1])
            ready = request_bytes(port, "/gio/them", cookies, {"mon": goods.one()[1], "so": 1})
            yield lambda line, ready=ready: expect(line.send(ready), 303, "/gio/them") and None


def cart_pages(port: int, goods: Goods, number: int) -> Iterator[Job]:
    """Each job shows a cart with one thing."""
    with Line(port) as line:
        carts = [filled_cart(line, goods.one()[1]) for _ in range(min(20, number))]
    for n in range(number):
        ready = request_bytes(port, "/gio", carts[n % len(carts)])
        yield lambda line, ready=ready: expect(line.send(ready), 200, "/gio") and None


def shop_errands(goods: Goods, number: int) -> Iterator[Job]:
    """Each job is a whole order: product, add, cart, checkout, fees, place, order page.

    The fees are a request of their own, which the checkout's script sends when the address
    is known, so this flow has seven requests where the bare one has six.
    """

    def job(line: Line) -> None:
        product, variant, seller = goods.one()
        expect(line.get(f"/san-pham/mon-{product}"), 200, "the product")
        added = expect(line.post("/gio/them", {"mon": variant, "so": 1}, {}), 303, "adding")
        cookies = added.cookies
        expect(line.get(added.location, cookies), 200, "the cart")
        page = expect(line.get("/dat-hang", cookies), 200, "the checkout")
        fields = typed(seller) | hidden(page.body)
        fees = expect(line.post("/dat-hang/tinh", fields, cookies), 200, "the fees")
        fields |= hidden(fees.body) | {"attempt": fields["attempt"]}
        placed = expect(line.post("/dat-hang", fields, cookies), 303, "the order")
        expect(line.get(placed.location, cookies | placed.cookies), 200, "the order's page")

    return iter([job] * number)


def bare_errands(goods: Goods, number: int) -> Iterator[Job]:
    """The same errand at the bare app."""

    def job(line: Line) -> None:
        product = goods.one()[0]
        expect(line.get(f"/thing/mon-{product - 1}"), 200, "the product")
        added = expect(line.post("/cart", {"id": product}, {}), 303, "adding")
        cookies = added.cookies
        expect(line.get("/cart", cookies), 200, "the cart")
        expect(line.get("/checkout", cookies), 200, "the checkout")
        fields = {"name": "Trần Minh Châu", "phone": "0905000123", "address": "15 kiệt 42, Hội An"}
        placed = expect(line.post("/checkout", fields, cookies), 303, "the order")
        expect(line.get(placed.location, cookies), 200, "the order's page")

    return iter([job] * number)
