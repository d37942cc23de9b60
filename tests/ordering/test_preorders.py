"""Ordering ahead: within the cap, served first come first, and never both promised and sold."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlalchemy import event, select, true, update

from shop.catalogue.models import Product, Variant
from shop.db import db, in_transaction
from shop.kernel.clock import VIETNAM, day_begins
from shop.notifications.letters import of_put_off
from shop.ordering import actions
from shop.ordering.events import GoodsPutOff
from shop.ordering.models import LineItem, SellerOrder
from shop.ordering.rules import GoodsAwaited, Holds, OrderedAhead, clock_begins
from shop.outbox.models import OutboxMessage
from shop.stock import actions as stock
from shop.stock import preorder_actions as preorders
from shop.stock.models import StockLevel
from shop.stock.preorder_models import Preorder, PreorderPlace
from shop.stock.preorder_rules import (
    NoPreorder,
    PreorderDay,
    PreorderNotLater,
    PreorderRuns,
    StillInStock,
)
from shop.stock.rules import NotEnoughStock
from tests.conftest import NOON
from tests.engines import both_engines, run_as_owner
from tests.ordering.proof import broken, kinds, level
from tests.ordering.test_race import BUYERS, all_at_once

TODAY = NOON.astimezone(VIETNAM).date()
READY = TODAY + timedelta(days=20)


@pytest.fixture
def ahead(app, a_variant):
    """Make a pack of which nothing is there, with a round of so many pieces."""

    def make(cap: int = 3, ready_on: date = READY, **more) -> int:
        variant = a_variant(on_hand=0, **more)
        in_transaction(lambda session: open_round(session, variant, cap, ready_on))
        return variant

    return make


def open_round(session, variant: int, cap: int, ready_on: date = READY) -> int:
    return preorders.open_preorder(
        session, variant_id=variant, product_id=session.get_one(Variant, variant).product_id,
        ready_on=ready_on, cap=cap, now=NOON, actor_id=None,
    )  # fmt: skip


@pytest.fixture
def order(a_cart, place):
    def make(variant: int, quantity: int = 1, total_vnd: int | None = None, **more) -> int:
        fee_vnd = 25_000 + 5_000 * -(-max(0, 600 * quantity - 1000) // 500)
        placed = place(
            a_cart({variant: quantity}), total_vnd or 95_000 * quantity + fee_vnd,
            **{"shown_days": {variant: READY}, **more},
        )  # fmt: skip
        return placed.seller_order_ids[0]

    return make


def move(part: int, to: str, actor: str = "seller") -> None:
    in_transaction(
        lambda session: actions.move_seller_order(
            session, seller_order_id=part, to=to, actor_kind=actor, actor_id=None, now=NOON
        )
    )


def bring(variant: int, change: int) -> None:
    in_transaction(
        lambda session: stock.change_stock(session, variant_id=variant, change=change, now=NOON)
    )


def held(*parts: int) -> list[int]:
    db.session.rollback()
    rows = dict(db.session.execute(select(PreorderPlace.seller_order_id, PreorderPlace.held)).all())
    return [rows[part] for part in parts]


def taken(variant: int) -> tuple[int, bool]:
    db.session.rollback()
    row = db.session.execute(
        select(Preorder.taken, Preorder.ended_at).where(Preorder.variant_id == variant)
    ).one()
    return row.taken, row.ended_at is not None


def test_an_order_keeps_the_day_that_it_was_promised_and_its_delivery_follows(app, ahead, order):
    jar = ahead()
    part = db.session.get_one(SellerOrder, order(jar, 2))
    line = db.session.scalars(select(LineItem)).one()
    assert line.ready_on == READY
    assert part.arrives_from is not None
    assert part.arrives_from >= READY
    # Cash: 72 hours from its day on, not from today.
    assert part.reserved_until == day_begins(READY) + timedelta(hours=72)
    assert level(db.session(), jar) == (0, 0)
    assert taken(jar) == (2, False)


def test_who_was_not_told_of_the_day_orders_nothing(app, ahead, a_cart, place):
    jar = ahead()
    for shown in (None, {}, {jar: READY - timedelta(days=1)}):
        with pytest.raises(OrderedAhead):
            place(a_cart({jar: 1}), 120_000, shown_days=shown)
    assert taken(jar) == (0, False)


def test_the_cap_is_the_end_and_a_cancelled_place_is_free_again(app, ahead, order):
    jar = ahead(cap=2)
    product = db.session.get_one(Variant, jar).product_id
    version = db.session.get_one(Product, product).version
    first = order(jar, 2)
    db.session.rollback()
    assert db.session.get_one(Product, product).version > version  # Pages say that it is full.
    with pytest.raises(NotEnoughStock):
        order(jar, 1)
    in_transaction(lambda s: actions.cancel_by_buyer(
        s, order_id=s.get_one(SellerOrder, first).order_id, now=NOON))  # fmt: skip
    assert taken(jar) == (0, False)
    order(jar, 1)
    assert taken(jar) == (1, False)


@both_engines
def test_goods_that_come_are_held_for_who_came_first_and_the_rest_is_for_sale(app, ahead, order):
    jar = ahead(cap=9)
    first, second, third = order(jar, 2), order(jar, 3), order(jar, 1)
    for part in (first, second, third):
        move(part, "confirmed")
    with pytest.raises(GoodsAwaited) as refused:
        move(first, "packed")
    assert refused.value.facts["pieces"] == 2
    bring(jar, 4)
    assert held(first, second, third) == [2, 2, 0]
    assert level(db.session(), jar) == (4, 4)
    move(first, "packed")
    with pytest.raises(GoodsAwaited):
        move(second, "packed")
    # What the second gives up is the third's at once; what is left over is for sale.
    move(second, "cancelled")
    assert held(first, third) == [2, 1]
    assert level(db.session(), jar) == (4, 3)
    assert kinds(db.session(), jar) == ["counted", "counted", "held", "held", "released", "held"]
    move(first, "handed_over")
    assert level(db.session(), jar) == (2, 1)
    assert broken(db.session()) == {}


def test_more_than_was_waited_for_ends_the_round_and_sells_as_ever(app, ahead, order, an_order):
    jar = ahead(cap=9)
    part = order(jar, 1)
    in_transaction(lambda s: stock.count_stock(s, variant_id=jar, on_hand=3, now=NOON))
    assert held(part) == [1]
    assert taken(jar) == (1, True)
    an_order(1, jar)  # Nobody needs to be told of a day any more.
    assert level(db.session(), jar) == (3, 2)


def test_goods_that_come_back_go_to_who_waits(app, ahead, order, a_variant, an_order):
    jar = a_variant(on_hand=1)
    sold = an_order(1, jar).seller_order_ids[0]
    for to in ("confirmed", "packed", "handed_over", "refused"):
        move(sold, to)
    in_transaction(lambda session: open_round(session, jar, 5))
    part = order(jar, 1)
    move(sold, "returned")
    assert held(part) == [1]
    assert level(db.session(), jar) == (1, 1)


def test_a_round_is_opened_when_nothing_is_left_once_and_with_a_day_ahead(app, a_variant):
    jar, gone = a_variant(on_hand=1), a_variant(on_hand=0)
    cases = [(jar, READY, StillInStock), (gone, TODAY, PreorderDay), (gone, TODAY + timedelta(days=999), PreorderDay)]  # fmt: skip
    for variant, day, refusal in cases:
        with pytest.raises(refusal):
            in_transaction(lambda s, v=variant, d=day: open_round(s, v, 3, d))
    in_transaction(lambda session: open_round(session, gone, 3))
    with pytest.raises(PreorderRuns):
        in_transaction(lambda session: open_round(session, gone, 3))
    in_transaction(lambda s: preorders.end_preorder(s, variant_id=gone, now=NOON))
    with pytest.raises(NoPreorder):
        in_transaction(lambda s: preorders.end_preorder(s, variant_id=gone, now=NOON))


def test_its_day_ends_a_round_by_itself_and_who_waits_still_waits(app, ahead, order):
    jar = ahead()
    part = order(jar, 1)
    later = NOON + timedelta(days=20)
    assert in_transaction(lambda s: preorders.end_due(s, today=READY, now=later)) == 1
    assert taken(jar) == (1, True)
    with pytest.raises(NotEnoughStock):
        order(jar, 1, now=later)
    bring(jar, 1)
    assert held(part) == [1]


def put_off(variant: int, days: int, hours: int = 0, holds: Holds | None = None) -> list[int]:
    return in_transaction(
        lambda session: actions.put_off(
            session, variant_id=variant, ready_on=READY + timedelta(days=days), reason="mưa",
            holds=holds or Holds(), now=NOON + timedelta(hours=hours),
        )
    )  # fmt: skip


def arrival(part: int) -> tuple[int, int]:
    """Count from the day that was promised first."""
    row = part_row(part)
    return (row.arrives_from - READY).days, (row.arrives_to - READY).days


def part_row(part: int) -> SellerOrder:
    db.session.rollback()
    return db.session.get_one(SellerOrder, part)


def test_a_day_put_off_is_told_to_each_buyer_who_waits_and_the_promise_stays_on_the_line(
    app, ahead, order
):
    jar = ahead()
    part, other = order(jar, 1), order(jar, 1)
    assert arrival(part) == (2, 4)
    assert put_off(jar, 3, holds=Holds(cod_hours=48)) == [part, other]
    assert arrival(part) == arrival(other) == (5, 7)
    assert part_row(part).reserved_until == day_begins(READY + timedelta(days=3 + 2))
    assert set(db.session.scalars(select(LineItem.ready_on))) == {READY}
    told = db.session.scalars(
        select(OutboxMessage.subscriber).where(OutboxMessage.event == "goods.put_off")
    ).all()
    assert list(told) == ["mail.goods_put_off"] * 2
    # A day is only put off: not to the same, not to one before, not to today.
    for days, refusal in ((3, PreorderNotLater), (1, PreorderNotLater), (-20, PreorderDay)):
        with pytest.raises(refusal):
            put_off(jar, days)
    assert arrival(part) == (5, 7)
    put_off(jar, 4)
    assert arrival(part) == (6, 8)


def test_who_waits_for_a_later_day_already_is_not_told_of_one_before_it(app, ahead, order):
    jar = ahead()
    part = order(jar, 1)
    later = READY + timedelta(days=9)
    in_transaction(lambda s: preorders.end_preorder(s, variant_id=jar, now=NOON))
    in_transaction(lambda session: open_round(session, jar, 3, later))
    second = order(jar, 1, shown_days={jar: later})
    assert put_off(jar, 3) == [part]
    assert (arrival(part), arrival(second)) == ((5, 7), (11, 13))


def test_a_parcel_of_two_kinds_comes_later_only_when_the_last_of_them_does(
    app, ahead, a_seller, a_cart, place
):
    stall = a_seller()
    jar, bag = ahead(seller_id=stall), ahead(seller_id=stall, ready_on=READY + timedelta(days=5))
    shown = {jar: READY, bag: READY + timedelta(days=5)}
    [part] = place(a_cart({jar: 1, bag: 1}), 220_000, shown_days=shown).seller_order_ids
    assert arrival(part) == (7, 9)
    put_off(jar, 3)
    assert arrival(part) == (7, 9)
    put_off(jar, 7, hours=1)
    assert arrival(part) == (9, 11)
    put_off(bag, 7)  # The other's day, told once more: of other goods.
    assert arrival(part) == (9, 11)
    events = [
        GoodsPutOff(**row)
        for row in db.session.scalars(
            select(OutboxMessage.payload)
            .where(OutboxMessage.event == "goods.put_off")
            .order_by(OutboxMessage.id)
        )
    ]
    keys = [letter.key for event in events for letter in of_put_off(db.session(), event)]
    assert len(set(keys)) == len(keys) == 3
    again = replace(events[0], at="2026-12-01T08:00:00+00:00")
    assert of_put_off(db.session(), again)[0].key not in keys  # The same day, said another time.


def test_goods_that_nobody_waits_for_end_the_round_too(app, ahead):
    jar, bag, box = ahead(), ahead(), ahead()
    bring(jar, 2)
    in_transaction(lambda s: stock.count_many(s, {bag: 3, box: 0}, now=NOON, actor_id=None))
    assert [taken(each) for each in (jar, bag, box)] == [(0, True), (0, True), (0, False)]


@pytest.mark.parametrize(
    ("method", "waits"), [("cod", True), ("nothing", True), ("transfer", False), ("momo", False)]
)
def test_who_pays_ahead_pays_now_and_cash_waits_for_the_last_day(method, waits):
    day = date(2027, 1, 5)
    begins = clock_begins(method, [None, day - timedelta(days=1), day], NOON)
    assert begins == (day_begins(day) if waits else NOON)
    assert clock_begins(method, [None], NOON) == NOON
    assert clock_begins(method, [TODAY], NOON) == NOON


def test_the_clock_waits_for_the_day_after_a_quote_and_another_way_of_paying_too(app, ahead, order):
    jar = ahead(cap=60)
    part = order(jar, 51, total_vnd=51 * 95_000)
    who = {"seller_order_id": part, "holds": Holds(), "now": NOON}
    in_transaction(
        lambda s: actions.quote_fee(s, fee_vnd=100_000, actor_kind="seller", actor_id=None, **who)
    )
    in_transaction(lambda s: actions.accept_quote(s, shown_total_vnd=51 * 95_000 + 100_000, **who))
    from_its_day = day_begins(READY) + timedelta(hours=72)
    assert part_row(part).reserved_until == from_its_day
    payees = {part: part_row(part).payee_id}
    for method, until in (("transfer", NOON + timedelta(hours=24)), ("cod", from_its_day)):
        in_transaction(
            lambda s, m=method: actions.change_method(
                s, payees=payees, method=m, holds=Holds(), now=NOON
            )
        )
        assert part_row(part).reserved_until == until


def revive(part):
    """Let late money bring a part back whose time had run out."""
    return in_transaction(
        lambda session: actions.revive_expired(session, seller_order_ids=[part], now=NOON)
    )


def test_an_order_whose_time_ran_out_gives_its_place_back_and_late_money_takes_one_again(
    app, ahead, order, state_of
):
    jar = ahead(cap=1)
    part = order(jar, 1)
    in_transaction(lambda s: actions.expire_due(s, now=NOON + timedelta(days=24)))
    assert state_of(part) == "cancelled"
    assert taken(jar) == (0, False)
    assert revive(part) is True
    assert taken(jar) == (1, False)
    in_transaction(lambda s: actions.expire_due(s, now=NOON + timedelta(days=999)))
    assert state_of(part) == "placed"  # Paid: it is held without end.


def test_late_money_takes_goods_that_came_meanwhile_and_waits_behind_who_waits(
    app, ahead, order, state_of
):
    jar, bag = ahead(cap=3), ahead(cap=9)
    late, behind = order(jar, 2), order(bag, 2)
    in_transaction(lambda s: actions.expire_due(s, now=NOON + timedelta(days=24)))
    bring(jar, 2)
    assert taken(jar) == (0, True)
    assert revive(late) is True
    assert (state_of(late), level(db.session(), jar)) == ("placed", (2, 2))
    first = order(bag, 3)
    bring(bag, 2)
    assert revive(behind) is True
    bring(bag, 1)
    waits = select(PreorderPlace.held).where(
        PreorderPlace.variant_id == bag, PreorderPlace.given_up_at.is_(None)
    )
    assert list(db.session.scalars(waits.order_by(PreorderPlace.id))) == [3, 0]
    assert held(first) == [3]
    in_transaction(lambda s: preorders.end_preorder(s, variant_id=bag, now=NOON))
    move(behind, "cancelled")
    assert revive(behind) is False  # She was not too late: the stall cancelled it.


def test_one_order_may_hold_both_kinds_and_goes_out_together(
    app, ahead, a_seller, a_variant, a_cart, place
):
    stall = a_seller()
    later, there = ahead(seller_id=stall), a_variant(seller_id=stall, on_hand=2)
    placed = place(a_cart({there: 1, later: 1}), 95_000 * 2 + 30_000, shown_days={later: READY})
    row = db.session.get_one(SellerOrder, placed.seller_order_ids[0])
    assert row.arrives_from >= READY
    assert level(db.session(), there) == (2, 1)
    assert taken(later) == (1, False)


@both_engines
def test_fifty_order_the_last_place_and_one_gets_it(app, ahead, a_cart, place):
    last = ahead(cap=1)
    carts = [a_cart({last: 1}) for _ in range(BUYERS)]
    assert all_at_once(app, _buy(place, carts, last)) == {
        "placed": 1, "not_enough_stock": BUYERS - 1,
    }  # fmt: skip
    assert taken(last) == (1, False)
    assert broken(db.session()) == {}


@both_engines
def test_without_the_guard_the_same_race_promises_more_than_the_cap(
    app, ahead, a_cart, place, monkeypatch, engine_name
):
    """The twin: only the condition of the UPDATE is off, and the CHECK behind it."""
    last = ahead(cap=3)  # Two each: what is left after the first is not enough for the second.
    carts = [a_cart({last: 2}) for _ in range(12)]
    monkeypatch.setattr(preorders, "_TAKE", preorders._taking(true()))
    if engine_name == "postgresql":
        run_as_owner("ALTER TABLE preorders DROP CONSTRAINT ck_preorders_within_cap")
    else:
        db.session.rollback()
        db.engine.dispose()
        db.session.remove()
        event.listen(
            db.engine, "connect", lambda c, _r: c.execute("PRAGMA ignore_check_constraints = ON")
        )
    assert all_at_once(app, _buy(place, carts, last, 220_000), 12)["placed"] > 1
    assert "I1 a pre-order is the sum of its places, within its cap" in broken(db.session())
    in_transaction(lambda s: s.execute(update(Preorder).values(cap=99)))


@both_engines
def test_orders_and_goods_that_come_at_once_leave_nobody_waiting_beside_free_goods(
    app, ahead, a_cart, place
):
    jar = ahead(cap=50)
    carts = [a_cart({jar: 1}) for _ in range(12)]
    buy = _buy(place, carts, jar)

    def rival(number: int) -> str:
        if number % 3:
            return buy(number)
        bring(jar, 2)
        return "brought"

    outcomes = all_at_once(app, rival, 12)
    assert outcomes["brought"] == 4
    # More goods than were waited for end the round: who comes between then finds nothing.
    assert outcomes["placed"] + outcomes["not_enough_stock"] == 8
    db.session.rollback()
    row = db.session.scalars(select(StockLevel).where(StockLevel.variant_id == jar)).one()
    assert (row.on_hand, row.reserved) == (8, outcomes["placed"])
    db.session.rollback()
    assert broken(db.session()) == {}


def _buy(place, carts, variant, total_vnd=120_000):
    def one(number: int) -> str:
        place(
            carts[number], total_vnd, attempt_id=f"ahead {number}", shown_days={variant: READY}
        )  # fmt: skip
        return "placed"

    return one
