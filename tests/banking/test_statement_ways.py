"""Signs, words, merged days, several sheets and currencies of statements: no line is read wrongly
or lost without a word."""

import pytest
from sqlalchemy import select

from shop.banking.actions.answers import accept, close
from shop.banking.files import read_file
from shop.banking.models import BankNotice
from shop.banking.rules.heads import StatementUnreadable
from shop.banking.rules.movements import bare_sum
from shop.banking.rules.ways import moved, way_of
from shop.db import db, transaction
from shop.kernel.cells import Unreadable
from shop.kernel.clock import now_utc
from shop.payments.rules.amounts import AmountOutOfRange
from tests.banking import sheets
from tests.banking.conftest import notices, received
from tests.banking.test_decisions import SELLER, payee_of, say_yes, seen, today, upload
from tests.engines import both_engines


@pytest.mark.parametrize(
    ("words", "way"),
    [
        ("Ghi nợ", -1), ("GHI NO", -1), ("GD đi", -1), ("D", -1), ("DR", -1), ("Dr.", -1), ("-", -1),
        ("Chuyển tiền đi", -1), ("CK đi", -1), ("Tiền ra", -1), ("Chi", -1), ("Rút tiền", -1),
        ("Trừ phí", -1), ("Nợ", -1), ("Debit", -1), ("OUT", -1), ("Ghi có", 1), ("C", 1), ("CR", 1),
        ("+", 1), ("Chuyển tiền đến", 1), ("GD đến", 1), ("Tiền vào", 1), ("Nhận", 1), ("Credit", 1),
        ("", 0), (None, 0), ("QR", 0), ("Chuyển khoản", 0), ("VietQR 24/7", 0),
    ],
)  # fmt: skip
def test_words_of_the_way(words, way):
    assert way_of(words) == way


@pytest.mark.parametrize(
    ("credit", "debit", "amount", "way", "certain", "vnd", "is_reversal"),
    [
        (95, 0, 0, 0, True, 95, False), (-95, 0, 0, 0, True, -95, True),
        (0, 95, 0, 0, True, -95, False), (0, -95, 0, 0, True, -95, False),
        (0, 0, 95, 0, True, 95, False), (0, 0, -95, 0, True, -95, False),
        (0, 0, 95, -1, False, -95, False), (0, 0, -95, -1, True, -95, False),
        (0, 0, 95, 1, False, 95, False), (0, 0, -95, 1, True, -95, True),
        (0, 0, 0, 0, False, 0, False), (0, 0, -95, 0, False, -95, False),
    ],
)  # fmt: skip
def test_the_table_of_signs(credit, debit, amount, way, certain, vnd, is_reversal):
    found = moved(credit, debit, amount, way, certain=certain)
    assert (found.vnd, found.reversed) == (vnd, is_reversal)


@pytest.mark.parametrize("line", [(95, 95, 0, 0), (0, 0, 95, 0)])
def test_what_says_no_way_or_both_is_not_certain(line):
    with pytest.raises(Unreadable):
        moved(*line, certain=False)
    with pytest.raises(Unreadable):
        way_of("Ghi có / Ghi nợ")


def told(rows, head=("Ngày giao dịch", "Số tiền", "Loại giao dịch", "Nội dung")):
    return read_file(sheets.text([head, *rows], ";"))


@pytest.mark.parametrize("way", ["Chuyển tiền đi", "GD đi", "Ghi nợ", "D", "DR", "-"])
def test_words_keep_outgoing_money_out(way):
    found = told([
        ("25/11/2026", "95.000", way, "CP7K2M9PXA"), ("25/11/2026", "50.000", "Ghi có", "ung ho"),
    ])  # fmt: skip
    assert ([line.amount_vnd for line in found.lines], found.went, found.unread) == (
        [50_000], 1, [],
    )  # fmt: skip


