"""A bank takes back what it had credited and books it as any outgoing line: a person is asked, and
told which line it was. No money moves by it."""

import json
from datetime import date

import pytest

from shop.banking.actions.keeping import Message, keep_messages
from shop.banking.queries.feeds import feed_at
from shop.banking.queries.inbox import cards_of
from shop.banking.queries.notices import tasks_in
from shop.banking.queries.owners import Sight
from shop.banking.rules.feeds import movements_of
from shop.banking.rules.movements import Movement
from shop.banking.rules.reversals import Came, may_reverse, taken_back_by
from shop.db import db, transaction
from shop.kernel.clock import now_utc
from shop.payments import refunds
from shop.payments.queries import last_money_event
from shop.payments.rules.refunds import Way
from shop.payments.told import TRANSFER, Subject
from tests.banking import sheets
from tests.banking.conftest import notices, received
from tests.banking.test_decisions import SELLER, payee_of, seen, today, upload
from tests.conftest import NOON
from tests.engines import both_engines

DAY = NOON.date()


def went(amount: int, text: str, reference: str = "") -> Movement:
    return Movement("1", (), -amount, "VND", str(amount), NOON, False, text, reference)


@pytest.mark.parametrize(
    ("text", "may"),
    [
        ("Hoàn lệnh FT26331000001", True), ("HUY GD CP7K2M9PXA", True), ("Reversal of credit", True),
        ("STORNO", True), ("Thu hồi tiền báo có nhầm", True), ("NGUYEN VAN HUY chuyen tien", True),
        ("HOAN TIEN DON 7K2M9P", False), ("mua hang", False), ("", False),
    ],
)  # fmt: skip
def test_words_that_may_say_so(text, may):
    assert may_reverse(went(95_000, text)) is may


def came(number: int, amount: int, **more) -> Came:
    return Came(number, amount, **{"day": DAY, "references": frozenset(), **more})


@pytest.mark.parametrize(
    ("movement", "memos", "lines", "found"),
    [
        # The bank's number, also of a part of it, and rather than a newer line of the amount.
        (went(50_000, "huy FT26331000001"), (),
         [came(1, 95_000, references=frozenset({"FT26331000001"})), came(2, 50_000)], 1),
        # An order's code.
        (went(95_000, "Huy CP7K2M9PXA"), ("CP7K2M9PXA",),
         [came(1, 95_000, memos=("CP7K2M9PXA",)), came(2, 95_000)], 1),
        # Only the amount: words that are no name, the newest line, none of long ago.
        (went(95_000, "Hoan giao dich"), (), [came(1, 95_000), came(2, 95_000), came(3, 9_000)], 2),
        (went(95_000, "NGUYEN VAN HUY ck"), (), [came(1, 95_000)], None),
        (went(95_000, "TRAN THI HOAN TIEN MUA HANG"), (), [came(1, 90_000)], None),
        (went(95_000, "storno"), (), [came(1, 95_000, day=date(2026, 1, 1))], None),
        (went(95_000, "storno"), (), [came(1, 94_000)], None),
        # The shop paid a buyer back: that is the line.
        (went(95_000, "hoan tien khach"), (), [came(1, 95_000, is_given_back=True)], None),
        (went(95_000, "mua hang"), (), [came(1, 95_000)], None),
    ],
)  # fmt: skip
def test_which_line_was_taken_back(movement, memos, lines, found):
    one = taken_back_by(movement, memos, DAY, lines)
    assert (one.id if one else None) == found


def card_of(order):
    """Return the one card that waits for the seller."""
    db.session.rollback()
    sight = Sight(seller_id=order.seller_id)
    [card] = cards_of(db.session(), tasks_in(db.session(), sight))
    return card


