"""Fixtures of fulfilment: orders of one's own stall, brought as far as wanted."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select

from shop.db import db, in_transaction
from shop.ordering.actions import move_seller_order
from shop.ordering.models import SellerOrder
from shop.ordering.rules import Choice
from shop.payments.actions import open_payments
from tests.conftest import NOON
from tests.ordering.conftest import (
    a_cart,
    an_order,
    invariants_hold,
    pickup_choice,
    place,
    state_of,
)

__all__ = ["a_cart", "an_order", "invariants_hold", "pickup_choice", "place", "state_of"]

#: How an order gets into each state that a seller's board shows.
WAYS: dict[str, tuple[str, ...]] = {
    "placed": (),
    "confirmed": ("confirmed",),
    "packed": ("confirmed", "packed"),
    "handed_over": ("confirmed", "packed", "handed_over"),
    "delivery_failed": ("confirmed", "packed", "handed_over", "delivery_failed"),
    "refused": ("confirmed", "packed", "handed_over", "refused"),
    "delivered": ("confirmed", "packed", "handed_over", "delivered"),
    "lost": ("confirmed", "packed", "handed_over", "lost"),
    "returned": ("confirmed", "packed", "handed_over", "refused", "returned"),
    "cancelled": ("cancelled",),
    "ready_for_pickup": ("confirmed", "packed", "ready_for_pickup"),
    "not_collected": ("confirmed", "packed", "ready_for_pickup", "not_collected"),
}


@pytest.fixture
def in_state(an_order: Callable[..., Any], a_variant: Callable[..., int]) -> Callable[..., int]:
    """Bring one seller order into a state: ``in_state("packed", seller_id=…)``; returns its id."""

    def make(
        state: str = "placed",
        *,
        seller_id: int,
        variant_id: int | None = None,
        method: str = "cod",
        pickup_point_id: int | None = None,
        quantity: int = 1,
        **more: Any,
    ) -> int:
        variant_id = variant_id or a_variant(seller_id=seller_id)
        choice = Choice(
            delivery="pickup" if pickup_point_id else "delivery",
            method=method,
            pickup_point_id=pickup_point_id,
            note="Gọi trước khi giao giúp tôi.",
        )
        placed = an_order(quantity, variant_id, choice=choice, **more)
        in_transaction(lambda session: open_payments(session, placed.order_id, NOON))
        (seller_order_id,) = db.session.scalars(
            select(SellerOrder.id).where(SellerOrder.order_id == placed.order_id)
        ).all()
        for to in WAYS.get(state, ()):
            in_transaction(
                lambda session, to=to: move_seller_order(
                    session, seller_order_id=seller_order_id, to=to, actor_kind="seller",
                    actor_id=None, now=NOON,
                )
            )  # fmt: skip
        return seller_order_id

    return make


@pytest.fixture
def point_of() -> Callable[[int], int]:
    """Return a stall's pickup point."""

    def find(seller_id: int) -> int:
        from shop.shipping.models import PickupPoint

        return db.session.scalars(
            select(PickupPoint.id).where(PickupPoint.seller_id == seller_id)
        ).one()

    return find
