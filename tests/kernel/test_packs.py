import pytest

from shop.kernel import packs


@pytest.mark.parametrize(
    ("unit", "name", "wanted"),
    [
        ("hũ", "Túi 1 kg", "túi"),
        ("hũ", "Hũ 500 g", "hũ"),
        ("cái", "Cỡ lớn, miệng 42 cm", "cái"),
        ("jar", "Bag 1 kg", "bag"),
        ("tray", "Tray of 30", "tray"),
    ],
)
def test_a_pack_is_counted_by_its_own_word(unit, name, wanted):
    assert packs.counted_unit(unit, name) == wanted
