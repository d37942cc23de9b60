"""Money goes back on one path: asked for, given an account, sent once, taken back; never too much."""

from contextlib import suppress
from datetime import datetime, timedelta
from threading import Barrier, BrokenBarrierError

import pytest
from cryptography.exceptions import InvalidTag
from sqlalchemy import func, select

from shop.audit.models import AuditEntry
from shop.current import vault
from shop.db import db, in_transaction, transaction
from shop.kernel.errors import NotYours
from shop.ledger.actions import Posting, post_all
from shop.ledger.queries import accounts_of
from shop.ledger.rules import Account, Leg
from shop.ordering import actions as ordering
from shop.ordering.events import SellerOrderMoved
from shop.ordering.models import LineItem, Order, SellerOrder, SellerOrderMove
from shop.ordering.queries import last_return
from shop.ordering.rules import ComingBack, ReturnReason
from shop.payments import actions, holding, methods, refunds
from shop.payments.handlers import follow_move
from shop.payments.methods import By, Taken
from shop.payments.methods.transfer import Transfer
from shop.payments.models import CodCollection, Payment, Refund, RefundAllocation
from shop.payments.queries import last_cash_move, last_money_event, refunds_of_payment
from shop.payments.refunds import held, promising
from shop.payments.rules.amounts import MoreThanReceived, missing_vnd, surplus_vnd
from shop.payments.rules.cash import CashState
from shop.payments.rules.refunds import (
    NoSuchWay,
    NothingToGiveBack,
    RefundMovedOn,
    RefundReason,
    UnitsWentBack,
    Way,
)
from shop.payments.told import CASH, TRANSFER, Subject
from shop.sellers.rules import WrongBankAccount
from tests.conftest import NOON
from tests.engines import both_engines
from tests.ordering.test_race import all_at_once
from tests.payments.conftest import (
    LATER,
    SELLER,
    broken,
    cash_of,
    payments_of,
    receive,
    standing,
)
from tests.payments.test_books import move

BUYER = By("buyer")
HERS = {"bank_bin": "970436", "number": "1029 384 756", "holder": "Trần Minh Châu"}


def cancel(part: int, at: datetime = LATER) -> None:
    """Cancel a part, and what payments do when they hear of it."""
    with transaction() as session:
        moved = ordering.move_seller_order(
            session, seller_order_id=part, to="cancelled", actor_kind="seller", actor_id=None,
            now=at,
        )  # fmt: skip
        actions.open_payments(session, moved.order_id, at)
        refunds.ask_back_of_order(session, moved.order_id, at)


def ask(of: Subject, key: str = "ask", by: By = SELLER, **what) -> int | None:
    what = {"way": Way.BANK, "now": LATER, **what}
    return in_transaction(lambda session: refunds.refund(session, of=of, key=key, by=by, **what))


def rows(of: Subject | None = None) -> list[tuple[int, str, str, str]]:
    db.session.rollback()
    return [
        (row.amount_vnd, row.state, row.reason, row.way)
        for row in db.session.scalars(select(Refund).order_by(Refund.id))
        if of is None or of.id in (row.payment_id, row.seller_order_id)
    ]


def shares(refund_id: int) -> dict[int, int]:
    db.session.rollback()
    found = db.session.execute(
        select(RefundAllocation.seller_order_id, RefundAllocation.amount_vnd).where(
            RefundAllocation.refund_id == refund_id
        )
    )
    return {row[0]: row[1] for row in found}


def owed_to(seller: int) -> int:
    """Return what an organisation owes a seller: goods and delivery, above nought."""
    db.session.rollback()
    return -sum(
        row.balance_vnd
        for row in accounts_of(db.session(), [f"seller:{seller}"])
        if row.kind in ("seller_payable", "delivery_payable")
    )


def test_a_cancelled_order_is_paid_back_to_the_account_that_the_buyer_gives(paid):
    of, part, order = paid()
    cancel(part)
    assert rows() == [(110_000, "asked", "cancelled", "bank")]
    refund_id = db.session.scalars(select(Refund.id)).one()
    assert shares(refund_id) == {part: 110_000}
    for new in (True, False):
        with transaction() as session:
            assert refunds.give_account(
                session, order_id=order, refund_id=refund_id, by=BUYER, now=LATER, **HERS
            ) is new  # fmt: skip
    view = refunds_of_payment(db.session(), of.id)[0]
    assert (view.account.number, view.account.last4) == ("1029384756", "4756")
    assert view.account.holder == "TRAN MINH CHAU"
    assert "5406110000" in view.payload
    assert view.memo.startswith("HOAN TIEN DON ")
    for new in (True, False):  # A second tap does nothing.
        with transaction() as session:
            assert refunds.note_sent(
                session, refund_id=refund_id, reference="FT26330", by=SELLER, now=LATER
            ) is new  # fmt: skip
    assert rows() == [(110_000, "done", "cancelled", "bank")]
    assert standing(str(of)) == {}
    assert db.session.get_one(Payment, of.id).refunded_vnd == 110_000
    db.session.rollback()
    acts = db.session.scalars(
        select(AuditEntry.action).where(AuditEntry.subject_kind == "refund").order_by(AuditEntry.id)
    ).all()
    assert acts == ["refund.account_given", "refund.done"]