def test_a_way_that_nobody_knows_is_said_to_be_unread():
    found = told([
        ("25/11/2026", "95.000", "Thanh toán", "CP7K2M9PXA"), ("25/11/2026", "50.000", "C", "ung ho"),
    ])  # fmt: skip
    assert ([line.amount_vnd for line in found.lines], found.unread) == ([50_000], [2])
    signed = told([
        ("25/11/2026", "-95.000", "Thanh toán", "x"), ("25/11/2026", "50.000", "QR", "ung ho"),
        ("25/11/2026", "(95.000)", "QR", "x"),
    ])  # fmt: skip
    assert ([line.amount_vnd for line in signed.lines], signed.went) == ([50_000], 2)
    with pytest.raises(StatementUnreadable) as refused:
        told([("25/11/2026", "95.000", "Thanh toán", "CP7K2M9PXA")])
    assert refused.value.why == "rows"


@pytest.mark.parametrize(
    "came_and_went", [("Tiền vào", "Tiền ra"), ("Ghi có", "Ghi nợ"), ("+", "-"), ("C", "D")]
)
@pytest.mark.parametrize(
    "head",
    [
        "Loại", "Phân loại", "Loại phát sinh", "Chiều", "Kiểu", "Type", "Hình thức", "Thu/Chi", "+/-",
        "Nợ/Có", "Ghi Nợ/Có", "Debit/Credit", "Tiền vào/Tiền ra", "(+/-)",
    ],
)  # fmt: skip
def test_the_way_beside_one_amount_whatever_its_head_is(head, came_and_went):
    came, went = came_and_went
    rows = [
        ("25/11/2026", "95.000", went, "CP7K2M9PXA"), ("25/11/2026", "50.000", came, "ung ho"),
    ]  # fmt: skip
    heads = ("Ngày giao dịch", "Số tiền", head, "Nội dung")
    found = told(rows, heads)
    assert ([line.amount_vnd for line in found.lines], found.went, found.unread) == (
        [50_000], 1, [],
    )  # fmt: skip
    turned = told([row[::-1] for row in rows], heads[::-1])
    assert ([line.amount_vnd for line in turned.lines], turned.went) == ([50_000], 1)
    # Of two columns that which says the way in its cells.
    more = told([(*row, "Chuyển khoản") for row in rows], (*heads, "Loại giao dịch"))
    assert ([line.amount_vnd for line in more.lines], more.went) == ([50_000], 1)


def test_a_column_of_ways_that_says_none_in_a_line_leaves_the_line_unread():
    heads = ("Ngày giao dịch", "Số tiền", "Ghi thêm", "Nội dung")
    found = told(
        [
            ("25/11/2026", "95.000", "", "CP7K2M9PXA"),
            ("25/11/2026", "50.000", "Tiền vào", "ung ho"),
        ],
        heads,
    )
    assert ([line.amount_vnd for line in found.lines], found.unread) == ([50_000], [2])


@pytest.mark.parametrize("said", ["-", "Lê Thị Thu", "Trần Linh Chi", "Chuyển khoản", "", "QR"])
def test_names_notes_and_dashes_are_no_way(said):
    heads = ("Ngày giao dịch", "Số tiền", "Người chuyển", "Nội dung")
    found = told([("25/11/2026", "95.000", said, "CP7K2M9PXA")], heads)
    assert ([line.amount_vnd for line in found.lines], found.went) == ([95_000], 0)


@pytest.mark.parametrize(
    "head", ["Tiền vào/Tiền ra", "Số tiền (Nợ/Có)", "Phát sinh Nợ/Có", "Thu/Chi"]
)
def test_one_column_of_money_for_both_ways_needs_signs(head):
    heads = ("Ngày giao dịch", head, "Nội dung")
    found = told(
        [("25/11/2026", "-95.000", "CP7K2M9PXA"), ("25/11/2026", "+50.000", "ung ho")], heads
    )
    assert ([line.amount_vnd for line in found.lines], found.went) == ([50_000], 1)
    with pytest.raises(StatementUnreadable):
        told([("25/11/2026", "nợ", "CP7K2M9PXA")], heads)


