"""Cards by Stripe: asked once, told in any order, counted once, and the books agree."""

import json
import random
import time
from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy import func, select

from shop.db import db, in_transaction, transaction
from shop.kernel.clock import now_utc
from shop.ordering import actions as ordering
from shop.ordering.models import LineItem, SellerOrder
from shop.payments import actions, refunds
from shop.payments.gateways.actions.keeping import Message, keep_messages
from shop.payments.gateways.handlers import look_for_missed
from shop.payments.gateways.models import (
    GatewayMessage,
    GatewayPayout,
    GatewayRefund,
    GatewayRefusal,
)
from shop.payments.methods import By
from shop.payments.models import PaymentEvent
from shop.payments.rules.amounts import MoreThanReceived
from shop.payments.rules.gateways import CannotHoldLonger
from shop.payments.rules.refunds import Way
from shop.payments.told import TRANSFER, Subject
from tests.cards.conftest import EURO, give_account, open_for
from tests.cards.worker import deliver, messages, refund_states, tasks, visits
from tests.engines import both_engines
from tests.ordering.test_race import all_at_once
from tests.payments.conftest import events_of, part_of, payments_of, standing
from tests.stripe_stand_in import Refused, check


def refusals() -> dict[str, int]:
    db.session.rollback()
    rows = db.session.execute(
        select(GatewayRefusal.reason, func.sum(GatewayRefusal.times)).group_by(
            GatewayRefusal.reason
        )
    )
    return {row[0]: int(row[1]) for row in rows}


def refund(order, amount_vnd, key="r-1"):
    """Promise money back; return the name under which Stripe is asked, "" when it was before."""
    number = in_transaction(
        lambda session: refunds.refund(
            session, of=Subject(TRANSFER, order.payment_id), amount_vnd=amount_vnd, way=Way.CARD,
            key=key, by=By("operator"), now=now_utc(),
        )
    )  # fmt: skip
    return f"refund:{number}" if number else ""


def paid(order, stripe, client):
    stripe.pay(order.session_id)
    assert stripe.send_all(client) == [200]
    deliver()


# --- paying ---


def test_a_card_pays_and_the_money_lies_with_stripe(opened, stripe, client):
    order = opened()
    paid(order, stripe, client)
    [payment] = payments_of(order.order_id)
    assert (payment.method, payment.received_vnd) == ("card", 120_000)
    assert standing(f"payment:{payment.id}") == {"card_clearing": 120_000, "prepaid": -120_000}
    assert [visit.state for visit in visits()] == ["paid"]
    assert part_of(order.parts[0]).reserved_until is None
    assert part_of(order.parts[0]).state == "placed"  # The seller still says whether she has it.


def test_several_sellers_parts_are_one_payment_of_the_organisation(opened, stripe, client):
    order = opened(sellers=3)
    paid(order, stripe, client)
    [payment] = payments_of(order.order_id)
    assert payment.received_vnd == payment.amount_vnd == 360_000
    for part in order.parts:
        for to in ("confirmed", "packed", "handed_over", "delivered"):
            with transaction() as session:
                ordering.move_seller_order(
                    session, seller_order_id=part, to=to, actor_kind="operator", actor_id=None,
                    now=now_utc(),
                )  # fmt: skip
    deliver()
    assert {kind: vnd for kind, vnd in standing(f"payment:{payment.id}").items() if vnd} == {
        "card_clearing": 360_000, "seller_payable": -315_000, "delivery_payable": -45_000,
    }  # fmt: skip


def test_a_charge_in_euro_keeps_both_amounts(opened, stripe, client):
    order = opened(rate=EURO)
    assert stripe.sessions[order.session_id]["amount_total"] == 436  # 120.000 đ at 27.500 đ.
    paid(order, stripe, client)
    [payment] = payments_of(order.order_id)
    assert payment.received_vnd == 120_000
    from shop.ledger.models import LedgerEntry

    rows = db.session.execute(
        select(LedgerEntry.amount_vnd, LedgerEntry.currency, LedgerEntry.amount_minor).where(
            LedgerEntry.currency.is_not(None)
        )
    ).all()
    assert [tuple(row) for row in rows] == [(120_000, "EUR", 436)]


def test_asking_twice_opens_one_page(by_card, stripe):
    order = by_card()
    assert open_for(order) == open_for(order) != ""
    assert len(stripe.sessions) == len(visits()) == 1


