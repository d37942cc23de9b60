"""Rules of stock. Plain Python: no Flask, no database, no clock."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from shop.kernel.errors import Refusal


@dataclass(frozen=True, slots=True)
class Units:
    """So many units of a variant, for one seller order. ``quantity >= 1``."""

    variant_id: int
    quantity: int
    seller_order_id: int | None = None


@dataclass(frozen=True, slots=True)
class Short:
    """A variant that ran short: what was wanted and what is left for sale.

    Titles, units and pack sizes are filled in by ordering, so that a sentence can name the thing.
    """

    variant_id: int
    wanted: int
    left: int
    title_vi: str = ""
    title_en: str = ""
    unit_vi: str = ""
    unit_en: str = ""
    variant_vi: str = ""
    variant_en: str = ""


class NotEnoughStock(Refusal):
    """Some variants have fewer free units than asked for. ``short``: tuple of ``Short``."""

    code = "not_enough_stock"


class BelowReserved(Refusal):
    """A count would leave fewer units than orders already wait for. ``reserved``, ``on_hand``."""

    code = "below_reserved"


class MoreThanFree(Refusal):
    """More units were to be taken away than wait for no order. ``on_hand``, ``reserved``, ``free``."""

    code = "more_than_free"


class StockMovedOn(Refusal):
    """Somebody changed or counted this stock after the page was made that asks for a change."""

    code = "stock_moved_on"


def summed(units: Iterable[Units]) -> dict[int, int]:
    """Return the units wanted of each variant, in id order: the order in which rows are locked.

    Two lines of one variant are summed before anything is checked (QUALITY I4).
    """
    wanted: dict[int, int] = defaultdict(int)
    for each in units:
        wanted[each.variant_id] += each.quantity
    return dict(sorted(wanted.items()))
