"""A stall with lots, its owner's browser and orders."""

from tests.fulfilment.conftest import in_state, point_of  # noqa: F401
from tests.notifications.conftest import deliver, mails  # noqa: F401
from tests.ordering.conftest import (  # noqa: F401
    a_cart,
    an_order,
    invariants_hold,
    pickup_choice,
    place,
    state_of,
)
from tests.selling.conftest import a_stall, stall  # noqa: F401