def test_a_broken_line_after_the_act_opens_no_second_page(by_card, stripe):
    """The library asks again with the same key; without that key there would be two sessions."""
    order = by_card()
    stripe.trouble = ["after"]
    assert open_for(order) != ""
    assert len(stripe.sessions) == 1
    assert len(stripe.asked) == 2


@pytest.mark.parametrize("trouble", ["before", "after", "500", "429"])
def test_while_stripe_fails_nothing_is_lost_and_the_next_tap_pays(by_card, stripe, trouble, client):
    order = by_card()
    stripe.trouble = [trouble] * (1 if trouble == "429" else 2)  # That one is not asked again.
    assert open_for(order) == ""
    assert [visit.state for visit in visits()] == ["intended"]
    assert payments_of(order.order_id)[0].received_vnd == 0
    order.session_id = open_for(order)
    assert order.session_id
    assert len(stripe.sessions) == 1
    paid(order, stripe, client)
    assert payments_of(order.order_id)[0].received_vnd == 120_000


def test_another_amount_is_another_page_and_the_old_one_is_closed(opened, stripe, client):
    order = opened(sellers=2)
    with transaction() as session:
        ordering.cancel_by_buyer(
            session, order_id=order.order_id, seller_order_id=order.parts[0], actor_id=None,
            note="", now=now_utc(),
        )  # fmt: skip
    deliver()
    assert stripe.sessions[order.session_id]["status"] == "expired"
    second = open_for(order)
    assert stripe.sessions[second]["amount_total"] == 120_000
    stripe.send_all(client)
    deliver()
    assert [visit.state for visit in visits()] == ["dropped", "open"]


# --- messages ---


@both_engines
def test_a_hundred_copies_at_once_count_once(app, opened, stripe):
    order = opened()
    event = stripe.pay(order.session_id)

    def one(number: int) -> str:
        at = time.time() + (number % 5) * 60 - 120
        if number % 10 == 9:
            body, _ = stripe.signed(event)
            return str(
                app.test_client()
                .post(
                    "/webhooks/stripe",
                    data=body,
                    headers={"Stripe-Signature": f"t={int(at)},v1=00"},
                )
                .status_code
            )
        return str(stripe.send(app.test_client(), event, at=at).status_code)

    assert all_at_once(app, one, 100) == {"200": 90, "400": 10}
    all_at_once(app, lambda _: str(deliver()), 4)
    assert messages() == [("checkout.session.completed", "applied")]
    assert payments_of(order.order_id)[0].received_vnd == 120_000
    assert refusals() == {"wrong_signature": 10}
    assert db.session.scalar(select(GatewayMessage.copies)) == 89


@both_engines
def test_messages_that_meet_are_stored_in_one_statement_and_their_copies_counted(app):
    def told(number: int) -> Message:
        return Message("card", f"evt_{number}", "charge.updated", b"{}", now_utc())

    asked: list[str] = []
    sa.event.listen(db.engine, "before_cursor_execute", lambda *said: asked.append(said[2]))
    with transaction() as session:
        [known] = keep_messages(session, [told(5)])
        asked.clear()
        first = keep_messages(session, [told(n) for n in (9, 2, 7, 1)])
        assert len(asked) == 2, "the messages, and who looks at them"
        assert sorted(first) == [first[n] for n in (3, 1, 2, 0)], (
            "stored in the order of their keys"
        )
        second = keep_messages(session, [told(n) for n in (5, 3, 3, 5, 2)])
    assert second[1] is not None
    assert second == [None, second[1], None, None, None]
    rows = db.session.execute(
        select(GatewayMessage.id, GatewayMessage.outside_id, GatewayMessage.copies)
    ).all()
    assert {row.outside_id: (row.id, row.copies) for row in rows} == {
        "evt_5": (known, 2), "evt_9": (first[0], 0), "evt_2": (first[1], 1),
        "evt_7": (first[2], 0), "evt_1": (first[3], 0), "evt_3": (second[1], 1),
    }  # fmt: skip


