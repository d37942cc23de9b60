"""Fixtures of other rooms that these tests use too."""

from tests.notifications.conftest import mails
from tests.operations.conftest import an_officer, operator

__all__ = ["an_officer", "mails", "operator"]
