"""Settlements from the books to the bank, on both engines."""

from datetime import date, timedelta

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError, IntegrityError

from shop.db import db, transaction
from shop.ledger.actions import post
from shop.ledger.models import LedgerEntry, LedgerTransaction
from shop.ledger.queries import balance
from shop.ledger.rules import Account, Leg
from shop.payments import refunds
from shop.payments.queries import last_money_event
from shop.payments.told import TRANSFER, Subject
from shop.payouts.actions import deciding, drafting, sending
from shop.payouts.actions.drafting import drop_settlement
from shop.payouts.jobs import draft_due
from shop.payouts.models import Payout, PayoutLine, PayoutMark, PayoutStatement, Settlement
from shop.payouts.papers import sheet_of
from shop.payouts.queries.statements import progress
from shop.payouts.rules import (
    AccountChanged,
    AccountOnHold,
    BooksHoldLess,
    DraftWaits,
    MoreThanHers,
    NoAccountToPay,
    NothingToSettle,
    ReferenceNeeded,
    SameAccount,
    SamePerson,
    SettledSince,
    SettlementMoved,
    StatementMoved,
    WrongPeriod,
)
from tests.conftest import NOON
from tests.engines import both_engines
from tests.payments.test_books import move
from tests.payouts.conftest import (
    NEXT_DAY,
    OFFICER,
    a_payee,
    approve,
    broken,
    draft,
    send,
    settlement,
    statements,
)


def owed(seller: int, union: int) -> dict[str, int]:
    """Return what the books say between a seller and the union, hers above zero."""
    db.session.rollback()
    return {
        kind: -vnd
        for kind in ("seller_payable", "delivery_payable", "seller_receivable")
        if (
            vnd := balance(db.session(), Account(kind, f"seller:{seller}", f"organisation:{union}"))
        )
    }


def bank(payee: int) -> int:
    db.session.rollback()
    return balance(db.session(), Account("bank", f"payee:{payee}"))


def count(table) -> int:
    db.session.rollback()
    return db.session.scalar(select(func.count()).select_from(table)) or 0


def goods_come_back(payment: int, part: int) -> None:
    """Everything comes back and the buyer has her money again."""
    move(part, "returned", at=NEXT_DAY)
    with transaction() as session:
        refunds.give_back(
            session, of=Subject(TRANSFER, payment), amount_vnd=110_000, by=OFFICER, now=NEXT_DAY,
            after=last_money_event(session, payment),
        )  # fmt: skip


@both_engines
def test_a_settlement_from_sale_to_confirmation(a_maker, sold, union, officers):
    makers = [a_maker(), a_maker()]
    sold(makers[0])
    sold(makers[0])
    sold(*makers)
    made = draft(union)
    first, second = statements(made)
    assert (first.goods_vnd, first.delivery_vnd, first.due_vnd) == (285_000, 45_000, 330_000)
    assert (first.pays_vnd, first.carried_vnd, first.line_count) == (330_000, 0, 6)
    assert (second.due_vnd, second.line_count) == (110_000, 2)
    drafted = settlement(made)
    assert (drafted.from_on, drafted.to_on) == (date(2026, 11, 23), date(2026, 11, 23))
    assert (drafted.seller_count, drafted.line_count, drafted.pays_vnd) == (2, 8, 440_000)
    assert {one.state for one in (first, second)} == {"drafted"}
    approve(made, officers["head"])
    assert {one.state for one in statements(made)} == {"approved"}
    payout = send(first.id, officers["treasurer"])
    assert owed(makers[0], union) == {}
    assert owed(makers[1], union) == {"seller_payable": 95_000, "delivery_payable": 15_000}
    own = db.session.scalar(select(Payout.from_payee_id))
    assert bank(own) == 110_000
    with transaction() as session:
        sending.confirm_payout(
            session, payout_id=payout, now=NEXT_DAY, actor_id=officers["head"], actor_name="Hạnh"
        )
    assert [one.state for one in statements(made)] == ["confirmed", "approved"]
    legs = db.session.execute(
        select(LedgerTransaction.kind, LedgerEntry.amount_vnd)
        .join(LedgerEntry, LedgerEntry.transaction_id == LedgerTransaction.id)
        .where(LedgerTransaction.subject == f"payout:{payout}")
        .order_by(LedgerEntry.amount_vnd)
    ).all()
    assert [tuple(leg) for leg in legs] == [
        ("paid_out", -330_000), ("paid_out", 45_000), ("paid_out", 285_000),
    ]  # fmt: skip