def test_payments_hear_of_a_cancelled_order_and_promise_once(paid):
    _, part, order = paid()
    with transaction() as session:
        moved = ordering.move_seller_order(
            session, seller_order_id=part, to="cancelled", actor_kind="seller", actor_id=None,
            now=LATER,
        )  # fmt: skip
    for _ in range(2):
        follow_move(
            SellerOrderMoved(
                moved.move_id, order, part, moved.seller_id, "placed", "cancelled", "seller"
            )
        )
    assert rows() == [(110_000, "asked", "cancelled", "bank")]


def test_an_account_is_sealed_and_goes_with_the_orders_contact(paid):
    """QUALITY T45: another key in the order's place, and nobody reads the account any more."""
    _, part, order = paid()
    cancel(part)
    refund_id = db.session.scalars(select(Refund.id)).one()
    with transaction() as session:
        refunds.give_account(
            session, order_id=order, refund_id=refund_id, by=BUYER, now=LATER, **HERS
        )
    db.session.rollback()
    sealed = db.session.scalars(select(Refund.account)).one()
    assert sealed is not None
    assert b"1029384756" not in sealed
    assert b"CHAU" not in sealed
    said = db.session.scalars(
        select(AuditEntry.facts).where(AuditEntry.action == "refund.account_given")
    ).one()
    assert "1029384756" not in str(said)
    key = db.session.scalars(select(Order.data_key)).one()
    assert vault().open(key, sealed)["number"] == "1029384756"
    with pytest.raises(InvalidTag):
        vault().open(vault().new_key(), sealed)
    db.session.rollback()


@pytest.mark.parametrize(
    ("wrong", "field"),
    [({"bank_bin": "000000"}, "bank"), ({"number": "12"}, "number"), ({"holder": "…"}, "holder")],
)
def test_an_account_that_cannot_be_is_refused(paid, wrong, field):
    _, part, order = paid()
    cancel(part)
    refund_id = db.session.scalars(select(Refund.id)).one()
    with pytest.raises(WrongBankAccount) as refused, transaction() as session:
        refunds.give_account(
            session, order_id=order, refund_id=refund_id, by=BUYER, now=LATER, **{**HERS, **wrong}
        )
    assert refused.value.field == field
    assert rows()[0][1] == "asked"


def test_nobody_gives_an_account_for_anothers_order_nor_for_money_that_went(paid):
    of, part, order = paid()
    cancel(part)
    refund_id = db.session.scalars(select(Refund.id)).one()
    with pytest.raises(NotYours), transaction() as session:
        refunds.give_account(
            session, order_id=order + 1, refund_id=refund_id, by=BUYER, now=LATER, **HERS
        )
    with transaction() as session:
        refunds.note_sent(session, refund_id=refund_id, by=SELLER, now=LATER)
    with pytest.raises(RefundMovedOn), transaction() as session:
        refunds.give_account(
            session, order_id=order, refund_id=refund_id, by=BUYER, now=LATER, **HERS
        )
    assert rows(of)[0][1] == "done"


def test_a_wrong_account_is_asked_for_again(paid):
    _, part, order = paid()
    cancel(part)
    refund_id = db.session.scalars(select(Refund.id)).one()
    with transaction() as session:
        refunds.give_account(
            session, order_id=order, refund_id=refund_id, by=BUYER, now=LATER, **HERS
        )
    for new in (True, False):
        with transaction() as session:
            assert refunds.ask_for_account_again(
                session, refund_id=refund_id, by=SELLER, now=LATER
            ) is new  # fmt: skip
    assert rows()[0][1] == "asked"
    assert db.session.scalars(select(Refund.account)).one() is None


def test_given_back_by_hand_answers_what_waits_and_asks_for_the_rest(paid):
    of, part, order = paid()
    cancel(part)
    refund_id = db.session.scalars(select(Refund.id)).one()
    with transaction() as session:
        refunds.give_account(
            session, order_id=order, refund_id=refund_id, by=BUYER, now=LATER, **HERS
        )
    after = last_money_event(db.session(), of.id)
    for new in (True, False):
        with transaction() as session:
            assert refunds.give_back(
                session, of=of, amount_vnd=30_000, after=after, way=Way.CASH, by=SELLER, now=LATER
            ) is new  # fmt: skip
    assert rows() == [
        (110_000, "taken_back", "cancelled", "bank"),
        (30_000, "done", "cancelled", "cash"),
        # The rest goes to the account that she gave already.
        (80_000, "account_given", "cancelled", "bank"),
    ]
    after = last_money_event(db.session(), of.id)
    with transaction() as session:
        refunds.give_back(session, of=of, amount_vnd=80_000, after=after, by=SELLER, now=LATER)
    assert [row[1] for row in rows()] == ["taken_back", "done", "done"]
    assert standing(str(of)) == {}


