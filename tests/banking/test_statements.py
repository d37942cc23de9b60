"""Statement files of invented banks are read to the last đồng; what is not one is refused."""

import io
import zipfile
from datetime import UTC, datetime

import pytest

from shop.banking.files import read_file
from shop.banking.rules.heads import StatementUnreadable
from shop.banking.rules.naming import read_named
from shop.banking.rules.statements import StatementEmpty
from shop.kernel.cells import MOST_ROWS, Unreadable, read_amount, read_moment
from shop.kernel.errors import Refusal
from shop.media.sheets import MOST_UNPACKED
from tests.banking import sheets


def said(content: bytes) -> list[tuple[str, int | None, str]]:
    """Return (day and hour in UTC, amount, text) of the lines of a file."""
    return [
        (line.booked_at.astimezone(UTC).strftime("%d/%m %H:%M"), line.amount_vnd, line.text)
        for line in read_file(content).lines
    ]


def test_merged_heads_and_a_day_with_its_document_in_one_cell():
    found = read_file(
        sheets.lua([
            ("03/11/2026\n5078 - 12345678", "", "1.250.000", "MBVCB.145.CP7K2M9PXA chuyen tien"),
            ("04/11/2026\n5078 - 12345679", "50.000", "", "Phi quan ly"),
            ("04/11/2026\n5078 - 12345680", "", "95.000", "FT26308123456 ung ho"),
        ])
    )  # fmt: skip
    first, second = found.lines
    assert (found.named.first, found.currency, found.went, found.unread) == (
        sheets.ACCOUNT, "VND", 1, [],
    )  # fmt: skip
    assert (first.amount_vnd, first.by_day, first.reference) == (1_250_000, True, "5078 - 12345678")
    assert first.booked_at == datetime(2026, 11, 2, 17, tzinfo=UTC)
    assert (second.amount_vnd, second.text) == (95_000, "FT26308123456 ung ho")


def test_semicolons_a_byte_order_mark_and_hours():
    found = read_file(
        sheets.ngo([
            ("25/11/2026 09:15:30", "", "1.250.000,00", "CP7K2M9PXA"),
            ("25/11/2026 10:00", "20.000,00", "", "rut tien"),
        ])
    )  # fmt: skip
    [line] = found.lines
    assert (line.amount_vnd, line.by_day, line.reference) == (1_250_000, False, "NGO000000001")
    assert line.booked_at.astimezone(UTC) == datetime(2026, 11, 25, 2, 15, 30, tzinfo=UTC)
    assert found.named.first == sheets.ACCOUNT


def test_commas_in_amounts_and_one_signed_column():
    content = sheets.khoai([
        ("25/11/2026", "1,250,000", "CP7K2M9PXA, chuyen tien"),
        ("25/11/2026", "-95,000", "tra lai"),
        ("26/11/2026", "+95,000 VND", "ung ho"),
    ])  # fmt: skip
    assert said(content) == [
        ("24/11 17:00", 1_250_000, "CP7K2M9PXA, chuyen tien"), ("25/11 17:00", 95_000, "ung ho"),
    ]  # fmt: skip
    assert read_file(content).went == 1


def test_heads_on_two_rows_and_numbers_of_the_spreadsheet():
    content = sheets.san([(46349.5, None, 95000, "ung ho"), (46349.0, 20000, None, "phi")])
    assert said(content) == [("23/11 05:00", 95_000, "ung ho")]


def test_dollars_are_kept_as_they_are_written():
    [line] = read_file(sheets.usd([("25/11/2026", "100,50", "gift")])).lines
    assert (line.amount_vnd, line.currency, line.written) == (None, "USD", "100,50")


def test_old_vietnamese_and_wide_encodings():
    rows = [["Ngày giao dịch", "Số tiền", "Nội dung"], ["25/11/2026", "95.000", "ung ho"]]
    for encoding in ("utf-16", "utf-8", "utf-8-sig"):
        assert said(sheets.text(rows, "\t", encoding)) == [("24/11 17:00", 95_000, "ung ho")]


def test_what_is_not_certain_is_left_out_and_told():
    found = read_file(
        sheets.khoai([
            ("25/11/2026", "95.000", "ung ho"), ("25/11/2026", "95,5", "half"),
            ("25/11/2026", "chín mươi", "words"), ("31/02/2026", "95.000", "no such day"),
        ])
    )  # fmt: skip
    assert [line.text for line in found.lines] == ["ung ho"]
    assert found.unread == [3, 4, 5]


@pytest.mark.parametrize(
    ("cell", "amount"),
    [
        ("1.250.000", 1_250_000), ("1,250,000", 1_250_000), ("1 250 000", 1_250_000),
        ("1.250.000,00", 1_250_000), ("1,250,000.00", 1_250_000), ("1250000", 1_250_000),
        ("95.000", 95_000), ("95,000đ", 95_000), ("-95.000", -95_000), ("(95.000)", -95_000),
        ("95.000-", -95_000), ("+95.000 VND", 95_000), (95000.0, 95_000), (95000, 95_000),
        ("VND 95,000", 95_000), ("VND95,000.00", 95_000), ("₫ 95.000", 95_000), ("đ95.000", 95_000),
        ("-VND 95,000", -95_000), ("VND -95,000", -95_000), ("VND (95,000)", -95_000),
        ("", None), (None, None), ("-", None), (True, None),
    ],
)  # fmt: skip
def test_amounts_as_banks_write_them(cell, amount):
    assert read_amount(cell) == amount


@pytest.mark.parametrize(
    "cell",
    [
        "1.25.000",
        "95,5",
        "12e5",
        "1.250,000.00x",
        95000.5,
        float("nan"),
        10**14,
        "９５０００",
        "VNDX 95",
    ],
)
def test_amounts_that_say_nothing_certain(cell):
    with pytest.raises(Unreadable):
        read_amount(cell)


