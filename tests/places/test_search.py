"""Finding a ward by any name people write."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shop.db import db
from shop.kernel.text import fold
from shop.places.queries import MOST_OF_DISTRICT, find_provinces, find_wards, units
from shop.places.rules import Likeness, only_match
from tests.engines import both_engines
from tests.places.test_units import OLD, UNITS_FILE, WARDS

TWINS = [
    ("Thái Nguyên", "Văn Lang", "02143", "Văn Lăng", "05665"),
    ("Hải Phòng", "Cẩm Giang", "10888", "Cẩm Giàng", "10903"),
    ("Quảng Ngãi", "Sơn Hà", "21289", "Sơn Hạ", "21292"),
    ("Quảng Ngãi", "Ba Tơ", "21484", "Ba Tô", "21523"),
    ("Đồng Nai", "Lộc Thạnh", "25280", "Lộc Thành", "25294"),
    ("Hồ Chí Minh", "Thanh An", "25807", "Thạnh An", "27676"),
    ("Tây Ninh", "Tân Thành", "25534", "Tân Thạnh", "27826"),
    ("Đồng Tháp", "Tân Thành", "29938", "Tân Thạnh", "30157"),
]


@pytest.fixture
def find(app):
    return lambda text, **more: find_wards(db.session(), text, **more)


def codes(hits):
    return [hit.ward_code for hit in hits]


@both_engines
def test_an_old_name_finds_todays_ward_with_what_it_is_made_of(find):
    hit = next(hit for hit in find("Phước Ninh") if hit.ward_code == "20669")
    assert hit.label == "Xã Quế Phước, Đà Nẵng"
    assert (hit.province_code, hit.likeness) == ("48", Likeness.EXACT)
    assert (hit.old_name, hit.old_district, hit.old_province) == (
        "Xã Phước Ninh", "Huyện Quế Sơn", "Quảng Nam",
    )  # fmt: skip
    assert set(hit.made_of) == {"Xã Phước Ninh", "Xã Ninh Phước", "Xã Quế Lâm"}
    assert not hit.split


HOME = [
        "phước ninh quảng nam", "phuoc ninh nong son", "Phước Ninh, Nông Sơn, Quảng Nam",
        "xã Phước Ninh, huyện Quế Sơn, tỉnh Quảng Nam", "x. phuoc ninh h. que son", "PHƯỚC NINH QUẾ SƠN",
        "phuoc ninh quang nam viet nam", "phuocninh quang nam", "quang nam phuoc ninh",
        "xã Phước Ninh cũ, Quảng Nam", "thôn Gò Mít, xã Phước Ninh, huyện Quế Sơn, Quảng Nam", "15 kiệt 42 xã Phước Ninh, Quế Sơn",
        "xã Quế Phước, Đà Nẵng", "que phuoc", "Quế Phước, TP Đà Nẵng", "que phuoc dn",
        "Quế Phước, Quảng Nam", "Quế Ninh", "que ninh nong son", "Ninh Phước Quế Sơn", "phuoc ninh que s",
    ]  # fmt: skip


@both_engines
def test_home_is_found_however_it_is_written(find):
    for text in HOME:
        hits = find(text)
        assert hits[0].ward_code == "20669", text
        assert only_match(hits) == hits[0], text


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("p5 q3 hcm", "27154"), ("P.5, Q.3, TP.HCM", "27154"), ("Phường 05 Quận 3", "27154"),
        ("f5 q3 sài gòn", "27154"), ("Hải Châu 1, Đà Nẵng", "20242"), ("hai chau ii", "20242"),
        ("12 Lê Lợi, phường Hải Châu I, quận Hải Châu, Đà Nẵng", "20242"), ("cam thanh hoi an", "20413"),
        ("tt dong phu que son", "20641"), ("thị trấn Trung Phước", "20656"), ("Lăng Cô", "20137"),
        ("tan hiep hoi an", "20434"), ("quy nhon nam", "21592"), ("qui nhơn nam", "21592"),
        ("ea hleo", "24184"), ("Ea H’Leo", "24184"), ("1 bao loc", "24823"), ("Sài Gòn", "26740"),
        ("tịnh khê", "21211"), ("phượng dực hà nội", "10279"), ("hoà khánh đà nẵng", "20200"),
        ("hòa khánh, tp đn", "20200"), ("hoang sa", "20333"), ("đặc khu Côn Đảo", "26732"),
    ],
)  # fmt: skip
def test_kinds_shortenings_and_numbers_are_understood(find, text, code):
    hits = find(text)
    assert code in codes(hits)
    assert only_match(hits).ward_code == code


def test_where_the_tone_stands_does_not_matter(find):
    assert codes(find("hoà khánh")) == codes(find("hòa khánh")) == codes(find("HÒA KHÁNH"))
    assert find("hoà khánh")[0].likeness == Likeness.EXACT


@both_engines
def test_twins_are_both_shown_and_never_chosen(find):
    for province, one, code, other, other_code in TWINS:
        for text, first in ((one, code), (other, other_code), (fold(one), None)):
            hits = find(f"{text}, {province}")
            assert {code, other_code} <= set(codes(hits))
            assert only_match(hits) is None
            if first:
                assert (hits[0].ward_code, hits[0].likeness) == (first, Likeness.EXACT)


def test_a_split_ward_is_never_chosen(find):
    split = [(p, d, n, c) for p, d, n, c in OLD if len(c) > 1][::12]
    assert len(split) == 40
    for province, district, name, parts in split:
        hits = find(f"{name}, {district}, {province}")
        assert set(parts) <= set(codes(hits)), name
        assert all(hit.split for hit in hits if hit.ward_code in parts and hit.old_name == name)
        assert only_match(hits) is None, name


def test_a_name_in_many_places_is_not_chosen(find):
    found = find("Tân An")
    hits = [hit for hit in found if hit.likeness == Likeness.EXACT]
    assert len(hits) == 10
    assert only_match(found) is None
    assert all(not hit.old_name for hit in hits[:8])
    assert {hit.old_district for hit in found[10:]} == {"Thành phố Tân An"}


def test_a_short_old_name_that_begins_others_is_not_chosen(find):
    assert only_match(find("quế")) is None


def test_the_beginning_of_a_name_is_enough(find):
    hits = find("quế ph")
    assert hits[0].likeness == Likeness.BEGINS
    assert "20669" in codes(hits)
    assert only_match(hits) is None
    assert codes(find("que phuo")) == ["20669"]


def test_words_beside_a_name_narrow_it(find):
    assert len(find("phuoc ninh")) == 4
    assert codes(find("phuoc ninh tay ninh")) == ["25573"]
    assert codes(find("phuoc ninh hai chau")) == ["20242"]
    assert not find("phuoc ninh ha noi")


@both_engines
def test_a_district_alone_lists_its_wards_and_chooses_none(find):
    hits = find("Quận 3, TP.HCM")
    assert set(codes(hits)) == {"27139", "27142", "27154"}
    assert {hit.likeness for hit in hits} == {Likeness.DISTRICT}
    assert only_match(hits) is None
    assert "20669" in codes(find("huyện Nông Sơn"))
    assert only_match(find("TP Hội An")) is None


@pytest.mark.parametrize(
    "text",
    ["", " ", "a", "1", "12", "😀", "\x00", "%_", "'; DROP TABLE wards; --", "bột ngũ cốc", "文字", "x" * 10_000,
     "đà nẵng", "a b c d e f g h i j k l m n o p q r s t u v w x y z", "\ud800", "xã", "()"],
)  # fmt: skip
def test_what_is_no_place_chooses_none(find, text):
    assert only_match(find(text)) is None


def test_no_more_than_asked_for_is_given(find):
    assert len(find("phường 1", limit=7)) == 7


def test_a_search_takes_three_statements(find, count_queries):
    for text in ("phuoc ninh", "tan", "12 Lê Lợi, phường Hải Châu, Đà Nẵng"):
        with count_queries() as seen:
            find(text)
        assert len(seen) <= 3


_ward = st.sampled_from(WARDS)
_patient = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@_patient
@given(_ward)
def test_every_ward_is_found_by_its_own_name(find, ward):
    code, name, _province = ward
    for text in (name, fold(name), name.lower(), name.upper()):
        hits = find_wards(db.session(), text, limit=60)
        assert code in codes(hits), text
        assert next(h for h in hits if h.ward_code == code).likeness <= Likeness.LETTERS


@_patient
@given(st.sampled_from(OLD))
def test_every_old_unit_leads_to_its_wards(find, old):
    province, district, name, today = old
    for text in (f"{name}, {district}, {province}", fold(f"{name} {district} {province}")):
        assert set(today) <= set(codes(find(text, limit=60))), text


@_patient
@given(st.text(max_size=60))
def test_any_text_is_answered(find, text):
    assert len(find(text)) <= 10 + MOST_OF_DISTRICT


@both_engines
def test_an_old_district_lists_what_lies_on_its_ground_behind_wards_of_its_name(find):
    hits = find("Hải Châu")
    named = [hit for hit in hits if hit.likeness != Likeness.DISTRICT]
    ground = hits[len(named) :]
    assert codes(named)[0] == "20242"
    assert [(h.label, h.old_name, h.old_district, h.old_province) for h in ground] == [
        ("Phường Hòa Cường, Đà Nẵng", "", "Quận Hải Châu", "Đà Nẵng")
    ]
    for text in ("Quế Sơn", "que son", "huyện Quế Sơn, Quảng Nam", "quế sơn, đà nẵng"):
        assert {"20641", "20650", "20656", "20662", "20669"} <= set(codes(find(text))), text


def test_a_district_behind_a_mark_is_found_inside_an_address_that_names_no_ward(find):
    assert codes(find("12 Lê Lợi, quận Hải Châu, Đà Nẵng")) == ["20242", "20257"]
    assert codes(find("phuoc ninh, huyện Quế Sơn")) == ["20669"]


def test_a_districts_name_in_several_provinces_is_narrowed_by_its_province(find):
    assert len({hit.province_code for hit in find("huyện Châu Thành")}) > 1
    assert {hit.province_code for hit in find("huyện Châu Thành, Tây Ninh")} == {"80"}
    assert only_match(find("huyện Châu Thành")) is None


def test_the_largest_district_is_listed_whole():
    sizes = [
        len({code for _name, codes, _earlier in wards for code in codes})
        for _province, districts in UNITS_FILE["old"]
        for _district, _earlier, wards in districts
    ]
    assert max(sizes) == MOST_OF_DISTRICT


@both_engines
@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("Hà Nội", [("01", "")]), ("da nang", [("48", "")]), ("Thành phố Đà Nẵng", [("48", "")]),
        ("Quảng Nam", [("48", "Quảng Nam")]), ("tỉnh quang nam", [("48", "Quảng Nam")]),
        ("QN", [("51", ""), ("22", ""), ("48", "Quảng Nam")]), ("sài gòn", [("79", "")]),
        ("Thừa Thiên Huế", [("46", "")]), ("Bình Định", [("52", "Bình Định")]),
        ("Vũng Tàu", [("79", "Bà Rịa - Vũng Tàu")]),
        ("Quế Sơn, Quảng Nam", []), ("", []), ("tỉnh", []), ("😀", []),
    ],
)  # fmt: skip
def test_a_province_of_today_or_before_is_known_by_its_name(app, text, meant):
    found = find_provinces(units(db.session()), text)
    assert [(hit.code, hit.former) for hit in found] == meant
