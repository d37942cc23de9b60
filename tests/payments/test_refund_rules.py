"""Whose sale a refund is taken from, and which moves it can make. No database."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from shop.ledger.rules import KINDS
from shop.payments.rules.amounts import MoreThanReceived, missing_vnd, surplus_vnd
from shop.payments.rules.books import (
    GoodsBack,
    Money,
    Moved,
    Part,
    Stage,
    TransferFacts,
    UnitsBack,
    UnitsGiven,
    after,
    balances,
    known_vnd,
)
from shop.payments.rules.refunds import (
    MOVES,
    RefundMovedOn,
    RefundReason,
    RefundState,
    Share,
    allocate,
    check_allocation,
    may_have,
    move,
    once_gone,
    reason_of,
    spare_of,
    told_apart,
)
from tests.conftest import NOON

A = Part(1, 3, goods_vnd=100_000, delivery_vnd=0, collector="organisation:9")
B = Part(2, 4, goods_vnd=200_000, delivery_vnd=0, collector="organisation:9")


def paid(received: int, *parts: Part, refunded: int = 0) -> TransferFacts:
    return TransferFacts(7, parts or (A, B), received, refunded)


def went(
    facts: TransferFacts, by_part: dict[int, int], *, for_units: bool = False, at=NOON
) -> TransferFacts:
    """``for_units``: of 10 each, of the line with the part's number."""
    shares = told_apart(facts, by_part, for_units=for_units)
    if for_units:
        shares = {
            part: share._replace(units=(UnitsGiven(part, share.vnd // 10_000, at),))
            for part, share in shares.items()
        }
    over, let_off, ahead = (
        tuple((part, getattr(share, name)) for part, share in shares.items())
        for name in ("over_vnd", "let_off_vnd", "ahead_vnd")
    )
    vnd = sum(by_part.values())
    after_it = after(
        facts,
        Money(
            "", NOON, "refunded", vnd, tuple(by_part.items()), over, let_off, ahead,
            units=tuple((part, units) for part, share in shares.items() for units in share.units),
        ),
    )  # fmt: skip
    assert after_it == once_gone(facts, shares)
    assert isinstance(after_it, TransferFacts)
    return after_it


def back(vnd: int, *, line: int = 2, at=NOON, number: int = 1) -> GoodsBack:
    """Units of 10 each of the second part came back."""
    units = (UnitsBack(number, line, vnd // 10_000, 10_000, vnd, at),)
    return GoodsBack("", at, 2, vnd, 0, units=units)


def cancelled(part: Part) -> Part:
    return Part(
        part.id, part.seller_id, part.goods_vnd, part.delivery_vnd, part.collector, Stage.NOTHING
    )


def delivered(part: Part) -> Part:
    return Part(
        part.id, part.seller_id, part.goods_vnd, part.delivery_vnd, part.collector, Stage.SOLD
    )


def stands(facts: TransferFacts, seller: int) -> dict[str, int]:
    return {
        account.kind: vnd
        for account, vnd in balances(facts).items()
        if account.owner == f"seller:{seller}"
    }


@pytest.mark.parametrize(
    ("facts", "amount", "allocated"),
    [
        # What a cancelled part paid goes back for that part alone.
        (paid(300_000, cancelled(A), B), 100_000, {1: 100_000}),
        (paid(300_000, cancelled(A), B), 40_000, {1: 40_000}),
        # Beyond it the rest is taken from what the others are paid.
        (paid(300_000, cancelled(A), B), 130_000, {1: 100_000, 2: 30_000}),
        # Goodwill, and what came above all that was asked, in proportion: largest remainder.
        (paid(300_000), 100_000, {1: 33_333, 2: 66_667}),
        (paid(300_010), 10, {1: 3, 2: 7}),
        # Both cancelled: each its own.
        (paid(300_000, cancelled(A), cancelled(B)), 300_000, {1: 100_000, 2: 200_000}),
        # Paid short, one cancelled: what came pays the other, nothing is left over for the first.
        (paid(150_000, cancelled(A), B), 50_000, {2: 50_000}),
    ],
)
def test_an_amount_is_taken_from_whom_it_concerns(facts, amount, allocated):
    assert allocate(facts, amount) == allocated


def test_a_refund_of_one_seller_lowers_no_other_sellers_money():
    """Today's remainder would take two thirds of it from the other seller."""
    before = paid(300_000, delivered(A), delivered(B))
    later = went(before, {1: 30_000})
    assert stands(before, 4) == stands(later, 4) == {"seller_payable": -200_000}
    assert stands(later, 3) == {"seller_payable": -70_000}
    # Named by nobody, it is shared as it was before there were refunds.
    shared = after(before, Money("", NOON, "refunded", 30_000))
    assert stands(shared, 4) == {"seller_payable": -180_000}


def test_paid_short_the_others_keep_what_came_for_them():
    before = paid(150_000)
    later = went(before, {1: 30_000})
    assert stands(before, 4) == stands(later, 4) == {"prepaid": -100_000}
    assert stands(later, 3) == {"prepaid": -20_000}


def test_what_open_refunds_will_take_is_not_promised_twice():
    facts = once_gone(paid(300_000, cancelled(A), B), {1: Share(100_000)})
    assert may_have(facts) == {1: 0, 2: 200_000}
    assert allocate(facts, 50_000) == {2: 50_000}
    with pytest.raises(MoreThanReceived):
        allocate(facts, 200_001)


def test_surplus_that_went_back_for_one_part_lowers_no_sellers_money():
    """Of 73 for 1, 1 and 70 one is above all that was asked; then the second part's goes back."""
    parts = [Part(n, n + 10, vnd, 0, "organisation:9") for n, vnd in enumerate((1, 1, 70), 1)]
    before = TransferFacts(7, tuple(parts), 73)
    assert told_apart(before, {1: 1}) == {1: Share(1, 1)}
    surplus_gone = went(before, {1: 1})
    assert [stands(surplus_gone, n) for n in (11, 12)] == [stands(before, n) for n in (11, 12)]
    later = went(surplus_gone, {2: 1})
    assert stands(later, 11) == stands(before, 11)
    assert stands(later, 12) == {}


def test_what_fell_away_and_went_back_for_another_is_not_there_twice():
    """Fifty thousand fell away of A; they went back in B's name, so what A gives now is its own."""
    half = replace(A, goods_back_vnd=50_000)
    before = paid(300_000, half, B)
    gone = went(before, {2: 50_000})
    assert stands(gone, 4) == stands(before, 4)
    assert told_apart(gone, {1: 20_000}) == {1: Share(20_000, -50_000, 20_000)}
    later = went(gone, {1: 20_000})
    assert stands(later, 3) == {"prepaid": -30_000}
    assert stands(later, 4) == stands(before, 4)


PARTS = st.lists(
    st.builds(
        lambda goods, delivery, stage, back: (goods, delivery, stage, min(back, goods)),
        st.integers(1, 10**6), st.integers(0, 50_000),
        st.sampled_from([Stage.WAITING, Stage.SOLD, Stage.NOTHING]), st.integers(0, 10**6),
    ),
    min_size=1, max_size=4,
)  # fmt: skip


def facts_from(rows, received: int) -> TransferFacts:
    parts = [
        Part(n, n + 10, goods, delivery, "organisation:9", stage, goods_back_vnd=back)
        for n, (goods, delivery, stage, back) in enumerate(rows, 1)
    ]
    return TransferFacts(7, tuple(parts), received)


def test_what_one_seller_lets_the_buyer_off_takes_nothing_of_what_falls_away_of_another():
    """300 by one transfer for 100 and 200; 50 given back for the second; then the first is cancelled."""
    gift = went(paid(300_000), {2: 50_000})
    assert spare_of(gift) == 0
    later = after(gift, Moved("", NOON, 1, "cancelled"))
    assert isinstance(later, TransferFacts)
    assert spare_of(later) == 100_000
    assert may_have(later) == {1: 100_000, 2: 150_000}
    assert stands(later, 4) == stands(gift, 4) == {"prepaid": -150_000}
    all_gone = after(went(later, {1: 100_000}), Moved("", NOON, 2, "cancelled"))
    assert isinstance(all_gone, TransferFacts)
    assert spare_of(all_gone) == 150_000


@pytest.mark.parametrize(
    ("came_back", "for_units", "left_over"),
    [
        # A gift stays a gift: goods worth 40 come back, and 40 goes back for them.
        (40_000, False, 40_000),
        # Never more than what is left of what was paid.
        (180_000, False, 150_000), (200_000, False, 150_000),
        # Money of units went back: the first 50 of goods that come back are theirs.
        (40_000, True, 0), (50_000, True, 0), (90_000, True, 40_000), (200_000, True, 150_000),
    ],
)  # fmt: skip
def test_goods_that_come_back_after_a_gift(came_back, for_units, left_over):
    gift = went(paid(300_000), {2: 50_000}, for_units=for_units)
    later = after(gift, back(came_back))
    assert isinstance(later, TransferFacts)
    assert spare_of(later) == left_over
    if left_over:
        assert spare_of(went(later, allocate(later, left_over))) == 0


def test_units_whose_money_goes_back_after_others_came_back_are_other_units():
    later = after(paid(300_000), back(60_000))
    assert isinstance(later, TransferFacts)
    settled = went(later, {2: 60_000})
    for_units = went(settled, {2: 50_000}, for_units=True, at=NOON + timedelta(minutes=1))
    assert spare_of(for_units) == 0
    cancelled_other = after(for_units, Moved("", NOON, 1, "cancelled"))
    assert isinstance(cancelled_other, TransferFacts)
    assert spare_of(cancelled_other) == 100_000


def test_other_units_that_come_back_after_money_of_units_are_paid_on_top():
    ahead = went(paid(300_000), {2: 50_000}, for_units=True)
    others = back(60_000, line=3)
    later = after(ahead, others)
    assert isinstance(later, TransferFacts)
    assert spare_of(later) == 60_000
    theirs = after(later, back(50_000, number=2))
    assert isinstance(theirs, TransferFacts)
    assert spare_of(theirs) == 60_000
    kept = after(later, others.undone("", NOON))
    assert isinstance(kept, TransferFacts)
    assert spare_of(kept) == 0


def test_a_refund_by_line_that_is_undone_takes_nothing_of_what_another_gave():
    """50 for units that came back, 30 for others with the buyer; then the 50 did not go after all."""
    first = went(paid(300_000), {2: 50_000}, for_units=True)
    [units] = first.parts[1].units_given
    both = once_gone(first, {2: Share(30_000, ahead_vnd=30_000, units=(UnitsGiven(3, 3, NOON),))})
    later = after(both, back(50_000))
    assert isinstance(later, TransferFacts)
    assert spare_of(later) == 0
    wrong = Share(50_000, ahead_vnd=50_000, units=(units,))
    undone = once_gone(later, {2: wrong.undone})
    assert spare_of(undone) == 50_000
    assert once_gone(undone, {2: wrong}).parts[1].let_off_now_vnd == 30_000


def test_which_goods_that_come_back_are_units_whose_money_had_gone_back():
    def at(minute: int):
        return NOON + timedelta(minutes=minute)

    given = [UnitsGiven(1, 2, at(1)), UnitsGiven(2, 1, at(1))]
    first = UnitsBack(10, 1, 1, 100, 100, at(0))  # Before anything was promised.
    assert known_vnd(given, [first]) == 0
    both = [UnitsBack(11, 1, 1, 100, 200, at(2)), UnitsBack(11, 2, 2, 50, 200, at(2))]
    assert known_vnd(given, [first, *both]) == 150
    mistake = [UnitsBack(12, 1, 1, 100, 400, at(4)), UnitsBack(12, 3, 1, 300, 400, at(4))]
    assert known_vnd(given, [first, *both, *mistake]) == 250
    more = UnitsBack(13, 1, 2, 100, 200, at(6))
    assert known_vnd(given, [first, *both, *mistake, more]) == 250
    no_more = [one._replace(units=-one.units) for one in mistake]
    assert known_vnd(given, [first, *both, *mistake, more, *no_more]) == 250  # One of the two then.
    undone = [*given, UnitsGiven(1, -2, at(1))]
    assert known_vnd(undone, [first, *both, more]) == 50
    # A reduction is shared: 180 for goods of 200.
    assert known_vnd(given, [one._replace(goods_vnd=180) for one in both]) == 135


def test_a_part_cancelled_before_it_was_paid_asks_for_nothing_when_a_gift_goes_back():
    facts = paid(200_000, cancelled(A), B)
    assert spare_of(went(facts, allocate(facts, 50_000))) == 0


def test_what_went_back_while_not_all_was_paid_is_asked_for_again():
    shares = told_apart(paid(150_000), {1: 30_000})
    assert shares == {1: Share(30_000)}
    # And money of a revived part that went back before is not let off.
    back = went(paid(110_000, cancelled(A)), {1: 100_000})
    revived = replace(back, received_vnd=210_000, parts=(replace(back.parts[0], stage=A.stage),))
    assert spare_of(revived) == 10_000


def test_shares_from_before_keep_their_meaning():
    """What refunds did not tell apart (0057) stands in the books as it did."""
    before = after(paid(300_000), Money("", NOON, "refunded", 50_000, ((2, 50_000),)))
    assert stands(before, 4) == {"prepaid": -150_000}
    later = after(before, Moved("", NOON, 1, "cancelled"))
    assert stands(later, 4) == {"prepaid": -200_000}
    assert isinstance(later, TransferFacts)
    assert spare_of(later) == 50_000


@given(PARTS, st.data())
def test_whatever_is_let_off_stays_so_and_all_that_falls_away_goes_back(rows, data):
    """Random gifts, cancels and returns of what was paid in full; a plain count beside the rules."""
    facts = facts_from([(goods, fee, Stage.SOLD, 0) for goods, fee, _, _ in rows], 0)
    facts = replace(facts, received_vnd=sum(part.asked_vnd for part in facts.parts))
    gifts = dict.fromkeys((part.id for part in facts.parts), 0)
    for _ in range(data.draw(st.integers(1, 8))):
        part = data.draw(st.sampled_from(facts.parts))
        what = data.draw(st.sampled_from(["gift", "gift", "cancel", "back"]))
        later: object = facts
        if what == "gift" and (most := may_have(facts)[part.id]):
            vnd = data.draw(st.integers(1, most))
            gifts[part.id] += vnd
            later = went(facts, check_allocation(facts, {part.id: vnd}))
        elif what == "cancel":
            later = after(facts, Moved("", NOON, part.id, "cancelled"))
        elif what == "back" and part.stage == Stage.SOLD:
            rest = part.goods_vnd - part.goods_back_vnd
            vnd = data.draw(st.integers(0, rest))
            later = after(facts, GoodsBack("", NOON, part.id, vnd, 0))
        assert isinstance(later, TransferFacts)
        facts = later
        keeps = sum(max(0, part.due_vnd - gifts[part.id]) for part in facts.parts)
        assert spare_of(facts) == facts.received_vnd - facts.refunded_vnd - keeps
        # The payment's own sums, by which pages ask and give back, say the same.
        asked = sum(part.due_vnd - part.let_off_now_vnd for part in facts.parts)
        assert surplus_vnd(asked, facts.received_vnd, facts.refunded_vnd) == spare_of(facts)
        assert missing_vnd(asked, facts.received_vnd, facts.refunded_vnd) == 0
        if spare := spare_of(facts):
            facts = went(facts, allocate(facts, spare))
            assert spare_of(facts) == 0
            for one in facts.parts:
                mine = -sum(stands(facts, one.seller_id).values())
                assert mine == max(0, one.due_vnd - gifts[one.id])


def test_two_parts_together_take_nothing_of_a_third():
    """Each alone might have what is above all that was asked, but it is there once."""
    parts = [Part(n, n + 10, 5, 0, "organisation:9") for n in (1, 2, 3)]
    facts = TransferFacts(7, tuple(parts), 25)
    assert may_have(facts) == {1: 15, 2: 15, 3: 15}
    with pytest.raises(MoreThanReceived):
        check_allocation(facts, {1: 12, 2: 13})
    assert check_allocation(facts, {1: 12, 2: 8}) == {1: 12, 2: 8}


@pytest.mark.parametrize("wanted", [{1: 100_001}, {3: 1}, {1: 0}, {1: -5}, {1: 60_000, 2: 300_000}])
def test_no_seller_gives_back_what_came_for_another(wanted):
    with pytest.raises(MoreThanReceived):
        check_allocation(paid(300_000), wanted)


@given(PARTS, st.integers(1, 3 * 10**6), st.data())
def test_every_refund_adds_up_and_leaves_the_other_sellers_as_they_were(rows, received, data):
    """Some by amount, some of named parts; the books balance on their sides after each."""
    facts = facts_from(rows, received)
    for _ in range(data.draw(st.integers(1, 4))):
        held = facts.received_vnd - facts.refunded_vnd
        if not held:
            break
        if data.draw(st.booleans()):
            amount = data.draw(st.integers(1, held))
            given_back = allocate(facts, amount)
            assert sum(given_back.values()) == amount
            assert all(vnd > 0 for vnd in given_back.values())
        else:
            most = {part: vnd for part, vnd in may_have(facts).items() if vnd}
            assume(most)
            named = data.draw(st.sets(st.sampled_from(sorted(most)), min_size=1, max_size=3))
            wanted = {part: data.draw(st.integers(1, most[part])) for part in sorted(named)}
            try:
                given_back = check_allocation(facts, wanted)
            except MoreThanReceived:
                # Each alone may have so much, but not all of them together.
                assert len(wanted) > 1
                continue
        before, facts = facts, went(facts, given_back)
        for part in facts.parts:
            if part.id not in given_back:
                assert stands(facts, part.seller_id) == stands(before, part.seller_id)
        books = balances(facts)
        assert sum(books.values()) == 0
        for account, vnd in books.items():
            kind = KINDS[account.kind]
            assert kind.either_side or vnd * kind.normal > 0, account


@given(PARTS, st.integers(1, 3 * 10**6))
def test_all_of_it_can_always_go_back(rows, received):
    facts = facts_from(rows, received)
    given_back = allocate(facts, received)
    assert sum(given_back.values()) == received
    assert {account.kind for account in balances(went(facts, given_back))} <= {
        "buyers_owe", "sales", "delivery", "seller_payable", "delivery_payable",
    }  # fmt: skip


def test_only_these_moves_can_be_made():
    """Over the whole square."""
    legal = {
        ("asked", "account_given"), ("asked", "sent"), ("asked", "done"), ("asked", "failed"),
        ("asked", "taken_back"), ("account_given", "asked"), ("account_given", "done"),
        ("account_given", "taken_back"), ("sent", "done"), ("sent", "failed"),
        ("done", "taken_back"),
    }  # fmt: skip
    assert set(MOVES) == set(RefundState)
    for start in RefundState:
        for end in RefundState:
            if (start, end) in legal:
                assert move(start, end) == end
            else:
                with pytest.raises(RefundMovedOn):
                    move(start, end)


@pytest.mark.parametrize(
    ("states", "over", "more", "reason"),
    [
        (["cancelled"], False, False, RefundReason.CANCELLED),
        (["cancelled"], True, False, RefundReason.LATE),
        (["not_collected"], False, False, RefundReason.REFUSED),
        (["refused", "cancelled"], False, False, RefundReason.REFUSED),
        (["lost"], False, False, RefundReason.LOST),
        (["delivered"], False, False, RefundReason.RETURNED),
        (["returned"], False, False, RefundReason.RETURNED),
        ([], False, True, RefundReason.OVERPAID),
        ([], False, False, RefundReason.OVERPAID),
    ],
)
def test_why_money_goes_back_is_told_from_what_became_of_the_goods(states, over, more, reason):
    assert reason_of(states, was_over=over, is_over_paid=more) == reason
