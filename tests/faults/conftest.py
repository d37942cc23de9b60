"""Fixtures of other rooms that these tests use too."""

from tests.ordering.conftest import a_cart

__all__ = ["a_cart"]
