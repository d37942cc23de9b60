"""Goods that come back in part: never more than was sold, once per post, and the sums follow."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select, text, true

from shop.db import db, in_transaction
from shop.kernel.errors import NotYours
from shop.ordering import actions, queries
from shop.ordering.actions import taking_back
from shop.ordering.events import GoodsCameBack
from shop.ordering.models import GoodsReturn, GoodsReturnLine, LineItem, SellerOrder
from shop.ordering.rules import (
    ComingBack,
    IllegalMove,
    MoreThanSold,
    NothingCameBack,
    ReturnChanged,
    ReturnReason,
    Sold,
    after_return,
    gives_fee_back,
    goods_back_vnd,
    owed_vnd,
)
from shop.outbox.models import OutboxMessage
from tests.conftest import NOON
from tests.engines import both_engines
from tests.ordering.proof import broken, how_many, kinds, level
from tests.ordering.test_race import all_at_once

WAY = ("confirmed", "packed", "handed_over", "delivered")
FAULTY, CHANGE = ReturnReason.FAULTY, ReturnReason.CHANGE_OF_MIND


@pytest.fixture
def delivered(a_variant, a_cart, place):
    """Bring 3 jars at 95.000 đ and 2 teas at 40.000 đ to the buyer: (part, {title: line id}, variants)."""

    def make():
        jar = a_variant("Bột")
        seller = db.session.scalar(text("SELECT MAX(id) FROM sellers"))
        db.session.rollback()
        tea = a_variant("Trà", seller_id=seller, price_vnd=40_000)
        placed = place(a_cart({jar: 3, tea: 2}), 365_000 + 25_000 + 5_000 * 4)
        (part,) = placed.seller_order_ids
        for to in WAY:
            in_transaction(
                lambda session, to=to: actions.move_seller_order(
                    session, seller_order_id=part, to=to, actor_kind="seller", actor_id=None,
                    now=NOON,
                )
            )  # fmt: skip
        lines = {
            row.variant_id: row.id for row in queries.lines_of(db.session(), [part])
        }  # fmt: skip
        db.session.rollback()
        return part, lines[jar], lines[tea], jar, tea

    return make


def give(part, *coming, reason=FAULTY, fee=False, after=0, **more):
    return in_transaction(
        lambda session: actions.return_goods(
            session, seller_order_id=part, coming=[ComingBack(*each) for each in coming],
            reason=reason, gives_fee_back=fee, after=after, actor_kind="seller", actor_id=None,
            now=NOON, **more,
        )
    )  # fmt: skip


def row_of(part):
    db.session.rollback()
    return db.session.execute(
        select(
            SellerOrder.state, SellerOrder.total_vnd, SellerOrder.returned_items_vnd,
            SellerOrder.returned_shipping_vnd,
        ).where(SellerOrder.id == part)
    ).one()  # fmt: skip


@both_engines
def test_some_come_back_and_the_rest_stays_delivered(delivered):
    part, jars, teas, jar, tea = delivered()
    done = give(part, (jars, 2, True), (teas, 1, False), note="nắp hở")
    assert done is not None
    assert not done.is_whole
    assert row_of(part) == ("delivered", 410_000, 230_000, 0)
    assert level(db.session(), jar) == (8, 0)
    assert level(db.session(), tea) == (7, 0)
    assert kinds(db.session(), jar)[-1] == "returned"
    (back,) = queries.returns_of(db.session(), part)
    assert (back.row.items_vnd, back.row.shipping_vnd, back.row.note) == (230_000, 0, "nắp hở")
    assert [(line.quantity, line.restocked) for line in back.lines] == [(2, True), (1, False)]


@both_engines
def test_with_the_last_unit_the_part_is_returned_and_the_fee_goes_back_once(delivered):
    part, jars, teas, jar, _tea = delivered()
    give(part, (jars, 3, True), fee=True)
    assert row_of(part) == ("delivered", 410_000, 285_000, 45_000)
    last = queries.last_return(db.session(), part)
    db.session.rollback()
    done = give(part, (teas, 2, True), fee=True, after=last, reason=CHANGE)
    assert done is not None
    assert done.is_whole
    assert row_of(part) == ("returned", 410_000, 365_000, 45_000)
    assert level(db.session(), jar) == (9, 0)
    heard = db.session.scalars(
        select(OutboxMessage.payload).where(
            OutboxMessage.event == GoodsCameBack.name,
            OutboxMessage.subscriber == "payments.follow_return",
        )
    ).all()
    assert [message["is_whole"] for message in heard] == [False, True]


@both_engines
def test_a_repeated_post_is_one_return(delivered):
    part, jars, _teas, jar, _tea = delivered()
    assert give(part, (jars, 1, True)) is not None
    assert give(part, (jars, 1, True)) is None
    assert row_of(part).returned_items_vnd == 95_000
    assert level(db.session(), jar) == (7, 0)
    assert how_many(db.session(), GoodsReturn, GoodsReturnLine) == (1, 1)


@both_engines
def test_the_last_return_sent_again_is_still_known(delivered):
    part, jars, teas, _jar, _tea = delivered()
    everything = ((jars, 3, True), (teas, 2, True))
    assert give(part, *everything) is not None
    assert give(part, *everything) is None
    assert row_of(part).state == "returned"


@both_engines
def test_another_return_from_the_same_page_is_refused(delivered):
    part, jars, teas, _jar, _tea = delivered()
    give(part, (jars, 1, True))
    for other in (((jars, 2, True),), ((teas, 1, True),), ((jars, 1, False),)):
        with pytest.raises(ReturnChanged):
            give(part, *other)
    with pytest.raises(ReturnChanged):
        give(part, (jars, 1, True), reason=CHANGE)
    assert how_many(db.session(), GoodsReturn) == (1,)


@both_engines
def test_what_cannot_have_come_back_is_refused_and_nothing_is_stored(delivered):
    part, jars, teas, jar, tea = delivered()
    other, other_jars, *_ = delivered()
    before = how_many(db.session(), GoodsReturn, GoodsReturnLine, OutboxMessage)
    for coming, refused in (
        ((), NothingCameBack),
        (((jars, 0, True),), NothingCameBack),
        (((jars, 1, True), (jars, 1, True)), NothingCameBack),
        (((teas, 1, True), (jars, 4, True)), MoreThanSold),
        (((jars, 2**40, True),), MoreThanSold),
        (((other_jars, 1, True),), MoreThanSold),
        (((999_999, 1, True),), MoreThanSold),
    ):
        with pytest.raises(refused):
            give(part, *coming)
    with pytest.raises(NotYours):
        give(999_999, (jars, 1, True))
    assert how_many(db.session(), GoodsReturn, GoodsReturnLine, OutboxMessage) == before
    assert row_of(part)[2:] == (0, 0)
    assert (level(db.session(), jar), level(db.session(), tea)) == ((6, 0), (7, 0))
    assert row_of(other).state == "delivered"


@pytest.mark.parametrize("state", ["placed", "packed", "handed_over"])
def test_goods_that_did_not_arrive_do_not_come_back_in_part(an_order, state):
    part = an_order().seller_order_ids[0]
    for to in WAY[: WAY.index(state) + 1] if state in WAY else ():
        in_transaction(
            lambda session, to=to: actions.move_seller_order(
                session, seller_order_id=part, to=to, actor_kind="seller", actor_id=None, now=NOON
            )
        )
    (line,) = queries.lines_of(db.session(), [part])
    db.session.rollback()
    with pytest.raises(IllegalMove):
        give(part, (line.id, 1, True))


@both_engines
def test_the_whole_after_a_part_takes_back_only_what_is_left(delivered):
    part, jars, _teas, jar, tea = delivered()
    give(part, (jars, 2, True))
    in_transaction(
        lambda session: actions.move_seller_order(
            session, seller_order_id=part, to="returned", actor_kind="operator", actor_id=None,
            now=NOON,
        )
    )  # fmt: skip
    assert row_of(part) == ("returned", 410_000, 365_000, 45_000)
    assert (level(db.session(), jar), level(db.session(), tea)) == ((9, 0), (9, 0))


@both_engines
def test_what_came_back_is_never_rewritten(delivered):
    part, jars, *_ = delivered()
    give(part, (jars, 1, True))
    for statement in (
        "UPDATE goods_returns SET items_vnd = 1", "DELETE FROM goods_returns",
        "UPDATE goods_return_lines SET quantity = 2", "DELETE FROM goods_return_lines",
        "UPDATE line_items SET returned = 4", "UPDATE line_items SET returned = -1",
        "UPDATE seller_orders SET returned_items_vnd = 365001",
        "UPDATE seller_orders SET returned_shipping_vnd = 45001",
    ):  # fmt: skip
        with pytest.raises(Exception, match=r"(?i)trail|check|permission denied"):
            in_transaction(lambda session, statement=statement: session.execute(text(statement)))


# --- Races --------------------------------------------------------------------------------


def rivals(part, line):
    """Return work in which each of several people, on a page of her own, takes one unit back."""

    def one(number):
        give(part, (line, 1, True), after=number)
        return "back"

    return one


@both_engines
def test_of_eight_who_take_one_back_at_once_three_do(app, delivered):
    part, jars, _teas, jar, _tea = delivered()
    assert all_at_once(app, rivals(part, jars), 8) == {"back": 3, "more_than_sold": 5}
    assert level(db.session(), jar) == (9, 0)
    assert row_of(part) == ("delivered", 410_000, 285_000, 0)
    assert broken(db.session()) == {}


@both_engines
def test_two_lines_that_come_back_at_once_both_count(app, delivered):
    part, jars, teas, _jar, _tea = delivered()

    def one(number):
        give(part, (teas if number % 2 else jars, 1, True), after=number)
        return "back"

    assert all_at_once(app, one, 4) == {"back": 4}
    assert row_of(part).returned_items_vnd == 2 * 95_000 + 2 * 40_000
    assert broken(db.session()) == {}


@both_engines
def test_one_post_sent_eight_times_at_once_is_one_return(app, delivered):
    part, jars, *_ = delivered()

    def one(_number):
        return "new" if give(part, (jars, 1, True)) else "known"

    assert all_at_once(app, one, 8) == {"new": 1, "known": 7}


@both_engines
def test_without_the_guard_the_table_still_stops_what_was_not_sold(app, delivered, monkeypatch):
    """The twin: without the condition of the UPDATE nobody is told in words, only stopped."""
    part, jars, *_ = delivered()
    monkeypatch.setattr(taking_back, "_COME_BACK", taking_back._coming_back(true()))
    outcomes = all_at_once(app, rivals(part, jars), 8)
    assert outcomes["back"] == 3
    assert outcomes["more_than_sold"] == 0
    assert outcomes["IntegrityError"] == 5
    assert db.session.scalar(select(LineItem.returned).where(LineItem.id == jars)) == 3


# --- Rules --------------------------------------------------------------------------------

bought = st.lists(
    st.tuples(st.integers(1, 20), st.integers(1, 2_000_000)), min_size=1, max_size=6
)  # fmt: skip


@given(bought, st.data())
def test_any_steps_of_a_return_add_up_to_what_was_paid_for_the_goods(lines, data):
    sold = [Sold(n, quantity, price) for n, (quantity, price) in enumerate(lines)]
    items_vnd = sum(line.quantity * line.unit_price_vnd for line in sold)
    discount_vnd = data.draw(st.integers(0, items_vnd))
    given_vnd, steps = 0, 0
    while any(line.left for line in sold):
        units = {line.id: data.draw(st.integers(0, line.left)) for line in sold}
        if steps >= 4:  # Then all the rest at once.
            units = {line.id: line.left for line in sold}
        sold = after_return(sold, units)
        step_vnd = goods_back_vnd(sold, discount_vnd) - given_vnd
        assert step_vnd >= 0
        given_vnd += step_vnd
        assert given_vnd <= items_vnd - discount_vnd
        steps += 1
    assert given_vnd == items_vnd - discount_vnd


@given(st.integers(0, 10**9), st.integers(0, 10**6), st.data())
def test_nobody_owes_less_than_nothing(items_vnd, shipping_vnd, data):
    back = data.draw(st.integers(0, items_vnd)) + data.draw(st.sampled_from([0, shipping_vnd]))
    for state in ("delivered", "completed", "returned"):
        owed = owed_vnd(state, items_vnd + shipping_vnd, back)
        assert owed >= 0
        assert owed + back == items_vnd + shipping_vnd
    for state in ("cancelled", "refused", "lost", "not_collected", "quoted"):
        assert owed_vnd(state, items_vnd + shipping_vnd, 0) == 0


def test_the_fee_usually_goes_back_for_faults_and_not_for_second_thoughts():
    assert gives_fee_back(FAULTY)
    assert not gives_fee_back(CHANGE)
