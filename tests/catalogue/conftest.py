"""Fixtures of other rooms that these tests use too."""

from tests.listings.conftest import a_product
from tests.operations.conftest import an_officer, operator, run
from tests.selling.conftest import a_stall, stall

__all__ = ["a_product", "a_stall", "an_officer", "operator", "run", "stall"]
