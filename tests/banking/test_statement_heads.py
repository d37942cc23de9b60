"""Heads of statement tables: which column is money that came, which is money that went."""

import pytest

from shop.banking.files import read_file
from shop.banking.rules.heads import StatementUnreadable
from tests.banking import sheets
from tests.banking.conftest import notices, received
from tests.banking.test_decisions import payee_of, today, upload
from tests.engines import both_engines


def read(head, *lines):
    """Return (amounts that came, how many lines went, rows that were not read)."""
    rows = [[str(cell or "") for cell in row] for row in (*head, *lines)]
    found = read_file(sheets.text(rows, ";"))
    return [line.amount_vnd for line in found.lines], found.went, found.unread


def merged(over, out, came):
    """Return a head of two rows: one word merged over the columns of both ways."""
    return [
        ["Ngày giao dịch", over, None, "Số dư", "Nội dung"], [None, out, came, None, None],
    ]  # fmt: skip


OUT = ["25/11/2026", "95.000", None, "9.000.000", "mua phan bon"]
CAME = ["25/11/2026", None, "110.000", "9.110.000", "CP7K2M9PXA"]


@pytest.mark.parametrize(
    "over", ["Số tiền", "Số tiền giao dịch (VND)", "Số phát sinh", "Phát sinh"]
)
@pytest.mark.parametrize(
    ("out", "came"),
    [("Nợ", "Có"), ("Ghi nợ", "Ghi có"), ("Rút ra", "Gửi vào"), ("Giảm", "Tăng"), ("Chi", "Thu")],
)
def test_a_head_merged_over_both_ways(over, out, came):
    head = merged(over, out, came)
    assert read(head, OUT, CAME) == ([110_000], 1, [])
    turned = [[*row[:1], row[2], row[1], *row[3:]] for row in (head[1], OUT, CAME)]
    assert read([head[0], turned[0]], *turned[1:]) == ([110_000], 1, [])


@both_engines
def test_what_went_under_a_merged_head_pays_no_order(owed):
    order = owed()
    lines = [
        [today(), "110.000", None, "1", f"hoan lai {order.memo}"],
        [today(), None, "95.000", "1", "khach khac"],
    ]  # fmt: skip
    content = sheets.xlsx([*merged("Số tiền", "Nợ", "Có"), *lines], ["B1:C1"])
    assert upload(payee_of(order), content) == 1
    assert received(order.payment_id) == 0
    assert [notice.amount_vnd for notice in notices()] == [95_000]


@pytest.mark.parametrize(
    ("head", "lines"),
    [
        (merged("Số tiền", "Kỳ này", "Kỳ sau"), [OUT, CAME]),
        (merged("Số tiền", "Kỳ này", "Kỳ sau"), [OUT]),
        (merged("Số tiền", None, None), [OUT, CAME]),
        # Another head counts more, and both columns are only "an amount".
        ([["Ngày", "Số tiền", None, "Nội dung", None], [None, "A", "B", "Mã", "Số dư"]], [OUT, CAME]),
    ],
)  # fmt: skip
def test_two_columns_of_money_of_which_nobody_knows_the_way_are_refused(head, lines):
    with pytest.raises(StatementUnreadable) as refused:
        read(head, *lines)
    assert refused.value.why == "table"


def test_what_stands_below_a_head_and_is_none():
    head = ["Ngày giao dịch", "Số tiền", "Nội dung", "Số dư"]
    below = [
        ["Transaction date", "Amount", "Description", "Balance"], ["(1)", "(2)", "(3)", "(4)"],
        [None, "VND", None, "VND"], [], [None, None, "Số dư đầu kỳ", "9.000.000"],
        ["25/11/2026", None, "Số dư chuyển sang", "9.000.000"],
    ]  # fmt: skip
    lines = [["25/11/2026", "95.000", "ung ho", "9.095.000", 7001]]
    assert read([head], *below, *lines) == ([95_000], 0, [3])  # The numbers of columns.


def test_a_balance_of_two_ways_is_no_money_that_came():
    head = [
        ["Ngày", "Nội dung", "Phát sinh", None, "Số dư", None],
        [None, None, "Nợ", "Có", "Nợ", "Có"],
    ]  # fmt: skip
    lines = [
        ["25/11/2026", "CP7K2M9PXA", None, "95.000", None, "9.095.000"],
        ["25/11/2026", "phi", "5.000", None, None, "9.090.000"],
    ]
    assert read(head, *lines) == ([95_000], 1, [])
    turned = [[*row[:2], *row[4:], *row[2:4]] for row in (*head, *lines)]
    assert read(turned[:2], *turned[2:]) == ([95_000], 1, [])


@pytest.mark.parametrize(
    ("out", "came"),
    [
        ("Nợ", "Có"), ("Nợ TKTT", "Có TKTT"), ("Rút ra", "Gửi vào"), ("Tiền rút ra", "Tiền gửi vào"),
        ("Tiền rút", "Tiền gửi"), ("Withdrawal", "Deposit"), ("Withdrawals (VND)", "Deposits (VND)"),
        ("Số tiền rút", "Số tiền gửi"), ("Giảm", "Tăng"),
    ],
)  # fmt: skip
def test_heads_that_say_the_way_with_their_partner(out, came):
    head = [["Ngày giao dịch", out, came, "Số dư", "Nội dung"]]
    assert read(head, OUT, CAME) == ([110_000], 1, [])


@pytest.mark.parametrize("came", ["Có", "Gửi vào", "Tiền gửi", "Deposit", "Tăng"])
def test_such_a_head_alone_may_mean_anything(came):
    with pytest.raises(StatementUnreadable):
        read([["Ngày giao dịch", "x", came, "Số dư", "Nội dung"]], OUT, CAME)
