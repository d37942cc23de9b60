"""Lists of members and units: what a row says, what is wrong with it, and none stored by halves."""

from datetime import date

import pytest

from shop.organisations.lists.rules import (
    MEMBER_COLUMNS,
    UNIT_COLUMNS,
    heads,
    read_members,
    read_units,
)

TODAY = date(2026, 11, 23)
UNITS = {"chi hoi a": [2], "chi hoi b": [3], "chi hoi trung": [4, 5]}
HEADS = ["Họ và tên", "Điện thoại", "Năm sinh", "Ngày vào Hội", "Chi hội"]


def members(*rows: list[object], known: bool = False) -> object:
    return read_members(
        [["DANH SÁCH HỘI VIÊN"], HEADS, *rows], units=UNITS, own_id=1,
        is_known=lambda *_: known, today=TODAY,
    )  # fmt: skip


def units(*rows: list[object]) -> object:
    there = {"chi hoi a": [(2, "branch")], "hai noi": [(7, "branch"), (8, "branch")]}
    return read_units(
        [["Tên", "Loại", "Thuộc", "Từ ngày", "Đến ngày"], *rows], units=there,
        own=(1, "commune"), today=TODAY,
    )  # fmt: skip


def test_a_list_is_read_as_people_write_it() -> None:
    read = members(
        ["Nguyễn Thị  Ánh", 905000118.0, "12/3/1970", "1/7/1995", "CHI HỘI A"], ["", None],
        ["Lê Thị Sen", "0905 000 119", 1980, "2001-08-20", ""],
    )  # fmt: skip
    assert not read.faults
    first, second = read.rows
    assert (first.number, first.name, first.phone) == (3, "Nguyễn Thị Ánh", "+84905000118")
    assert (first.born_in, first.joined_on, first.unit_id) == (1970, date(1995, 7, 1), 2)
    assert (second.number, second.unit_id, second.joined_on) == (5, 1, date(2001, 8, 20))
    assert members(["Ai", "", "", "", ""], known=True).known == [3]


@pytest.mark.parametrize(
    ("row", "code"),
    [
        (["", "0905000118"], "no_name"), (["A", "12"], "phone"), (["A", "", "70"], "year"),
        (["A", "", "2031"], "year"), (["A", "", "", "31/2/2020"], "day"),
        (["A", "", "", "1/1/2031"], "day"), (["A", "", "", "", "Chi hội X"], "unit_unknown"),
        (["A", "", "", "", "Chi hội Trung"], "unit_twice"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_with_its_row(row: list[object], code: str) -> None:
    read = members(["Lê Thị Sen"], row)
    assert [(fault[0], fault[1]) for fault in read.faults] == [(4, code)]


def test_the_same_woman_twice_and_a_table_without_heads_are_faults() -> None:
    twice = members(["Lê Thị Sen", "0905000118"], ["lê thị sen", "+84905000118"])
    assert twice.faults == [(4, "twice", "3")]
    bare = read_members([["Sen", "0905000118"]], units={}, own_id=1, is_known=lambda *_: False, today=TODAY)  # fmt: skip
    assert bare.faults == [(1, "no_heads", "")]
    assert heads([["Tên"]], MEMBER_COLUMNS) is None
    assert heads([["name", "kind"]], UNIT_COLUMNS) == (0, {"name": 0, "kind": 1})


def test_units_of_a_list_hang_below_earlier_rows_or_what_is_there() -> None:
    read = units(["Chi hội Mới", "chi hội"], ["Tổ Một", "Tổ", "Chi hội Mới"], ["Tổ Hai", "tổ", "Chi hội A", "1/1/2020"])  # fmt: skip
    assert not read.faults
    assert [(row.kind, row.parent) for row in read.rows] == [
        ("branch", 1), ("group", -2), ("group", 2),
    ]  # fmt: skip
    wrong = units(
        ["", "tổ"], ["X", "gì"], ["Chi hội A", "chi hội"], ["Y", "tổ", "Không có"],
        ["Z", "tổ", "Hai nơi"], ["Xã con", "xã", "Chi hội A"],
    )  # fmt: skip
    assert [fault[:2] for fault in wrong.faults] == [
        (2, "no_name"), (3, "kind"), (4, "unit_there"), (5, "unit_unknown"), (6, "unit_twice"),
        (7, "parent_kind"),
    ]  # fmt: skip
