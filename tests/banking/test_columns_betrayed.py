"""Columns of a strange statement that were named wrongly: what the table says against it is heard."""

import pytest
from sqlalchemy import select

from shop.banking.files import open_file
from shop.banking.models import BankNotice
from shop.banking.rules.columns import guess_columns, named_by_hand
from shop.db import db
from shop.kernel.strange_tables import guess_head, head_of
from shop.web.columns import posted_columns, shown_columns
from tests.banking import sheets
from tests.banking.test_columns import HEAD, ROWS, TWO, faults, newest, read, said, send
from tests.banking.test_pages import HERS, hers
from tests.engines import both_engines

__all__ = ["hers"]

OTHERS = "9999000011112222"
#: A row above the table with more words than its head has.
WORDY = [
    "Chủ tài khoản", "CONG TY TNHH B", "Số tài khoản:", f"TK {OTHERS}", "Loại tiền", "USD",
    "Chi nhánh", "Hà Nội",
]  # fmt: skip
ABOVE = [["SAO KÊ"], WORDY]
NAMED = {"A": "date", "B": "credit", "C": "debit", "D": "text"}


@pytest.mark.parametrize("at", [2, -1])
def test_account_and_currency_are_heard_whichever_row_is_the_head(at):
    found = read([*ABOVE, HEAD, *ROWS], at, **NAMED)
    assert (found.named.first, found.currency) == (OTHERS, "USD")


def test_a_line_above_the_table_that_names_an_account_and_a_day_is_no_line():
    above = [["Ngày in 01/12/2026", f"Số tài khoản {OTHERS}"], ["Từ 01/11/2026", "Đến 30/11/2026"]]
    assert read([*above, HEAD, *ROWS], 2, **NAMED).named.first == OTHERS


def test_the_head_is_guessed_right_above_the_lines():
    assert guess_columns([*ABOVE, HEAD, *ROWS])[0] == 2
    days = [["Từ ngày 01/11/2026", "Đến ngày 30/11/2026"], *ABOVE]
    assert guess_head([*days, HEAD, ROWS[0]]) == 3
    two = [["Khi nào", "Bao nhiêu", "", "Lời nhắn"], ["", "Thêm", "Bớt", ""]]
    assert guess_head([*ABOVE, *two, *[row[:4] for row in ROWS]]) == 2


@both_engines
def test_a_file_of_another_account_is_refused_whichever_row_is_the_head(hers):
    stall, *_ = hers
    send(stall, sheets.text([*ABOVE, HEAD, *ROWS], ";"))
    at = f"{HERS}/sao-ke/{newest()}"
    for head in ("2", "-1"):
        refused = stall.post(f"{at}/cot", dau=head, **TWO)
        assert refused.status_code == 422
        assert "số cuối 2222" in refused.text
    stall.post(at)
    db.session.rollback()
    assert not db.session.scalars(select(BankNotice.id)).all()


def test_a_head_far_below_is_offered_whatever_was_chosen():
    rows = [*([["Ghi chú"]] * 20), HEAD, *ROWS]
    for at in (-1, 0):
        assert HEAD in shown_columns(rows, at, {})["rows"]


def test_only_a_banks_table_may_have_no_head(app):
    with app.test_request_context("/", method="POST", data={"dau": "-1", "cot-0": "date"}):
        assert posted_columns(3, {"date"}, headless=True) == (-1, {0: "date"})
        assert posted_columns(3, {"date"}) == (0, {0: "date"})


#: A table that the shop understands by itself, money that went before money that came.
PLAIN = [
    ["Ngày giao dịch", "Ghi nợ", "Ghi có", "Nội dung", "Số dư"],
    ["03/11/2026", "77.000", "", "rut tien", "5.000"],
    ["04/11/2026", "", "20.000", "tien vao", "25.000"],
]  # fmt: skip


def known(rows, at=0, **columns):
    """Return the layouts that are kept once a table is named."""
    heads = named_by_hand(rows, at, said(**columns))
    return {head_of(rows[at : heads.lines_from]): (heads.deep, heads.columns)}


