"""What fulfilment tells the rest of the shop."""

from dataclasses import dataclass

from shop.kernel.events import Event


@dataclass(frozen=True)
class HandOverCorrected(Event):
    """A parcel under way is followed elsewhere than was said. ``at``: ISO moment of this word."""

    name = "hand_over.corrected"

    hand_over_id: int
    order_id: int
    seller_order_id: int
    at: str