def test_a_wrong_given_back_is_taken_back_and_waits_again(paid):
    of, part, _ = paid()
    cancel(part)
    with transaction() as session:
        refunds.give_back(
            session, of=of, amount_vnd=110_000, after=last_money_event(session, of.id), by=SELLER,
            now=LATER,
        )  # fmt: skip
    event = last_money_event(db.session(), of.id)
    for new in (True, False):
        with transaction() as session:
            assert actions.take_back_confirmation(
                session, payment_id=of.id, event_id=event, by=SELLER, now=LATER
            ) is new  # fmt: skip
    assert [row[:2] for row in rows()] == [(110_000, "taken_back"), (110_000, "asked")]
    assert db.session.get_one(Payment, of.id).refunded_vnd == 0


def test_money_that_was_not_there_after_all_is_promised_to_nobody(paid):
    of, _, _ = paid(0)
    receive(of.id, 150_000)
    assert [row[:3] for row in rows()] == [(40_000, "asked", "overpaid")]
    event = last_money_event(db.session(), of.id)
    with transaction() as session:
        actions.take_back_confirmation(
            session, payment_id=of.id, event_id=event, by=SELLER, now=LATER
        )
    assert [row[1] for row in rows()] == ["taken_back"]


def test_late_money_is_named_so(paid):
    of, part, _ = paid(0)
    cancel(part, NOON)
    receive(of.id, 110_000)
    assert rows() == [(110_000, "asked", "late", "bank")]


def test_of_one_payment_for_two_each_seller_bears_her_own(together):
    of, (first, second), (a, b) = together
    for part in (first, second):
        move(part, "confirmed", "packed", "handed_over", "delivered")
    assert (owed_to(a), owed_to(b)) == (300_000, 600_000)
    lines = {
        row.seller_order_id: row.id for row in db.session.scalars(select(LineItem)).all()
    }  # fmt: skip
    db.session.rollback()
    # Of lines: what they were sold for, from their seller alone.
    made = ask(of, "lines", lines={lines[first]: 2})
    assert shares(made) == {first: 200_000}
    # By amount out of goodwill: in proportion to what is left of each, to the last đồng.
    more = ask(of, "amount", amount_vnd=100_001)
    assert shares(more) == {first: 14_286, second: 85_715}
    # Of one seller.
    third = ask(of, "hers", by_part={second: 50_000})
    assert shares(third) == {second: 50_000}
    for refund_id in (made, more, third):
        with transaction() as session:
            refunds.note_sent(session, refund_id=refund_id, by=By("officer"), now=LATER)
    assert (owed_to(a), owed_to(b)) == (85_714, 464_285)
    assert {row[2] for row in rows()} == {"goodwill"}


def test_a_cancelled_part_takes_nothing_from_the_other(together):
    of, (first, second), (_, b) = together
    move(second, "confirmed", "packed", "handed_over", "delivered")
    cancel(first)
    assert [row[:3] for row in rows()] == [(300_000, "asked", "cancelled")]
    refund_id = db.session.scalars(select(Refund.id)).one()
    assert shares(refund_id) == {first: 300_000}
    with transaction() as session:
        refunds.note_sent(session, refund_id=refund_id, by=By("officer"), now=LATER)
    assert owed_to(b) == 600_000
    assert standing(str(of)) == {"bank": 600_000, "seller_payable": -600_000}


def test_more_than_a_part_or_all_of_it_is_refused_and_nothing_is_stored(together):
    of, (first, second), _ = together
    lines = {row.seller_order_id: row.id for row in db.session.scalars(select(LineItem)).all()}
    db.session.rollback()
    for what in (
        {"amount_vnd": 900_001},
        {"by_part": {first: 300_001}},
        {"by_part": {first: 300_000, second: 600_001}},
        {"lines": {lines[first]: 4}},
    ):
        with pytest.raises(MoreThanReceived):
            ask(of, "more", **what)
    with pytest.raises(NotYours):
        ask(of, "more", lines={10**9: 1})
    with pytest.raises(NothingToGiveBack):
        ask(of, "more", by_part={})
    assert rows() == []
    assert ask(of, "whole") is not None
    assert ask(of, "whole") is None
    with pytest.raises(NothingToGiveBack):
        ask(of, "again")
    assert [row[0] for row in rows()] == [900_000]


