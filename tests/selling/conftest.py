"""Fixtures of the seller's pages: a stall, its owner's browser, another stall beside it."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from flask.testing import FlaskClient

from shop.db import transaction
from shop.sellers.models import SellerMember
from tests.conftest import NOON
from tests.fulfilment.conftest import in_state, point_of  # noqa: F401
from tests.ordering.conftest import (  # noqa: F401
    a_cart,
    an_order,
    invariants_hold,
    pickup_choice,
    place,
    state_of,
)


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
