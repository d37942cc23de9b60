"""What people have to look at of cards: who sees it, every way out, once, and the books after it."""

import pytest
from sqlalchemy import select

from shop.audit.models import AuditEntry
from shop.db import db, in_transaction, transaction
from shop.kernel.clock import now_utc
from shop.ledger.models import LedgerAccount
from shop.operations.proofs import broken
from shop.operations.undo import undo
from shop.payments import refunds
from shop.payments.gateways.actions import settling
from shop.payments.gateways.actions.keeping import open_task
from shop.payments.gateways.models import GatewayPayout, GatewayTask
from shop.payments.gateways.tasks import task_in, ways_out
from shop.payments.methods import By
from shop.payments.rules.gateways import NoSuchTask, NoSuchWayOut
from shop.payments.rules.refunds import Way
from shop.payments.told import TRANSFER, Subject
from tests.cards.conftest import EURO, open_for
from tests.cards.worker import deliver, tasks
from tests.engines import both_engines
from tests.ordering.test_race import all_at_once
from tests.payments.conftest import payments_of

BASE = "/dieu-hanh/tien-ve/the"
BY = {"actor_id": None, "actor_name": "Hảo"}


def ways(task_id=1):
    db.session.rollback()
    return ways_out(db.session(), task_in(db.session(), None, task_id))


def ended(task_id=1):
    db.session.rollback()
    row = db.session.get_one(GatewayTask, task_id)
    return row.outcome, row.said


def end(work, task_id=1, **more):
    in_transaction(lambda s: work(s, task_id=task_id, now=now_utc(), **BY, **more))


def proved():
    """Every self-check of the money holds."""
    db.session.rollback()
    assert {name: rows for name, rows in broken(db.session()).items() if rows} == {}


def balance(kind):
    db.session.rollback()
    found = db.session.scalars(select(LedgerAccount.balance_vnd).where(LedgerAccount.kind == kind))
    return sum(found)


def money(order):
    payment = payments_of(order.order_id)[0]
    return payment.received_vnd, payment.refunded_vnd


def paid_otherwise(opened, stripe, client, amount, **more):
    """The buyer's card paid another amount than was asked for."""
    order = opened(**more)
    event = stripe.pay(order.session_id)
    session = stripe.sessions[order.session_id]
    session["amount_total"] = event["data"]["object"]["amount_total"] = amount
    stripe.events = []
    assert stripe.send(client, event).status_code == 200
    deliver()
    assert tasks() == ["wrong_amount"]
    return order


# --- the ways out ---


@both_engines
@pytest.mark.parametrize("came", [100_000, 150_000])
def test_money_of_another_amount_is_counted_for_the_order_and_the_rest_goes_its_way(
    opened, stripe, client, came
):
    order = paid_otherwise(opened, stripe, client, came)
    assert (ways().count_vnd, ways().back_vnd) == (came, came)
    end(settling.count_money)
    deliver()
    assert money(order) == (came, max(0, came - 120_000))
    assert ended() == ("counted", "")
    assert "wrong_amount" in tasks()
    with pytest.raises(NoSuchTask):
        end(settling.count_money)
    proved()


@both_engines
@pytest.mark.parametrize("came", [100_000, 120_001])
def test_money_of_another_amount_goes_back_whole(opened, stripe, client, came):
    order = paid_otherwise(opened, stripe, client, came)
    end(settling.give_back)
    deliver()
    assert money(order) == (came, came)
    assert sum(one["amount"] for one in stripe.refunds.values()) == came
    assert ended() == ("given_back", "")
    proved()


def test_euro_that_came_otherwise_are_worth_what_the_buyer_was_shown(opened, stripe, client):
    order = paid_otherwise(opened, stripe, client, 218, rate=EURO)
    assert ways().count_vnd == 60_000
    end(settling.count_money)
    deliver()
    assert money(order) == (60_000, 0)
    proved()


def test_another_currency_than_asked_for_is_counted_by_nobody(opened, stripe, client):
    order = opened()
    event = stripe.pay(order.session_id)
    event["data"]["object"]["currency"] = "usd"
    stripe.send(client, event)
    deliver()
    assert ways().count_vnd == ways().back_vnd == 0
    for work in (
        settling.count_money,
        settling.give_back,
        settling.write_off,
        settling.book_payout,
    ):
        with pytest.raises(NoSuchWayOut):
            end(work)
    assert money(order) == (0, 0)
    end(settling.close_task, said="Đã trả lại ở trang của Stripe.")
    assert ended() == ("closed", "Đã trả lại ở trang của Stripe.")


def test_a_refund_that_failed_is_asked_for_once_more(opened, stripe, client):
    order = opened()
    stripe.pay(order.session_id)
    stripe.send_all(client)
    deliver()
    stripe.trouble = ["declined"]
    in_transaction(
        lambda session: refunds.refund(
            session, of=Subject(TRANSFER, order.payment_id), amount_vnd=20_000, way=Way.CARD,
            key="r", by=By("operator"), now=now_utc(),
        )
    )  # fmt: skip
    deliver()
    assert tasks() == ["refund_failed"]
    assert ways().back_vnd == 20_000
    end(settling.give_back)
    assert ways().back_vnd == 0
    deliver()
    assert money(order) == (120_000, 20_000)
    proved()


