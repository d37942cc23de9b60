"""Money and numbers as people write them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shop.kernel.amounts import read_dong, read_grams, read_whole


@pytest.mark.parametrize(
    ("text", "vnd"),
    [
        ("95000", 95_000), ("95.000", 95_000), ("95,000", 95_000), ("95 000", 95_000), ("95.000đ", 95_000),
        ("95.000 ₫", 95_000), ("95.000 đồng", 95_000), ("95k", 95_000), ("95K", 95_000), ("95 ngàn", 95_000),
        ("95 nghìn", 95_000), ("1tr2", 1_200_000), ("1tr250", 1_250_000), ("1,2 triệu", 1_200_000),
        ("1.250.000", 1_250_000), ("2 triệu", 2_000_000), ("1,5k", 1_500),
    ],
)  # fmt: skip
def test_money_is_read_as_people_write_it(text, vnd):
    assert read_dong(text) == vnd


@pytest.mark.parametrize(
    "text", ["", "abc", "-5", "95.00", "1.2.3", "9" * 40, "1e5", "٣٤", "95kk", "k"]
)
def test_what_is_no_money_is_none(text):
    assert read_dong(text) is None


@given(st.integers(min_value=0, max_value=10**11))
def test_grouped_money_reads_back(amount):
    assert read_dong(f"{amount:,}".replace(",", ".") + " đồng") == amount


@given(st.text(max_size=60))
def test_no_text_breaks_the_readers(text):
    for read in (read_dong, read_grams, read_whole):
        found = read(text)
        assert found is None or found >= 0


@pytest.mark.parametrize(
    ("text", "grams"),
    [("500", 500), ("1.200", 1200), ("500 g", 500), ("500gam", 500), ("1,2 kg", 1200),
     ("1.5kg", 1500), ("2 ký", 2000), ("3 cân", 3000), ("1,25 lít", 1250), ("750ml", 750)],
)  # fmt: skip
def test_weights_are_read_as_people_write_them(text, grams):
    assert read_grams(text) == grams


@pytest.mark.parametrize("text", ["", "nặng", "-5", "1,5", "1e3", "٣", "1kg5", "9" * 40, "5 mét"])
def test_what_is_no_weight_is_none(text):
    assert read_grams(text) is None
