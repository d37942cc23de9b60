"""The list of units: counted, spelled by one rule, and loaded once."""

import json
import unicodedata
from datetime import date

import pytest
from sqlalchemy import delete, func, insert, select, update

from shop.db import db, transaction
from shop.kernel.text import fold
from shop.places.actions import UNITS, load_places
from shop.places.generate import spelled
from shop.places.models import PlacesRelease, Province, ProvinceName, Ward, WardName
from shop.places.queries import provinces, units_version, ward, wards_of
from shop.places.rules.names import accented, key, short_name, words
from tests.engines import both_engines

TODAY = date(2026, 11, 23)
UNITS_FILE = json.loads(UNITS.read_text(encoding="utf-8"))
WARDS = [(w[0], w[1], p[0]) for p in UNITS_FILE["provinces"] for w in p[3]]
OLD = [
    (province, district[0], name, codes)
    for province, districts in UNITS_FILE["old"]
    for district in districts
    for name, codes, _ in district[2]
]


def count_of(table, *where):
    return db.session().scalar(select(func.count()).select_from(table).where(*where))


def test_there_are_as_many_units_as_the_decrees_say():
    assert len(UNITS_FILE["provinces"]) == 34
    assert len({code for code, _, _ in WARDS}) == len(WARDS) == 3321
    assert sum(name.startswith("Xã ") for _, name, _ in WARDS) == 2611
    assert sum(name.startswith("Phường ") for _, name, _ in WARDS) == 697
    assert sum(name.startswith("Đặc khu ") for _, name, _ in WARDS) == 13


def test_seven_provinces_are_cities_and_each_lies_in_a_region():
    cities = {p[0] for p in UNITS_FILE["provinces"] if p[1].startswith("Thành phố ")}
    assert cities == {"01", "31", "46", "48", "75", "79", "92"}
    regions = [p[2] for p in UNITS_FILE["provinces"]]
    assert [regions.count(r) for r in ("north", "centre", "south")] == [15, 11, 8]


@pytest.mark.parametrize(
    "code",
    ["25270", "25357", "25363", "26116", "26170", "26248", "26326", "26368", "26425", "26485"],
)
def test_ten_communes_of_dong_nai_are_phuong_since_april_2026(code):
    assert next(name for c, name, _ in WARDS if c == code).startswith("Phường ")


def test_every_old_unit_became_one_ward_or_a_few():
    assert len(OLD) == 10_040
    assert sum(len(codes) > 1 for *_, codes in OLD) == 471
    assert max(len(codes) for *_, codes in OLD) == 5
    assert {code for *_, codes in OLD for code in codes} == {code for code, _, _ in WARDS}


@pytest.mark.parametrize(
    ("district", "old", "code", "name"),
    [
        ("Huyện Quế Sơn", "Xã Phước Ninh", "20669", "Xã Quế Phước"),
        ("Huyện Quế Sơn", "Xã Ninh Phước", "20669", "Xã Quế Phước"),
        ("Huyện Quế Sơn", "Xã Quế Lâm", "20669", "Xã Quế Phước"),
        ("Huyện Quế Sơn", "Thị trấn Trung Phước", "20656", "Xã Nông Sơn"),
        ("Huyện Quế Sơn", "Thị trấn Đông Phú", "20641", "Xã Quế Sơn"),
        ("Huyện Quế Sơn", "Xã Quế Xuân 1", "20650", "Xã Xuân Phú"),
        ("Huyện Quế Sơn", "Xã Quế Mỹ", "20662", "Xã Quế Sơn Trung"),
        ("Thành phố Tam Kỳ", "Phường Hòa Hương", "20350", "Phường Hương Trà"),
        ("Thành phố Hội An", "Xã Cẩm Thanh", "20413", "Phường Hội An Đông"),
        ("Thành phố Hội An", "Xã Tân Hiệp", "20434", "Xã Tân Hiệp"),
    ],
)
def test_home_became_what_the_list_of_quang_nam_says(district, old, code, name):
    # All 233 rows of the published list of Quảng Nam agreed on 23/11/2026; none is split.
    found = [codes for p, d, n, codes in OLD if (p, d, n) == ("Tỉnh Quảng Nam", district, old)]
    assert found == [[code]]
    assert (code, name, "48") in WARDS
    home = [codes for p, *_, codes in OLD if p == "Tỉnh Quảng Nam"]
    assert len(home) == 233
    assert all(len(codes) == 1 for codes in home)


def test_names_are_nfc_and_follow_one_spelling():
    names = [name for _, name, _ in WARDS] + [name for _, _, name, _ in OLD]
    for name in names:
        assert unicodedata.is_normalized("NFC", name)
        assert spelled(name) == name
        assert len(name) <= 40


