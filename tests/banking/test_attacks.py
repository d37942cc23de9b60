"""SePay and Casso, each way of signing: 100 copies at once, shuffled, delayed, forged, cut, a year old.

Stripe's are in ``tests/cards/test_cards.py``, those of VNPay, MoMo and ZaloPay in
``tests/cards/test_wallets.py``.
"""

import json
import random
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from sqlalchemy import func, select

from shop.banking.actions.answers import accept
from shop.banking.models import BankNotice, BankRefusal
from shop.banking.rules.feeds import BY_KEY_ALONE
from shop.db import db, transaction
from shop.kernel.clock import VIETNAM, now_utc
from shop.payments.methods import By
from tests.banking.conftest import SECRET, Owed, deliver, notices, received, signed
from tests.banking.test_feeds import casso_signed
from tests.engines import both_engines
from tests.ordering.test_race import all_at_once

KINDS = ("sepay_hmac", "sepay_key", "casso_hmac", "casso_token")
#: They sign the time as well: what is old is refused.
SIGNED_TIME = ("sepay_hmac", "casso_hmac")
EACH = pytest.mark.parametrize("kind", KINDS)


@dataclass
class Attacked:
    """A service of one kind that watches the account of an order."""

    app: Any
    kind: str
    service: Any
    order: Owed

    def message(self, memo: str | None = None) -> bytes:
        told = self.service.message(self.order.amount_vnd, memo or self.order.memo)
        if self.kind.startswith("sepay"):
            return json.dumps(told).encode()
        moment = now_utc().astimezone(VIETNAM).strftime("%Y-%m-%d %H:%M:%S")
        one = {
            "id": told["id"], "reference": told["referenceCode"], "description": told["content"],
            "amount": told["transferAmount"], "runningBalance": 0, "transactionDateTime": moment,
            "accountNumber": self.service.account, "bankName": "Agribank",
        }  # fmt: skip
        old = {"tid": one["reference"], "when": moment, "bank_sub_acc_id": one["accountNumber"]}
        data: Any = one if self.kind == "casso_hmac" else [{**one, **old}]
        return json.dumps({"error": 0, "data": data}).encode()

    def proof(self, body: bytes, at: datetime, *, forged: bool = False) -> dict[str, str]:
        secret = "somebody-elses-secret" if forged else SECRET
        if self.kind == "sepay_hmac":
            return signed(body, at, secret)
        if self.kind == "sepay_key":
            return {"Authorization": f"Apikey {secret}"}
        if self.kind == "casso_token":
            return {"Secure-Token": secret}
        try:
            thing = json.loads(body)
        except ValueError:
            thing = {}
        return casso_signed(thing, secret, int(at.timestamp() * 1000))

    def send(self, body: bytes, *, at: datetime | None = None, forged: bool = False) -> int:
        heads = self.proof(body, at or now_utc(), forged=forged)
        answer = self.app.test_client().post(
            f"/hook/ngan-hang/{self.service.address}", data=body,
            headers={"Content-Type": "application/json", **heads},
        )  # fmt: skip
        return int(answer.status_code)


@pytest.fixture
def attacked(app, owed, a_service, kind) -> Attacked:
    order = owed()
    return Attacked(app, kind, a_service(seller_id=order.seller_id, kind=kind), order)


def has(attacked: Attacked, *orders: Owed) -> list[int]:
    """Return what orders have: where a word alone told of it, once its people agreed (T43)."""
    if attacked.kind in BY_KEY_ALONE:
        waiting = [notice for notice in notices() if notice.state == "task"]
        assert {notice.reason for notice in waiting} == {"by_key"}
        assert {received(order.payment_id) for order in orders} == {0}
        for notice in waiting:
            with transaction() as session:
                accept(
                    session, notice_id=notice.id, payment_ids=[notice.payment_id or 0],
                    by=By("seller"), now=now_utc(),
                )  # fmt: skip
        deliver()
    return [received(order.payment_id) for order in orders]


def kept() -> int:
    db.session.rollback()
    return db.session.scalar(select(func.count()).select_from(BankNotice)) or 0


def trail() -> int:
    db.session.rollback()
    return int(db.session.scalar(select(func.sum(BankRefusal.times))) or 0)


@both_engines
@EACH
def test_a_hundred_copies_at_once_with_forged_and_delayed_ones_pay_once(attacked):
    body, now = attacked.message(), now_utc()

    def one(number: int) -> str:
        at = now + timedelta(seconds=(number % 5) * 60 - 120)
        return str(attacked.send(body, at=at, forged=number % 10 == 9))

    assert all_at_once(attacked.app, one, 100) == {"200": 90, "401": 10}
    all_at_once(attacked.app, lambda _: str(deliver()), 4)
    assert kept() == 1
    assert has(attacked, attacked.order) == [attacked.order.amount_vnd]
    assert trail() == 10


@EACH
def test_shuffled_messages_each_pay_their_own(attacked, owed):
    more = [owed(seller_id=attacked.order.seller_id) for _ in range(3)]
    orders = [attacked.order, *more]
    told = [attacked.message(order.memo) for order in orders] * 3
    chance = random.Random(3)
    chance.shuffle(told)
    for body in told:
        assert attacked.send(body) == 200
        if chance.random() < 0.4:
            deliver()
    deliver()
    assert has(attacked, *orders) == [order.amount_vnd for order in orders]
    assert kept() == len(orders)


@EACH
def test_a_message_that_is_days_late_still_pays_where_its_time_is_signed_anew(attacked):
    body = attacked.message()
    with time_machine.travel(now_utc() + timedelta(hours=5), tick=False):
        if attacked.kind in SIGNED_TIME:
            assert attacked.send(body, at=now_utc() - timedelta(hours=5)) == 401
        assert attacked.send(body) == 200
        deliver()
    assert has(attacked, attacked.order) == [attacked.order.amount_vnd]
    assert kept() == 1


@EACH
def test_a_forged_message_is_refused_with_a_trail(attacked):
    assert attacked.send(attacked.message(), forged=True) == 401
    deliver()
    assert (kept(), trail()) == (0, 1)
    assert received(attacked.order.payment_id) == 0


@EACH
def test_a_truncated_message_is_refused_with_a_trail(attacked):
    assert attacked.send(attacked.message()[:-9]) in (400, 401)
    deliver()
    assert (kept(), trail()) == (0, 1)
    assert received(attacked.order.payment_id) == 0


@EACH
def test_a_copy_after_a_year_counts_nothing(attacked):
    body, then = attacked.message(), now_utc()
    assert attacked.send(body) == 200
    deliver()
    with time_machine.travel(then + timedelta(days=365), tick=False):
        as_it_was = attacked.send(body, at=then)
        assert as_it_was == (401 if attacked.kind in SIGNED_TIME else 200)
        assert attacked.send(body) == 200  # And signed anew.
        deliver()
    assert has(attacked, attacked.order) == [attacked.order.amount_vnd]
    assert kept() == 1
