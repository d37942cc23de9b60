"""Fixtures of other rooms that these tests use too."""

from tests.operations.conftest import an_officer, operator
from tests.payments.conftest import an_order
from tests.shares.conftest import a_rule, a_tax_rule, tax_is_on, union

__all__ = ["a_rule", "a_tax_rule", "an_officer", "an_order", "operator", "tax_is_on", "union"]