def send(*refund_ids: int | None) -> None:
    for refund_id in refund_ids:
        assert refund_id is not None
        with transaction() as session:
            refunds.note_sent(session, refund_id=refund_id, by=By("officer"), now=LATER)


def money_of(of: Subject) -> tuple[int, int, int, int]:
    """Return what a payment asks for, lets off, and what is missing and too much by its own sums."""
    db.session.rollback()
    row = db.session.get_one(Payment, of.id)
    sums = (row.amount_vnd, row.received_vnd, row.refunded_vnd)
    found = (row.amount_vnd, row.let_off_vnd, missing_vnd(*sums), surplus_vnd(*sums))
    db.session.rollback()
    return found


@pytest.mark.parametrize("sent_first", [True, False])
@both_engines
def test_a_gift_takes_nothing_of_what_another_part_has_to_give_back(together, sent_first):
    """900 by one transfer for 300 and 600; 50 out of goodwill for the second; the first is cancelled."""
    of, (first, second), _ = together
    gift = ask(of, "gift", by_part={second: 50_000}, reason=RefundReason.GOODWILL)
    if sent_first:
        send(gift)
        assert money_of(of) == (850_000, 50_000, 0, 0)
    cancel(first)
    assert [row[:3] for row in rows()] == [
        (50_000, "done" if sent_first else "asked", "goodwill"), (300_000, "asked", "cancelled"),
    ]  # fmt: skip
    if not sent_first:
        send(gift)
    assert money_of(of) == (550_000, 50_000, 0, 300_000)
    send(db.session.scalar(select(func.max(Refund.id))))
    assert money_of(of) == (550_000, 50_000, 0, 0)
    cancel(second)
    assert rows()[-1][:3] == (550_000, "asked", "cancelled")
    send(db.session.scalar(select(func.max(Refund.id))))
    assert money_of(of) == (0, 0, 0, 0)
    assert standing(str(of)) == {}
    assert broken(db.session()) == {}


def test_a_gift_that_did_not_go_after_all_is_asked_for_again(together):
    of, (_, second), _ = together
    gift = ask(of, "gift", by_part={second: 50_000}, reason=RefundReason.GOODWILL)
    send(gift)
    with transaction() as session:
        refunds.take_back(session, refund_id=gift, by=By("officer"), now=LATER)
    assert money_of(of) == (900_000, 0, 0, 0)
    assert rows()[-1][1] == "taken_back"


@pytest.mark.parametrize(
    ("noted_vnd", "waits"),
    [
        (200_000, [(50_000, "goodwill"), (100_000, "cancelled")]),
        (300_000, [(50_000, "goodwill")]),
        (320_000, [(30_000, "goodwill")]),
        (350_000, []),
    ],
)
@both_engines
def test_money_noted_by_hand_leaves_what_somebody_promised_beside(together, noted_vnd, waits):
    """300 have to go back, 50 are promised out of goodwill: what is noted answers the 300 first."""
    of, (first, second), _ = together
    gift = ask(of, "gift", by_part={second: 50_000}, reason=RefundReason.GOODWILL)
    cancel(first)
    after = last_money_event(db.session(), of.id)
    with transaction() as session:
        assert refunds.give_back(
            session, of=of, amount_vnd=noted_vnd, after=after, by=SELLER, now=LATER
        )
    assert [(row[0], row[2]) for row in rows() if row[1] == "asked"] == waits
    assert sum(row[0] for row in rows() if row[1] == "done") == noted_vnd
    told = select(AuditEntry.action).where(
        AuditEntry.subject_kind == "refund", AuditEntry.subject_id == gift,
        AuditEntry.action == "refund.taken_back",
    )  # fmt: skip
    assert len(db.session.scalars(told).all()) == (noted_vnd > 300_000)
    assert broken(db.session()) == {}


def come_back(part: int, units: int, at: datetime = LATER, line: int | None = None) -> None:
    with transaction() as session:
        line = line or session.scalars(
            select(LineItem.id).where(LineItem.seller_order_id == part)
        ).one()  # fmt: skip
        ordering.return_goods(
            session, seller_order_id=part, coming=[ComingBack(line, units, True)],
            reason=ReturnReason.FAULTY, gives_fee_back=False, after=last_return(session, part),
            actor_kind="seller", actor_id=None, now=at,
        )  # fmt: skip
        order = session.get_one(SellerOrder, part).order_id
        actions.open_payments(session, order, at)
        refunds.ask_back_of_order(session, order, at)


