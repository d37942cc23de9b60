"""Columns of a strange statement that were named wrongly: what the table says against it is heard."""

import pytest
from sqlalchemy import select

from shop.banking.models import BankNotice
from shop.banking.rules.columns import guess_columns
from shop.db import db
from shop.kernel.strange_tables import guess_head
from shop.web.columns import posted_columns, shown_columns
from tests.banking import sheets
from tests.banking.test_columns import HEAD, ROWS, TWO, newest, read, send
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
