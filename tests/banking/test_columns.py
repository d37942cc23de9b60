"""A statement whose heads the shop does not know: a person names its columns, once."""

import re
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from shop.banking.actions.statements import MOST_WAITING, preview
from shop.banking.files import MOST_KEPT, Table, open_file, read_named
from shop.banking.handlers import forget_old_previews
from shop.banking.models import BankLayout, BankNotice, BankStatement
from shop.banking.queries.columns import table_of
from shop.banking.rules.columns import ColumnsWrong, What, by_column, guess_columns, named_by_hand
from shop.banking.rules.heads import StatementUnreadable
from shop.banking.rules.statements import StatementEmpty
from shop.db import db, in_transaction
from shop.kernel.clock import now_utc
from shop.sellers.models import Payee
from tests.banking import sheets
from tests.banking.conftest import change_account
from tests.banking.test_pages import DESK, HERS, file, hers, post, store
from tests.engines import both_engines
from tests.ordering.test_race import all_at_once

__all__ = ["hers"]

HEAD = ["Khi nào", "Thêm", "Bớt", "Lời nhắn", "Bút toán", "Còn lại"]
ROWS = [
    ["03/11/2026 09:15", "95.000", "", "mua bot", "FT26307000001", "195.000"],
    ["04/11/2026 10:00", "", "20.000", "phi thang", "FT26307000002", "175.000"],
    ["05/11/2026 11:30", "1.250.000", "", "dat mat ong", "FT26307000003", "1.425.000"],
]
TWO = {"cot-0": "date", "cot-1": "credit", "cot-2": "debit", "cot-3": "text", "cot-4": "reference"}


def strange(*rows, head=HEAD):
    return sheets.text([["Tài khoản thanh toán", "Từ ngày 01/11/2026"], head, *(rows or ROWS)], ";")


def said(**columns):
    return {"ABCDEFGH".index(letter): what for letter, what in columns.items()}


def faults(rows, at=0, **columns):
    with pytest.raises(ColumnsWrong) as refused:
        named_by_hand(rows, at, said(**columns))
    return refused.value.faults


def read(rows, at=0, **columns):
    return read_named(Table([("", rows)], 0, named_by_hand(rows, at, said(**columns))))


def test_two_columns_of_money():
    found = read([HEAD, *ROWS], A="date", B="credit", C="debit", D="text", E="reference")
    assert [(one.amount_vnd, one.text, one.reference) for one in found.lines] == [
        (95_000, "mua bot", "FT26307000001"), (1_250_000, "dat mat ong", "FT26307000003"),
    ]  # fmt: skip
    assert (found.went, found.went_vnd, found.unread) == (1, 20_000, [])


@pytest.mark.parametrize(
    ("came", "went"), [("C", "D"), ("+", "-"), ("Có", "Nợ"), ("Tiền đến", "Tiền đi")]
)
def test_one_column_of_money_and_one_that_says_which_way(came, went):
    rows = [
        ["Khi", "Đồng", "Hướng", "Lời"],
        ["03/11/2026", "95.000", came, "mua bot"], ["04/11/2026", "20.000", went, "phi"],
    ]  # fmt: skip
    found = read(rows, A="date", B="amount", C="way", D="text")
    assert [one.amount_vnd for one in found.lines] == [95_000]
    assert (found.went, found.went_vnd) == (1, 20_000)


def test_one_column_of_signed_money():
    rows = [
        ["Khi", "Đồng", "Lời"], ["03/11/2026", "+95.000", "a"], ["04/11/2026", "-20.000", "b"],
        ["05/11/2026", "30.000", "c"],
    ]  # fmt: skip
    found = read(rows, A="date", B="amount", C="text")
    assert [one.amount_vnd for one in found.lines] == [95_000, 30_000]
    assert found.went_vnd == 20_000


def test_a_table_without_a_row_of_names():
    assert [one.text for one in read(ROWS, -1, A="date", B="credit", D="text").lines] == [
        "mua bot", "dat mat ong",
    ]  # fmt: skip
    assert faults(ROWS, 0, A="date", B="credit", D="text") == [("head", "line")]


