"""Fixtures of the seller's pages: a stall, its owner's browser, another stall beside it."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from shop.db import db, in_transaction, transaction
from shop.ordering import actions as ordering
from shop.ordering.models import Order, SellerOrder
from shop.ordering.queries import link_token
from shop.payments import actions, refunds
from shop.sellers.models import SellerMember
from tests.conftest import NOON
from tests.fulfilment.conftest import in_state, point_of
from tests.notifications.conftest import deliver, mails
from tests.operations.conftest import an_officer, operator, run
from tests.ordering.conftest import (
    a_cart,
    an_order,
    invariants_hold,
    pickup_choice,
    place,
    state_of,
)

__all__ = [
    "a_cart",
    "an_officer",
    "an_order",
    "deliver",
    "in_state",
    "invariants_hold",
    "mails",
    "operator",
    "pickup_choice",
    "place",
    "point_of",
    "run",
    "state_of",
]


@dataclass
class StallInHand:
    """A stall with the browser of somebody who works for it."""

    id: int
    owner_id: int
    browser: FlaskClient

    def get(self, address: str, **more: Any) -> Any:
        return self.browser.get(address, **more)

    def page(self, address: str) -> str:
        answer = self.browser.get(address)
        assert answer.status_code == 200, f"{address} answered {answer.status_code}"
        return answer.text

    def post(self, address: str, token_from: str = "/ban-hang/gian-hang/loi", **fields: Any) -> Any:
        """Post a form with this sign-in's token."""
        found = re.search(r'name="csrf_token" value="([^"]+)"', self.browser.get(token_from).text)
        assert found
        return self.browser.post(
            address, data={"csrf_token": found[1], **fields}, content_type=None
            if not any(isinstance(value, tuple) for value in fields.values())
            else "multipart/form-data",
        )  # fmt: skip


@pytest.fixture
def a_stall(a_seller: Callable[..., int], an_account: Callable[..., int],
            sign_in: Callable[..., FlaskClient]) -> Callable[..., StallInHand]:  # fmt: skip
    """Make a stall and sign its owner in: ``a_stall(role="staff")`` signs in a helper."""

    def make(role: str = "owner", **more: Any) -> StallInHand:
        owner_id = an_account(name="Nguyễn Thị Sương")
        seller_id = a_seller(owner_id=owner_id, **more)
        acting = owner_id
        if role == "staff":
            acting = an_account(name="Lê Thị Phụ")
            with transaction() as session:
                session.add(
                    SellerMember(seller_id=seller_id, account_id=acting, role="staff", since=NOON)
                )
        return StallInHand(seller_id, acting, sign_in(acting, "seller"))

    return make


@pytest.fixture
def stall(a_stall: Callable[..., StallInHand]) -> StallInHand:
    return a_stall()


@pytest.fixture
def by_link(app):
    """A browser that holds the order's private link, and the order's address."""

    def open_link():
        order = db.session.scalars(select(Order)).one()
        token, code = link_token(order), order.code
        db.session.rollback()
        browser = app.test_client()
        assert browser.get(f"/d/{token}").status_code == 303
        return browser, f"/don/{code}"

    return open_link


@pytest.fixture
def cancelled(stall, in_state):
    """A seller's paid and cancelled order: (seller order, address of its page)."""
    part = in_state("placed", seller_id=stall.id, method="transfer")
    stall.post(f"/ban-hang/don/{part}/tien", so_tien="120k", sau="0")

    def work(session):
        order = session.scalars(select(SellerOrder.order_id)).one()
        ordering.cancel_by_buyer(session, order_id=order, now=NOON)
        actions.open_payments(session, order, NOON)
        refunds.ask_back_of_order(session, order, NOON)

    in_transaction(work)
    return part, f"/ban-hang/don/{part}"
