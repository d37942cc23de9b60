"""A stall with lots, its owner's browser and orders."""

from tests.fulfilment.conftest import in_state, point_of
from tests.notifications.conftest import deliver, mails
from tests.ordering.conftest import (
    a_cart,
    an_order,
    invariants_hold,
    pickup_choice,
    place,
    state_of,
)
from tests.selling.conftest import a_stall, stall

__all__ = [
    "a_cart",
    "a_stall",
    "an_order",
    "deliver",
    "in_state",
    "invariants_hold",
    "mails",
    "pickup_choice",
    "place",
    "point_of",
    "stall",
    "state_of",
]
