"""Orders as people write them in a chat: what is guessed, and what is left to the seller."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shop.ordering.rules.dictated import MOST_OF_ONE, Good, guess

FLOUR, FLOUR_BAG, HONEY, SAUCE, TEA = 1, 2, 3, 4, 5
GOODS = [
    Good(FLOUR, "Bột ngũ cốc", "Hũ 500 g"), Good(FLOUR_BAG, "Bột ngũ cốc", "Túi 1 kg"),
    Good(HONEY, "Mật ong hoa tràm", "Chai 500 ml"), Good(SAUCE, "Mắm nêm", "Hũ 300 g"),
    Good(TEA, "Chè dây", "Gói 200 g"),
]  # fmt: skip
LAN, HOA = "+84905000123", "+84912000678"

MESSAGES = [
    # (message, name, phone, street, place, counts)
    ("Cho em 2 hũ bột ngũ cốc, 0905 000 123 Lan, giao về 15 Lê Lợi, phường Hải Châu, Đà Nẵng",
     "Lan", LAN, "15 Lê Lợi", "phường Hải Châu, Đà Nẵng", {FLOUR: 2}),
    ("chi oi lay em 2 hu bot ngu coc, sdt 0905.000.123, ten Lan, dia chi 15 Le Loi, p Hai Chau, Da Nang",
     "Lan", LAN, "15 Le Loi", "p Hai Chau, Da Nang", {FLOUR: 2}),
    ("Tên: Trần Thị Lan\nSĐT: 0905-000-123\nĐịa chỉ: 12 thôn Gò Mít, xã Quế Phước, Đà Nẵng\n1 chai mật ong\n3 gói chè dây",
     "Trần Thị Lan", LAN, "12 thôn Gò Mít", "xã Quế Phước, Đà Nẵng", {HONEY: 1, TEA: 3}),
    ("đặt 1 mắm nêm và 2 chè dây, +84 905 000 123", "", LAN, "", "", {SAUCE: 1, TEA: 2}),
    ("mat ong x2; mam nem x 1; 84905000123; ten Hoa", "Hoa", LAN, "", "", {HONEY: 2, SAUCE: 1}),
    ("Hai hũ mắm nêm nhé chị", "", "", "", "", {SAUCE: 2}),
    ("ba goi che day\n0912000678\nHoa", "Hoa", HOA, "", "", {TEA: 3}),
    ("bột ngũ cốc túi 1kg 2 túi", "", "", "", "", {FLOUR_BAG: 2}),
    ("2 tui bot ngu coc 1 kg", "", "", "", "", {FLOUR_BAG: 2}),
    ("Người nhận: Lê Hoa - 0912 000 678 - 3 mật ong", "Lê Hoa", HOA, "", "", {HONEY: 3}),
    ("ship tới 45/6 kiệt 12 đường Mẫu, xã Phước Ninh, huyện Quế Sơn, Quảng Nam. 1 hũ mắm nêm. sđt 0912 000 678",
     "", HOA, "45/6 kiệt 12 đường Mẫu", "xã Phước Ninh, huyện Quế Sơn, Quảng Nam", {SAUCE: 1}),
    ("dc: thon 3, xa Que Lam, Quang Nam\n5 goi che day\nsdt 0912.000.678", "", HOA, "thon 3", "xa Que Lam, Quang Nam", {TEA: 5}),
    ("em là Ngọc, 0905000123, lấy 1 mật ong hoa tràm", "Ngọc", LAN, "", "", {HONEY: 1}),
    ("1hũ mắm nêm, 2chai mật ong", "", "", "", "", {SAUCE: 1, HONEY: 2}),
    ("mật ong", "", "", "", "", {HONEY: 1}),
    ("cho c 10 hu mam nem, gui ve thi tran Dong Phu, Quang Nam", "", "", "", "thi tran Dong Phu, Quang Nam", {SAUCE: 10}),
    ("Nhà ở 7 Nguyễn Mẫu, phường An Hải, Đà Nẵng; 0905 000 123; chị Lan", "Lan", LAN, "7 Nguyễn Mẫu", "phường An Hải, Đà Nẵng", {}),
    ("2 x Mật ong hoa tràm (Chai 500 ml)", "", "", "", "", {HONEY: 2}),
    ("lấy 1 chè dây với 1 mắm nêm", "", "", "", "", {TEA: 1, SAUCE: 1}),
    ("0905000123", "", LAN, "", "", {}),
]  # fmt: skip


@pytest.mark.parametrize(("text", "name", "phone", "street", "place", "counts"), MESSAGES)
def test_a_message_is_read_as_a_person_would(text, name, phone, street, place, counts):
    found = guess(text, GOODS)
    assert (found.name, found.phone, found.street, found.place, found.counts) == (
        name, phone, street, place, counts,
    )  # fmt: skip


@pytest.mark.parametrize(
    "text", ["2 hũ bột", "chị còn bột không", "tối nay họp tổ nhé", "cảm ơn chị", ""]
)
def test_what_can_mean_two_things_or_nothing_is_left_to_the_seller(text):
    found = guess(text, [*GOODS, Good(9, "Bột nghệ", "Hũ 200 g")])
    assert not found.counts
    assert not found.phone


def test_two_packs_of_one_name_are_told_apart_by_the_vessel():
    assert guess("1 hũ bột ngũ cốc", GOODS).counts == {FLOUR: 1}
    assert guess("1 túi bột ngũ cốc", GOODS).counts == {FLOUR_BAG: 1}
    assert guess("1 bột ngũ cốc", GOODS).counts == {}


def test_the_same_thing_twice_is_summed_and_never_past_the_bound():
    assert guess("1 mật ong, 2 chai mật ong", GOODS).counts == {HONEY: 3}
    assert guess("\n".join(["199 mật ong"] * 5), GOODS).counts == {HONEY: MOST_OF_ONE}


@given(st.text(max_size=300))
def test_whatever_is_pasted_gives_a_guess(text):
    found = guess(text, GOODS)
    assert all(0 < n <= MOST_OF_ONE for n in found.counts.values())
    assert not found.phone or found.phone.startswith("+")


def test_long_nonsense_takes_no_time():
    guess("địa chỉ " * 5000 + "0" * 5000 + " x" * 5000, GOODS)
