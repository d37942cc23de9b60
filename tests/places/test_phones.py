"""Phones in every writing people use."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shop.kernel.phones import WrongPhone, last_four, parse_phone, read_phone, written

MOBILE = "+84905123456"


@pytest.mark.parametrize(
    "text",
    [
        "0905123456", "0905 123 456", "0905.123.456", "0905-123-456", "0905 12 34 56",
        "(0905) 123 456", "(0905)123-456", "+84905123456", "+84 905 123 456", "+84-905-123-456",
        "(+84) 905 123 456", "(+84)905123456", "+84 (0)905 123 456", "+84 0905 123 456", "84905123456",
        "84 905 123 456", "840905123456", "0084905123456", "00 84 905 123 456", "905123456",
        " 0905123456 ", "0905\u00a0123\u00a0456", "0905–123–456", "0905/123/456", "0905_123_456",
        "０９０５１２３４５６", "\u202a0905 123 456\u202c", "0905\u200b123456", "O905 123 456", "09O5123456",
        "SĐT: 0905 123 456", "ĐT 0905123456", "Zalo 0905123456", "0905123456 (Zalo)", "số 0905 123 456",
        "điện thoại: 0905.123.456", "٠٩٠٥١٢٣٤٥٦", "0905,123,456", "0 9 0 5 1 2 3 4 5 6",
    ],
)  # fmt: skip
def test_a_mobile_is_read_in_any_writing(text):
    phone = parse_phone(text)
    assert (phone.e164, phone.kind, phone.display) == (MOBILE, "mobile", "0905 123 456")
    assert phone.is_mobile
    assert not phone.converted_from


@pytest.mark.parametrize("start", ["03", "05", "07", "08", "09"])
def test_every_mobile_beginning_is_known(start):
    assert parse_phone(f"{start}12345678").e164 == f"+84{start[1]}12345678"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("0120 512 3456", "0705 123 456"), ("01215123456", "0795 123 456"), ("01225123456", "0775 123 456"),
        ("01265123456", "0765 123 456"), ("01285123456", "0785 123 456"), ("01235123456", "0835 123 456"),
        ("01245123456", "0845 123 456"), ("01255123456", "0855 123 456"), ("01275123456", "0815 123 456"),
        ("01295123456", "0825 123 456"), ("01625123456", "0325 123 456"), ("0168 512 3456", "0385 123 456"),
        ("+84 169 512 3456", "0395 123 456"), ("84 169 512 3456", "0395 123 456"),
        ("01865123456", "0565 123 456"), ("01885123456", "0585 123 456"), ("01995123456", "0595 123 456"),
        ("1685123456", "0385 123 456"),
    ],
)  # fmt: skip
def test_eleven_digits_of_before_2018_are_converted_and_said_so(old, new):
    phone = parse_phone(old)
    assert phone.display == new
    assert phone.converted_from.startswith("01")


@pytest.mark.parametrize(
    ("text", "e164", "display"),
    [
        ("0235 3881 234", "+842353881234", "0235 3881 234"),
        ("(0235) 3.881.234", "+842353881234", "0235 3881 234"),
        ("+84 235 3881 234", "+842353881234", "0235 3881 234"),
        ("024 3825 1234", "+842438251234", "024 3825 1234"),
        ("028 3829 1234", "+842838291234", "028 3829 1234"),
    ],
)
def test_a_landline_is_known_as_one(text, e164, display):
    phone = parse_phone(text)
    assert (phone.e164, phone.kind, phone.display) == (e164, "landline", display)
    assert not phone.is_mobile


@pytest.mark.parametrize("text", ["1900 1234", "19006017", "1800 599 920", "1900.545.415"])
def test_a_hotline_may_be_shown_and_is_told_apart(text):
    assert parse_phone(text).kind == "hotline"


@pytest.mark.parametrize(
    ("text", "country", "e164", "display"),
    [
        ("+1 650 253 0000", "VN", "+16502530000", "+1 650-253-0000"),
        ("001 650 253 0000", "VN", "+16502530000", "+1 650-253-0000"),
        ("+49 1512 3456789", "VN", "+4915123456789", "+49 1512 3456789"),
        ("+61 412 345 678", "VN", "+61412345678", "+61 412 345 678"),
        ("+82 10-1234-5678", "VN", "+821012345678", "+82 10-1234-5678"),
        ("+856 20 55 512 345", "VN", "+8562055512345", "+856 20 55 512 345"),
        ("(650) 253-0000", "US", "+16502530000", "+1 650-253-0000"),
        ("1 650 253 0000", "US", "+16502530000", "+1 650-253-0000"),
        ("0412 345 678", "AU", "+61412345678", "+61 412 345 678"),
    ],
)
def test_numbers_from_abroad_are_read(text, country, e164, display):
    phone = parse_phone(text, country)
    assert (phone.e164, phone.kind, phone.display) == (e164, "foreign", display)


@pytest.mark.parametrize("country", ["US", "KR", "AU", "DE"])
def test_a_vietnamese_number_given_from_abroad_is_still_one(country):
    assert parse_phone("0905 123 456", country).e164 == MOBILE


@pytest.mark.parametrize(
    ("text", "country"),
    [
        ("011 84 905 123 456", "US"), ("0011 84 905 123 456", "AU"), ("00 84 905 123 456", "FR"),
        ("84 905 123 456", "US"), ("+84 905 123 456", "TH"), ("0905 123 456", "ZZ"),
    ],
)  # fmt: skip
def test_a_vietnamese_number_dialled_from_abroad_is_a_mobile(text, country):
    phone = parse_phone(text, country)
    assert (phone.e164, phone.kind, phone.display) == (MOBILE, "mobile", "0905 123 456")


@pytest.mark.parametrize("country", ["FR", "TH", "TW"])
def test_what_may_be_of_here_or_of_there_is_never_guessed(country):
    with pytest.raises(WrongPhone) as wrong:
        parse_phone("0912 345 678", country)
    assert wrong.value.reason == "either"


@pytest.mark.parametrize(
    ("text", "reason", "digits"),
    [
        ("0905 000 12", "short", 9),
        ("0905", "short", 4),
        ("", "short", 0),
        ("+84 905 000 12", "short", 9),
        ("8490500012", "short", 9),
        ("0905 000 1234", "long", 11),
        ("0905000123456789", "long", 16),
        ("0235 3881 23", "short", 10),
        ("0411 123 456", "unknown", 10),
        ("0100 123 4567", "unknown", 11),
        ("+1 415", "short", 4),
        ("+999 123 456 789", "unknown", 12),
        ("chị Hoa 0905123456", "letters", 10),
        ("hoa@example.com", "letters", 0),
        ("0905123456 ext 12", "letters", 12),
        ("0905123456; DROP TABLE", "letters", 10),
        ("0905😀123456", "letters", 10),
        ("0905+123456", "letters", 10),
        ("0905 123 456 / 0935 123 456", "two", 20),
        ("0905123456 hoặc 0935123456", "two", 20),
        ("0905123456 0935123456", "two", 20),
        ("9" * 59, "long", 59),
        ("1 650 253 0000", "long", 11),
        ("9123 4567", "short", 8),
    ],
)
def test_a_wrong_number_says_what_is_wrong(text, reason, digits):
    with pytest.raises(WrongPhone) as wrong:
        parse_phone(text)
    assert (wrong.value.reason, wrong.value.digits, wrong.value.text) == (reason, digits, text)


def test_a_very_long_text_is_cut_in_the_answer():
    with pytest.raises(WrongPhone) as wrong:
        parse_phone("0" * 10_000)
    assert wrong.value.reason == "long"
    assert len(wrong.value.text) == 60


@given(st.text(max_size=80))
def test_any_text_is_a_phone_or_none_of_them(text):
    phone = read_phone(text)
    assert phone is None or phone.e164.startswith("+")


@given(st.from_regex(r"0[35789][0-9]{8}", fullmatch=True))
def test_a_number_reads_back_as_itself(text):
    phone = parse_phone(text)
    assert parse_phone(phone.display) == phone
    assert parse_phone(phone.e164) == phone
    assert written(phone.e164) == phone.display
    assert last_four(phone.e164) == text[-4:] == phone.last4


def test_what_is_no_number_is_shown_as_it_is():
    assert written("nothing") == "nothing"