def test_the_account_may_stand_in_a_column():
    rows = [
        [*HEAD, "Của"],
        *([*row, sheets.ACCOUNT] for row in ROWS),
    ]
    columns = {"A": "date", "B": "credit", "D": "text"}
    assert read(rows, **columns, G="account").named.first == sheets.ACCOUNT
    rows[-1][-1] = "9999000011112222"
    assert faults(rows, **columns, G="account") == [(6, "accounts")]
    assert faults(rows, **columns, E="currency") == [(4, "no_currency")]
    for row in rows[1:]:
        row[-1] = "chính"
    assert faults(rows, **columns, G="account") == [(6, "no_account")]


def test_what_cannot_be_is_told_of_its_column():
    rows = [HEAD, *ROWS]
    money = {"B": "credit", "C": "debit"}
    assert faults(rows) == [("", "no_date"), ("", "no_text"), ("", "no_money")]
    assert faults(rows, A="date", C="debit", D="text") == [("", "no_money")]
    assert faults(rows, A="date", B="credit", C="credit", D="text") == [(2, "twice")]
    assert faults(rows, A="date", B="credit", D="text", F="amount") == [(5, "both")]
    assert faults(rows, D="date", **money, A="text") == [(3, "no_days")]
    assert faults(rows, A="date", **money, F="text") == [(5, "no_words")]
    assert faults(rows, A="date", E="credit", D="text") == [(4, "no_amounts")]
    assert faults(rows, A="date", F="amount", D="text") == [(5, "no_signs")]
    assert faults(rows, A="date", F="amount", D="text", E="way") == [(4, "no_ways")]
    full = [[*row[:2], "0", *row[3:]] for row in ROWS]
    assert faults([HEAD, *full], A="date", F="credit", B="debit", D="text") == [(1, "balance")]


@pytest.mark.parametrize("rows", [ROWS, ROWS[::-1], ROWS[:2]])
def test_a_balance_beside_tells_what_came_from_what_went(rows):
    rows = [HEAD, *rows]
    swapped = {"A": "date", "B": "debit", "C": "credit", "D": "text"}
    assert faults(rows, **swapped) == [(2, "swapped")]
    read(rows, **swapped | {"B": "credit", "C": "debit"})
    alone = {"A": "date", "C": "credit", "D": "text"}
    assert faults(rows, **alone) == [(2, "swapped")]
    read([row[:5] for row in rows], **swapped)  # Nothing denies it: her page says what came.
    unlike = [[*row[:5], "7"] for row in rows]
    read([HEAD, *unlike[1:]], **swapped)


def test_the_text_may_stand_in_two_columns():
    rows = [[*row, f"Chau {at}"] for at, row in enumerate(ROWS)]
    columns = {"A": "date", "B": "credit", "C": "debit", "D": "text", "G": "text"}
    found = read([[*HEAD, "Ai"], *rows], **columns)
    assert [one.text for one in found.lines] == ["mua bot Chau 0", "dat mat ong Chau 2"]
    heads = named_by_hand([[*HEAD, "Ai"], *rows], 0, said(**columns))
    assert by_column(heads.columns) == said(**columns), "Shown again as it was named."
    assert faults([HEAD, *ROWS], **columns | {"E": "text"}) == [(6, "twice")]
    empty = [[*row[:3], "", *row[4:]] for row in rows]
    read([[*HEAD, "Ai"], *empty], **columns)


def test_dollars_and_their_cents_are_amounts():
    rows = [["Khi", "Sum", "Note", "Of"], ["03/11/2026", "100,50", "gift", "USD"]]
    [line] = read(rows, A="date", B="credit", C="text", D="currency").lines
    assert (line.currency, line.written) == ("USD", "100,50")


def test_the_head_is_guessed_below_the_lines_above_the_table():
    above = [["NGÂN HÀNG LẠ"], ["Số tài khoản", sheets.ACCOUNT], ["Từ ngày 01/11/2026"], [""]]
    at, _known = guess_columns([*above, HEAD, *ROWS])
    assert at == 4
    rows = [*above, ["Ngày giao dịch", "Thêm", "Bớt", "Nội dung", "", ""], *ROWS]
    assert guess_columns(rows) == (4, {0: What.DATE, 3: What.TEXT})


