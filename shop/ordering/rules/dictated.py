"""An order as people write it in a chat: who, which number, where to, what and how many. Guesses.

"Chi oi lay em 2 hu bot ngu coc, sdt 0905.123.456, ten Lan, giao ve 15 Le Loi p Hai Chau DN" is
split at commas and line ends; each piece says what it looks like. Nothing here is certain: a
person looks at the guess in fields and confirms it.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from shop.kernel.phones import WrongPhone, parse_phone
from shop.kernel.text import fold, nfc

MOST_TEXT = 2000
#: Nobody means more of one thing in a chat; a larger number is a weight or a house.
MOST_OF_ONE = 200

_PHONE = re.compile(r"(?<![\d.])(?:\+\s?84|84|0)(?:[\s.\-()]{0,2}\d){8,10}(?!\d)")
#: What ends a thought, and what may only divide it.
_LINES = re.compile(r"[\n;•|]+|\s[-–]\s|\.\s|(?<!\w)\+(?!\w)")
_PIECES = re.compile(r",(?!\d)")
_NUMBERS = {
    "mot": 1, "hai": 2, "ba": 3, "bon": 4, "tu": 4, "nam": 5, "sau": 6, "bay": 7, "tam": 8,
    "chin": 9, "muoi": 10, "chuc": 10, "cap": 2, "doi": 2,
}  # fmt: skip
#: Words for vessels: they count and name nothing by themselves.
_UNITS = frozenset(
    [
        "hu",
        "hop",
        "goi",
        "bich",
        "tui",
        "chai",
        "lo",
        "cai",
        "con",
        "kg",
        "ky",
        "ki",
        "can",
        "lang",
        "g",
        "gr",
        "gam",
        "bo",
        "cap",
        "chiec",
        "xau",
        "cay",
        "lon",
        "thung",
        "mieng",
        "phan",
        "set",
        "combo",
        "loc",
        "binh",
        "trai",
        "qua",
        "chuc",
        "lit",
        "ml",
    ]
)
_NOISE = frozenset(
    ["em", "chi", "anh", "co", "chu", "bac", "c", "a", "e", "oi", "cho", "lay", "dat", "mua", "minh", "toi", "nhe", "nha", "nghen", "nghe", "a", "voi", "giup", "lam", "on", "xin", "them", "nua", "va", "gui", "ship", "order", "don", "la", "thi", "hang", "cua", "moi", "loai"]
)  # fmt: skip
_NAME = re.compile(
    r"^(?:(?:họ\s*(?:và\s*)?)?tên(?:\s+(?:người\s+nhận|em|mình|là))?|ten(?:\s+(?:nguoi\s+nhan|em|minh|la))?"
    r"|người\s+nhận|nguoi\s+nhan|(?:em|mình|minh|chị|anh|chi)\s+(?:là|la|tên|ten))\s*(?:là|la)?\s*[:\-]?\s+(.+)$"
    r"|^(?:tên|ten|người nhận|nguoi nhan)\s*:\s*(.+)$",
    re.IGNORECASE,
)
_ADDRESS = re.compile(
    r"^(?:địa\s*chỉ|dia\s*chi|đ/?c|d/?c|đchỉ|dchi|(?:giao|gửi|gui|ship|chuyển|chuyen)\s+(?:hàng\s+|hang\s+)?"
    r"(?:tới|toi|đến|den|về|ve|cho\s+địa\s+chỉ|qua)|nơi\s+nhận|noi\s+nhan|nhà\s+ở|nha\s+o)\b\s*(?:là|la)?\s*[:\-]?\s*(.*)$",
    re.IGNORECASE,
)
_PHONE_WORDS = re.compile(
    r"(?:số\s+(?:điện\s+thoại|đt)|so\s+(?:dien\s+thoai|dt)|điện\s+thoại|dien\s+thoai|sđt|sdt|đt|dt|tel|phone|zalo)"
    r"\s*(?:là|la)?\s*[:.\-]?\s*$",
    re.IGNORECASE,
)
#: What stands only in addresses, folded.
_PLACES = re.compile(
    r"\b(?:duong|thon|xom|ap|to dan pho|to \d+|ngo|ngach|hem|kiet|xa|phuong|thi tran|quan|huyen|tp|"
    r"thanh pho|tinh|dac khu|khu pho|chung cu|toa nha|tang \d+|gan cho|da nang|ha noi|hcm|sai gon|hue|"
    r"q \d+|q\d+|p \d+|p\d+|sn \d+|so nha)\b"
)
_WARD = re.compile(
    r"(?:^|[\s,])((?:phường|phuong|p\.?|xã|xa|x\.|thị\s+trấn|thi\s+tran|tt\.?|đặc\s+khu|dac\s+khu)\s+\D.*)$",
    re.IGNORECASE,
)
_COUNT_FIRST = re.compile(r"^(?:x\s*)?(\d{1,3})\s*(?:x|×)?\s+(.+)$|^(\d{1,3})(hu|hop|goi|chai|tui|hũ|hộp|gói|túi|kg|bịch|bich)\b\s*(.*)$", re.IGNORECASE)  # fmt: skip
_COUNT_LAST = re.compile(
    r"^(.+?)\s*(?:x|×|:|sl:?|số\s+lượng:?)?\s*(\d{1,3})\s*(\w+)?$", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Good:
    """What can be ordered. ``name``: of the product; ``pack``: of the variant."""

    variant_id: int
    name: str
    pack: str


@dataclass
class Guess:
    """What a message seems to say. ``place``: words to look a ward up by; ``rest``: not understood."""

    name: str = ""
    phone: str = ""
    street: str = ""
    place: str = ""
    counts: dict[int, int] = field(default_factory=dict)
    rest: list[str] = field(default_factory=list)


def guess(text: str, goods: Sequence[Good]) -> Guess:
    """Return what a message seems to order.

    >>> guess("2 hu bot ngu coc, 0905 000 123 Lan", [Good(7, "Bột ngũ cốc", "Hũ 500 g")]).counts
    {7: 2}
    """
    found = Guess()
    text = nfc(text)[:MOST_TEXT]
    text, beside = _take_phone(text, found)
    address: list[str] = []
    at = -1
    for line, piece in _pieces(text):
        named, placed = _NAME.match(piece), _ADDRESS.match(piece)
        if placed:
            address += [placed[1]] if placed[1] else []
            at = line
        elif named and not found.name and (name := _name(named[1] or named[2])):
            found.name = name
        elif _looks_like_place(piece) or (at == line and _goes_on(piece, goods)):
            address.append(piece)
            at = line
        elif not _count(piece, goods, found):
            found.rest.append(piece)
    if not found.name:
        found.name = _name_left(beside, found.rest)
    _divide(", ".join(address), found)
    return found


def _take_phone(text: str, found: Guess) -> tuple[str, str]:
    """Cut the first number that can be called out; return the text, and what stood behind it."""
    for match in _PHONE.finditer(text):
        try:
            phone = parse_phone(match[0])
        except WrongPhone:
            continue
        found.phone = phone.e164
        before = _PHONE_WORDS.sub("", text[: match.start()].rstrip()).rstrip(" :-(")
        after = text[match.end() :].lstrip(" :-).")
        rest, lead = text[match.end() :], text[: match.start()]
        behind = "" if rest.lstrip(" ").startswith("\n") else _first(after)
        ahead = "" if lead.rstrip(" ").endswith("\n") else _last(before)
        return f"{before}\n{after}", behind.strip() or ahead.strip()
    return text, ""


def _first(text: str) -> str:
    return _PIECES.split(_LINES.split(text)[0])[0]


def _last(text: str) -> str:
    return _PIECES.split(_LINES.split(text)[-1])[-1]


def _pieces(text: str) -> Iterator[tuple[int, str]]:
    """Return (line, piece): split at what ends a thought, at commas, and at "và" before a count."""
    for number, line in enumerate(_LINES.split(text)):
        for part in _PIECES.split(line):
            for piece in re.split(r"\s+(?:và|va|với|voi)\s+(?=\d)", part, flags=re.IGNORECASE):
                if found := piece.strip(" .,:-\t"):
                    yield number, found


def _name(text: str) -> str:
    words = text.split()
    if 1 <= len(words) <= 6 and not any(c.isdigit() for c in text):
        return " ".join(words)[:80]
    return ""


def _name_left(beside: str, rest: list[str]) -> str:
    """Return the words beside the number if they can be a name, else a piece that is only a name."""
    for words in (beside, *rest):
        plain = re.sub(r"^(?:chị|anh|chi|em|cô|co|c|a|e)\s+(?=\w)", "", words, flags=re.IGNORECASE)
        folded = fold(plain).split()
        known = _NOISE | _UNITS | _NUMBERS.keys()
        if (
            _name(plain)
            and len(folded) <= 4
            and not any(word in known - {"nam"} for word in folded)
        ):
            if words in rest:
                rest.remove(words)
            return plain.strip()
    return ""


def _looks_like_place(piece: str) -> bool:
    folded = fold(piece)
    return bool(_PLACES.search(folded)) or bool(re.match(r"^\d+[a-z]?(?:/\d+)+\b", piece.lower()))


def _goes_on(piece: str, goods: Sequence[Good]) -> bool:
    """Tell whether a piece behind an address belongs to it: it names nothing that is sold."""
    return not _best(_words(piece), goods) and not re.match(r"^\d{1,3}\s", piece)


def _words(text: str) -> list[str]:
    return [word for word in fold(text).split() if word not in _NOISE]


def _count(piece: str, goods: Sequence[Good], found: Guess) -> bool:
    """Read "2 hũ bột", "bột ngũ cốc x2" or "hai hũ bột" into the guess; False: it is no goods."""
    cleaned = " ".join(word for word in piece.split() if fold(word) not in _NOISE) or piece
    quantity, words = 0, ""
    first = _COUNT_FIRST.match(cleaned)
    if first:
        quantity = int(first[1] or first[3])
        words = first[2] or f"{first[4]} {first[5]}"
    else:
        spelled = fold(cleaned).split()
        if spelled and spelled[0] in _NUMBERS and len(spelled) > 1:
            quantity, words = _NUMBERS[spelled[0]], " ".join(spelled[1:])
        elif last := _COUNT_LAST.match(cleaned):
            unit = fold(last[3] or "")
            if not unit or (unit in _UNITS and unit not in ("g", "gr", "gam", "kg", "ml")):
                quantity, words = int(last[2]), last[1]
    least = 1  # Words without a count must say more: "hoa" alone is rather somebody's name.
    if not 0 < quantity <= MOST_OF_ONE:
        quantity, words, least = 1, cleaned, 2
    best = _best(_words(words), goods, least)
    if best is None:
        return False
    found.counts[best.variant_id] = min(
        found.counts.get(best.variant_id, 0) + quantity, MOST_OF_ONE
    )
    return True


def _best(words: Sequence[str], goods: Sequence[Good], least: int = 1) -> Good | None:
    """Return what most of the words name; None when nothing does, or two things do alike."""
    asked = [word for word in words if word not in _UNITS]
    scored: list[tuple[int, int, Good]] = []
    for good in goods:
        name, pack = set(fold(good.name).split()), set(fold(good.pack).split())
        of_name = sum(word in name for word in set(asked))
        if of_name >= least and of_name * 2 >= len(
            [w for w in set(asked) if w not in pack and not w.isdecimal()]
        ):
            scored.append((of_name, sum(word in pack for word in set(words)), good))
    if not scored:
        return None
    scored.sort(key=lambda one: one[:2], reverse=True)
    if len(scored) > 1 and scored[0][:2] == scored[1][:2]:
        return None
    return scored[0][2]


def _divide(address: str, found: Guess) -> None:
    """Divide an address into the street and the words that a ward is looked up by."""
    address = " ".join(address.split())
    ward = _WARD.search(address)
    if ward:
        found.street, found.place = address[: ward.start()].strip(" ,"), ward[1].strip()
        return
    parts = [part.strip() for part in address.split(",") if part.strip()]
    if len(parts) > 1:
        found.street, found.place = parts[0], ", ".join(parts[1:])
    else:
        found.street = address