@both_engines
def test_everything_shuffled_repeated_and_delayed_comes_to_the_same(app, opened, stripe, client):
    order = opened()
    stripe.pay(order.session_id)
    deliver()
    intent = stripe.sessions[order.session_id]["payment_intent"]
    made = stripe._refund({"payment_intent": intent, "amount": "20000"})
    dispute = stripe.dispute(order.session_id)["data"]["object"]["id"]
    stripe.close_dispute(dispute, won=True)
    told = stripe.events * 3
    stripe.events = []
    random.Random(11).shuffle(told)
    for event in told:
        assert stripe.send(client, event).status_code == 200
        if random.random() < 0.3:
            deliver()
    deliver()
    deliver(days=2)
    [payment] = payments_of(order.order_id)
    assert (payment.received_vnd, payment.refunded_vnd) == (120_000, 20_000)
    assert {state for _, state in messages()} == {"applied"}
    db.session.rollback()
    [row] = db.session.scalars(select(GatewayRefund)).all()
    assert (row.outside_id, row.state) == (made["id"], "succeeded")


def test_a_copy_after_a_year_is_refused_or_counts_nothing(app, opened, stripe, client):
    order = opened()
    event = stripe.pay(order.session_id)
    assert stripe.send(client, event).status_code == 200
    deliver()
    year = 365 * 86_400
    assert stripe.send(client, event, at=time.time() - year).status_code == 400
    assert stripe.send(client, event, at=time.time() + year).status_code == 400
    assert stripe.send(client, event).status_code == 200
    deliver()
    assert events_of(order.payment_id) == [("opened", 120_000), ("received", 120_000)]
    assert refusals() == {"wrong_time": 2}


@pytest.mark.parametrize("seconds", [-301, 301])
def test_a_message_from_outside_the_tolerance_is_refused(opened, stripe, client, seconds):
    event = stripe.pay(opened().session_id)
    assert stripe.send(client, event, at=time.time() + seconds).status_code == 400
    assert stripe.send(client, event, at=time.time() + seconds * 0.95).status_code == 200


def test_strange_messages_are_refused_and_nothing_is_stored(app, unit, stripe, client):
    app.config["PROPAGATE_BUGS"] = False
    nested = b'{"id":"evt_1","type":"x","data":' + b'{"a":' * 8000 + b"1" + b"}" * 8001
    live = {"id": "evt_9", "type": "payout.paid", "livemode": True, "data": {"object": {}}}
    no_text = [json.dumps({**live, "livemode": False, **odd}).encode() for odd in (
        {"id": "evt\0"}, {"id": "evt_\ud800"}, {"data": {"object": [{"a": {"\0": 1}}]}},
    )]  # fmt: skip
    for body in (*no_text, b"", b"{", b"[]", b"null", b'{"id":1,"type":"x"}', b"\xff\xfe", nested,
                 b"x" * 300_000, json.dumps(live).encode()):  # fmt: skip
        assert stripe.send(client, body).status_code == 400, body[:40]
    for header in ("", "t=1", "v1=ab", "t=é,v1=é", "t=99999999999999999999,v1=a", "x" * 5000):
        answer = client.post(
            "/webhooks/stripe",
            data=b"{}",
            headers={"Stripe-Signature": header.encode().decode("latin-1")},
        )
        assert answer.status_code == 400, header
    assert messages() == []
    assert sum(refusals().values()) == 18


def test_a_truncated_message_is_refused(opened, stripe, client):
    body, headers = stripe.signed(stripe.pay(opened().session_id))
    assert client.post("/webhooks/stripe", data=body[:-9], headers=headers).status_code == 400
    assert messages() == []


def test_a_shop_without_keys_has_no_such_door(make_app):
    app = make_app()
    with app.app_context():
        assert app.test_client().post("/webhooks/stripe", data=b"{}").status_code == 404


def test_the_door_answers_within_fifty_milliseconds(opened, stripe, client):
    events = [
        stripe.tell("charge.updated", {"id": f"ch_{n}", "object": "charge"}) for n in range(20)
    ]
    stripe.send(client, stripe.events[0])
    took = []
    for event in events:
        began = time.perf_counter()
        assert stripe.send(client, event).status_code == 200
        took.append(time.perf_counter() - began)
    assert sorted(took)[10] < 0.05


def test_kinds_that_nobody_needs_are_kept_and_ignored(opened, stripe, client):
    stripe.tell("customer.created", {"id": "cus_1", "object": "customer"})
    stripe.send_all(client)
    deliver()
    assert messages() == [("customer.created", "ignored")]