def test_only_the_sheets_like_the_named_one_are_read():
    like = [HEAD, ["06/11/2026", "7.000", "", "them", "", ""]]
    other = [["Ghi chú", "Người lập", "Duyệt"], ["a", "b", "c"]]
    opened = open_file(sheets.book({"T11": [HEAD, *ROWS], "Bìa": other, "T12": like}))
    assert opened.statement is None
    assert opened.table.sheets[opened.table.at][0] == "T11"
    heads = named_by_hand(opened.table.rows, 0, said(A="date", B="credit", C="debit", D="text"))
    found = read_named(Table(opened.table.sheets, opened.table.at, heads))
    assert [one.amount_vnd for one in found.lines] == [95_000, 1_250_000, 7_000]
    assert found.beside == ["Bìa"]


CELLS = st.one_of(
    st.none(), st.text(max_size=8), st.integers(-(10**6), 10**6), st.floats(),
    st.sampled_from(["03/11/2026", "95.000", "-5.000", "C", "Nợ", "mua", sheets.ACCOUNT]),
)  # fmt: skip


@given(
    st.lists(st.lists(CELLS, max_size=6), max_size=8),
    st.integers(-1, 9),
    st.dictionaries(st.integers(0, 7), st.sampled_from([*What, ""])),
)
def test_any_table_is_read_or_refused(rows, at, columns):
    try:
        heads = named_by_hand(rows, min(at, len(rows) - 1), columns)
        found = read_named(Table([("", rows)], 0, heads))
    except (ColumnsWrong, StatementEmpty, StatementUnreadable):
        return
    assert all(
        one.amount_vnd is None or one.amount_vnd > 0 or one.is_reversal for one in found.lines
    )


def send(stall, content, name="la.csv", at=HERS, account=None):
    account = account or re.search(r'<option[^>]*value="(\d+)"', stall.get(f"{at}/sao-ke").text)[1]
    return post(stall, f"{at}/sao-ke", account=account, tep=file(content, name))


def newest():
    db.session.rollback()
    return db.session.scalars(select(BankStatement.id).order_by(BankStatement.id.desc())).first()


def chosen(page, name):
    offered = re.search(rf'<select[^>]*name="{name}".*?</select>', page, re.DOTALL)[0]
    found = re.search(r'value="([^"]*)" selected', offered)
    return found and found[1]


@both_engines
def test_a_strange_statement_is_named_looked_at_stored_and_known_again(hers):
    stall, *_ = hers
    answer = send(stall, strange())
    assert answer.status_code == 303
    at = f"{HERS}/sao-ke/{newest()}"
    assert stall.get(at).location.endswith("/cot")
    assert stall.post(at).location.endswith("/cot"), "Nothing is stored that nobody has read."
    assert "Chờ chị chỉ cột nào là gì" in stall.page(f"{HERS}/sao-ke")
    page = stall.page(f"{at}/cot")
    assert "Thí dụ: 95.000; 1.250.000" in page
    assert chosen(page, "dau") == "1"
    assert stall.post(f"{at}/cot", dau="1", **TWO).status_code == 303
    page = stall.page(at)
    assert "2 khoản tiền vào: 2 khoản mới" in page
    assert "Khoản đầu: tiền VÀO 95.000" in page.replace("\xa0", " ")
    assert "1.345.000" in page
    assert re.search(r"Tiền ra</dt><dd>20.000", page)
    assert "FT26307000003" in page
    assert not db.session.scalars(select(BankNotice.id)).all()
    assert not db.session.scalars(select(BankLayout.id)).all(), "It is remembered once confirmed."
    assert store(stall, at).status_code == 303
    notices = db.session.scalars(select(BankNotice.amount_vnd).order_by(BankNotice.id)).all()
    assert notices == [95_000, 1_250_000]
    assert db.session.get_one(BankStatement, newest()).rows is None
    db.session.rollback()
    assert not stall.get(f"{at}/cot").location.endswith("/cot"), "What is stored is read no more."
    assert not stall.post(f"{at}/cot", dau="1", **TWO).location.endswith("/cot")

    send(stall, strange(["06/11/2026", "7.000", "", "them", "FT26310000001", "1"]))
    page = stall.page(f"{HERS}/sao-ke/{newest()}")
    assert "1 khoản tiền vào: 1 khoản mới" in page
    assert "Chợ đọc theo các cột chị chỉ" in page


