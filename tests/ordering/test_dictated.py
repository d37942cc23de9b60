"""Orders as people write them in a chat: what is guessed, and what is left to the seller."""

from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shop.kernel.text import fold
from shop.ordering.rules.dictated import MOST_TEXT, guess
from shop.ordering.rules.dictated_counts import MOST_OF_ONE, Good

FLOUR, FLOUR_BAG, HONEY, SAUCE, TEA, SALT, CAKE = 1, 2, 3, 4, 5, 6, 7
GOODS = [
    Good(FLOUR, "Bột ngũ cốc", "Hũ 500 g"), Good(FLOUR_BAG, "Bột ngũ cốc", "Túi 1 kg"),
    Good(HONEY, "Mật ong hoa tràm", "Chai 500 ml"), Good(SAUCE, "Mắm nêm", "Hũ 300 g"),
    Good(TEA, "Chè dây", "Gói 200 g"), Good(SALT, "Muối ớt", "Hũ 150 g", "Chili salt", "Jar 150 g"),
    Good(CAKE, "Bánh tráng", "1 kg"),
]  # fmt: skip
LAN, HOA = "+84905000123", "+84912000678"
CHAU = "P. Hải Châu 1, Q. Hải Châu, TP Đà Nẵng"

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
    ("mật ong", "", "", "", "", {}),
    ("cho c 10 hu mam nem, gui ve thi tran Dong Phu, Quang Nam", "", "", "", "thi tran Dong Phu, Quang Nam", {SAUCE: 10}),
    ("Nhà ở 7 Nguyễn Mẫu, phường An Hải, Đà Nẵng; 0905 000 123; chị Lan", "Lan", LAN, "7 Nguyễn Mẫu", "phường An Hải, Đà Nẵng", {}),
    ("2 x Mật ong hoa tràm (Chai 500 ml)", "", "", "", "", {HONEY: 2}),
    ("lấy 1 chè dây với 1 mắm nêm", "", "", "", "", {TEA: 1, SAUCE: 1}),
    ("0905000123", "", LAN, "", "", {}),
    # Short marks of places, with their stops.
    (f"Mai Anh\n0905 000 123\n12 Trần Phú, {CHAU}\n2 hũ mắm nêm", "Mai Anh", LAN, "12 Trần Phú", CHAU, {SAUCE: 2}),
    ("Tên: Lan Anh\nSĐT: 0905000123\nĐịa chỉ: 12 Trần Phú, P. Hải Châu, Q. Hải Châu, TP. Đà Nẵng\n1 mật ong",
     "Lan Anh", LAN, "12 Trần Phú", "P. Hải Châu, Q. Hải Châu, TP. Đà Nẵng", {HONEY: 1}),
    ("Tên: Lan Anh SĐT: 0905000123 Địa chỉ: 12 Trần Phú, P.Hải Châu, TP.Đà Nẵng. Lấy 1 mật ong",
     "Lan Anh", LAN, "12 Trần Phú", "P. Hải Châu, TP. Đà Nẵng", {HONEY: 1}),
    ("Thanh Hằng\n0912 000 678\nK45/6 Ông Ích Khiêm, p. Thạch Thang, q. Hải Châu\n3 gói chè dây",
     "Thanh Hằng", HOA, "K45/6 Ông Ích Khiêm", "p. Thạch Thang, q. Hải Châu", {TEA: 3}),
    ("thanh hang 0912000678\n2 mam nem", "thanh hang", HOA, "", "", {SAUCE: 2}),
    ("Phan Thị Bích Hằng, 0912 000 678, 7 Hoa Phượng, phường An Hải, Đà Nẵng, 2 hũ muối ớt",
     "Phan Thị Bích Hằng", HOA, "7 Hoa Phượng", "phường An Hải, Đà Nẵng", {SALT: 2}),
    ("0905000123 Hồng Nhung\nTổ 3, TT. Đông Phú, H. Quế Sơn, Quảng Nam\n1 chai mật ong",
     "Hồng Nhung", LAN, "Tổ 3", "TT. Đông Phú, H. Quế Sơn, Quảng Nam", {HONEY: 1}),
    ("Giao đến P.5 Q.3 TP.HCM, số 18/2 Nguyễn Mẫu, chị Kim Chi 0905000123, 4 gói chè dây",
     "Kim Chi", LAN, "", "P. 5 Q. 3 TP. HCM, số 18/2 Nguyễn Mẫu", {TEA: 4}),
    ("12 Trần Phú, Hải Châu, TP Đà Nẵng. 0905 000 123. Lấy 1 hũ mắm nêm", "", LAN, "12 Trần Phú", "Hải Châu, TP Đà Nẵng", {SAUCE: 1}),
    # Two numbers.
    ("Lan Anh 0905000123/0912000678 nhé\n2 hũ mắm nêm", "Lan Anh", LAN, "", "", {SAUCE: 2}),
    ("2 mắm nêm. sđt 0905 000 123 hoặc 0912 000 678, tên Hoa", "Hoa", LAN, "", "", {SAUCE: 2}),
    # Copied with what the app wrote.
    ("[27/11/2026 09:15] Lan Anh: cho em 2 hũ mắm nêm\n[27/11/2026 09:16] Lan Anh: 0905000123",
     "Lan Anh", LAN, "", "", {SAUCE: 2}),
    ("Thu Hà, [26/11/2026 21:40]\nDạ em lấy 1 chai mật ong với 2 gói chè dây ạ\n0905 000 123", "Thu Hà", LAN, "", "", {HONEY: 1, TEA: 2}),
    ("Thu Hà 09:15\n3 hũ muối ớt\n09:17\n0905000123\nĐã xem", "Thu Hà", LAN, "", "", {SALT: 3}),
    ("Hôm nay 14:02\nThu Hà đã gửi\nlấy em 2 hũ mắm nêm nha", "Thu Hà", "", "", "", {SAUCE: 2}),
    ("Fri 9:15 AM\nThu Ha sent\n2 muoi ot\nYou sent\nSeen by Thu Ha", "Thu Ha", "", "", "", {SALT: 2}),
    # Polite openings.
    ("Dạ cho em 3 hũ mắm nêm ạ", "", "", "", "", {SAUCE: 3}),
    ("Shop ơi cho mình 3 hũ mắm nêm với", "", "", "", "", {SAUCE: 3}),
    ("Alo chị ơi, em muốn đặt 2 gói chè dây ạ, em cảm ơn chị nhiều", "", "", "", "", {TEA: 2}),
    ("Dạ chị giúp em 1 hũ muối ớt nghen, em tên Thuỷ, 0905000123", "Thuỷ", LAN, "", "", {SALT: 1}),
    # Forms of address that are numbers, and goods whose name sounds like one.
    ("Chị Ba lấy 2 hũ muối ớt", "", "", "", "", {SALT: 2}),
    ("Cô Tám cho con 1 hũ muối ớt", "", "", "", "", {SALT: 1}),
    ("Anh Năm: 3 hũ mắm nêm", "Năm", "", "", "", {SAUCE: 3}),
    ("dì Út lấy hai hũ muối ớt nghe", "", "", "", "", {SALT: 2}),
    ("chú Tư, bác Sáu mỗi người 1 hũ mắm nêm", "Tư", "", "", "", {SAUCE: 1}),
    ("Chị Bảy nói lấy mười gói chè dây", "", "", "", "", {TEA: 10}),
    ("2 hu muoi ot, 1 mam nem", "", "", "", "", {SALT: 2, SAUCE: 1}),
    ("cô Chín ơi con lấy một chai mật ong", "", "", "", "", {HONEY: 1}),
    # Weights: what is one pack exactly, or so many of the only one.
    ("nửa ký bột ngũ cốc", "", "", "", "", {FLOUR: 1}),
    ("1 kg bột ngũ cốc nha chị", "", "", "", "", {FLOUR_BAG: 1}),
    ("2 lạng chè dây", "", "", "", "", {TEA: 1}),
    ("lấy 3 ký bánh tráng", "", "", "", "", {CAKE: 3}),
    ("5 kg bột ngũ cốc", "", "", "", "", {}),
    # More, less, none.
    ("1 hũ mắm nêm\nlấy thêm 2 hũ mắm nêm nữa", "", "", "", "", {SAUCE: 3}),
    ("2 mắm nêm, 1 chè dây\nà thôi bỏ mắm nêm", "", "", "", "", {TEA: 1}),
    ("Không lấy muối ớt nữa", "", "", "", "", {}),
    ("1 chai mật ong, đừng gửi muối ớt", "", "", "", "", {HONEY: 1}),
    ("chỉ 2 hũ mắm nêm thôi", "", "", "", "", {SAUCE: 2}),
    ("k lay mam nem, lay 2 che day", "", "", "", "", {TEA: 2}),
    ("còn muối ớt không chị", "", "", "", "", {}),
    ("2-3 hũ mắm nêm", "", "", "", "", {}),
    ("mắm nêm 95k hả chị, lấy 2 hũ mắm nêm", "", "", "", "", {SAUCE: 2}),
    ("2 chục gói chè dây", "", "", "", "", {}),
    # All in one breath, symbols, capitals.
    ("2 hũ mắm nêm 3 gói chè dây 1 chai mật ong", "", "", "", "", {SAUCE: 2, TEA: 3, HONEY: 1}),
    ("Mắm nêm 2 chè dây 3", "", "", "", "", {SAUCE: 2, TEA: 3}),
    ("Mật ong - 2 chai\nMắm nêm - 1 hũ", "", "", "", "", {HONEY: 2, SAUCE: 1}),
    ("🌸 Lan Anh 🌸\n📞 0905000123\n👉 2 hũ mắm nêm ❤️❤️", "Lan Anh", LAN, "", "", {SAUCE: 2}),
    ("CHO EM 2 HŨ MẮM NÊM NHÉ, SĐT 0905000123, TÊN NGỌC", "NGỌC", LAN, "", "", {SAUCE: 2}),
    ("ngày 20/11 giao 2 hũ mắm nêm lúc 9h", "", "", "", "", {SAUCE: 2}),
    # From abroad.
    ("Hi, I would like 2 jars of chili salt, please. Ship to: 12 Trần Phú, P. Hải Châu, Da Nang. Name: Mai Anh. Phone: 0905000123",
     "Mai Anh", LAN, "12 Trần Phú", "P. Hải Châu, Da Nang", {SALT: 2}),
    ("Two jars of chili salt for my mom, Lan Anh, +84 905 000 123. My number is +1 408 555 0123",
     "Lan Anh", LAN, "", "", {SALT: 2}),
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