@both_engines
def test_only_what_happened_up_to_the_last_day_is_in_it_and_the_rest_in_the_next(
    a_maker, sold, union, officers
):
    maker = a_maker()
    sold(maker)
    sold(maker, at=NEXT_DAY)
    later = NEXT_DAY + timedelta(days=1)
    first = draft(union, at=later, to_on=date(2026, 11, 23))
    assert statements(first)[0].due_vnd == 110_000
    approve(first, officers["head"], later)
    second = draft(union, at=later, to_on=date(2026, 11, 24))
    assert statements(second)[0].due_vnd == 110_000
    assert settlement(second).from_on == date(2026, 11, 24)
    with pytest.raises(DraftWaits):
        draft(union, at=later, to_on=date(2026, 11, 24))
    approve(second, officers["head"], later)
    with pytest.raises(NothingToSettle):
        draft(union, at=later, to_on=date(2026, 11, 25))
    assert count(Settlement) == 2, "a refused draft stores nothing"
    for to_on in (date(2026, 11, 22), date(2026, 11, 26)):
        with pytest.raises(WrongPeriod):
            draft(union, at=later, to_on=to_on)


@both_engines
def test_an_entry_posted_late_for_a_settled_day_is_in_the_next_one(a_maker, sold, union, officers):
    maker = a_maker()
    sold(maker)
    first = draft(union)
    approve(first, officers["head"])
    sold(maker, at=NOON)  # Happened on the settled day, noted afterwards.
    later = NEXT_DAY + timedelta(days=1)
    second = draft(union, at=later)
    assert statements(second)[0].due_vnd == 110_000


@both_engines
def test_goods_that_come_back_after_the_payout_are_taken_off_the_next(
    a_maker, sold, union, officers
):
    maker = a_maker()
    payment, part = sold(maker)
    sold(maker)
    first = draft(union)
    approve(first, officers["head"])
    send(statements(first)[0].id, officers["treasurer"])
    sold(a_maker())  # So that the union's bank holds what goes back.
    goods_come_back(payment, part)
    assert owed(maker, union) == {"seller_payable": -95_000, "delivery_payable": -15_000}
    later = NEXT_DAY + timedelta(days=1)
    second = draft(union, at=later)
    [minus] = [one for one in statements(second) if one.seller_id == maker]
    assert (minus.returns_vnd, minus.delivery_vnd, minus.due_vnd) == (-95_000, -15_000, -110_000)
    assert (minus.pays_vnd, minus.carried_vnd) == (0, -110_000)
    _head, rows = sheet_of(db.session(), minus)
    assert [(row[1], row[3]) for row in rows[-2:]] == [("Cộng", -110_000), ("Còn nợ lại", 110_000)]
    db.session.rollback()
    approve(second, officers["head"], later)
    assert {one.seller_id: one.state for one in statements(second)}[maker] == "carried"
    with pytest.raises(StatementMoved):
        send(minus.id, officers["treasurer"], later)
    for _ in range(2):
        sold(maker, at=later)
    third = draft(union, at=later + timedelta(days=1))
    [netted] = statements(third)
    assert (netted.opening_vnd, netted.goods_vnd, netted.due_vnd) == (-110_000, 190_000, 110_000)
    assert netted.previous_id == minus.id
    approve(third, officers["head"], later + timedelta(days=1))
    send(netted.id, officers["treasurer"], later + timedelta(days=1))
    assert owed(maker, union) == {}


