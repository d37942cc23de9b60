"""Who bears what carriers ask for bringing back refused parcels."""

from shop.kernel.errors import Refusal


class BearerInThePast(Refusal):
    """A rule holds from today on; what was booked stays."""

    code = "bearer_in_the_past"
    status = 422
