"""Files for spreadsheets: read back by a parser, and never a formula."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shop.web.tables import csv_lines, safe_cell


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
