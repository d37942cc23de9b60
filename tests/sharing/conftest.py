"""Fixtures of other rooms that these tests use too."""

from tests.fundraising.conftest import a_campaign, an_account_of
from tests.markets.conftest import a_market
from tests.operations.conftest import an_officer

__all__ = ["a_campaign", "a_market", "an_account_of", "an_officer"]
