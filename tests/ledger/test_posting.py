"""Posting on both engines: once per key, balances kept, statements by page, mistakes reversed."""

from collections import Counter
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from shop.db import db, in_transaction, transaction
from shop.ledger import actions, queries
from shop.ledger.actions import AlreadyReversed, Posting
from shop.ledger.models import LedgerEntry, LedgerTransaction
from shop.ledger.rules import Account, Leg, WrongPosting
from tests.engines import both_engines
from tests.ledger.conftest import BANK, DELIVERY, NOON, PREPAID, SALES, legs
from tests.ordering.test_race import all_at_once

pytestmark = pytest.mark.usefixtures("books")


def post(key: str, what: list[Leg], **more) -> int | None:
    with transaction() as session:
        return actions.post(session, key=key, kind="received", legs=what, now=NOON, **more)


def balance_of(account: Account) -> int:
    db.session.rollback()
    return queries.balance(db.session(), account)


def how_many() -> tuple[int, int]:
    db.session.rollback()
    return (
        db.session.scalar(select(func.count()).select_from(LedgerTransaction)) or 0,
        db.session.scalar(select(func.count()).select_from(LedgerEntry)) or 0,
    )


@both_engines
def test_a_key_is_posted_once(app):
    first = post("order:12:paid", legs(BANK, PREPAID, 110_000))
    assert first is not None
    assert post("order:12:paid", legs(BANK, PREPAID, 110_000)) is None
    with transaction() as session:
        twice = [Posting("order:13:paid", "received", legs(BANK, PREPAID, 5), NOON)] * 2
        assert [one is None for one in actions.post_all(session, twice, NOON)] == [False, True]
    assert how_many() == (2, 4)
    assert balance_of(BANK) == 110_005
    assert balance_of(PREPAID) == -110_005


@both_engines
def test_a_wrong_posting_stores_nothing_of_its_unit_of_work(app):
    with pytest.raises(WrongPosting), transaction() as session:
        actions.post(session, key="a", kind="received", legs=legs(BANK, PREPAID, 5), now=NOON)
        actions.post(session, key="b", kind="received", legs=[Leg(BANK, 5)], now=NOON)
    assert how_many() == (0, 0)
    assert queries.accounts_of(db.session(), None) == []


@both_engines
def test_a_statement_carries_the_balance_and_goes_back_page_by_page(app):
    for n in range(1, 8):
        post(f"n:{n}", legs(BANK, PREPAID, n), occurred_at=NOON + timedelta(days=n), note=f"{n}")
    [account] = queries.accounts_of(db.session(), ["payee:7"])
    first = queries.statement(db.session(), account.id, limit=4)
    assert [(row.amount_vnd, row.balance_vnd) for row in first] == [
        (7, 28), (6, 21), (5, 15), (4, 10),
    ]  # fmt: skip
    post("n:8", legs(BANK, PREPAID, 8))  # What comes meanwhile does not move the next page.
    rest = queries.statement(db.session(), account.id, before_id=first[-1].id, limit=4)
    assert [(row.amount_vnd, row.balance_vnd) for row in rest] == [(3, 6), (2, 3), (1, 1)]
    assert rest[0].occurred_at == NOON + timedelta(days=3)
    assert account.owner == "payee:7"


@both_engines
def test_balance_and_page_read_no_history(app, count_queries):
    for n in range(30):
        post(f"n:{n}", legs(BANK, PREPAID, 1))
    db.session.rollback()
    with count_queries() as seen:
        assert queries.balance(db.session(), BANK) == 30
    assert len(seen) == 1
    assert "ledger_entries" not in seen[0]


@both_engines
def test_a_mistake_is_reversed_once_and_stays_readable(app):
    wrong = post("order:12:paid", legs(BANK, PREPAID, 110_000), subject="payment:12")
    for key, done in (("order:12:paid:undo", True), ("order:12:paid:undo", False)):
        with transaction() as session:
            found = actions.reverse(session, transaction_id=wrong, key=key, now=NOON)
            assert (found is not None) is done
    with pytest.raises(AlreadyReversed), transaction() as session:
        actions.reverse(session, transaction_id=wrong, key="another", now=NOON)
    assert how_many() == (2, 4)
    assert balance_of(BANK) == balance_of(PREPAID) == 0
    assert queries.booked(db.session(), ["payment:12"]) == {}


@both_engines
def test_the_books_know_what_stands_about_a_subject(app):
    assert not queries.is_booked(db.session(), "payment:12")
    post("a", legs(BANK, PREPAID, 110_000), subject="payment:12")
    post("b", [Leg(PREPAID, 110_000), Leg(SALES, -95_000), Leg(DELIVERY, -15_000)],
         subject="payment:12")  # fmt: skip
    post("c", legs(BANK, PREPAID, 7), subject="payment:13")
    assert queries.booked(db.session(), ["payment:12", "payment:14"]) == {
        "payment:12": {BANK: 110_000, SALES: -95_000, DELIVERY: -15_000}
    }
    assert queries.is_booked(db.session(), "payment:12")


@both_engines
def test_fifty_post_on_one_account_and_not_a_dong_is_lost(app):
    """Two accounts in both orders, and one that nobody opened before."""

    def work(number: int) -> str:
        pair = (BANK, PREPAID) if number % 2 else (PREPAID, BANK)
        in_transaction(
            lambda session: actions.post(
                session, key=f"n:{number}", kind="received", legs=legs(*pair, number + 1), now=NOON
            )
        )
        return "posted"

    assert all_at_once(app, work) == {"posted": 50}
    assert balance_of(BANK) == sum(n + 1 if n % 2 else -n - 1 for n in range(50))
    assert how_many() == (50, 100)


@both_engines
def test_fifty_post_the_same_key_and_one_is_kept(app):
    def work(number: int) -> str:
        done = in_transaction(
            lambda session: actions.post(
                session, key="order:12:paid", kind="received", legs=legs(BANK, PREPAID, 5), now=NOON
            )
        )
        return "posted" if done else "known"

    assert all_at_once(app, work) == Counter(posted=1, known=49)
    assert balance_of(BANK) == 5


@pytest.mark.parametrize("engine_name", ["postgresql"])
def test_without_the_lock_the_same_race_loses_money(app, books, monkeypatch):
    """The twin: accounts are read and not locked. SQLite has one writer, so it has no twin."""
    post("first", legs(BANK, PREPAID, 1))
    monkeypatch.setattr("sqlalchemy.sql.selectable.Select.with_for_update", lambda self: self)

    def work(number: int) -> str:
        in_transaction(
            lambda session: actions.post(
                session, key=f"n:{number}", kind="received", legs=legs(BANK, PREPAID, 1), now=NOON
            )
        )
        return "posted"

    assert all_at_once(app, work) == {"posted": 50}
    books.broken = [
        "balances are the sums of their entries",
        "every line of a statement carries the balance after it",
    ]
