"""A voucher as somebody made it: ``a_voucher(seller_id=3, most_off_vnd=20_000)``."""

from collections.abc import Callable, Iterator
from itertools import count
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from shop.catalogue.models import Product, Variant
from shop.db import db, transaction
from shop.sellers.models import Seller
from shop.vouchers import actions
from shop.vouchers.models import Voucher
from tests.buying.conftest import checkout, orders
from tests.conftest import NOON
from tests.ordering.conftest import a_cart, place
from tests.ordering.proof import broken
from tests.payments import conftest as payments

__all__ = ["a_cart", "checkout", "orders", "place"]

_numbers = count(1)


@pytest.fixture
def a_voucher(app: Flask) -> Callable[..., Voucher]:
    def make(code: str = "", **more: Any) -> Voucher:
        wanted = {
            "code": code or f"MUNG{next(_numbers)}", "name_vi": "Mừng vụ mới",
            "name_en": "New harvest", "kind": "amount", "most_off_vnd": 20_000, "actor_id": None,
            "now": NOON, **more,
        }  # fmt: skip
        with transaction() as session:
            made = actions.create_voucher(session, **wanted)
            session.flush()
            session.refresh(made)
            session.expunge(made)
        return made

    return make


@pytest.fixture
def voucher_now(app: Flask) -> Callable[[int], Voucher]:
    def read(voucher_id: int) -> Voucher:
        db.session.rollback()
        return db.session.get_one(Voucher, voucher_id, populate_existing=True)

    return read


@pytest.fixture(autouse=True)
def invariants_hold(request: pytest.FixtureRequest) -> Iterator[None]:
    """After each test that used the shop, everything that must always be true still is."""
    used = "app" in request.fixturenames
    if used:
        request.getfixturevalue("app")
    yield
    if used:
        db.session.rollback()
        assert broken(db.session()) == {}
        found = payments.broken(db.session())
        # Most tests here place orders without asking for their money.
        found.pop("every agreed part is asked for", None)
        assert found == {}


@pytest.fixture
def stall(a_seller, a_variant):
    """(seller, her variant, her organisation)."""
    variant = a_variant()
    seller = db.session.scalars(
        select(Product.seller_id).join(Variant).where(Variant.id == variant)
    ).one()
    unit = db.session.scalars(select(Seller.organisation_id).where(Seller.id == seller)).one()
    db.session.rollback()
    return seller, variant, unit
