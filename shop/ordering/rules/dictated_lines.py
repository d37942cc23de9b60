"""A pasted chat, cut up: headers of the app and numbers taken out, then lines and their pieces."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from shop.kernel.phones import WrongPhone, parse_phone
from shop.kernel.text import fold

_PHONE = re.compile(
    r"(?<![\d.+])(?:\+\s?84|84|0)(?:[ \t.\-()]{0,2}\d){8,10}(?!\d)|(?<![\d.])\+\d[\d .\-()]{7,16}\d"
)
#: "0912000678 2 hũ": the count behind is no digit of it.
_SHORTER = re.compile(r"(?:\+\s?84|84|0)(?:[ \t.\-()]{0,2}\d){9}(?!\d)")
_PHONE_WORDS = re.compile(
    r"(?:số\s+(?:điện\s+thoại|đt)|so\s+(?:dien\s+thoai|dt)|điện\s+thoại|dien\s+thoai|sđt|sdt|đt|dt"
    r"|tel|phone(?:\s+number)?|zalo|hoặc|hoac|or)\s*(?:là|la|is)?\s*[:.\-]?\s*$",
    re.IGNORECASE,
)
#: What ends a thought …
_LINES = re.compile(r"[\n;•|]+|\.\s|(?<!\w)\+(?!\w)")
#: … and what may only divide it: commas, dashes, "và" before a count.
_PIECES = re.compile(
    r",(?!\d)|\s[-–—]\s|\s+(?:và|va|với|voi|and)\s+(?=\d|một\b|mot\b|hai\b|one\b|two\b)",
    re.IGNORECASE,
)
#: "P. Hải Châu", "TP. Đà Nẵng": this stop ends nothing.
_SHORT = re.compile(r"\b(p|q|tp|tt|tx|x|h|t|f|đ|d|kp|tdp|ô|st|no)\.\s*(?=\w)", re.IGNORECASE)
_HELD = "\u2024"
#: Labels begin a line of their own.
_LABELS = re.compile(
    r"[\s,;]{1,3}(?=(?:địa\s*chỉ|dia\s*chi|đ/?c|sđt|sdt|đt|(?:họ\s+)?tên|người\s+nhận|nguoi\s+nhan"
    r"|số\s+điện\s+thoại|address|phone|name)\s*:)",
    re.IGNORECASE,
)
_CLOCK = r"\d{1,2}[:h]\d{2}(?::\d{2})?(?:\s*[APap]\.?[Mm]\.?|\s*(?:SA|CH))?"
_DAY = (
    r"(?:(?:hôm\s+nay|hôm\s+qua|today|yesterday|thứ\s+\w+|t\d|cn|chủ\s+nhật|mon|tue|wed|thu|fri|sat|sun"
    r"|lúc|at|ngày|thg|tháng|\d{1,2}[/.\-]\d{1,2}(?:[/.\-]\d{2,4})?|\d{1,4})(?!\d)[,\s]*)*"
)
#: "[27/11/2026 09:15] Lan Anh: …", as Zalo copies it.
_BRACKETED = re.compile(
    rf"^\[[^\]]{{0,40}}{_CLOCK}[^\]]{{0,40}}\]\s*(?:([^:\n]{{1,40}}):)?\s*(.*)$"
)
#: "Lan Anh 09:15", "Lan Anh, [27/11/2026 09:15]", "Hôm nay 09:15", "09:15".
_TIMED = re.compile(
    rf"^([^\W\d_][^\d:\[\],]{{0,39}}?)??[\s,]*\[?\(?{_DAY}{_CLOCK}{_DAY}\]?\)?$", re.IGNORECASE
)
#: What the app says itself.
_APP = re.compile(
    r"^(?:(.{1,40}?)\s+(?:đã\s+gửi|đã\s+trả\s+lời.*|sent|replied.*|wrote:?)"
    r"|đã\s+(?:xem|nhận|gửi)|seen.*|delivered|sent|trả\s+lời|enter)$",
    re.IGNORECASE,
)
#: "Lan Anh: …": who speaks, each word with a capital.
_SPEAKER = re.compile(r"^([^\W\d_a-z]\w*(?:\s[^\W\d_a-z]\w*){1,3})\s?:\s+(?=\S)")
_LABELLED = frozenset(["nguoi", "ten", "dia", "ho", "so", "name", "noi", "giao", "sdt"])
_BEFORE_PAYING = (
    r"(?<!\w)(?:(?:em|e|mình|minh|chị|chi|c|cho|xin|gửi|gui|sẽ|se|muốn|muon|để|de|đã|da|qua|bằng|bang|theo"
    r"|trả|tra|thanh toán|thanh toan|pay|by|i will|please) +){0,5}"
)
_AFTER_PAYING = (
    r"(?!\w)(?: +(?:trước|truoc|luôn|luon|liền|lien|ngay|nhé|nhe|nha|nghen|ạ|giúp|giup|cho chị|cho chi|cho shop"
    r"|của chị|cua chi|của shop|cua shop|tiền|tien|please)(?!\w)){0,5}"
)
#: "ship cod về …": what follows belongs to what stands before.
_TO = r" +(?:về|ve|tới|toi|đến|den|qua|cho)(?!\w)"
_GOES_ON = re.compile(_TO, re.IGNORECASE)
#: How a buyer says that she pays. "ck em" is her husband.
_PAYS = {
    "transfer": re.compile(
        rf"{_BEFORE_PAYING}(?:ck(?! +(?:em|e|mình|minh|tui|tôi|toi|nhận|nhan)(?!\w))|chuyển ?khoản|chuyen ?khoan|stk"
        rf"|số tài khoản|so tai khoan|(?:bank )?transfer){_AFTER_PAYING}",
        re.IGNORECASE,
    ),
    "cod": re.compile(
        rf"{_BEFORE_PAYING}(?:(?:ship|giao|gửi|gui) +cod(?!{_TO})|cod"
        r"|(?:khi +)?(?:nhận|nhan)(?: được| duoc)? (?:hàng|hang) (?:(?:rồi|roi|mới|moi|thì|thi|em|mình) )*"
        r"(?:trả|tra|thanh toán|thanh toan|gửi|gui)(?: tiền| tien)?"
        r"|(?:tiền|tien|thanh toán|thanh toan|trả|tra) (?:khi|lúc|luc) (?:nhận|nhan)(?: hàng| hang)?"
        rf"|tiền mặt|tien mat|cash(?: on delivery)?){_AFTER_PAYING}",
        re.IGNORECASE,
    ),
}
_NOT_PAYING = re.compile(
    r"(?:không|khong|ko|k|hông|hong|chưa|chua|đừng|dung|khỏi|khoi|not|no)(?: +\w+)? *$",
    re.IGNORECASE,
)
#: Letters of a header at most.
_HEADER = 80
_SELF = frozenset(["ban", "you", "hom nay", "hom qua", "today", "yesterday"])
_RUNS = re.compile(r"[^\S\n]+")
_SYMBOLS = re.compile(r"[^\w\s.,:;/+\-–—()'’×•|]")


@dataclass(frozen=True, slots=True)
class Numbers:
    """The numbers of a message. ``beside``: words that stand with the first on its line."""

    first: str = ""
    others: tuple[str, ...] = ()
    beside: str = ""


def without_headers(text: str, sold: frozenset[str]) -> tuple[str, str]:
    """Return the text without what the chat app wrote, and who it says is speaking ("" unknown).

    Args:
        sold: words that goods are called by, folded: "Mật Ong: 2" is nobody who speaks.
    """
    kept, speaker = [], ""
    for whole in _RUNS.sub(" ", text).split("\n"):
        line, said = whole.strip(), ""
        if found := _BRACKETED.match(line):
            said, line = found[1] or "", found[2]
        elif len(line) <= _HEADER and (found := _TIMED.match(line) or _APP.match(line)):
            said, line = found[1] or "", ""
        if found := _SPEAKER.match(line):
            names = fold(found[1]).split()
            if names[:1] and names[0] not in _LABELLED and not sold.intersection(names):
                said, line = said or found[1], line[found.end() :]
        if said and fold(said) not in _SELF and not speaker:
            speaker = " ".join(_SYMBOLS.sub(" ", said).split())
        kept.append(_RUNS.sub(" ", _SYMBOLS.sub(" ", line)))
    return "\n".join(kept), speaker


def without_paying(text: str) -> tuple[str, str]:
    """Return the text without how the buyer pays, and how: "transfer", "cod", "" unsaid or unsure.

    >>> without_paying("2 hũ mắm nêm, em ck trước nhé")
    ('2 hũ mắm nêm, , ', 'transfer')
    """
    ways = set()
    for way, words in _PAYS.items():
        for said in reversed(list(words.finditer(text))):
            if not _NOT_PAYING.search(text[max(0, said.start() - _HEADER) : said.start()]):
                ways.add(way)
                gap = " " if _GOES_ON.match(text, said.end()) else ", "
                text = text[: said.start()] + gap + text[said.end() :]
    return text, ways.pop() if len(ways) == 1 else ""


def without_phones(text: str) -> tuple[str, Numbers]:
    """Return the text without its numbers that can be called, and these; one of Vietnam first."""
    phones: list[str] = []
    beside, out, at = "", "", 0
    for whole in _PHONE.finditer(text):
        match = _callable(whole) or _callable(_SHORTER.match(text, whole.start()))
        if match is None:
            continue
        phone = parse_phone(match[0])
        out += _PHONE_WORDS.sub("", text[at : match.start()].rstrip(" :-(/")).rstrip(" :-(/")
        if not phones:
            behind = text[match.end() :].split("\n", maxsplit=1)[0].lstrip(" :-)./")
            behind = "" if _PHONE.match(behind) else _PIECES.split(_LINES.split(behind)[0])[0]
            ahead = _PIECES.split(_LINES.split(out)[-1])[-1]
            beside = (behind or ahead).strip(" .,:-–/()\t")
        phones += [phone.e164] * (phone.e164 not in phones)
        out, at = out + "\n", match.end()
    phones.sort(key=lambda one: not one.startswith("+84"))
    numbers = Numbers(phones[0], tuple(phones[1:]), beside) if phones else Numbers()
    return out + text[at:], numbers


def _callable(match: re.Match[str] | None) -> re.Match[str] | None:
    try:
        return match if match and parse_phone(match[0]) else None
    except WrongPhone:
        return None


def lines_of(text: str) -> Iterator[list[str]]:
    """Return the pieces of each line that has any."""
    text = _SHORT.sub(lambda m: f"{m[1]}{_HELD} ", _LABELS.sub("\n", text))
    for line in _LINES.split(text):
        pieces = (piece.replace(_HELD, ".").strip(" .,:-–/()\t") for piece in _PIECES.split(line))
        if found := [piece for piece in pieces if piece]:
            yield found
