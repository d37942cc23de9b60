"""Why a parcel is not given to a carrier, or not taken back from one."""

from shop.kernel.errors import Refusal


class NotPackedYet(Refusal):
    """Only what is packed and is to be sent within Vietnam is given to a carrier."""

    code = "carrier_not_packed"


class ParcelAlive(Refusal):
    """A carrier has this order's parcel already, or is being asked."""

    code = "carrier_parcel_alive"


class ParcelFixed(Refusal):
    """It cannot be cancelled now: the carrier is still being asked, or has fetched it."""

    code = "carrier_parcel_fixed"
