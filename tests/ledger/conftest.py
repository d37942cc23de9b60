"""Accounts of two invented sellers, and the books' own proof after each test."""

from collections.abc import Iterator

import pytest

from shop.db import db
from shop.ledger.queries import INVARIANTS
from shop.ledger.rules import Account, Leg
from tests.conftest import NOON

BANK = Account("bank", "payee:7")
PREPAID = Account("prepaid", "seller:3")
SALES = Account("sales", "seller:3")
DELIVERY = Account("delivery", "seller:3")

__all__ = ["BANK", "DELIVERY", "NOON", "PREPAID", "SALES", "legs"]


def legs(debit: Account, credit: Account, amount_vnd: int) -> list[Leg]:
    return [Leg(debit, amount_vnd), Leg(credit, -amount_vnd)]


def broken(session) -> dict[str, list]:
    """Return what the books' self-checks find."""
    session.rollback()
    found = {name: session.execute(query).all() for name, query in INVARIANTS.items()}
    session.rollback()
    return {name: rows for name, rows in found.items() if rows}


class Books:
    """``broken``: the self-checks that a test leaves broken on purpose."""

    broken: list[str] = []


@pytest.fixture
def books(app) -> Iterator[Books]:
    """Afterwards every self-check of the books holds."""
    left = Books()
    yield left
    assert list(broken(db.session())) == left.broken