@pytest.mark.parametrize(
    ("field", "value"), [("amount_total", 119_999), ("amount_total", 120_001), ("currency", "eur")]
)
def test_another_amount_or_currency_is_a_persons_and_never_paid(
    opened, stripe, client, field, value
):
    order = opened()
    event = stripe.pay(order.session_id)
    event["data"]["object"][field] = value
    assert stripe.send(client, event).status_code == 200
    deliver()
    assert payments_of(order.order_id)[0].received_vnd == 0
    assert tasks() == ["wrong_amount"]


def test_money_for_a_visit_that_nobody_knows_is_a_persons(opened, stripe, client):
    order = opened()
    event = stripe.pay(order.session_id)
    event["data"]["object"]["client_reference_id"] = "CP0000000X-aaaa"
    stripe.send(client, event)
    deliver()
    assert tasks() == ["unknown_visit"]
    assert payments_of(order.order_id)[0].received_vnd == 0


def test_a_lost_message_is_looked_for(opened, stripe):
    order = opened()
    stripe.pay(order.session_id)
    stripe.events = []
    look_for_missed(now_utc())
    deliver()
    assert payments_of(order.order_id)[0].received_vnd == 0  # It may come any moment.
    look_for_missed(now_utc() + timedelta(minutes=11))
    look_for_missed(now_utc() + timedelta(minutes=25))
    deliver(days=1)
    assert payments_of(order.order_id)[0].received_vnd == 120_000


# --- banks that answer later ---


def test_a_slow_bank_holds_the_goods_and_then_pays(opened, stripe, client):
    order = opened()
    stripe.pay(order.session_id, "slow")
    stripe.send_all(client)
    deliver()
    assert [visit.state for visit in visits()] == ["pending"]
    assert payments_of(order.order_id)[0].received_vnd == 0
    with transaction() as session:
        ordering.expire_due(session, now=now_utc() + timedelta(days=3))
    assert part_of(order.parts[0]).state == "placed"
    stripe.bank_says(order.session_id, yes=True)
    stripe.send_all(client)
    deliver()
    assert payments_of(order.order_id)[0].received_vnd == 120_000


def test_a_slow_bank_that_says_no_gives_half_an_hour_more(opened, stripe, client):
    order = opened()
    stripe.pay(order.session_id, "slow")
    stripe.bank_says(order.session_id, yes=False)
    stripe.send_all(client)
    deliver()
    assert [visit.state for visit in visits()] == ["failed"]
    held = part_of(order.parts[0]).reserved_until
    assert held is not None
    assert timedelta(minutes=28) < held - now_utc() < timedelta(minutes=32)
    assert open_for(order) not in ("", order.session_id)


def test_a_no_that_comes_before_the_wait_stays_a_no(opened, stripe, client):
    order = opened()
    waits = stripe.pay(order.session_id, "slow")
    says_no = stripe.bank_says(order.session_id, yes=False)
    for event in (says_no, waits):
        stripe.send(client, event)
        deliver()
    assert [visit.state for visit in visits()] == ["failed"]


# --- time ---


def test_a_reservation_lasts_half_an_hour_after_the_last_try(by_card):
    order = by_card(now=now_utc() - timedelta(minutes=20))
    first = part_of(order.parts[0]).reserved_until
    open_for(order)
    assert part_of(order.parts[0]).reserved_until - first > timedelta(minutes=19)


def test_goods_are_not_held_for_ever(by_card):
    from shop.payments.gateways.actions.visits import hold_longer

    order = by_card()
    for hours in range(1, 25):
        with transaction() as session:
            try:
                hold_longer(
                    session, payment_id=order.payment_id, hold=timedelta(minutes=30),
                    now=now_utc() + timedelta(hours=hours),
                )  # fmt: skip
            except CannotHoldLonger:
                assert hours == 24
    assert part_of(order.parts[0]).reserved_until - now_utc() <= timedelta(hours=24)


@both_engines
def test_late_money_revives_the_order_while_the_goods_are_there(opened, stripe, client):
    order = opened(sellers=2)
    with transaction() as session:
        ordering.expire_due(session, now=now_utc() + timedelta(hours=1))
    assert {part_of(part).state for part in order.parts} == {"cancelled"}
    stripe.pay(order.session_id)
    deliver()  # The expiry is told after the money.
    stripe.send_all(client)
    deliver()
    assert {part_of(part).state for part in order.parts} == {"placed"}
    [payment] = payments_of(order.order_id)
    assert payment.received_vnd == payment.amount_vnd == 240_000
    assert payment.expired_at is None
    assert tasks() == []


