"""A buyer's credit: given for money that was to go back, spent with the same payee, never twice."""

import pytest
from sqlalchemy import event, select, true

from shop.db import db, in_transaction, transaction
from shop.kernel.errors import NotYours
from shop.ledger.queries import accounts_of
from shop.ordering import actions as ordering
from shop.ordering.models import SellerOrder
from shop.payments import actions, methods, refunds
from shop.payments import credits as keeping
from shop.payments.methods import By
from shop.payments.models import Credit, Payment, PaymentEvent, Refund
from shop.payments.queries import last_money_event, refunds_of_order
from shop.payments.queries.credits import credits_of_order
from shop.payments.rules.amounts import NothingToPay
from shop.payments.rules.cash import CashState
from shop.payments.rules.credits import (
    CreditElsewhere,
    CreditRefused,
    CreditUsedUp,
    PaidByCredit,
)
from shop.payments.rules.refunds import NoSuchWay, RefundMovedOn, Way
from shop.payments.spending import spend_credit
from shop.payments.told import CASH, TRANSFER, Subject
from tests.engines import both_engines, run_as_owner
from tests.ordering.test_race import BUYERS, all_at_once
from tests.payments.conftest import LATER, SELLER, broken, cash_of, payments_of, receive, standing
from tests.payments.test_books import move
from tests.payments.test_refunds import HERS, ByItself, ask, cancel, rows

BUYER = By("buyer")


def take(order_id: int, refund_id: int | None = None, by: By = BUYER) -> bool:
    newest = select(Refund.id).order_by(Refund.id.desc()).limit(1)
    one = refund_id or db.session.scalars(newest).one()
    db.session.rollback()
    return in_transaction(
        lambda session: refunds.take_as_credit(
            session, order_id=order_id, refund_id=one, by=by, now=LATER
        )
    )


def code_of(order_id: int) -> str:
    db.session.rollback()
    return next(iter(credits_of_order(db.session(), order_id).values())).code


def spend(order_id: int, code: str, payment: int | None = None) -> int:
    payment_id = payment or payments_of(order_id)[0].id
    db.session.rollback()
    return in_transaction(
        lambda session: spend_credit(
            session, order_id=order_id, payment_id=payment_id, typed=code, by=BUYER, now=LATER
        )
    )  # fmt: skip


def left() -> list[int]:
    db.session.rollback()
    return list(db.session.scalars(select(Credit.left_vnd).order_by(Credit.id)))


def total(kind: str) -> int:
    db.session.rollback()
    return sum(row.balance_vnd for row in accounts_of(db.session(), None) if row.kind == kind)


@pytest.fixture
def credited(a_seller, a_variant, an_order):
    """A cancelled order whose buyer took a code: (seller, variant, order, code of 110,000)."""

    def make(stock: int = 100):
        seller = a_seller()
        variant = a_variant(seller_id=seller, on_hand=stock)
        made = an_order({variant: (seller, "transfer")})
        receive(payments_of(made.order_id)[0].id, 110_000)
        cancel(made.parts[0])
        take(made.order_id)
        return seller, variant, made.order_id, code_of(made.order_id)

    return make


@both_engines
def test_money_that_was_to_go_back_becomes_a_code_and_leaves_no_bank(paid):
    of, part, order = paid()
    cancel(part)
    assert rows() == [(110_000, "asked", "cancelled", "bank")]
    assert take(order) is True
    assert take(order) is False
    assert rows() == [(110_000, "done", "cancelled", "credit")]
    assert standing(str(of)) == {"bank": 110_000, "credit": -110_000}
    found = credits_of_order(db.session(), order)
    assert [(one.issued_vnd, one.left_vnd) for one in found.values()] == [(110_000, 110_000)]
    kept = db.session.scalars(select(Credit)).one()
    code = code_of(order).replace("-", "")
    assert code.encode() not in kept.code
    assert code not in kept.code_index
    # The refund's own row names the credit, and the page finds it there.
    assert [one.credit_id for one in refunds_of_order(db.session(), order)] == list(found)


