"""What cannot go back to its card, and what the buyer's bank took before: once, and the books say so."""

import pytest
from sqlalchemy import select

from shop.db import db, in_transaction, transaction
from shop.kernel.clock import now_utc
from shop.ordering import actions as ordering
from shop.outbox.models import OutboxMessage
from shop.payments import refunds
from shop.payments.gateways.actions import settling
from shop.payments.gateways.models import GatewayTask
from shop.payments.methods import By
from shop.payments.models import Refund
from shop.payments.refunds import give_account, note_sent, take_as_credit
from shop.payments.rules.amounts import MoreThanReceived
from shop.payments.rules.gateways import NoSuchWayOut
from shop.payments.rules.refunds import NoSuchWay, Way
from shop.payments.told import TRANSFER, Subject
from tests.cards.test_cards import paid, refund
from tests.cards.test_tasks import BASE, balance, end, money, proved, ways
from tests.cards.worker import deliver, tasks
from tests.engines import both_engines
from tests.payments.conftest import standing


def cancel(order):
    with transaction() as session:
        ordering.cancel_by_buyer(
            session, order_id=order.order_id, seller_order_id=None, actor_id=None, note="",
            now=now_utc(),
        )  # fmt: skip
    deliver()


def rows():
    db.session.rollback()
    found = db.session.execute(
        select(Refund.amount_vnd, Refund.way, Refund.state).order_by(Refund.id)
    )
    return [tuple(row) for row in found]


def told():
    db.session.rollback()
    return set(db.session.scalars(select(OutboxMessage.event)))


def payment_stands(order):
    return {k: v for k, v in standing(f"payment:{order.payment_id}").items() if v}


@pytest.fixture
def closed_card(opened, stripe, client):
    """A cancelled order whose card was closed meanwhile: its refund failed."""

    def make():
        order = opened()
        paid(order, stripe, client)
        stripe.trouble = ["declined"]
        cancel(order)
        assert tasks() == ["refund_failed"]
        assert rows() == [(120_000, "card", "failed")]
        return order

    return make


def newest():
    db.session.rollback()
    return db.session.scalars(select(Refund.id).order_by(Refund.id.desc())).first()


@both_engines
def test_a_closed_card_is_paid_back_by_the_bank(closed_card):
    order = closed_card()
    assert (ways().back_vnd, ways().other_vnd) == (120_000, 120_000)
    end(settling.give_otherwise)
    deliver()
    assert rows()[1:] == [(120_000, "bank", "asked")]
    assert "refund.asked" in told()
    account = {"bank_bin": "970405", "number": "4210205123456", "holder": "TRAN THI CHAU"}
    in_transaction(
        lambda session: give_account(
            session, order_id=order.order_id, refund_id=newest(), by=By("buyer"), now=now_utc(),
            **account,
        )
    )  # fmt: skip
    in_transaction(
        lambda session: note_sent(
            session, refund_id=newest(), reference="FT9", by=By("operator"), now=now_utc()
        )
    )
    deliver()
    assert money(order) == (120_000, 120_000)
    assert payment_stands(order) == {"bank": -120_000, "card_clearing": 120_000}
    proved()
    # The wrong tap is taken back where it was booked.
    in_transaction(
        lambda session: refunds.take_back(
            session, refund_id=newest(), by=By("operator"), now=now_utc()
        )
    )
    assert payment_stands(order) == {"card_clearing": 120_000, "refunds_payable": -120_000}
    proved()


@both_engines
def test_a_closed_card_is_paid_back_as_a_code(closed_card):
    order = closed_card()
    end(settling.give_otherwise)
    in_transaction(
        lambda session: take_as_credit(
            session, order_id=order.order_id, refund_id=newest(), by=By("buyer"), now=now_utc()
        )
    )
    deliver()
    assert rows()[1:] == [(120_000, "credit", "done")]
    assert payment_stands(order) == {"card_clearing": 120_000, "credit": -120_000}
    proved()


def test_another_way_is_there_only_after_the_card_failed_and_once(opened, stripe, client):
    order = opened()
    paid(order, stripe, client)
    for way in (Way.BANK, Way.CREDIT, Way.CASH, Way.CAMPAIGN, Way.DISPUTE):
        with pytest.raises(NoSuchWay), transaction() as session:
            refunds.refund(
                session, of=Subject(TRANSFER, order.payment_id), amount_vnd=1_000, way=way,
                key=f"x:{way}", by=By("officer"), now=now_utc(),
            )  # fmt: skip
    stripe.trouble = ["declined"]
    refund(order, 20_000)
    deliver()
    end(settling.give_otherwise)
    with pytest.raises(MoreThanReceived):  # What is promised otherwise does not go to the card too.
        refund(order, 120_000, key="all")
    db.session.rollback()
    assert ways().other_vnd == 0