def test_late_money_whose_goods_are_gone_has_to_go_back(
    opened, stripe, client, a_variant, an_order
):
    order = opened(on_hand=1)
    with transaction() as session:
        ordering.expire_due(session, now=now_utc() + timedelta(hours=1))
    stripe.pay(order.session_id)
    deliver()
    with transaction() as session:
        from shop.stock.models import StockLevel

        [level] = session.scalars(select(StockLevel)).all()
        assert (level.on_hand, level.reserved) == (1, 0)
    from shop.ordering.models import LineItem

    variant = db.session.scalar(select(LineItem.variant_id))
    seller = part_of(order.parts[0]).seller_id
    an_order({variant: (seller, "cod")}, now=now_utc())
    stripe.send_all(client)
    deliver()
    assert part_of(order.parts[0]).state == "cancelled"
    assert tasks() == ["came_late"]
    [payment] = payments_of(order.order_id)
    assert (payment.received_vnd, payment.refunded_vnd) == (120_000, 120_000)  # To the card.
    assert payment.amount_vnd == 0


def test_what_the_buyer_cancelled_is_not_revived(opened, stripe, client):
    order = opened()
    with transaction() as session:
        ordering.cancel_by_buyer(
            session, order_id=order.order_id, seller_order_id=None, actor_id=None, note="",
            now=now_utc(),
        )  # fmt: skip
    stripe.pay(order.session_id)
    stripe.send_all(client)
    deliver()
    assert part_of(order.parts[0]).state == "cancelled"
    assert "came_late" in tasks()


def test_paid_twice_is_a_task_and_goes_back_by_itself(opened, stripe, client):
    order = opened()
    first = order.session_id
    second = open_for(order, rate=EURO)
    stripe.pay(first)
    stripe.pay(second)
    stripe.send_all(client)
    deliver()
    [payment] = payments_of(order.order_id)
    assert (payment.received_vnd, payment.refunded_vnd) == (240_000, 120_000)  # By itself.
    assert tasks() == ["paid_twice"]
    assert refund(order, 120_000)
    deliver()
    assert payments_of(order.order_id)[0].refunded_vnd == 240_000
    assert sorted(r["amount"] for r in stripe.refunds.values()) == [436, 120_000]


# --- refunds ---


def test_a_refund_goes_to_the_card_and_is_counted_when_stripe_says_so(opened, stripe, client):
    order = opened()
    paid(order, stripe, client)
    assert refund(order, 20_000) == "refund:1"
    assert payments_of(order.order_id)[0].refunded_vnd == 0
    deliver()
    assert payments_of(order.order_id)[0].refunded_vnd == 20_000
    stripe.send_all(client, copies=2)  # refund.created and charge.refunded of the same.
    deliver()
    assert payments_of(order.order_id)[0].refunded_vnd == 20_000
    assert refund_states("refund:1") == ["succeeded"]
    assert standing(f"payment:{order.payment_id}")["card_clearing"] == 100_000


def test_a_shop_that_gave_its_keys_back_asks_nobody_until_it_has_them_again(
    app, opened, by_card, stripe, client
):
    order, unpaid = opened(), by_card()
    paid(order, stripe, client)
    kept, asked = app.extensions["settings"], len(stripe.asked)
    app.extensions["settings"] = replace(kept, stripe_secret_key="")
    key = refund(order, 20_000)
    assert open_for(unpaid) == ""
    deliver()
    assert len(stripe.asked) == asked
    assert refund_states(key) == ["intended"]
    app.extensions["settings"] = kept
    deliver(days=1)
    assert refund_states(key) == ["succeeded"]


def test_another_shop_on_the_same_account_may_have_a_refund_of_the_same_number(
    opened, stripe, client
):
    order = opened()
    paid(order, stripe, client)
    stripe._kept["refund:1"] = ("something else", (200, "{}"))
    refund(order, 20_000)
    deliver()
    assert refund_states("refund:1") == ["succeeded"]


def test_the_same_refund_is_asked_once(opened, stripe, client):
    order = opened()
    paid(order, stripe, client)
    assert refund(order, 20_000) == "refund:1"
    assert refund(order, 20_000) == ""
    deliver()
    assert refund(order, 20_000) == ""
    deliver()
    assert len(stripe.refunds) == 1


