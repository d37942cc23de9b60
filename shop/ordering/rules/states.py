"""Where a seller's part of an order stands, and every move it can make. Source: DECISIONS 2, 3."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any

from shop.kernel.clock import day_begins
from shop.ordering.rules.refusals import IllegalMove, StepStays


class SellerOrderState(StrEnum):
    """Where one seller's part of an order stands."""

    AWAITING_QUOTE = "awaiting_quote"
    QUOTED = "quoted"
    PLACED = "placed"
    CONFIRMED = "confirmed"
    PACKED = "packed"
    HANDED_OVER = "handed_over"
    READY_FOR_PICKUP = "ready_for_pickup"
    DELIVERED = "delivered"
    COMPLETED = "completed"
    NOT_COLLECTED = "not_collected"
    CANCELLED = "cancelled"
    DELIVERY_FAILED = "delivery_failed"
    REFUSED = "refused"
    RETURNED = "returned"
    LOST = "lost"


S = SellerOrderState
Step = Any

#: Who may act: the buyer (also by her link), the seller with her staff, an officer who
#: helps her, the shop's operator, and the shop itself by the clock or a carrier's word.
ACTOR_KINDS = ("buyer", "seller", "officer", "operator", "system")
_HOUSE = frozenset({"seller", "officer", "operator"})
_HOUSE_AND_SYSTEM = _HOUSE | {"system"}
_ALL = frozenset(ACTOR_KINDS)

#: Every move a seller order can make, and who may make it. What is not here cannot happen.
MOVES: dict[tuple[SellerOrderState, SellerOrderState], frozenset[str]] = {
    (S.AWAITING_QUOTE, S.QUOTED): _HOUSE,
    # A fee that was told wrongly is told anew, until the buyer agrees to the one she sees.
    (S.QUOTED, S.QUOTED): _HOUSE,
    (S.QUOTED, S.PLACED): frozenset({"buyer"}),
    (S.PLACED, S.CONFIRMED): _HOUSE_AND_SYSTEM,
    (S.CONFIRMED, S.PACKED): _HOUSE,
    # A carrier that fetched it says so, should the seller have forgotten to.
    (S.PACKED, S.HANDED_OVER): _HOUSE_AND_SYSTEM,
    (S.HANDED_OVER, S.DELIVERED): _ALL,
    (S.DELIVERED, S.COMPLETED): frozenset({"buyer", "operator", "system"}),
    (S.PACKED, S.READY_FOR_PICKUP): _HOUSE,
    (S.READY_FOR_PICKUP, S.DELIVERED): _HOUSE,
    (S.READY_FOR_PICKUP, S.NOT_COLLECTED): _HOUSE_AND_SYSTEM,
    (S.AWAITING_QUOTE, S.CANCELLED): _ALL,
    (S.QUOTED, S.CANCELLED): _ALL,
    (S.PLACED, S.CANCELLED): _ALL,
    # Its time had run out, the money came all the same, and the goods are there still.
    (S.CANCELLED, S.PLACED): frozenset({"system"}),
    (S.CONFIRMED, S.CANCELLED): _ALL,
    # Once it is packed the buyer asks the seller, who may still cancel.
    (S.PACKED, S.CANCELLED): _HOUSE,
    (S.HANDED_OVER, S.DELIVERY_FAILED): _HOUSE_AND_SYSTEM,
    (S.DELIVERY_FAILED, S.HANDED_OVER): _HOUSE_AND_SYSTEM,
    (S.DELIVERY_FAILED, S.RETURNED): _HOUSE_AND_SYSTEM,
    (S.HANDED_OVER, S.REFUSED): _HOUSE_AND_SYSTEM,
    (S.REFUSED, S.RETURNED): _HOUSE_AND_SYSTEM,
    (S.HANDED_OVER, S.LOST): _HOUSE_AND_SYSTEM,
    (S.DELIVERED, S.RETURNED): _HOUSE,
    (S.COMPLETED, S.RETURNED): _HOUSE,
}

