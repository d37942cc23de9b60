"""Where services call: proved, stored once, answered at once; what is refused leaves a trail."""

import json
import logging
import random
import time
from datetime import timedelta

import pytest
from sqlalchemy import delete, event, func, select, text
from sqlalchemy.exc import DBAPIError

from shop.banking.actions.feeds import end_feed
from shop.banking.actions.keeping import Message, keep_messages
from shop.banking.models import BankFeed, BankMatch, BankNotice, BankNoticeMove, BankRefusal
from shop.banking.queries.feeds import feed_at
from shop.banking.rules import feeds
from shop.banking.rules.feeds import movements_of
from shop.current import vault
from shop.db import act_for_nobody, act_for_seller, db, transaction
from shop.kernel.clock import now_utc
from shop.payments.models import PaymentEvent
from tests.banking.conftest import SECRET, deliver, notice_of, notices, received, signed
from tests.banking.test_feeds import STRANGE, casso_signed
from tests.engines import both_engines
from tests.ordering.test_race import all_at_once


def refusals() -> dict[str, int]:
    db.session.rollback()
    rows = db.session.execute(
        select(BankRefusal.reason, func.sum(BankRefusal.times)).group_by(BankRefusal.reason)
    )
    return {row[0]: int(row[1]) for row in rows}


def counted(of: type = BankNotice) -> int:
    db.session.rollback()
    return db.session.scalar(select(func.count()).select_from(of)) or 0


@both_engines
def test_a_hundred_copies_at_once_pay_once(app, owed, a_service):
    order = owed()
    service = a_service(seller_id=order.seller_id)
    message = service.message(order.amount_vnd, f"MBVCB.1.{order.memo}.CT")
    body = json.dumps(message).encode()
    now = now_utc()

    def one(number: int) -> str:
        at = now + timedelta(seconds=(number % 5) * 60 - 120)  # Delayed ones sign their own time.
        if number % 10 == 9:  # A forged copy among them.
            return str(service.send(body, at=at, **{"X-SePay-Signature": "sha256=" + "0" * 64}).status_code)  # fmt: skip
        return str(service.send(body, at=at).status_code)

    answers = all_at_once(app, one, 100)
    assert answers == {"200": 90, "401": 10}
    assert counted() == 1
    all_at_once(app, lambda _: str(deliver()), 6)
    assert received(order.payment_id) == order.amount_vnd
    assert notice_of(message).state == "matched"
    assert refusals() == {"wrong_signature": 10}


@both_engines
def test_many_transfers_shuffled_and_repeated_each_pay_their_own(app, owed, a_service):
    orders = [owed() for _ in range(6)]
    services = {order.payment_id: a_service(seller_id=order.seller_id) for order in orders}
    told = [
        (services[o.payment_id], services[o.payment_id].message(o.amount_vnd, o.memo.lower()))
        for o in orders
    ] * 5  # fmt: skip
    random.Random(7).shuffle(told)
    answers = all_at_once(app, lambda n: str(told[n][0].send(told[n][1]).status_code), len(told))
    assert answers == {"200": len(told)}
    deliver()
    assert counted() == len(orders)
    assert [received(order.payment_id) for order in orders] == [o.amount_vnd for o in orders]


@both_engines
def test_messages_that_meet_are_stored_in_as_few_statements_as_one(app, owed, a_service):
    service = a_service(seller_id=owed().seller_id)
    told = [service.message(1_000, "ung ho") for _ in range(9)]
    asked: list[str] = []
    event.listen(db.engine, "before_cursor_execute", lambda *said: asked.append(said[2]))
    statements, found = [], []
    for numbers in ([0], range(1, 9), [3, 0]):
        with transaction() as session:
            feed = feed_at(session, service.address)
            messages = [
                Message(feed, movements_of("sepay_hmac", json.dumps(told[n]).encode()), now_utc())
                for n in numbers
            ]
            asked.clear()
            found += keep_messages(session, messages)
            statements.append(len(asked))
    assert statements == [4, 4, 2], "an account; then notices, their first moves, who looks"
    [*new, one, other] = found
    assert [notice_id for [notice_id] in new] == [notice_of(message).id for message in told]
    assert one == other == [None]
    assert counted(BankNoticeMove) == 9


@both_engines
def test_a_copy_that_meets_its_message_is_none(app, owed, a_service):
    service = a_service(seller_id=owed().seller_id)
    body = json.dumps(service.message(1_000, "ung ho")).encode()
    with transaction() as session:
        feed = feed_at(session, service.address)
        message = Message(feed, movements_of("sepay_hmac", body) * 2, now_utc())
        [first, second] = keep_messages(session, [message, message])
    assert first == [notices()[0].id, None]
    assert second == [None, None]
    assert counted() == counted(BankNoticeMove) == 1


