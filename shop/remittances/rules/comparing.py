"""A carrier's line beside the parcel that it is about: whether they agree, and what may be said."""

from dataclasses import dataclass
from enum import StrEnum

from shop.kernel.errors import Refusal
from shop.ordering.rules import SellerOrderState
from shop.payments.rules.cash import CashState


class Verdict(StrEnum):
    """How a line stands to its parcel."""

    MATCHES = "matches"
    LESS = "less"
    MORE = "more"
    #: The buyer did not take it; the line names what the way back costs.
    WAY_BACK = "way_back"
    #: The carrier paid for a parcel that has not arrived, as far as the shop knows.
    NOT_DELIVERED = "not_delivered"
    NOT_FOUND = "not_found"
    #: Its order is paid otherwise.
    NO_CASH = "no_cash"
    #: The parcel was counted, all of it or a part: the line may tell the same money once more,
    #: or the carrier paid again.
    AGAIN = "again"
    #: It was counted into another account, all of it or a part: the same money, or paid again there.
    ELSEWHERE = "elsewhere"
    #: The carrier paid for a parcel whose cash was given up, or that came to nothing.
    GIVEN_UP = "given_up"
    #: Counted by this line, into another account than the first part, and it was too much.
    OWED_BACK = "owed_back"
    #: Counted before, by hand or by another's line, or nothing was to be counted.
    COUNTED = "counted"
    #: Counted or answered by this very line.
    DONE = "done"
    #: Somebody saw it and left it.
    ASIDE = "aside"


#: Of which a person is still asked something; the first one is answered for all in one tap.
OPEN = (
    Verdict.MATCHES, Verdict.LESS, Verdict.MORE, Verdict.AGAIN, Verdict.ELSEWHERE,
    Verdict.GIVEN_UP, Verdict.OWED_BACK, Verdict.WAY_BACK, Verdict.NOT_DELIVERED,
    Verdict.NOT_FOUND, Verdict.NO_CASH,
)  # fmt: skip


class Answer(StrEnum):
    """What a person says of a line."""

    #: Count what came; of the rest the named fee is a fee, and what is left the carrier has still.
    COUNT = "count"
    #: Count what came; all of the rest was the carrier's fee.
    FEE = "fee"
    #: Count what came; the rest is given up.
    GIVE_UP = "give_up"
    #: It was delivered: note that, and count.
    DELIVERED = "delivered"
    #: Note what the way back costs.
    WAY_BACK = "way_back"
    #: The carrier paid again, or for what came to nothing: count all of it; what is above the rest
    #: nobody has explained.
    KEEP = "keep"
    #: It was given up and came after all: note that, and count.
    CAME = "came"
    #: The carrier paid for goods that it lost or spoiled: the seller's.
    AMENDS = "amends"
    #: It was collected although it was paid by transfer: count it, the buyer gets it back.
    TWICE = "twice"
    #: What was too much went back to the carrier.
    SENT_BACK = "sent_back"
    #: Seen; nothing is to be done: of what is owed back, the carrier takes it off what it pays next.
    ASIDE = "aside"


#: {how a line stands: what may be said of it}
ANSWERS: dict[Verdict, tuple[Answer, ...]] = {
    Verdict.MATCHES: (Answer.COUNT, Answer.ASIDE),
    Verdict.LESS: (Answer.COUNT, Answer.FEE, Answer.GIVE_UP, Answer.ASIDE),
    Verdict.MORE: (Answer.COUNT, Answer.ASIDE),
    Verdict.AGAIN: (Answer.KEEP, Answer.ASIDE),
    Verdict.ELSEWHERE: (Answer.KEEP, Answer.ASIDE),
    Verdict.GIVEN_UP: (Answer.CAME, Answer.ASIDE),
    Verdict.OWED_BACK: (Answer.SENT_BACK, Answer.ASIDE),
    Verdict.WAY_BACK: (Answer.WAY_BACK, Answer.ASIDE),
    Verdict.NOT_DELIVERED: (Answer.DELIVERED, Answer.ASIDE),
    Verdict.NOT_FOUND: (Answer.ASIDE,),
    Verdict.NO_CASH: (Answer.TWICE, Answer.ASIDE),
    Verdict.COUNTED: (Answer.ASIDE,),
}


#: The same of a parcel of which nobody took any cash, and of one of a cancelled order: nothing of
#: that was lost.
_CAME_TO_NOTHING = (Answer.AMENDS, Answer.KEEP, Answer.ASIDE)
_CANCELLED = (Answer.KEEP, Answer.ASIDE)


def answers_to(
    how: Verdict, taken_vnd: int, order_state: str, *, asks_way_back: bool = False,
    is_buyers: bool = False,
) -> tuple[Answer, ...]:  # fmt: skip
    """Return what may be said of a line that stands so.

    Args:
        asks_way_back: it names what the way back costs too, which nobody has noted; and the money
            beside it may not have come.
        is_buyers: it is paid by a transfer, and what was collected beside that is the buyer's.

    >>> answers_to(Verdict.GIVEN_UP, 0, "cancelled")[0].value
    'keep'
    """
    if how == Verdict.GIVEN_UP and not taken_vnd:
        cancelled = order_state == SellerOrderState.CANCELLED
        answers = _CANCELLED if cancelled else _CAME_TO_NOTHING
        if is_buyers:
            answers = (Answer.TWICE, *answers)
        return (*answers, Answer.WAY_BACK) if asks_way_back else answers
    if how == Verdict.NO_CASH and not is_buyers:
        return (Answer.ASIDE,)
    return ANSWERS.get(how, ())


