"""What a seller should do next with each order, and under which heading her board shows it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from shop.kernel.errors import Refusal
from shop.ordering.rules import SellerOrderState as S
from shop.payments.rules.amounts import is_answered, is_paid, missing_vnd, surplus_vnd
from shop.payments.rules.cash import SETTLED as CASH_SETTLED
from shop.payments.rules.cash import CashState, cash_back_vnd, paid_vnd, with_carrier_vnd

#: Headings of the board in the order of the work; the first is everything that waits for her.
STAGES: dict[str, tuple[S, ...]] = {
    "can-lam": (S.AWAITING_QUOTE, S.PLACED, S.CONFIRMED, S.PACKED, S.DELIVERY_FAILED, S.REFUSED),
    "moi": (S.AWAITING_QUOTE, S.QUOTED, S.PLACED),
    "goi": (S.CONFIRMED,),
    "gui": (S.PACKED,),
    "dang-di": (S.HANDED_OVER, S.READY_FOR_PICKUP),
    "vuong": (S.DELIVERY_FAILED, S.REFUSED),
    "xong": (S.DELIVERED, S.COMPLETED, S.CANCELLED, S.RETURNED, S.LOST, S.NOT_COLLECTED),
}
#: Orders that somebody has to open first: the number beside "Đơn hàng".
NEW = (S.AWAITING_QUOTE, S.PLACED)
#: The order of the work on the first heading: who waits for an answer, what went wrong, the rest.
URGENCY = (NEW, (S.DELIVERY_FAILED, S.REFUSED), (S.CONFIRMED,), (S.PACKED,))
#: Delivered for cash that has not been counted yet; found by the cash, not by the state.
CASH_STAGE = "thu-tien"
#: Money that has to go back to buyers, and money said to come after all was over: found by the money.
BACK_STAGE = "tra-lai"
LATE_STAGE = "tien-muon"
MONEY_STAGES = (CASH_STAGE, BACK_STAGE, LATE_STAGE)
#: Found by who looked, and by the day: the same order stands under its work as well.
UNSEEN_STAGE, TODAY_STAGE = "chua-mo", "hom-nay"
#: Confirmed, and the goods that were ordered ahead are due on a later day: found by that day.
WAIT_STAGE = "cho-hang"
APART_STAGES = (*MONEY_STAGES, UNSEEN_STAGE, TODAY_STAGE, WAIT_STAGE)
#: Orders in these states change by themselves or by others: an open board looks after them.
LIVE = tuple(sorted({state for key, states in STAGES.items() if key != "xong" for state in states}))
PAGE_SIZE = 20
#: Cash that somebody holds for the seller.
CASH_UNDERWAY = (CashState.WITH_CARRIER, CashState.WITH_SELLER)


#: A price that changes by so many times has more often a nought too many or too few.
FAR_TIMES = 5


def times_off(stands_vnd: int, typed_vnd: int) -> int:
    """Return how many times a new price is the one that stands, or the other way round; 0: not far.

    >>> [times_off(78_000, typed) for typed in (7_800, 780_000, 390_000, 80_000)]
    [10, 10, 5, 0]
    """
    low, high = sorted((stands_vnd, typed_vnd))
    return round(high / low) if low > 0 and high >= FAR_TIMES * low else 0


@dataclass(frozen=True, slots=True)
class GoodsChange:
    """What changes of one pack, each (what the page showed, what she wrote); None stays."""

    variant_id: int
    price_vnd: tuple[int, int] | None = None
    on_hand: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class RowFault:
    """Why one row cannot be stored: "price" or "on_hand" is ``now`` another, or so many are "reserved"."""

    variant_id: int
    what: str
    now: int


class RowsMovedOn(Refusal):
    """Some rows changed meanwhile, or promise more than they count. ``faults``; nothing is stored."""

    code = "rows_moved_on"


def row_faults(
    change: GoodsChange, *, price_vnd: int, on_hand: int, reserved: int
) -> list[RowFault]:
    """Return what stands against a change, given how the pack stands now.

    What somebody else set to the very same meanwhile is no fault.
    """
    faults = []
    if change.price_vnd and price_vnd not in change.price_vnd:
        faults.append(RowFault(change.variant_id, "price", price_vnd))
    if change.on_hand:
        if on_hand not in change.on_hand:
            faults.append(RowFault(change.variant_id, "on_hand", on_hand))
        elif change.on_hand[1] < reserved:
            faults.append(RowFault(change.variant_id, "reserved", reserved))
    return faults


@dataclass(frozen=True, slots=True)
class Money:
    """Where the money of one seller order stands, as the seller's pages show it.

    ``state``: a ``PaymentState`` for transfers, a ``CashState`` for cash on delivery.
    """

    method: str
    state: str
    amount_vnd: int
    received_vnd: int
    refunded_vnd: int
    payment_id: int | None = None
    memo: str = ""
    reported_at: datetime | None = None
    expired_at: datetime | None = None
    #: Paid into the seller's own account: only then is it hers to confirm.
    is_own: bool = True
    #: The last money event of the page, so that a second tap counts nothing.
    after: int = 0
    not_found_at: datetime | None = None
    #: When money of a transfer was last noted.
    received_at: datetime | None = None
    #: Cash: what was asked at the door when somebody took it, who did, and why it was given up.
    taken_vnd: int = 0
    taken_by: str = ""
    written_off_for: str = ""
    #: Of what a carrier took: its fee and what is given up. What bringing it back cost.
    fee_vnd: int = 0
    off_vnd: int = 0
    return_fee_vnd: int = 0

    @property
    def with_carrier_vnd(self) -> int:
        """What a carrier still has of the cash."""
        return with_carrier_vnd(
            self.state, self.taken_vnd, self.taken_by, self.received_vnd, self.fee_vnd, self.off_vnd
        )

    @property
    def paid_vnd(self) -> int:
        """What the buyer paid, whoever holds it now."""
        if self.method != "cod":
            return self.received_vnd
        return paid_vnd(
            self.state, self.taken_vnd, self.taken_by, self.received_vnd, self.written_off_for
        )

    @property
    def back_vnd(self) -> int:
        """What has to go back to the buyer still, though the cash may be under way yet."""
        return cash_back_vnd(self.paid_vnd, self.refunded_vnd, self.amount_vnd)

    @property
    def is_late(self) -> bool:
        """Whether the buyer says she transferred although all is over, and nobody looked since."""
        return (
            self.expired_at is not None
            and self.reported_at is not None
            and not self.received_vnd
            and (self.not_found_at is None or self.not_found_at < self.reported_at)
        )

    @property
    def is_reported(self) -> bool:
        """Whether the buyer says she transferred, and nothing was noted since."""
        return self.reported_at is not None and not is_answered(
            self.received_vnd, self.reported_at, self.received_at
        )

    @property
    def missing_vnd(self) -> int:
        return missing_vnd(self.amount_vnd, self.received_vnd, self.refunded_vnd)

    @property
    def unpaid_vnd(self) -> int:
        """What never came of what is paid ahead; what was given back of it is asked for no more."""
        return 0 if self.method == "cod" else max(0, self.amount_vnd - self.received_vnd)

    @property
    def surplus_vnd(self) -> int:
        return surplus_vnd(self.amount_vnd, self.received_vnd, self.refunded_vnd)

    @property
    def is_paid(self) -> bool:
        return is_paid(self.amount_vnd, self.received_vnd, self.refunded_vnd)

    @property
    def held_vnd(self) -> int:
        return self.received_vnd - self.refunded_vnd


def next_task(state: str, delivery: str, money: Money | None) -> str:
    """Return the one thing to do next with an order; "" when there is nothing.

    Keys: answer_quote, await_answer, confirm_money, await_money, confirm, money_missing, pack,
    send, make_ready, delivered, collected, retry, take_back, count_cash, late_money, give_back.
    """
    now = S(state)
    if now == S.PLACED:
        if money is None or money.method == "cod":
            return "confirm"
        if money.is_paid:
            return "confirm"
        return "confirm_money" if money.is_reported and money.is_own else "await_money"
    if now in (S.CONFIRMED, S.PACKED) and money is not None and money.unpaid_vnd:
        return "confirm_money" if money.is_reported and money.is_own else "money_missing"
    if now in STAGES["xong"]:
        return _money_task(money) if money is not None else ""
    return _BY_STATE.get((now, delivery == "pickup"), "") or _BY_STATE.get((now, None), "")


def _money_task(money: Money) -> str:
    """Return what is left to do with the money once the goods are where they are."""
    if money.method == "cod":
        if money.state in CASH_UNDERWAY:
            return "count_cash"
        return "give_back" if money.state in CASH_SETTLED and money.back_vnd else ""
    if not money.is_own:
        return ""
    if money.is_late:
        return "late_money"
    return "give_back" if money.back_vnd else ""


_BY_STATE: dict[tuple[S, bool | None], str] = {
    (S.AWAITING_QUOTE, None): "answer_quote",
    (S.QUOTED, None): "await_answer",
    (S.CONFIRMED, None): "pack",
    (S.PACKED, False): "send",
    (S.PACKED, True): "make_ready",
    (S.HANDED_OVER, None): "delivered",
    (S.READY_FOR_PICKUP, None): "collected",
    (S.DELIVERY_FAILED, None): "retry",
    (S.REFUSED, None): "take_back",
}


def stage_counts(by_state: Mapping[str, int], apart: Mapping[str, int]) -> dict[str, int]:
    """Return how many orders stand under each heading.

    Args:
        apart: of the headings that no state tells; what is left out is none.
    """
    counts = {
        stage: sum(by_state.get(state, 0) for state in states) for stage, states in STAGES.items()
    }
    for stage in ("can-lam", "goi"):  # What waits for goods is nothing to pack yet.
        counts[stage] -= apart.get(WAIT_STAGE, 0)
    return counts | {stage: apart.get(stage, 0) for stage in APART_STAGES}


def parcel_weight_g(net_g: int | None, net_ml: int | None) -> int | None:
    """Return what a packed unit will weigh when nobody weighed it: 15 % more, in steps of 50 g.

    >>> parcel_weight_g(500, None), parcel_weight_g(None, 750), parcel_weight_g(None, None)
    (600, 900, None)
    """
    net = net_g or net_ml
    return -(-net * 115 // 5000) * 50 if net else None