@both_engines
def test_a_column_that_says_which_way_is_named_and_kept(hers):
    stall, *_ = hers
    head = ["Khi nào", "Bao nhiêu", "Hướng", "Lời nhắn"]
    rows = [["03/11/2026", "95.000", "C", "mua"], ["04/11/2026", "20.000", "D", "phi"]]
    named = {"cot-0": "date", "cot-1": "amount", "cot-2": "way", "cot-3": "text"}
    send(stall, strange(*rows, head=head))
    at = f"{HERS}/sao-ke/{newest()}"
    assert stall.post(f"{at}/cot", dau="1", **named).status_code == 303
    assert "1 khoản tiền vào: 1 khoản mới, 0 khoản báo rồi. 1 khoản tiền ra" in stall.page(at)
    store(stall, at)
    send(stall, strange(*[["05/11/2026", "30.000", "D", "x"], ["06/11/2026", "1.000", "C", "y"]], head=head))  # fmt: skip
    page = stall.page(f"{HERS}/sao-ke/{newest()}")
    assert re.search(r"Tiền vào</dt><dd>1.000", page)
    assert re.search(r"Tiền ra</dt><dd>30.000", page)


@both_engines
def test_wrong_columns_are_told_beside_their_selects_and_choices_stay(hers):
    stall, *_ = hers
    send(stall, strange())
    at = f"{HERS}/sao-ke/{newest()}/cot"
    wrong = stall.post(at, dau="1", **{**TWO, "cot-4": "date", "cot-0": "credit", "cot-1": ""})
    assert wrong.status_code == 422
    assert "không có ngày nào đọc được" in wrong.text
    assert '<a href="#cot-4">' in wrong.text
    assert 'aria-describedby="cot-4-goi-y cot-4-loi" aria-invalid="true"' in wrong.text
    kept = [chosen(wrong.text, f"cot-{n}") for n in range(5)]
    assert kept == ["credit", None, "debit", "text", "date"]
    none = stall.post(at, dau="1", **{"cot-3": "text"})
    assert none.status_code == 422
    assert "Chị chỉ giúp cột ghi ngày giao dịch." in none.text
    assert "Còn 2 chỗ cần sửa" in none.text
    line = stall.post(at, dau="2", **TWO)
    assert 'id="dau-loi"' in line.text
    assert db.session.get_one(BankStatement, newest()).line_count == 0


@both_engines
def test_a_wrong_guess_is_put_right_by_hand(hers):
    stall, *_ = hers
    head = ["Ngày giao dịch", "Tiền ra", "Tiền vào", "Nội dung"]  # The bank mixed them up.
    send(stall, strange(["03/11/2026", "95.000", "20.000", "x"], head=head))
    at = f"{HERS}/sao-ke/{newest()}"
    assert stall.get(at).location.endswith("/cot"), "Both ways in one row: nothing is certain."
    rows = [["03/11/2026", "95.000", "", "mua"], ["04/11/2026", "", "20.000", "phi"]]
    send(stall, strange(*rows, head=head))
    at = f"{HERS}/sao-ke/{newest()}"
    page = stall.page(at)
    assert "Cột chưa đúng? Chị chỉ lại" in page
    page = stall.page(f"{at}/cot")
    assert [chosen(page, f"cot-{n}") for n in range(4)] == ["date", "debit", "credit", "text"]
    named = {"cot-0": "date", "cot-1": "credit", "cot-2": "debit", "cot-3": "text"}
    assert stall.post(f"{at}/cot", dau="1", **named).status_code == 303
    assert re.search(r"Tiền vào</dt><dd>95.000", stall.page(at))
    store(stall, at)
    send(stall, strange(*rows[:1], head=head))
    page = stall.page(f"{HERS}/sao-ke/{newest()}")
    assert re.search(r"Tiền vào</dt><dd>95.000", page), "What she named goes before the words."


