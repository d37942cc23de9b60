"""Files for spreadsheets: read back by a parser, and never a formula."""

import csv
import io
import re
import zipfile
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shop.media.sheets import tables_in
from shop.web.tables import csv_lines, safe_cell, with_sums, xlsx_file
from shop.web.words import speaking


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠"])
def test_what_a_spreadsheet_would_count_stays_text(start):
    assert safe_cell(f"{start}1+1") == f"'{start}1+1"


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "＝", "＠"])
def test_what_a_spreadsheet_that_divides_at_semicolons_would_count_stays_text(start):
    """Where the decimal sign is a comma, Excel reads our quoted cells apart at a semicolon."""
    for between in (";", "; ", ';"', "; '\""):
        line = list(csv_lines(["a", "b"], [["Sương", f"mua{between}{start}1+1"]]))[-1]
        for cell in csv.reader([line], delimiter=";").__next__():
            assert not cell.lstrip(' "').startswith(start), line
    assert safe_cell("Hội An; gọi trước") == "Hội An; gọi trước"


def test_numbers_stay_numbers_and_nothing_is_empty():
    assert [safe_cell(cell) for cell in (-5, 0, None, "Bột ngũ cốc")] == [-5, 0, "", "Bột ngũ cốc"]


def test_days_and_moments_are_those_of_vietnam_in_csv():
    told = [date(2026, 11, 2), datetime(2026, 11, 1, 17, 30, tzinfo=UTC)]
    assert [safe_cell(cell) for cell in told] == ["2026-11-02", "2026-11-02 00:30:00"]


def test_a_spreadsheet_holds_numbers_and_days_and_the_shops_own_reader_reads_them_back():
    moment = datetime(2026, 11, 1, 17, 30, tzinfo=UTC)
    rows = [
        ["=1+1", 65_200, Decimal("0.5"), date(2026, 11, 2), moment, "00123"],
        [date(1899, 5, 1)],
    ]
    made = xlsx_file(["a", "b", "c", "d", "e", "f"], rows).read()
    [read] = tables_in(made)
    assert read[1] == ["'=1+1", 65_200, 0.5, "02/11/2026", "02/11/2026 00:30:00", "00123"]
    assert read[2][0] == "1899-05-01", "spreadsheets know no such day"
    parts = zipfile.ZipFile(io.BytesIO(made))
    styles, sheet = (
        parts.read(f"xl/{name}.xml").decode() for name in ("styles", "worksheets/sheet1")
    )
    assert re.findall(r'formatCode="([^"]+)"', styles) == [
        "#,##0", "dd/mm/yyyy", "dd/mm/yyyy hh:mm", "@",
    ]  # fmt: skip
    assert re.search(r'<c r="B2" s="\d+"><v>65200</v>', sheet)
    assert re.search(r'<c r="F2" s="\d+" t="inlineStr">', sheet), "shown as text: 00123"
    assert '<c r="A2" t="inlineStr">' in sheet
    years = xlsx_file(["born"], [[1990]], grouped=False).read()
    assert b"#,##0" not in zipfile.ZipFile(io.BytesIO(years)).read("xl/styles.xml")


def test_sums_stand_below_what_they_are_of_and_no_rows_are_said():
    rows = [["Sương", "", 2, 95_000], ["Hoa", "", 1, 5_000]]
    assert list(with_sums(rows, [2, 3])) == [*rows, ["Cộng", "", 3, 100_000]]
    assert list(with_sums(rows)) == rows
    assert list(with_sums([], [2, 3])) == [["Chưa có dòng nào"]]
    with speaking("en"):
        assert list(with_sums(rows, [3]))[-1] == ["Total", "", "", 100_000]


CELLS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0\r\n"), max_size=20)


@given(st.lists(st.tuples(CELLS, st.integers()), max_size=5))
def test_a_parser_reads_back_what_was_written(rows):
    text = "".join(csv_lines(["Việc", "Số tiền"], rows))
    assert text.startswith("\ufeff")
    read = list(csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline="")))
    assert read[0] == ["Việc", "Số tiền"]
    for (words, amount), (said, number) in zip(rows, read[1:], strict=True):
        assert said.replace("'", "") == words.replace("'", "")
        assert not said.startswith(("=", "+", "-", "@", "＝", "＋", "－", "＠", "\t"))
        assert int(number) == amount
