"""What happens around standing orders."""

from dataclasses import dataclass

from shop.kernel.events import Event


@dataclass(frozen=True)
class StandingOrderRun(Event):
    """A session opened and a standing order was ordered from it, in whole, in part or not."""

    name = "standing_order.run"

    run_id: int
