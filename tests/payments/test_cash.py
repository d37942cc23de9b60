"""Cash at the door: what the buyer paid, what goes back, what never came, and wrong taps."""

from itertools import product

import pytest
from sqlalchemy import select, update

from shop.db import db, transaction
from shop.kernel.errors import NotYours
from shop.ordering import actions as ordering
from shop.ordering.actions.taking_back import sold_lines
from shop.ordering.rules import ComingBack, ReturnReason
from shop.outbox.models import OutboxMessage
from shop.payments import actions
from shop.payments.methods import By
from shop.payments.methods.cod import paid_at_the_door
from shop.payments.models import CashMove, CodCollection, PaymentEvent
from shop.payments.queries import last_cash_move, standings
from shop.payments.rules.amounts import MoreThanReceived, NotLate
from shop.payments.rules.cash import (
    MOVES,
    UNDONE,
    CashState,
    IllegalCashMove,
    NotTheLastStep,
    WrittenOffFor,
    cash_back_vnd,
    paid_vnd,
)
from tests.conftest import NOON
from tests.engines import both_engines
from tests.payments.conftest import cash_of, events_of, payments_of

SELLER = By("seller")
GONE, UNPAID = WrittenOffFor.GONE, WrittenOffFor.UNPAID


@pytest.fixture
def delivered(a_seller, a_variant, an_order):
    """A parcel of 95.000 + 15.000 đồng at the buyer's; a carrier holds the cash: (order id, part)."""

    def make(by=CashState.WITH_CARRIER):
        seller = a_seller()
        made = an_order({a_variant(seller_id=seller): (seller, "cod")})
        (part,) = made.parts
        with transaction() as session:
            for to in ("confirmed", "packed", "handed_over", "delivered"):
                ordering.move_seller_order(
                    session, seller_order_id=part, to=to, actor_kind="seller", actor_id=None,
                    now=NOON,
                )  # fmt: skip
            actions.move_cash(session, seller_order_id=part, to=by, by=SELLER, now=NOON)
        return made.order_id, part

    return make


def come_back(order_id, part, *, fee=True):
    with transaction() as session:
        (line,) = sold_lines(session, part)
        ordering.return_goods(
            session, seller_order_id=part, coming=[ComingBack(line.id, 1, True)],
            reason=ReturnReason.FAULTY, gives_fee_back=fee, after=0, actor_kind="seller",
            actor_id=None, now=NOON,
        )  # fmt: skip
        actions.open_payments(session, order_id, NOON)


def count(part, amount):
    with transaction() as session:
        return actions.move_cash(
            session, seller_order_id=part, to=CashState.REMITTED, counted_vnd=amount, by=SELLER,
            now=NOON,
        )  # fmt: skip


def give(part, amount, after=None):
    with transaction() as session:
        seen = last_cash_move(session, part) if after is None else after
        return actions.give_cash_back(
            session, seller_order_id=part, amount_vnd=amount, after=seen, by=SELLER, now=NOON
        )


def write_off(part, reason):
    with transaction() as session:
        return actions.write_cash_off(
            session, seller_order_id=part, reason=reason, by=SELLER, note="", now=NOON
        )


def undo(part, move_id=None):
    with transaction() as session:
        move_id = last_cash_move(session, part) if move_id is None else move_id
        return actions.take_back_cash_step(
            session, seller_order_id=part, move_id=move_id, by=SELLER, now=NOON
        )


def back_of(part):
    db.session.rollback()
    return standings(db.session(), [part])[part].back_vnd


def told():
    db.session.rollback()
    return [
        payload["amount_vnd"]
        for payload in db.session.scalars(
            select(OutboxMessage.payload)
            .where(
                OutboxMessage.event == "cash.refunded",
                OutboxMessage.subscriber == "mail.cash_refunded",
            )
            .order_by(OutboxMessage.id)
        )
    ]


@both_engines
@pytest.mark.parametrize(("fee", "owed"), [(True, 0), (False, 15_000)])
def test_cash_of_goods_that_came_back_is_counted_and_then_given_back(delivered, fee, owed):
    order_id, part = delivered()
    come_back(order_id, part, fee=fee)
    cash = cash_of(part)
    assert (cash.state, cash.amount_vnd, cash.taken_vnd) == ("with_carrier", owed, 110_000)
    count(part, 110_000)
    assert back_of(part) == 110_000 - owed
    after = last_cash_move(db.session(), part)
    db.session.rollback()
    assert give(part, 110_000 - owed, after)
    assert not give(part, 110_000 - owed, after)
    assert back_of(part) == 0
    assert told() == [110_000 - owed]


@both_engines
def test_the_buyer_gets_all_she_paid_though_the_carrier_kept_its_fee(delivered):
    order_id, part = delivered()
    come_back(order_id, part)
    count(part, 92_000)
    assert back_of(part) == 110_000
    assert give(part, 110_000)
    with pytest.raises(MoreThanReceived):
        give(part, 1)
    assert cash_of(part).refunded_vnd == 110_000