@pytest.mark.parametrize("sent_first", [True, False])
@both_engines
def test_money_of_a_unit_goes_back_once(together, sent_first):
    """By line first: the unit that comes back is that one, another's money goes back as always."""
    of, (first, second), _ = together
    for part in (first, second):
        move(part, "confirmed", "packed", "handed_over", "delivered")
    lines = dict(map(tuple, db.session.execute(select(LineItem.seller_order_id, LineItem.id))))
    db.session.rollback()
    one = ask(of, "one", lines={lines[first]: 1}, reason=RefundReason.GOODWILL)
    if sent_first:
        send(one)
    come_back(first, 1)
    if not sent_first:
        send(one)
    assert [row[0] for row in rows()] == [100_000]
    assert money_of(of) == (800_000, 0, 0, 0)
    with pytest.raises(UnitsWentBack) as refused:
        ask(of, "three", lines={lines[first]: 3}, reason=RefundReason.GOODWILL)
    assert refused.value.facts["left"] == 2
    come_back(first, 1, LATER + timedelta(minutes=1))
    assert [row[0] for row in rows()] == [100_000, 100_000]
    send(db.session.scalar(select(func.max(Refund.id))))
    last = ask(
        of, "last", lines={lines[first]: 1}, reason=RefundReason.GOODWILL,
        now=LATER + timedelta(minutes=2),
    )  # fmt: skip
    send(last)
    with pytest.raises(UnitsWentBack):
        ask(of, "none", lines={lines[first]: 1}, reason=RefundReason.GOODWILL)
    assert money_of(of) == (600_000, 100_000, 0, 0)
    cancel_second = ask(of, "second", by_part={second: 600_000}, reason=RefundReason.GOODWILL)
    send(cancel_second)
    assert money_of(of) == (0, 700_000, 0, 0)
    assert broken(db.session()) == {}


def kept_after_all(part: int, at: datetime) -> None:
    with transaction() as session:
        ordering.take_return_back(
            session, return_id=last_return(session, part), actor_kind="seller", actor_id=None,
            now=at,
        )  # fmt: skip
        order = session.get_one(SellerOrder, part).order_id
        actions.open_payments(session, order, at)
        refunds.ask_back_of_order(session, order, at)


@pytest.fixture
def two_lines(a_seller, a_variant, an_order):
    """A delivered order of two units at 100 and two at 60, paid: (of, part, its lines)."""

    def make(method: str) -> tuple[Subject, int, list[int]]:
        seller = a_seller(free_from_vnd=1)
        variants = [a_variant(seller_id=seller, price_vnd=vnd) for vnd in (100_000, 60_000)]
        made = an_order(dict.fromkeys(variants, (seller, method)), quantity=2)
        (part,) = made.parts
        move(part, "confirmed", "packed", "handed_over", "delivered")
        if method == "cod":
            of, paid_vnd = Subject(CASH, part), cash_of(part).amount_vnd
            for to, counted in ((CashState.WITH_CARRIER, 0), (CashState.REMITTED, paid_vnd)):
                with transaction() as session:
                    actions.move_cash(
                        session, seller_order_id=part, to=to, counted_vnd=counted, by=SELLER,
                        now=LATER,
                    )  # fmt: skip
        else:
            payment = payments_of(made.order_id)[0]
            of = Subject(TRANSFER, payment.id)
            receive(payment.id, payment.amount_vnd)
        lines = db.session.scalars(select(LineItem.id).order_by(LineItem.id)).all()
        db.session.rollback()
        return of, part, list(lines)

    return make


@pytest.mark.parametrize("method", ["transfer", "cod"])
@pytest.mark.parametrize("sent_first", [True, False])
@both_engines
def test_after_money_of_one_line_another_line_that_comes_back_is_paid_whole(
    two_lines, sent_first, method
):
    """100 given back for a unit of one line; then goods of 60 of the other come back: 60 go back."""
    of, part, (first, second) = two_lines(method)
    noon = LATER + timedelta(minutes=1)
    one = ask(of, "one", lines={first: 1}, reason=RefundReason.GOODWILL, now=noon)
    if sent_first:
        send(one)
    come_back(part, 1, noon + timedelta(minutes=1), line=second)
    assert [row[0] for row in rows()] == [100_000, 60_000]
    if not sent_first:
        send(one)
    # The unit whose money went back comes back after all: nothing more goes back for it.
    come_back(part, 1, noon + timedelta(minutes=2), line=first)
    assert [row[0] for row in rows()] == [100_000, 60_000]
    assert standing(str(of))["refunds_payable"] == -60_000
    kept_after_all(part, noon + timedelta(minutes=3))
    # Both lines at once: the one is paid for, the other is not.
    with transaction() as session:
        ordering.return_goods(
            session, seller_order_id=part,
            coming=[ComingBack(first, 1, True), ComingBack(second, 1, True)],
            reason=ReturnReason.FAULTY, gives_fee_back=False, after=last_return(session, part),
            actor_kind="seller", actor_id=None, now=noon + timedelta(minutes=4),
        )  # fmt: skip
        order = session.get_one(SellerOrder, part).order_id
        actions.open_payments(session, order, noon + timedelta(minutes=4))
        refunds.ask_back_of_order(session, order, noon + timedelta(minutes=4))
    waiting = [row[0] for row in rows() if row[1] == "asked"]
    assert sum(waiting) == 120_000
    assert broken(db.session()) == {}