@both_engines
def test_a_code_pays_for_the_next_order_and_the_seller_has_her_part(credited, an_order):
    seller, variant, _, code = credited()
    made = an_order({variant: (seller, "transfer")}, quantity=2)
    assert payments_of(made.order_id)[0].amount_vnd == 210_000
    assert spend(made.order_id, code.lower().replace("-", " ")) == 110_000
    assert left() == [0]
    payment = payments_of(made.order_id)[0]
    assert (payment.received_vnd, payment.credit_vnd) == (110_000, 110_000)
    receive(payment.id, 100_000)
    assert standing(f"payment:{payment.id}") == {
        "bank": 100_000, "credit": 110_000, "prepaid": -210_000
    }  # fmt: skip
    move(made.parts[0], "packed", "handed_over", "delivered")
    assert (total("credit"), total("prepaid"), total("sales")) == (0, 0, -190_000)
    assert total("bank") == 210_000


def test_a_small_order_takes_a_part_and_the_rest_pays_another(a_seller, a_variant, an_order):
    seller = a_seller()
    jar = a_variant(seller_id=seller, on_hand=20)
    big = an_order({jar: (seller, "transfer")}, quantity=3)
    receive(payments_of(big.order_id)[0].id, 300_000)
    cancel(big.parts[0])
    take(big.order_id)
    code = code_of(big.order_id)
    for remains in (190_000, 80_000):
        assert spend(an_order({jar: (seller, "transfer")}).order_id, code) == 110_000
        assert left() == [remains]
    assert spend(an_order({jar: (seller, "transfer")}).order_id, code) == 80_000
    another = an_order({jar: (seller, "transfer")})
    with pytest.raises(CreditUsedUp):
        spend(another.order_id, code)
    assert payments_of(another.order_id)[0].received_vnd == 0


def test_what_is_paid_takes_no_more(credited, an_order):
    seller, variant, _, code = credited()
    made = an_order({variant: (seller, "transfer")})
    assert spend(made.order_id, code) == 110_000
    assert left() == [0]
    with pytest.raises(NothingToPay):
        spend(made.order_id, code)


@both_engines
def test_a_cancelled_order_fills_the_code_up_again_and_a_bank_is_asked_for_the_rest(
    credited, an_order
):
    seller, variant, _, code = credited()
    made = an_order({variant: (seller, "transfer")}, quantity=2)
    spend(made.order_id, code)
    payment = payments_of(made.order_id)[0].id
    receive(payment, 100_000)
    cancel(made.parts[0])
    assert rows(Subject(TRANSFER, payment)) == [
        (110_000, "done", "cancelled", "credit"), (100_000, "asked", "cancelled", "bank"),
    ]  # fmt: skip
    assert left() == [110_000]
    assert standing(f"payment:{payment}") == {"bank": 100_000, "refunds_payable": -100_000}
    # Hearing of it twice fills nothing twice.
    with transaction() as session:
        refunds.ask_back_of_order(session, made.order_id, LATER)
    assert left() == [110_000]
    assert spend(an_order({variant: (seller, "transfer")}).order_id, code) == 110_000


def test_two_codes_that_paid_one_order_are_both_filled_up(a_seller, a_variant, an_order):
    seller = a_seller()
    jar = a_variant(seller_id=seller, on_hand=20)
    codes = []
    for _ in range(2):
        made = an_order({jar: (seller, "transfer")})
        receive(payments_of(made.order_id)[0].id, 110_000)
        cancel(made.parts[0])
        take(made.order_id)
        codes.append(code_of(made.order_id))
    made = an_order({jar: (seller, "transfer")}, quantity=2)
    assert [spend(made.order_id, code) for code in codes] == [110_000, 100_000]
    assert left() == [0, 10_000]
    cancel(made.parts[0])
    assert left() == [110_000, 110_000]


def test_a_code_is_spent_with_whom_it_is_of_and_on_a_transfer_of_that_order(
    credited, a_seller, a_variant, an_order
):
    seller, variant, _, code = credited()
    other = a_seller()
    made = an_order({a_variant(seller_id=other): (other, "transfer")})
    with pytest.raises(CreditElsewhere):
        spend(made.order_id, code)
    for wrong in ("", "ABCD-EFGH-JKMN", "7k2m", "é" * 12, code + "0"):
        with pytest.raises(CreditRefused):
            spend(made.order_id, wrong)
    hers = an_order({variant: (seller, "transfer")})
    with pytest.raises(NotYours):
        spend(made.order_id, code, payment=payments_of(hers.order_id)[0].id)
    assert left() == [110_000]


def test_an_order_that_is_over_takes_no_code(credited, an_order):
    seller, variant, _, code = credited()
    made = an_order({variant: (seller, "transfer")})
    cancel(made.parts[0])
    with pytest.raises(NothingToPay):
        spend(made.order_id, code)
    assert left() == [110_000]