def test_a_refund_whose_answer_was_lost_is_asked_again_as_the_same(opened, stripe, client):
    order = opened()
    paid(order, stripe, client)
    stripe.trouble = ["after", "500"]
    refund(order, 20_000)
    deliver()
    assert refund_states("refund:1") == ["intended"]
    deliver(days=1)
    assert refund_states("refund:1") == ["succeeded"]
    assert len(stripe.refunds) == 1


@both_engines
def test_never_more_goes_back_than_came(app, opened, stripe, client):
    order = opened()
    paid(order, stripe, client)
    outcomes = all_at_once(
        app, lambda n: "asked" if refund(order, 50_000, key=f"r-{n}") else "again", 6
    )
    assert outcomes == {"asked": 2, "more_than_received": 4}
    deliver()
    with pytest.raises(MoreThanReceived):
        refund(order, 20_001, key="r-x")
    assert refund(order, 20_000, key="r-y")
    deliver()
    assert payments_of(order.order_id)[0].refunded_vnd == 120_000


def test_money_that_is_on_its_way_back_was_received_and_nobody_says_otherwise(
    opened, stripe, client
):
    order = opened()
    paid(order, stripe, client)
    assert refund(order, 100_000)  # Asked for; Stripe has not answered yet.
    [received] = db.session.scalars(
        select(PaymentEvent.id).where(PaymentEvent.kind == "received")
    )  # fmt: skip
    db.session.rollback()
    with pytest.raises(MoreThanReceived):
        in_transaction(
            lambda session: actions.take_back_confirmation(
                session, payment_id=order.payment_id, event_id=received, by=By("officer"),
                now=now_utc(),
            )
        )  # fmt: skip
    [payment] = payments_of(order.order_id)
    assert payment.received_vnd == 120_000


def test_a_refund_that_stripe_refuses_is_a_task(opened, stripe, client):
    order = opened()
    paid(order, stripe, client)
    stripe.trouble = ["declined"]
    refund(order, 20_000)
    deliver()
    assert refund_states("refund:1") == ["failed"]
    assert tasks() == ["refund_failed"]
    assert payments_of(order.order_id)[0].refunded_vnd == 0
    assert refund(order, 120_000, key="r-2")  # Nothing of it is held back.


def test_a_slow_refund_that_fails_later_is_put_right(opened, stripe, client):
    order = opened()
    paid(order, stripe, client)
    stripe.slow_refunds = True
    refund(order, 120_000)
    deliver()
    assert refund_states("refund:1") == ["pending"]
    with pytest.raises(MoreThanReceived):
        refund(order, 1, key="r-2")
    [made] = stripe.refunds
    stripe.settle_refund(made, "succeeded")
    stripe.settle_refund(made, "failed", "lost_or_stolen_card")
    stripe.send_all(client)
    deliver()
    assert payments_of(order.order_id)[0].refunded_vnd == 0
    assert tasks() == ["refund_failed"]
    assert standing(f"payment:{order.payment_id}")["card_clearing"] == 120_000


def test_a_refund_made_on_stripes_own_pages_is_counted_and_told(opened, stripe, client):
    order = opened()
    paid(order, stripe, client)
    intent = stripe.sessions[order.session_id]["payment_intent"]
    stripe._refund({"payment_intent": intent, "amount": "30000"})
    stripe.send_all(client)
    deliver()
    assert payments_of(order.order_id)[0].refunded_vnd == 30_000
    assert tasks() == ["refund_outside"]


# --- disputes and payouts ---


@pytest.mark.parametrize("won", [True, False])
def test_a_dispute_takes_the_money_and_its_end_puts_it_right(opened, stripe, client, won):
    order = opened()
    paid(order, stripe, client)
    dispute = stripe.dispute(order.session_id, fee=15_000)["data"]["object"]["id"]
    stripe.send_all(client)
    deliver()
    stands = standing("dispute:1")
    assert stands == {"card_clearing": -135_000, "card_disputed": 120_000, "card_fees": 15_000}
    stripe.close_dispute(dispute, won)
    stripe.send_all(client, copies=2)
    deliver()
    stands = {kind: vnd for kind, vnd in standing("dispute:1").items() if vnd}
    if won:
        assert stands == {"card_clearing": -15_000, "card_fees": 15_000}
    else:
        assert stands == {"card_clearing": -135_000, "card_lost": 120_000, "card_fees": 15_000}
    assert tasks() == ["disputed", "disputed"]
    assert [kind for kind, _ in events_of(order.payment_id)][-2:] == ["disputed", "disputed"]


