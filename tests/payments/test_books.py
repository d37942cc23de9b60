"""What the shop stores about money is posted in the same transaction, on both engines."""

import threading
from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, insert, select

from shop.db import act_for_nobody, act_for_seller, db, in_transaction, transaction
from shop.ledger.models import LedgerTransaction
from shop.ledger.queries import accounts_of
from shop.ordering import actions as ordering
from shop.ordering.models import SellerOrder
from shop.payments import actions, books, holding, refunds
from shop.payments.jobs import book_history
from shop.payments.methods import By
from shop.payments.models import ToBook
from shop.payments.queries import last_cash_move, last_money_event
from shop.payments.rules.cash import CashState
from shop.payments.told import CASH, TRANSFER, Subject
from tests import lock_order
from tests.engines import both_engines
from tests.ordering.test_race import all_at_once
from tests.payments.conftest import LATER, SELLER, broken, payments_of, receive, standing


@pytest.fixture
def ordered(a_seller, a_variant, an_order):
    """One order of 95,000 + 15,000 đồng to one seller: (subject, id of payment or part, part)."""

    def make(method: str = "transfer", **more):
        seller = a_seller(**more)
        made = an_order({a_variant(seller_id=seller): (seller, method)})
        payments = payments_of(made.order_id)
        about = f"payment:{payments[0].id}" if payments else f"cash:{made.parts[0]}"
        return about, (payments[0].id if payments else made.parts[0]), made.parts[0]

    return make


def move(part: int, *states: str, at: datetime = LATER) -> None:
    for state in states:
        actor = "buyer" if state == "cancelled" else "seller"
        with transaction() as session:
            ordering.move_seller_order(
                session, seller_order_id=part, to=state, actor_kind=actor, actor_id=None, now=at
            )
            actions.open_payments(session, part_of_order(session, part), at)


def part_of_order(session, part: int) -> int:
    return session.scalar(select(SellerOrder.order_id).where(SellerOrder.id == part))


def cash(part: int, to: str, counted: int = 0, carrier: str = "") -> None:
    with transaction() as session:
        actions.move_cash(
            session, seller_order_id=part, to=CashState(to), by=SELLER, counted_vnd=counted,
            carrier=carrier, now=LATER,
        )  # fmt: skip


def kinds(about: str) -> list[str]:
    db.session.rollback()
    return list(
        db.session.scalars(
            select(LedgerTransaction.kind)
            .where(LedgerTransaction.subject == about)
            .order_by(LedgerTransaction.id)
        )
    )


@both_engines
def test_a_transfer_to_the_seller_from_the_first_dong_to_the_last(ordered):
    about, payment, part = ordered()
    assert standing(about) == {}
    receive(payment, 110_000)
    assert standing(about) == {"bank": 110_000, "prepaid": -110_000}
    move(part, "packed", "handed_over", "delivered")
    sold = {"bank": 110_000, "sales": -95_000, "delivery": -15_000}
    assert standing(about) == sold
    with transaction() as session:
        ordering.move_seller_order(
            session, seller_order_id=part, to="completed", actor_kind="buyer", actor_id=None,
            now=LATER,
        )  # fmt: skip
    assert standing(about) == sold
    move(part, "returned")
    assert standing(about) == {"bank": 110_000, "refunds_payable": -110_000}
    with transaction() as session:
        refunds.give_back(
            session, of=Subject(TRANSFER, payment), amount_vnd=110_000, by=SELLER, now=LATER,
            after=last_money_event(session, payment),
        )  # fmt: skip
    assert standing(about) == {}
    assert kinds(about) == ["received", "sold", "goods_back", "refunded"]


@both_engines
def test_an_organisation_that_collects_owes_each_seller_her_share(
    a_seller, a_variant, an_order, union
):
    sellers = [a_seller(organisation_id=union, paid_through_organisation=True) for _ in range(2)]
    made = an_order({a_variant(seller_id=s): (s, "transfer") for s in sellers})
    [payment] = payments_of(made.order_id)
    receive(payment.id, 220_001, By("officer"))
    assert standing(f"payment:{payment.id}") == {
        "bank": 220_001, "prepaid": -220_000, "suspense": -1,
    }  # fmt: skip
    move(made.parts[0], "confirmed", "packed", "handed_over", "delivered")
    with transaction() as session:
        ordering.cancel_by_buyer(session, order_id=made.order_id, now=LATER)
        actions.open_payments(session, made.order_id, LATER)
    assert standing(f"payment:{payment.id}") == {
        "bank": 220_001, "seller_payable": -95_000, "delivery_payable": -15_000,
        "refunds_payable": -110_000, "suspense": -1,
    }  # fmt: skip
    owed = {(row.kind, row.detail): row.balance_vnd for row in accounts_of(db.session(), [f"seller:{sellers[0]}"])}  # fmt: skip
    assert owed[("seller_payable", f"organisation:{union}")] == -95_000