def test_no_tap_takes_back_what_a_code_paid_or_what_it_holds(credited, an_order):
    seller, variant, order, code = credited()
    first = payments_of(order)[0].id
    made = an_order({variant: (seller, "transfer")})
    spend(made.order_id, code)
    for one in (payments_of(made.order_id)[0].id, first):
        last = last_money_event(db.session(), one)
        db.session.rollback()
        with pytest.raises(PaidByCredit), transaction() as session:
            actions.take_back_confirmation(
                session, payment_id=one, event_id=last, by=SELLER, now=LATER
            )
    refund = db.session.scalars(select(Refund.id)).one()
    db.session.rollback()
    with pytest.raises(RefundMovedOn), transaction() as session:
        refunds.take_back(session, refund_id=refund, by=SELLER, now=LATER)
    assert left() == [0]


def test_the_account_that_she_gave_is_forgotten_when_she_takes_a_code(paid):
    _, part, order = paid()
    cancel(part)
    refund_id = db.session.scalars(select(Refund.id)).one()

    def give(session):
        return refunds.give_account(
            session, order_id=order, refund_id=refund_id, by=BUYER, now=LATER, **HERS
        )

    in_transaction(give)
    take(order, refund_id)
    kept = db.session.get_one(Refund, refund_id)
    assert (kept.way, kept.state, kept.account) == ("credit", "done", None)
    db.session.rollback()
    with pytest.raises(RefundMovedOn):
        in_transaction(give)


def test_money_that_went_is_not_given_as_a_code_too(paid):
    _, part, order = paid()
    cancel(part)
    refund_id = db.session.scalars(select(Refund.id)).one()
    with transaction() as session:
        refunds.note_sent(session, refund_id=refund_id, by=SELLER, now=LATER)
    with pytest.raises(RefundMovedOn):
        take(order, refund_id)
    with pytest.raises(NotYours):
        take(order + 1, refund_id)
    assert left() == []


def test_goodwill_may_be_a_code_at_once(paid):
    of, part, _ = paid()
    move(part, "packed", "handed_over", "delivered")
    ask(of, "sorry", amount_vnd=20_000, way=Way.CREDIT)
    assert rows() == [(20_000, "done", "goodwill", "credit")]
    assert left() == [20_000]
    assert standing(str(of)) == {
        "bank": 110_000, "credit": -20_000, "sales": -75_000, "delivery": -15_000
    }  # fmt: skip


@both_engines
def test_cash_from_the_door_may_come_back_as_a_code(a_seller, a_variant, an_order):
    seller = a_seller()
    jar = a_variant(seller_id=seller, on_hand=9)
    made = an_order({jar: (seller, "cod")})
    part = made.parts[0]
    move(part, "confirmed", "packed", "handed_over", "delivered")
    for to, counted in ((CashState.WITH_CARRIER, 0), (CashState.REMITTED, 110_000)):
        with transaction() as session:
            actions.move_cash(
                session, seller_order_id=part, to=to, counted_vnd=counted, by=SELLER, now=LATER
            )
    with transaction() as session:
        ordering.move_seller_order(
            session, seller_order_id=part, to="returned", actor_kind="seller", actor_id=None,
            now=LATER,
        )  # fmt: skip
        actions.open_payments(session, made.order_id, LATER)
        refunds.ask_back_of_order(session, made.order_id, LATER)
    take(made.order_id)
    kept = cash_of(part)
    assert (kept.refunded_vnd, kept.credited_vnd) == (110_000, 110_000)
    assert standing(str(Subject(CASH, part))) == {"seller_cash": 110_000, "credit": -110_000}
    assert spend(an_order({jar: (seller, "transfer")}).order_id, code_of(made.order_id)) == 110_000
    assert total("credit") == 0


@both_engines
def test_an_organisations_code_pays_any_of_its_sellers_and_she_is_owed_her_part(
    together, a_seller, a_variant, an_order, union
):  # fmt: skip
    of, (first, _), _ = together
    cancel(first)
    order = db.session.get_one(Payment, of.id).order_id
    take(order)
    third = a_seller(organisation_id=union, paid_through_organisation=True, free_from_vnd=1)
    jar = a_variant(seller_id=third, price_vnd=100_000, on_hand=9)
    made = an_order({jar: (third, "transfer")}, quantity=2)
    assert spend(made.order_id, code_of(order)) == 200_000
    assert left() == [100_000]
    move(made.parts[0], "confirmed", "packed", "handed_over", "delivered")
    # No money came now, and the union owes her all the same: what settlements pay out.
    payment = payments_of(made.order_id)[0].id
    assert standing(f"payment:{payment}") == {"credit": 200_000, "seller_payable": -200_000}