@both_engines
def test_she_may_give_it_back_before_the_carrier_pays(delivered):
    order_id, part = delivered()
    come_back(order_id, part)
    assert give(part, 110_000)
    assert back_of(part) == 0
    count(part, 110_000)
    assert back_of(part) == 0


@both_engines
def test_cash_the_carrier_never_paid_out_is_hers_to_bear_and_the_buyer_gets_it_back(delivered):
    order_id, part = delivered()
    come_back(order_id, part)
    assert write_off(part, GONE)
    assert not write_off(part, GONE)
    assert back_of(part) == 110_000
    assert give(part, 110_000)
    assert back_of(part) == 0


@both_engines
def test_cash_that_the_buyer_has_is_owed_to_nobody(delivered):
    order_id, part = delivered()
    come_back(order_id, part)
    write_off(part, UNPAID)
    assert back_of(part) == 0
    with pytest.raises(MoreThanReceived):
        give(part, 1)


@both_engines
def test_what_she_counted_in_her_own_hand_is_what_was_paid(delivered):
    order_id, part = delivered(CashState.WITH_SELLER)
    come_back(order_id, part)
    count(part, 100_000)
    assert back_of(part) == 100_000
    with pytest.raises(MoreThanReceived):
        give(part, 100_001)
    assert give(part, 100_000)
    first = db.session.scalar(select(CashMove.id).where(CashMove.seller_order_id == part))
    db.session.rollback()
    with pytest.raises(NotTheLastStep):
        undo(part, first)


@both_engines
@pytest.mark.parametrize("step", ["count", "write_off", "give"])
def test_a_wrong_tap_is_taken_back_once_by_an_opposite_step(delivered, step):
    order_id, part = delivered()
    come_back(order_id, part)
    if step == "count":
        count(part, 11_000)
    elif step == "write_off":
        write_off(part, UNPAID)
    else:
        give(part, 110_000)
    wrong = last_cash_move(db.session(), part)
    db.session.rollback()
    assert undo(part, wrong)
    assert not undo(part, wrong)
    cash = cash_of(part)
    assert (cash.state, cash.received_vnd, cash.refunded_vnd) == ("with_carrier", 0, 0)
    assert cash.written_off_for == ""
    assert back_of(part) == 110_000
    assert told() == ([110_000, -110_000] if step == "give" else [])
    with pytest.raises(NotTheLastStep):
        undo(part)
    assert count(part, 110_000)
    assert give(part, 110_000)
    sums = db.session.scalars(
        select(CashMove.amount_vnd).where(CashMove.seller_order_id == part).order_by(CashMove.id)
    ).all()
    assert len(sums) == 5


@both_engines
def test_only_a_persons_last_step_is_taken_back(delivered, a_seller, a_variant, an_order):
    order_id, part = delivered()
    with pytest.raises(NotTheLastStep):  # The carrier took it: that is no wrong tap.
        undo(part)
    count(part, 110_000)
    counted = last_cash_move(db.session(), part)
    db.session.rollback()
    come_back(order_id, part)
    give(part, 50_000)
    with pytest.raises(NotTheLastStep):
        undo(part, counted)
    seller = a_seller()
    made = an_order({a_variant(seller_id=seller): (seller, "cod")})
    with transaction() as session:
        ordering.cancel_by_buyer(session, order_id=made.order_id, now=NOON)
        actions.open_payments(session, made.order_id, NOON)
    with pytest.raises(NotTheLastStep):
        undo(made.parts[0])
    with pytest.raises(NotYours):
        undo(made.parts[0], counted)


@both_engines
def test_cash_nobody_took_is_not_written_off_by_hand(a_seller, a_variant, an_order):
    seller = a_seller()
    made = an_order({a_variant(seller_id=seller): (seller, "cod")})
    with pytest.raises(IllegalCashMove):
        write_off(made.parts[0], GONE)
    with pytest.raises(MoreThanReceived):
        give(made.parts[0], 1_000)
    assert cash_of(made.parts[0]).state == "promised"


@both_engines
def test_the_database_and_the_rule_agree_on_what_was_paid(delivered):
    _order_id, part = delivered()
    for state, by, why in product(CashState, ("", "carrier", "seller"), ("", "unpaid", "gone")):
        session = db.session()
        session.execute(
            update(CodCollection)
            .where(CodCollection.seller_order_id == part)
            .values(state=state, taken_by=by, written_off_for=why, received_vnd=7, taken_vnd=9)
        )
        stored = session.scalar(select(paid_at_the_door()))
        session.rollback()
        assert stored == paid_vnd(state, 9, by, 7, why), (state, by, why)


def test_nothing_less_than_nothing_goes_back():
    assert cash_back_vnd(100, 40, 0) == 60
    assert cash_back_vnd(100, 40, 80) == 0