@pytest.mark.parametrize("method", ["transfer", "cod"])
@pytest.mark.parametrize("sent", [True, False])
@both_engines
def test_money_by_line_that_did_not_go_after_its_goods_came_back_is_promised_whole(
    two_lines, sent, method
):
    """100 for a unit of one line and 60 for one of the other; the first comes back, and its money
    did not go after all: 100 go back, and the 60 stay given."""
    of, part, (first, second) = two_lines(method)
    noon = LATER + timedelta(minutes=1)
    one = ask(of, "one", lines={first: 1}, reason=RefundReason.GOODWILL, now=noon)
    two = ask(of, "two", lines={second: 1}, reason=RefundReason.GOODWILL, now=noon)
    send(two)
    if sent:
        send(one)
    come_back(part, 1, noon + timedelta(minutes=1), line=first)
    assert [row[0] for row in rows()] == [100_000, 60_000]
    with transaction() as session:
        at = noon + timedelta(minutes=2)
        if sent and method == "transfer":
            event = session.get_one(Refund, one).event_id
            actions.take_back_confirmation(
                session, payment_id=of.id, event_id=event, by=SELLER, now=at
            )
        elif sent:
            last = session.get_one(Refund, one).move_id
            actions.take_back_cash_step(
                session, seller_order_id=part, move_id=last, by=SELLER, now=at
            )
        else:
            refunds.take_back_promise(session, refund_id=one, by=SELLER, now=at)
    assert [row[:2] for row in rows()] == [
        (100_000, "taken_back"), (60_000, "done"), (100_000, "asked"),
    ]  # fmt: skip
    assert standing(str(of))["refunds_payable"] == -100_000
    send(db.session.scalar(select(func.max(Refund.id))))
    come_back(part, 1, noon + timedelta(minutes=3), line=second)
    assert len(rows()) == 3
    assert broken(db.session()) == {}


@pytest.mark.parametrize("method", ["transfer", "cod"])
@both_engines
def test_money_by_line_after_goods_came_back_stays_given_when_another_did_not_go(two_lines, method):
    """Goods of 100 come back and are paid; then 100 and 60 by line, and the 100 did not go after all."""
    of, part, (first, second) = two_lines(method)
    noon = LATER + timedelta(minutes=1)
    come_back(part, 1, noon, line=first)
    send(db.session.scalar(select(func.max(Refund.id))))
    one, two = (
        ask(of, key, lines={line: 1}, reason=RefundReason.GOODWILL, now=noon + timedelta(minutes=1))
        for key, line in (("one", first), ("two", second))
    )
    send(two, one)
    with transaction() as session:
        refunds.take_back(session, refund_id=one, by=SELLER, now=noon + timedelta(minutes=2))
    table = Payment if method == "transfer" else CodCollection
    assert db.session.get_one(table, of.id).let_off_vnd == 60_000
    assert broken(db.session()) == {}


@both_engines
def test_of_eight_who_give_the_same_units_back_at_once_one_does(app, together):
    of, (first, _), _ = together
    line = db.session.scalars(select(LineItem.id).where(LineItem.seller_order_id == first)).one()
    db.session.rollback()

    def one(number: int) -> str:
        try:
            ask(of, f"line:{number}", lines={line: 2}, reason=RefundReason.GOODWILL)
        except MoreThanReceived as refusal:
            return refusal.code
        return "promised"

    assert all_at_once(app, one, 8) == {"promised": 1, "units_went_back": 7}
    assert [row[0] for row in rows()] == [200_000]


@both_engines
def test_cash_that_was_let_off_stays_so_when_goods_come_back(a_seller, a_variant, an_order):
    seller = a_seller()
    made = an_order({a_variant(seller_id=seller): (seller, "cod")}, quantity=2)
    part, of = made.parts[0], Subject(CASH, made.parts[0])
    move(part, "confirmed", "packed", "handed_over", "delivered")
    paid_vnd = cash_of(part).amount_vnd
    for to, counted in ((CashState.WITH_CARRIER, 0), (CashState.REMITTED, paid_vnd)):
        with transaction() as session:
            actions.move_cash(
                session, seller_order_id=part, to=to, counted_vnd=counted, by=SELLER, now=LATER
            )
    gift = ask(of, "gift", amount_vnd=5_000, reason=RefundReason.GOODWILL)
    send(gift)
    assert (cash_of(part).amount_vnd, cash_of(part).let_off_vnd) == (paid_vnd - 5_000, 5_000)
    come_back(part, 1)
    assert [row[0] for row in rows()] == [5_000, 95_000]
    send(db.session.scalar(select(func.max(Refund.id))))
    assert cash_of(part).amount_vnd == paid_vnd - 100_000
    assert standing(str(of))["seller_cash"] == paid_vnd - 100_000
    assert broken(db.session()) == {}