@pytest.mark.parametrize("euro", [False, True])
def test_a_payout_empties_what_stripe_has(opened, stripe, client, euro):
    if euro:
        stripe.settles_in, stripe.settle_rate = "eur", 1 / 275
    orders = [opened() for _ in range(3)]
    for order in orders:
        paid(order, stripe, client)
    refund(orders[0], 20_000)
    deliver()
    stripe.dispute(orders[1].session_id, fee=15_000)
    stripe.send_all(client)
    deliver()
    stripe.pay_out()
    stripe.send_all(client, copies=2)
    deliver()
    assert "payout_unclear" not in tasks()
    db.session.rollback()
    payout = db.session.scalars(select(GatewayPayout)).one()
    from shop.ledger.models import LedgerAccount

    kinds = dict(db.session.execute(select(LedgerAccount.kind, LedgerAccount.balance_vnd)).all())
    assert kinds["card_clearing"] == 0
    assert kinds["bank"] == payout.bank_vnd
    assert payout.bank_vnd == pytest.approx(360_000 - 20_000 - 135_000 - 10_800, abs=400)
    assert kinds["card_fees"] == payout.fees_vnd + (15_000 if not euro else kinds["card_fees"] - payout.fees_vnd)  # fmt: skip


def test_a_payout_with_something_unknown_is_a_persons(opened, stripe, client):
    order = opened()
    paid(order, stripe, client)
    stripe._moves("charge", 5_000, "vnd", {"id": "ch_other", "object": "charge", "payment_intent": "pi_other"}, 0)  # fmt: skip
    stripe.pay_out()
    stripe.send_all(client)
    deliver()
    assert tasks() == ["payout_unclear"]
    assert db.session.scalars(select(GatewayPayout)).all() == []


# --- paying otherwise ---


def test_she_may_pay_by_transfer_instead(app, opened, stripe, client):
    from shop.buying.actions import pay_by_transfer
    from shop.ordering.rules import Holds

    order = opened()
    in_transaction(
        lambda session: pay_by_transfer(
            session, order_id=order.order_id, payment_id=order.payment_id, holds=Holds(),
            now=now_utc(),
        )
    )  # fmt: skip
    deliver()
    card, transfer = payments_of(order.order_id)
    assert (card.amount_vnd, transfer.method, transfer.amount_vnd) == (0, "transfer", 120_000)
    assert stripe.sessions[order.session_id]["status"] == "expired"
    held = db.session.scalar(select(SellerOrder.reserved_until))
    assert held - now_utc() > timedelta(hours=23)
    # Her card paid all the same, in the same second: the books know whose it is.
    stripe.sessions[order.session_id]["status"] = "open"
    stripe.pay(order.session_id)
    stripe.send_all(client)
    deliver()
    assert standing(f"payment:{card.id}") == {"card_clearing": 120_000, "suspense": -120_000}
    assert "came_late" in tasks()


@both_engines
def test_tax_is_withheld_as_the_one_does_whom_a_transfer_pays_instead_of_the_card(
    unit, an_organisation, a_seller, a_variant, an_order, a_rule, a_tax_rule, tax_is_on
):
    """The card's owner withholds, the union that collects transfers does not, or likewise."""
    union, taxing = an_organisation("Hội xã bên"), an_organisation("Hội xã trên")
    give_account(union)
    give_account(taxing)
    a_tax_rule()
    a_rule(union)
    tax_is_on(taxing)
    through = [
        a_seller(organisation_id=one, paid_through_organisation=True) for one in (union, taxing)
    ]

    def withheld(seller: int) -> tuple[tuple[int, int], tuple[int, int]]:
        """Return what is withheld on the card, and what once it is paid by transfer."""
        wanted = {
            a_variant(seller_id=seller, price_vnd=price): (seller, "card")
            for price in (95_000, 33_333)
        }
        made = an_order(wanted)
        before = tax_of(made.parts[0])
        instead_of_card(made)
        after = tax_of(made.parts[0])
        assert {payment.method for payment in payments_of(made.order_id)} == {"card", "transfer"}
        return before, after

    # By hand, at 1 % and 0,5 %: 950 and 475 of 95.000, 333 and 167 of 33.333.
    assert withheld(through[0]) == ((0, 0), (0, 0))
    assert withheld(through[1]) == ((0, 0), (1_283, 642))
    tax_is_on(unit)
    assert withheld(through[0]) == ((1_283, 642), (0, 0))
    assert withheld(through[1]) == ((1_283, 642), (1_283, 642))
    own = a_seller(organisation_id=taxing)
    assert withheld(own) == ((1_283, 642), (0, 0))


