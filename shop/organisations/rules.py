"""Rules of the tree of associations. Plain Python."""

from datetime import date

from shop.kernel.errors import Refusal

#: What a unit can be, from the top of the tree down. Source: DOMAIN §4.1. Districts ended on
#: 30/06/2025; they are kept for reports by the structure of their day.
KINDS = ("province", "district", "commune", "branch", "group", "club")
#: How high a kind stands; a unit hangs below one that stands higher. A club hangs anywhere.
_HEIGHT = {"province": 5, "district": 4, "commune": 3, "branch": 2, "group": 1, "club": 0}
#: How units are put into another order, each by two people: one proposes, another confirms.
REORDERINGS = ("move", "merge", "split")
#: So many units become one, or one so many, at most.
MOST_PARTS = 12


class UnitEnded(Refusal):
    """The unit was closed already."""

    code = "unit_ended"


class WrongParent(Refusal):
    """This kind of unit does not hang below that kind. ``kind``, ``parent_kind``."""

    code = "wrong_parent"


class UnitInUse(Refusal):
    """The unit still has open units below it or open sellers. ``units``, ``sellers``."""

    code = "unit_in_use"


class AlreadyAppointed(Refusal):
    """The person holds this very role there in that time."""

    code = "already_appointed"


class WrongTerm(Refusal):
    """A term that ends before it begins."""

    code = "wrong_term"


class UndoTooLate(Refusal):
    """The act cannot be taken back any more: something was built on it."""

    code = "undo_too_late"


class WouldRing(Refusal):
    """A unit would hang below itself."""

    code = "would_ring"


class NotOneKind(Refusal):
    """Only units of one kind become one unit."""

    code = "not_one_kind"


class NothingToReorder(Refusal):
    """Everything would stay as it is: the same parent, one unit alone, one part alone."""

    code = "nothing_to_reorder"


class ReorderedByOneself(Refusal):
    """Who proposed it does not confirm it: rights change hands, so two people answer for it."""

    code = "reordered_by_oneself"


class ReorderingMovedOn(Refusal):
    """The proposal was confirmed or dropped since. ``state``."""

    code = "reordering_moved_on"


class MemberMovedOn(Refusal):
    """The register says otherwise since: she left, came back, or moved."""

    code = "member_moved_on"


class SheetMovedOn(Refusal):
    """A list that was stored already, or is too old to be."""

    code = "sheet_moved_on"


class SheetHasFaults(Refusal):
    """Some rows of a list are wrong, so none of it is stored. ``rows``: how many."""

    code = "sheet_has_faults"


def may_hang_below(kind: str, parent_kind: str | None) -> bool:
    """Tell whether a unit of ``kind`` may stand below ``parent_kind`` (None: at the top)."""
    if parent_kind is None:
        return kind in ("province", "commune")
    return _HEIGHT[kind] < _HEIGHT[parent_kind]


def holds_on(valid_from: date, valid_to: date | None, on: date) -> bool:
    """Tell whether a dated thing holds on a day; its last day counts."""
    return valid_from <= on and (valid_to is None or on <= valid_to)
