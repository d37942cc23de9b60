"""Money that goes back to buyers: its states, its ways, and whose sale it is taken from."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from enum import StrEnum
from hashlib import sha256
from typing import NamedTuple

from shop.kernel.errors import Refusal
from shop.kernel.money import split_vnd
from shop.payments.rules.amounts import MoreThanReceived
from shop.payments.rules.books import (
    Part,
    TransferFacts,
    UnitsGiven,
    held_of,
    let_off_of,
    paid_of,
    shares,
)


class RefundState(StrEnum):
    """Where a refund stands. Only ``done`` has moved money."""

    ASKED = "asked"
    #: The buyer said which account; whoever holds the money sends it.
    ACCOUNT_GIVEN = "account_given"
    #: A card company or a wallet was asked and has not answered.
    SENT = "sent"
    DONE = "done"
    FAILED = "failed"
    TAKEN_BACK = "taken_back"


R = RefundState

#: Every move a refund can make. What is not here cannot happen.
MOVES: Mapping[RefundState, frozenset[RefundState]] = {
    # Straight to done: a person gave it back by hand, or the buyer told her account by phone.
    R.ASKED: frozenset({R.ACCOUNT_GIVEN, R.SENT, R.DONE, R.FAILED, R.TAKEN_BACK}),
    # Back to asked: there is no such account.
    R.ACCOUNT_GIVEN: frozenset({R.ASKED, R.DONE, R.TAKEN_BACK}),
    R.SENT: frozenset({R.DONE, R.FAILED}),
    # A wrong tap: the money did not move.
    R.DONE: frozenset({R.TAKEN_BACK}),
    R.FAILED: frozenset(),
    R.TAKEN_BACK: frozenset(),
}
#: Nobody else is waited for but whoever sends: these may still be taken back or changed.
WAITING = frozenset({R.ASKED, R.ACCOUNT_GIVEN})
#: What is promised to the buyer and has not reached her.
OPEN = WAITING | {R.SENT}
#: What counts against what was received.
COUNTING = OPEN | {R.DONE}


class RefundReason(StrEnum):
    """Why money goes back."""

    CANCELLED = "cancelled"
    RETURNED = "returned"
    #: Not accepted at the door, or not collected.
    REFUSED = "refused"
    LOST = "lost"
    #: It came when the order was over.
    LATE = "late"
    OVERPAID = "overpaid"
    GOODWILL = "goodwill"
    #: Noted before the shop knew refunds.
    BEFORE = "before"


class Way(StrEnum):
    """How money goes back."""

    #: The way it came, by whoever took the payment: cards and wallets.
    CARD = "card"
    BANK = "bank"
    CASH = "cash"
    CREDIT = "credit"
    #: To a campaign's fund, as the buyer said: whoever holds it transfers it there.
    CAMPAIGN = "campaign"
    #: The buyer's bank took it back from the card company: nobody sends anything.
    DISPUTE = "dispute"


#: Ways that a person walks and notes: a wrong tap can be taken back.
BY_HAND = frozenset({Way.BANK, Way.CASH, Way.CAMPAIGN})


class RefundMovedOn(Refusal):
    """The refund is not where the page thought: sent, taken back, or given another account."""

    code = "refund_moved_on"


class SentElsewhere(RefundMovedOn):
    """A person sent it where the page said, and it goes, or went, another way by now.

    ``state`` and ``way``: of the refund as it stands; ``reference``: what she typed.
    """

    code = "refund_sent_elsewhere"


class NoSuchWay(Refusal):
    """This money does not go back like that. ``way``: what was asked."""

    code = "no_such_way"


class NothingToGiveBack(Refusal):
    """Nothing of this came, or all of it went back."""

    code = "nothing_to_give_back"


class UnitsWentBack(MoreThanReceived):
    """Money of these units went back, or is promised. ``left``: of how many it did not."""

    code = "units_went_back"


def units_left_of(
    quantity: int, given: Sequence[tuple[datetime, int]], came_back: Sequence[tuple[datetime, int]]
) -> int:
    """Return of how many units of a line no money went back, nor is promised.

    A unit that comes back after its money was promised is one of those: it counts once.

    Args:
        given: (when promised, units) of refunds by line.
        came_back: (when, units) of goods that came back.

    >>> noon, later = datetime(2026, 1, 1, 12), datetime(2026, 1, 1, 13)
    >>> units_left_of(3, [(noon, 1)], [(later, 1)]), units_left_of(3, [(later, 1)], [(noon, 1)])
    (2, 1)
    """
    gone = waiting = 0
    for _, is_back, units in sorted(
        [(at, False, units) for at, units in given] + [(at, True, units) for at, units in came_back]
    ):
        known = max(0, min(units, waiting)) if is_back else 0
        waiting += -known if is_back else units
        gone += units - known
    return max(0, quantity - gone)


def where_mark(refund_id: int, way: str, account: bytes | None) -> str:
    """Return what the place that a refund goes to is recognised by: another wish, another mark.

    Args:
        account: as it is sealed.

    >>> where_mark(7, "bank", b"sealed")
    '7.cf64109b88'
    """
    return f"{refund_id}.{sha256(way.encode() + b' ' + (account or b'')).hexdigest()[:10]}"


def move(current: str, to: RefundState) -> RefundState:
    """Return ``to`` when a refund may go there from ``current``, else refuse."""
    if to not in MOVES[RefundState(current)]:
        raise RefundMovedOn(state=current, to=to)
    return to


class Share(NamedTuple):
    """What goes back in one part's name; ``over_vnd`` of it lowers nobody's money.

    ``let_off_vnd`` of it is let off, or ``ahead_vnd`` when it goes back for units
    (``books.Part``): that much less is expected for the part from then on.
    """

    vnd: int
    over_vnd: int = 0
    let_off_vnd: int = 0
    ahead_vnd: int = 0
    units: tuple[UnitsGiven, ...] = ()

    @property
    def undone(self) -> "Share":
        """The opposite: it did not go back after all."""
        return Share(
            -self.vnd, -self.over_vnd, -self.let_off_vnd, -self.ahead_vnd,
            tuple(one._replace(units=-one.units) for one in self.units),
        )  # fmt: skip


def once_gone(facts: TransferFacts, shares: Mapping[int, Share]) -> TransferFacts:
    """Return the facts as they will be once these shares, by part, went back."""
    return replace(
        facts,
        refunded_vnd=facts.refunded_vnd + sum(share.vnd for share in shares.values()),
        parts=tuple(
            replace(
                part,
                given_back_vnd=part.given_back_vnd + shares.get(part.id, _NOTHING).vnd,
                over_vnd=part.over_vnd + shares.get(part.id, _NOTHING).over_vnd,
                let_off_vnd=part.let_off_vnd + shares.get(part.id, _NOTHING).let_off_vnd,
                ahead_vnd=part.ahead_vnd + shares.get(part.id, _NOTHING).ahead_vnd,
                units_given=part.units_given + shares.get(part.id, _NOTHING).units,
            )
            for part in facts.parts
        ),
    )


_NOTHING = Share(0)


def may_have(facts: TransferFacts) -> dict[int, int]:
    """Return how much could go back for each part at most, by its id.

    What was paid for it and what is not owed for it any more; what came above all that was
    ever asked may go back for any of them.

    Args:
        facts: as they are once everything went back that is promised.
    """
    paid, spare_vnd, over_vnd = paid_of(facts), spare_of(facts), _over_vnd(facts)
    return {
        part.id: paid[part.id] + min(spare_vnd, _outstanding(part) + over_vnd)
        for part in facts.parts
    }


def allocate(facts: TransferFacts, amount_vnd: int) -> dict[int, int]:
    """Return of which parts' money an amount is taken, by part; the sum is the amount.

    First what is not owed any more, each part its own; then what was paid for the others,
    in proportion. Nothing is lost: the đồng left over go by largest remainder.

    Args:
        facts: as they are once everything went back that is promised.

    Raises:
        MoreThanReceived
    """
    free_vnd = held_of(facts)
    if not 0 < amount_vnd <= free_vnd:
        raise MoreThanReceived(amount_vnd=amount_vnd, held_vnd=max(0, free_vnd))
    paid = paid_of(facts)
    outstanding = [_outstanding(part) for part in facts.parts]
    first_vnd = min(amount_vnd, spare_of(facts), sum(outstanding))
    first = shares(first_vnd, outstanding)
    weights = [paid[part.id] for part in facts.parts]
    if not any(weights):
        weights = [part.goods_vnd + part.delivery_vnd for part in facts.parts]
    rest = split_vnd(amount_vnd - first_vnd, weights) if any(weights) else [0] * len(weights)
    found = {part.id: one + more for part, one, more in zip(facts.parts, first, rest, strict=True)}
    return {part_id: vnd for part_id, vnd in found.items() if vnd}


def check_allocation(facts: TransferFacts, wanted: Mapping[int, int]) -> dict[int, int]:
    """Return an allocation that names its parts, when each of them can bear it.

    Args:
        facts: as they are once everything went back that is promised.

    Raises:
        MoreThanReceived: one seller's refund would be taken from another's money.
    """
    most = may_have(facts)
    for part_id, vnd in wanted.items():
        if not 0 < vnd <= most.get(part_id, 0):
            raise MoreThanReceived(amount_vnd=vnd, held_vnd=most.get(part_id, 0))
    # What each may have beyond what was paid for it is there once, whoever takes it.
    paid, spare_vnd = paid_of(facts), spare_of(facts)
    beyond = {part: max(0, vnd - paid[part]) for part, vnd in wanted.items()}
    over_vnd = sum(
        max(0, beyond.get(part.id, 0) - _outstanding(part)) for part in facts.parts
    )  # fmt: skip
    if sum(beyond.values()) > spare_vnd or over_vnd > _over_vnd(facts):
        held_vnd = sum(paid[part] for part in wanted) + spare_vnd
        raise MoreThanReceived(amount_vnd=sum(wanted.values()), held_vnd=held_vnd)
    return dict(wanted)


def in_pieces(by_part: Mapping[int, int], sizes: Sequence[int]) -> list[dict[int, int]]:
    """Return an allocation cut into sums of these sizes, each taken from all parts in proportion.

    >>> in_pieces({7: 90, 8: 60}, [50, 100])
    [{7: 30, 8: 20}, {7: 60, 8: 40}]
    """
    left, found = dict(by_part), list[dict[int, int]]()
    for size in sizes:
        cut = dict(zip(left, split_vnd(size, list(left.values())), strict=True))
        left = {part: vnd - cut[part] for part, vnd in left.items()}
        found.append({part: vnd for part, vnd in cut.items() if vnd})
    return found


def told_apart(
    facts: TransferFacts, by_part: Mapping[int, int], *, for_units: bool = False
) -> dict[int, Share]:
    """Return what of each share of a refund is no money of its part, and what is let off.

    What is there beyond all that is due goes first. Only the rest lowers what is due, each part's
    its own, and it lowers it wholly: what fell away of a part and went back in another's name is
    not there any more, so the share is counted as so much more of its own (``over_vnd`` below
    nought). While not all is paid nothing is let off: what went back is asked for again.

    Args:
        facts: as they are once everything went back that was promised before.
        by_part: what ``allocate`` or ``check_allocation`` found.
        for_units: it goes back for units of lines.

    >>> part = Part(7, 1, 50_000, 0)
    >>> told_apart(TransferFacts(2, (part,), received_vnd=50_010), {7: 30})[7][:4]
    (30, 10, 20, 0)
    """
    expected_vnd = sum(part.due_vnd for part in facts.parts) - sum(let_off_of(facts))
    is_paid = held_of(facts) >= expected_vnd
    # A part that is paid otherwise now has nothing here that was due for it.
    found = {part_id: Share(vnd, vnd) for part_id, vnd in by_part.items()}
    for part, spared_vnd, let_off_vnd in zip(
        facts.parts, _spared(facts, by_part), let_off_of(facts), strict=True
    ):
        vnd = by_part.get(part.id, 0)
        if spared_vnd == vnd:
            over_vnd = spared_vnd - min(spared_vnd, _outstanding(part))
        else:
            fell_vnd = part.asked_vnd - part.due_vnd
            own_vnd = fell_vnd + let_off_vnd + vnd - spared_vnd
            over_vnd = part.given_back_vnd - part.over_vnd + vnd - own_vnd
        if vnd:
            lets_off_vnd = vnd - spared_vnd if is_paid else 0
            what = "ahead_vnd" if for_units else "let_off_vnd"
            found[part.id] = Share(vnd, over_vnd)._replace(**{what: lets_off_vnd})
    return found


def _spared(facts: TransferFacts, by_part: Mapping[int, int]) -> list[int]:
    """Return how much of each share is taken from what is due to nobody.

    To those first for whom not so much was paid, then to each what fell away of it, then in
    proportion.
    """
    wanted = [by_part.get(part.id, 0) for part in facts.parts]
    beyond = [vnd - paid for vnd, paid in zip(wanted, paid_of(facts).values(), strict=True)]
    fallen = [min(vnd, _outstanding(part)) for part, vnd in zip(facts.parts, wanted, strict=True)]
    left_vnd, found = min(spare_of(facts), sum(wanted)), [0] * len(wanted)
    for weights in (beyond, fallen, wanted):
        more = [max(0, vnd - sofar) for vnd, sofar in zip(weights, found, strict=True)]
        taken = shares(min(left_vnd, sum(more)), more)
        left_vnd -= sum(taken)
        found = [sofar + vnd for sofar, vnd in zip(found, taken, strict=True)]
    return found


def spare_of(facts: TransferFacts) -> int:
    """Return what is there beyond what is due: of parts that fell away, or above all asked."""
    return max(0, held_of(facts) - sum(paid_of(facts).values()))


def once_more_vnd(facts: TransferFacts, failed: Mapping[int, Share]) -> int:
    """Return how much of a refund that did not get through is to go back still.

    Not what went back, or is promised, for the same since: once its goods came back, they are paid
    back by themselves.

    Args:
        facts: as they are once everything went back that is promised.

    >>> part = Part(7, 1, 50_000, 0)
    >>> facts = TransferFacts(2, (part,), received_vnd=50_000)
    >>> once_more_vnd(facts, {7: Share(20_000, let_off_vnd=20_000)})
    20000
    >>> back = TransferFacts(2, (replace(part, goods_back_vnd=50_000),), 50_000, refunded_vnd=50_000)
    >>> once_more_vnd(back, {7: Share(20_000, let_off_vnd=20_000)})
    0
    """
    gone = once_gone(facts, failed)
    expected_vnd = sum(part.due_vnd - part.let_off_now_vnd for part in gone.parts)
    failed_vnd = sum(share.vnd for share in failed.values())
    return max(0, min(failed_vnd, held_of(facts) - expected_vnd))


def _over_vnd(facts: TransferFacts) -> int:
    """Return what came above all that was ever asked, and did not go back."""
    asked_vnd = sum(part.asked_vnd for part in facts.parts)
    return max(0, facts.received_vnd - asked_vnd - sum(part.over_vnd for part in facts.parts))


def _outstanding(part: Part) -> int:
    """Return what is not owed for a part any more and has not gone back for it."""
    gone_vnd = part.given_back_vnd - part.over_vnd - part.let_off_now_vnd
    return max(0, part.asked_vnd - part.due_vnd - max(0, gone_vnd))


def reason_of(states: Sequence[str], *, was_over: bool, is_over_paid: bool) -> RefundReason:
    """Return why money has to go back, told from what became of the parts that it paid for.

    Args:
        states: of the parts of which something is not owed any more.
        was_over: the money came when nothing was asked for any more.
        is_over_paid: more came than was ever asked for, and nothing else happened.
    """
    if was_over:
        return RefundReason.LATE
    if is_over_paid or not states:
        return RefundReason.OVERPAID
    words = {
        "cancelled": RefundReason.CANCELLED,
        "refused": RefundReason.REFUSED,
        "not_collected": RefundReason.REFUSED,
        "lost": RefundReason.LOST,
    }
    return words.get(states[0], RefundReason.RETURNED)