def instead_of_card(made) -> None:
    from shop.buying.actions import pay_by_transfer
    from shop.ordering.rules import Holds

    [payment] = payments_of(made.order_id)
    in_transaction(
        lambda session: pay_by_transfer(
            session, order_id=made.order_id, payment_id=payment.id, holds=Holds(), now=now_utc()
        )
    )


def tax_of(seller_order_id: int) -> tuple[int, int]:
    db.session.rollback()
    part = db.session.get_one(SellerOrder, seller_order_id)
    lines = db.session.scalars(
        select(LineItem).where(LineItem.seller_order_id == seller_order_id)
    ).all()
    told = part.tax_vat_vnd, part.tax_pit_vnd
    assert told == (sum(one.tax_vat_vnd for one in lines), sum(one.tax_pit_vnd for one in lines))
    return told


# --- the stand-in itself ---


def test_the_stand_in_refuses_what_stripes_library_does_not_know():
    from stripe.params import RefundCreateParams
    from stripe.params.checkout import SessionCreateParams

    good = {"mode": "payment", "line_items": [{"quantity": "1", "price_data": {
        "currency": "vnd", "unit_amount": "1", "product_data": {"name": "x"}}}]}  # fmt: skip
    check(SessionCreateParams, good)
    for wrong in (
        {**good, "amount": "1"},
        {**good, "mode": "pay"},
        {**good, "line_items": [{"quantity": "1", "price": {"x": "1"}}]},
        {**good, "line_items": [{"quantity": "1", "price_data": {"amount": "1"}}]},
        {**good, "expires_at": "soon"},
        {**good, "idempotency_key": "x"},
    ):
        with pytest.raises(Refused):
            check(SessionCreateParams, wrong)
    with pytest.raises(Refused):
        check(RefundCreateParams, {"payment_intent": "pi", "amount_vnd": "1"})


def test_the_stand_in_keeps_idempotency_keys(stripe, app):
    import stripe as sdk

    from shop.payments.gateways.stripe_calls import Door
    from tests.stripe_stand_in import KEY

    client = sdk.StripeClient(KEY, http_client=Door(), max_network_retries=0)
    asked = {"mode": "payment", "success_url": "https://x.vn", "line_items": [{"quantity": 1,
        "price_data": {"currency": "vnd", "unit_amount": 50_000, "product_data": {"name": "x"}}}]}  # fmt: skip
    one = client.v1.checkout.sessions.create(asked, {"idempotency_key": "k"})
    two = client.v1.checkout.sessions.create(asked, {"idempotency_key": "k"})
    assert one.id == two.id
    with pytest.raises(sdk.IdempotencyError):
        client.v1.checkout.sessions.create(
            {**asked, "success_url": "https://y.vn"}, {"idempotency_key": "k"}
        )


def test_no_key_and_no_card_is_in_any_log(opened, stripe, client, caplog):
    import logging

    with caplog.at_level(logging.DEBUG):
        order = opened()
        event = stripe.pay(order.session_id)
        event["data"]["object"]["customer_details"] = {"name": "CANARY NAME", "card": "4242424242424242"}  # fmt: skip
        stripe.send(client, event)
        stripe.send(client, event, **{"Stripe-Signature": "t=1,v1=canary"})
        stripe.trouble = ["500", "500"]
        refund(order, 1_000) if payments_of(order.order_id)[0].received_vnd else None
        deliver()
    said = " ".join(str(record.__dict__) for record in caplog.records)
    for word in ("CANARY", "4242424242424242", "sk_test", "whsec", "1111222233334444", "post_data"):
        assert word not in said
    rows = db.session.execute(select(GatewayMessage.sealed)).scalars().all()
    assert all(b"CANARY" not in row for row in rows)