def test_what_goes_back_by_itself_is_not_offered_again(opened, stripe, client):
    order = opened()
    first = order.session_id
    second = open_for(order, rate=EURO)
    stripe.slow_refunds = True
    for one in (first, second):
        stripe.pay(one)
    stripe.send_all(client)
    deliver()
    assert tasks() == ["paid_twice"]
    assert (ways().back_vnd, ways().under_way_vnd) == (0, 120_000)
    with pytest.raises(NoSuchWayOut):
        end(settling.give_back)


@both_engines
def test_a_card_that_paid_after_she_chose_a_transfer_gets_its_money_back(opened, stripe, client):
    from shop.buying.actions import pay_by_transfer
    from shop.ordering.rules import Holds

    order = opened()
    in_transaction(
        lambda session: pay_by_transfer(
            session, order_id=order.order_id, payment_id=order.payment_id, holds=Holds(),
            now=now_utc(),
        )
    )  # fmt: skip
    stripe.pay(order.session_id)
    stripe.send_all(client)
    deliver()
    assert tasks() == ["came_late"]
    assert ways().back_vnd == 120_000
    end(settling.give_back)
    deliver()
    assert money(order) == (120_000, 120_000)
    assert (balance("suspense"), balance("card_clearing")) == (0, 0)
    proved()


def test_what_was_sent_back_beyond_what_came_is_written_off(opened, stripe, client):
    order = opened()
    stripe.pay(order.session_id)
    stripe.send_all(client)
    deliver()
    intent = stripe.sessions[order.session_id]["payment_intent"]
    extra = {
        "id": "re_x", "object": "refund", "amount": 150_000, "currency": "vnd",
        "payment_intent": intent, "charge": "ch", "metadata": {}, "status": "succeeded",
    }  # fmt: skip
    stripe.tell("refund.created", extra)
    stripe.send_all(client)
    deliver()
    assert tasks() == ["refund_too_much"]
    assert ways().lost_vnd == 150_000
    end(settling.write_off)
    assert ended() == ("written_off", "")
    assert (balance("card_lost"), balance("card_clearing")) == (150_000, -30_000)
    proved()


def test_a_payout_with_strange_lines_is_booked_as_it_reached_the_bank(opened, stripe, client):
    order = opened()
    stripe.pay(order.session_id)
    stripe.send_all(client)
    deliver()
    stripe._moves("charge", 5_000, "vnd", {"id": "ch_x", "object": "charge", "payment_intent": "pi_x"}, 0)  # fmt: skip
    stripe.pay_out()
    stripe.send_all(client)
    deliver()
    assert tasks() == ["payout_unclear"]
    there = ways().payout_vnd
    assert there == 121_400
    end(settling.book_payout)
    assert (balance("bank"), balance("card_clearing")) == (there, 120_000 - there)
    assert db.session.scalars(select(GatewayPayout.bank_vnd)).all() == [there]
    proved()


@both_engines
def test_of_many_who_end_a_task_at_once_one_does(app, opened, stripe, client):
    order = paid_otherwise(opened, stripe, client, 100_000)

    def one(number):
        end((settling.count_money, settling.give_back)[number % 2])
        return "ended"

    assert all_at_once(app, one, 6) == {"ended": 1, "no_such_task": 5}
    deliver()
    assert money(order)[0] == 100_000


def test_a_task_closed_with_words_is_opened_again_and_one_that_moved_money_is_not(
    opened, stripe, client
):
    paid_otherwise(opened, stripe, client, 100_000)
    end(settling.close_task, said="Nhầm")
    line = db.session.scalars(
        select(AuditEntry.id).where(AuditEntry.action == "card_task.closed")
    ).one()
    in_transaction(lambda s: undo(s, entry_id=line, now=now_utc(), **BY))
    assert ended() == ("", "")
    end(settling.count_money)
    from shop.operations.rules import NotUndoable

    line = db.session.scalars(
        select(AuditEntry.id).where(AuditEntry.action == "card_task.counted")
    ).one()
    with pytest.raises(NotUndoable), transaction() as session:
        undo(session, entry_id=line, now=now_utc(), **BY)


# --- the desk ---


@pytest.mark.parametrize("role", ["head", "deputy", "treasurer"])
def test_whoever_keeps_money_or_books_sees_tasks_and_only_who_confirms_money_ends_them(
    unit, opened, stripe, client, an_officer, role
):  # fmt: skip
    order = paid_otherwise(opened, stripe, client, 100_000)
    desk = an_officer(unit, role)
    assert BASE in desk.get("/dieu-hanh").text
    listed = desk.get(BASE)
    assert listed.status_code == 200
    assert f'href="{BASE}/1"' in listed.text
    page = desk.get(f"{BASE}/1").text
    if role == "deputy":
        assert f'action="{BASE}' not in page
        assert desk.post(f"{BASE}/1/ghi").status_code == 404
        assert desk.post(f"{BASE}/1/xong", da_lam="x").status_code == 404
        assert money(order) == (0, 0)
        return
    assert f'action="{BASE}/1/ghi"' in page
    assert desk.post(f"{BASE}/1/xong", da_lam=" ").status_code == 422
    assert desk.post(f"{BASE}/1/mat").status_code == 409
    assert desk.post(f"{BASE}/1/ghi").status_code == 303
    assert money(order) == (100_000, 0)
    assert desk.post(f"{BASE}/1/tra").status_code == 409
    assert desk.post(f"{BASE}/99/tra").status_code == 404
    assert f'href="{BASE}/1"' not in desk.get(BASE).text
    assert f'href="{BASE}/1"' in desk.get(f"{BASE}?xem=xong").text
    assert "Đã ghi vào đơn" in desk.get(f"{BASE}/1").text


