"""Parcels that a carrier carries, and its files: ``a_parcel("delivered")``, ``a_file(owner, content)``."""

from collections.abc import Callable
from itertools import count
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import select

from shop.db import db, transaction
from shop.fulfilment.rules import Parcel
from shop.media.sheets import tables_in
from shop.ordering.models import Order, SellerOrder
from shop.payments.models import CodCollection
from shop.remittances.actions.files import keep_file, store_file
from shop.remittances.models import RemittanceLine
from shop.selling.actions.orders import move_order, send_order
from tests.conftest import NOON
from tests.operations.conftest import an_officer, operator
from tests.payments.conftest import an_order, union
from tests.selling.conftest import a_stall

__all__ = ["a_stall", "an_officer", "an_order", "operator", "union"]

_numbers = count(1001)
CARRIER = "ghn"
NAME = "Giao Hàng Nhanh (GHN)"
WHO: dict[str, Any] = {"actor_id": None, "actor_name": "Thử", "now": NOON}


@pytest.fixture
def a_parcel(a_seller, a_variant, an_order, an_account) -> Callable[..., Any]:
    """A seller's parcel of 95.000 + 15.000 đồng with a carrier, moved on to a state."""
    made: dict[int, tuple[int, int]] = {}

    def make(to: str = "delivered", *, seller_id: int | None = None, method: str = "cod") -> Any:
        seller_id = seller_id or a_seller()
        if seller_id not in made:
            made[seller_id] = (a_variant(seller_id=seller_id, on_hand=10**5), an_account())
        variant, person = made[seller_id]
        part = an_order({variant: (seller_id, method)}).parts[0]
        code = f"CC{next(_numbers)}VN"
        act = {"seller_id": seller_id, "seller_order_id": part, "actor_id": person, "now": NOON}
        with transaction() as session:
            for state in ("confirmed", "packed"):
                move_order(session, to=state, **act)  # type: ignore[arg-type]
            parcel = Parcel(kind="carrier", carrier=CARRIER, tracking_code=code)
            send_order(session, parcel=parcel, last4="", **act)  # type: ignore[arg-type]
            if to != "handed_over":
                move_order(session, to=to, **act)  # type: ignore[arg-type]
            order = session.scalars(
                select(Order.code)
                .join(SellerOrder, SellerOrder.order_id == Order.id)
                .where(SellerOrder.id == part)
            ).one()
        return SimpleNamespace(id=part, seller_id=seller_id, tracking=code, order=order)

    return make


def owner(seller_id: int | None = None, unit_id: int | None = None) -> Any:
    return SimpleNamespace(seller_id=seller_id, organisation_id=unit_id)


def keep(whose: Any, content: bytes, *, carrier: str = CARRIER, payee_id: int | None = None) -> int:
    tables = list(tables_in(content))
    with transaction() as session:
        return keep_file(
            session, owner=whose, carrier=carrier, payee_id=payee_id, content=content,
            tables=tables, **WHO,
        )  # fmt: skip


def store(file_id: int) -> int | None:
    with transaction() as session:
        return store_file(session, file_id=file_id, **WHO)


def stored(whose: Any, content: bytes, **more: Any) -> int:
    file_id = keep(whose, content, **more)
    store(file_id)
    return file_id


def lines_in(file_id: int) -> list[RemittanceLine]:
    db.session.rollback()
    return list(
        db.session.scalars(
            select(RemittanceLine)
            .where(RemittanceLine.remittance_id == file_id)
            .order_by(RemittanceLine.number)
        )
    )


def cash(part: int) -> CodCollection:
    db.session.rollback()
    return db.session.get_one(CodCollection, part)