@pytest.mark.parametrize(
    ("text", "where", "words"),
    [
        ("Không lấy muối ớt nữa", "not_wanted", "Không lấy muối ớt nữa"),
        ("1 chè dây, đừng gửi muối ớt", "not_wanted", "đừng gửi muối ớt"),
        ("mật ong nha chị", "asks", "mật ong nha chị"), ("2-3 hũ mắm nêm", "asks", "2-3 hũ mắm nêm"),
        ("5 kg bột ngũ cốc", "asks", "5 kg bột ngũ cốc"), ("2 bột ngũ cốc", "asks", "2 bột ngũ cốc"),
        ("bỏ món kia nha", "rest", "bỏ món kia nha"), ("2 hũ tương", "rest", "2 hũ tương"),
    ],
)  # fmt: skip
def test_what_is_not_sure_is_said_in_its_own_words(text, where, words):
    assert words in getattr(guess(text, GOODS), where)


def test_every_number_is_kept():
    assert guess("0905000123/0912000678 nhé", GOODS).others == (HOA,)
    assert guess("+1 408 555 0123, ở nhà 0905000123", GOODS).phone == LAN


NAMES = [good.name for good in GOODS]
AROUND = ["chị", "cô", "lấy", "cho em", "dạ", "ạ", "nhé", "không", "đừng", "thôi", "Lan Anh", "Út",
          "shop ơi", "con", "hũ", "gói", ",", "\n", "bỏ", "95k", "ngày 20"]  # fmt: skip


