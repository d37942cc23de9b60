"""Money on the owner's other account is booked where it is, goes back from there, and is undone there."""

import pytest
from sqlalchemy import select

from shop.db import db, transaction
from shop.kernel.clock import now_utc
from shop.ledger.queries import balance
from shop.ledger.rules import Account
from shop.operations.proofs import broken
from shop.payments import actions as payments
from shop.payments import refunds
from shop.payments.models import PaymentEvent
from shop.payments.queries import last_money_event
from shop.payments.told import TRANSFER, Subject
from shop.sellers.models import Payee
from tests.banking.conftest import change_account, deliver, received
from tests.banking.test_decisions import SELLER, payee_of, say_yes, seen, tap
from tests.engines import both_engines

OTHER = "777788889999"


@pytest.fixture
def misdirected(owed, a_service):
    """(order, notice, the account shown, the account that it came to)."""
    order = owed()
    service = a_service(seller_id=order.seller_id)
    change_account(order.seller_id, OTHER)
    notice = service.tell(order.amount_vnd, order.memo, accountNumber=OTHER)
    assert seen(notice) == ("task", "other_account", order.payment_id)
    shown = payee_of(order)
    [other] = db.session.scalars(
        select(Payee.id).where(Payee.seller_id == order.seller_id, Payee.id != shown)
    )
    db.session.rollback()
    return order, notice, shown, other


def in_bank(*payees: int) -> list[int]:
    db.session.rollback()
    return [balance(db.session(), Account("bank", f"payee:{one}")) for one in payees]


@both_engines
def test_both_statements_agree_with_the_books(misdirected):
    order, notice, shown, other = misdirected
    say_yes(notice, order)
    assert received(order.payment_id) == order.amount_vnd
    assert in_bank(shown, other) == [0, order.amount_vnd]
    assert not broken(db.session())


@both_engines
def test_taken_back_it_leaves_the_account_that_it_came_to(misdirected):
    order, notice, shown, other = misdirected
    say_yes(notice, order)
    event = db.session.scalars(
        select(PaymentEvent.id).where(PaymentEvent.key.like("notice:%"))
    ).one()
    db.session.rollback()
    with transaction() as session:
        payments.take_back_confirmation(
            session, payment_id=order.payment_id, event_id=event, by=SELLER, now=now_utc()
        )
    deliver()
    assert in_bank(shown, other) == [0, 0]
    assert seen(notice)[0] == "task"
    say_yes(notice, order)
    assert in_bank(shown, other) == [0, order.amount_vnd]
    assert not broken(db.session())


@both_engines
def test_what_goes_back_leaves_the_account_that_has_it(misdirected):
    order, notice, shown, other = misdirected
    say_yes(notice, order)
    whole = order.amount_vnd
    with transaction() as session:
        refunds.give_back(
            session, of=Subject(TRANSFER, order.payment_id), amount_vnd=40_000,
            after=last_money_event(session, order.payment_id), by=SELLER, now=now_utc(),
        )  # fmt: skip
    deliver()
    assert in_bank(shown, other) == [0, whole - 40_000]
    event = db.session.scalars(
        select(PaymentEvent.id).where(PaymentEvent.kind == "refunded", PaymentEvent.amount_vnd > 0)
    ).one()
    db.session.rollback()
    assert not broken(db.session())
    db.session.rollback()
    with transaction() as session:
        payments.take_back_confirmation(
            session, payment_id=order.payment_id, event_id=event, by=SELLER, now=now_utc()
        )
    deliver()
    assert in_bank(shown, other) == [0, whole]
    assert not broken(db.session())


@both_engines
def test_what_was_noted_by_hand_is_moved_to_the_account_that_the_bank_names(owed, a_service):
    order = owed()
    service = a_service(seller_id=order.seller_id)
    change_account(order.seller_id, OTHER)
    shown, whole = payee_of(order), order.amount_vnd
    [other] = db.session.scalars(
        select(Payee.id).where(Payee.seller_id == order.seller_id, Payee.id != shown)
    )
    db.session.rollback()
    tap(order, whole)
    assert in_bank(shown, other) == [whole, 0]
    with transaction() as session:  # Some of it went back before the bank told anything.
        refunds.give_back(
            session, of=Subject(TRANSFER, order.payment_id), amount_vnd=40_000,
            after=last_money_event(session, order.payment_id), by=SELLER, now=now_utc(),
        )  # fmt: skip
    notice = service.tell(whole, order.memo, accountNumber=OTHER)
    assert seen(notice)[:2] == ("task", "other_account")
    say_yes(notice, order)
    assert seen(notice)[0] == "matched"
    assert received(order.payment_id) == whole
    assert in_bank(shown, other) == [-40_000, whole]
    assert not broken(db.session())
    # Taken back at the order it leaves the account that it came to, and the line waits again.
    event = db.session.scalars(
        select(PaymentEvent.id).where(PaymentEvent.key.like("found:%"))
    ).one()
    undo_refund = db.session.scalars(
        select(PaymentEvent.id).where(PaymentEvent.kind == "refunded")
    ).one()
    db.session.rollback()
    for one in (undo_refund, event):
        with transaction() as session:
            payments.take_back_confirmation(
                session, payment_id=order.payment_id, event_id=one, by=SELLER, now=now_utc()
            )
    deliver()
    assert in_bank(shown, other) == [0, 0]
    assert seen(notice)[0] == "task"
    say_yes(notice, order)
    assert (received(order.payment_id), in_bank(shown, other)) == (whole, [0, whole])
    assert not broken(db.session())
