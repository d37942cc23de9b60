"""Disputes in another currency, and fees that are told late."""

from typing import get_args

import pytest
from sqlalchemy import select
from stripe import Dispute

from shop.db import db
from shop.payments.gateways.models import GatewayDispute
from shop.payments.rules.gateways import DISPUTE_STATES
from tests.cards.conftest import EURO
from tests.cards.test_cards import paid
from tests.cards.test_tasks import balance, proved
from tests.cards.worker import deliver, tasks
from tests.engines import both_engines


def told(stripe, client, event, **changed):
    """Send what a bank says, otherwise than the stand-in would."""
    event["data"]["object"].update(changed)
    stripe.events = []
    assert stripe.send(client, event).status_code == 200
    deliver()


@both_engines
@pytest.mark.parametrize(
    ("currency", "amount", "disputed_vnd", "reasons"),
    [
        ("eur", 436, 120_000, ["disputed"]),
        ("eur", 218, 60_000, ["disputed"]),
        ("vnd", 120_000, 120_000, ["disputed"]),
        ("vnd", 119_000, 119_000, ["disputed"]),
        ("vnd", 121_000, 120_000, ["disputed"]),  # By the rate of that day.
        ("usd", 500, 0, ["dispute_unclear"]),
        ("eur", 437, 0, ["dispute_unclear"]),
    ],
)
def test_a_dispute_is_worth_what_its_own_currency_says(
    opened, stripe, client, currency, amount, disputed_vnd, reasons
):
    order = opened(rate=EURO)
    paid(order, stripe, client)
    told(stripe, client, stripe.dispute(order.session_id, fee=0), currency=currency, amount=amount)
    assert balance("card_disputed") == disputed_vnd
    assert balance("card_clearing") == 120_000 - disputed_vnd
    assert tasks() == reasons
    proved()


@both_engines
@pytest.mark.parametrize("late_first", [False, True])
def test_a_fee_that_is_told_after_the_end_is_booked(opened, stripe, client, late_first):
    order = opened()
    paid(order, stripe, client)
    opened_event = stripe.dispute(order.session_id, fee=0)
    dispute = stripe.disputes[opened_event["data"]["object"]["id"]]
    closed = stripe.close_dispute(dispute["id"], won=True)
    late = stripe.tell("charge.dispute.funds_reinstated", dispute)
    late["data"]["object"]["balance_transactions"].append(
        {"id": "txn_fee", "amount": 0, "fee": 15_000, "net": -15_000, "currency": "vnd"}
    )
    stripe.events = []
    for event in (late, opened_event, closed) if late_first else (opened_event, closed, late):
        stripe.send(client, event)
        deliver()
    assert balance("card_fees") == 15_000
    assert (balance("card_disputed"), balance("card_clearing")) == (0, 105_000)
    proved()


@both_engines
def test_a_dispute_that_was_prevented_took_nothing_and_is_over(opened, stripe, client):
    order = opened()
    paid(order, stripe, client)
    event = stripe.dispute(order.session_id, fee=0)
    told(stripe, client, event, status="prevented", balance_transactions=[])
    assert (balance("card_disputed"), balance("card_clearing")) == (0, 120_000)
    assert db.session.scalar(select(GatewayDispute.state)) == "won"
    proved()


def test_every_state_of_a_dispute_is_known():
    known, _other = get_args(Dispute.__annotations__["status"])
    assert set(get_args(known)) == set(DISPUTE_STATES)