def opened(rows, layouts):
    return open_file(sheets.text(rows, ";"), layouts).statement


@pytest.mark.parametrize("above", [[["SAO KE TAI KHOAN"], [""]], [[""], [""]], [["SAO KE"], [""]]])
def test_a_row_that_names_no_columns_is_no_head(above):
    for at in (0, 1):
        assert faults([*above, HEAD, *ROWS], at, **NAMED) == [("head", "nameless")]


def test_a_head_of_two_rows_is_one():
    two = [["Khi nào", "Bao nhiêu", "", "Lời nhắn"], ["", "Thêm", "Bớt", ""]]
    rows = [*two, *[row[:4] for row in ROWS]]
    layouts = known(rows, **NAMED)
    assert [one.amount_vnd for one in opened(rows, layouts).lines] == [95_000, 1_250_000]
    turned = [two[0], ["", "Bớt", "Thêm", ""], *rows[2:]]
    assert opened(turned, layouts) is None, "What it says of the directions is known nowhere."


def test_heads_that_say_other_directions_or_places_are_other_heads():
    signs = [["Ngày", "+", "-", "Lời"], ["Ngày", "-", "+", "Lời"], ["Ngày", "–", "+", "Lời"]]
    assert len({head_of([row]) for row in signs}) == 2
    assert head_of([["", "Ngày", "Lời"]]) != head_of([["Ngày", "Lời"]])
    assert head_of([["Ngày", "Lời", ""]]) == head_of([["Ngày", "Lời"]])


def test_a_table_that_is_understood_goes_before_one_that_is_known_elsewhere():
    noted = [*PLAIN, [""], ["Khi", "Thêm", "Bớt", "Lời"]]
    layouts = known([noted[-1], *[row[:4] for row in ROWS]], **NAMED)
    assert [one.amount_vnd for one in opened(noted, layouts).lines] == [20_000]


def test_a_known_head_whose_cells_say_otherwise_is_named_anew():
    layouts = known([HEAD, *ROWS], **NAMED)
    assert [one.amount_vnd for one in opened([HEAD, *ROWS], layouts).lines] == [95_000, 1_250_000]
    moved = [[row[0], row[3], row[1], row[4], row[2], row[5]] for row in ROWS]
    assert opened([HEAD, *moved], layouts) is None
    book = sheets.book({"T11": [HEAD, *ROWS], "T12": [HEAD, *moved]})
    assert open_file(book, layouts).statement is None


@both_engines
def test_a_title_is_not_remembered(hers):
    stall, *_ = hers
    title = [["SAO KE TAI KHOAN"], [""]]
    send(stall, sheets.text([*title, HEAD, *ROWS], ";"))
    at = f"{HERS}/sao-ke/{newest()}"
    refused = stall.post(f"{at}/cot", dau="0", **TWO)
    assert refused.status_code == 422
    assert 'id="dau-loi"' in refused.text
    assert stall.post(f"{at}/cot", dau="2", **TWO).status_code == 303
    stall.post(at)
    send(stall, sheets.text([*title, *PLAIN], ";"))
    assert "Tiền vào</dt><dd>20.000" in stall.page(f"{HERS}/sao-ke/{newest()}")


def dated(*days):
    return [["Khi", "Vào", "Lời"], *([day, f"9{n}.000", f"mua {n}"] for n, day in enumerate(days))]


def test_days_with_the_month_first_are_not_read_in_part():
    three = {"A": "date", "B": "credit", "C": "text"}
    assert faults(dated("11/03/2026", "11/04/2026", "11/15/2026"), **three) == [(0, "days")]
    assert faults(dated("11/15/2026"), **three) == [(0, "days")]
    assert faults(dated("03/11/2026", "2026-13-11", "20261103"), **three) == [(0, "days")]
    sums = [["Tổng cộng", "180.000", ""], ["2 giao dịch", "180.000", ""]]
    assert len(read([*dated("03/11/2026", "15/11/2026"), *sums], **three).lines) == 2


