"""Rules of lots: which goes out first, and when one is about to end. Plain Python."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from shop.kernel.errors import Refusal

#: A lot is near its end so many days before its last one.
NEAR = timedelta(days=14)


@dataclass(frozen=True, slots=True)
class LotFields:
    """What a lot says of itself."""

    name: str
    made_on: date | None
    best_before: date | None
    from_vi: str = ""
    from_en: str = ""


@dataclass(frozen=True, slots=True)
class OnShelf:
    """So many units of a lot that can go into a parcel."""

    lot_id: int
    left: int
    best_before: date | None
    made_on: date | None = None
    is_recalled: bool = False


class LotNameTaken(Refusal):
    """The variant has a lot of that name already. ``name``."""

    code = "lot_name_taken"


class MoreThanInHouse(Refusal):
    """Fewer units lie in the house without a lot. ``free``: how many."""

    code = "more_than_in_house"


class NotEnoughInLot(Refusal):
    """A lot has fewer units left than asked for. ``name``, ``left``."""

    code = "not_enough_in_lot"


class MoreThanInLine(Refusal):
    """More lots than the line has units. ``quantity``."""

    code = "more_than_in_line"
    status = 422


class LotRecalled(Refusal):
    """What is called back goes to nobody any more. ``name``."""

    code = "lot_recalled"


class NotPackedYet(Refusal):
    """Which lots a line is filled from is said when it is packed."""

    code = "line_not_packed"


def in_turn(lots: Iterable[OnShelf]) -> list[OnShelf]:
    """Return lots as they should go out: first expired first out, those without a last day last."""
    return sorted(
        lots,
        key=lambda lot: (lot.best_before or date.max, lot.made_on or date.max, lot.lot_id),
    )


def proposed(
    lots: Iterable[OnShelf], wanted: int, today: date, first: int | None = None
) -> dict[int, int]:
    """Return units by lot for a line: first expired first out, as far as the lots reach.

    What is past its last day or called back is never proposed.

    Args:
        first: a lot that the seller would rather take from.
    """
    fit = [
        lot
        for lot in lots
        if lot.left > 0
        and not lot.is_recalled
        and (lot.best_before is None or lot.best_before >= today)
    ]
    found: dict[int, int] = {}
    for lot in sorted(in_turn(fit), key=lambda lot: lot.lot_id != first):
        taken = min(lot.left, wanted - sum(found.values()))
        if taken > 0:
            found[lot.lot_id] = taken
    return found


def fitting(lots: Iterable[OnShelf], too_many: int) -> dict[int, int]:
    """Return by how much each lot shrinks when fewer lie in the house than the lots say.

    Nobody said which ones went: those that go out first are taken to have gone.
    """
    found: dict[int, int] = {}
    for lot in in_turn(lots):
        taken = min(lot.left, too_many - sum(found.values()))
        if taken > 0:
            found[lot.lot_id] = taken
    return found


def nearness(best_before: date | None, today: date) -> str:
    """Return "over" after the last day, "near" two weeks before it, else ""."""
    if best_before is None or best_before - NEAR > today:
        return ""
    return "near" if best_before >= today else "over"


def returned_from(uses: Mapping[int, int], quantity: int) -> dict[int, int]:
    """Return which lots units that came back belong to: those that went in last.

    Args:
        uses: by lot what is still with the buyer, in the order in which it went in.
    """
    found: dict[int, int] = {}
    for lot_id, there in reversed(list(uses.items())):
        taken = min(there, quantity - sum(found.values()))
        if taken > 0:
            found[lot_id] = taken
    return found
