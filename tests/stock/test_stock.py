"""Stock: counted, promised, sent, given back, and why."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shop.catalogue.models import Variant
from shop.db import db, transaction
from shop.stock import actions, queries
from shop.stock.models import StockMove
from shop.stock.rules import BelowReserved, NotEnoughStock, Units, summed
from tests.conftest import NOON
from tests.engines import both_engines


def level(variant_id: int) -> tuple[int, int]:
    db.session.rollback()
    row = queries.levels(db.session(), [variant_id])[variant_id]
    return row.on_hand, row.reserved


def broken() -> list:
    db.session.rollback()
    return [row for query in queries.INVARIANTS.values() for row in db.session.execute(query)]


@both_engines
def test_units_are_promised_freed_sent_and_taken_back(app, a_variant):
    jar = a_variant(on_hand=9)
    for change, after in (
        (actions.reserve, (9, 4)),
        (actions.release, (9, 0)),
        (actions.reserve, (9, 4)),
        (actions.take_out, (5, 0)),
        (actions.take_back, (9, 0)),
    ):
        with transaction() as session:
            change(session, [Units(jar, 4, 7)], now=NOON)
        assert level(jar) == after
        assert broken() == []
    told = queries.moves_of(db.session(), jar)
    assert [move.kind for move in told] == [
        "returned", "sold", "reserved", "released", "reserved", "counted",
    ]  # fmt: skip
    assert {move.seller_order_id for move in told[:-1]} == {7}


@both_engines
def test_a_refusal_names_everything_that_ran_short_and_keeps_nothing(app, a_variant):
    plenty, scarce, gone = a_variant(on_hand=9), a_variant(on_hand=2), a_variant(on_hand=0)
    with pytest.raises(NotEnoughStock) as refusal, transaction() as session:
        actions.reserve(session, [Units(gone, 1), Units(plenty, 3), Units(scarce, 3)], now=NOON)
    assert [(s.variant_id, s.wanted, s.left) for s in refusal.value.short] == [
        (scarce, 3, 2), (gone, 1, 0),
    ]  # fmt: skip
    assert [level(v) for v in (plenty, scarce, gone)] == [(9, 0), (2, 0), (0, 0)]
    assert broken() == []


def test_two_demands_for_one_variant_are_summed_before_the_check(app, a_variant):
    jar = a_variant(on_hand=5)
    with pytest.raises(NotEnoughStock) as refusal, transaction() as session:
        actions.reserve(session, [Units(jar, 3, 1), Units(jar, 3, 2)], now=NOON)
    assert refusal.value.short[0].wanted == 6
    assert level(jar) == (5, 0)


def test_rows_are_locked_in_id_order_however_the_demand_comes():
    assert list(summed([Units(9, 1), Units(2, 1), Units(5, 2), Units(2, 3)]).items()) == [
        (2, 4), (5, 2), (9, 1),
    ]  # fmt: skip


@both_engines
def test_a_count_says_why_and_never_goes_below_what_is_promised(app, a_variant, an_account):
    jar, seller = a_variant(on_hand=9), an_account()
    with transaction() as session:
        actions.reserve(session, [Units(jar, 4, 1)], now=NOON)
    with pytest.raises(BelowReserved) as refusal, transaction() as session:
        actions.count_stock(session, variant_id=jar, on_hand=3, reason="mất", now=NOON)
    assert (refusal.value.reserved, refusal.value.on_hand) == (4, 3)
    assert level(jar) == (9, 4)
    with transaction() as session:
        change = actions.count_stock(
            session, variant_id=jar, on_hand=4, reason="vỡ 5 hũ", actor_id=seller, now=NOON
        )
    assert change == -5
    assert level(jar) == (4, 4)
    last = queries.moves_of(db.session(), jar, limit=1)[0]
    assert (last.kind, last.on_hand_change, last.reason, last.actor_id) == (
        "counted", -5, "vỡ 5 hũ", seller,
    )  # fmt: skip
    assert broken() == []


def test_a_count_that_changes_nothing_leaves_no_trace(app, a_variant):
    jar = a_variant(on_hand=9)
    with transaction() as session:
        assert actions.count_stock(session, variant_id=jar, on_hand=9, now=NOON) == 0
    assert len(queries.moves_of(db.session(), jar)) == 1


def test_a_new_variant_begins_with_its_first_count(app, a_variant):
    beside = a_variant()
    with transaction() as session:
        big = session.get_one(Variant, beside)
        product_id = big.product_id
        small = Variant(
            product_id=product_id,
            seller_id=big.seller_id,
            sku="SMALL",
            name_vi="Hũ 200 g",
            price_vnd=45_000,
            weight_g=250,
        )
        session.add(small)
        session.flush()
        actions.open_level(
            session, variant_id=small.id, product_id=product_id, on_hand=12, now=NOON
        )
        small_id = small.id
    assert level(small_id) == (12, 0)
    assert broken() == []


@both_engines
def test_the_table_itself_refuses_to_be_oversold(app, a_variant):
    from sqlalchemy.exc import IntegrityError

    jar = a_variant(on_hand=3)
    with pytest.raises(IntegrityError), transaction() as session:
        actions.take_out(session, [Units(jar, 1)], now=NOON)
    assert level(jar) == (3, 0)


def test_what_was_written_down_is_never_changed(app, a_variant):
    from sqlalchemy.exc import IntegrityError

    a_variant()
    with pytest.raises(IntegrityError), transaction() as session:
        session.query(StockMove).update({"on_hand_change": 99})


CHANGES = st.lists(
    st.tuples(st.sampled_from(["reserve", "release", "take_out", "take_back", "count"]),
              st.integers(1, 6)), max_size=12,
)  # fmt: skip


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(changes=CHANGES, first=st.integers(0, 8))
def test_whatever_happens_the_moves_add_up_to_the_level(app, a_variant, changes, first):
    from sqlalchemy.exc import IntegrityError

    jar = a_variant(on_hand=first)
    on_hand, reserved = first, 0
    for what, n in changes:
        after = {
            "reserve": (on_hand, reserved + n),
            "release": (on_hand, reserved - n),
            "take_out": (on_hand - n, reserved - n),
            "take_back": (on_hand + n, reserved),
            "count": (n, reserved),
        }[what]
        allowed = 0 <= after[1] <= after[0]
        try:
            with transaction() as session:
                if what == "count":
                    actions.count_stock(session, variant_id=jar, on_hand=n, now=NOON)
                else:
                    getattr(actions, what)(session, [Units(jar, n)], now=NOON)
            assert allowed
            on_hand, reserved = after
        except (NotEnoughStock, BelowReserved, IntegrityError):
            assert not allowed
        assert level(jar) == (on_hand, reserved)
    assert broken() == []