def test_a_copy_after_a_year_is_refused_or_counts_nothing(app, owed, a_service):
    order = owed()
    signing, by_key = (
        a_service(seller_id=order.seller_id, kind=kind) for kind in ("sepay_hmac", "sepay_key")
    )
    message = signing.message(order.amount_vnd, order.memo)
    assert signing.send(message).status_code == 200
    deliver()
    old = signing.send(message, at=now_utc() - timedelta(days=365))
    assert (old.status_code, old.json) == (401, {"success": False})
    again = by_key.send(message, Authorization=f"Apikey {SECRET}")
    assert again.status_code == 200
    deliver()
    assert counted() == 1
    assert received(order.payment_id) == order.amount_vnd
    assert refusals() == {"wrong_time": 1}


def test_without_the_one_key_a_copy_would_be_stored_twice(app, owed, a_service, monkeypatch):
    """The twin of the tests above: the source's own id is what holds."""
    order = owed()
    service = a_service(seller_id=order.seller_id)
    message = service.message(order.amount_vnd, "ung ho")
    for n in range(2):
        monkeypatch.setattr(
            "shop.banking.actions.keeping.SERVICES", {**feeds.SERVICES, "sepay_hmac": f"sepay{n}"}
        )
        assert service.send(message).status_code == 200
    assert counted() == 2


@both_engines
def test_strange_messages_are_refused_and_nothing_is_stored(app, owed, a_service):
    app.config["PROPAGATE_BUGS"] = False
    order = owed()
    proof = {"Secure-Token": SECRET, "X-Casso-Signature": "t=1,v1=é"}
    for kind in ("sepay_hmac", "casso_hmac", "casso_token"):
        service = a_service(seller_id=order.seller_id, kind=kind)
        for name, body in STRANGE.items():
            status = service.send(body, **proof).status_code
            assert status in (400, 401), f"{kind} answered {status} to {name}"
    assert counted() == 0
    assert sum(refusals().values()) == 3 * len(STRANGE)


def test_strange_headers_are_refused(app, owed, a_service):
    app.config["PROPAGATE_BUGS"] = False
    service = a_service(seller_id=owed().seller_id, kind="sepay_key")
    for said in ("Apikey é", "Apikey \xff", "apikey", "Basic x", "Apikey " + "x" * 5000):
        assert service.send(b"{}", Authorization=said).status_code == 401
    assert counted() == 0


def test_an_unknown_address_is_not_found(app, client):
    assert client.post("/hook/ngan-hang/NOTHING", data=b"{}").status_code == 404
    assert client.get("/hook/ngan-hang/NOTHING").status_code == 405


def test_an_ended_service_is_told_so_and_nothing_is_stored(app, owed, a_service):
    service = a_service(seller_id=owed().seller_id)
    with transaction() as session:
        end_feed(session, feed_id=service.feed_id, actor_id=None, actor_name="", now=now_utc())
    assert service.send(service.message(1000, "x")).status_code == 410
    assert counted() == 0
    assert refusals() == {"ended": 1}


def test_a_neighbours_service_cannot_speak_for_another_account(app, owed, a_service):
    """Her own key proves only her own account, and takes nobody else's numbers away."""
    hers, beside = owed(), owed()
    forger, honest = a_service(seller_id=beside.seller_id), a_service(seller_id=hers.seller_id)
    message = honest.message(hers.amount_vnd, hers.memo)
    assert forger.send(message).status_code == 200
    deliver()
    [stray] = notices()
    assert (stray.state, stray.payee_id) == ("elsewhere", None)
    assert received(hers.payment_id) == 0
    assert honest.send(message).status_code == 200
    deliver()
    assert received(hers.payment_id) == hers.amount_vnd


def test_what_the_bank_says_is_sealed_and_private_accounts_leave_no_words(app, owed, a_service):
    order = owed()
    service = a_service(seller_id=order.seller_id)
    ours = service.tell(1_000, "NGUYEN THI A tang")
    private = service.tell(2_000, "luong thang 11", accountNumber="9999000011112222")
    out = service.tell(3_000, "tien nha", transferType="out")
    assert [ours.state, private.state, out.state] == ["task", "elsewhere", "outgoing"]
    assert private.last4 == "2222"
    rows = db.session.execute(text("SELECT * FROM bank_notices")).all()
    stored = " ".join(str(value) for row in rows for value in row)
    for word in (service.account, "9999000011112222", "NGUYEN", "luong", "tien nha"):
        assert word not in stored
    opened = vault().open(ours.data_key, ours.sealed)
    assert opened["text"] == "NGUYEN THI A tang"
    assert service.account in opened["raw"]
    for other in (private, out):
        assert vault().open(other.data_key, other.sealed) == {"text": "", "written": "", "raw": ""}


