"""A seller or a unit with an account, a service that tells of it, and orders that wait for money."""

import hashlib
import hmac
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import count
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, update

from shop.banking.actions.feeds import open_feed
from shop.banking.models import BankMatch, BankNotice
from shop.current import vault
from shop.db import db, transaction
from shop.kernel.clock import VIETNAM, now_utc
from shop.outbox import relay
from shop.payments.models import Payment, PaymentEvent
from shop.sellers.bank_accounts import change_bank_account
from shop.sellers.models import Payee
from tests.fundraising.conftest import a_campaign, an_account_of
from tests.operations.conftest import an_officer, operator, run
from tests.payments.conftest import an_order
from tests.selling.conftest import a_stall

__all__ = ["a_campaign", "a_stall", "an_account_of", "an_officer", "an_order", "operator", "run"]

SECRET = "a-secret-of-tests"
_numbers = count(92_000)


@dataclass
class Service:
    """SePay in the tests: tells of money as the real one would. ``account``: the number it watches."""

    app: Flask
    feed_id: int
    address: str
    account: str

    def message(self, amount: int, text: str, **more: Any) -> dict[str, Any]:
        number = next(_numbers)
        return {
            "id": number, "gateway": "Agribank",
            "transactionDate": now_utc().astimezone(VIETNAM).strftime("%Y-%m-%d %H:%M:%S"),
            "accountNumber": self.account, "subAccount": None, "code": None, "content": text,
            "transferType": "in", "description": text, "transferAmount": amount,
            "accumulated": 0, "referenceCode": f"FT26331{number:06d}", **more,
        }  # fmt: skip

    def send(self, message: dict[str, Any] | bytes, *, at: datetime | None = None, **headers: str) -> Any:  # fmt: skip
        body = message if isinstance(message, bytes) else json.dumps(message).encode()
        return self.app.test_client().post(
            f"/hook/ngan-hang/{self.address}", data=body,
            headers={"Content-Type": "application/json", **signed(body, at or now_utc()), **headers},
        )  # fmt: skip

    def tell(self, amount: int, text: str, **more: Any) -> BankNotice:
        """Tell of money and let the worker look; return what came of it."""
        message = self.message(amount, text, **more)
        answer = self.send(message)
        assert (answer.status_code, answer.json) == (200, {"success": True})
        deliver()
        return notice_of(message)


def signed(body: bytes, at: datetime, secret: str = SECRET) -> dict[str, str]:
    stamp = str(int(at.timestamp()))
    made = hmac.new(secret.encode(), f"{stamp}.".encode() + body, hashlib.sha256).hexdigest()
    return {"X-SePay-Timestamp": stamp, "X-SePay-Signature": f"sha256={made}"}


def deliver() -> None:
    """Let the worker deliver until nothing is left."""
    db.session.rollback()
    for _ in range(10):
        if not relay.deliver_waiting(now_utc() + timedelta(seconds=1)):
            break
    db.session.rollback()


def notice_of(message: dict[str, Any]) -> BankNotice:
    db.session.rollback()
    return db.session.scalars(
        select(BankNotice).where(BankNotice.key.like(f"%:{message['id']}"))
    ).one()


def notices() -> list[BankNotice]:
    db.session.rollback()
    return list(db.session.scalars(select(BankNotice).order_by(BankNotice.id)))


def change_account(seller_id: int, number: str) -> None:
    """Let a seller be paid into another account from now on; the one before stays hers."""
    with transaction() as session:
        change_bank_account(
            session, seller_id=seller_id, bank_bin="970405", holder="NGUYEN THI MAU",
            number=number, actor_id=None, actor_name="", now=now_utc(),
        )  # fmt: skip


def received(payment_id: int) -> int:
    db.session.rollback()
    return db.session.get_one(Payment, payment_id).received_vnd


@pytest.fixture
def a_service(app: Flask) -> Callable[..., Service]:
    """Let a service tell of a seller's or a unit's account."""

    def make(*, seller_id: int | None = None, unit_id: int | None = None, kind: str = "sepay_hmac",
             secret: str = SECRET) -> Service:  # fmt: skip
        with transaction() as session:
            feed = open_feed(
                session, kind=kind, secret=secret, seller_id=seller_id, organisation_id=unit_id,
                actor_id=None, actor_name="", now=now_utc(),
            )  # fmt: skip
            payee = session.scalars(
                select(Payee).where(
                    Payee.seller_id == seller_id if seller_id else Payee.organisation_id == unit_id,
                    Payee.ended_at.is_(None),
                )
            ).one()
            number = vault().open(payee.data_key, payee.account_number)
            return Service(app, feed.id, feed.address, number)

    return make


@dataclass
class Owed:
    """An order by transfer that waits for its money."""

    order_id: int
    part_id: int
    payment_id: int
    memo: str
    amount_vnd: int
    seller_id: int


@pytest.fixture
def owed(a_seller: Any, a_variant: Any, an_order: Any) -> Callable[..., Owed]:
    """Place an order by transfer: 110.000 đ unless the price says otherwise."""

    def make(seller_id: int | None = None, price_vnd: int = 95_000, now: datetime | None = None) -> Owed:  # fmt: skip
        seller = seller_id or a_seller()
        variant = a_variant(seller_id=seller, price_vnd=price_vnd)
        made = an_order({variant: (seller, "transfer")}, now=now or now_utc())
        db.session.rollback()
        payment = db.session.scalars(select(Payment).where(Payment.order_id == made.order_id)).one()
        return Owed(
            made.order_id, made.parts[0], payment.id, payment.memo, payment.amount_vnd, seller
        )

    return make


@pytest.fixture
def collecting_unit(an_organisation: Any, a_seller: Any) -> Callable[[], tuple[int, int]]:
    """Make (unit, seller): the unit's account collects for the seller."""

    def make() -> tuple[int, int]:
        unit = an_organisation()
        seller = a_seller(organisation_id=unit, paid_through_organisation=True)
        with transaction() as session:
            session.execute(
                update(Payee)
                .where(Payee.seller_id == seller)
                .values(seller_id=None, organisation_id=unit)
            )
        return unit, seller

    return make


@pytest.fixture(autouse=True)
def money_is_counted_once(request: pytest.FixtureRequest) -> Iterator[None]:
    """After each test: one event for each notice's match, and no bank money without its notice."""
    used = "app" in request.fixturenames
    if used:
        request.getfixturevalue("app")
    yield
    if not used:
        return
    db.session.rollback()
    told = db.session.scalars(
        select(PaymentEvent.id).where(PaymentEvent.key.like("notice:%"))
    ).all()
    matched = db.session.scalars(select(BankMatch.payment_event_id)).all()
    assert set(told) <= set(matched)
    counted: dict[int, int] = {}
    for match in db.session.scalars(select(BankMatch).where(BankMatch.undone_at.is_(None))):
        notice = db.session.get_one(BankNotice, match.notice_id)
        counted[notice.id] = counted.get(notice.id, 0) + match.amount_vnd
        assert notice.amount_vnd is None or counted[notice.id] <= notice.amount_vnd
        freed = select(BankMatch.id).where(
            BankMatch.notice_id == notice.id, BankMatch.undone_at.is_not(None)
        )
        assert notice.state == "matched" or db.session.scalars(freed).first(), (
            "Part was taken back."
        )
    db.session.rollback()
