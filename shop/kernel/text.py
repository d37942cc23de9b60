"""Vietnamese text: one stored form (NFC), one folded form for matching."""

import re
import unicodedata

from slugify import slugify as _slugify

_SPACES = re.compile(r"\s+")
_NOT_WORD = re.compile(r"[^0-9a-z]+")
#: C0 and C1 controls but tab and newline, lone surrogates, and the two that no XML (so no
#: spreadsheet of ours) can hold: never wanted in stored text.
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")


def nfc(text: str) -> str:
    """Return the one form that is stored: NFC, no control characters, ends trimmed."""
    return unicodedata.normalize("NFC", _CONTROLS.sub("", text)).strip()


def one_line(text: str) -> str:
    """Like ``nfc``, with every run of white space made one space."""
    return _SPACES.sub(" ", nfc(text))


def fold(text: str) -> str:
    """Return text for matching: "Bột Ngũ Cốc" and "bot ngu coc" become the same.

    Marks are dropped (so hoà = hòa), đ becomes d, letters are lower case and
    everything else becomes a single space.
    """
    text = text.replace("đ", "d").replace("Đ", "D")
    bare = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    return _NOT_WORD.sub(" ", bare.lower()).strip()


def ascii_only(text: str) -> str:
    """Return unaccented letters, digits and single spaces, case kept (bank memos, QR)."""
    text = text.replace("đ", "d").replace("Đ", "D")
    bare = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return re.sub(r"[^0-9A-Za-z]+", " ", bare).strip()


def slug(text: str, max_length: int = 80) -> str:
    """Return an address part: "Nước mắm đặc biệt" becomes ``nuoc-mam-dac-biet``."""
    return _slugify(text, max_length=max_length, word_boundary=True)
