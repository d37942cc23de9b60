import pytest
from hypothesis import given
from hypothesis import strategies as st

from shop.catalogue import rules
from shop.kernel.text import fold


@pytest.mark.parametrize(
    ("price", "content", "wanted"),
    [
        (95_000, {"net_g": 500}, rules.Measure("100g", 19_000)),
        (55_000, {"net_g": 300}, rules.Measure("100g", 18_333)),
        (85_000, {"net_ml": 500}, rules.Measure("100ml", 17_000)),
        (45_000, {"pieces": 20}, rules.Measure("piece", 2_250)),
        (1_000, {"net_g": 800}, rules.Measure("100g", 125)),
        (1_001, {"net_g": 200}, rules.Measure("100g", 501)),  # 500,5 goes up.
        (20_000, {"net_g": 100}, None),
        (20_000, {"pieces": 1}, None),
        (20_000, {}, None),
    ],
)
def test_price_per_measure_is_the_nearest_dong(price, content, wanted):
    known = {"net_g": None, "net_ml": None, "pieces": None, **content}
    assert rules.price_per_measure(price, **known) == wanted


@given(st.integers(1, 500_000_000), st.integers(1, 1_000_000))
def test_price_per_measure_is_never_half_a_dong_off(price, grams):
    measure = rules.price_per_measure(price, net_g=grams, net_ml=None, pieces=None)
    if grams == 100:
        assert measure is None
    else:
        assert abs(measure.price_vnd * grams - price * 100) * 2 <= grams


def test_a_state_moves_only_as_the_table_says():
    for state in rules.STATES:
        for wanted in rules.STATES:
            if (state, wanted) in rules.MOVES:
                rules.check_move(state, wanted)
            else:
                with pytest.raises(rules.IllegalMove):
                    rules.check_move(state, wanted)


def test_unknown_allergens_are_dropped_and_none_stands_alone():
    assert rules.clean_allergens(["sesame", "x", "peanut"]) == ["peanut", "sesame"]
    assert rules.clean_allergens(["none", "egg"]) == ["egg"]
    assert rules.clean_allergens(["none"]) == ["none"]
    assert rules.clean_allergens([]) == []


def test_words_that_mean_the_same_are_added_with_their_marks_respected():
    text = rules.search_text(rules.Naming(titles=("Đậu phộng rang muối", "Salted peanuts")))
    assert text.split("\n")[0] == "dau phong rang muoi salted peanuts"
    assert "lac" in text.split("\n")[1].split()
    mother = rules.search_text(rules.Naming(titles=("Quà tặng mẹ",)))
    assert "vung" not in mother  # "mẹ" is not "mè".


def test_every_group_of_synonyms_names_each_word_once():
    for _, words in rules._synonym_groups():
        assert len({fold(w) for w in words}) == len(words), words


@given(st.text(max_size=60), st.text(max_size=60))
def test_search_text_always_has_two_lines_of_folded_words(title, place):
    text = rules.search_text(rules.Naming(titles=(title,), places=(place,)))
    first, _, rest = text.partition("\n")
    assert first == fold(title)
    assert "\n" not in rest
    assert set(rest) <= set("abcdefghijklmnopqrstuvwxyz0123456789 ")
