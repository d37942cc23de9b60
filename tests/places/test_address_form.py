"""The address and phone fields on a page, without a script."""

import re

import pytest
from werkzeug.datastructures import MultiDict

from shop.db import db
from shop.kernel.phones import Phone
from shop.places.forms import address_data, fill_places, hit_note, hit_text, phone_sentence
from shop.places.queries import find_wards
from shop.places.rules import Address, WrongPhone, parse_phone
from tests.places.form_page import SendToForm, add_page

STREET = "thôn Gò Mít"


@pytest.fixture
def read(app):
    """Read a posted form the way a view does."""

    def read(**posted):
        with app.test_request_context("/", method="POST"):
            form = SendToForm(MultiDict({"phone": "0905 000 123", "line1": STREET, **posted}))
            fill_places(form, db.session())
            if not form.is_asking:
                form.validate()
            form.said = {name: str(errors[0]) for name, errors in form.errors.items()}
            return form

    return read


def test_words_that_mean_one_place_are_enough(read):
    form = read(place="phuoc ninh nong son")
    assert not form.said
    assert form.address() == Address(
        province_code="48", ward_code="20669", ward_name="Xã Quế Phước", province_name="Đà Nẵng",
        line1=STREET, legacy_text="phuoc ninh nong son", units_version="2026-07",
    )  # fmt: skip
    assert (form.province.data, form.ward.data) == ("48", "20669")


def test_words_that_mean_several_places_ask_which(read):
    form = read(place="Phước Ninh")
    assert form.chosen is None
    assert form.said == {"place": "Có 4 nơi có thể đúng. Anh/chị chọn một nơi ở dưới."}
    assert {"value": "20669", "label": "Xã Quế Phước, Đà Nẵng",
            "note": "Gồm Phước Ninh (huyện Quế Sơn), Ninh Phước và Quế Lâm cũ"} in form.place_options  # fmt: skip
    again = read(place="Phước Ninh", place_for="Phước Ninh")
    assert len(again.place_options) == 4
    chosen = read(place="Phước Ninh", place_for="Phước Ninh", place_pick="20669")
    assert not chosen.said
    assert chosen.address().ward_code == "20669"
    assert chosen.address().legacy_text == "Phước Ninh"


def test_a_choice_belongs_to_the_words_it_was_made_for(read):
    form = read(place="Nông Sơn", place_for="Phước Ninh", place_pick="25573")
    assert form.address().ward_code == "20656"


def test_the_button_of_the_search_shows_choices_and_orders_nothing(read):
    form = read(place="Phước Ninh", find="place")
    assert form.is_asking
    assert len(form.hits) == 4
    assert not form.errors


@pytest.mark.parametrize(
    ("typed", "province", "said"),
    [
        ("Quảng Nam", "48", "Quảng Nam nay thuộc Đà Nẵng."),
        ("ha noi", "01", "Hà Nội là tên cả tỉnh, thành phố."),
    ],
)
def test_a_province_alone_opens_its_list_and_chooses_no_ward(read, typed, province, said):
    form = read(place=typed)
    assert form.chosen is None
    assert form.said == {
        "place": f"{said} Anh/chị gõ thêm tên xã, phường, hoặc chọn trong danh sách tỉnh."
    }
    assert form.province.data == province
    assert len(form.ward.choices) > 50
    ward = form.ward.choices[1].value
    again = read(place=typed, place_for=typed, province=province, ward=ward)
    assert not again.said
    assert again.address().ward_code == ward
    assert (again.old_place, again.address().legacy_text) == ("", "")
    elsewhere = read(place=typed, place_for=typed, province="79", find="province")
    assert elsewhere.province.data == "79"


def test_a_name_of_several_provinces_opens_none(read):
    form = read(place="qn")
    assert form.said["place"].startswith(
        "Có thể là Quảng Ngãi, Quảng Ninh và Quảng Nam nay thuộc Đà Nẵng."
    )
    assert not form.province.data


def test_a_province_that_is_a_wards_name_too_is_never_taken_for_it(read):
    form = read(place="Bắc Giang", find="place")
    assert form.chosen is None
    assert form.provinces_found.startswith("Bắc Giang nay thuộc Bắc Ninh.")
    assert "Phường Bắc Giang, Bắc Ninh" in {one["label"] for one in form.place_options}