@pytest.mark.parametrize("way", [Way.CAMPAIGN, Way.CARD])
def test_what_is_not_offered_is_refused(paid, way):
    of, _, _ = paid()
    # To a campaign it goes by the buyer's word alone (``take_as_gift``), which names one.
    if way != Way.CAMPAIGN and way in methods.METHODS["transfer"].ways:
        pytest.fail("It is offered now: say in this file what it does.")
    with pytest.raises(NoSuchWay):
        ask(of, way=way)
    assert rows() == []


def test_a_refund_after_the_payout_leaves_the_seller_owing(together, union):
    """The organisation paid her out; then goods turn out bad: the next period begins below nought."""
    of, (first, _), (a, _) = together
    move(first, "confirmed", "packed", "handed_over", "delivered")
    payee = db.session.get_one(Payment, of.id).payee_id
    payout = [
        Leg(Account("seller_payable", f"seller:{a}", f"organisation:{union}"), 300_000),
        Leg(Account("bank", f"payee:{payee}"), -300_000),
    ]
    with transaction() as session:
        post_all(session, [Posting("payout:1", "paid_out", payout, LATER, "payout:1")], LATER)
    assert owed_to(a) == 0
    refund_id = ask(of, by_part={first: 100_000})
    with transaction() as session:
        refunds.note_sent(session, refund_id=refund_id, by=By("officer"), now=LATER)
    assert owed_to(a) == -100_000
    # What was paid out is put back, since nothing here keeps payouts yet.
    with transaction() as session:
        undone = [Leg(leg.account, -leg.amount_vnd) for leg in payout]
        post_all(
            session, [Posting("payout:1:undone", "reversed", undone, LATER, "payout:1")], LATER
        )


def test_cash_from_the_door_goes_back_the_same_way(a_seller, a_variant, an_order):
    seller = a_seller()
    made = an_order({a_variant(seller_id=seller): (seller, "cod")})
    part, of = made.parts[0], Subject(CASH, made.parts[0])
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
    assert rows() == [(110_000, "asked", "returned", "bank")]
    refund_id = db.session.scalars(select(Refund.id)).one()
    with transaction() as session:
        refunds.give_account(
            session, order_id=made.order_id, refund_id=refund_id, by=BUYER, now=LATER, **HERS
        )
    with transaction() as session:
        refunds.note_sent(session, refund_id=refund_id, by=SELLER, now=LATER)
    assert cash_of(part).refunded_vnd == 110_000
    assert standing(str(of)) == {}
    with transaction() as session:
        last = last_cash_move(session, part)
        assert actions.take_back_cash_step(
            session, seller_order_id=part, move_id=last, by=SELLER, now=LATER
        )
    assert [row[1] for row in rows()] == ["taken_back", "asked"]
    assert cash_of(part).refunded_vnd == 0


class ByItself(Transfer):
    """A stand-in for a card company: it is asked once, and answers later."""

    ways = (Way.CARD,)

    def __init__(self) -> None:
        self.asked: list[tuple[int, int, str]] = []

    def pieces(self, session, *, payment_id, amount_vnd) -> list[int]:
        return [amount_vnd]

    def taken(self, session, payment_id) -> Taken:
        return Taken()

    def send_back(self, session, *, payment_id, amount_vnd, key, by, note, now) -> None:
        self.asked.append((payment_id, amount_vnd, key))


@pytest.fixture
def cards(monkeypatch):
    method = ByItself()
    monkeypatch.setitem(methods.METHODS, "transfer", method)
    return method


def test_money_from_a_card_goes_back_to_it_by_itself(paid, cards):
    of, part, _ = paid()
    cancel(part)
    refund_id = db.session.scalars(select(Refund.id)).one()
    assert cards.asked == [(of.id, 110_000, f"refund:{refund_id}")]
    assert rows() == [(110_000, "sent", "cancelled", "card")]
    assert db.session.get_one(Payment, of.id).refunded_vnd == 0
    with pytest.raises(RefundMovedOn), transaction() as session:
        refunds.take_back(session, refund_id=refund_id, by=SELLER, now=LATER)
    for new in (True, False):
        with transaction() as session:
            assert refunds.settled(
                session, key=f"refund:{refund_id}", is_done=True, reference="re_1",
                by=By("system"), now=LATER,
            ) is new  # fmt: skip
    assert rows() == [(110_000, "done", "cancelled", "card")]
    assert db.session.get_one(Payment, of.id).refunded_vnd == 110_000
    db.session.rollback()
    with pytest.raises(RefundMovedOn), transaction() as session:
        refunds.take_back(session, refund_id=refund_id, by=SELLER, now=LATER)


