"""An order as people write it in a chat: who, which number, where to, what and how many. Guesses.

"Chi oi lay em 2 hu bot ngu coc, sdt 0905.123.456, ten Lan, giao ve 15 Le Loi p Hai Chau DN" is
split at line ends and commas; each piece says what it looks like. Nothing here is certain: a
person looks at the guess in fields and confirms it. What is not sure is asked, never counted.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from shop.kernel.text import fold, nfc
from shop.ordering.rules.dictated_counts import (
    MOST_OF_ONE,
    Good,
    Shelf,
    only_amount,
)
from shop.ordering.rules.dictated_lines import (
    lines_of,
    without_headers,
    without_paying,
    without_phones,
)
from shop.ordering.rules.dictated_words import KIN, NO_NAME, NO_NAME_EVER, NUMBERS, VESSELS

#: A long chat; longer ones are refused with a sentence, nothing of them is cut off unseen.
MOST_TEXT = 8000

_NAME = re.compile(
    r"^(?:(?:họ\s*(?:và\s*)?|ho\s*(?:va\s*)?)?(?:tên|ten)(?:\s+(?:người\s+nhận|nguoi\s+nhan|khách|em|mình|minh|là|la))*"
    r"|người\s+nhận|nguoi\s+nhan|(?:em|mình|minh|chị|anh|chi|cháu|con)\s+(?:là|la|tên|ten)"
    r"|(?:full\s+)?name(?:\s+is)?|recipient|my\s+name\s+is)\s*(?:là|la|:|-)*\s+(.+)$",
    re.IGNORECASE,
)
_ADDRESS = re.compile(
    r"^(?:(?:số\s+)?địa\s*chỉ(?:\s+nhận(?:\s+hàng)?)?|dia\s*chi(?:\s+nhan(?:\s+hang)?)?|đ/?c|d/?c|đchỉ|dchi|address"
    r"|(?:nhờ\s+|nho\s+)?(?:chị\s+|chi\s+|shop\s+)?(?:giao|gửi|gui|ship|chuyển|chuyen)\s+(?:hàng\s+|hang\s+|giúp\s+|cho\s+)*"
    r"(?:tới|toi|đến|den|về|ve|địa\s+chỉ|dia\s+chi|qua)|(?:please\s+)?(?:ship|send|deliver)\s+(?:it\s+)?to"
    r"|nơi\s+nhận|noi\s+nhan|nhà\s+(?:em\s+|mình\s+)?ở|nha\s+(?:em\s+|minh\s+)?o)\b\s*(?:là|la|is)?\s*[:\-]?\s*(.*)$",
    re.IGNORECASE,
)
#: What stands only in addresses, folded; and a number of a house in a lane.
_PLACES = re.compile(
    r"\b(?:thon|xom|ap \w|to dan pho|to \d+|ngo \d|ngach|hem|kiet|xa \w|phuong \w|thi tran|thi xa|quan \w|"
    r"huyen|tp \w|tphcm|thanh pho|tinh \w|dac khu|khu pho|chung cu|toa nha|tang \d+|gan cho|da nang|ha noi|"
    r"hcm|sai gon|hue|quang nam|q ?\d+|p ?\d+|sn \d+|so nha|ward|district|city|street|dn$)\b"
)
_SHORT_PLACE = re.compile(r"^(?:[pqxhf]|tp|tt|tx)(?:\.\s*|\s+)\w|(?:^|\s)(?:[pqxhf]|tp|tt|tx)\.\s*\w", re.IGNORECASE)  # fmt: skip
_HOUSE = re.compile(r"^(?:số\s+|so\s+|k)?\d+[a-z]?(?:/\d+[a-z]?)*\s+(?:[^\W\d_]|/)", re.IGNORECASE)
_LANE = re.compile(r"^k?\d+[a-z]?(?:/\d+)+\b", re.IGNORECASE)
_STREET = re.compile(r"\b(?:duong|quoc lo|ql ?\d+)\b")
_WARD = re.compile(
    r"(?:^|[\s,])((?:phường|phuong|p\.\s*|p(?=\d)|p(?=\s)|xã|xa|x\.|thị\s+trấn|thi\s+tran|tt\.|đặc\s+khu"
    r"|dac\s+khu)\s*\w.*)$",
    re.IGNORECASE,
)
_ABOVE = re.compile(
    r"(?:^|,\s*)((?:quận|quan|q\.|q(?=\d)|huyện|huyen|h\.|thị\s+xã|thi\s+xa|tx\.|tp|thành\s+phố|thanh\s+pho"
    r"|tỉnh|tinh)\b.*)$",
    re.IGNORECASE,
)
_TITLES = re.compile(
    r"^(?:chị|anh|chi|em|cô|co|chú|chu|bác|bac|dì|ông|bà|mr|mrs|ms|c|a|e)\.?\s+(?=\w)",
    re.IGNORECASE,
)


@dataclass
class Guess:
    """What a message seems to say.

    ``place``: words to look a ward up by. ``others``: further numbers. ``asks``: pieces about goods
    that leave open how many or which. ``method``: how she pays, "transfer", "cod" or "" unsaid. ``not_wanted``: pieces that say no. ``rest``: not understood.
    """

    name: str = ""
    phone: str = ""
    others: tuple[str, ...] = ()
    street: str = ""
    place: str = ""
    method: str = ""
    counts: dict[int, int] = field(default_factory=dict)
    asks: list[str] = field(default_factory=list)
    not_wanted: list[str] = field(default_factory=list)
    rest: list[str] = field(default_factory=list)


def guess(text: str, goods: Sequence[Good]) -> Guess:
    """Return what a message seems to order.

    >>> guess("2 hu bot ngu coc, 0905 000 123 Lan", [Good(7, "Bột ngũ cốc", "Hũ 500 g")]).counts
    {7: 2}
    """
    found = Guess()
    text = nfc(text)[:MOST_TEXT]
    shelf = Shelf(text, goods)
    text, speaker = without_headers(text, shelf.names)
    text, found.method = without_paying(text)
    text, numbers = without_phones(text)
    found.phone, found.others = numbers.first, numbers.others
    address: list[str] = []
    lines = list(lines_of(text))
    for at, pieces in enumerate(lines):
        behind = lines[at + 1] if at + 1 < len(lines) else []
        address += _read_line(pieces, behind, numbers.beside, shelf, found)
    if not found.name:
        found.name = _name_left(numbers.beside, found.rest) or _name(_TITLES.sub("", speaker))
    _divide(", ".join(address), found)
    return found


def _read_line(
    pieces: list[str], behind: list[str], beside: str, shelf: Shelf, found: Guess
) -> list[str]:
    """Read the pieces of a line into the guess; return those of its address.

    Args:
        behind: pieces of the next line.
        beside: what stands beside the number: rather a name than more of an address.
    """
    address: list[str] = []
    is_open = False  # An address has begun on this line.
    for at, piece in enumerate(pieces):
        named, placed = _NAME.match(piece), _ADDRESS.match(piece)
        follows = pieces[at + 1 :] or behind[:1]
        if placed and piece == beside and not found.name and _is_sent_to(piece, placed[1]):
            found.name = _name(_TITLES.sub("", placed[1]))
            is_open = True
        elif placed and not shelf.said_in(placed[1]):
            address += [placed[1]] if placed[1] else []
            is_open = True
        elif named and not found.name and (name := _name(named[1])):
            found.name = name
        elif _is_place(piece, shelf) or (
            is_open and piece != beside and not shelf.said_in(piece)
        ) or (
            _HOUSE.match(piece) and not shelf.said_in(piece)
            and any(_is_place(one, shelf) for one in follows[:2])
        ):  # fmt: skip
            address.append(piece)
            is_open = True
        elif not _count(piece, shelf, found):
            found.rest.append(piece)
    return address


def _count(piece: str, shelf: Shelf, found: Guess) -> bool:
    """Take in what a piece says of goods; False: nothing."""
    if found.asks and (n := only_amount(piece)):  # "mật ong - 2 chai"
        said = shelf.said_in(found.asks[-1])
        if len(said) == 1 and said[0].good and not re.search(r"\d", found.asks[-1]):
            found.asks.pop()
            _add(found, said[0].good, n)
            return True
    read = shelf.said_in(piece)
    for one in read:
        if one.is_not:
            found.not_wanted.append(piece)
            if one.good is not None:
                found.counts.pop(one.good.variant_id, None)
        elif one.good is None or not one.quantity:
            found.asks.append(piece)
        else:
            _add(found, one.good, one.quantity)
    return bool(read)


def _add(found: Guess, good: Good, n: int) -> None:
    found.counts[good.variant_id] = min(found.counts.get(good.variant_id, 0) + n, MOST_OF_ONE)


def _name(text: str) -> str:
    words = text.split()
    if 1 <= len(words) <= 6 and not any(c.isdigit() for c in text):
        return " ".join(words)[:80]
    return ""


def _name_left(beside: str, rest: list[str]) -> str:
    """Return the words beside the number if they can be a name, else a piece that is only a name."""
    for words in (beside, *rest):
        plain = _TITLES.sub("", words).strip()
        folded = fold(plain).split()
        if not (_name(plain) and 1 <= len(folded) <= 5):
            continue
        is_titled = all(_has_capital(word) for word in plain.split())
        if len(folded) == 1 and _is_word(plain):
            continue
        if not NO_NAME_EVER.isdisjoint(folded) or not (
            (is_titled and len(folded) > 1) or NO_NAME.isdisjoint(folded)
        ):
            continue
        if not is_titled and (
            not VESSELS.isdisjoint(folded) or (words != beside and len(folded) < 2)
        ):
            continue
        if words in rest:
            rest.remove(words)
        return plain
    return ""


def _is_sent_to(piece: str, words: str) -> bool:
    """Tell whether "gửi về Trần Thị Hoa", beside a number, names a person: no street stands so bare."""
    plain = _TITLES.sub("", words).split()
    return (
        fold(piece).startswith(("gui", "giao", "ship", "send"))
        and 2 < len(plain) <= 5
        and all(_has_capital(word) for word in plain)
        and not _PLACES.search(fold(words))
    )


def _has_capital(word: str) -> bool:
    return word[0].isupper() and (len(word) == 1 or not word.isupper())


def _is_word(text: str) -> bool:
    """Tell whether one word alone addresses, counts or holds something rather than names somebody."""
    if text[0].isupper() and text.lower() in NUMBERS:
        return False  # "chị Ba", whose name that is.
    return fold(text) in KIN | VESSELS or text.lower() in NUMBERS


def _is_place(piece: str, shelf: Shelf) -> bool:
    if shelf.said_in(piece):
        return False
    folded = fold(piece)
    return bool(
        _PLACES.search(folded) or _STREET.search(folded) or _SHORT_PLACE.search(piece)
        or _LANE.match(piece)
    )  # fmt: skip


def _divide(address: str, found: Guess) -> None:
    """Divide an address into the street and the words that a ward is looked up by."""
    address = " ".join(address.split())
    marked = _WARD.search(address) or _ABOVE.search(address)
    if marked and marked.start(1) > 0:
        street, place = address[: marked.start(1)].strip(" ,"), marked[1].strip()
        if not _WARD.search(address) and ", " in street:  # "12 Trần Phú, Hải Châu, TP Đà Nẵng"
            street, _, ward = street.rpartition(", ")
            place = f"{ward}, {place}"
        found.street, found.place = street, place
        return
    if marked:
        found.place = address
        return
    parts = [part.strip() for part in address.split(",") if part.strip()]
    if len(parts) > 1:
        found.street, found.place = parts[0], ", ".join(parts[1:])
    else:
        found.street = address
