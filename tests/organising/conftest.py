"""Officers at their desk and command lines, as the desk's own tests have them."""

from tests.operations.conftest import an_officer, operator, run

__all__ = ["an_officer", "operator", "run"]
