"""Orders that arrived, and their buyers' browsers."""

from collections.abc import Callable
from dataclasses import dataclass

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select, update

from shop.catalogue.models import Product, Variant
from shop.db import db, in_transaction, transaction
from shop.ordering import actions
from shop.ordering.models import Order, SellerOrder
from shop.ordering.queries import link_token
from shop.reviews.actions import write_review
from tests.conftest import NOON
from tests.notifications.conftest import deliver, mails
from tests.operations.conftest import an_officer, operator, run
from tests.ordering.conftest import a_cart, an_order, place
from tests.ordering.proof import broken

__all__ = ["a_cart", "an_officer", "an_order", "deliver", "mails", "operator", "place", "run"]

WAY = ("confirmed", "packed", "handed_over", "delivered")


@dataclass(frozen=True)
class Arrived:
    """An order of one product, as far as it has come."""

    order_id: int
    part_id: int
    seller_id: int
    product_id: int
    slug: str
    code: str
    token: str

    @property
    def address(self) -> str:
        return f"/don/{self.code}/danh-gia/1"

    def browser(self, app: Flask) -> FlaskClient:
        """Return a browser that came by the private link."""
        client = app.test_client()
        assert client.get(f"/d/{self.token}").status_code == 303
        return client


@pytest.fixture(autouse=True)
def at_noon():
    with time_machine.travel(NOON, tick=False):
        yield


@pytest.fixture(autouse=True)
def invariants_hold(request: pytest.FixtureRequest):
    used = "app" in request.fixturenames
    if used:
        request.getfixturevalue("app")
    yield
    if used:
        db.session.rollback()
        assert broken(db.session()) == {}


@pytest.fixture
def arrived(app: Flask, an_order, a_variant) -> Callable[..., Arrived]:
    """Place an order and bring it as far as ``way`` goes."""

    def make(way=WAY, variant_id: int | None = None, **more) -> Arrived:
        placed = an_order(variant_id=variant_id or a_variant(), **more)
        (part,) = placed.seller_order_ids
        for to in way:
            move(part, to)
        order = db.session.get_one(Order, placed.order_id)
        row = db.session.execute(
            select(Product.id, Product.slug, SellerOrder.seller_id)
            .join(Variant, Variant.product_id == Product.id)
            .join(SellerOrder, SellerOrder.id == part)
            .where(Product.seller_id == SellerOrder.seller_id)
            .order_by(Product.id.desc())
        ).first()
        assert row is not None
        found = Arrived(
            order.id, part, row.seller_id, row.id, row.slug, order.code, link_token(order)
        )
        db.session.rollback()
        return found

    return make


def move(part_id: int, to: str, now=NOON) -> None:
    in_transaction(
        lambda session: actions.move_seller_order(
            session, seller_order_id=part_id, to=to, actor_kind="seller", actor_id=None, now=now
        )
    )


def say(of: Arrived, stars: int = 4, text: str = "Thơm, gói kỹ.", now=NOON, **more):
    """Write a review past the pages; returns its id."""
    said = {
        "shown_name": "L.",
        "place": "Đà Nẵng",
        "locale": "vi",
        "number": 1,
        "writer_id": None,
        **more,
    }
    return in_transaction(
        lambda session: (
            write_review(session, order_id=of.order_id, stars=stars, text=text, now=now, **said).id
        )
    )


def how_many(table) -> int:
    db.session.rollback()
    return db.session.scalar(select(func.count()).select_from(table)) or 0


def owned_by(order_id: int, account_id: int) -> None:
    with transaction() as session:
        session.execute(update(Order).where(Order.id == order_id).values(account_id=account_id))