@both_engines
def test_cash_goes_from_the_carrier_to_the_seller(ordered):
    about, _, part = ordered("cod")
    move(part, "confirmed", "packed", "handed_over", "delivered")
    cash(part, "with_carrier", carrier="Viettel Post")
    assert standing(about) == {"carrier_cod": 110_000, "sales": -95_000, "delivery": -15_000}
    [held] = [row for row in accounts_of(db.session(), None) if row.kind == "carrier_cod"]
    assert (held.detail, held.balance_vnd) == ("Viettel Post", 110_000)
    cash(part, "remitted", 104_500)
    assert standing(about) == {
        "seller_cash": 104_500, "carrier_cod": 5_500, "sales": -95_000, "delivery": -15_000,
    }  # fmt: skip
    with transaction() as session:
        refunds.give_back(
            session, of=Subject(CASH, part), amount_vnd=4_500, by=SELLER, now=LATER,
            after=last_cash_move(session, part),
        )  # fmt: skip
    assert standing(about)["seller_cash"] == 100_000
    assert standing(about)["sales"] == -90_500


@both_engines
def test_goods_and_cash_of_one_tap_are_posted_apart_and_in_order(ordered):
    about, _, part = ordered("cod")
    move(part, "confirmed", "packed", "handed_over")
    with transaction() as session:
        actions.move_cash(
            session, seller_order_id=part, to=CashState.WITH_SELLER, by=SELLER, now=LATER
        )
        ordering.move_seller_order(
            session, seller_order_id=part, to="delivered", actor_kind="seller", actor_id=None,
            now=LATER,
        )  # fmt: skip
    assert kinds(about) == ["sold", "cash_with_seller"]
    assert standing(about) == {"cash_with_seller": 110_000, "sales": -95_000, "delivery": -15_000}


@both_engines
def test_a_double_tap_is_posted_once(ordered):
    about, payment, _ = ordered()
    for _ in range(2):
        with transaction() as session:
            actions.confirm_received(
                session, payment_id=payment, amount_vnd=110_000, after=0, by=SELLER, now=LATER
            )
    assert kinds(about) == ["received"]


@both_engines
def test_what_is_undone_is_posted_nowhere(ordered):
    about, payment, _ = ordered()
    with pytest.raises(ZeroDivisionError), transaction() as session:
        actions.confirm_received(
            session, payment_id=payment, amount_vnd=110_000, after=0, by=SELLER, now=LATER
        )
        raise ZeroDivisionError
    with transaction():
        pass  # The next unit of work has nothing of the one before.
    assert kinds(about) == []
    receive(payment, 110_000)
    assert kinds(about) == ["received"]