def test_what_a_card_company_cannot_send_is_told_and_no_money_moved(paid, cards):
    of, part, _ = paid()
    cancel(part)
    refund_id = db.session.scalars(select(Refund.id)).one()
    for new in (True, False):
        with transaction() as session:
            assert refunds.settled(
                session, key=f"refund:{refund_id}", is_done=False, by=By("system"), now=LATER
            ) is new  # fmt: skip
    assert rows() == [(110_000, "failed", "cancelled", "card")]
    assert standing(str(of)) == {"bank": 110_000, "refunds_payable": -110_000}


def ask_at_once(app, of: Subject) -> dict[str, int]:
    def one(number: int) -> str:
        made = in_transaction(
            lambda session: refunds.refund(
                session, of=of, amount_vnd=60_000, way=Way.BANK, key=f"race:{number}", by=SELLER,
                now=LATER + timedelta(seconds=number),
            )
        )  # fmt: skip
        return "promised" if made else "nothing"

    return all_at_once(app, one, 8)


@both_engines
def test_of_eight_who_promise_more_than_half_at_once_one_does(app, paid):
    of, _, _ = paid()
    assert ask_at_once(app, of) == {"promised": 1, "more_than_received": 7}
    assert [row[0] for row in rows()] == [60_000]


@both_engines
def test_without_the_guard_the_same_race_promises_what_is_not_there(
    app, paid, monkeypatch, request
):
    """The twin: promises are not counted against what came."""
    of, _, _ = paid()
    monkeypatch.setattr(promising, "promises_of", lambda *_: {})
    assert ask_at_once(app, of)["promised"] > 1
    assert "no more is promised back than came" in broken(db.session())
    request.node.left_broken = ["no more is promised back than came"]


@pytest.mark.parametrize("engine_name", ["postgresql"])
def test_without_the_lock_the_same_race_promises_what_is_not_there(
    app, paid, monkeypatch, request, engine_name
):
    """The twin on PostgreSQL: each counts the promises, but nobody waits for the other."""
    of, _, _ = paid()
    counted, together = promising.promises_of, Barrier(2)

    def counted_by_two(*what):
        found = counted(*what)
        with suppress(BrokenBarrierError):
            together.wait(5)
        return found

    monkeypatch.setattr(promising, "promises_of", counted_by_two)
    monkeypatch.setattr(holding, "hold_parts", lambda *_: None)
    monkeypatch.setattr(
        held, "PAYMENT",
        select(
            Payment.order_id, Payment.method, Payment.amount_vnd, Payment.received_vnd,
            Payment.refunded_vnd,
        ),
    )  # fmt: skip
    assert ask_at_once(app, of)["promised"] > 1
    request.node.left_broken = ["no more is promised back than came"]


@both_engines
def test_eight_taps_send_the_money_once(app, paid):
    of, part, _ = paid()
    cancel(part)
    refund_id = db.session.scalars(select(Refund.id)).one()
    db.session.rollback()

    def tap(number: int) -> str:
        new = in_transaction(
            lambda session: refunds.note_sent(session, refund_id=refund_id, by=SELLER, now=LATER)
        )
        return "sent" if new else "known"

    assert all_at_once(app, tap, 8) == {"sent": 1, "known": 7}
    assert db.session.get_one(Payment, of.id).refunded_vnd == 110_000


@both_engines
def test_by_hand_and_by_the_task_at_once_one_of_them_counts(app, paid):
    of, part, _ = paid()
    cancel(part)
    refund_id = db.session.scalars(select(Refund.id)).one()
    after = last_money_event(db.session(), of.id)
    db.session.rollback()

    def tap(number: int) -> str:
        def work(session):
            if number % 2:
                return refunds.note_sent(session, refund_id=refund_id, by=SELLER, now=LATER)
            return refunds.give_back(
                session, of=of, amount_vnd=110_000, after=after, by=SELLER, now=LATER
            )

        return "counted" if in_transaction(work) else "known"

    outcomes = all_at_once(app, tap, 8)
    assert outcomes["counted"] == 1, outcomes
    assert db.session.get_one(Payment, of.id).refunded_vnd == 110_000
    assert NOON < LATER
    assert db.session.scalars(select(SellerOrder.id)).one() == part
    assert db.session.scalars(select(SellerOrderMove.id)).first()