@pytest.mark.parametrize("role", ["officer", "member"])
def test_others_of_the_unit_and_of_other_units_find_nothing(
    unit, opened, stripe, client, an_officer, an_organisation, role
):  # fmt: skip
    paid_otherwise(opened, stripe, client, 100_000)
    desk = an_officer(unit, role)
    assert desk.get(BASE).status_code == 404
    assert desk.get(f"{BASE}/1").status_code == 404
    other = an_officer(an_organisation("Hội xã khác"), "treasurer")
    assert f'href="{BASE}/1"' not in other.get(BASE).text
    assert other.get(f"{BASE}/1").status_code == 404
    assert other.post(f"{BASE}/1/ghi").status_code == 404
    assert ended() == ("", "")


def test_every_reason_has_its_words_in_both_languages(app, unit, operator):
    from shop.payments.rules.gateways import TASKS

    with transaction() as session:
        for number, reason in enumerate(TASKS):
            open_task(
                session, key=f"x:{number}", gateway="card", reason=reason, now=now_utc(),
                amount_minor=5_000,
            )  # fmt: skip
    for way in (BASE, f"/en{BASE}"):
        page = operator.get(way).text
        assert not any(reason in page for reason in TASKS)
    for number in range(1, len(TASKS) + 1):
        page = operator.get(f"{BASE}/{number}")
        assert page.status_code == 200
        assert "<dd>Stripe</dd>" in page.text
        assert "None" not in page.text
    assert operator.post(f"{BASE}/1/xong", da_lam="Xem rồi").status_code == 303
    assert ended() == ("closed", "Xem rồi")
    assert "việc thẻ, ví chờ xem" in operator.get("/dieu-hanh").text


def test_a_list_of_tasks_costs_the_same_however_long(app, unit, operator, count_queries):
    operator.get(BASE)
    with count_queries() as few:
        operator.get(BASE)
    with transaction() as session:
        for number in range(60):
            open_task(session, key=f"x:{number}", gateway="card", reason="disputed", now=now_utc())
    with count_queries() as many:
        operator.get(BASE)
    assert len(many) <= len(few) + 1


def test_who_keeps_the_money_and_the_books_is_written_to_once(
    app,
    unit,
    opened,
    stripe,
    client,
    an_account,
    mails,
):
    from shop.kernel.clock import vietnam_date
    from shop.organisations.actions import appoint

    for role in ("treasurer", "deputy", "officer"):
        person = an_account(role, email=f"{role}@example.net")
        with transaction() as session:
            appoint(
                session, organisation_id=unit, account_id=person, role=role,
                starts_on=vietnam_date(now_utc()), actor_id=None, actor_name="", now=now_utc(),
            )  # fmt: skip
    paid_otherwise(opened, stripe, client, 100_000)
    asked = [mail["To"] for mail in mails() if "tiền về khác số đã hỏi" in mail["Subject"]]
    assert sorted(asked) == ["deputy@example.net", "treasurer@example.net"]


def test_every_way_out_has_its_command(app, opened, stripe, client, run):
    order = paid_otherwise(opened, stripe, client, 100_000)
    assert "wrong_amount" in run("card", "tasks")
    assert "card count 1" in run("card", "show", "1")
    run("card", "write-off", "1", fails=True)
    run("card", "close", "1", "--said", "Xem rồi")
    assert "Xem rồi" in run("card", "tasks", "--closed")
    line = db.session.scalars(select(AuditEntry.id).order_by(AuditEntry.id.desc())).first()
    run("undo", str(line))
    run("card", "give-back", "1")
    run("card", "give-back", "1", fails=True)
    run("card", "show", "99", fails=True)
    deliver()
    assert money(order) == (100_000, 100_000)


@both_engines
def test_what_a_card_is_to_pay_stands_apart_from_transfers_and_has_no_button(opened, operator):
    order = opened()
    link = f'href="/dieu-hanh/tien-ve/{order.payment_id}"'
    assert link not in operator.get("/dieu-hanh/tien-ve?muc=waiting").text
    page = operator.get("/dieu-hanh/tien-ve?muc=online").text
    assert link in page
    assert "Chờ trả bằng thẻ, ví" in page
    assert "Đã nhận đủ" not in page
    assert "<dt>Lời nhắn</dt>" not in page
    assert "<dt>Tài khoản</dt>" not in page
