"""Whose sale a refund is taken from, and which moves it can make. No database."""

from dataclasses import replace

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from shop.ledger.rules import KINDS
from shop.payments.rules.amounts import MoreThanReceived
from shop.payments.rules.books import Money, Part, Stage, TransferFacts, after, balances
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
    told_apart,
)
from tests.conftest import NOON

A = Part(1, 3, goods_vnd=100_000, delivery_vnd=0, collector="organisation:9")
B = Part(2, 4, goods_vnd=200_000, delivery_vnd=0, collector="organisation:9")


def paid(received: int, *parts: Part, refunded: int = 0) -> TransferFacts:
    return TransferFacts(7, parts or (A, B), received, refunded)


def went(facts: TransferFacts, by_part: dict[int, int]) -> TransferFacts:
    shares = told_apart(facts, by_part)
    over = tuple((part, share.over_vnd) for part, share in shares.items())
    money = Money("", NOON, "refunded", sum(by_part.values()), tuple(by_part.items()), over)
    after_it = after(facts, money)
    assert after_it == once_gone(facts, shares)
    assert isinstance(after_it, TransferFacts)
    return after_it


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
    assert told_apart(gone, {1: 20_000}) == {1: Share(20_000, -50_000)}
    later = went(gone, {1: 20_000})
    assert stands(later, 3) == {"prepaid": -30_000}
    assert stands(later, 4) == stands(before, 4)


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