@both_engines
def test_too_little_is_carried_over_until_it_is_enough(a_maker, sold, union, officers):
    maker = a_maker()
    sold(maker)
    first = draft(union, least_vnd=200_000)
    [small] = statements(first)
    assert (small.pays_vnd, small.carried_vnd) == (0, 110_000)
    approve(first, officers["head"])
    later = NEXT_DAY + timedelta(days=1)
    with pytest.raises(NothingToSettle):
        draft(union, at=later, least_vnd=200_000)
    sold(maker, at=NEXT_DAY)
    second = draft(union, at=later, least_vnd=200_000)
    [enough] = statements(second)
    assert (enough.opening_vnd, enough.due_vnd, enough.pays_vnd) == (110_000, 220_000, 220_000)
    with transaction() as session:
        drop_settlement(session, settlement_id=second, actor_id=None, actor_name="", now=later)
    third = draft(union, at=later, least_vnd=0)
    assert statements(third)[0].pays_vnd == 220_000


@both_engines
def test_what_was_carried_over_is_paid_alone_once_the_least_is_lower(
    a_maker, sold, union, officers
):
    sold(a_maker())
    first = draft(union, least_vnd=200_000)
    approve(first, officers["head"])
    [alone] = statements(draft(union, at=NEXT_DAY + timedelta(days=1), least_vnd=0))
    assert (alone.opening_vnd, alone.line_count, alone.pays_vnd) == (110_000, 0, 110_000)


@both_engines
def test_commission_tax_and_debts_are_told_apart_and_netted(
    a_maker, sold, union, officers, request
):
    """As it may be posted: with the sale, by itself, or as a debt of the seller."""
    request.node.left_broken = [  # Posted by hand here, agreed at no sale.
        "I8 commission is what was agreed at each sale, less what came back",
        "I8 tax withheld is what was agreed at each sale, less what came back",
    ]
    maker, unit = a_maker(), f"organisation:{union}"
    sold(maker)
    seller = f"seller:{maker}"
    with transaction() as session:
        for key, legs in {
            "with-a-sale": (
                (Account("suspense", seller), 100_000),
                (Account("seller_payable", seller, unit), -90_500),
                (Account("commission", unit), -8_000),
                (Account("tax_withheld", unit), -1_500),
            ),
            "by-itself": (
                (Account("seller_payable", seller, unit), 5_000),
                (Account("commission", unit), -5_000),
            ),
            "as-a-debt": (
                (Account("seller_receivable", seller, unit), 3_000),
                (Account("commission", unit), -3_000),
            ),
            "another-debt": (
                (Account("seller_receivable", seller, unit), 700),
                (Account("suspense", seller), -700),
            ),
        }.items():
            post(session, key=key, kind="sold", legs=[Leg(a, v) for a, v in legs], now=NOON,
                 subject="payment:0")  # fmt: skip
    made = draft(union)
    [one] = statements(made)
    assert (one.goods_vnd, one.delivery_vnd) == (195_000, 15_000)
    assert (one.commission_vnd, one.tax_vnd, one.debts_vnd) == (-16_000, -1_500, -700)
    assert one.due_vnd == 195_000 + 15_000 - 16_000 - 1_500 - 700
    assert (one.of_goods_vnd, one.of_delivery_vnd, one.of_debts_vnd) == (180_500, 15_000, -3_700)
    _head, rows = sheet_of(db.session(), one)
    kept = {str(row[1]): row[4] for row in rows if row[1] in ("Hoa hồng", "Thuế khấu trừ")}
    assert set(kept.values()) == {0}, "A commission is itself what was taken off."
    db.session.rollback()


def _own(union: int) -> int:
    from shop.sellers.queries import current_payee

    payee = current_payee(db.session(), organisation_id=union)
    assert payee is not None
    return payee.id


