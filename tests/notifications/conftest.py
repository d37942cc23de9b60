"""A shop whose mails land in a list, and an order of a buyer who left an address."""

import email
import email.policy
from collections.abc import Callable
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from shop.db import db, in_transaction, transaction
from shop.ordering import actions as ordering
from shop.ordering.models import SellerOrder
from shop.ordering.queries import cart_lines
from shop.ordering.rules import Choice, Contact, Holds, draft_order
from shop.outbox.models import OutboxMessage
from shop.outbox.relay import deliver_waiting
from shop.payments.actions import open_payments
from shop.shipping.models import PickupPoint
from shop.shipping.queries import tariffs
from shop.shipping.rules import Destination
from tests.conftest import NOON

HOME = Destination("VN", "20410", "48", "centre", "Phường Hội An", "Đà Nẵng", "2026-07")


@pytest.fixture
def mails(app: Flask) -> Callable[[], list[EmailMessage]]:
    """Return every mail in the folder, sorted by subject."""

    def read() -> list[EmailMessage]:
        folder = Path(app.extensions["settings"].instance) / "mail"
        found = [
            email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
            for path in sorted(folder.glob("*.eml"))
        ]
        return sorted(found, key=lambda m: m["Subject"])

    return read


@pytest.fixture
def deliver(app: Flask) -> Callable[..., int]:
    """Deliver what waits, as the worker does, until nothing is due any more."""

    def run() -> int:
        from shop.kernel.clock import now_utc

        total = 0
        while delivered := deliver_waiting(now_utc()):
            total += delivered
        stuck = db.session.scalars(
            select(OutboxMessage.last_error).where(OutboxMessage.delivered_at.is_(None))
        ).all()
        db.session.rollback()
        assert not [error for error in stuck if error], stuck
        return total

    return run


@pytest.fixture
def an_order(app: Flask, a_variant: Callable[..., int]) -> Callable[..., ordering.Placed]:
    """Place an order: ``an_order(seller_ids, email="…", method="cod", locale="vi")``."""
    made = iter(range(1, 1000))

    def make(
        seller_ids: list[int], *, email: str | None = "chau@example.net", method: str = "cod",
        locale: str = "vi", pickup: bool = False, **more: Any,
    ) -> ordering.Placed:  # fmt: skip
        n = next(made)
        variants = [a_variant(f"Bột {s}", seller_id=s) for s in seller_ids]

        def work(session: Any) -> ordering.Placed:
            cart = ordering.open_cart(session, token=f"token-{n}", account_id=None, now=NOON)
            for variant in variants:
                ordering.add_to_cart(
                    session, cart_id=cart, variant_id=variant, quantity=2, now=NOON
                )
            choices = {
                seller: Choice(
                    "pickup" if pickup else "delivery", method,
                    session.scalar(select(PickupPoint.id).where(PickupPoint.seller_id == seller))
                    if pickup
                    else None,
                )
                for seller in seller_ids
            }  # fmt: skip
            draft = draft_order(
                cart_lines(session, cart), destination=HOME, choices=choices,
                tariffs=tariffs(session, seller_ids, NOON.date()), ordered_on=NOON.date(),
            )  # fmt: skip
            placed = ordering.place_order(
                session, cart_id=cart, account_id=None, attempt_id=f"{n:032x}",
                attempt_digest="0" * 64,
                contact=Contact("Châu", "+84905000123", street="15 Trần Phú", email=email or ""),
                destination=HOME, choices=choices, shown_total_vnd=draft.total_vnd,
                locale=locale, terms_version="2026-01", holds=Holds(), now=NOON, **more,
            )  # fmt: skip
            open_payments(session, placed.order_id, NOON)
            return placed

        return in_transaction(work)

    return make


@pytest.fixture
def move(app: Flask) -> Callable[..., None]:
    def make(seller_order_id: int, to: str, actor_kind: str = "seller", **more: Any) -> None:
        with transaction() as session:
            ordering.move_seller_order(
                session, seller_order_id=seller_order_id, to=to, actor_kind=actor_kind,
                actor_id=None, now=NOON, **more,
            )  # fmt: skip

    return make


def part_of(order_id: int) -> int:
    return (
        db.session.scalars(
            select(SellerOrder.id).where(SellerOrder.order_id == order_id).order_by(SellerOrder.id)
        ).first()
        or 0
    )