#: Steps that are tapped wrongly now and then, and their way back: {(where to, where from): who}.
#: No move of the table above; only the last step, made by a person, is taken back by it.
TAKEN_BACK: dict[tuple[SellerOrderState, SellerOrderState], frozenset[str]] = {
    (S.PACKED, S.CONFIRMED): _HOUSE,
    (S.HANDED_OVER, S.PACKED): _HOUSE,
    (S.READY_FOR_PICKUP, S.PACKED): _HOUSE,
    (S.DELIVERED, S.HANDED_OVER): _HOUSE,
    (S.DELIVERED, S.READY_FOR_PICKUP): _HOUSE,
    (S.NOT_COLLECTED, S.READY_FOR_PICKUP): _HOUSE,
    (S.REFUSED, S.HANDED_OVER): _HOUSE,
    (S.LOST, S.HANDED_OVER): _HOUSE,
}
#: Whoever reads that her goods arrived waits for them no more, and after a day relies on it.
DELIVERED_BACK_WITHIN = timedelta(hours=24)
#: Of goods that wait at a market's stall, and of a sale on the spot, the stall says these.
_OF_THE_STALL = (S.READY_FOR_PICKUP, S.DELIVERED, S.NOT_COLLECTED)

#: What a market's stall takes back until the market is settled: a bag that was not handed over
#: after all, somebody who came after all, goods that the buyer kept.
STALL_BACK: dict[tuple[SellerOrderState, SellerOrderState], frozenset[str]] = {
    (S.DELIVERED, S.READY_FOR_PICKUP): _HOUSE,
    (S.NOT_COLLECTED, S.READY_FOR_PICKUP): _HOUSE,
    (S.RETURNED, S.DELIVERED): _HOUSE,
}
#: Every way back of a wrong tap.
WAYS_BACK = {**TAKEN_BACK, **STALL_BACK}

#: Nothing was packed; and all agreed parts of which nobody has the goods yet.
NOT_LEFT = (S.PLACED, S.CONFIRMED)
NOT_ARRIVED = (
    *NOT_LEFT, S.PACKED, S.READY_FOR_PICKUP, S.HANDED_OVER, S.DELIVERY_FAILED,
)  # fmt: skip

#: States in which stock is promised to the order.
HOLDING = frozenset(
    {S.AWAITING_QUOTE, S.QUOTED, S.PLACED, S.CONFIRMED, S.PACKED, S.READY_FOR_PICKUP}
)
#: States in which the promise may run out by the clock (``reserved_until``).
EXPIRING = frozenset({S.AWAITING_QUOTE, S.QUOTED, S.PLACED, S.CONFIRMED})
#: States in which nothing more will happen, unless goods come back.
SETTLED = frozenset({S.DELIVERED, S.COMPLETED, S.NOT_COLLECTED, S.CANCELLED, S.RETURNED, S.LOST})
#: What the buyer may cancel herself: until packed.
BUYER_CANCELS = frozenset(
    start for (start, end), who in MOVES.items() if end == S.CANCELLED and "buyer" in who
)

#: Delivered goods count as accepted after a week without a word: long enough to open the parcel
#: and to complain, short enough that a stall's list of work empties itself.
COMPLETE_AFTER = timedelta(days=7)
#: The private link lives this long after everything is settled (QUALITY T41).
LINK_AFTER = timedelta(days=90)


def move(
    current: SellerOrderState, to: SellerOrderState, actor_kind: str, delivery: str
) -> SellerOrderState:
    """Return ``to`` when an order may go there by this actor, else refuse.

    Args:
        delivery: "delivery" parcels are handed over, "pickup" parcels wait to be collected.

    Raises:
        IllegalMove: no such move, not by this kind of person, or not by this way.
    """
    wrong_way = (to == S.HANDED_OVER and delivery == "pickup") or (
        to == S.READY_FOR_PICKUP and delivery != "pickup"
    )
    if wrong_way or actor_kind not in MOVES.get((current, to), ()):
        raise IllegalMove(from_state=current, to_state=to, actor_kind=actor_kind)
    return to


