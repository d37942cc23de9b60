"""What fulfilment tells the rest of the shop."""

from dataclasses import dataclass

from shop.kernel.events import Event


@dataclass(frozen=True)
class HandOverCorrected(Event):
    """A parcel under way is followed elsewhere than its buyer was told."""

    name = "hand_over.corrected"

    hand_over_id: int
    order_id: int
    seller_order_id: int