def test_the_desk_and_the_command_ask_the_buyer(closed_card, operator, run):
    order = closed_card()
    page = operator.get(f"{BASE}/1").text
    assert f"{BASE}/1/khac" in page
    assert operator.post(f"{BASE}/1/khac").status_code == 303
    assert "Trả khách cách khác" in operator.get(f"{BASE}/1").text
    page = operator.get(f"/dieu-hanh/tien-ve/{order.payment_id}").text
    assert "Đã hỏi khách số tài khoản" in page
    run("card", "give-otherwise", "1", fails=True)
    with pytest.raises(NoSuchWayOut):
        in_transaction(
            lambda session: _other_task(session)
        )  # fmt: skip


def _other_task(session):
    from shop.payments.gateways.actions.keeping import open_task

    made = open_task(session, key="other", gateway="card", reason="disputed", now=now_utc())
    settling.give_otherwise(
        session, task_id=made, actor_id=None, actor_name="Hảo", now=now_utc()
    )  # fmt: skip


# --- the buyer's bank took it ---


@both_engines
@pytest.mark.parametrize(
    "happens", [("taken", "lost", "cancelled"), ("taken", "cancelled", "lost")]
)
def test_a_lost_dispute_is_the_refund_whatever_came_first(opened, stripe, client, happens):
    order = opened()
    paid(order, stripe, client)
    dispute = None
    for step in happens:
        if step == "taken":
            dispute = stripe.dispute(order.session_id, fee=15_000)["data"]["object"]["id"]
        elif step == "lost":
            stripe.close_dispute(dispute, won=False)
        else:
            cancel(order)
        stripe.send_all(client, copies=2)
        deliver()
    assert rows() == [(120_000, "dispute", "done")]
    assert money(order) == (120_000, 120_000)
    assert stripe.refunds == {}
    assert (balance("refunds_payable"), balance("card_lost")) == (0, 0)
    assert balance("card_clearing") == -15_000
    assert not {"payment.refunded", "refund.asked"} & told()
    proved()


@both_engines
def test_while_a_bank_decides_nothing_is_sent_and_won_it_goes_to_the_card(opened, stripe, client):
    order = opened()
    paid(order, stripe, client)
    dispute = stripe.dispute(order.session_id)["data"]["object"]["id"]
    stripe.send_all(client)
    deliver()
    with pytest.raises(MoreThanReceived):
        refund(order, 1_000)
    db.session.rollback()
    cancel(order)
    assert rows() == []
    proved()
    stripe.close_dispute(dispute, won=True)
    stripe.send_all(client, copies=2)
    deliver()
    assert rows() == [(120_000, "card", "done")]
    assert money(order) == (120_000, 120_000)
    proved()


@both_engines
def test_what_is_promised_otherwise_is_taken_back_when_her_bank_took_it(
    closed_card, stripe, client
):
    order = closed_card()
    end(settling.give_otherwise)
    dispute = stripe.dispute(order.session_id)["data"]["object"]["id"]
    stripe.close_dispute(dispute, won=False)
    stripe.send_all(client)
    deliver()
    assert rows()[1:] == [(120_000, "bank", "taken_back"), (120_000, "dispute", "done")]
    assert money(order) == (120_000, 120_000)
    assert balance("card_lost") == balance("refunds_payable") == 0
    number = db.session.scalars(select(GatewayTask.id).order_by(GatewayTask.id)).first()
    assert ways(number).other_vnd == 0
    proved()


def test_a_lost_dispute_of_goods_that_arrived_stays_a_loss(opened, stripe, client):
    order = opened()
    paid(order, stripe, client)
    dispute = stripe.dispute(order.session_id)["data"]["object"]["id"]
    stripe.close_dispute(dispute, won=False)
    stripe.send_all(client)
    deliver()
    assert rows() == []
    assert balance("card_lost") == 120_000
    with pytest.raises(MoreThanReceived):
        refund(order, 1_000)
    db.session.rollback()
    proved()
