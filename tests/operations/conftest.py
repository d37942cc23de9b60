"""An operator at her desk, and forms with their tokens."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update

from shop.cli import people
from shop.db import db, transaction
from shop.kernel.clock import now_utc
from shop.payments.actions import report
from shop.payments.models import Payment
from shop.sellers.models import Payee
from tests.buying.conftest import checkout, orders
from tests.ordering.conftest import a_cart, place
from tests.payments.conftest import an_order
from tests.payouts.conftest import a_maker, officers, sold, union
from tests.shares.conftest import a_rule, a_tax_rule

__all__ = [
    "a_cart",
    "a_maker",
    "a_rule",
    "a_tax_rule",
    "an_order",
    "checkout",
    "officers",
    "orders",
    "place",
    "sold",
    "union",
]


class Desk:
    """A signed-in browser that fills forms: ``desk.post("/dieu-hanh/…", name="…")``."""

    def __init__(self, browser: FlaskClient, account_id: int) -> None:
        self.browser = browser
        self.account_id = account_id
        self._token = ""

    def get(self, way: str, **kwargs: Any) -> Any:
        return self.browser.get(way, **kwargs)

    def post(self, way: str, /, **fields: Any) -> Any:
        if not self._token:
            page = self.browser.get("/tai-khoan").text
            self._token = re.search(r'name="csrf_token" value="([^"]+)"', page)[1]
        return self.browser.post(way, data={"csrf_token": self._token, **fields})


@pytest.fixture
def operator(an_account: Callable[..., int], sign_in: Callable[..., FlaskClient]) -> Desk:
    person = an_account("Hảo", phone="+84905000999", email="hao@example.net", operator=True)
    return Desk(sign_in(person, "operator"), person)


@pytest.fixture
def an_officer(
    app: Any, an_account: Callable[..., int], sign_in: Callable[..., FlaskClient]
) -> Callable[..., Desk]:
    """An officer of a unit: ``an_officer(unit_id, "officer")``."""
    from shop.db import transaction
    from shop.kernel.clock import now_utc, vietnam_date
    from shop.organisations.actions import appoint

    def make(unit_id: int, role: str = "officer") -> Desk:
        person, now = an_account(f"Cán bộ {role}"), now_utc()
        with transaction() as session:
            appoint(
                session, organisation_id=unit_id, account_id=person, role=role,
                starts_on=vietnam_date(now), actor_id=None, actor_name="", now=now,
            )  # fmt: skip
        return Desk(sign_in(person, "officer"), person)

    return make


@pytest.fixture
def collected(
    an_organisation: Callable[..., int], a_seller: Any, a_variant: Any, an_order: Any
) -> tuple[int, int]:  # fmt: skip
    """A reported transfer into a unit's account: (unit, payment)."""
    unit = an_organisation()
    seller = a_seller(organisation_id=unit, paid_through_organisation=True)
    with transaction() as session:
        session.execute(
            update(Payee)
            .where(Payee.seller_id == seller)
            .values(seller_id=None, organisation_id=unit)
        )
    made = an_order({a_variant(seller_id=seller): (seller, "transfer")})
    with transaction() as session:
        payment = session.scalars(select(Payment.id).where(Payment.order_id == made.order_id)).one()
        report(session, payment_id=payment, now=now_utc())
    return unit, payment


@pytest.fixture
def run(app: Flask) -> Callable[..., Any]:
    """Run a command line as ``flask …`` does: ``run("seller list")``."""
    if "seller" not in app.cli.commands:
        people.register(app)
    runner = app.test_cli_runner()

    def go(*words: str, fails: bool = False, **more: Any) -> str:
        db.session.remove()
        result = runner.invoke(args=list(words), **more)
        assert (result.exit_code != 0) == fails, (result.output, result.exception)
        db.session.remove()
        return result.output

    return go