class WrongAnswer(Refusal):
    """That cannot be said of this line any more: somebody was faster, or the parcel moved on."""

    code = "wrong_answer_to_line"


@dataclass(frozen=True, slots=True)
class Parcel:
    """What the shop knows of a parcel's cash.

    ``cash``: a ``CashState``, "" when its order is paid otherwise. ``open_vnd``: what the carrier
    still has of it. ``return_fee_vnd``: what was noted for its way back.
    ``others``: the sums that were counted of it otherwise than by lines of this file's owner: by
    hand, or as another owner's file told them. ``explained_vnd``: what earlier lines of this owner
    tell that were not counted themselves; they tell of the same sums.
    """

    cash: str
    taken_by: str = ""
    taken_vnd: int = 0
    open_vnd: int = 0
    return_fee_vnd: int = 0
    others: tuple[int, ...] = ()
    explained_vnd: int = 0
    #: The organisation's account that the first part was paid into; None: it reached the seller.
    payee_id: int | None = None


def verdict(
    parcel: Parcel | None, received_vnd: int, fee_vnd: int, return_fee_vnd: int,
    payee_id: int | None = None,
) -> Verdict:  # fmt: skip
    """Return how a line that nobody answered stands to its parcel.

    Args:
        payee_id: the organisation's account that its file says the carrier paid into.
    """
    if parcel is None:
        return Verdict.NOT_FOUND
    if not parcel.cash:
        return Verdict.NO_CASH
    if parcel.cash == CashState.PROMISED:
        return Verdict.NOT_DELIVERED
    if parcel.cash == CashState.WRITTEN_OFF and parcel.taken_vnd == 0:
        if received_vnd > 0:
            return Verdict.GIVEN_UP
        asks = return_fee_vnd > 0 and parcel.return_fee_vnd == 0
        return Verdict.WAY_BACK if asks else Verdict.COUNTED
    if parcel.taken_by != "carrier":
        return Verdict.COUNTED
    if parcel.cash == CashState.WRITTEN_OFF and received_vnd > 0:
        return Verdict.GIVEN_UP
    counted = parcel.cash == CashState.REMITTED
    elsewhere = counted and received_vnd > 0 and parcel.payee_id != payee_id
    sums = _sums(received_vnd, fee_vnd, return_fee_vnd)
    if counted and _is_again(parcel, received_vnd, sums):
        return Verdict.ELSEWHERE if elsewhere else Verdict.AGAIN
    if parcel.open_vnd <= 0:
        return Verdict.COUNTED
    if elsewhere:
        return Verdict.ELSEWHERE
    return _beside(parcel.open_vnd, received_vnd, sums)


def _sums(received_vnd: int, fee_vnd: int, return_fee_vnd: int) -> tuple[int, ...]:
    """Return what may have been collected: each fee is kept of it, or was asked for apart."""
    with_fee_vnd = received_vnd + fee_vnd
    return (
        received_vnd, with_fee_vnd, received_vnd + return_fee_vnd, with_fee_vnd + return_fee_vnd,
    )  # fmt: skip


def _is_again(parcel: Parcel, received_vnd: int, sums: tuple[int, ...]) -> bool:
    """Tell whether a person has to say if the money of a counted parcel came twice or is told twice.

    Nobody is asked while all of the parcel was counted otherwise and the line tells no more than
    that: this is how a file follows what she counted by hand.
    """
    if received_vnd <= 0:
        return False
    untold_vnd = sum(parcel.others) - parcel.explained_vnd
    if parcel.open_vnd <= 0:
        return received_vnd > untold_vnd
    same = any(vnd in parcel.others for vnd in sums)
    return received_vnd > parcel.open_vnd or (same and untold_vnd > 0)


def _beside(expected_vnd: int, received_vnd: int, sums: tuple[int, ...]) -> Verdict:
    """Compare what came with what was expected."""
    if received_vnd > 0 and expected_vnd in sums:
        return Verdict.MATCHES
    return Verdict.MORE if received_vnd > expected_vnd else Verdict.LESS


@dataclass(frozen=True, slots=True)
class Booking:
    """What is to be counted of a line: what came, what of the rest was fee or is given up."""

    counted_vnd: int
    fee_vnd: int = 0
    off_vnd: int = 0


def booking(
    answer: Answer, expected_vnd: int, received_vnd: int, fee_vnd: int, return_fee_vnd: int = 0
) -> Booking:
    """Return what an answer counts. Out of money that was collected a way back is a fee like others.

    >>> booking(Answer.COUNT, 95_000, 80_000, 5_000)
    Booking(counted_vnd=80000, fee_vnd=5000, off_vnd=0)
    >>> booking(Answer.COUNT, 95_000, 80_000, 5_000, 8_000)
    Booking(counted_vnd=80000, fee_vnd=13000, off_vnd=0)
    """
    rest_vnd = max(0, expected_vnd - received_vnd)
    if answer == Answer.FEE:
        return Booking(received_vnd, rest_vnd)
    kept_vnd = min(fee_vnd + (return_fee_vnd if received_vnd else 0), rest_vnd)
    if answer == Answer.GIVE_UP:
        return Booking(received_vnd, kept_vnd, rest_vnd - kept_vnd)
    return Booking(received_vnd, kept_vnd)
