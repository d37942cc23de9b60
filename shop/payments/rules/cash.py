"""Cash on delivery: who holds it, and the one table of its moves (DECISIONS 2)."""

from enum import StrEnum

from shop.kernel.errors import Refusal

#: The method of an order that is paid in cash, at the door or the counter.
COD = "cod"


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


class About(StrEnum):
    """What a step is about that moves no cash to another holder, money given back aside."""

    #: What a carrier kept back when its parcel was counted: more of it came, was its fee, or is
    #: given up.
    REST = "rest"
    #: What a carrier paid too much went back to it.
    SENT_BACK = "returned"
    #: What a carrier paid for goods that it lost or spoiled.
    AMENDS = "amends"
    #: What a carrier asks for bringing back what the buyer refused.
    RETURN_FEE = "way_back"


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


def with_carrier_vnd(
    state: str, taken_vnd: int, taken_by: str, received_vnd: int, fee_vnd: int, off_vnd: int
) -> int:
    """Return what a carrier still has of a parcel's cash: all it took, or what it kept back.

    Args:
        fee_vnd, off_vnd: what of it was its fee, and what was given up.

    >>> with_carrier_vnd("remitted", 95_000, "carrier", 80_000, 5_000, 0)
    10000
    """
    if taken_by != "carrier" or state not in (CashState.WITH_CARRIER, CashState.REMITTED):
        return 0
    if state == CashState.WITH_CARRIER:
        return taken_vnd
    return max(0, taken_vnd - received_vnd - fee_vnd - off_vnd)


class RestIs(StrEnum):
    """What a seller says of cash that a carrier kept back, when no file of the carrier says it."""

    FEE = "fee"
    LOST = "lost"
    CAME = "came"


class NothingKeptBack(Refusal):
    """The carrier keeps back nothing of this parcel, or less than that. ``rest_vnd``: what it keeps."""

    code = "nothing_kept_back"


#: Steps of money that came, or went back to the carrier, after a parcel was counted, or of one of
#: which nothing was to come.
AFTERWARDS = (About.REST, About.SENT_BACK, About.AMENDS)


class PaidElsewhere(Refusal):
    """The first part of this parcel's cash went to another account: a person has to say so."""

    code = "paid_elsewhere"


class NothingTooMuch(Refusal):
    """The carrier paid nothing too much of this parcel, or less than that. ``over_vnd``: how much."""

    code = "nothing_too_much"


class Beside(StrEnum):
    """How what a carrier collected stands to the transfer that its parcel is paid by."""

    #: The transfer is there in full: what comes on top of it is the buyer's.
    OPEN = "open"
    #: A carrier's money for this parcel was noted already: told again, or collected once more.
    NOTED = "noted"
    #: It lies with somebody else than the transfer.
    ELSEWHERE = "elsewhere"
    #: The transfer did not come, or not all of it: the money is the order's own.
    UNPAID = "unpaid"


class NotPaidAtTheDoor(Refusal):
    """No cash of this order is waited for: it arrived, was cancelled, or somebody was faster."""

    code = "not_paid_at_the_door"


class PaidBesideTheDoor(Refusal):
    """Another part of the order was paid by transfer: more on that account is not shared anew."""

    code = "paid_beside_the_door"


class OtherSum(Refusal):
    """A transfer pays for cash to the last đồng, or not. ``amount_vnd``: what came.

    ``owed_vnd``: with ``transfer_vnd`` of it that other parts of the order wait for anyhow.
    """

    code = "other_sum"
    status = 422


class ReturnFeeStands(Refusal):
    """``amount_vnd`` was noted for bringing it back, so it came back; that is taken back first."""

    code = "return_fee_stands"


class CarrierPaid(Refusal):
    """A carrier paid ``amount_vnd`` for a parcel that came to nothing; that is taken back first."""

    code = "carrier_paid"


class NoWayBack(Refusal):
    """A return fee is for a parcel that came back unpaid, once. ``state``: where its cash is."""

    code = "no_way_back"


def cash_back_vnd(paid_vnd: int, refunded_vnd: int, amount_vnd: int) -> int:
    """Return what has to go back to the buyer still, 0 when nothing."""
    return max(0, paid_vnd - refunded_vnd - amount_vnd)


def move_cash(current: CashState, to: CashState) -> CashState:
    """Return ``to`` when cash may go there from ``current``, else refuse."""
    if to not in MOVES[current]:
        raise IllegalCashMove(state=current, to=to)
    return to