@both_engines
def test_two_people_pay_and_the_database_stands_behind_it(a_maker, sold, union, officers):
    sold(a_maker())
    made = draft(union)
    approve(made, officers["head"])
    [one] = statements(made)
    with pytest.raises(SamePerson):
        send(one.id, officers["head"])
    for reference in ("", "   "):
        with pytest.raises(ReferenceNeeded):
            send(one.id, officers["treasurer"], reference=reference)
    assert count(Payout) == 0
    row = (
        "INSERT INTO payouts (id, statement_id, organisation_id, seller_id, amount_vnd, payee_id,"
        " from_payee_id, reference, state, approved_by_id, sent_by_id, sent_at, failed_for) VALUES"
        " (1, :statement, :unit, :seller, 1, :payee, :payee, :reference, 'sent', :one, :other,"
        " '2026-11-24', '')"
    )
    fine = {
        "statement": one.id, "unit": union, "seller": one.seller_id, "payee": one.payee_id,
        "reference": "FT1", "one": officers["head"], "other": officers["treasurer"],
    }  # fmt: skip
    for wrong in ({"other": officers["head"]}, {"reference": " "}):
        with pytest.raises(IntegrityError):
            db.session.execute(text(row), {**fine, **wrong})
        db.session.rollback()
    db.session.execute(text(row), fine)
    db.session.rollback()


@both_engines
def test_a_payout_that_failed_is_owed_again_and_paid_again(a_maker, sold, union, officers):
    maker = a_maker()
    sold(maker)
    made = draft(union)
    approve(made, officers["head"])
    [one] = statements(made)
    for attempt in (1, 2):
        payout = send(one.id, officers["treasurer"], reference=f"FT{attempt}")
        assert owed(maker, union) == {}
        if attempt == 1:
            for _ in range(2):
                try:
                    with transaction() as session:
                        sending.fail_payout(
                            session, payout_id=payout, why="Sai tên", now=NEXT_DAY,
                            actor_id=None, actor_name="",
                        )  # fmt: skip
                except StatementMoved:
                    assert attempt == 1
            assert owed(maker, union) == {"seller_payable": 95_000, "delivery_payable": 15_000}
            assert statements(made)[0].state == "failed"
    assert [p.state for p in db.session.scalars(select(Payout).order_by(Payout.id))] == [
        "failed", "sent",
    ]  # fmt: skip
    assert bank(_own(union)) == 0


@both_engines
def test_a_changed_account_stops_the_payout_until_it_is_approved_and_two_days_old(
    a_maker, sold, union, officers
):
    maker = a_maker()
    sold(maker)
    made = draft(union)
    approve(made, officers["head"])
    [one] = statements(made)
    new = a_payee(seller_id=maker, now=NEXT_DAY)
    with pytest.raises(AccountChanged):
        send(one.id, officers["treasurer"])
    with transaction() as session:
        deciding.approve_account(
            session, statement_id=one.id, approver_id=officers["head"],
            actor_id=officers["head"], actor_name="Hạnh", now=NEXT_DAY,
        )  # fmt: skip
    with pytest.raises(AccountOnHold) as refused:
        send(one.id, officers["treasurer"], NEXT_DAY + timedelta(hours=47, minutes=59))
    assert refused.value.until == NEXT_DAY + timedelta(hours=48)
    assert count(Payout) == 0
    send(one.id, officers["treasurer"], NEXT_DAY + timedelta(hours=48))
    assert db.session.scalar(select(Payout.payee_id)) == new


@both_engines
def test_whoever_approved_a_changed_account_does_not_send_either(a_maker, sold, union, officers):
    maker = a_maker()
    sold(maker)
    made = draft(union)
    approve(made, officers["head"])
    [one] = statements(made)
    a_payee(seller_id=maker, now=NEXT_DAY)
    with transaction() as session:
        deciding.approve_account(
            session, statement_id=one.id, approver_id=officers["treasurer"],
            actor_id=officers["treasurer"], actor_name="Lan", now=NEXT_DAY,
        )  # fmt: skip
    with pytest.raises(SamePerson):
        send(one.id, officers["treasurer"], NEXT_DAY + timedelta(days=3))


