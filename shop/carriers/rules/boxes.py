"""Boxes for parcels: three that every house has, or her own; and which one goods need. Plain Python."""

from collections.abc import Iterable
from dataclasses import dataclass

#: No carrier takes a longer side as a parcel.
MOST_CM = 150


@dataclass(frozen=True, slots=True)
class Box:
    """The outside of a box, in whole centimetres."""

    length_cm: int
    width_cm: int
    height_cm: int

    @property
    def sides(self) -> list[int]:
        """Return its sides in millimetres, the longest first."""
        return sorted((10 * s for s in (self.length_cm, self.width_cm, self.height_cm)), reverse=True)  # fmt: skip


#: {key: box}, the smallest first.
BOXES = {"s": Box(20, 15, 10), "m": Box(30, 20, 15), "l": Box(40, 30, 25)}
#: So much of a box is taken by what lies between the goods.
_FILLING_PERCENT = 20
#: What a box carries when nobody measured the goods.
_LIGHT_G, _MIDDLE_G = 1_500, 5_000

#: (how many, its sides in millimetres or None where nobody measured).
Measured = tuple[int, tuple[int | None, int | None, int | None]]


def box_for(goods: Iterable[Measured], weight_g: int) -> Box:
    """Return the smallest box that goods fit into; by their weight where one is not measured.

    >>> box_for([(2, (90, 90, 100))], 900) == BOXES["s"]
    True
    >>> box_for([(2, (280, 100, 100))], 900) == BOXES["m"]
    True
    >>> box_for([(1, (None, None, None))], 6_000) == BOXES["l"]
    True
    """
    volume, longest, each = 0, [0, 0, 0], list(goods)
    for quantity, (a, b, c) in each:
        if not (a and b and c):
            return BOXES["s" if weight_g <= _LIGHT_G else "m" if weight_g <= _MIDDLE_G else "l"]
        volume += quantity * a * b * c
        longest = [max(pair) for pair in zip(longest, sorted((a, b, c), reverse=True), strict=True)]
    for box in BOXES.values():
        first, second, third = box.sides
        room = first * second * third * (100 - _FILLING_PERCENT) // 100
        if volume <= room and all(x <= y for x, y in zip(longest, box.sides, strict=True)):
            return box
    return BOXES["l"]


def name_of(box: Box) -> str:
    """Return the key of a box, "own" for one of hers."""
    return next((key for key, one in BOXES.items() if one == box), "own")
