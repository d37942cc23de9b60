"""Payouts with the gateway's own fees, over a change of the bank account, and payouts that failed."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from shop.db import db
from shop.kernel.clock import now_utc
from shop.payments.gateways.actions import settling
from shop.payments.gateways.models import GatewayPayout
from shop.payments.methods import GATEWAYS
from shop.payments.methods.online import CannotBe
from tests.cards.conftest import EURO
from tests.cards.test_cards import paid
from tests.cards.test_tasks import balance, end, proved, ways
from tests.cards.worker import deliver, messages, tasks
from tests.engines import both_engines
from tests.payouts.conftest import a_payee
from tests.stripe_stand_in import Refused


def fee_of_its_own(stripe, minor):
    stripe._moves("stripe_fee", 0, "vnd", {"id": "fee"}, 0)
    stripe.balance[-1].update(amount=-minor, net=-minor, source=None)


def tell(stripe, client):
    stripe.send_all(client, copies=2)
    deliver()


@both_engines
@pytest.mark.parametrize("euro", [False, True])
def test_a_fee_of_its_own_is_a_fee(opened, stripe, client, euro):
    if euro:
        stripe.settles_in, stripe.settle_rate = "eur", 1 / 275
    for _ in range(2):
        paid(opened(), stripe, client)
    fee_of_its_own(stripe, 10 if euro else 2_750)
    stripe.pay_out()
    tell(stripe, client)
    assert tasks() == []
    assert balance("card_clearing") == 0
    assert balance("card_fees") == pytest.approx(7_200 + 2_750, abs=300)
    assert balance("bank") == 240_000 - balance("card_fees")
    proved()


@both_engines
def test_a_payout_over_a_change_of_the_account_reaches_the_one_of_its_day(
    opened, stripe, client, unit
):
    paid(opened(), stripe, client)
    new = a_payee(organisation_id=unit, now=now_utc() - timedelta(seconds=5))
    paid(opened(), stripe, client)
    stripe.pay_out()
    tell(stripe, client)
    assert tasks() == []
    db.session.rollback()
    [payout] = db.session.scalars(select(GatewayPayout)).all()
    assert (payout.payee_id, payout.bank_vnd) == (new, 232_800)
    assert balance("card_clearing") == 0
    proved()


@both_engines
@pytest.mark.parametrize("first", ["paid", "failed"])
def test_a_payout_that_failed_lies_with_stripe_until_it_is_paid_anew(opened, stripe, client, first):
    paid(opened(), stripe, client)
    sent = stripe.pay_out()
    failed = stripe.fail_payout(sent["data"]["object"]["id"])
    stripe.events = []
    for event in (sent, failed) if first == "paid" else (failed, sent):
        for _ in range(2):
            stripe.send(client, event)
        deliver()
    assert (balance("bank"), balance("card_clearing"), balance("card_fees")) == (0, 116_400, 3_600)
    assert tasks() == ["payout_failed"]
    assert {state for _, state in messages()} == {"applied"}
    proved()
    paid(opened(), stripe, client)
    stripe.pay_out()
    tell(stripe, client)
    assert (balance("bank"), balance("card_clearing")) == (232_800, 0)
    assert tasks() == ["payout_failed"]
    proved()


@both_engines
def test_an_unclear_payout_in_euro_has_a_way_out_too(opened, stripe, client):
    stripe.settles_in, stripe.settle_rate = "eur", 1 / 275
    paid(opened(rate=EURO), stripe, client)
    stripe._moves("charge", 27_500, "vnd", {"id": "ch_x", "object": "charge", "payment_intent": "pi_x"}, 0)  # fmt: skip
    event = stripe.pay_out()["data"]["object"]
    tell(stripe, client)
    assert tasks() == ["payout_unclear"]
    there = ways().payout_vnd
    assert there == pytest.approx(event["amount"] * 275, rel=0.01)
    end(settling.book_payout)
    assert balance("bank") == there
    assert db.session.scalars(select(GatewayPayout.currency)).all() == ["EUR"]
    proved()


@both_engines
def test_a_payout_whose_lines_are_not_listed_is_a_persons(opened, stripe, client, monkeypatch):
    """Stripe lists lines of its own payouts alone, not of those that were made by hand."""

    def refuse(_asked):
        raise Refused(400, "", "Balance transaction history can only be filtered on automatic.")

    paid(opened(), stripe, client)
    monkeypatch.setattr(stripe, "_list_balance", refuse)
    stripe.pay_out()
    tell(stripe, client)
    assert tasks() == ["payout_unclear"]
    proved()


def test_a_refund_that_is_not_listed_is_a_persons(opened, stripe, client, monkeypatch):
    order = opened()
    paid(order, stripe, client)
    monkeypatch.setattr(GATEWAYS["card"], "fetched", refuse_to_list)
    intent = stripe.sessions[order.session_id]["payment_intent"]
    stripe.tell("charge.refunded", {"id": "ch_1", "object": "charge", "payment_intent": intent})
    tell(stripe, client)
    assert tasks() == ["refund_too_much"]


def refuse_to_list(_told):
    raise CannotBe("invalid_request_error")
