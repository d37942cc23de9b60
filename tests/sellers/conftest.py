"""Fixtures of other rooms that these tests use too."""

from tests.fulfilment.conftest import in_state
from tests.notifications.conftest import deliver, mails
from tests.operations.conftest import an_officer, operator
from tests.ordering.conftest import a_cart, an_order, place
from tests.selling.conftest import a_stall, stall

__all__ = [
    "a_cart", "a_stall", "an_officer", "an_order", "deliver", "in_state", "mails", "operator", "place",
    "stall",
]  # fmt: skip