def test_the_old_district_that_was_named_is_kept_for_who_brings_the_parcel(read):
    form = read(place="quận Hải Châu", place_for="quận Hải Châu", place_pick="20257")
    assert not form.said
    assert (form.old_place, form.old_district) == ("Quận Hải Châu", "Quận Hải Châu")


def test_the_selects_are_enough(read):
    form = read(province="48", find="province")
    assert {c.value: c.label for c in form.ward.choices}["20669"] == "Quế Phước (xã)"
    assert len(form.ward.choices) == 95
    form = read(province="48", ward="20669")
    assert not form.said
    assert form.address().legacy_text == ""
    assert form.place.data == "Xã Quế Phước, Đà Nẵng"


def test_another_province_asks_for_its_ward_and_never_guesses(read):
    form = read(
        place="phuoc ninh nong son", place_for="phuoc ninh nong son", province="79", ward="20669"
    )
    assert form.chosen is None
    assert form.said == {"place": "Anh/chị chọn xã, phường trong tỉnh vừa đổi."}
    assert len(form.ward.choices) == 169
    form = read(place="x", place_for="x", province="79", ward="20669", find="province")
    assert form.chosen is None


@pytest.mark.parametrize(
    "typed",
    [
        {"place": "Phước Ninh, Quế Sơn"}, {"place": "Xã Quế Phước, Đà Nẵng", "place_old": "Phước Ninh, Quế Sơn"},
        {"place": "Xã Quế Phước, Đà Nẵng"}, {"place": "xóm Bến đò", "place_old": "Phước Ninh"},
    ],
)  # fmt: skip
def test_words_for_an_earlier_ward_are_forgotten_when_the_selects_choose_another(read, typed):
    an_dong = "27316"
    form = read(**typed, place_for=typed["place"], province="79", ward=an_dong)
    assert (form.chosen.code, form.said) == (an_dong, {})
    assert (form.old_place, form.old_district, form.address().legacy_text) == ("", "", "")
    assert (form.place_old.data, form.place.data, form.place_for.data) == (
        "", form.chosen_label, form.chosen_label,
    )  # fmt: skip


def test_another_province_forgets_the_words_and_sends_nothing_to_where_they_led(read):
    known = {
        "place": "Phước Ninh, Quế Sơn",
        "place_for": "Phước Ninh, Quế Sơn",
        "place_old": "Phước Ninh",
    }
    form = read(**known, province="79", ward="20669", find="province")
    assert (form.place.data, form.place_for.data, form.place_old.data) == ("", "", "")
    form = read(place="", place_for="", place_old="", province="79", ward="")
    assert form.chosen is None
    assert form.said == {"place": "Anh/chị cho biết xã, phường nơi nhận."}


def test_new_words_count_more_than_an_earlier_choice(read):
    stale = {"province": "48", "ward": "20669", "place_for": "Quế Phước"}
    form = read(place="không có nơi này", **stale)
    assert form.chosen is None
    assert form.said["place"].startswith("Chưa thấy nơi nào tên “không có nơi này”.")
    assert read(place="Hội An", **stale).said == {
        "place": "Có 6 nơi có thể đúng. Anh/chị chọn một nơi ở dưới."
    }
    assert read(place="Phước Ninh", **stale).address().ward_code == "20669"
    assert read(place="Hội An, Đà Nẵng", find="place", **stale).chosen.code == "20410"


@pytest.mark.parametrize(
    ("typed", "noted", "place", "district"),
    [
        ("Phước Ninh", "", "Xã Phước Ninh, Huyện Quế Sơn", "Huyện Quế Sơn"),
        ("xa phuoc ninh, nong son", "", "Xã Phước Ninh, Huyện Quế Sơn", "Huyện Quế Sơn"),
        ("Xã Quế Phước, Đà Nẵng", "Xã Quế Phước, Đà Nẵng (xã Phước Ninh cũ)",
         "Xã Phước Ninh, Huyện Quế Sơn", "Huyện Quế Sơn"),
        ("Xã Quế Phước, Đà Nẵng", "Xã Quế Phước, Đà Nẵng (formerly xã Phước Ninh)",
         "Xã Phước Ninh, Huyện Quế Sơn", "Huyện Quế Sơn"),
        ("Xã Quế Phước, Đà Nẵng", "", "", ""), ("que phuoc", "", "", ""),
        ("xóm Bến đò cũ", "", "xóm Bến đò", ""),
    ],
)  # fmt: skip
def test_what_the_place_was_called_before_is_known(read, typed, noted, place, district):
    form = read(place=typed, place_for=typed, province="48", ward="20669", place_old=noted)
    assert form.chosen.code == "20669"
    assert (form.old_place, form.old_district) == (place, district)