@both_engines
def test_what_another_tab_named_since_is_looked_at_again_before_it_is_stored(hers):
    stall, *_ = hers
    send(stall, strange(*[row[:5] for row in ROWS], head=HEAD[:5]))  # No balance decides.
    at = f"{HERS}/sao-ke/{newest()}"
    stall.post(f"{at}/cot", dau="1", **TWO)
    seen = re.search(r'name="da_xem" value="(\w+)"', stall.page(at))[1]
    turned = {**TWO, "cot-1": "debit", "cot-2": "credit"}
    assert stall.post(f"{at}/cot", dau="1", **turned).status_code == 303
    for mark in ({"da_xem": seen}, {}):
        refused = stall.post(at, **mark)
        assert refused.status_code == 409
        assert "Cột của tệp này vừa được chỉ lại" in refused.text
        assert re.search(r"Tiền vào</dt><dd>20.000", refused.text), "What it says now is shown."
        db.session.rollback()
        assert not db.session.scalars(select(BankNotice.id)).all()
    assert store(stall, at).status_code == 303
    assert db.session.scalars(select(BankNotice.amount_vnd)).all() == [20_000]


def test_a_file_of_another_account_is_refused_when_its_columns_are_named(hers):
    stall, *_ = hers
    rows = [[*row[:5], "9999000011112222"] for row in ROWS]
    send(stall, strange(*rows, head=[*HEAD[:5], "Của"]))
    at = f"{HERS}/sao-ke/{newest()}/cot"
    refused = stall.post(at, dau="1", **TWO, **{"cot-5": "account"})
    assert refused.status_code == 422
    assert "số cuối 2222" in refused.text
    assert stall.post(at, dau="1", **TWO).status_code == 303


def test_other_owners_see_neither_the_file_nor_what_was_named(
    hers, a_stall, a_seller, collecting_unit, an_officer
):
    stall, *_ = hers
    send(stall, strange())
    at = f"{HERS}/sao-ke/{newest()}"
    beside = a_stall(a_seller())
    for way in (at, f"{at}/cot"):
        assert beside.get(way).status_code == 404
        assert beside.post(way, dau="1", **TWO).status_code == 404
    stall.post(f"{at}/cot", dau="1", **TWO)
    store(stall, at)
    unit, _ = collecting_unit()
    desk = an_officer(unit, "treasurer")
    assert send(desk, strange(), at=DESK).status_code == 303
    assert desk.get(f"{DESK}/sao-ke/{newest()}").location.endswith("/cot")


def test_the_table_is_known_at_the_owners_new_account(hers):
    stall, order, _ = hers
    send(stall, strange())
    at = f"{HERS}/sao-ke/{newest()}"
    stall.post(f"{at}/cot", dau="1", **TWO)
    store(stall, at)
    change_account(order.seller_id, "0000111122223333")
    send(stall, strange(["06/11/2026", "7.000", "", "them", "FT26310000001", "1"]))
    assert "1 khoản tiền vào" in stall.page(f"{HERS}/sao-ke/{newest()}")


def test_rows_that_are_too_many_to_keep_are_not_asked_about(hers, monkeypatch):
    monkeypatch.setattr("shop.banking.files.MOST_KEPT", 50)
    stall, *_ = hers
    answer = send(stall, strange())
    assert answer.status_code == 422
    assert "Không tìm thấy bảng giao dịch" in answer.text
    send(stall, sheets.khoai([("01/11/2026", "5,000", "mua bot rang va mat ong rung")]))
    page = stall.page(f"{HERS}/sao-ke/{newest()}")
    assert "1 khoản tiền vào" in page
    assert "Cột chưa đúng" not in page