def test_nothing_that_was_sent_is_in_the_log(app, owed, a_service, caplog):
    service = a_service(seller_id=owed().seller_id)
    with caplog.at_level(logging.DEBUG, logger="shop"):
        service.send(service.message(1000, "NGUYEN"), **{"X-SePay-Signature": "sha256=ab"})
        service.tell(1000, "NGUYEN")
    said = " ".join(record.getMessage() for record in caplog.records)
    assert "refused" in said
    for word in (service.account, "NGUYEN", SECRET, service.address):
        assert word not in said


def test_casso_tells_several_at_once(app, owed, a_service):
    order = owed()
    service = a_service(seller_id=order.seller_id, kind="casso_hmac")
    message = {"error": 0, "data": [
        {"id": 1, "tid": "FT26330111111", "description": order.memo, "amount": order.amount_vnd,
         "when": "2026-11-25 10:20:31", "bank_sub_acc_id": service.account},
        {"id": 2, "tid": "FT26330111112", "description": "ra", "amount": -5,
         "when": "2026-11-25 10:20:31", "bank_sub_acc_id": service.account},
    ]}  # fmt: skip
    proof = casso_signed(message, SECRET, int(now_utc().timestamp() * 1000))
    for _ in range(2):
        assert service.send(message, **proof).status_code == 200
    deliver()
    assert [notice.state for notice in notices()] == ["matched", "outgoing"]
    assert received(order.payment_id) == order.amount_vnd


@both_engines
def test_the_answer_does_not_wait_for_the_work(app, owed, a_service, count_queries):
    """Within 50 ms of the shop's own work, in few questions: the worker's part comes after."""
    order = owed()
    service = a_service(seller_id=order.seller_id)
    browser, took = app.test_client(), []
    for n in range(25):
        body = json.dumps(service.message(1_000 + n, order.memo)).encode()
        headers = signed(body, now_utc())
        with count_queries() as asked:
            started = time.thread_time()
            answer = browser.post(f"/hook/ngan-hang/{service.address}", data=body, headers=headers)
            took.append(time.thread_time() - started)
        assert answer.status_code == 200
    assert {notice.state for notice in notices()} == {"new"}
    assert len(asked) <= 8, asked
    assert sorted(took)[len(took) // 2] < 0.05


@both_engines
def test_the_trail_of_a_notice_is_never_changed(app, owed, a_service):
    service = a_service(seller_id=owed().seller_id)
    service.tell(1_000, "ung ho")
    for change in (delete(BankNoticeMove), text("UPDATE bank_notice_moves SET reason = 'x'")):
        with pytest.raises(DBAPIError), transaction() as session:
            session.execute(change)
    assert counted(BankNoticeMove) == 2


@both_engines
def test_one_event_is_never_two_notices_money(app, owed, a_service):
    order = owed()
    service = a_service(seller_id=order.seller_id)
    first = service.tell(order.amount_vnd, order.memo)
    second = service.tell(1_000, "ung ho")
    event = db.session.scalars(
        select(PaymentEvent.id).where(PaymentEvent.key.like("notice:%"))
    ).one()
    with pytest.raises(DBAPIError), transaction() as session:
        session.add(
            BankMatch(
                notice_id=second.id, payment_id=order.payment_id, payment_event_id=event,
                amount_vnd=1, at=now_utc(),
            )
        )  # fmt: skip
        session.flush()
    assert first.state == "matched"


@pytest.mark.parametrize("engine_name", ["postgresql"])
def test_postgresql_keeps_what_banks_told_apart(app, owed, a_service):
    """A query that forgets its WHERE finds only what is hers; the twin without a policy is in 0008's tests."""
    orders = [owed(), owed()]
    for order in orders:
        service = a_service(seller_id=order.seller_id)
        service.tell(order.amount_vnd, order.memo)
        service.send(service.message(1, "x"), **{"X-SePay-Signature": "sha256=ab"})
    tables = (BankFeed, BankNotice, BankMatch, BankRefusal)
    assert [counted(table) for table in tables] == [2] * 4
    assert counted(BankNoticeMove) == 4
    act_for_seller(db.session(), orders[0].seller_id)
    try:
        assert [counted(table) for table in tables] == [1] * 4
        assert counted(BankNoticeMove) == 2
    finally:
        act_for_nobody()