@pytest.mark.parametrize(
    ("written", "ours"),
    [
        ("Phường Hoà Khánh", "Phường Hòa Khánh"), ("Tỉnh Thanh Hoá", "Tỉnh Thanh Hóa"),
        ("Xã Thuỷ Xuân", "Xã Thủy Xuân"), ("Phường Hoàn Kiếm", "Phường Hoàn Kiếm"),
        ("Xã Quý Hoà", "Xã Quý Hòa"), ("Thị Trấn Prao", "Thị trấn Prao"), ("Xã Ea H’Leo", "Xã Ea H'Leo"),
        ("Xã Hoằng Hoá", "Xã Hoằng Hóa"), ("Xã  Khoẻ", "Xã Khỏe"), ("Xã Quế Phước", "Xã Quế Phước"),
        (unicodedata.normalize("NFD", "Xã Hoậc Thuận"), "Xã Hoậc Thuận"),
    ],
)  # fmt: skip
def test_tone_marks_stand_by_one_rule(written, ours):
    assert spelled(written) == ours


def test_keys_forgive_what_people_write_differently():
    assert key("Hoà") == key("hòa") == key("HOA") == "hoa"
    assert key("Quy Nhơn") == key("Qui Nhơn")
    assert key("Mỹ Sơn") == key("Mĩ Sơn")
    assert key("Cư M’gar") == key("Cư M'Gar") == key("cu mgar")
    assert key("Phường 05") == key("phuong 5")
    assert key("Hải Châu I") == key("hai chau 1")
    assert key("Tây Thuỵ") != key("Tai Thui")
    assert words("P.05 Cư M'gar") == ["p", "5", "cu", "mgar"]
    assert accented("Hòa") == accented("hoà") != accented("Hoa")
    assert accented("Sơn Hà") != accented("Sơn Hạ")
    assert short_name("Thị trấn Prao") == "Prao"
    assert short_name("Đặc khu Hoàng Sa") == "Hoàng Sa"
    assert short_name("Phường 5") == "5"


@both_engines
def test_what_is_loaded_is_what_is_shipped(app):
    assert count_of(Province) == 34
    assert count_of(Ward) == 3321
    assert count_of(WardName, WardName.kind == "old") == 10_602
    assert count_of(WardName, WardName.kind == "old", WardName.split) == 10_602 - 9_569
    assert count_of(WardName, WardName.kind == "district") > 3_321
    assert count_of(ProvinceName, ProvinceName.former == "", ProvinceName.key == "dn") == 2
    joined = db.session().scalars(select(ProvinceName.former).distinct()).all()
    assert len(joined) == 63 - 34 + 1  # The empty one is of today.
    assert units_version(db.session()) == UNITS_FILE["version"] == "2026-07"


@both_engines
def test_loading_again_changes_nothing(app, count_queries):
    before = db.session().scalar(select(func.max(WardName.id)))
    with count_queries() as seen, transaction() as session:
        assert not load_places(session, today=TODAY)
    assert len(seen) == 1
    assert db.session().scalar(select(func.max(WardName.id))) == before


@both_engines
def test_a_newer_list_replaces_an_older_one(app):
    with transaction() as session:
        session.execute(update(PlacesRelease).values(version="2025-07"))
        session.execute(update(Ward).where(Ward.code == "20669").values(full_name="Xã Tên Cũ"))
        session.execute(delete(WardName).where(WardName.ward_code == "20410"))
        session.execute(delete(Ward).where(Ward.code == "20410"))
        session.execute(
            insert(Ward).values(
                code="99999", province_code="48", name="Đã Bỏ", full_name="Xã Đã Bỏ", folded="da bo"
            )
        )
    with transaction() as session:
        assert load_places(session, today=TODAY)
    session = db.session()
    assert ward(session, "20669").full_name == "Xã Quế Phước"
    assert ward(session, "20410").full_name == "Phường Hội An"
    assert ward(session, "99999") is None
    assert [
        tuple(r) for r in session.execute(select(PlacesRelease.version, PlacesRelease.loaded_on))
    ] == [("2026-07", TODAY)]
    assert count_of(WardName, WardName.kind == "old") == 10_602


def test_a_ward_is_given_with_its_province_and_region(app):
    found = ward(db.session(), "20669")
    assert (found.name, found.full_name) == ("Quế Phước", "Xã Quế Phước")
    assert (found.province_code, found.province_name, found.region) == ("48", "Đà Nẵng", "centre")
    assert ward(db.session(), "00000") is None
    assert ward(db.session(), "'; --") is None


def test_lists_are_in_the_order_of_their_letters(app):
    session = db.session()
    names = [row.name for row in provinces(session)]
    assert len(names) == 34
    assert names == sorted(names, key=fold)
    rows = wards_of(session, "48")
    assert len(rows) == 94
    assert [row.name for row in rows] == sorted((row.name for row in rows), key=fold)
    assert not wards_of(session, "99")