def answer_for_account(statement_id: int, person: int, at=NEXT_DAY) -> None:
    with transaction() as session:
        deciding.approve_account(
            session, statement_id=statement_id, approver_id=person, actor_id=person,
            actor_name="Lan", now=at,
        )  # fmt: skip


@both_engines
def test_amount_account_and_transfer_are_never_one_persons(
    a_maker, sold, union, officers, an_account
):
    """Whoever answers for the account does not take the place of whoever answered for the amount."""
    head, treasurer, deputy = officers["head"], officers["treasurer"], an_account("Phó")
    much_later = NEXT_DAY + timedelta(days=30)
    for amount_by, accounts_by, refused, sender in (
        (head, [], [head], treasurer),
        (head, [treasurer], [head, treasurer], deputy),
        (treasurer, [head], [treasurer, head], deputy),
        (head, [head], [head], treasurer),
        # She answered for an account that is not the one that is paid.
        (head, [treasurer, deputy], [head, deputy], treasurer),
        (head, [treasurer, head], [head], treasurer),
    ):
        maker = a_maker()
        sold(maker)
        made = draft(union)
        approve(made, amount_by)
        one = next(row for row in statements(made) if row.seller_id == maker)
        for day, person in enumerate(accounts_by):
            at = NEXT_DAY + timedelta(minutes=day + 1)
            new = a_payee(seller_id=maker, now=at)
            answer_for_account(one.id, person, at)
            answer_for_account(one.id, person, at)  # Sent again, it is said once.
            others = {head, treasurer, deputy} - {person}
            for other in others:
                with pytest.raises(SameAccount):
                    answer_for_account(one.id, other, at)
            now = db.session.get_one(PayoutStatement, one.id, populate_existing=True)
            assert (now.payee_id, now.approved_by_id, now.account_by_id) == (new, amount_by, person)
            db.session.rollback()
        for person in refused:
            with pytest.raises(SamePerson):
                send(one.id, person, much_later)
            assert one.id not in progress(db.session(), made, much_later, person).ready or (
                person == amount_by
            )
            db.session.rollback()
        payout = db.session.get_one(Payout, send(one.id, sender, much_later))
        people = {payout.approved_by_id, payout.account_by_id, payout.sent_by_id} - {None}
        assert len(people) == len({amount_by, *accounts_by[-1:]}) + 1
        db.session.rollback()


@both_engines
def test_an_account_that_is_the_approved_one_is_not_answered_for(a_maker, sold, union, officers):
    sold(a_maker())
    made = draft(union)
    approve(made, officers["head"])
    [one] = statements(made)
    with pytest.raises(SameAccount):
        answer_for_account(one.id, officers["treasurer"])
    [one] = statements(made)
    assert (one.approved_by_id, one.account_by_id) == (officers["head"], None)


@both_engines
def test_the_database_refuses_whoever_answered_for_the_account(a_maker, sold, union, officers):
    maker = a_maker()
    sold(maker)
    made = draft(union)
    approve(made, officers["head"])
    a_payee(seller_id=maker, now=NEXT_DAY)
    [one] = statements(made)
    answer_for_account(one.id, officers["treasurer"])
    with pytest.raises(IntegrityError):
        db.session.execute(
            text(
                "INSERT INTO payouts (id, statement_id, organisation_id, seller_id, amount_vnd,"
                " payee_id, from_payee_id, reference, state, approved_by_id, account_by_id,"
                " sent_by_id, sent_at, failed_for) VALUES (1, :one, :unit, :seller, 1, :payee,"
                " :payee, 'FT1', 'sent', :head, :other, :other, '2026-11-24', '')"
            ),
            {"one": one.id, "unit": union, "seller": maker, "payee": one.payee_id,
             "head": officers["head"], "other": officers["treasurer"]},
        )  # fmt: skip
    db.session.rollback()