@given(st.lists(st.sampled_from(NAMES + AROUND), max_size=14))
def test_nothing_is_counted_without_a_number_near_it(words):
    assert guess(" ".join(words), GOODS).counts == {}


@given(
    st.sampled_from(["Chị Ba", "cô Tám", "anh Năm", "dì Tư", "chú Sáu", "bác Hai", "Chị Bảy"]),
    st.sampled_from(["lấy", "cho em", "đặt giúp", ", lấy", ": cho"]), st.integers(1, 99),
    st.sampled_from(["hũ mắm nêm", "chai mật ong", "gói chè dây", "hũ muối ớt"]),
    st.sampled_from(["", " nhé", " ạ", " nữa nha chị"]), st.booleans(),
)  # fmt: skip
def test_who_is_spoken_to_is_never_a_count(who, verb, n, what, end, is_bare):
    text = f"{who} {verb} {n} {what}{end}"
    if is_bare:
        text = fold(text)
    assert list(guess(text, GOODS).counts.values()) == [n]


LONG = ["0", " ", "\n", ",", "A", "[", "09:15 ", "+84 ", "Lan ", "1 mật ong, ", "1,", "địa chỉ ", "tên ", "x1 ", "P.",
        "2 hũ bột ngũ cốc, 0905000123 Lan\n", "thứ 2, ", "12/11 ", "a: ", "\n\n, "]  # fmt: skip