def test_the_old_name_that_a_script_noted_is_kept(read):
    form = read(place="Xã Quế Phước, Đà Nẵng", place_for="Xã Quế Phước, Đà Nẵng", province="48", ward="20669",
                place_old="Xã Quế Phước, Đà Nẵng (xã Phước Ninh cũ)")  # fmt: skip
    assert form.address().legacy_text == "Xã Quế Phước, Đà Nẵng (xã Phước Ninh cũ)"


@pytest.mark.parametrize(
    "posted",
    [
        {}, {"place": "\x00"}, {"place": "x" * 10_000}, {"ward": "99999"}, {"ward": "20669' OR 1=1"},
        {"place_pick": "00000"}, {"province": "zz"}, {"province": "48"}, {"place": "😀" * 50},
        {"find": "nothing"}, {"country": "XX"}, {"place_pick": "\ud800", "ward": "\x00"},
    ],
)  # fmt: skip
def test_nothing_and_nonsense_are_asked_again(read, posted):
    form = read(**posted)
    assert "place" in form.said
    assert form.chosen is None


def test_a_street_is_needed_and_a_pickup_needs_nothing(read, app):
    assert read(place="que phuoc", line1="").said == {
        "line1": "Anh/chị ghi số nhà, đường hoặc thôn để người giao tìm được."
    }
    with app.test_request_context("/", method="POST"):
        form = SendToForm(MultiDict({"phone": "0905 000 123"}))
        fill_places(form, db.session())
        form.address_needed = False
        assert form.validate()


def test_abroad_takes_its_lines_as_written(read):
    form = read(
        country="DE", foreign_lines="Hauptstraße 1\r\nBerlin", postal_code="10115", line1=""
    )
    assert not form.said
    assert form.address() == Address(
        country="DE", foreign_lines="Hauptstraße 1\nBerlin", postal_code="10115"
    )
    assert "foreign_lines" in read(country="DE", foreign_lines="x").said


def test_a_stored_address_fills_the_form_again(app):
    stored = Address(
        province_code="48", ward_code="20669", ward_name="Xã Quế Phước", province_name="Đà Nẵng",
        line1=STREET, legacy_text="Phước Ninh",
    )  # fmt: skip
    with app.test_request_context("/"):
        form = SendToForm(data={**address_data(stored), "phone": "+84905000123"})
        fill_places(form, db.session())
        assert form.chosen_label == form.place.data == "Xã Quế Phước, Đà Nẵng"
        assert form.address() == Address(**{**stored.to_dict(), "units_version": "2026-07"})
        assert form.phone._value() == "0905 000 123"
        assert form.phone.data.e164 == "+84905000123"


