"""What happens around a market."""

from dataclasses import dataclass

from shop.kernel.events import Event


@dataclass(frozen=True)
class MarketAnnounced(Event):
    """A market opened, closes in a day or in two hours, or has closed. Once of each kind."""

    name = "market.announced"

    session_id: int
    kind: str