def test_a_card_takes_no_codes(paid, monkeypatch):
    _, part, order = paid()
    cancel(part)
    monkeypatch.setitem(methods.METHODS, "transfer", ByItself())
    with pytest.raises(NoSuchWay):
        take(order)
    assert left() == []


@pytest.fixture
def many_orders(credited, an_order):
    """One code worth one order, and many who want to spend it: (code, [(order, payment)])."""

    def make(many: int = BUYERS):
        seller, variant, _, code = credited(stock=many + 1)
        made = [an_order({variant: (seller, "transfer")}) for _ in range(many)]
        return code, [(one.order_id, payments_of(one.order_id)[0].id) for one in made]

    return make


def spenders(code: str, orders: list[tuple[int, int]]):
    def one(number: int) -> str:
        order, payment = orders[number]
        return "spent" if spend(order, code, payment) else ""

    return one


@both_engines
def test_fifty_spend_one_code_at_once_and_it_is_spent_once(app, many_orders):
    code, orders = many_orders()
    assert all_at_once(app, spenders(code, orders)) == {
        "spent": 1, "credit_used_up": BUYERS - 1,
    }  # fmt: skip
    assert left() == [0]
    spent = select(PaymentEvent.amount_vnd).where(
        PaymentEvent.kind == "received", PaymentEvent.credit_id.is_not(None)
    )
    assert db.session.scalars(spent).all() == [110_000]


@pytest.fixture
def read_before(monkeypatch):
    """All read the code while it was whole: what only the taking can refuse, and that is off."""
    monkeypatch.setattr(keeping, "_TAKE", keeping._taking(true()))
    monkeypatch.setattr(keeping, "min", lambda *_: 110_000, raising=False)


@both_engines
def test_without_the_guard_the_same_race_spends_what_is_not_there(
    app, many_orders, read_before, engine_name, request
):
    """The twin: the condition of the UPDATE is off, and the CHECK behind it."""
    code, orders = many_orders(8)
    without_check(engine_name)
    assert all_at_once(app, spenders(code, orders), 8)["spent"] > 1
    assert left()[0] < 0
    request.node.left_broken = list(broken(db.session()))


@both_engines
def test_without_the_guard_the_check_in_the_table_still_holds(app, many_orders, read_before):
    code, orders = many_orders(8)
    assert all_at_once(app, spenders(code, orders), 8)["spent"] == 1
    assert left() == [0]


@both_engines
def test_a_code_that_is_filled_up_while_others_spend_it_comes_out_right(app, many_orders):
    code, orders = many_orders(6)
    spend(orders[0][0], code)
    mine = select(SellerOrder.id).where(SellerOrder.order_id == orders[0][0])
    part = db.session.scalars(mine).one()
    db.session.rollback()
    others = spenders(code, orders)

    def one(number: int) -> str:
        if number == 0:
            cancel(part)
            return "cancelled"
        return others(number)

    outcomes = all_at_once(app, one, 6)
    assert outcomes.get("spent", 0) <= 1
    assert left() == [110_000 if not outcomes.get("spent") else 0]


@both_engines
def test_eight_taps_give_one_code(app, paid):
    _, part, order = paid()
    cancel(part)
    refund_id = db.session.scalars(select(Refund.id)).one()
    db.session.rollback()
    outcomes = all_at_once(app, lambda _: "given" if take(order, refund_id) else "again", 8)
    assert outcomes == {"given": 1, "again": 7}
    assert left() == [110_000]


def test_a_credit_that_the_books_do_not_know_is_found(credited, request):
    credited()
    with transaction() as session:
        session.scalars(select(Credit)).one().left_vnd = 100_000
    found = list(broken(db.session()))
    assert sorted(found) == [
        "what is left of a credit is what was put in less what was spent",
        "what is left of credits is what the books owe for them",
    ]
    request.node.left_broken = found


def without_check(engine_name: str) -> None:
    if engine_name == "postgresql":
        run_as_owner("ALTER TABLE credits DROP CONSTRAINT ck_credits_left_within_issued")
        return
    db.session.rollback()
    db.engine.dispose()
    db.session.remove()
    event.listen(
        db.engine, "connect", lambda c, _r: c.execute("PRAGMA ignore_check_constraints = ON")
    )
