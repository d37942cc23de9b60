"""News of a stall's stock."""

from dataclasses import dataclass

from shop.kernel.events import Event


@dataclass(frozen=True)
class StockWorthSeeing(Event):
    """Since yesterday lots of a stall came near their last day, or packs are nearly sold."""

    name = "stock.worth_seeing"

    seller_id: int
    lot_ids: tuple[int, ...]
    variant_ids: tuple[int, ...]
