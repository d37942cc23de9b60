"""One whole way each, over the network of this machine: checkout, page, message, paid, refunded."""

import http.client
import threading
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit
from wsgiref.simple_server import WSGIRequestHandler, make_server

import pytest
from flask import Flask
from sqlalchemy import select

from shop.db import db, in_transaction
from shop.kernel.clock import now_utc
from shop.ordering.models import Order, SellerOrder
from shop.payments import refunds
from shop.payments.methods import By
from shop.payments.rules.refunds import Way
from shop.payments.told import TRANSFER, Subject
from tests.cards.conftest import give_account
from tests.cards.worker import deliver, tasks
from tests.payments.conftest import broken, payments_of
from tests.wallet_stand_ins import SETTINGS, STAND_INS, StandIn


class Quiet(WSGIRequestHandler):
    def log_message(self, *_args: Any) -> None:
        """Tests say nothing."""


@pytest.fixture(params=STAND_INS, ids=lambda one: one.name)
def gateway(request: pytest.FixtureRequest) -> StandIn:
    return request.param()


@pytest.fixture
def site(gateway: StandIn) -> Iterator[str]:
    """The stand-in as a real server: its interface and its page."""
    server = make_server("127.0.0.1", 0, gateway.site, handler_class=Quiet)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    gateway.page = f"http://127.0.0.1:{server.server_port}"
    yield gateway.page
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def app(make_app: Callable[..., Flask], site: str) -> Iterator[Flask]:
    """A shop that asks the stand-ins through its own door to gateways."""
    built = make_app(
        **SETTINGS, vnpay_pages=f"{site}/paymentv2/vpcpay.html",
        vnpay_api=f"{site}/merchant_webapi/api/transaction", momo_pages=site, zalopay_pages=site,
        zalopay_api=site,
    )  # fmt: skip
    with built.app_context():
        yield built
        db.session.remove()
        db.engine.dispose()


def browse(method: str, url: str, body: str = "") -> tuple[int, str, str]:
    """Open a page as a browser without scripts; return (status, text, where it leads)."""
    there = urlsplit(url)
    line = http.client.HTTPConnection(there.netloc, timeout=10)
    headers = {"Content-Type": "application/x-www-form-urlencoded"} if body else {}
    line.request(method, f"{there.path}?{there.query}", body or None, headers)
    answer = line.getresponse()
    found = answer.status, answer.read().decode(), answer.headers.get("Location", "")
    line.close()
    return found


def test_from_the_checkout_to_the_gateway_and_back_and_refunded(
    app, gateway, client, an_organisation, a_seller, a_variant, checkout
):  # fmt: skip
    give_account(an_organisation())
    seller = a_seller("Người bán")
    buyer = checkout(a_variant(seller_id=seller, price_vnd=105_000), client)
    assert buyer.order(**{f"p{seller}-method": gateway.name}).status_code == 303
    code, order_id = db.session.execute(select(Order.code, Order.id)).one()
    db.session.rollback()

    # She goes to the page, thinks better of it, and comes back.
    sent = client.post(f"/don/{code}/the/1")
    assert sent.status_code == 303
    url = sent.headers["Location"]
    assert browse("GET", url)[0] == 200
    status, _, back = browse("POST", url, "do=no")
    assert (status, urlsplit(back).path) == (303, f"/don/{code}/the/1/xong")
    for message in gateway.told:
        assert gateway.taken(gateway.send(client, message))
    gateway.told.clear()
    deliver()
    assert payments_of(order_id)[0].received_vnd == 0

    # She pays; the order is paid when the gateway tells.
    url = client.post(f"/don/{code}/the/1").headers["Location"]
    assert browse("GET", url)[0] == 200
    status, _, back = browse("POST", url, "do=pay")
    assert status == 303
    page = client.get(back.split("/", 3)[3].join(("/", "")))
    assert "Đã nhận tiền của anh/chị" not in page.text
    assert gateway.taken(gateway.send(client, gateway.told[-1]))
    deliver()
    assert "Đã nhận tiền của anh/chị" in client.get(f"/don/{code}/the/1/xong").text
    [payment] = payments_of(order_id)
    assert (payment.method, payment.received_vnd) == (gateway.name, 120_000)
    assert db.session.scalars(select(SellerOrder.reserved_until)).one() is None

    # Some of it goes back.
    in_transaction(
        lambda session: refunds.refund(
            session, of=Subject(TRANSFER, payment.id), amount_vnd=20_000, way=Way.CARD,
            key="r-1", by=By("operator"), now=now_utc(),
        )
    )  # fmt: skip
    deliver()
    assert payments_of(order_id)[0].refunded_vnd == 20_000
    assert [one["amount"] for one in gateway.refunds.values()] == [20_000]
    assert "20.000" in client.get(f"/don/{code}").text
    assert tasks() == []
    assert broken(db.session()) == {}
