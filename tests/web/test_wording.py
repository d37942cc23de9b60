"""Who asks for it is called "anh" where the shop speaks to sellers and officers; others are not."""

import re

import pytest
from babel.messages.pofile import read_po

from shop.web.words import CATALOGUE, gettext, ngettext, speaking, to_whom, wording

#: Others: women together, one of many, a buyer of either kind, somebody named.
_OTHERS = re.compile(r"anh em|anh ấy|từng anh|các anh|sáu anh|anh Sương|anh %\(", re.IGNORECASE)


def sentences() -> list[str]:
    with CATALOGUE.open("rb") as file:
        ids = [one.id for one in read_po(file) if one.id]
    return [text for one in ids for text in (one if isinstance(one, tuple) else (one,))]


@pytest.mark.parametrize(
    ("said", "to_a_man"),
    [
        ("Chị ghi số, ví dụ 95.000.", "Anh ghi số, ví dụ 95.000."),
        ("Gian hàng của chị", "Gian hàng của anh"),
        ("Chào chị %(name)s,", "Chào anh %(name)s,"),
        ("Chị %(name)s chưa nhận.", "Chị %(name)s chưa nhận."),
        ("Anh/chị ghi họ và tên.", "Anh/chị ghi họ và tên."),
        ("Đang có ở nhà chị em", "Đang có ở nhà chị em"),
        ("Chờ chị ấy đồng ý", "Chờ chị ấy đồng ý"),
        ("Hội thu, rồi trả từng chị", "Hội thu, rồi trả từng chị"),
        ("Các chị còn nộp phí", "Các chị còn nộp phí"),
        ("Ví dụ: chị Sương, cô Lành.", "Ví dụ: chị Sương, cô Lành."),
    ],
)
def test_only_whom_we_speak_to_is_called_anh(said, to_a_man):
    with speaking("vi", "anh"):
        assert to_whom(said) == to_a_man
    with speaking("vi"):
        assert to_whom(said) == said


def test_no_sentence_makes_a_man_of_others():
    changed = 0
    with speaking("vi", "anh"):
        for text in sentences():
            said = to_whom(text)
            changed += said != text
            was = _OTHERS.findall(text)
            assert len(_OTHERS.findall(said)) == len(was) + said.count("Chào anh %("), text
    assert changed > 400


def test_english_has_one_wording_and_the_word_ends_with_its_block():
    with speaking("en", "anh"):
        assert (wording(), gettext("Gian hàng của chị")) == ("en", "Your stalls")
    with speaking("vi", "anh"):
        assert wording() == "vi-anh"
        assert ngettext("Chị còn %(num)s đơn", "Chị còn %(num)s đơn", 2) == "Anh còn 2 đơn"
    assert wording() == "vi"
