"""Fixtures of sharing: an organisation that keeps a part of what is sold below it."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from shop.current import vault
from shop.db import transaction
from shop.kernel.clock import vietnam_date
from shop.sellers.models import Payee
from shop.shares import actions
from shop.shares.rules import Rate
from tests.buying.conftest import checkout, orders
from tests.conftest import NOON
from tests.payments.conftest import an_order

__all__ = ["an_order", "checkout", "orders"]

BY = {"actor_id": None, "actor_name": "chị Hoà", "now": NOON}
TODAY = vietnam_date(NOON)


@pytest.fixture
def union(an_organisation: Callable[..., int]) -> int:
    """An organisation with an account of its own."""
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


@pytest.fixture
def a_rule(app: Flask) -> Callable[..., int]:
    """Let an organisation keep 8 %: ``a_rule(unit, hundredths=500)``; returns the rule's id."""

    def make(unit: int, hundredths: int = 800, fixed_vnd: int = 0, **more: Any) -> int:
        with transaction() as session:
            return actions.add_commission_rule(
                session, organisation_id=unit, rate=Rate(hundredths, fixed_vnd),
                **{"from_on": TODAY, **BY, **more},
            ).id  # fmt: skip

    return make


@pytest.fixture
def a_tax_rule(app: Flask) -> Callable[..., int]:
    """The law has 1 % and 0,5 % withheld from goods; returns the rule's id."""

    def make(category: str = "goods", vat: int = 100, pit: int = 50, **more: Any) -> int:
        with transaction() as session:
            return actions.add_tax_rule(
                session, category=category, vat=vat, pit=pit, legal_ref="NĐ 252/2026 điều 44",
                **{"from_on": TODAY, **BY, **more},
            ).id  # fmt: skip

    return make


@pytest.fixture
def tax_is_on(app: Flask) -> Callable[[int], None]:
    def turn(unit: int) -> None:
        with transaction() as session:
            assert actions.withhold_tax(session, organisation_id=unit, **BY)

    return turn
