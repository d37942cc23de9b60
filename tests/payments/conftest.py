"""An order with its payments, made by the actions: ``an_order({variant: "transfer"})``."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
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
from shop.payments import actions
from shop.payments.actions import open_payments
from shop.payments.books import disagreements
from shop.payments.methods import By
from shop.payments.methods.online import offered
from shop.payments.models import CodCollection, Payment, PaymentEvent
from shop.payments.queries import HEADINGS, INVARIANTS, LOOKS, last_money_event
from shop.payments.queries.booked import INVARIANTS as BOOKED
from shop.payments.queries.columns import payment_rows
from shop.payments.told import TRANSFER, Subject
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
    found |= {name: list(look(session)) for name, look in LOOKS.items()}
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


@pytest.fixture
def union(an_organisation):
    """An organisation with an account of its own; returns its id."""
    from shop.current import vault
    from shop.sellers.models import Payee

    unit = an_organisation()
    with transaction() as session:
        key = vault().new_key()
        session.add(
            Payee(
                organisation_id=unit, bank_bin="970405", bank_name="Agribank", holder="HOI PHU NU",
                data_key=key, account_number=vault().seal(key, "4210205123456"), last4="3456",
                started_at=NOON,
            )
        )  # fmt: skip
    return unit


SELLER = By("seller")


LATER = NOON + timedelta(hours=1)


def receive(payment_id: int, amount: int, by: By = SELLER) -> None:
    with transaction() as session:
        actions.confirm_received(
            session, payment_id=payment_id, amount_vnd=amount, by=by, now=LATER,
            after=last_money_event(session, payment_id),
        )  # fmt: skip


@pytest.fixture
def paid(a_seller, a_variant, an_order):
    """An order of 95,000 + 15,000 đồng to one seller, paid by transfer: (subject, part, order)."""

    def make(received: int = 110_000):
        seller = a_seller()
        made = an_order({a_variant(seller_id=seller): (seller, "transfer")})
        payment = payments_of(made.order_id)[0].id
        if received:
            receive(payment, received)
        return Subject(TRANSFER, payment), made.parts[0], made.order_id

    return make


@pytest.fixture
def together(a_seller, a_variant, an_order, union):
    """One transfer to an organisation for two sellers, three units each: (subject, parts, sellers)."""
    sellers, wanted = [], {}
    for price in (100_000, 200_000):
        seller = a_seller(organisation_id=union, paid_through_organisation=True, free_from_vnd=1)
        sellers.append(seller)
        wanted[a_variant(seller_id=seller, price_vnd=price, on_hand=9)] = (seller, "transfer")
    made = an_order(wanted, quantity=3)
    payment = payments_of(made.order_id)[0]
    assert payment.amount_vnd == 900_000
    receive(payment.id, 900_000, By("officer"))
    return Subject(TRANSFER, payment.id), made.parts, sellers
