"""A series, a session and what a seller brings to it."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from sqlalchemy import select

from shop.db import db, in_transaction, transaction
from shop.markets.actions import offers, sessions
from shop.markets.models import MarketOffer, MarketSession
from shop.ordering import actions
from shop.ordering.rules import Choice
from shop.organising import closing, market_day
from shop.sellers.bank_accounts import change_bank_account
from shop.sellers.models import Seller
from shop.shares.actions import add_commission_rule
from shop.shares.rules import Rate
from shop.shipping.rules import Destination
from tests.buying.conftest import checkout, orders
from tests.conftest import NOON
from tests.fundraising.conftest import a_campaign, an_account_of, world
from tests.notifications.conftest import mails
from tests.operations.conftest import an_officer, operator, run
from tests.ordering.conftest import a_cart, invariants_hold, place, state_of
from tests.payments.conftest import an_order
from tests.vouchers.conftest import a_voucher

__all__ = [
    "a_campaign",
    "a_cart",
    "a_voucher",
    "an_account_of",
    "an_officer",
    "an_order",
    "checkout",
    "invariants_hold",
    "mails",
    "operator",
    "orders",
    "place",
    "run",
    "state_of",
    "world",
]

BY = {"actor_id": None, "actor_name": "Hương"}


def times(now: datetime, days: int = 3) -> dict[str, Any]:
    """Return the four times of a session that takes orders now and is held in so many days."""
    return {
        "opens_at": now - timedelta(hours=1), "closes_at": now + timedelta(days=days - 1),
        "hand_over_at": now + timedelta(days=days), "ends_at": now + timedelta(days=days, hours=4),
    }  # fmt: skip


def said(now: datetime = NOON, **more: Any) -> dict[str, Any]:
    return {
        "title_vi": "Phiên chợ thứ Bảy", "title_en": "Saturday market", "note_vi": "",
        "note_en": "", "max_orders": None, "max_amount_vnd": None, "collects": False,
        **times(now), **more,
    }  # fmt: skip


@pytest.fixture
def a_market(app, a_seller, a_variant) -> Callable[..., Any]:
    """Make a session with a place and one thing of one seller: ``a_market(quantity=10)``.

    Returns (session id, pickup id, offer id, variant id, seller id).
    """

    def make(
        *, seller_id: int | None = None, variant_id: int | None = None, quantity: int = 10,
        price_vnd: int = 40_000, least: int = 0, on_hand: int = 50, shown: bool = True,
        now: datetime = NOON, pickup_most: int | None = None, series_id: int | None = None,
        **more: Any,
    ) -> tuple[int, int, int, int, int]:  # fmt: skip
        from shop.sellers.models import Seller

        seller = seller_id or a_seller("Sương")
        variant = variant_id or a_variant(seller_id=seller, on_hand=on_hand)
        by = {**BY, "now": now}
        with transaction() as session:
            unit = session.get_one(Seller, seller).organisation_id
            row = sessions.write_session(
                session, organisation_id=unit, series_id=series_id, said=said(now, **more), **by
            )
            pickup = sessions.add_pickup(
                session, session_id=row.id, name_vi="Nhà văn hoá thôn", name_en="Hamlet house",
                address_vi="Thôn Gò Mít", address_en="", starts_at=row.hand_over_at,
                ends_at=row.ends_at, max_orders=pickup_most, **by,
            )  # fmt: skip
            offer = offers.ask_for_offer(
                session, session_id=row.id, variant_id=variant, price_vnd=price_vnd,
                quantity=quantity, least=least, heard=True, **by,
            )  # fmt: skip
            if shown:
                sessions.show_session(session, session_id=row.id, **by)
            return row.id, pickup.id, offer.id, variant, seller

    return make


@pytest.fixture
def a_union_market(app, a_market, a_seller, a_variant):
    """A market whose unit collects and takes 8 %: (session, pickup, {offer: seller})."""

    def make(*, collects: bool = True, sellers: int = 2, rate: int = 800):
        first = a_seller("Sương")
        unit = db.session.get(Seller, first).organisation_id
        db.session.rollback()
        by = {**BY, "now": NOON - timedelta(days=9)}
        with transaction() as session:
            change_bank_account(
                session, organisation_id=unit, bank_bin="970405", holder="HOI LHPN XA",
                number="4711000815", **by,
            )  # fmt: skip
            add_commission_rule(
                session, organisation_id=unit, rate=Rate(rate), from_on=(NOON - timedelta(days=5)).date(), **by
            )  # fmt: skip
        market, pickup, offer, _, _ = a_market(
            seller_id=first, collects=collects, quantity=99, on_hand=300, price_vnd=33_333
        )
        sold = {offer: first}
        for n in range(1, sellers):
            other = a_seller(f"Hoa {n}", organisation_id=unit)
            thing = a_variant(f"Món {n}", seller_id=other, on_hand=300)
            with transaction() as session:
                sold[offers.ask_for_offer(
                    session, session_id=market, variant_id=thing, price_vnd=12_345 * n,
                    quantity=99, heard=True, now=NOON, **BY,
                ).id] = other  # fmt: skip
        return market, pickup, sold

    return make


def ring(market: int, pickup: int, goods: dict[int, int], *, now=NOON, method="cod", n=0):
    with transaction() as session:
        return market_day.order_for(
            session, session_id=market, goods=goods, name=f"Người {n}", phone=f"+84905{n:06d}",
            pickup_id=pickup, method=method, attempt_id=f"phone-{market}-{n}", locale="vi",
            now=now, **BY,
        )  # fmt: skip


CLOSED = NOON + timedelta(days=2, hours=1)


DAY = NOON + timedelta(days=3, hours=1)


@pytest.fixture
def a_stall(a_union_market, an_officer):
    """A closed market with two bags on its day: (officer at the desk, market, offers, sellers)."""
    market, pickup, sold = a_union_market()
    first, second = sold
    ring(market, pickup, {first: 1}, n=1)
    ring(market, pickup, {first: 1, second: 2}, n=2)
    closing.keep_market_hours(CLOSED)
    unit = db.session.get(MarketSession, market).organisation_id
    db.session.rollback()
    with time_machine.travel(DAY, tick=False):
        yield an_officer(unit, "officer"), market, list(sold), list(sold.values())


@pytest.fixture
def at_market(app, a_cart):
    """Fill a cart from a market: ``at_market({offer: 2}, shop={variant: 1})``; its id."""

    def make(offers: dict[int, int], shop: dict[int, int] | None = None, now=NOON) -> int:
        cart_id = a_cart(shop or {})
        variant_of = dict(db.session.execute(select(MarketOffer.id, MarketOffer.variant_id)).all())
        db.session.rollback()

        def fill(session) -> None:
            for offer, quantity in offers.items():
                actions.add_to_cart(
                    session, cart_id=cart_id, variant_id=variant_of[offer], quantity=quantity,
                    now=now, market_offer_id=offer,
                )  # fmt: skip

        in_transaction(fill)
        return cart_id

    return make


def choice(seller: int, market: int, pickup: int, method: str = "cod") -> dict:
    return {f"{seller}m{market}": Choice("pickup", method, pickup)}


NOWHERE = Destination()


@pytest.fixture
def sold(a_market, a_variant, at_market, place):
    """A market with one order: two of a thing that comes anyway, two of one that needs four."""

    def make(**more):
        market, pickup, offer, variant, seller = a_market(price_vnd=40_000, **more)
        cake = a_variant("Bánh", seller_id=seller, on_hand=9)
        with transaction() as session:
            alone = offers.ask_for_offer(
                session, session_id=market, variant_id=cake, price_vnd=10_000, quantity=9, least=4,
                heard=True, actor_id=None, actor_name="", now=NOON,
            ).id  # fmt: skip
        chosen = choice(seller, market, pickup)
        chosen[f"{seller}m{market}o{alone}"] = chosen[f"{seller}m{market}"]
        place(at_market({offer: 2, alone: 2}), 100_000, choices=chosen, destination=NOWHERE)
        return market, variant, cake, alone, seller

    return make


@pytest.fixture
def an_evening(app, a_union_market):
    """A market all of whose bags are gone: its id."""
    market, pickup, offers = a_union_market()
    ring(market, pickup, dict.fromkeys(offers, 2), n=1)
    closing.keep_market_hours(CLOSED)
    with transaction() as session:
        assert market_day.hand_over_bag(
            session, session_id=market, number=1, key="a", now=DAY, **BY
        )
    db.session.rollback()
    return market
