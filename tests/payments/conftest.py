"""An order with its payments, made by the actions: ``an_order({variant: "transfer"})``."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import count

import pytest
from flask import Flask
from sqlalchemy import select

from shop.db import db, transaction
from shop.ledger.queries import INVARIANTS as BOOKS
from shop.ledger.queries import booked
from shop.ordering import actions as ordering
from shop.ordering.models import SellerOrder
from shop.ordering.rules import Choice, Contact, Holds
from shop.payments.actions import open_payments
from shop.payments.books import disagreements
from shop.payments.methods.online import offered
from shop.payments.models import CodCollection, Payment, PaymentEvent
from shop.payments.queries import HEADINGS, INVARIANTS
from shop.payments.queries.booked import INVARIANTS as BOOKED
from shop.payments.queries.columns import payment_rows
from shop.sellers.models import Payee
from shop.shipping.rules import Destination
from tests.conftest import NOON

HOME = Destination(
    "VN", "20410", "48", "centre", "Phường Hội An", "Đà Nẵng", "2026-07"
)  # fmt: skip


def under(heading: str, seller_id: int) -> list[int]:
    """Return the payments into a seller's own account that stand under a heading."""
    wanted = payment_rows(Payee.seller_id == seller_id, *HEADINGS[heading])
    return [row.id for row in db.session.execute(wanted)]


@dataclass(frozen=True)
class Made:
    order_id: int
    parts: list[int]


@pytest.fixture
def an_order(app: Flask, request: pytest.FixtureRequest) -> Iterator[Callable[..., Made]]:
    """Place an order of one unit each, or of ``quantity``: ``{variant id: (seller id, method)}``.

    Afterwards the invariants of payments and of the books hold, except those that a test
    names as ``request.node.left_broken``: a twin breaks them on purpose.
    """
    made = count(1)

    def make(
        wanted: dict[int, tuple[int, str]], *, country: str = "VN", now: datetime = NOON,
        quantity: int = 1,
    ) -> Made:  # fmt: skip
        n = next(made)
        with transaction() as session:
            cart = ordering.open_cart(session, token=f"token-{n}", account_id=None, now=now)
            for variant in wanted:
                ordering.add_to_cart(
                    session, cart_id=cart, variant_id=variant, quantity=quantity, now=now
                )
        from shop.ordering.queries import cart_lines
        from shop.ordering.rules import draft_order
        from shop.shipping.queries import tariffs

        choices = {seller: Choice(method=method) for seller, method in wanted.values()}
        there = HOME if country == "VN" else Destination(country=country)
        session = db.session()
        lines = cart_lines(session, cart)
        draft = draft_order(
            lines, destination=there, choices=choices,
            tariffs=tariffs(session, choices, now.date()), ordered_on=now.date(),
        )  # fmt: skip
        session.rollback()
        with transaction() as session:
            placed = ordering.place_order(
                session, cart_id=cart, account_id=None, attempt_id=f"{n:032x}",
                attempt_digest="0" * 64, contact=Contact("Châu", "+84905000123", street="15"),
                destination=there, choices=choices, shown_total_vnd=draft.total_vnd,
                locale="vi", terms_version="2026-01", holds=Holds(), now=now,
                online=offered(session),
            )  # fmt: skip
            open_payments(session, placed.order_id, now)
        return Made(placed.order_id, placed.seller_order_ids)

    yield make
    assert list(broken(db.session())) == getattr(request.node, "left_broken", [])


def broken(session) -> dict[str, list]:
    """Return what the self-checks of payments, of the books and between them find."""
    session.rollback()
    checks = {**INVARIANTS, **BOOKED, **BOOKS}
    found = {name: session.execute(query).all() for name, query in checks.items()}
    found["the books say what happened"] = list(disagreements(session))
    session.rollback()
    return {name: rows for name, rows in found.items() if rows}


def standing(subject: str) -> dict[str, int]:
    """Return what stands in the books about a payment or a parcel's cash: {kind: đồng}."""
    db.session.rollback()
    sums: dict[str, int] = {}
    for account, vnd in booked(db.session(), [subject]).get(subject, {}).items():
        sums[account.kind] = sums.get(account.kind, 0) + vnd
    return sums


def payments_of(order_id: int) -> list[Payment]:
    db.session.rollback()
    return list(
        db.session.scalars(select(Payment).where(Payment.order_id == order_id).order_by(Payment.id))
    )


def events_of(payment_id: int) -> list[tuple[str, int]]:
    db.session.rollback()
    rows = db.session.execute(
        select(PaymentEvent.kind, PaymentEvent.amount_vnd)
        .where(PaymentEvent.payment_id == payment_id)
        .order_by(PaymentEvent.id)
    )
    return [tuple(row) for row in rows]


def cash_of(seller_order_id: int) -> CodCollection | None:
    db.session.rollback()
    return db.session.get(CodCollection, seller_order_id)


def part_of(seller_order_id: int) -> SellerOrder:
    db.session.rollback()
    return db.session.get_one(SellerOrder, seller_order_id)
