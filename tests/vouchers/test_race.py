"""Fifty buyers, one use left: on both engines, and the proof that the guard is what holds."""

import pytest
from sqlalchemy import func, select, true

from shop.db import db, transaction
from shop.ordering.models import CartItem, Order
from shop.ordering.rules import Contact
from shop.vouchers import actions
from shop.vouchers import queries as reads
from shop.vouchers.models import VoucherUse
from tests.engines import both_engines, run_as_owner
from tests.ordering.proof import how_many
from tests.ordering.test_race import BUYERS, all_at_once
from tests.vouchers.test_placing import FULL


def many_carts(a_cart, variant: int, many: int = BUYERS) -> list[int]:
    return [a_cart({variant: 1}) for _ in range(many)]


def who(number: int) -> Contact:
    return Contact(f"Người {number}", f"+849050{number:05d}", street="1")


@pytest.fixture
def buy(place):
    def make(carts, code, *, phones=who):
        def one(number: int) -> str:
            placed = place(
                carts[number], FULL - 20_000, attempt_id=f"attempt of {number}",
                voucher_code=code, contact=phones(number),
            )  # fmt: skip
            return "placed" if placed else ""

        return one

    return make


@both_engines
def test_fifty_want_the_last_use_and_one_order_has_it(
    app, stall, a_variant, a_voucher, a_cart, buy, place, voucher_now
):  # fmt: skip
    seller = stall[0]
    jar = a_variant(seller_id=seller, on_hand=200)
    voucher = a_voucher(seller_id=seller, most_uses=1, budget_vnd=20_000)
    carts = many_carts(a_cart, jar)
    outcomes = all_at_once(app, buy(carts, voucher.code))
    assert outcomes == {"placed": 1, "voucher_changed": BUYERS - 1}
    assert how_many(db.session(), Order, VoucherUse) == (1, 1)
    # Nothing is lost: the others have all in their carts, and buy at the full price.
    assert how_many(db.session(), CartItem) == (BUYERS - 1,)
    left = [cart for cart in carts if db.session.scalar(
        select(func.count()).select_from(CartItem).where(CartItem.cart_id == cart))]  # fmt: skip
    place(left[0], FULL, contact=who(77))
    assert (voucher_now(voucher.id).used, voucher_now(voucher.id).spent_vnd) == (1, 20_000)


@pytest.fixture
def read_before(app, monkeypatch):
    """All read the voucher while its last use was free: what only the counting can refuse."""

    def make(code: str, seller_id: int) -> None:
        stale = reads.voucher_named(db.session(), code, [seller_id])
        db.session.rollback()
        monkeypatch.setattr(reads, "voucher_named", lambda *_: stale)

    return make


@both_engines
def test_who_read_that_it_holds_is_refused_all_the_same_when_it_is_counted(
    app, stall, a_variant, a_voucher, a_cart, buy, read_before
):  # fmt: skip
    seller = stall[0]
    jar = a_variant(seller_id=seller, on_hand=200)
    voucher = a_voucher(seller_id=seller, most_uses=1)
    carts = many_carts(a_cart, jar, 16)
    read_before(voucher.code, seller)
    outcomes = all_at_once(app, buy(carts, voucher.code), 16)
    assert outcomes == {"placed": 1, "voucher_changed": 15}


@both_engines
def test_without_the_guard_the_same_race_gives_more_than_there_is(
    app, stall, a_variant, a_voucher, a_cart, buy, monkeypatch, engine_name, read_before, voucher_now
):  # fmt: skip
    """The twin: only the condition of the UPDATE is off, and the CHECKs behind it."""
    seller = stall[0]
    jar = a_variant(seller_id=seller, on_hand=200)
    voucher = a_voucher(seller_id=seller, most_uses=1)
    carts = many_carts(a_cart, jar, 16)
    read_before(voucher.code, seller)
    monkeypatch.setattr(actions, "_COUNT", actions._counting(true()))
    without_checks(engine_name)
    outcomes = all_at_once(app, buy(carts, voucher.code), 16)
    assert outcomes["placed"] > 1
    assert voucher_now(voucher.id).used == outcomes["placed"]


@both_engines
def test_without_the_guard_the_check_in_the_table_still_holds(
    app, stall, a_variant, a_voucher, a_cart, buy, monkeypatch, read_before
):  # fmt: skip
    seller = stall[0]
    jar = a_variant(seller_id=seller, on_hand=200)
    voucher = a_voucher(seller_id=seller, budget_vnd=30_000)
    carts = many_carts(a_cart, jar, 8)
    read_before(voucher.code, seller)
    monkeypatch.setattr(actions, "_COUNT", actions._counting(true()))
    outcomes = all_at_once(app, buy(carts, voucher.code), 8)
    assert outcomes["placed"] == 1
    assert how_many(db.session(), Order) == (1,)


@both_engines
def test_one_phone_at_twenty_doors_uses_a_voucher_once(
    app, stall, a_variant, a_voucher, a_cart, buy
):  # fmt: skip
    seller = stall[0]
    jar = a_variant(seller_id=seller, on_hand=200)
    voucher = a_voucher(seller_id=seller, most_each=1)
    carts = many_carts(a_cart, jar, 20)
    outcomes = all_at_once(app, buy(carts, voucher.code, phones=lambda _n: who(1)), 20)
    assert outcomes == {"placed": 1, "voucher_changed": 19}


@both_engines
def test_a_phone_has_one_first_order_whatever_vouchers_it_tries_at_once(
    app, stall, a_variant, a_voucher, a_cart, place
):  # fmt: skip
    seller = stall[0]
    jar = a_variant(seller_id=seller, on_hand=200)
    codes = [a_voucher(seller_id=seller, first_order=True).code for _ in range(10)]
    carts = many_carts(a_cart, jar, 10)

    def one(number: int) -> str:
        placed = place(
            carts[number], FULL - 20_000, attempt_id=f"attempt of {number}",
            voucher_code=codes[number], contact=who(1),
        )  # fmt: skip
        return "placed" if placed else ""

    assert all_at_once(app, one, 10) == {"placed": 1, "voucher_changed": 9}


@both_engines
def test_uses_that_come_and_go_at_once_leave_the_counts_right(
    app, stall, a_variant, a_voucher, a_cart, place, buy, voucher_now
):  # fmt: skip
    from shop.ordering import actions as ordering
    from tests.conftest import NOON

    seller = stall[0]
    jar = a_variant(seller_id=seller, on_hand=200)
    voucher = a_voucher(seller_id=seller)
    carts = many_carts(a_cart, jar, 20)
    stands = [
        place(carts[n], FULL - 20_000, voucher_code=voucher.code, contact=who(n)).order_id
        for n in range(10)
    ]

    def one(number: int) -> str:
        if number < 10:
            with transaction() as session:
                ordering.cancel_by_buyer(session, order_id=stands[number], now=NOON)
            return "cancelled"
        return buy(carts, voucher.code)(number)

    assert all_at_once(app, one, 20) == {"cancelled": 10, "placed": 10}
    now = voucher_now(voucher.id)
    assert (now.used, now.spent_vnd) == (10, 200_000)


def without_checks(engine_name: str) -> None:
    session = db.session()
    if engine_name == "postgresql":
        for name in ("used_within_limit", "spent_within_budget"):
            run_as_owner(f"ALTER TABLE vouchers DROP CONSTRAINT ck_vouchers_{name}")
        return
    session.rollback()
    db.engine.dispose()
    db.session.remove()
    from sqlalchemy import event

    event.listen(
        db.engine, "connect", lambda c, _r: c.execute("PRAGMA ignore_check_constraints = ON")
    )
