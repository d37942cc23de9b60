"""Carriers' files are read to the last đồng, and each line is compared with its parcel. No database."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shop.kernel.strange_tables import guess_head, head_of
from shop.media.sheets import tables_in
from shop.payments.rules.cash import CashState
from shop.remittances.rules.comparing import (
    ANSWERS,
    OPEN,
    Answer,
    Booking,
    Parcel,
    booking,
    verdict,
)
from shop.remittances.rules.sheets import (
    ColumnsMissing,
    Line,
    SheetEmpty,
    SheetUnknown,
    What,
    find_layout,
    named_by_hand,
    read_sheet,
)
from tests.remittances import sheets

ONE = ("CC1002003", 110_000, 5_500, 104_500)
BACK = ("CC1002004", 0, 12_000, -12_000)


def read(content: bytes, known=None):
    for rows in tables_in(content):
        try:
            return read_sheet(rows, find_layout(rows, known or {}))
        except SheetUnknown:
            continue
    raise SheetUnknown


def test_a_spreadsheet_with_merged_heads_lines_above_and_a_sum_below():
    found = read(sheets.chim_cat([ONE, BACK]))
    assert found.reference == "P0412"
    paid, back = found.lines
    assert (paid.tracking_code, paid.cod_vnd, paid.fee_vnd, paid.received_vnd) == (
        *ONE[:3],
        104_500,
    )
    assert (paid.on_day, paid.state, paid.number) == (date(2026, 11, 24), "delivered", 6)
    assert (back.received_vnd, back.return_fee_vnd, back.fee_vnd, back.state) == (0, 12_000, 0, "returned")  # fmt: skip
    assert found.unread == []


def test_semicolons_and_fees_in_two_columns_are_added_up():
    [line] = read(sheets.con_thoi([ONE])).lines
    assert (line.cod_vnd, line.fee_vnd, line.received_vnd) == (110_000, 5_500, 104_500)
    assert (line.reference, line.on_day) == ("CT-77", date(2026, 11, 25))


@pytest.mark.parametrize("code", ["K7M2P9QX", "HKXKTETK"])
def test_english_heads_and_the_shops_own_code(code):
    [line] = read(sheets.dom_dom([(code.lower(), 110_000, 0, 104_500)])).lines
    assert (line.order_code, line.tracking_code) == (code, "")
    assert (line.fee_vnd, line.received_vnd) == (0, 104_500)


def test_a_strange_table_is_named_by_hand_once():
    rows = next(rows for rows in tables_in(sheets.la([ONE])) if len(rows[1]) > 1)
    with pytest.raises(SheetUnknown):
        find_layout(rows, {})
    assert guess_head(rows) == 1
    with pytest.raises(ColumnsMissing) as refused:
        named_by_hand(rows, 1, {1: "cod"})
    assert refused.value.missing == "code"
    with pytest.raises(ColumnsMissing):
        named_by_hand(rows, 1, {0: "tracking", 2: "fee"})
    layout = named_by_hand(rows, 1, {0: "tracking", 1: "cod", 2: "fee", 3: "paid"})
    [line] = read_sheet(rows, layout).lines
    assert (line.cod_vnd, line.fee_vnd, line.received_vnd) == (110_000, 5_500, 104_500)
    known = {head_of([rows[1]]): (1, layout.columns)}
    assert find_layout(rows, known) == layout


def test_the_same_row_twice_is_one_and_another_sum_for_it_is_told():
    found = read(sheets.con_thoi([ONE, ONE, (ONE[0], 110_000, 5_500, 1_000)]))
    assert [line.received_vnd for line in found.lines] == [104_500, 1_000]
    assert (found.copies, found.unread) == (1, [])
    found = read(sheets.con_thoi([ONE, (ONE[0], 110_000, 4_000, 104_500)]))
    assert (len(found.lines), found.copies, found.unread) == (1, 0, [3])


def test_what_is_not_certain_is_left_out_and_told():
    found = read(
        b"ma van don;tien thu ho;thuc nhan\nCC1001;95,5;1\nCC1002;95.000;95.000\n"
        b"CC1003;;\nCC1004;-95.000;\nghi chu;x;y\n;1.000;1.000\n"
    )
    assert [line.tracking_code for line in found.lines] == ["CC1002"]
    assert found.unread == [2, 4, 5]


def test_a_table_without_lines_says_so():
    with pytest.raises(SheetEmpty):
        read(b"ma van don;tien thu ho\ntong cong;95.000\n")


@pytest.mark.parametrize("name", ["Công", "Tổng", "Total"])
@pytest.mark.parametrize("first", [False, True])
def test_a_buyer_whose_name_is_the_word_for_a_sum_has_a_line(name, first):
    head, row = ["Mã vận đơn", "Người nhận"], ["CC1001", name]
    rows = [head[::-1], row[::-1]] if first else [head, row]
    rows = [[*rows[0], "Tiền thu hộ"], [*rows[1], "95.000"], [name, "1.200", "114.000.000"]]
    found = read_sheet(rows, find_layout(rows, {}))
    assert [(line.tracking_code, line.received_vnd) for line in found.lines] == [("CC1001", 95_000)]
    assert found.unread == []


@pytest.mark.parametrize("head", ["Người trả cước", "Hình thức thanh toán", "Phương thức thu hộ"])
def test_who_pays_and_how_is_no_amount(head):
    rows = [["Mã vận đơn", "Tiền thu hộ", head, "Cước phí", "Thực nhận"], ["CC1001", "110.000", "Người gửi", "22.000", "88.000"]]  # fmt: skip
    [line] = read_sheet(rows, find_layout(rows, {})).lines
    assert (line.cod_vnd, line.fee_vnd, line.received_vnd) == (110_000, 22_000, 88_000)


def test_finished_is_not_sent_back():
    rows = b"ma van don;cod;trang thai\nCC1001;95.000;Ho\xc3\xa0n th\xc3\xa0nh\nCC1002;0;Ho\xc3\xa0n h\xc3\xa0ng\n"
    assert [line.state for line in read(rows).lines] == ["delivered", "returned"]


@pytest.mark.parametrize(
    ("words", "state"),
    [
        ("Hoàn hàng", "returned"), ("Đã chuyển hoàn", "returned"), ("Returned", "returned"),
        ("Giao không thành công, chuyển hoàn", "returned"), ("Hoàn hàng thành công", "returned"),
        ("Đã giao, hoàn COD", "delivered"), ("Hoàn tất", "delivered"), ("Not delivered", ""),
        ("Chưa hoàn thành", ""), ("Giao không thành công", ""), ("Giao một phần, hoàn một phần", ""),
    ],
)  # fmt: skip
def test_what_a_state_says_decides_what_came_where_no_column_does(words, state):
    rows = [["Mã vận đơn", "Tiền thu hộ", "Cước phí", "Trạng thái"], ["CC1001", "110.000", "22.000", words]]  # fmt: skip
    [line] = read_sheet(rows, find_layout(rows, {})).lines
    sums = (0, 0, 22_000) if state == "returned" else (88_000, 22_000, 0)
    assert line.state == state
    assert (line.received_vnd, line.fee_vnd, line.return_fee_vnd) == sums


@pytest.mark.parametrize(
    ("fee_head", "cells", "sums"),
    [
        # Collected 110, fee 5.5, a part came back for 12: received after both, fee, way back.
        ("Cước phí", "110.000;5.500;12.000;92.500", (92_500, 5_500, 12_000)),
        ("Cước phí", "110.000;5.500;12.000", (92_500, 5_500, 12_000)),
        # A sum of all fees holds the way back, unless what was paid says that it does not.
        ("Tổng phí", "110.000;17.500;12.000;92.500", (92_500, 5_500, 12_000)),
        ("Tổng phí", "110.000;17.500;12.000", (92_500, 5_500, 12_000)),
        ("Tổng phí", "110.000;5.500;12.000;92.500", (92_500, 5_500, 12_000)),
        # Compensation of 60 less 12.
        ("Cước phí", "0;0;12.000;48.000", (48_000, 0, 12_000)),
        ("Cước phí", "0;22.000;12.000;-34.000", (0, 0, 12_000)),
    ],
)  # fmt: skip
def test_a_line_with_money_and_a_way_back_is_read_as_both(fee_head, cells, sums):
    head = ["Mã vận đơn", "Tiền thu hộ", fee_head, "Phí hoàn", "Thực nhận"]
    row = ["CC1001", *cells.split(";")]
    rows = [head[: len(row)], row]
    [line] = read_sheet(rows, find_layout(rows, {})).lines
    assert (line.received_vnd, line.fee_vnd, line.return_fee_vnd) == sums


def test_the_same_money_has_the_same_name_in_every_file():
    line = Line(7, "CC1001", "", 1, 1, reference="P 04/12")
    assert line.key() == Line(9, "CC1001", "", 2, 1, reference="p 04 12").key()
    assert line.key() != Line(9, "CC1001", "", 1, 2, reference="P 04/12").key()
    assert line.key() != Line(9, "CC1001", "", 1, 1, 0, 5, reference="P 04/12").key()
    assert line.key() != Line(7, "CC1001", "", 1, 1, reference="P 05/12").key()
    assert Line(7, "CC1001", "", 1, 1).key() != Line(7, "CC1001", "", 1, 2).key()
    assert line.key() != Line(7, "CC1001", "", 1, 1, reference="P 04/12", state="returned").key()


HELD = Parcel(CashState.WITH_CARRIER, "carrier", 110_000, 110_000)


@pytest.mark.parametrize(
    ("parcel", "received", "fee", "way_back", "how"),
    [
        (HELD, 110_000, 0, 0, "matches"), (HELD, 104_500, 5_500, 0, "matches"),
        (HELD, 110_000, 5_500, 0, "matches"), (HELD, 104_500, 0, 0, "less"),
        (HELD, 100_000, 5_500, 0, "less"), (HELD, 0, 110_000, 0, "less"),
        (HELD, 92_500, 5_500, 12_000, "matches"), (HELD, 98_000, 5_500, 12_000, "matches"),
        (HELD, 104_500, 5_500, 12_000, "matches"), (HELD, 110_000, 5_500, 12_000, "matches"),
        (HELD, 92_500, 5_500, 11_000, "less"), (HELD, 0, 98_000, 12_000, "less"),
        (HELD, 115_000, 0, 0, "more"), (HELD, 108_000, 5_500, 0, "less"),
        (None, 1, 0, 0, "not_found"), (Parcel(""), 1, 0, 0, "no_cash"),
        (Parcel(CashState.PROMISED), 110_000, 0, 0, "not_delivered"),
        (Parcel(CashState.REMITTED, "carrier", 110_000, 0), 110_000, 0, 0, "again"),
        (Parcel(CashState.REMITTED, "carrier", 110_000, 0), 0, 5_000, 0, "counted"),
        (Parcel(CashState.REMITTED, "carrier", 110_000, 0, others=(110_000,)), 110_000, 0, 0, "counted"),
        (Parcel(CashState.REMITTED, "carrier", 110_000, 0, others=(110_000,)), 104_500, 5_500, 0, "counted"),
        (Parcel(CashState.REMITTED, "carrier", 110_000, 0, others=(110_000,), explained_vnd=110_000), 110_000, 0, 0, "again"),
        (Parcel(CashState.REMITTED, "carrier", 110_000, 0, others=(104_500,)), 110_000, 0, 0, "again"),
        (Parcel(CashState.REMITTED, "carrier", 110_000, 30_000), 80_000, 0, 0, "again"),
        (Parcel(CashState.REMITTED, "carrier", 110_000, 30_000, others=(80_000,)), 80_000, 0, 0, "again"),
        (Parcel(CashState.REMITTED, "carrier", 110_000, 30_000, others=(80_000,)), 30_000, 0, 0, "matches"),
        (Parcel(CashState.REMITTED, "carrier", 110_000, 55_000, others=(55_000,)), 55_000, 0, 0, "again"),
        (Parcel(CashState.REMITTED, "carrier", 110_000, 55_000), 55_000, 0, 0, "matches"),
        (Parcel(CashState.REMITTED, "carrier", 110_000, 55_000, others=(55_000,), explained_vnd=55_000), 55_000, 0, 0, "matches"),
        (Parcel(CashState.REMITTED, "carrier", 110_000, 55_000, others=(55_000,)), 50_000, 5_000, 0, "again"),
        (Parcel(CashState.REMITTED, "carrier", 110_000, 70_000, others=(40_000,)), 50_000, 0, 0, "less"),
        (Parcel(CashState.REMITTED, "carrier", 110_000, 10_000), 10_000, 0, 0, "matches"),
        (Parcel(CashState.REMITTED, "seller", 110_000, 0), 110_000, 0, 0, "counted"),
        (Parcel(CashState.WITH_SELLER, "seller", 110_000, 0), 110_000, 0, 0, "counted"),
        (Parcel(CashState.WRITTEN_OFF), 0, 0, 12_000, "way_back"),
        (Parcel(CashState.WRITTEN_OFF), 0, 0, 0, "counted"),
        (Parcel(CashState.WRITTEN_OFF, return_fee_vnd=9), 0, 0, 12_000, "counted"),
        (Parcel(CashState.WRITTEN_OFF, "carrier", 110_000, 0), 110_000, 0, 0, "given_up"),
        (Parcel(CashState.WRITTEN_OFF, "carrier", 110_000, 0), 0, 5_500, 0, "counted"),
        (Parcel(CashState.WRITTEN_OFF, "seller", 110_000, 0), 110_000, 0, 0, "counted"),
        (Parcel(CashState.WRITTEN_OFF), 110_000, 0, 0, "given_up"),
        (Parcel(CashState.WRITTEN_OFF), 48_000, 0, 12_000, "given_up"),
        (Parcel(CashState.REMITTED, "carrier", 110_000, 30_000, payee_id=7), 30_000, 0, 0, "elsewhere"),
        (Parcel(CashState.REMITTED, "carrier", 110_000, 0, payee_id=7), 110_000, 0, 0, "elsewhere"),
        (Parcel(CashState.REMITTED, "carrier", 110_000, 0, others=(110_000,), payee_id=7), 110_000, 0, 0, "counted"),
        (Parcel(CashState.REMITTED, "carrier", 110_000, 30_000, payee_id=7), 0, 5_500, 0, "less"),
        (Parcel(CashState.WITH_CARRIER, "carrier", 110_000, 110_000), 110_000, 0, 0, "matches"),
    ],
)  # fmt: skip
def test_how_a_line_stands_to_its_parcel(parcel, received, fee, way_back, how):
    assert verdict(parcel, received, fee, way_back) == how


def test_everything_that_waits_has_an_answer():
    assert set(OPEN) <= set(ANSWERS)
    assert all(Answer.ASIDE in answers for answers in ANSWERS.values())


@pytest.mark.parametrize(
    ("answer", "sums"),
    [
        (Answer.COUNT, Booking(80_000, 5_500, 0)), (Answer.FEE, Booking(80_000, 30_000, 0)),
        (Answer.GIVE_UP, Booking(80_000, 5_500, 24_500)),
    ],
)  # fmt: skip
def test_what_an_answer_counts(answer, sums):
    assert booking(answer, 110_000, 80_000, 5_500) == sums
    assert booking(answer, 110_000, 80_000, 2_500, 3_000) == sums


VND = st.integers(0, 10**7)


@given(VND, VND, VND, VND, st.sampled_from([Answer.COUNT, Answer.FEE, Answer.GIVE_UP]))
def test_no_answer_books_more_than_the_carrier_had_or_loses_any_of_it(
    held, came, fee, way_back, answer
):
    sums = booking(answer, held, came, fee, way_back)
    kept = sums.fee_vnd + sums.off_vnd
    assert sums.counted_vnd == came
    assert 0 <= kept <= max(0, held - came)
    if answer != Answer.COUNT:
        assert sums.counted_vnd + kept == max(held, came)


CELLS = st.one_of(
    st.none(), st.text(max_size=12), st.integers(-(10**9), 10**9), st.floats(), st.booleans()
)


@given(
    st.lists(st.lists(CELLS, max_size=7), max_size=12),
    st.dictionaries(st.integers(0, 8), st.sampled_from([*What, ""])),
)
def test_any_table_is_read_or_refused(rows, said):
    """No row costs more than itself: every line names a parcel and sums of nought or more."""
    rows = [["Mã vận đơn", "COD", "Phí", "Thực nhận"], *rows]
    for layout in (lambda: find_layout(rows, {}), lambda: named_by_hand(rows, 0, said)):
        try:
            found = read_sheet(rows, layout())
        except (SheetUnknown, SheetEmpty, ColumnsMissing):
            continue
        for line in found.lines:
            assert line.tracking_code or line.order_code
            assert min(line.received_vnd, line.fee_vnd, line.return_fee_vnd) >= 0
        keys = [line.key() for line in found.lines]
        assert len(keys) == len(set(keys))
