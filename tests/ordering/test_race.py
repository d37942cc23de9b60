"""Fifty buyers, one unit: on both engines, and the proof that the guard is what holds."""

import threading
from collections import Counter
from collections.abc import Callable

import pytest
from sqlalchemy import true

from shop.db import db, in_transaction
from shop.kernel.errors import Refusal
from shop.ordering import actions
from shop.ordering.models import Order
from shop.stock import actions as stock
from tests.conftest import NOON
from tests.engines import both_engines, run_as_owner
from tests.ordering.proof import broken, how_many, level

BUYERS = 50


def all_at_once(app, work: Callable[[int], str], many: int = BUYERS) -> Counter[str]:
    """Run ``work`` in so many threads that start together; count what came of it."""
    outcomes: list[str] = []
    gate = threading.Barrier(many)

    def run(number: int) -> None:
        with app.app_context():
            gate.wait()
            try:
                outcomes.append(work(number))
            except Refusal as refusal:
                outcomes.append(refusal.code)
            except Exception as error:
                outcomes.append(type(error).__name__)
            finally:
                db.session.remove()

    threads = [threading.Thread(target=run, args=(number,)) for number in range(many)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return Counter(outcomes)


@pytest.fixture
def buy(place):
    def make(carts: list[int], total_vnd: int = 120_000) -> Callable[[int], str]:
        def one(number: int) -> str:
            place(carts[number], total_vnd, attempt_id=f"attempt of {number}")
            return "placed"

        return one

    return make


@both_engines
def test_fifty_buy_the_last_unit_and_one_gets_it(app, a_variant, a_cart, buy):
    last = a_variant(on_hand=1)
    carts = [a_cart({last: 1}) for _ in range(BUYERS)]
    assert all_at_once(app, buy(carts)) == {"placed": 1, "not_enough_stock": BUYERS - 1}
    assert level(db.session(), last) == (1, 1)
    assert how_many(db.session(), Order) == (1,)
    assert broken(db.session()) == {}


@both_engines
def test_without_the_guard_the_same_race_sells_what_is_not_there(
    app, a_variant, a_cart, buy, monkeypatch, engine_name
):
    """The twin: only the condition of the UPDATE is off, and the CHECK behind it."""
    last = a_variant(on_hand=1)
    carts = [a_cart({last: 1}) for _ in range(BUYERS)]
    monkeypatch.setattr(stock, "_RESERVE", stock._reserving(true()))
    _without_check(engine_name)
    outcomes = all_at_once(app, buy(carts))
    assert outcomes["placed"] > 1
    assert "I1 stock is never below zero nor oversold" in broken(db.session())
    # What was sold twice is taken back, so that the fixture's own look finds all well.
    in_transaction(
        lambda session: stock.count_stock(
            session, variant_id=last, on_hand=outcomes["placed"], now=NOON
        )
    )


@both_engines
def test_without_the_guard_the_check_in_the_table_still_holds(
    app, a_variant, a_cart, buy, monkeypatch
):
    last = a_variant(on_hand=1)
    carts = [a_cart({last: 1}) for _ in range(8)]
    monkeypatch.setattr(stock, "_RESERVE", stock._reserving(true()))
    outcomes = all_at_once(app, buy(carts), 8)
    assert outcomes["placed"] == 1
    assert outcomes["not_enough_stock"] == 0
    assert level(db.session(), last) == (1, 1)


def _without_check(engine_name: str) -> None:
    session = db.session()
    if engine_name == "postgresql":
        run_as_owner("ALTER TABLE stock_levels DROP CONSTRAINT ck_stock_levels_never_oversold")
        return
    session.rollback()
    db.engine.dispose()
    db.session.remove()
    from sqlalchemy import event

    event.listen(
        db.engine, "connect", lambda c, _r: c.execute("PRAGMA ignore_check_constraints = ON")
    )


@both_engines
def test_five_of_a_thing_go_to_five_of_sixteen(app, a_variant, a_cart, buy):
    scarce = a_variant(on_hand=5)
    carts = [a_cart({scarce: 1}) for _ in range(16)]
    assert all_at_once(app, buy(carts), 16) == {"placed": 5, "not_enough_stock": 11}
    assert level(db.session(), scarce) == (5, 5)


@both_engines
def test_carts_that_cross_each_other_end_in_orders_or_refusals_only(app, a_variant, a_cart, buy):
    things = [a_variant(on_hand=6, weight_g=10, price_vnd=10_000) for _ in range(3)]
    carts = [
        a_cart(dict.fromkeys(things if number % 2 else reversed(things), 1)) for number in range(12)
    ]
    outcomes = all_at_once(app, buy(carts, 3 * 35_000), 12)
    assert outcomes == {"placed": 6, "not_enough_stock": 6}
    assert [level(db.session(), thing) for thing in things] == [(6, 6)] * 3


@both_engines
def test_one_attempt_sent_twenty_times_at_once_is_one_order(app, a_variant, a_cart, place):
    jar = a_variant()
    cart = a_cart({jar: 1})

    def send(_number: int) -> str:
        return place(cart, 120_000, attempt_id="double click").code

    assert len(all_at_once(app, send, 20)) == 1
    assert how_many(db.session(), Order) == (1,)
    assert level(db.session(), jar) == (9, 1)


@both_engines
def test_one_attempt_from_two_carts_at_once_is_one_order(app, a_variant, a_cart, place):
    """The cart's row locks nobody here: the attempt's own uniqueness decides."""
    jar = a_variant()
    carts = [a_cart({jar: 1}) for _ in range(8)]

    def send(number: int) -> str:
        return place(carts[number], 120_000, attempt_id="same").code

    assert len(all_at_once(app, send, 8)) == 1
    assert level(db.session(), jar) == (9, 1)


@both_engines
def test_a_cart_sent_from_many_tabs_at_once_is_one_order(app, a_variant, a_cart, place):
    jar = a_variant()
    cart = a_cart({jar: 1})

    def send(number: int) -> str:
        place(cart, 120_000, attempt_id=f"tab {number}")
        return "placed"

    assert all_at_once(app, send, 8) == {"placed": 1, "empty_cart": 7}
    assert level(db.session(), jar) == (9, 1)


@both_engines
def test_cancel_and_hand_over_at_once_move_the_stock_once(app, a_variant, an_order):
    jar = a_variant(on_hand=30)
    parts = [an_order(variant_id=jar).seller_order_ids[0] for _ in range(8)]

    def move(part_id: int, to: str) -> None:
        in_transaction(
            lambda session: actions.move_seller_order(
                session,
                seller_order_id=part_id,
                to=to,
                actor_kind="seller",
                actor_id=None,
                now=NOON,
            )
        )

    for part in parts:
        move(part, "confirmed")
        move(part, "packed")

    def rival(number: int) -> str:
        move(parts[number // 2], "cancelled" if number % 2 else "handed_over")
        return "moved"

    assert all_at_once(app, rival, 16) == {"moved": 8, "illegal_move": 8}
    assert level(db.session(), jar)[1] == 0
    assert broken(db.session()) == {}
