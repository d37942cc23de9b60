"""Amounts are read as people write them, and what may mean two things is not read at all."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shop.kernel.amounts import read_dong, read_grams
from shop.selling.portion_rules import read_portion


@pytest.mark.parametrize(
    ("text", "vnd"),
    [
        ("1tr200k", 1_200_000), ("1 triệu 200 ngàn", 1_200_000), ("95k/hũ", 95_000),
        ("95.000đ/kg", 95_000), ("95k một hũ", 95_000), ("35 ngàn rưỡi", 35_500),
        ("1tr rưỡi", 1_500_000), ("triệu rưỡi", 1_500_000), ("hai triệu rưỡi", 2_500_000),
        ("1tr2 rưỡi", 1_250_000), ("1tr05", 1_050_000), ("95,5k", 95_500), ("95.5k", 95_500),
        ("95k5", 95_500), ("nửa triệu", 500_000), ("0,250tr", 250_000), ("1,25tr", 1_250_000),
    ],
)  # fmt: skip
def test_a_price_is_read_as_it_is_said(text, vnd):
    assert read_dong(text) == vnd
    assert read_dong(text.upper()) == vnd


@pytest.mark.parametrize(
    "text",
    ["1.200k", "95.500k", "1.250tr", "1tr2k", "1,2tr5", "1tr25 rưỡi", "95k-100k", "95k/2 hũ",
     "95k 2 hũ", "ba mươi ngàn", "rưỡi", "triệu", "1tr2tr", "95/", "/hũ"],
)  # fmt: skip
def test_a_price_that_may_mean_two_things_is_asked_for(text):
    assert read_dong(text) is None


@pytest.mark.parametrize(
    ("text", "grams"),
    [
        ("0,250 kg", 250), ("0.250 kg", 250), ("0.5 kg", 500), ("1.5 kg", 1500), ("1/2 ký", 500),
        ("½ kg", 500), ("1 1/2 kg", 1500), ("nửa ký", 500), ("nửa cân", 500), ("một cân", 1000),
        ("ký rưỡi", 1500), ("hai ký rưỡi", 2500), ("2 lạng", 200), ("2 lạng rưỡi", 250),
        ("2,5 lạng", 250), ("500gr", 500), ("1,200 g", 1200), ("0.5l", 500), ("1 ký 2 lạng", 1200),
        ("1kg 200g", 1200), ("1,25 kg", 1250),
    ],
)  # fmt: skip
def test_a_weight_is_read_as_it_is_said(text, grams):
    assert read_grams(text) == grams


@pytest.mark.parametrize(
    "text",
    ["1.250 kg", "1.000.000 kg", "0,250", "0,5 g", "ký", "2-3 kg", "3/2 kg", "200 g 1 kg",
     "1 kg 1 lít", "1/0 kg", "rưỡi", "5 g rưỡi"],
)  # fmt: skip
def test_a_weight_that_is_not_clear_is_asked_for(text):
    assert read_grams(text) is None


@pytest.mark.parametrize(
    ("said", "unit", "content"),
    [
        ("gói 0.5 kg", "gói", 500), ("gói 1.5 kg", "gói", 1500), ("gói 0,250 kg", "gói", 250),
        ("chai 1.5 lít", "chai", 1500), ("chai 0.5l", "chai", 500), ("1/2 ký", "phần", 500),
        ("gói nửa ký", "gói", 500), ("bao ký rưỡi", "bao", 1500), ("bao 2 ký rưỡi", "bao", 2500),
        ("gói hai lạng", "gói", 200), ("một cân", "cân", 1000), ("can 5 lít", "can", 5000),
        ("2 can 5 lít", "2 can", 5000), ("hộp 1.000 viên", "hộp", 1000), ("bó năm cái", "bó", 5),
    ],
)  # fmt: skip
def test_one_of_it_is_understood_with_its_amount(said, unit, content):
    one = read_portion(said)
    assert (one.unit, one.net_g or one.net_ml or one.pieces, one.unclear) == (unit, content, False)


@pytest.mark.parametrize("said", ["gói 1.250 kg", "gà 2-3 kg", "gói 0 g", "gói 0.5 cái"])
def test_one_of_it_that_is_not_clear_says_so(said):
    one = read_portion(said)
    assert one.unclear
    assert (one.net_g, one.net_ml, one.pieces) == (None, None, None)


@given(st.integers(1, 999_999))
def test_a_weight_in_kilos_is_the_same_as_in_grams(grams):
    kilos, rest = divmod(grams, 1000)
    assert read_grams(f"{kilos},{rest:03} kg") == grams
    assert read_portion(f"gói {kilos},{rest:03} kg").net_g == grams


@given(st.integers(1, 999_999))
def test_thousands_and_millions_are_the_same_as_all_their_zeros(thousands):
    assert read_dong(f"{thousands}k") == thousands * 1_000
    millions, rest = divmod(thousands, 1000)
    if millions:
        assert read_dong(f"{millions}tr{rest:03}") == thousands * 1_000


@given(st.text(alphabet="0123456789.,/ kgtrnđlạngrưỡinửaký½-", max_size=16))
def test_no_amount_breaks_the_readers(text):
    for found in (read_dong(text), read_grams(text)):
        assert found is None or found >= 0
    one = read_portion(text)
    assert len(one.unit) <= 30
    assert one.weight_g > 0
