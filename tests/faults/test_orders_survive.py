"""An acknowledged order survives kill -9 and a full disk (QUALITY I13); never half of one."""

import http.client
import os
import random
import re
import resource
import signal
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from http.cookiejar import CookieJar

import pytest
from sqlalchemy import func, select

from shop.db import db
from shop.ordering.models import LineItem, Order, SellerOrder
from shop.outbox.models import OutboxMessage
from tests.browser.conftest import serving
from tests.engines import both_engines
from tests.ordering.proof import broken, how_many, level

ROUNDS = 12 if os.environ.get("SOAK") else 3
BUYERS = 3
#: So long a machine with much else to do may take until the first order of a round stands.
PATIENCE_S = 120


class Buyer:
    """A browser that orders one jar over and over, over HTTP."""

    def __init__(self, address: str, number: int, variant: int, seller: int) -> None:
        self.address, self.number, self.variant, self.seller = address, number, variant, seller
        self.acknowledged: list[str] = []

    def send(self, path: str, **fields: str) -> tuple[str, str]:
        request = urllib.request.Request(
            self.address + path,
            data=urllib.parse.urlencode(fields).encode() if fields else None,
            headers={"X-Forwarded-For": f"10.{self.number}.{len(self.acknowledged) % 250}.9"},
        )
        with self.browser.open(request, timeout=PATIENCE_S) as answer:
            return answer.url, answer.read().decode()

    def order(self) -> None:
        self.confirm(self.fill_in())

    def confirm(self, typed: dict[str, str]) -> None:
        url, _ = self.send("/dat-hang", **typed)
        self.acknowledged.append(re.search(r"/don/([0-9A-Z-]+)", url)[1])

    def fill_in(self) -> dict[str, str]:
        """Come to the last button; return what it would send."""
        self.browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))
        typed = {
            "name": "Trần Minh Châu", "phone": f"0905{self.number}{len(self.acknowledged):05d}"[:10],
            "province": "48", "ward": "20410", "line1": "15 kiệt 42", "agree": "y",
            f"p{self.seller}-delivery": "delivery", f"p{self.seller}-method": "cod",
        }  # fmt: skip
        self.send("/gio/them", mon=str(self.variant), so="1")
        _, page = self.send("/dat-hang", **typed, step="look")
        for name in ("attempt", "shown_total", "terms"):
            typed[name] = re.search(rf'name="{name}"[^>]*value="([^"]*)"', page)[1]
        return typed

    def buy_until_the_server_dies(self) -> None:
        try:
            while True:
                self.order()
        except (OSError, http.client.HTTPException):
            return


@pytest.mark.xdist_group("faults")
def test_orders_that_were_acknowledged_survive_kill_9(app, tmp_path, a_seller, a_variant):
    seller = a_seller()
    variant = a_variant(seller_id=seller, on_hand=100_000)
    db.session.remove()
    db.engine.dispose()
    dice = random.Random(11)
    acknowledged: list[str] = []
    for turn in range(ROUNDS):
        with serving(tmp_path, SHOP_TRUSTED_PROXIES="1") as live:
            buyers = [
                Buyer(live.address, turn * BUYERS + n, variant, seller) for n in range(BUYERS)
            ]
            threads = [threading.Thread(target=b.buy_until_the_server_dies) for b in buyers]
            [thread.start() for thread in threads]
            assert first_order_of(buyers, threads), "no order to learn from"
            time.sleep(dice.uniform(0.0, 1.5))  # At whatever they are by then.
            os.kill(live.process.pid, signal.SIGSTOP)  # Let no new worker be forked meanwhile.
            for child in children_of(live.process.pid):
                os.kill(child, signal.SIGKILL)
            live.process.kill()
            [thread.join() for thread in threads]
        for buyer in buyers:
            acknowledged += buyer.acknowledged
    assert len(acknowledged) >= ROUNDS, "too few orders to learn from"

    kept = set(db.session.scalars(select(Order.code)))
    assert set(acknowledged) <= kept
    assert broken(db.session()) == {}
    orders, parts, lines = how_many(db.session(), Order, SellerOrder, LineItem)
    assert orders == parts == lines, "never half an order"
    told = db.session.scalar(
        select(func.count(func.distinct(OutboxMessage.payload))).where(
            OutboxMessage.event == "order.placed"
        )
    )
    assert told == orders
    _, reserved = level(db.session(), variant)
    assert reserved == orders


