"""What a carrier is asked and what it answers: plain Python, no network and no database."""

from shop.carriers.rules.ghn import GHN
from shop.carriers.rules.ghtk import GHTK
from shop.carriers.rules.protocol import (
    Call,
    Carrier,
    CarrierRefused,
    Made,
    Shipment,
    Told,
    Track,
)
from shop.carriers.rules.viettelpost import VIETTEL_POST

#: Carriers that the shop can speak with, by their key in ``fulfilment/data/carriers.toml``.
CARRIERS: dict[str, Carrier] = {one.key: one for one in (GHN, GHTK, VIETTEL_POST)}

__all__ = [
    "CARRIERS", "Call", "Carrier", "CarrierRefused", "Made", "Shipment", "Told", "Track",
]  # fmt: skip