@both_engines
def test_when_the_books_fail_the_event_is_not_stored_either(ordered, monkeypatch):
    about, payment, _ = ordered()
    monkeypatch.setattr(books, "post_all", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        receive(payment, 110_000)
    monkeypatch.undo()
    assert payments_of(1)[0].received_vnd == 0
    assert kinds(about) == []


@both_engines
def test_history_is_posted_event_by_event_and_once(app, ordered, monkeypatch):
    """As if the shop had run for a while before there were books."""
    told = app.extensions["before_commit"].copy()
    app.extensions["before_commit"].remove(books.keep_books)
    about, payment, part = ordered()
    receive(payment, 120_000)
    move(part, "packed", "handed_over", "delivered", at=LATER + timedelta(days=1))
    cash_about, _, cod = ordered("cod")
    move(cod, "confirmed", "packed", "handed_over", "delivered")
    cash(cod, "with_carrier")
    untouched, _, _ = ordered("cod")
    assert kinds(about) == kinds(cash_about) == []
    with transaction() as session:
        session.execute(
            insert(ToBook), [{"subject": one} for one in (about, cash_about, untouched)]
        )
    app.extensions["before_commit"][:] = told
    # One of them goes on before the job comes: all of it is posted then.
    with transaction() as session:
        refunds.give_back(
            session, of=Subject(TRANSFER, payment), amount_vnd=10_000, by=SELLER,
            now=LATER + timedelta(days=2),
            after=last_money_event(session, payment),
        )  # fmt: skip
    assert kinds(about) == ["received", "sold", "refunded"]
    for _ in range(2):
        book_history(LATER)
        assert kinds(about) == ["received", "sold", "refunded"]
        assert kinds(cash_about) == ["sold", "cash_with_carrier"]
        assert kinds(untouched) == []
    assert db.session.scalar(select(func.count()).select_from(ToBook)) == 0
    when = db.session.scalars(
        select(LedgerTransaction.occurred_at).where(LedgerTransaction.subject == cash_about)
    ).all()
    assert set(when) == {LATER}


@both_engines
def test_an_event_that_never_reached_the_books_is_found(app, ordered):
    about, payment, part = ordered()
    told = app.extensions["before_commit"].copy()
    app.extensions["before_commit"].remove(books.keep_books)
    receive(payment, 110_000)
    app.extensions["before_commit"][:] = told
    found = broken(db.session())
    assert list(found) == [
        "I7 a bank account holds what payments say",
        "the books say what happened",
    ]
    [row] = found["the books say what happened"]
    assert row["subject"] == about
    # It stays so until a person looks; the next event does post the whole story.
    move(part, "packed", "handed_over", "delivered")
    assert broken(db.session()) == {}


@both_engines
def test_goods_and_money_that_meet_are_posted_as_if_one_came_first(app, ordered):
    """Ten orders, each delivered and paid at the same moment by two threads."""
    many = []
    for _ in range(10):
        about, payment, part = ordered()
        move(part, "confirmed", "packed", "handed_over")
        many.append((about, payment, part))

    def work(number: int) -> str:
        _, payment, part = many[number // 2]
        if number % 2:
            in_transaction(
                lambda session: actions.confirm_received(
                    session, payment_id=payment, amount_vnd=110_000, after=0, by=By("officer"),
                    now=LATER,
                )
            )  # fmt: skip
        else:
            in_transaction(
                lambda session: ordering.move_seller_order(
                    session, seller_order_id=part, to="delivered", actor_kind="seller",
                    actor_id=None, now=LATER,
                )
            )  # fmt: skip
        return "done"

    assert all_at_once(app, work, 20) == {"done": 20}
    for about, _, _ in many:
        assert standing(about) == {"bank": 110_000, "sales": -95_000, "delivery": -15_000}


@pytest.mark.parametrize("engine_name", ["postgresql"])
def test_without_the_lock_of_the_payment_they_would_not(app, ordered, monkeypatch, request):
    """The twin, with the rival's step put in between: both read before either posts."""
    about, payment, part = ordered()
    move(part, "confirmed", "packed", "handed_over")
    monkeypatch.setattr(books, "_lock", lambda *_: None)
    monkeypatch.setattr(holding, "hold_parts", lambda *_: None)
    monkeypatch.setattr(lock_order, "MONEY", set())
    read = books._read

    def deliver_meanwhile(session, subjects):
        found = read(session, subjects)
        monkeypatch.setattr(books, "_read", read)

        def deliver() -> None:
            with app.app_context():
                move(part, "delivered")
                db.session.remove()

        rival = threading.Thread(target=deliver)
        rival.start()
        rival.join()
        return found

    monkeypatch.setattr(books, "_read", deliver_meanwhile)
    receive(payment, 110_000, By("officer"))
    assert standing(about)["buyers_owe"] == 110_000
    request.node.left_broken = ["the books say what happened"]


@both_engines
def test_a_seller_who_sees_her_part_alone_still_posts_what_is_true_of_all(
    a_seller, a_variant, an_order, union
):
    """One transfer pays two; the database shows her only her own part while she works."""
    sellers = [a_seller(organisation_id=union, paid_through_organisation=True) for _ in range(2)]
    made = an_order({a_variant(seller_id=s): (s, "transfer") for s in sellers})
    [payment] = payments_of(made.order_id)
    receive(payment.id, 110_000, By("officer"))
    act_for_seller(db.session(), sellers[0])
    try:
        move(made.parts[0], "confirmed", "packed", "handed_over", "delivered")
    finally:
        act_for_nobody()
    assert standing(f"payment:{payment.id}") == {
        "bank": 110_000, "prepaid": -55_000, "buyers_owe": 55_000, "seller_payable": -95_000,
        "delivery_payable": -15_000,
    }  # fmt: skip