@both_engines
def test_outgoing_money_beside_an_unknown_head_pays_no_order(owed):
    order = owed()
    heads = ("Thời gian", "Mô tả", "Số tiền", "Chiều tiền")
    lines = [
        (f"{today()} 10:00", f"hoan tien don {order.memo}", "110.000", "Tiền ra"),
        (f"{today()} 11:00", "khach khac", "95.000", "Tiền vào"),
    ]
    assert upload(payee_of(order), sheets.text([heads, *lines], ";")) == 1
    assert received(order.payment_id) == 0


@pytest.mark.parametrize("credit", ["-95.000", "(95.000)", "95.000-"])
def test_a_credit_below_nought_is_no_money_that_came(credit):
    found = read_file(sheets.ngo([
        ("25/11/2026", "", "95.000,00", "CP7K2M9PXA"), ("26/11/2026", "", credit, "Huy GD CP7K2M9PXA"),
    ]))  # fmt: skip
    assert [(line.amount_vnd, line.is_reversal) for line in found.lines] == [
        (95_000, False), (-95_000, True),
    ]  # fmt: skip


@both_engines
def test_a_storno_of_counted_money_asks_a_person_and_counts_nothing(owed, a_service):
    order = owed()
    a_service(seller_id=order.seller_id).tell(order.amount_vnd, order.memo)
    assert received(order.payment_id) == order.amount_vnd
    amount = f"{order.amount_vnd:,}".replace(",", ".")
    file = sheets.text(
        [
            ("Ngày", "Ghi nợ", "Ghi có", "Nội dung"),
            (today(), "", f"-{amount}", f"Huy {order.memo}"),
        ],
        ";",
    )
    upload(payee_of(order), file)
    [notice] = [one for one in notices() if one.statement_id]
    assert seen(notice)[:2] == ("task", "reversed")
    with pytest.raises(AmountOutOfRange):
        say_yes(notice, order)
    with pytest.raises(AmountOutOfRange), transaction() as session:
        accept(
            session, notice_id=notice.id, payment_ids=[order.payment_id], amount_vnd=5_000,
            by=SELLER, now=now_utc(),
        )  # fmt: skip
    assert received(order.payment_id) == order.amount_vnd
    assert upload(payee_of(order), file) == 0
    with transaction() as session:
        assert close(session, notice_id=notice.id, to="ignored", by=SELLER, now=now_utc())


def test_merged_days_are_carried_down_and_sums_are_no_lines():
    content = sheets.san([(46349.0, None, 95_000, "mot")])
    head = [
        ["Số tài khoản", sheets.ACCOUNT], [],
        ["Ngày giao dịch", "Ghi nợ", "Ghi có", "Số dư", "Nội dung"],
    ]  # fmt: skip
    assert len(read_file(content).lines) == 1
    found = read_file(
        sheets.xlsx(
            [
                *head,
                ["24/11/2026 08:30", None, 95_000, 1, "mot"], [None, None, 50_000, 1, "hai"],
                [None, 20_000, None, 1, "phi"], [None, None, 70_000, 1, "Tong cong ty Gio chuyen"],
                ["25/11/2026", None, 30_000, 1, "ba"], [None, None, 40_000, 1, ""],
                ["Tổng cộng", 20_000, 285_000, None, None], [None, 20_000, 285_000, None, "Tổng số"],
                [], [None, None, 60_000, 1, "sau khoang trong"], ["32/11/2026", None, 10_000, 1, "x"],
            ],
            ["A4:A7"],
        )
    )  # fmt: skip
    assert [(f"{line.booked_at:%d/%m %H:%M}", line.amount_vnd, line.by_day) for line in found.lines] == [
        ("24/11 08:30", 95_000, False), ("24/11 00:00", 50_000, True), ("24/11 00:00", 70_000, True),
        ("25/11 00:00", 30_000, True),
    ]  # fmt: skip
    assert (found.went, found.unread) == (1, [9, 13, 14])


