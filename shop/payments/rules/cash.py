"""Cash on delivery: who holds it, and the one table of its moves (DECISIONS 2)."""

from enum import StrEnum

from shop.kernel.errors import Refusal


class CashState(StrEnum):
    PROMISED = "promised"
    WITH_CARRIER = "with_carrier"
    WITH_SELLER = "with_seller"
    REMITTED = "remitted"
    WRITTEN_OFF = "written_off"


class WrittenOffFor(StrEnum):
    """Why a person gave up cash that was taken at the door."""

    #: The buyer has it: she did not pay after all, or the carrier handed it back to her.
    UNPAID = "unpaid"
    #: The buyer paid and it never reached the seller.
    GONE = "gone"


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


#: A wrong tap of a person is taken back by the opposite step; the first one stays readable.
UNDONE: dict[CashState, frozenset[CashState]] = {
    CashState.REMITTED: frozenset({CashState.WITH_CARRIER, CashState.WITH_SELLER}),
    CashState.WRITTEN_OFF: frozenset({CashState.WITH_CARRIER, CashState.WITH_SELLER}),
}
#: Nobody expects more of this cash: what has to go back is known.
SETTLED = (CashState.REMITTED, CashState.WRITTEN_OFF)


class NotTheLastStep(Refusal):
    """Only the last step of a parcel's cash, and only a person's, can be taken back."""

    code = "not_the_last_step"


def paid_vnd(
    state: str, taken_vnd: int, taken_by: str, received_vnd: int, written_off_for: str
) -> int:
    """Return what the buyer paid at the door, as far as is known.

    What a carrier took is what was asked, however much of it the carrier hands on. What the
    seller took herself is what she counts.
    """
    if state == CashState.WRITTEN_OFF and written_off_for != WrittenOffFor.GONE:
        return 0
    if state == CashState.REMITTED and taken_by != "carrier":
        return received_vnd
    return taken_vnd


def cash_back_vnd(paid_vnd: int, refunded_vnd: int, amount_vnd: int) -> int:
    """Return what has to go back to the buyer still, 0 when nothing."""
    return max(0, paid_vnd - refunded_vnd - amount_vnd)


def move_cash(current: CashState, to: CashState) -> CashState:
    """Return ``to`` when cash may go there from ``current``, else refuse."""
    if to not in MOVES[current]:
        raise IllegalCashMove(state=current, to=to)
    return to
