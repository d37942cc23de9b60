"""Cash on delivery: who holds it, and the one table of its moves (DECISIONS 2)."""

from enum import StrEnum

from shop.kernel.errors import Refusal


class CashState(StrEnum):
    PROMISED = "promised"
    WITH_CARRIER = "with_carrier"
    WITH_SELLER = "with_seller"
    REMITTED = "remitted"
    WRITTEN_OFF = "written_off"


class IllegalCashMove(Refusal):
    """The cash is not where the page thought. ``state``: where it is; ``to``: what was asked."""

    code = "illegal_cash_move"


#: ``with_seller``: taken at the door or counter by her. ``remitted``: counted by the seller.
MOVES: dict[CashState, frozenset[CashState]] = {
    CashState.PROMISED: frozenset(
        {CashState.WITH_CARRIER, CashState.WITH_SELLER, CashState.WRITTEN_OFF}
    ),
    CashState.WITH_CARRIER: frozenset({CashState.REMITTED, CashState.WRITTEN_OFF}),
    CashState.WITH_SELLER: frozenset({CashState.REMITTED, CashState.WRITTEN_OFF}),
    CashState.REMITTED: frozenset(),
    CashState.WRITTEN_OFF: frozenset(),
}


def move_cash(current: CashState, to: CashState) -> CashState:
    """Return ``to`` when cash may go there from ``current``, else refuse."""
    if to not in MOVES[current]:
        raise IllegalCashMove(state=current, to=to)
    return to
