"""A shop that takes cards: ``opened()`` is an order whose buyer is on Stripe's page."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import pytest
import time_machine
from flask import Flask

from shop.current import vault
from shop.db import db, in_transaction, transaction
from shop.fundraising.models import Campaign
from shop.kernel.clock import now_utc
from shop.kernel.currencies import Rate
from shop.payments.gateways.actions.visits import want_visit
from shop.payments.gateways.opening import Ways, open_page
from shop.sellers.models import Payee
from tests.buying.conftest import checkout, orders
from tests.conftest import NOON
from tests.fundraising.conftest import a_campaign, an_account_of, approved
from tests.notifications.conftest import mails
from tests.operations.conftest import an_officer, operator, run
from tests.payments.conftest import an_order, payments_of
from tests.shares.conftest import a_rule, a_tax_rule, tax_is_on
from tests.stripe_stand_in import KEY, SECRET, StripeStandIn

__all__ = [
    "a_campaign",
    "a_rule",
    "a_tax_rule",
    "an_account_of",
    "an_officer",
    "an_order",
    "checkout",
    "mails",
    "operator",
    "orders",
    "run",
    "tax_is_on",
]

EURO = Rate("EUR", 27_500, date(2026, 11, 20))


@pytest.fixture
def stripe() -> StripeStandIn:
    return StripeStandIn()


@pytest.fixture
def app(make_app: Callable[..., Flask], stripe: StripeStandIn) -> Iterator[Flask]:
    """A shop with Stripe's keys; the first organisation that is made owns the account."""
    built = make_app(
        stripe_secret_key=KEY, stripe_webhook_secret=SECRET, online_organisation=1,
        stripe_rates=str(EURO),
    )  # fmt: skip
    built.extensions["gateway_transport"] = stripe
    with built.app_context():
        yield built
        db.session.remove()
        db.engine.dispose()


@pytest.fixture
def unit(an_organisation: Callable[..., int]) -> int:
    """The organisation that owns the Stripe account, with a bank account of its own."""
    made = an_organisation("Hội LHPN xã Sông Lành")
    assert made == 1
    give_account(made)
    return made


def give_account(organisation_id: int) -> None:
    with transaction() as session:
        key = vault().new_key()
        session.add(
            Payee(
                organisation_id=organisation_id, bank_bin="970405", bank_name="Agribank",
                holder="HOI LHPN SONG LANH", data_key=key,
                account_number=vault().seal(key, "1111222233334444"), last4="4444",
                started_at=NOON,
            )
        )  # fmt: skip


@dataclass
class Charged:
    """An order by card: its payment, and the session on Stripe's page."""

    order_id: int
    parts: list[int]
    payment_id: int
    amount_vnd: int
    session_id: str = ""


@pytest.fixture
def by_card(
    unit: int,
    a_variant: Callable[..., int],
    a_seller: Callable[..., int],
    an_order: Any,
) -> Callable[..., Charged]:
    """Place an order by card: 120.000 đ of one seller, or of ``sellers``."""

    def make(*, sellers: int = 1, on_hand: int = 9, now: Any = None) -> Charged:
        wanted = {}
        for n in range(sellers):
            seller = a_seller(f"Người bán {n}")
            wanted[a_variant(seller_id=seller, on_hand=on_hand, price_vnd=105_000)] = (
                seller,
                "card",
            )
        made = an_order(wanted, now=now or now_utc())
        [payment] = payments_of(made.order_id)
        return Charged(made.order_id, made.parts, payment.id, payment.amount_vnd)

    return make


@pytest.fixture
def opened(by_card: Callable[..., Charged]) -> Callable[..., Charged]:
    """The same, and the buyer is on Stripe's page."""

    def make(*, rate: Rate | None = None, **more: Any) -> Charged:
        order = by_card(**more)
        order.session_id = open_for(order, rate=rate)
        return order

    return make


def open_for(order: Charged, *, rate: Rate | None = None, now: Any = None) -> str:
    """Open a page for an order; return the session's id, "" when it did not open."""
    wanted = in_transaction(
        lambda session: want_visit(
            session, payment_id=order.payment_id, rate=rate, locale="vi",
            hold=timedelta(minutes=30), now=now or now_utc(),
        )
    )  # fmt: skip
    ways = Ways("https://cho.example.vn/x", "https://cho.example.vn/y", "127.0.0.1")
    url = wanted.url or open_page(wanted.id, ways)
    return url.rsplit("/", 1)[-1] if url else ""


@pytest.fixture
def campaign(unit, an_organisation, an_account, a_campaign) -> int:
    """A campaign of another unit than the one that owns the account at the card company."""
    made = a_campaign(organisation_id=an_organisation("Hội xã khác"))
    approved(made, an_account(), an_account())
    return made


@pytest.fixture
def asked(client, campaign, stripe) -> Callable[[], tuple[str, str]]:
    """Give 100.000 by card on the campaign's page: (address of the gift, session at Stripe)."""

    def make() -> tuple[str, str]:
        code = db.session.get_one(Campaign, campaign).code
        db.session.rollback()
        with time_machine.travel(now_utc() - timedelta(seconds=30), tick=False):
            page = client.get(f"/gay-quy/{code}").text
        assert "Góp bằng thẻ" in page
        shown = re.search(r'name="shown"[^>]*value="([^"]+)"', page)[1]
        answer = client.post(
            f"/gay-quy/{code}", data={"shown": shown, "amount": "100000", "how": "card"}
        )
        at = answer.location.partition("?")[0]
        assert "Sang trang của Stripe" in client.get(at).text
        there = client.post(f"{at}/the")
        assert there.status_code == 303
        assert client.post(f"{at}/the").location == there.location  # Twice is the same page.
        return at, there.location.rsplit("/", 1)[-1]

    return make
