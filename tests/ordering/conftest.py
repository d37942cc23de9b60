"""Fixtures of ordering: carts that are filled and orders that are placed."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import count
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from shop.db import db, in_transaction
from shop.ordering import actions
from shop.ordering.models import SellerOrder
from shop.ordering.rules import Choice, Contact, Holds
from shop.shipping.rules import Destination
from tests.conftest import NOON
from tests.ordering.proof import broken

HAI_CHAU = Destination("VN", "20242", "48", "centre", "Phường Hải Châu", "Đà Nẵng", "2026-07")
HA_NOI = Destination("VN", "00070", "01", "north", "Phường Hoàn Kiếm", "Hà Nội", "2026-07")
HOI_AN = Destination("VN", "20410", "48", "centre", "Phường Hội An", "Đà Nẵng", "2026-07")
BERLIN = Destination("DE")
LAN = Contact("Trần Thị Lan", "+84912345678", "lan@example.com", "12 Lê Lợi")
_numbers = count(1)


@pytest.fixture
def a_cart(app: Flask) -> Callable[..., int]:
    """Fill a cart: ``a_cart({variant_id: 2})``; returns its id."""

    def make(
        content: dict[int, int], token: str | None = None, account_id: int | None = None
    ) -> int:
        token = token or f"cart-{next(_numbers)}"

        def fill(session: Any) -> int:
            cart_id = actions.open_cart(session, token=token, account_id=account_id, now=NOON)
            for variant_id, quantity in content.items():
                actions.add_to_cart(
                    session, cart_id=cart_id, variant_id=variant_id, quantity=quantity, now=NOON
                )
            return cart_id

        return in_transaction(fill)

    return make


@pytest.fixture
def place(app: Flask) -> Callable[..., actions.Placed]:
    """Place a cart: ``place(cart_id, total_vnd)``."""

    def make(cart_id: int, shown_total_vnd: int, **more: Any) -> actions.Placed:
        wanted: dict[str, Any] = {
            "cart_id": cart_id, "account_id": None, "attempt_id": f"attempt-{next(_numbers)}",
            "attempt_digest": "d" * 64, "contact": LAN, "destination": HAI_CHAU, "choices": {},
            "shown_total_vnd": shown_total_vnd, "locale": "vi", "terms_version": "2026-11",
            "holds": Holds(), "now": NOON, **more,
        }  # fmt: skip
        return in_transaction(lambda session: actions.place_order(session, **wanted))

    return make


@pytest.fixture
def an_order(
    a_cart: Callable[..., int], place: Callable[..., actions.Placed], a_variant: Callable[..., int]
) -> Callable[..., actions.Placed]:
    """Place one order of ``quantity`` units at 95.000 đ, to be delivered for 25.000 đ a parcel."""

    def make(
        quantity: int = 1, variant_id: int | None = None, total_vnd: int | None = None, **more: Any
    ) -> actions.Placed:
        variant_id = variant_id or a_variant()
        choice = more.pop("choice", None)
        if choice is not None:
            from shop.catalogue.models import Product, Variant

            seller_id = db.session.scalar(
                select(Product.seller_id).join(Variant).where(Variant.id == variant_id)
            )
            more["choices"] = {seller_id: choice}
        if total_vnd is None:
            pickup = choice is not None and choice.delivery == "pickup"
            weight_g = 600 * quantity
            fee_vnd = 0 if pickup else 25_000 + 5_000 * -(-max(0, weight_g - 1000) // 500)
            total_vnd = 95_000 * quantity + fee_vnd
        return place(a_cart({variant_id: quantity}), total_vnd, **more)

    return make


@pytest.fixture
def pickup_choice() -> Callable[[int], Choice]:
    def make(point_id: int) -> Choice:
        return replace(Choice(), delivery="pickup", pickup_point_id=point_id)

    return make


@pytest.fixture
def state_of(app: Flask) -> Callable[[int], str]:
    def read(seller_order_id: int) -> str:
        db.session.rollback()
        return db.session.scalars(
            select(SellerOrder.state).where(SellerOrder.id == seller_order_id)
        ).one()

    return read


@pytest.fixture(autouse=True)
def invariants_hold(request: pytest.FixtureRequest) -> Iterator[None]:
    """After each test here that used the shop, everything that must always be true still is."""
    used = "app" in request.fixturenames
    if used:
        request.getfixturevalue("app")
    yield
    if used:
        db.session.rollback()
        assert broken(db.session()) == {}