def first_order_of(buyers: list[Buyer], threads: list[threading.Thread]) -> bool:
    """Wait until an order of theirs was acknowledged; return whether one was."""
    until = time.monotonic() + PATIENCE_S
    while not any(buyer.acknowledged for buyer in buyers):
        if time.monotonic() > until or not any(thread.is_alive() for thread in threads):
            return False
        time.sleep(0.02)
    return True


def children_of(pid: int) -> list[int]:
    """Return the processes that a process started."""
    with open(f"/proc/{pid}/task/{pid}/children") as file:
        return [int(child) for child in file.read().split()]


@pytest.mark.xdist_group("faults")
def test_a_full_disk_stores_nothing_and_says_come_back(app, tmp_path, a_seller, a_variant):
    seller = a_seller()
    variant = a_variant(seller_id=seller, on_hand=1000)
    db.session.remove()
    db.engine.dispose()
    with serving(tmp_path, SHOP_TRUSTED_PROXIES="1", SHOP_WORKER="none") as live:
        buyer = Buyer(live.address, 1, variant, seller)
        buyer.order()
        (server,) = children_of(live.process.pid)
        written = max(path.stat().st_size for path in tmp_path.glob("shop.sqlite*"))
        unlimited = resource.prlimit(server, resource.RLIMIT_FSIZE)
        resource.prlimit(server, resource.RLIMIT_FSIZE, (written + 65_536, unlimited[1]))
        with pytest.raises(urllib.error.HTTPError) as refused:
            for _ in range(200):
                buyer.order()
        assert refused.value.code == 503
        assert refused.value.headers["Retry-After"]
        resource.prlimit(server, resource.RLIMIT_FSIZE, unlimited)
        buyer.order()
    codes = set(db.session.scalars(select(Order.code)))
    assert set(buyer.acknowledged) == codes, "acknowledged is stored, refused is not"
    assert broken(db.session()) == {}
    orders, parts, lines = how_many(db.session(), Order, SellerOrder, LineItem)
    assert orders == parts == lines
    assert level(db.session(), variant)[1] == orders


@pytest.mark.xdist_group("faults")
@both_engines
def test_many_browsers_press_the_button_for_the_last_jar_at_once(
    app, tmp_path, database_url, a_seller, a_variant
):
    seller = a_seller()
    variant = a_variant(seller_id=seller, on_hand=1)
    db.session.remove()
    db.engine.dispose()
    with serving(
        tmp_path, SHOP_TRUSTED_PROXIES="1", SHOP_DATABASE_URL=database_url, SHOP_THREADS="16"
    ) as live:
        buyers = [Buyer(live.address, n, variant, seller) for n in range(16)]
        ready = [(buyer, buyer.fill_in()) for buyer in buyers]
        gate, refused = threading.Barrier(len(buyers)), []

        def press(buyer: Buyer, typed: dict[str, str]) -> None:
            gate.wait()
            try:
                buyer.confirm(typed)
            except urllib.error.HTTPError as answer:
                refused.append((answer.code, "Bột ngũ cốc" in answer.read().decode()))

        threads = [threading.Thread(target=press, args=pair) for pair in ready]
        [thread.start() for thread in threads]
        [thread.join() for thread in threads]
    assert refused == [(409, True)] * 15, "a clear refusal that names the goods"
    assert how_many(db.session(), Order, SellerOrder) == (1, 1)
    assert level(db.session(), variant) == (1, 1)
    assert broken(db.session()) == {}