@both_engines
def test_columns_that_were_named_wrongly_once_are_put_right_at_the_next_file(hers):
    stall, order, _ = hers
    change_account(order.seller_id, sheets.ACCOUNT)
    head = [*HEAD[:5], "Của"]
    mine = [[*row[:5], sheets.ACCOUNT] for row in ROWS]
    send(stall, strange(*mine, head=head))
    at = f"{HERS}/sao-ke/{newest()}"
    turned = {**TWO, "cot-1": "debit", "cot-2": "credit", "cot-5": "account"}
    assert stall.post(f"{at}/cot", dau="1", **turned).status_code == 303
    assert store(stall, at).status_code == 303
    only_in = strange(mine[0], mine[2], head=head)
    others = strange(*[[*row[:5], "9999000011112222"] for row in ROWS], head=head)
    for content in (only_in, others):
        assert send(stall, content).status_code == 303
        at = f"{HERS}/sao-ke/{newest()}"
        assert stall.get(at).location.endswith("/cot")
        page = stall.page(f"{at}/cot")
        assert "Theo các cột chị chỉ lần trước" in page
        assert [chosen(page, f"cot-{n}") for n in (1, 2)] == ["debit", "credit"]
        assert stall.post(f"{at}/cot", dau="1", **turned).status_code == 422
        assert stall.post(f"{at}/cot", dau="1", **TWO).status_code == 303
        assert re.search(r"Tiền vào</dt><dd>1.345.000", stall.page(at))
    store(stall, at)
    send(stall, only_in)
    assert "2 khoản tiền vào" in stall.page(f"{HERS}/sao-ke/{newest()}")


@both_engines
def test_each_naming_begins_at_the_account_that_was_chosen(hers):
    stall, order, _ = hers
    change_account(order.seller_id, sheets.ACCOUNT)
    change_account(order.seller_id, "0000111122223333")
    rows = [[*row[:5], sheets.ACCOUNT] for row in ROWS]
    send(stall, strange(*rows, head=[*HEAD[:5], "Của"]))
    at, ends = f"{HERS}/sao-ke/{newest()}", []
    for more in ({}, {"cot-5": "account"}, {}):
        assert stall.post(f"{at}/cot", dau="1", **TWO, **more).status_code == 303
        ends.append(re.search(r"số cuối (\d{4}),", stall.page(at))[1])
    assert ends == ["3333", sheets.ACCOUNT[-4:], "3333"]


def test_two_megabytes_of_text_are_kept_and_no_more():
    assert MOST_KEPT == 2 * 1024 * 1024
    wide = [HEAD, ["x" * 9], [None] * 9, *[["ấ" * 300, "b", "c", "d"]] * 1_600]
    assert open_file(sheets.book({"a": wide})).table is not None
    assert open_file(sheets.book({"a": wide, "b": wide})).table is None, "Bytes, in all sheets."


@both_engines
def test_only_the_newest_files_of_an_owner_wait_and_those_are_small(
    hers, collecting_unit, an_officer
):
    stall, *_ = hers
    send(stall, strange())
    stored = newest()
    at = f"{HERS}/sao-ke/{stored}"
    stall.post(f"{at}/cot", dau="1", **TWO)
    store(stall, at)
    unit, _seller = collecting_unit()
    desk = an_officer(unit, "treasurer")
    send(desk, strange(), at=DESK)
    beside = newest()
    big = strange(*[[*ROWS[0][:3], "mua bot " * 20, "", str(n)] for n in range(2_000)])
    sent = []
    for content in (strange(head=["A", *HEAD[1:]]), big, strange(), big, strange()):
        assert send(stall, content).status_code == 303
        sent.append(newest())
    db.session.rollback()
    kept = db.session.scalars(select(BankStatement.id).order_by(BankStatement.id)).all()
    assert kept == [stored, beside, *sent[-3:]]
    assert "chỉ giữ 3 tệp mới nhất" in stall.page(f"{HERS}/sao-ke")
    for way in ("", "/cot"):
        assert stall.get(f"{HERS}/sao-ke/{sent[0]}{way}").status_code == 404
        assert stall.post(f"{HERS}/sao-ke/{sent[0]}{way}", dau="1", **TWO).status_code == 404
    large = db.session.get_one(BankStatement, sent[3])
    assert len(large.rows) < len(big) / 5
    assert len(table_of(large).rows) == 2_002