def test_only_ends_are_undone_and_by_the_step_that_led_there():
    for end, starts in UNDONE.items():
        assert MOVES[end] == frozenset()
        assert all(end in MOVES[start] for start in starts)


# --- Transfers ----------------------------------------------------------------------------


@pytest.fixture
def cancelled(a_seller, a_variant, an_order):
    """A transfer said to be made for an order that was cancelled: its payment's id, and the order's."""
    seller = a_seller()
    made = an_order({a_variant(seller_id=seller): (seller, "transfer")})
    payment = payments_of(made.order_id)[0].id
    with transaction() as session:
        actions.report(session, payment_id=payment, now=NOON)
    with transaction() as session:
        ordering.cancel_by_buyer(session, order_id=made.order_id, now=NOON)
        actions.open_payments(session, made.order_id, NOON)
    return payment, made.order_id, seller


def close(payment):
    from shop.kernel.clock import now_utc

    with transaction() as session:
        return actions.close_late_report(session, payment_id=payment, by=SELLER, now=now_utc())


@both_engines
def test_money_that_did_not_come_late_is_closed_once_and_can_be_told_again(cancelled):
    from shop.kernel.clock import now_utc
    from shop.payments.queries import is_late, late_reports

    payment, order_id, seller = cancelled
    (late,) = late_reports(db.session(), seller_id=seller)
    assert is_late(late)
    assert close(payment)
    assert not close(payment)
    assert late_reports(db.session(), seller_id=seller) == []
    with transaction() as session:
        assert actions.report(session, payment_id=payment, now=now_utc())
    assert len(late_reports(db.session(), seller_id=seller)) == 1
    assert close(payment)
    assert [kind for kind, _ in events_of(payment)].count("failed") == 2
    with transaction() as session:  # It came after all.
        actions.confirm_received(
            session, payment_id=payment, amount_vnd=110_000, after=0, by=SELLER, now=NOON
        )
    with pytest.raises(NotLate):
        close(payment)
    assert payments_of(order_id)[0].received_vnd == 110_000


@both_engines
def test_a_transfer_that_is_still_waited_for_is_not_closed(a_seller, a_variant, an_order):
    seller = a_seller()
    made = an_order({a_variant(seller_id=seller): (seller, "transfer")})
    payment = payments_of(made.order_id)[0].id
    with transaction() as session:
        actions.report(session, payment_id=payment, now=NOON)
    with pytest.raises(NotLate):
        close(payment)
    assert "failed" not in [kind for kind, _ in events_of(payment)]


@both_engines
def test_money_noted_as_given_back_by_mistake_is_taken_back(cancelled):
    payment, order_id, _seller = cancelled
    with transaction() as session:
        actions.confirm_received(
            session, payment_id=payment, amount_vnd=110_000, after=0, by=SELLER, now=NOON
        )
    after = events_of(payment)
    with transaction() as session:
        actions.give_back(
            session, payment_id=payment, amount_vnd=110_000, after=1, by=SELLER, now=NOON
        )
        wrong = session.scalars(
            select(PaymentEvent.id).where(PaymentEvent.kind == "refunded")
        ).one()
    for counted in (True, False):
        with transaction() as session:
            assert actions.take_back_confirmation(
                session, payment_id=payment, event_id=wrong, by=SELLER, now=NOON
            ) is counted  # fmt: skip
    assert payments_of(order_id)[0].refunded_vnd == 0
    assert events_of(payment)[len(after) :] == [("refunded", 110_000), ("refunded", -110_000)]


@both_engines
@pytest.mark.parametrize(
    ("way", "owed"),
    [
        ("confirmed packed handed_over refused", 0),
        ("confirmed packed handed_over refused returned", 0),
        ("confirmed packed handed_over delivery_failed returned", 0),
        ("confirmed packed handed_over lost", 0),
        ("confirmed packed handed_over delivered returned", 0),
        ("confirmed packed handed_over delivered", 110_000),
        ("confirmed packed handed_over delivery_failed", 110_000),
    ],
)
def test_a_transfer_asks_for_what_is_owed_wherever_the_goods_end(
    a_seller, a_variant, an_order, way, owed
):
    from shop.payments.queries import to_give_back

    seller = a_seller()
    made = an_order({a_variant(seller_id=seller): (seller, "transfer")})
    payment = payments_of(made.order_id)[0].id
    with transaction() as session:
        actions.confirm_received(
            session, payment_id=payment, amount_vnd=110_000, after=0, by=By("officer"), now=NOON
        )
        for to in way.split():
            ordering.move_seller_order(
                session, seller_order_id=made.parts[0], to=to, actor_kind="operator",
                actor_id=None, now=NOON,
            )  # fmt: skip
        actions.open_payments(session, made.order_id, NOON)
    assert payments_of(made.order_id)[0].amount_vnd == owed
    found = [row.id for row in to_give_back(db.session(), seller_id=seller)]
    assert found == ([] if owed else [payment])
