"""Fixtures of other rooms that these tests use too."""

from tests.fulfilment.conftest import in_state, point_of
from tests.ordering.conftest import a_cart, an_order, place
from tests.selling.conftest import a_stall, stall

__all__ = ["a_cart", "a_stall", "an_order", "in_state", "place", "point_of", "stall"]