def take_back(current: SellerOrderState, to: SellerOrderState, actor_kind: str) -> SellerOrderState:
    """Return ``to`` when a wrong step from there to ``current`` may be taken back, else refuse.

    Raises:
        IllegalMove
    """
    if actor_kind not in TAKEN_BACK.get((current, to), ()):
        raise IllegalMove(from_state=current, to_state=to, actor_kind=actor_kind)
    return to


def take_back_at_stall(
    current: SellerOrderState, to: SellerOrderState, actor_kind: str
) -> SellerOrderState:
    """Return ``to`` when a market's stall may take a step back that led to ``current``, else refuse.

    Raises:
        IllegalMove
    """
    if actor_kind not in STALL_BACK.get((current, to), ()):
        raise IllegalMove(from_state=current, to_state=to, actor_kind=actor_kind)
    return to


def check_taken_back(step: Step, part: Step, now: datetime) -> None:
    """Refuse unless a part's last standing step is a person's tap that has a way back still.

    Args:
        step: with ``from_state``, ``to_state``, ``actor_kind`` and ``at``.
        part: with ``state``, ``delivery`` and ``pickup_point_id``.

    Raises:
        IllegalMove: it has none.
        StepStays: it had one until a day after it.
    """
    by_stall = part.delivery == "pickup" and part.pickup_point_id is None
    if (
        step.actor_kind not in _HOUSE
        or (step.to_state, step.from_state) not in TAKEN_BACK
        or (by_stall and step.to_state in _OF_THE_STALL)
    ):
        raise IllegalMove(
            from_state=S(part.state), to_state=step.from_state, actor_kind=step.actor_kind
        )
    if step.to_state == S.DELIVERED and now - step.at > DELIVERED_BACK_WITHIN:
        raise StepStays(why="too_late")


def step_to_take_back(moves: Sequence[Step], part: Step, now: datetime) -> Step | None:
    """Return a part's last standing step when it has a way back, for whoever shows the way."""
    standing = without_wrong_taps(moves)
    if not standing:
        return None
    try:
        check_taken_back(standing[-1], part, now)
    except (IllegalMove, StepStays):
        return None
    return standing[-1]


def wrong_taps(moves: Sequence[Step]) -> list[tuple[Step, Step]]:
    """Return each step of one part that was taken back, with its way back.

    Args:
        moves: rows with ``from_state`` and ``to_state``, oldest first.
    """
    return _sorted_out(moves)[1]


def without_wrong_taps(moves: Sequence[Step]) -> list[Step]:
    """Return the moves of one part without those that were taken back or made anew.

    For whoever only waits: of a fee that was told again, only the last telling counts.

    Args:
        moves: as for ``wrong_taps``.
    """
    return _sorted_out(moves)[0]


def _sorted_out(moves: Sequence[Step]) -> tuple[list[Step], list[tuple[Step, Step]]]:
    kept: list[Step] = []
    wrong: list[tuple[Step, Step]] = []
    for step in moves:
        if kept and (step.from_state, step.to_state) in WAYS_BACK:
            wrong.append((kept.pop(), step))
            continue
        if kept and step.from_state == step.to_state:
            kept.pop()
        kept.append(step)
    return kept, wrong


def next_states(
    current: SellerOrderState, actor_kind: str, delivery: str
) -> list[SellerOrderState]:
    """Return where somebody may move an order now, in the order of the table: for buttons."""
    found = []
    for start, end in MOVES:
        if start == current:
            try:
                found.append(move(current, end, actor_kind, delivery))
            except IllegalMove:
                continue
    return found