@both_engines
def test_files_that_come_at_once_leave_no_more_than_those_that_wait(app, hers):
    stall, *_ = hers
    for _ in range(MOST_WAITING):
        send(stall, strange())
    account = db.session.get_one(BankStatement, newest()).payee_id
    db.session.rollback()
    table = open_file(strange()).table

    def upload(_number: int) -> str:
        in_transaction(
            lambda session: preview(
                session, statement=None, account=session.get_one(Payee, account), table=table,
                actor_id=None, actor_name="", now=now_utc(),
            )
        )  # fmt: skip
        return "kept"

    assert all_at_once(app, upload, 6) == {"kept": 6}
    kept = db.session.scalars(select(BankStatement.id).order_by(BankStatement.id)).all()
    assert len(kept) == MOST_WAITING


def test_columns_are_not_opened_again_and_again(hers, monkeypatch):
    stall, *_ = hers
    send(stall, strange())
    at = f"{HERS}/sao-ke/{newest()}"
    opened = []
    monkeypatch.setattr(
        "shop.banking.views.statements.table_of",
        lambda statement: opened.append(1) or table_of(statement),
    )
    assert stall.post(f"{at}/cot", dau="1").status_code == 422
    assert opened == [1], "Once, for what was typed and for the page with its faults."
    monkeypatch.setattr("shop.banking.views.statements._RATE", "2 per hour")
    assert [stall.get(f"{at}/cot").status_code for _ in range(3)] == [200, 200, 429]


def test_what_nobody_named_is_forgotten(hers):
    stall, *_ = hers
    send(stall, strange())
    db.session.rollback()
    forget_old_previews(now_utc() + timedelta(hours=25))
    assert newest() is None


def test_the_rows_are_sealed(hers):
    stall, *_ = hers
    send(stall, strange())
    row = db.session.get_one(BankStatement, newest())
    assert b"mat ong" not in row.rows
    assert b"FT26307" not in row.rows


def test_a_file_of_which_nothing_is_found_leads_to_its_columns(hers):
    stall, *_ = hers
    head = ["Ngày giao dịch", "Số tiền", "Nội dung", "Thêm"]
    rows = [["03/11/2026", "-95.000", "mua", "95.000"], ["04/11/2026", "-20.000", "bot", "20.000"]]
    send(stall, strange(*rows, head=head))
    at = f"{HERS}/sao-ke/{newest()}"
    assert stall.get(at).location.endswith("/cot")
    page = stall.page(f"{at}/cot")
    assert "Theo tên các cột thì chợ không đọc ra khoản tiền vào nào." in page
    assert [chosen(page, f"cot-{n}") for n in range(3)] == ["date", "amount", "text"]
    named = {"cot-0": "date", "cot-3": "credit", "cot-2": "text"}
    assert stall.post(f"{at}/cot", dau="1", **named).status_code == 303
    assert "2 khoản tiền vào: 2 khoản mới" in stall.page(at)


@both_engines
def test_two_columns_of_text_are_remembered(hers):
    stall, *_ = hers
    head = [*HEAD[:4], "Ghi thêm"]
    rows = [[*row[:4], "cua Chau"] for row in ROWS]
    send(stall, strange(*rows, head=head))
    at = f"{HERS}/sao-ke/{newest()}"
    two = {**TWO, "cot-4": "text"}
    assert stall.post(f"{at}/cot", dau="1", **two).status_code == 303
    store(stall, at)
    send(stall, strange(["06/11/2026", "7.000", "", "them", "hai hu"], head=head))
    page = stall.page(f"{HERS}/sao-ke/{newest()}")
    assert "them hai hu" in page
    page = stall.page(f"{HERS}/sao-ke/{newest()}/cot")
    assert [chosen(page, f"cot-{n}") for n in (3, 4)] == ["text", "text"]