def test_errors_are_listed_in_the_order_of_the_page(read):
    assert list(read(phone="", line1="", place="").said) == ["phone", "place", "line1"]


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("", "Anh/chị ghi số điện thoại."),
        ("0905 000 12", "Số 0905 000 12 mới có 9 số. Anh/chị xem lại giúp, ví dụ 0905 000 123."),
        ("0905 000 1234", "Số 0905 000 1234 có tới 11 số. Anh/chị xem lại giúp, ví dụ 0905 000 123."),
        ("1 650 253 0000", "Số 1 650 253 0000 có tới 11 số. Anh/chị xem lại giúp, ví dụ 0905 000 123; "
                           "số nước ngoài có dấu + ở đầu."),
        ("9123 4567", "Số 9123 4567 mới có 8 số. Anh/chị xem lại giúp, ví dụ 0905 000 123; "
                      "số nước ngoài có dấu + ở đầu."),
        ("011 84 905 111 222", "Số 011 84 905 111 222 có tới 14 số. Anh/chị xem lại giúp, "
                               "ví dụ 0905 000 123; số nước ngoài có dấu + ở đầu."),
        ("chị Hoa", "Ô này chỉ ghi số điện thoại, ví dụ 0905 000 123."),
        ("0905000123 / 0935000123", "Anh/chị ghi một số điện thoại thôi, số kia ghi vào lời nhắn."),
        ("0411 123 456", "Chưa gọi được số 0411 123 456. Anh/chị xem lại giúp, ví dụ 0905 000 123; "
                         "số nước ngoài có dấu + ở đầu."),
        ("1900 1234", "Tổng đài 1900 1234 không nhận cuộc gọi giao hàng. Anh/chị ghi số di động."),
    ],
)  # fmt: skip
def test_a_wrong_phone_is_told_in_a_sentence_and_stays_as_typed(read, typed, said):
    form = read(phone=typed, place="que phuoc")
    assert form.said == {"phone": said}
    assert form.phone._value() == typed


def test_an_old_number_is_read_and_its_new_one_told(read):
    form = read(phone="0120 512 3456", place="que phuoc")
    assert not form.said
    assert isinstance(form.phone.data, Phone)
    assert form.phone.notice == "Số 0120 512 3456 nay là 0705 123 456."
    assert read(place="que phuoc").phone.notice == ""


def test_a_wrong_phone_is_a_refusal_with_facts(app):
    with pytest.raises(WrongPhone) as wrong:
        parse_phone("0905 000 12")
    with app.test_request_context("/"):
        assert "mới có 9 số" in phone_sentence(wrong.value)


def test_notes_name_what_was_typed_and_count_the_rest(app):
    with app.test_request_context("/"):
        session = db.session()
        split = find_wards(session, "phường Hàng Bông, Hoàn Kiếm")[0]
        assert hit_note(split) == (
            "Một phần phường Hàng Bông cũ, quận Hoàn Kiếm. Chưa rõ thì anh/chị hỏi người nhận."
        )
        ground = find_wards(session, "Hải Châu")[-1]
        assert hit_note(ground) == "Thuộc quận Hải Châu cũ (Đà Nẵng)"
        assert hit_text(ground) == "Phường Hòa Cường, Đà Nẵng (quận Hải Châu cũ)"
        (three,) = find_wards(session, "p5 q3 hcm")
        assert hit_note(three).startswith("Gồm Phường 5 (quận 3)")
        assert hit_text(three) == "Phường Bàn Cờ, Hồ Chí Minh (phường 5 cũ)"
        many = find_wards(session, "xã Xuân Phú, Đà Nẵng")[0]
        assert hit_note(many) == "Gồm Quế Xuân 1, Quế Xuân 2, Quế Phú và Hương An cũ"
        most = max((hit_note(h) for h in find_wards(session, "Tân An")), key=len)
        assert len(most) < 160


def test_the_page_holds_what_was_typed_and_leads_to_the_choices(make_app):
    app = add_page(make_app())
    with app.app_context():
        page = app.test_client().post(
            "/thu-dia-chi", data={"place": "Phước Ninh", "phone": "0905 000 12", "find": "place"}
        )
        assert page.status_code == 200
        text = page.get_data(as_text=True)
        assert 'value="0905 000 12"' in text
        assert len(re.findall(r'type="radio" name="place_pick"', text)) == 4
        assert 'formaction="/thu-dia-chi#noi-nhan"' in text
        wrong = app.test_client().post(
            "/thu-dia-chi", data={"place": "Phước Ninh", "phone": "0905 000 12"}
        )
        assert wrong.status_code == 422
        old = app.test_client().post("/thu-dia-chi", data={"place": "Quảng Nam", "find": "place"})
        text = old.get_data(as_text=True)
        assert "Quảng Nam nay thuộc Đà Nẵng." in text
        assert '<option selected value="48">' in text
        assert re.search(r'<details class="more" open><summary>Chọn trong danh sách tỉnh', text)
        assert 'href="#place"' in wrong.get_data(as_text=True)
        db.session.remove()
        db.engine.dispose()