@pytest.mark.parametrize("words", LONG)
def test_no_long_message_takes_a_stall_of_many_goods_long(words):
    goods = [Good(100 + n, f"Bột ngũ cốc loại {n}", f"Hũ {n} g") for n in range(500)]
    begun = process_time()
    guess((words * MOST_TEXT)[:MOST_TEXT], [*GOODS, *goods])
    assert process_time() - begun < 2


def test_a_long_chat_is_read_to_its_end():
    assert guess("chào chị\n" * 500 + "2 hũ mắm nêm", GOODS).counts == {SAUCE: 2}
    assert len("chào chị\n" * 500) < MOST_TEXT


def test_two_packs_of_one_name_are_told_apart_by_the_vessel():
    assert guess("1 hũ bột ngũ cốc", GOODS).counts == {FLOUR: 1}
    assert guess("1 túi bột ngũ cốc", GOODS).counts == {FLOUR_BAG: 1}
    assert guess("1 bột ngũ cốc", GOODS).counts == {}


def test_a_bare_number_behind_a_vessel_is_its_weight():
    assert guess("1 bột ngũ cốc hũ 500 nha", GOODS).counts == {FLOUR: 1}
    assert guess("2 hũ 500 bột ngũ cốc", GOODS).counts == {FLOUR: 2}


def test_goods_that_fold_to_noise_are_known_by_their_marks():
    sesame = Good(7, "Bột mè đen", "Hũ 300 g")
    for text in ("1 mè đen hũ 300", "1 hũ mè đen nha", "Cho em 1 mè đen", "1 bot me den"):
        assert guess(text, [*GOODS, sesame]).counts == {7: 1}, text
    assert guess("giao đến mẹ em 2 ngày nữa", [sesame]).counts == {}


@pytest.mark.parametrize(
    ("text", "name", "street"),
    [("gửi về Trần Thị Hoa 0914 222 333, số 12 đường Lê Lợi, phường Hải Châu",
      "Trần Thị Hoa", "số 12 đường Lê Lợi"),
     ("ship cho chị Nguyễn Ngọc Anh Thư 0914222333, 15 Trần Phú, p Hải Châu", None, "15 Trần Phú"),
     ("giao về Thôn Gò Mít 0914222333", "", "Thôn Gò Mít"),
     ("giao về xã Sông Lành 0914222333 Lan", "Lan", "")],
)  # fmt: skip
def test_whom_it_is_sent_to_is_no_street(text, name, street):
    found = guess(text, GOODS)
    assert found.street == street
    assert name is None or found.name == name


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


@pytest.mark.parametrize(
    ("said", "method"),
    [
        ("Em ck trước", "transfer"), ("em chuyển khoản trước nhé chị", "transfer"),
        ("cho em xin stk", "transfer"), ("chuyen khoan luon nha", "transfer"),
        ("I will pay by bank transfer", "transfer"), ("ship cod nhé", "cod"),
        ("nhận hàng trả tiền", "cod"), ("nhan hang roi tra tien", "cod"),
        ("trả tiền khi nhận hàng", "cod"), ("em trả tiền mặt", "cod"),
        ("không ck được", ""), ("ck em nhận giúp", ""), ("ck tiền hàng, ship cod", ""), ("", ""),
    ],
)  # fmt: skip
def test_how_she_pays_is_read_and_is_neither_goods_nor_name(said, method):
    found = guess(f"2 hũ mắm nêm, {said}\nLan 0905 000 123", GOODS)
    assert (found.method, found.counts, found.name) == (method, {SAUCE: 2}, "Lan")
    if method:
        assert not [words for words in found.rest if words not in ("nhé", "chị")]


def test_cash_at_the_door_leaves_the_address():
    found = guess("2 hũ mắm nêm, ship cod về 15 Lê Lợi, phường Hải Châu", GOODS)
    assert (found.method, found.street, found.place) == ("cod", "15 Lê Lợi", "phường Hải Châu")