@both_engines
def test_a_seller_without_an_account_is_listed_and_not_paid(a_maker, sold, union, officers):
    maker = a_maker()
    sold(maker)
    db.session.execute(
        text("UPDATE payees SET ended_at = started_at WHERE seller_id = :s"), {"s": maker}
    )
    db.session.commit()
    made = draft(union)
    approve(made, officers["head"])
    [one] = statements(made)
    assert (one.state, one.payee_id, one.pays_vnd) == ("approved", None, 110_000)
    with pytest.raises(NoAccountToPay):
        send(one.id, officers["treasurer"])


@both_engines
def test_more_than_the_books_hold_is_not_paid(a_maker, sold, union, officers):
    maker = a_maker()
    payment, _ = sold(maker)
    made = draft(union)
    approve(made, officers["head"])
    with transaction() as session:  # The buyer was given some of it back meanwhile.
        refunds.give_back(
            session, of=Subject(TRANSFER, payment), amount_vnd=50_000, by=OFFICER, now=NEXT_DAY,
            after=last_money_event(session, payment),
        )  # fmt: skip
    [one] = statements(made)
    with pytest.raises(BooksHoldLess):
        send(one.id, officers["treasurer"])
    assert count(Payout) == 0
    assert sum(owed(maker, union).values()) == 60_000


def put_off(statement_id: int, at=NEXT_DAY) -> None:
    with transaction() as session:
        drafting.put_off(
            session, statement_id=statement_id, now=at, actor_id=None, actor_name="Hạnh"
        )


@both_engines
def test_goods_that_came_back_before_the_payout_are_paid_with_nobody_elses_money(
    a_maker, sold, union, officers
):
    """The bank holds enough: it is other sellers' money that would go."""
    maker, other = a_maker(), a_maker()
    payment, part = sold(maker)
    sold(maker)
    sold(other)
    made = draft(union)
    approve(made, officers["head"])
    one, hers = statements(made)
    sold(a_maker(), at=NEXT_DAY)
    goods_come_back(payment, part)
    far = progress(db.session(), made, NEXT_DAY)
    assert (far.troubles, far.ready, far.ready_vnd) == ({one.id: "short"}, [hers.id], 110_000)
    for ids in ([one.id], [one.id, hers.id]):
        with pytest.raises(MoreThanHers) as refused, transaction() as session:
            sending.send_all_payouts(
                session, settlement_id=made, statement_ids=ids, reference="LO1",
                sender_id=officers["treasurer"], now=NEXT_DAY, actor_id=officers["treasurer"],
                actor_name="Lan",
            )  # fmt: skip
        assert refused.value.short_vnd == 110_000
    assert count(Payout) == 0
    send(hers.id, officers["treasurer"])
    put_off(one.id)
    with pytest.raises(StatementMoved):
        put_off(one.id)
    with pytest.raises(StatementMoved):
        put_off(hers.id)
    kept = statements(made)[0]
    assert (kept.state, kept.due_vnd, kept.pays_vnd, kept.line_count) == ("carried", 0, 0, 0)
    assert (settlement(made).pays_vnd, settlement(made).line_count) == (110_000, 2)
    later = NEXT_DAY + timedelta(days=1)
    second = draft(union, at=later)
    netted = statements(second)[0]
    assert (netted.goods_vnd, netted.returns_vnd, netted.due_vnd) == (190_000, -95_000, 110_000)
    assert netted.previous_id == one.id
    approve(second, officers["head"], later)
    send(netted.id, officers["treasurer"], later)
    assert owed(maker, union) == owed(other, union) == {}