def stock_effect(current: SellerOrderState, to: SellerOrderState) -> str | None:
    """Return what a move does to stock: "release", "promise", "take_out", "take_back", "put_back" or nothing.

    Goods leave the house at hand-over, or when they are collected. Cancelled and
    never collected goods were only promised. Goods that come back were taken out. Put back is
    what lies in its bag or parcel again, since it was not handed over.
    """
    if to in (S.CANCELLED, S.NOT_COLLECTED):
        return "release"
    if current in (S.CANCELLED, S.NOT_COLLECTED):
        return "promise"
    if (current, to) in ((S.DELIVERED, S.READY_FOR_PICKUP), (S.HANDED_OVER, S.PACKED)):
        return "put_back"
    if to == S.RETURNED:
        return "take_back"
    if current in HOLDING and to in (S.HANDED_OVER, S.DELIVERED):
        return "take_out"
    return None


@dataclass(frozen=True, slots=True)
class Holds:
    """For how many hours stock is promised before somebody acts. Source: DECISIONS 3."""

    cod_hours: int = 72
    transfer_hours: int = 24
    quote_hours: int = 168
    online_minutes: int = 30


def reserved_until(
    state: SellerOrderState, method: str, holds: Holds, now: datetime
) -> datetime | None:
    """Return until when stock is promised to an order that has just come into a state.

    None: until hand-over or cancel. Cash on delivery, and what costs nothing, needs the
    seller's confirmation; a transfer needs to be reported, which ``hold_until`` notes.
    Every other way is paid at once on another page.
    """
    if state in (S.AWAITING_QUOTE, S.QUOTED):
        return now + timedelta(hours=holds.quote_hours)
    if state == S.PLACED:
        hours = {
            "cod": holds.cod_hours, "nothing": holds.cod_hours, "transfer": holds.transfer_hours,
        }.get(method)  # fmt: skip
        if hours is None:
            return now + timedelta(minutes=holds.online_minutes)
        return now + timedelta(hours=hours)
    return None


def clock_begins(method: str, days: Iterable[date | None], now: datetime) -> datetime:
    """Return from when a part's promise runs: what is ordered ahead for cash waits for its day first.

    Whoever pays ahead pays now, whenever the goods come.

    Args:
        days: of its lines, from which they are sent; None for what is there.
    """
    ahead = [day for day in days if day is not None]
    if not ahead or method not in ("cod", "nothing"):
        return now
    return max(now, day_begins(max(ahead)))


@dataclass(frozen=True, slots=True)
class BuyerSummary:
    """One sentence's worth: a key for the words, and the figures in it.

    ``done`` of ``total`` parts are as far as the key says; cancelled parts are in neither.
    Keys: a state's name when all parts are in it; else "answer_quote", "trouble",
    "partly_arrived", "partly_on_the_way", "partly_ready", "partly_packed", "in_preparation".
    """

    key: str
    done: int
    total: int
    cancelled: int


_TROUBLE = frozenset({S.DELIVERY_FAILED, S.REFUSED, S.LOST, S.NOT_COLLECTED})
_ARRIVED = frozenset({S.DELIVERED, S.COMPLETED, S.RETURNED})


def buyer_summary(states: Iterable[SellerOrderState | str]) -> BuyerSummary:
    """Return the one thing that a buyer is told about all parts of her order.

    What asks something of her comes first, then trouble, then how far it has come.
    """
    every = [SellerOrderState(state) for state in states]
    live = [state for state in every if state != S.CANCELLED]
    total, cancelled = len(live), len(every) - len(live)
    if not live:
        return BuyerSummary("cancelled", cancelled, cancelled, cancelled)
    if len(set(live)) == 1:
        return BuyerSummary(live[0].value, total, total, cancelled)

    def told(key: str, *counted: SellerOrderState) -> BuyerSummary | None:
        done = sum(state in counted for state in live)
        return BuyerSummary(key, done, total, cancelled) if done else None

    return (
        told("answer_quote", S.QUOTED)
        or told("trouble", *_TROUBLE)
        or told("partly_arrived", *_ARRIVED)
        or told("partly_ready", S.READY_FOR_PICKUP)
        or told("partly_on_the_way", S.HANDED_OVER)
        or told("partly_packed", S.PACKED)
        or BuyerSummary("in_preparation", total, total, cancelled)
    )