def test_every_sheet_of_a_workbook_is_read_or_named():
    head = [["Số tài khoản", sheets.ACCOUNT], ["Ngày", "Ghi có", "Nội dung"]]
    other = [["Số tài khoản", "9990001112"], head[1], ["25/11/2026", 5_000, "cua nha khac"]]
    found = read_file(
        sheets.book({
            "Thang 10": [*head, ["25/10/2026", 95_000, "mot"]],
            "Thang 11": [*head, ["25/11/2026", 50_000, "hai"], ["26/11/2026", 1_000, "ba"]],
            "Thang 9": [*head, ["25/09/2026", "chín", "bon"]],
            "Ghi chu": [["Tệp này để đối chiếu"]], "Nha khac": other, "Trong": [],
        })
    )  # fmt: skip
    assert [line.text for line in found.lines] == ["mot", "hai", "ba"]
    assert (found.beside, found.unread) == (["Ghi chu", "Nha khac"], ["Thang 9 3"])
    with pytest.raises(StatementUnreadable) as refused:
        read_file(sheets.book({f"T{n}": [*head, ["25/10/2026", 1, "x"]] for n in range(45)}))
    assert refused.value.why == "large"


def test_a_currency_that_stands_in_each_row():
    rows = [
        ("25/11/2026", "1,250.00", "USD", "gift"), ("25/11/2026", "95.000", "VND", "ung ho"),
        ("25/11/2026", "-3.00", "USD", "fee"), ("25/11/2026", "70.000", "", "ung ho"),
        ("25/11/2026", "5", "XAU", "gold"),
    ]  # fmt: skip
    found = told(rows, head=("Ngày giao dịch", "Số tiền", "Loại tiền", "Nội dung"))
    assert [(line.amount_vnd, line.currency, line.written) for line in found.lines] == [
        (None, "USD", "1,250.00"), (95_000, "VND", ""), (70_000, "VND", ""),
    ]  # fmt: skip
    assert (found.went, found.unread) == (1, [6])


@pytest.mark.parametrize("written", ["1,250.00", "1.250,00", "1250", "+1 250.0", "1,250.00 USD"])
def test_sums_of_other_currencies_are_compared_by_what_they_mean(written):
    assert bare_sum(written) == "1250.00"


@both_engines
def test_the_same_statement_in_dollars_makes_one_task(owed):
    payee = payee_of(owed())
    head = [["Loại tiền", "USD"], [], ["Ngày giao dịch", "Số tiền", "Diễn giải"]]
    lines = [(today(), "100.50", "gift"), (today(), "100.50", "gift"), (today(), "7", "other")]
    assert upload(payee, sheets.text([*head, *lines], ";")) == 3
    assert upload(payee, sheets.text([*head, *lines], ";")) == 0
    lines.append((today(), "100,50", "gift"))
    assert upload(payee, sheets.text([*head, *lines], ";")) == 1
    db.session.rollback()
    states = db.session.scalars(select(BankNotice.state).where(BankNotice.currency == "USD")).all()
    assert sorted(states) == ["same"] * 6 + ["task"] * 4


@pytest.mark.parametrize("file_first", [True, False])
@both_engines
def test_dollars_that_a_service_and_a_file_tell_of_are_asked_about_once(
    owed, a_service, file_first
):
    order = owed()
    service = a_service(seller_id=order.seller_id)
    head = [["Loại tiền", "USD"], [], ["Ngày giao dịch", "Số tiền", "Diễn giải"]]
    file = sheets.text([*head, (today(), "1,250.00", "gift of a friend")], ";")
    if file_first:
        assert upload(payee_of(order), file) == 1
    told = service.tell(1250, "gift of a friend", currency="USD")
    if not file_first:
        assert upload(payee_of(order), file) == 0
    # Another one of the same service is other money.
    again = service.tell(1250, "gift of a friend", currency="USD")
    states = [one.state for one in notices() if one.currency == "USD"]
    assert sorted(states) == ["same", "task", "task"]
    assert seen(told)[0] == ("same" if file_first else "task")
    assert seen(again)[:2] == ("task", "foreign_currency")