@both_engines
def test_what_she_has_besides_covers_what_came_back(a_maker, sold, union, officers):
    """What is hers by now is enough, whatever came back; and a debt of hers is no buyer's money."""
    maker = a_maker()
    payment, part = sold(maker)
    made = draft(union)
    approve(made, officers["head"])
    [one] = statements(made)
    sold(maker, at=NEXT_DAY)
    goods_come_back(payment, part)
    with transaction() as session:
        debt = Account("seller_receivable", f"seller:{maker}", f"organisation:{union}")
        legs = [Leg(debt, 9_000), Leg(Account("suspense", f"seller:{maker}"), -9_000)]
        post(session, key="a-debt", kind="commission", legs=legs, now=NEXT_DAY)
    assert progress(db.session(), made, NEXT_DAY).ready == [one.id]
    send(one.id, officers["treasurer"])
    assert owed(maker, union) == {"seller_receivable": -9_000}


@both_engines
def test_what_was_carried_into_a_statement_that_is_put_off_goes_on(a_maker, sold, union, officers):
    maker = a_maker()
    sold(maker)
    first = draft(union, least_vnd=200_000)
    approve(first, officers["head"])
    days = [NEXT_DAY + timedelta(days=n) for n in range(1, 4)]
    sold(maker, at=NEXT_DAY)
    second = draft(union, at=days[0], least_vnd=0)
    approve(second, officers["head"], days[0])
    [one] = statements(second)
    assert (one.opening_vnd, one.pays_vnd) == (110_000, 220_000)
    failed = send(one.id, officers["treasurer"], days[0])
    with transaction() as session:
        sending.fail_payout(
            session, payout_id=failed, why="Sai tên", now=days[0], actor_id=None, actor_name=""
        )
    put_off(one.id, days[0])
    [one] = statements(second)
    assert (one.opening_vnd, one.carried_vnd, one.of_goods_vnd) == (110_000, 110_000, 95_000)
    assert broken() == {}
    third = draft(union, at=days[1], least_vnd=0)
    approve(third, officers["head"], days[1])
    [all_of_it] = statements(third)
    assert (all_of_it.opening_vnd, all_of_it.pays_vnd) == (110_000, 220_000)
    sold(maker, at=days[1])
    approve(draft(union, at=days[2], least_vnd=0), officers["head"], days[2])
    with pytest.raises(SettledSince):
        put_off(all_of_it.id, days[2])
    send(all_of_it.id, officers["treasurer"], days[2])


@both_engines
def test_a_reduction_that_the_union_bears_is_paid_from_its_own_money(
    a_maker, sold, union, officers
):
    maker, unit = a_maker(), f"organisation:{union}"
    sold(maker)
    with transaction() as session:
        legs = [
            Leg(Account("voucher_cost", unit), 20_000),
            Leg(Account("seller_payable", f"seller:{maker}", unit), -20_000),
        ]
        post(session, key="reduced", kind="sold", legs=legs, now=NOON, subject="payment:0")
    made = draft(union)
    approve(made, officers["head"])
    [one] = statements(made)
    assert one.pays_vnd == 130_000
    send(one.id, officers["treasurer"])
    assert bank(_own(union)) == -20_000
    assert owed(maker, union) == {}


@both_engines
def test_a_later_account_pays_what_came_into_an_earlier_one(a_maker, sold, union, officers):
    maker = a_maker()
    sold(maker)
    before = _own(union)
    after = a_payee(organisation_id=union, now=NEXT_DAY)
    sold(maker, at=NEXT_DAY)
    later = NEXT_DAY + timedelta(days=1)
    made = draft(union, at=later)
    approve(made, officers["head"], later)
    send(statements(made)[0].id, officers["treasurer"], later)
    assert (bank(before), bank(after)) == (0, 0)


