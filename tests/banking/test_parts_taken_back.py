"""One transfer for several orders, taken back at one of them: only what is left is counted again."""

from itertools import combinations
from random import Random

import pytest
from sqlalchemy import delete, func, select
from sqlalchemy.exc import DBAPIError

from shop.banking.actions.answers import accept, close, reopen
from shop.banking.models import BankMatch, BankNotice
from shop.banking.queries.inbox import cards_of
from shop.banking.queries.notices import notice_in
from shop.banking.queries.owners import Sight
from shop.banking.rules.matching import NoticeSettled
from shop.db import db, transaction
from shop.kernel.clock import now_utc
from shop.operations.proofs import broken
from shop.payments import actions as payments
from shop.payments.models import PaymentEvent
from shop.payments.rules.amounts import AmountOutOfRange
from tests.banking.conftest import deliver, received
from tests.banking.test_decisions import SELLER, say_yes, seen
from tests.engines import both_engines


def take_back(notice, order) -> None:
    db.session.rollback()
    event = db.session.scalars(
        select(BankMatch.payment_event_id).where(
            BankMatch.notice_id == notice.id, BankMatch.payment_id == order.payment_id,
            BankMatch.undone_at.is_(None),
        ).limit(1)
    ).one()  # fmt: skip
    with transaction() as session:
        payments.take_back_confirmation(
            session, payment_id=order.payment_id, event_id=event, by=SELLER, now=now_utc()
        )
    deliver()


def standing(notice) -> int:
    db.session.rollback()
    return db.session.scalar(
        select(func.coalesce(func.sum(BankMatch.amount_vnd), 0)).where(
            BankMatch.notice_id == notice.id, BankMatch.undone_at.is_(None)
        )
    )


def card_of(notice, seller_id: int):
    db.session.rollback()
    return cards_of(db.session(), [notice_in(db.session(), Sight(seller_id), notice.id)])[0]


@pytest.fixture
def split(owed, a_service):
    """Three orders, and one transfer that pays two of them: 120,000 and 80,000."""
    first = owed(price_vnd=105_000)
    second = owed(seller_id=first.seller_id, price_vnd=65_000)
    third = owed(seller_id=first.seller_id, price_vnd=25_000)
    service = a_service(seller_id=first.seller_id)
    notice = service.tell(200_000, f"{first.memo} {second.memo}")
    say_yes(notice, first, second)
    assert (received(first.payment_id), received(second.payment_id)) == (120_000, 80_000)
    return notice, first, second, third, service


@both_engines
def test_only_what_was_taken_back_is_counted_again(split):
    notice, first, second, _, _ = split
    take_back(notice, second)
    assert seen(notice) == ("task", "taken_back", second.payment_id)
    card = card_of(notice, first.seller_id)
    assert card.left_vnd == 80_000
    assert list(card.counted.values()) == [120_000]
    assert [guess.payment_id for guess in card.guesses] == [second.payment_id]
    say_yes(notice, second)
    assert (received(first.payment_id), received(second.payment_id)) == (120_000, 80_000)
    assert standing(notice) == 200_000
    assert seen(notice)[0] == "matched"
    assert not broken(db.session())


@both_engines
def test_the_rest_can_be_divided_again(split, owed):
    notice, first, second, third, _service = split
    take_back(notice, first)
    take_back(notice, second)
    card = card_of(notice, first.seller_id)
    assert (card.left_vnd, card.counted) == (200_000, {})
    assert [(g.payment_id, vnd) for g, vnd in card.shares] == [
        (first.payment_id, 120_000),
        (second.payment_id, 80_000),
    ]
    say_yes(notice, first, second)
    take_back(notice, first)
    other = owed(seller_id=first.seller_id, price_vnd=65_000)
    say_yes(notice, other, third)
    assert (received(other.payment_id), received(third.payment_id)) == (80_000, 40_000)
    assert standing(notice) == 200_000


@both_engines
def test_an_answer_to_the_rest_leaves_the_other_order_its_money(split):
    notice, first, second, _, _ = split
    take_back(notice, second)
    with transaction() as session:
        assert close(session, notice_id=notice.id, to="given_back", by=SELLER, now=now_utc())
    assert standing(notice) == 120_000
    take_back(notice, first)
    assert seen(notice) == ("task", "taken_back", first.payment_id), "All of it is asked about."
    with transaction() as session:
        close(session, notice_id=notice.id, to="ignored", by=SELLER, now=now_utc())
        reopen(session, notice_id=notice.id, by=SELLER, now=now_utc())
    say_yes(notice, first, second)
    assert standing(notice) == 200_000


@both_engines
def test_the_database_refuses_more_than_the_bank_told(split):
    notice, first, *_ = split
    event = db.session.scalar(
        select(PaymentEvent.id).where(PaymentEvent.payment_id == first.payment_id).limit(1)
    )
    more = BankMatch(
        notice_id=notice.id, payment_id=first.payment_id, payment_event_id=event, amount_vnd=1,
        at=now_utc(),
    )  # fmt: skip
    with pytest.raises(DBAPIError, match="more than the bank told"), transaction() as session:
        session.execute(delete(BankMatch).where(BankMatch.payment_event_id == event))
        session.add_all(
            [more, BankMatch(
                notice_id=notice.id, payment_id=first.payment_id, payment_event_id=event,
                amount_vnd=200_000, at=now_utc(),
            )]
        )  # fmt: skip
        session.flush()


@pytest.mark.parametrize("seed", range(4))
def test_whatever_is_answered_and_taken_back_no_more_is_counted_than_came(split, seed):
    """Property: the matches that stand never come to more than the notice."""
    notice, *orders, _service = split
    dice = Random(seed)
    choices = [some for size in (1, 2, 3) for some in combinations(orders, size)]
    for _step in range(25):
        db.session.rollback()
        matched = set(
            db.session.scalars(
                select(BankMatch.payment_id).where(
                    BankMatch.notice_id == notice.id, BankMatch.undone_at.is_(None)
                )
            )
        )
        if matched and dice.random() < 0.5:
            take_back(notice, dice.choice([o for o in orders if o.payment_id in matched]))
        else:
            some = dice.choice(choices)
            try:
                with transaction() as session:
                    accept(
                        session, notice_id=notice.id, payment_ids=[o.payment_id for o in some],
                        by=SELLER, now=now_utc(),
                    )  # fmt: skip
            except (AmountOutOfRange, NoticeSettled):
                pass
        assert standing(notice) <= 200_000
        db.session.rollback()
        from_bank = sum(received(order.payment_id) for order in orders)
        assert from_bank == standing(notice)
        assert db.session.get_one(BankNotice, notice.id).state in ("matched", "task")
    assert not broken(db.session())
