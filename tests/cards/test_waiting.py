"""What gateways told is never left unapplied: it waits, is woken, or a person is asked."""

from datetime import timedelta

from sqlalchemy import select, update

from shop.db import db, transaction
from shop.kernel.clock import now_utc
from shop.operations.proofs import broken
from shop.ordering import actions as ordering
from shop.payments.gateways.actions import settling
from shop.payments.gateways.handlers import look_for_missed
from shop.payments.gateways.models import GatewayMessage, GatewayTask, GatewayVisit
from tests.cards.test_tasks import balance, end, money, paid_otherwise, proved
from tests.cards.worker import deliver, messages, tasks, visits
from tests.engines import both_engines
from tests.payments.conftest import part_of, payments_of

CHECK = "every message of a gateway was acted on, or a person was asked"


def waited(days):
    """Let what was told be so much older."""
    with transaction() as session:
        session.execute(update(GatewayMessage).values(received_at=now_utc() - timedelta(days=days)))


def refunded_at_stripe(order, stripe, client):
    intent = stripe.sessions[order.session_id]["payment_intent"]
    stripe._refund({"payment_intent": intent, "amount": "100000"})
    stripe.send_all(client)
    deliver()


@both_engines
def test_a_refund_of_what_is_counted_later_is_woken_by_that(opened, stripe, client):
    order = paid_otherwise(opened, stripe, client, 100_000)
    refunded_at_stripe(order, stripe, client)
    assert {state for kind, state in messages() if "refund" in kind} == {"waiting"}
    end(settling.count_money)
    deliver()
    assert money(order) == (100_000, 100_000)
    assert {state for kind, state in messages() if "refund" in kind} == {"applied"}
    assert balance("card_clearing") == 0
    proved()


@both_engines
def test_after_a_day_a_person_is_asked_and_counting_still_wakes_it(opened, stripe, client):
    order = paid_otherwise(opened, stripe, client, 100_000)
    refunded_at_stripe(order, stripe, client)
    waited(3)
    assert CHECK in {name for name, rows in broken(db.session()).items() if rows}
    db.session.rollback()
    look_for_missed(now_utc())
    assert tasks() == ["wrong_amount", "never_counted"]  # Two messages of a charge: one question.
    proved()
    end(settling.count_money)
    deliver()
    assert money(order) == (100_000, 100_000)
    proved()


@both_engines
def test_a_dispute_of_what_is_not_counted_is_told_at_once_and_booked_when_it_is(
    opened, stripe, client
):
    order = paid_otherwise(opened, stripe, client, 100_000)
    stripe.dispute(order.session_id, fee=0)
    stripe.send_all(client, copies=2)
    deliver()
    assert tasks() == ["wrong_amount", "dispute_unclear"]
    assert balance("card_disputed") == 0
    number = db.session.scalars(
        select(GatewayTask.id).where(GatewayTask.reason == "wrong_amount")
    ).one()
    end(settling.count_money, number)
    deliver()
    assert balance("card_disputed") == 100_000
    proved()


# --- banks that answer later, and messages that are lost ---


def slow(opened, stripe, client, **more):
    order = opened(**more)
    stripe.pay(order.session_id, "slow")
    stripe.send_all(client)
    deliver()
    assert [visit.state for visit in visits()] == ["pending"]
    assert part_of(order.parts[0]).reserved_until is None
    return order


def look(**later):
    look_for_missed(now_utc() + timedelta(**later))
    deliver(days=later.get("days", 0) + 1)


@both_engines
def test_a_no_whose_message_was_lost_is_asked_for_and_the_goods_are_free(opened, stripe, client):
    order = slow(opened, stripe, client, on_hand=3)
    look(minutes=11)
    assert [visit.state for visit in visits()] == ["pending"]  # Her bank thinks still.
    stripe.bank_says(order.session_id, yes=False)
    stripe.events = []
    look(minutes=30)
    assert [visit.state for visit in visits()] == ["failed"]
    assert part_of(order.parts[0]).reserved_until is not None
    with transaction() as session:
        ordering.expire_due(session, now=now_utc() + timedelta(days=3))
    assert part_of(order.parts[0]).state == "cancelled"
    proved()


@both_engines
def test_a_yes_whose_message_was_lost_is_counted(opened, stripe, client):
    order = slow(opened, stripe, client)
    stripe.bank_says(order.session_id, yes=True)
    stripe.sessions[order.session_id]["payment_status"] = "unpaid"  # As the session was stored.
    stripe.events = []
    look(minutes=11)
    assert payments_of(order.order_id)[0].received_vnd == 120_000
    proved()


@both_engines
def test_a_bank_that_never_answers_holds_goods_for_three_weeks_and_may_still_pay(
    opened, stripe, client
):
    order = slow(opened, stripe, client)
    look(days=20)
    assert [visit.state for visit in visits()] == ["pending"]
    look(days=22)
    assert [visit.state for visit in visits()] == ["failed"]
    assert part_of(order.parts[0]).reserved_until is not None
    stripe.bank_says(order.session_id, yes=True)
    stripe.send_all(client)
    deliver()
    assert payments_of(order.order_id)[0].received_vnd == 120_000
    assert db.session.scalar(select(GatewayVisit.state)) == "paid"
