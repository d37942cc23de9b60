"""Money that left because the bank took back what it had credited: told by its words.

Some banks and services book a storno as any other outgoing line. Its words alone say nothing
certain ("hoàn tiền" is also what a seller writes when she pays a buyer back), so an earlier line
has to fit; and then a person is asked, for no money moves by this.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from shop.banking.rules.movements import Movement, bank_references
from shop.kernel.text import fold

#: A bank takes back within days what it credited by mistake; disputes take weeks.
WITHIN = timedelta(days=45)
#: Words that may say so, folded. "Huy" and "Hoan" are names, too.
_PERHAPS = re.compile(r"\b(hoan|huy|dao|thu hoi|reversal|reversed|reverse|revert|storno|void)\b")
#: Words that say so of a line without its number or code.
_SURELY = re.compile(
    r"\b((hoan|huy|dao|thu hoi) (tra |lai )?"
    r"(lenh|but toan|giao dich|gd|bt|ghi co|tien)|reversal|storno)\b"
)
#: What the shop's own QR codes of refunds say (``RefundView.memo``).
_OURS = "hoan tien don"


@dataclass(frozen=True, slots=True)
class Came:
    """An earlier line of money that came. ``id``: of its notice, 0 for a line of the same file.

    ``is_given_back``: the shop knows of a refund of just this amount out of this account.
    """

    id: int
    amount_vnd: int
    day: date
    references: frozenset[str]
    memos: tuple[str, ...] = ()
    is_given_back: bool = False


def may_reverse(movement: Movement) -> bool:
    """Tell whether the words of outgoing money may say that the bank took it back."""
    words = fold(movement.text)
    return (
        movement.amount_vnd is not None
        and movement.amount_vnd < 0
        and _OURS not in words
        and _PERHAPS.search(words) is not None
    )


def taken_back_by(
    movement: Movement, memos: Sequence[str], day: date, came: Sequence[Came]
) -> Came | None:
    """Return the line of money that came which an outgoing one takes back, or None.

    By the bank's number or an order's code, of any amount; else by the amount, when the words say
    so for certain and no refund of the shop explains it. The newest that fits.

    Args:
        came: lines of money into the same account.
    """
    if not may_reverse(movement):
        return None
    assert movement.amount_vnd is not None
    mine = bank_references(movement.reference, movement.text)
    before = sorted(
        (one for one in came if timedelta(0) <= day - one.day <= WITHIN),
        key=lambda one: (one.day, one.id), reverse=True,
    )  # fmt: skip
    enough = [one for one in before if one.amount_vnd >= -movement.amount_vnd]
    for fits in (
        lambda one: bool(mine & one.references),
        lambda one: bool(set(memos) & set(one.memos)) and not one.is_given_back,
    ):
        found = next(filter(fits, enough), None)
        if found is not None:
            return found
    if _SURELY.search(fold(movement.text)) is None:
        return None
    same = [one for one in before if one.amount_vnd == -movement.amount_vnd]
    return next((one for one in same if not one.is_given_back), None)