@both_engines
def test_a_draft_is_dropped_and_an_approval_taken_back_while_no_money_moved(
    a_maker, sold, union, officers
):
    maker = a_maker()
    sold(maker)
    made = draft(union)
    act = {"actor_id": None, "actor_name": "", "now": NEXT_DAY}
    with transaction() as session:
        drop_settlement(session, settlement_id=made, **act)
    assert [count(t) for t in (PayoutStatement, PayoutLine, PayoutMark)] == [0, 0, 0]
    assert settlement(made).state == "dropped"
    with pytest.raises(SettlementMoved), transaction() as session:
        drop_settlement(session, settlement_id=made, **act)
    again = draft(union)
    assert statements(again)[0].due_vnd == 110_000
    approve(again, officers["head"])
    with pytest.raises(SettlementMoved):
        approve(again, officers["head"])
    with transaction() as session:
        deciding.unapprove_settlement(session, settlement_id=again, **act)
    [one] = statements(again)
    assert (one.state, one.payee_id, one.approved_by_id) == ("drafted", None, None)
    with pytest.raises(StatementMoved):
        send(one.id, officers["treasurer"])
    approve(again, officers["head"])
    send(one.id, officers["treasurer"])
    with pytest.raises(SettledSince), transaction() as session:
        deciding.unapprove_settlement(session, settlement_id=again, **act)


@both_engines
def test_an_approval_stands_once_a_later_settlement_is_built_on_it(a_maker, sold, union, officers):
    maker = a_maker()
    sold(maker)
    first = draft(union, least_vnd=500_000)
    approve(first, officers["head"])
    sold(maker, at=NEXT_DAY)
    draft(union, at=NEXT_DAY + timedelta(days=1))
    with pytest.raises(SettledSince), transaction() as session:
        deciding.unapprove_settlement(
            session, settlement_id=first, actor_id=None, actor_name="", now=NEXT_DAY
        )


@both_engines
def test_an_entry_is_in_one_statement_only(a_maker, sold, union, officers):
    sold(a_maker())
    made = draft(union)
    [one] = statements(made)
    entry = db.session.scalar(select(PayoutLine.entry_id).limit(1))
    with pytest.raises(DBAPIError):
        db.session.execute(
            text(
                "INSERT INTO payout_lines (entry_id, statement_id, kind, amount_vnd,"
                " commission_vnd, tax_vnd) VALUES (:entry, :statement, 'goods', 1, 0, 0)"
            ),
            {"entry": entry, "statement": one.id},
        )
    db.session.rollback()


@both_engines
def test_the_clock_drafts_what_is_due_and_only_once(a_maker, sold, union, officers):
    maker = a_maker()
    sold(maker)
    assert vietnamese_month_is_over() > NOON
    draft_due(vietnamese_month_is_over())
    assert count(Settlement) == 0, "nobody asked for it"
    with transaction() as session:
        deciding.change_rhythm(
            session, organisation_id=union, rhythm="monthly", least_vnd=50_000, actor_id=None,
            actor_name="", now=NOON,
        )  # fmt: skip
    draft_due(NOON)  # October is over and empty.
    assert count(Settlement) == 0
    for days in (0, 1, 40):  # The draft of November waits: nothing else is drafted meanwhile.
        draft_due(vietnamese_month_is_over() + timedelta(days=days))
        assert count(Settlement) == 1
    [made] = db.session.scalars(select(Settlement))
    assert (made.from_on, made.to_on, made.least_vnd) == (
        date(2026, 11, 1), date(2026, 11, 30), 50_000,
    )  # fmt: skip
    assert made.drafted_by_id is None


def vietnamese_month_is_over():
    return NOON + timedelta(days=8)


@both_engines
def test_the_next_draft_looks_only_at_what_came_after_the_last(
    a_maker, sold, union, officers, count_queries
):
    maker = a_maker()
    for _ in range(2):
        sold(maker)
    approve(draft(union), officers["head"])
    marks = db.session.execute(select(PayoutMark.account_id, PayoutMark.open_from_id)).all()
    newest = dict(
        db.session.execute(
            select(LedgerEntry.account_id, func.max(LedgerEntry.id)).group_by(LedgerEntry.account_id)
        ).all()
    )  # fmt: skip
    assert len(marks) == 2
    for mark in marks:
        assert mark.open_from_id == newest[mark.account_id] + 1
