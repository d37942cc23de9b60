"""Goods that come back after they arrived: how many, and what the buyer owes less for them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from shop.ordering.rules.states import SellerOrderState as S

#: States in which goods that arrived may come back, some or all.
MAY_COME_BACK = frozenset({S.DELIVERED, S.COMPLETED})
#: A part in these states is owed nothing for: not agreed to, or nothing arrived and stayed.
NOTHING_OWED = frozenset(
    {S.AWAITING_QUOTE, S.QUOTED, S.CANCELLED, S.REFUSED, S.LOST, S.NOT_COLLECTED}
)


class ReturnReason(StrEnum):
    """Why goods came back."""

    FAULTY = "faulty"
    CHANGE_OF_MIND = "change_of_mind"
    #: They came home without ever having been accepted.
    NOT_ACCEPTED = "not_accepted"


@dataclass(frozen=True, slots=True)
class Sold:
    """One line as it was sold, and how much of it came back before."""

    id: int
    quantity: int
    unit_price_vnd: int
    returned: int = 0

    @property
    def left(self) -> int:
        return self.quantity - self.returned


@dataclass(frozen=True, slots=True)
class ComingBack:
    """So many units of one line. ``restock``: whole, so they are for sale again."""

    line_id: int
    quantity: int
    restock: bool


def gives_fee_back(reason: ReturnReason) -> bool:
    """Tell what is usual: the fee goes back for faulty goods, not when the buyer thought again."""
    return reason != ReturnReason.CHANGE_OF_MIND


def goods_back_vnd(lines: Sequence[Sold], discount_vnd: int = 0) -> int:
    """Return what the goods that came back so far were sold for.

    A reduction is shared over the goods and rounded down on the sum so far, so that the
    steps of several returns lose nothing: when all is back, all that was paid for goods is.
    """
    items_vnd = sum(line.quantity * line.unit_price_vnd for line in lines)
    back_vnd = sum(line.returned * line.unit_price_vnd for line in lines)
    return back_vnd * (items_vnd - discount_vnd) // items_vnd if items_vnd else 0


def off_back_vnd(lines: Sequence[Sold], discount_vnd: int) -> int:
    """Return how much of a reduction falls away with the goods that came back so far."""
    back_vnd = sum(line.returned * line.unit_price_vnd for line in lines)
    return back_vnd - goods_back_vnd(lines, discount_vnd)


def after_return(lines: Sequence[Sold], units: Mapping[int, int]) -> list[Sold]:
    """Return the lines as they stand once these units (by line id) came back too."""
    return [
        Sold(
            line.id, line.quantity, line.unit_price_vnd, line.returned + units.get(line.id, 0)
        )
        for line in lines
    ]  # fmt: skip


def owed_vnd(state: str, total_vnd: int, returned_vnd: int) -> int:
    """Return what the buyer owes for a part now. ``returned_vnd``: of goods and fee together."""
    return 0 if state in NOTHING_OWED else total_vnd - returned_vnd