def test_a_code_beside_several_payments_is_no_reference():
    def of(*codes, texts=("mua bot", "phi", "mat ong")):
        return [HEAD, *([*row[:3], text, code, row[5]] for row, code, text in zip(ROWS, codes, texts, strict=True))]  # fmt: skip

    named = {**NAMED, "E": "reference"}
    assert faults(of(*["CN 97040500"] * 3), **named) == [(4, "repeats")]
    assert faults(of(*["CN 97040500"] * 3, texts=["mua"] * 3), **named) == [(4, "repeats")]
    # What the bank keeps of a payment, or takes back, has the payment's own reference.
    assert len(read(of("FT26307000001", "FT26307000001", "FT26307000003"), **named).lines) == 2
    told = of("FT26307000001", "FT26307000002", "FT26307000003")
    assert len(read([*told, told[1]], **named).lines) == 3, (
        "The same line twice is no other payment."
    )


def test_a_balance_is_not_what_came():
    balance = {"A": "date", "F": "credit", "D": "text"}
    assert faults([HEAD, *ROWS], **balance) == [(5, "running")]
    assert faults([HEAD, *reversed(ROWS)], **balance) == [(5, "running")]
    assert faults([HEAD, *ROWS[:2]], **balance) == [(5, "running")]
    cents = [[*row[:5], row[5].replace(".", ",") + ".50"] for row in ROWS]
    assert faults([HEAD, *cents], **balance) == [(5, "running")]
    fees = [["03/11/2026", "100.000", "10.000", "a"], ["04/11/2026", "110.000", "10.000", "b"]]
    assert len(read([HEAD[:4], *fees], A="date", B="credit", D="text").lines) == 2


def test_a_column_with_much_below_zero_is_of_both_ways():
    signed = [
        ["Khi", "Đồng", "Lời"], ["03/11/2026", "+95.000", "a"], ["04/11/2026", "-20.000", "rút"],
        ["05/11/2026", "-30.000", "mua"],
    ]  # fmt: skip
    assert faults(signed, A="date", B="credit", C="text") == [(1, "signed")]
    assert len(read(signed, A="date", B="amount", C="text").lines) == 1
    one_back = [*signed[:3], ["05/11/2026", "30.000", "mua"]]
    assert len(read(one_back, A="date", B="credit", C="text").lines) == 3


def test_a_column_of_other_currencies_is_not_left_out():
    rows = [[*HEAD[:5], "Loại"], *([*row[:5], code] for row, code in zip(ROWS, ("VND", "USD", "USD"), strict=True))]  # fmt: skip
    assert faults(rows, **NAMED) == [(5, "currency")]
    assert len(read(rows, **NAMED, F="currency").lines) == 2
    for row in rows[1:]:
        row[5] = "VND"
    assert len(read(rows, **NAMED).lines) == 2


def test_no_head_stands_below_lines():
    twice = [HEAD, *ROWS, HEAD, ["06/11/2026", "7.000", "", "them", "FT9", "1"]]
    assert faults(twice, 4, **NAMED) == [("head", "below")]
    assert len(read(twice, 0, **NAMED).lines) == 3


@both_engines
def test_faults_of_the_cells_are_told_and_a_known_table_is_asked_about_again(hers):
    stall, *_ = hers
    three = {"cot-0": "date", "cot-1": "credit", "cot-2": "text"}
    send(stall, sheets.text(dated("03/11/2026 09:15"), ";"))
    at = f"{HERS}/sao-ke/{newest()}"
    assert stall.post(f"{at}/cot", dau="0", **three).status_code == 303
    stall.post(at)
    send(stall, sheets.text(dated("11/03/2026 09:15", "11/15/2026 09:15", "11/16/2026"), ";"))
    at = f"{HERS}/sao-ke/{newest()}"
    assert stall.get(at).location.endswith("/cot")
    refused = stall.post(f"{at}/cot", dau="0", **three)
    assert refused.status_code == 422
    assert 'id="cot-0-loi"' in refused.text
    assert "tháng trước, ngày sau" in refused.text