@both_engines
def test_a_storno_told_as_outgoing_asks_and_names_the_line_and_its_order(owed, a_service, a_stall):
    stall = a_stall()
    order = owed(seller_id=stall.id)
    service = a_service(seller_id=order.seller_id)
    counted = service.tell(order.amount_vnd, order.memo)
    assert received(order.payment_id) == order.amount_vnd
    storno = {
        "transferType": "out", "content": f"Huy lenh ghi co {counted.reference}",
        "referenceCode": "FT26331999999",
    }  # fmt: skip
    notice = service.tell(order.amount_vnd, "", **storno)
    assert seen(notice)[:2] == ("task", "reversed")
    assert received(order.payment_id) == order.amount_vnd
    card = card_of(order)
    assert card.earlier.row.id == counted.id
    assert [one[0] for one in card.earlier.orders.values()] == [order.payment_id]
    page = stall.page("/ban-hang/ngan-hang")
    assert "Khoản bị lấy lại có lẽ là khoản này" in page
    assert "Đang ghi cho đơn" in page
    # The same in the bank's file is a copy; what only went stays nobody's business.
    amount = f"{order.amount_vnd:,}".replace(",", ".")
    file = sheets.text(
        [
            ("Ngày", "Ghi nợ", "Ghi có", "Nội dung", "Số tham chiếu"),
            (today(), amount, "", storno["content"], storno["referenceCode"]),
            (today(), amount, "", "Huy hop dong thue nha", "FT26331888888"),
            (today(), "", "5.000", "ung ho", "FT26331777777"),
        ],
        ";",
    )
    assert upload(payee_of(order), file) == 1
    states = sorted(one.state for one in notices() if one.statement_id)
    assert states == ["same", "task"]
    [kept] = [
        one for one in notices() if one.amount_vnd == -order.amount_vnd and not one.same_as_id
    ]
    assert kept.id == notice.id


@both_engines
def test_a_storno_that_meets_its_line_finds_it(app, owed, a_service):
    service = a_service(seller_id=owed().seller_id)
    line = service.message(95_000, "ung ho")
    storno = service.message(
        95_000, f"Huy lenh ghi co {line['referenceCode']}", transferType="out"
    )  # fmt: skip
    with transaction() as session:
        feed = feed_at(session, service.address)
        keep_messages(session, [
            Message(feed, movements_of("sepay_hmac", json.dumps(one).encode()), now_utc())
            for one in (line, storno)
        ])  # fmt: skip
    assert [one.state for one in notices()] == ["new", "task"]


@both_engines
def test_a_file_first_tells_of_a_storno_among_what_went(owed, a_service):
    order = owed()
    service = a_service(seller_id=order.seller_id)
    amount = f"{order.amount_vnd:,}".replace(",", ".")
    text = f"Hoan giao dich {order.memo}"
    file = sheets.text(
        [
            ("Ngày", "Ghi nợ", "Ghi có", "Nội dung", "Số tham chiếu"),
            (today(), "", amount, order.memo, "FT26331000021"),
            (today(), amount, "", text, "FT26331000022"),
            (today(), "20.000", "", "Huy dong", "FT26331000023"),
        ],
        ";",
    )
    assert upload(payee_of(order), file) == 2
    storno = [one for one in notices() if one.reason == "reversed"]
    assert [(one.state, one.amount_vnd) for one in storno] == [("task", -order.amount_vnd)]
    assert received(order.payment_id) == order.amount_vnd
    later = service.tell(order.amount_vnd, text, transferType="out", referenceCode="FT26331000022")
    assert seen(later)[0] == "same"


def test_money_that_the_shop_paid_back_is_no_storno(owed, a_service):
    order = owed()
    service = a_service(seller_id=order.seller_id)
    service.tell(order.amount_vnd, order.memo)
    with transaction() as session:
        refunds.give_back(
            session, of=Subject(TRANSFER, order.payment_id), amount_vnd=order.amount_vnd,
            after=last_money_event(session, order.payment_id), way=Way.BANK, by=SELLER,
            now=now_utc(),
        )  # fmt: skip
    notice = service.tell(order.amount_vnd, f"hoan tien khach {order.memo}", transferType="out")
    assert seen(notice)[:2] == ("outgoing", "")
