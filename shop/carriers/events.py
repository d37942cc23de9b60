"""What happens around parcels at carriers: the worker asks them, outside of every transaction."""

from dataclasses import dataclass

from shop.kernel.events import Event


@dataclass(frozen=True)
class ParcelAsked(Event):
    """A seller wants a carrier to fetch a parcel."""

    name = "carrier_parcel.asked"

    parcel_id: int


@dataclass(frozen=True)
class CancelAsked(Event):
    """A seller wants a carrier not to fetch it after all."""

    name = "carrier_parcel.cancel_asked"

    parcel_id: int


@dataclass(frozen=True)
class CarrierTold(Event):
    """A carrier said something of a parcel."""

    name = "carrier.told"

    word_id: int
