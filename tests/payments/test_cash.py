"""Cash at the door: what the buyer paid, what goes back, what never came, and wrong taps."""

from itertools import product

import pytest
from sqlalchemy import func, select, update

from shop.db import db, transaction
from shop.kernel.errors import NotYours
from shop.ledger.actions import post
from shop.ledger.rules import Account, Leg
from shop.ordering import actions as ordering
from shop.ordering.actions.taking_back import sold_lines
from shop.ordering.models import SellerOrderMove
from shop.ordering.rules import ComingBack, ReturnReason
from shop.outbox.models import OutboxMessage
from shop.payments import actions, books, refunds
from shop.payments.methods import By
from shop.payments.methods.cod import paid_at_the_door
from shop.payments.models import CashMove, CodCollection, Payment, PaymentEvent, ToBook
from shop.payments.queries import last_cash_move, standings
from shop.payments.queries.columns import still_with_carrier
from shop.payments.rules.amounts import AmountOutOfRange, MoreThanReceived, NotLate
from shop.payments.rules.cash import (
    MOVES,
    UNDONE,
    CashState,
    IllegalCashMove,
    NothingKeptBack,
    NotTheLastStep,
    NoWayBack,
    PaidElsewhere,
    ReturnFeeStands,
    WrittenOffFor,
    cash_back_vnd,
    paid_vnd,
    with_carrier_vnd,
)
from shop.payments.told import CASH, TRANSFER, Subject
from shop.payments.wrong_steps import take_step_back
from shop.sellers.models import Payee
from tests.conftest import NOON
from tests.engines import both_engines
from tests.payments.conftest import cash_of, events_of, payments_of, standing, under

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
        return refunds.give_back(
            session, of=Subject(CASH, part), amount_vnd=amount, after=seen, by=SELLER, now=NOON
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


@both_engines
def test_the_database_and_the_rule_agree_on_what_a_carrier_still_has(delivered):
    _order_id, part = delivered()
    sums = [(0, 0, 0), (7, 1, 0), (7, 0, 2), (9, 1, 2), (20, 0, 0)]
    for state, by, (came, fee, off) in product(CashState, ("", "carrier", "seller"), sums):
        session = db.session()
        session.execute(
            update(CodCollection)
            .where(CodCollection.seller_order_id == part)
            .values(
                state=state, taken_by=by, received_vnd=came, taken_vnd=20, fee_vnd=fee, off_vnd=off
            )
        )  # fmt: skip
        stored = session.scalar(select(still_with_carrier()))
        session.rollback()
        assert stored == with_carrier_vnd(state, 20, by, came, fee, off), (state, by, came)


def rest(part, *, after=None, **sums):
    with transaction() as session:
        return actions.settle_rest(
            session, seller_order_id=part, by=SELLER, now=NOON, **sums,
            after=last_cash_move(session, part) if after is None else after,
        )  # fmt: skip


@both_engines
def test_what_a_carrier_keeps_back_is_with_it_until_it_comes_or_is_given_up(delivered):
    _order_id, part = delivered()
    with pytest.raises(NothingKeptBack):  # All of it is with the carrier, nothing was counted.
        rest(part, counted_vnd=5_000)
    count(part, 90_000)
    assert standing(f"cash:{part}")["carrier_cod"] == 20_000
    assert rest(part, counted_vnd=5_000) is True
    assert rest(part, fee_vnd=10_000) is True
    with pytest.raises(NothingKeptBack) as refused:
        rest(part, fee_vnd=5_001)
    assert refused.value.facts["rest_vnd"] == 5_000
    assert rest(part, off_vnd=5_000) is True
    held = cash_of(part)
    assert (held.received_vnd, held.fee_vnd, held.off_vnd) == (95_000, 10_000, 5_000)
    stands = standing(f"cash:{part}")
    assert "carrier_cod" not in stands
    assert stands["seller_cash"] == 95_000
    assert (stands["carrier_fees"], stands["written_off"]) == (10_000, 5_000)
    assert back_of(part) == 0
    with pytest.raises(NothingKeptBack):
        rest(part, counted_vnd=1)


@both_engines
def test_a_tap_on_the_rest_that_is_sent_twice_counts_once_and_is_taken_back_once(delivered):
    _order_id, part = delivered()
    count(part, 90_000)
    seen = last_cash_move(db.session(), part)
    db.session.rollback()
    assert rest(part, after=seen, fee_vnd=20_000) is True
    assert rest(part, after=seen, fee_vnd=20_000) is False
    tap = last_cash_move(db.session(), part)
    assert undo(part, tap) is True
    assert undo(part, tap) is False
    assert standing(f"cash:{part}")["carrier_cod"] == 20_000
    with pytest.raises(NotTheLastStep):  # Not what was counted before it either.
        undo(part, seen)


@both_engines
def test_a_fee_is_taken_back_with_the_count_that_named_it(delivered):
    _order_id, part = delivered()
    with transaction() as session:
        actions.move_cash(
            session, seller_order_id=part, to=CashState.REMITTED, counted_vnd=100_000,
            fee_vnd=10_000, by=SELLER, now=NOON,
        )  # fmt: skip
    assert undo(part) is True
    held = cash_of(part)
    assert (held.state, held.received_vnd, held.fee_vnd) == ("with_carrier", 0, 0)
    assert standing(f"cash:{part}")["carrier_cod"] == 110_000


@pytest.mark.parametrize("sums", [(100_000, 110_001, 0), (100_000, 0, -1), (0, 0, 0), (-1, 5, 0)])
def test_a_carrier_keeps_no_more_than_it_took(delivered, sums):
    _order_id, part = delivered()
    with pytest.raises(AmountOutOfRange), transaction() as session:
        actions.move_cash(
            session, seller_order_id=part, to=CashState.REMITTED, counted_vnd=sums[0],
            fee_vnd=sums[1], off_vnd=sums[2], by=SELLER, now=NOON,
        )  # fmt: skip
    assert cash_of(part).state == "with_carrier"


def test_what_the_seller_took_herself_has_no_carriers_fee(delivered):
    _order_id, part = delivered(by=CashState.WITH_SELLER)
    with pytest.raises(IllegalCashMove), transaction() as session:
        actions.move_cash(
            session, seller_order_id=part, to=CashState.REMITTED, counted_vnd=100_000,
            fee_vnd=10_000, by=SELLER, now=NOON,
        )  # fmt: skip


@both_engines
def test_the_rest_goes_where_the_first_part_went(delivered, union):
    _order_id, part = delivered()
    with transaction() as session:
        account = session.scalar(select(Payee.id).where(Payee.organisation_id == union))
        actions.move_cash(
            session, seller_order_id=part, to=CashState.REMITTED, counted_vnd=100_000,
            payee_id=account, by=SELLER, now=NOON,
        )  # fmt: skip
    with pytest.raises(PaidElsewhere):
        rest(part, counted_vnd=10_000)
    assert rest(part, counted_vnd=10_000, payee_id=account) is True
    stands = standing(f"cash:{part}")
    assert (stands["bank"], stands["seller_payable"]) == (110_000, -110_000)
    assert stands["cash_with_collector"] == 110_000


@pytest.fixture
def refused(a_seller, a_variant, an_order):
    """A parcel that the buyer did not take."""
    seller = a_seller()
    made = an_order({a_variant(seller_id=seller): (seller, "cod")})
    (part,) = made.parts
    with transaction() as session:
        for to in ("confirmed", "packed", "handed_over", "refused"):
            ordering.move_seller_order(
                session, seller_order_id=part, to=to, actor_kind="seller", actor_id=None, now=NOON
            )
        actions.open_payments(session, made.order_id, NOON)
    return part


def way_back(part, fee_vnd, **more):
    with transaction() as session:
        return actions.charge_return_fee(
            session, seller_order_id=part, fee_vnd=fee_vnd, carrier="VNPost", by=SELLER, now=NOON,
            after=last_cash_move(session, part), **more,
        )  # fmt: skip


@both_engines
def test_the_way_back_of_a_refused_parcel_is_the_sellers_cost_once(refused):
    assert way_back(refused, 12_000) is True
    assert standing(f"cash:{refused}") == {"carrier_fees": 12_000, "seller_cash": -12_000}
    with pytest.raises(NoWayBack):
        way_back(refused, 12_000)
    assert back_of(refused) == 0
    assert undo(refused) is True
    assert standing(f"cash:{refused}") == {}
    assert way_back(refused, 9_000) is True


def test_the_way_back_is_asked_of_nobody_whose_parcel_arrived(delivered):
    _order_id, part = delivered()
    with pytest.raises(NoWayBack):
        way_back(part, 12_000)
    assert "carrier_fees" not in standing(f"cash:{part}")


@both_engines
def test_differences_from_before_are_with_the_carrier_once_the_job_ran(delivered):
    """They stood as unexplained; the migration asks for them to be posted anew."""
    _order_id, part = delivered()
    count(part, 90_000)
    with transaction() as session:
        legs = [Leg(Account("suspense", "seller:1"), 20_000),
                Leg(Account("carrier_cod", "seller:1"), -20_000)]  # fmt: skip
        post(session, key="as-before", kind="cash_remitted", legs=legs, now=NOON,
             subject=f"cash:{part}")  # fmt: skip
        session.add(ToBook(subject=f"cash:{part}"))
    assert standing(f"cash:{part}")["suspense"] == 20_000
    for _ in range(2):
        books.book_history(db.session(), NOON)
        db.session.commit()
    assert standing(f"cash:{part}")["carrier_cod"] == 20_000
    assert "suspense" not in standing(f"cash:{part}")


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
    from shop.payments.queries import is_late
    from shop.payments.queries.columns import payment_rows

    payment, order_id, seller = cancelled
    assert under("late", seller) == [payment]
    assert is_late(db.session.execute(payment_rows(Payment.id == payment)).one())
    assert close(payment)
    assert not close(payment)
    assert under("late", seller) == []
    with transaction() as session:
        assert actions.report(session, payment_id=payment, now=now_utc())
    assert under("late", seller) == [payment]
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
        refunds.give_back(
            session, of=Subject(TRANSFER, payment), amount_vnd=110_000, after=1, by=SELLER, now=NOON
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
    found = under("back", seller)
    assert found == ([] if owed else [payment])


def test_a_parcel_with_a_return_fee_is_not_under_way_again_before_the_fee_is_taken_back(refused):
    way_back(refused, 12_000)

    def under_way_again():
        with transaction() as session:
            wrong = session.scalar(
                select(func.max(SellerOrderMove.id)).where(
                    SellerOrderMove.seller_order_id == refused
                )
            )
            return take_step_back(
                session, seller_order_id=refused, move_id=wrong, by=SELLER, now=NOON
            )

    with pytest.raises(ReturnFeeStands):
        under_way_again()
    assert cash_of(refused).state == "written_off"
    undo(refused)
    assert under_way_again() is True
    assert cash_of(refused).state == "promised"
