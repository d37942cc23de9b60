"""The memo survives what banks do to it, and nothing else looks like one."""

import random

from hypothesis import given
from hypothesis import strategies as st

from shop.kernel.codes import ALPHABET, check_character
from shop.payments.rules.memo import MEMO_LENGTH, new_memo, read_memo, spoken

BODY = "7K2M9PX"
MEMO = "CP" + BODY + check_character(BODY)
OTHER = "CP" + "8A1B2C3" + check_character("8A1B2C3")


def memo_of(seed: int) -> str:
    body = "".join(random.Random(seed).choices(ALPHABET[:31], k=7))
    return "CP" + body + check_character(body)


MEMOS = st.integers(min_value=0).map(memo_of)

#: Shapes of DOMAIN 1.2 with our code inserted, and what is found in each.
BANK_TEXTS = [
    (MEMO, [MEMO]),
    (f"{MEMO} chuyen tien", [MEMO]),
    (f"MBVCB.1457193831.{MEMO}.CT tu 0000000000001 NGUYEN THI A toi 0000000000002 TRAN THI B", [MEMO]),
    (f"MBVCB.3278 {MEMO.lower()} NGUYEN VAN A", [MEMO]),
    (f"{MEMO[:6]} {MEMO[6:]}", [MEMO]),
    (f"{MEMO[:2]}.{MEMO[2:5]}-{MEMO[5:]}", [MEMO]),
    (f"{MEMO[:4]}\n{MEMO[4:]}", [MEMO]),
    ("884114.100924.223854.NGUYEN VAN A chuyen FT24255276428", []),
    (f"311447.110821.213735.00000000003-0900000000-{MEMO.lower()}", [MEMO]),
    ("NGUYEN THI A chuyen tien mua bot ngu coc", []),
    (f"Thanh toan QR {MEMO} GD 174242-090822 15:45:46", [MEMO]),
    (f"{MEMO} {OTHER} chuyen 2 don", [MEMO, OTHER]),
    (f"{MEMO}{OTHER}", [MEMO, OTHER]),
    (f"{MEMO} nhac lai {MEMO}", [MEMO]),
    (f"CHUYENTIENCHOCP{MEMO}CAMON", [MEMO]),
    ("", []),
    ("đặt cọc CP", []),
    ("CP" * 50, []),
]  # fmt: skip


def test_every_known_shape_of_a_bank_text_is_read():
    for text, found in BANK_TEXTS:
        assert read_memo(text, "CP") == found, text


def test_a_fresh_memo_is_found_whole_and_reads_in_groups():
    for _ in range(2000):
        memo = new_memo("CP")
        assert len(memo) == MEMO_LENGTH == 10
        assert "CP" not in memo[1:]
        assert read_memo(f"chuyen tien {memo} cam on", "CP") == [memo]
    assert spoken("CP7K2M9PXA") == "CP 7K2M 9PXA"


def test_a_prefix_with_look_alike_letters_is_found_too():
    memo = new_memo("LO")
    assert read_memo(memo, "LO") == [memo]
    assert read_memo("10" + memo[2:], "LO") == [memo]


@given(MEMOS)
def test_i_l_and_o_are_read_as_digits(memo):
    for one in "ILil":
        mangled = "CP" + memo[2:].replace("1", one).replace("0", "o")
        assert read_memo(mangled, "CP") == [memo]


@given(MEMOS, st.integers(2, 9), st.sampled_from(ALPHABET))
def test_one_wrong_character_is_noticed(memo, place, wrong):
    changed = memo[:place] + wrong + memo[place + 1 :]
    assert memo == changed or changed not in read_memo(changed, "CP")


@given(MEMOS, st.integers(2, 8))
def test_two_swapped_neighbours_are_noticed(memo, place):
    swapped = memo[:place] + memo[place + 1] + memo[place] + memo[place + 2 :]
    assert swapped == memo or swapped not in read_memo(swapped, "CP")


@given(st.text(max_size=300))
def test_any_text_at_all_can_be_read(text):
    for memo in read_memo(text, "CP"):
        assert check_character(memo[2:9]) == memo[9]


def test_words_hardly_ever_look_like_a_memo():
    """A false hit needs the prefix, eight letters of the alphabet and a right check.

    Of 20,000 invented bank texts that carry no memo, at most a handful may hit even though
    each has the prefix glued to other words.
    """
    words = [
        "CHUYEN",
        "TIEN",
        "MUA",
        "HANG",
        "CHO",
        "CHI",
        "SUONG",
        "NGUYEN",
        "THI",
        "A",
        "THANH",
        "TOAN",
        "DON",
        "FT24255276428",
        "GD",
        "0905",
    ]
    chance = random.Random(7)
    hits = sum(
        bool(read_memo("".join(chance.choices(words, k=6)), "CP")) for _ in range(20_000)
    )  # fmt: skip
    assert hits == 0
    glued = sum(
        bool(read_memo("CP" + "".join(chance.choices("ABCDEFGH0123456789", k=30)), "CP"))
        for _ in range(20_000)
    )  # fmt: skip
    assert glued < 20_000 / 31 * 1.25
