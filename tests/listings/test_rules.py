import pytest
from hypothesis import given
from hypothesis import strategies as st

from shop.kernel.text import fold
from shop.listings import rules

PLACES = {"48": "Đà Nẵng"}


@given(
    st.dictionaries(
        st.sampled_from(["trang", "xep", "tinh", "xa", "gia", "con", "khiem-thi", "loai", "tu"]),
        st.one_of(st.text(max_size=30), st.from_regex(r"-?[0-9]{0,30}-?[0-9]{0,9}")),
    )
)
def test_any_address_is_read_without_failing(args):
    asked = rules.asked_for(args, provinces=PLACES)
    if asked is None:
        assert "trang" in args
    else:
        assert 1 <= asked.page <= rules.MOST_PAGES
        assert asked.sort in rules.SORTS
        least, most = asked.price_range
        assert all(p is None or 0 <= p < 10**9 for p in (least, most))


@pytest.mark.parametrize("page", ["0", "-1", "22", "1e3", "١", "999999999999", "", "2 ", "01"])
def test_a_page_number_that_is_none_is_refused(page):
    assert rules.asked_for({"trang": page}, provinces=PLACES) is None


def test_price_bands_are_in_thousands():
    assert rules.Asked(band="50-100").price_range == (50_000, 100_000)
    assert rules.Asked(band="-50").price_range == (None, 50_000)
    assert rules.Asked(band="200-").price_range == (200_000, None)


def test_pages_are_counted_up_to_the_cap():
    assert [rules.pages_of(n) for n in (0, 1, 24, 25, 500, 501, 20_000)] == [1, 1, 1, 2, 21, 21, 21]


@given(st.text(min_size=1, max_size=40))
def test_a_title_is_as_like_itself_as_can_be(title):
    words = rules.search_words(fold(title))
    if words.all and " ".join(words.all) == fold(title):
        assert rules.most_alike(words, [(1, fold(title))], least=0.99) == [1]


@given(st.text(max_size=30), st.text(max_size=30))
def test_likeness_stays_between_nothing_and_the_same(one, other):
    words, found = rules.search_words(fold(one)), [(1, fold(other))]
    if words.all and fold(other).split():
        assert rules.most_alike(words, found, least=0) == [1]
    assert rules.most_alike(words, found, least=1.01) == []


def test_a_typing_slip_is_near_and_another_thing_is_not():
    sauce = [(1, fold("Nước mắm cá cơm ủ chum"))]
    assert rules.most_alike(rules.search_words("nuoc man"), sauce, least=0.6) == [1]
    assert rules.most_alike(rules.search_words("noi com dien"), sauce, least=0.45) == []


def test_the_most_alike_comes_first():
    titles = {1: "mam ruoc", 2: "nuoc mam", 3: "", 4: "nuoc mam nhi"}
    found = list(titles.items())
    words = rules.search_words("nuoc mamm")
    assert rules.most_alike(words, found, least=0.3) == [4, 2, 1]


@pytest.mark.parametrize(
    ("args", "wanted"),
    [
        ({}, 1),
        ({"so": "3"}, 3),
        ({"so": "3", "step": "+1"}, 4),
        ({"so": "3", "step": " 1"}, 4),  # A browser sends + as %2B, people copy a space.
        ({"so": "1", "step": "-1"}, 1),
        ({"so": "9", "step": "+1"}, 9),
        ({"so": "x"}, 1),
        ({"so": "99999"}, 1),
    ],
)
def test_the_stepper_works_by_address(args, wanted):
    assert rules.quantity_asked(args, most=9) == wanted


def test_people_are_called_by_their_given_name():
    assert rules.called("chị Nguyễn Thị Mẫn") == "chị Mẫn"
    assert rules.called("Tổ đan Tay Ấm") == "Tổ đan Tay Ấm"


@pytest.mark.parametrize("typed", ["hoa", "hoa ta", "ho", "dang", "ta hoa", "oa", "xyz", "hoa hoa"])
def test_names_that_hold_every_word_are_found_as_by_looking_at_each(typed):
    names = [" ta hoa dang ", " hoa ", " tahoa ", " hoa ta ", " hoa\nta ", "  ", " dang hoa hoai "]
    words = rules.search_words(typed)
    looked_at = [
        n for n, name in enumerate(names) if all(w in name.replace("\n", " ") for w in words.begun)
    ]
    named = rules.Named((name, n) for n, name in enumerate(names))
    assert named.holding(words, 99) == looked_at
    assert named.holding(words, 1) == looked_at[:1]


def test_nothing_is_named_without_words_or_names():
    assert rules.Named([(" hoa ", 1)]).holding(rules.search_words(""), 6) == []
    assert rules.Named([]).holding(rules.search_words("hoa"), 6) == []