def test_the_day_comes_before_the_month():
    moment, by_day, rest = read_moment("03/11/2026\n5078 - 12")
    assert (moment.month, moment.day, by_day, rest) == (11, 3, True, "5078 - 12")
    assert read_moment("2026-11-03 10:20:31")[0].hour == 10
    assert read_moment("31/13/2026") is None
    assert read_moment("5078") is None


@pytest.mark.parametrize(
    ("written", "day"),
    [
        ("01/11/26", "01/11/2026"), ("1-11-26 10:20", "01/11/2026"), ("01-NOV-2026", "01/11/2026"),
        ("01 Nov 2026 10:20:31", "01/11/2026"), ("1/Nov/26", "01/11/2026"), ("01NOV26", "01/11/2026"),
        ("31 December, 2026", "31/12/2026"), ("26/11/01", None), ("31/02/26", None), ("1.11.26", None),
        ("95.000.00", None), ("01/11/26/7", None), ("MA05 NOVA 12", None), ("10:20:26", None),
    ],
)  # fmt: skip
def test_short_years_and_months_by_name(written, day):
    found = read_moment(written)
    assert (found and f"{found[0]:%d/%m/%Y}") == day
    assert found is None or found[1] is (":" not in written)


def test_the_currency_before_the_amount_and_its_sign():
    found = read_file(
        sheets.khoai([
            ("01-NOV-2026", "VND 95,000", "CP7K2M9PXA"), ("02-NOV-2026", "VND -50,000", "phi"),
        ])
    )  # fmt: skip
    assert ([line.amount_vnd for line in found.lines], found.went) == ([95_000], 1)
    dollars = [("25/11/2026", "USD -3.00", "fee"), ("25/11/2026", "USD 100,50", "gift")]
    found = read_file(sheets.usd(dollars))
    assert ([line.text for line in found.lines], found.went) == (["gift"], 1)


def bomb() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b"0" * (MOST_UNPACKED + 1))
    return file.getvalue()


def lying_bomb() -> bytes:
    """An archive that says it is small: one part, whose stated size is cut down."""
    content = bytearray(
        sheets.xlsx([["Ngày", "Số tiền", "Nội dung"], *([["x" * 3000] * 30] * 300)])
    )
    at = content.rindex(b"PK\x01\x02", 0, content.rindex(b"xl/worksheets/sheet1.xml"))
    content[at + 24 : at + 28] = (1000).to_bytes(4, "little")
    return bytes(content)


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"PK\x03\x04 and nothing", "broken"),
        (b"\xd0\xcf\x11\xe0" + b"\0" * 600, "broken"),
        (b"%PDF-1.7 \0\xff\xfe", "kind"),
        (b"hello; world\n1; 2\n", "table"),
        (b"x" * (5 * 1024 * 1024 + 1), "large"),
        (b'"' + b"a," * 200_000, "broken"),
    ],
    ids=["zip", "xls", "pdf", "text", "large", "quote"],
)
def test_strange_files_are_refused(content, why):
    with pytest.raises(StatementUnreadable) as refused:
        read_file(content)
    assert refused.value.why == why


def test_archives_that_unpack_to_too_much_are_refused():
    with pytest.raises(StatementUnreadable) as refused:
        read_file(bomb())
    assert refused.value.why == "large"
    with pytest.raises(Refusal):
        read_file(lying_bomb())


def test_a_file_with_more_rows_than_are_read_is_refused_whole():
    rows = [("25/11/2026", "95,000", "ung ho")] * MOST_ROWS
    with pytest.raises(StatementUnreadable) as refused:
        read_file(sheets.khoai(rows))
    assert refused.value.why == "large"
    assert len(read_file(sheets.khoai(rows[:-20])).lines) == MOST_ROWS - 20


def test_a_spreadsheet_under_a_password_says_so():
    locked = b"\xd0\xcf\x11\xe0" + b"\0" * 600 + "EncryptedPackage".encode("utf-16-le")
    with pytest.raises(StatementUnreadable) as refused:
        read_file(locked)
    assert refused.value.why == "password"


def test_a_statement_without_incoming_money_is_told():
    with pytest.raises(StatementEmpty):
        read_file(sheets.khoai([("25/11/2026", "-95,000", "phi")]))


NUMBER = "0210205123456"


@pytest.mark.parametrize(
    ("above", "fits"),
    [
        (["Số tài khoản:0210205123456"], 2), (["Số TK:0210205123456"], 2),
        (["Số tài khoản", "0210205123456-VND"], 2), (["Account number:0210205123456"], 2),
        (["Số tài khoản: 0210.205.123456 (VND)"], 2), (["Số tài khoản", 210205123456.0], 2),
        (["TK0210205123456VND", "Account"], 1), (["Số tài khoản: 0210 2051 23456"], 1),
        (["Số tài khoản: 0210xxx3456"], 1), (["Số tài khoản", "*********3456"], 1),
        (["Số tài khoản: 0210XXXXXX456"], 1), (["Account ending 3456"], 1),
        (["Sao kê 0210205123456"], 1), (["Account holder: NGUYEN THI A - CIF 12345678", NUMBER], 2),
        (["Số tài khoản: 0210xxx3457"], 0), (["Số tài khoản:0210205123457"], 0),
        (["Số tài khoản: 9990205", "01/11/3456"], 0), (["Từ ngày 01/11/2026"], 0),
    ],
)  # fmt: skip
def test_the_account_as_a_file_writes_it(above, fits):
    named = read_named([above])
    assert named.fits(NUMBER) == fits
    assert not fits or not named.fits("7770001112223")
