"""How a name is told from another one: keys that forgive accents, spaces and spelling."""

import re
import unicodedata

from shop.kernel.text import fold

_APOSTROPHES = re.compile(r"(?<=\w)['’ʼ`´](?=\w)")
#: Mỹ and Mĩ, Quy Nhơn and Qui Nhơn: y at the end of a syllable after a consonant or "qu".
_Y_AS_I = re.compile(r"(?<=[bcdghklmnprstvxq])y\b|(?<=\bqu)y\b")
#: Hải Châu I and Hải Châu 1.
_ROMAN = {"i": "1", "ii": "2", "iii": "3", "iv": "4"}
_TONES = "\u0300\u0301\u0303\u0309\u0323"
_KINDS = re.compile(
    r"(?:thành phố|thị xã|thị trấn|đặc khu|tỉnh|quận|huyện|phường|xã) ", re.IGNORECASE
)


def short_name(full_name: str) -> str:
    """Return a unit's name without its kind: "Quế Phước" from "Xã Quế Phước"."""
    return _KINDS.sub("", full_name, count=1) if _KINDS.match(full_name) else full_name


def words(text: str) -> list[str]:
    """Return folded words: "P.05 Cư M'gar" gives ["p", "5", "cu", "mgar"]."""
    folded = _Y_AS_I.sub("i", fold(_APOSTROPHES.sub("", text)))
    found: list[str] = re.findall(r"\d+|[a-z]+", folded)
    parts = [_ROMAN.get(part, part) for part in found]
    return [part.lstrip("0") or "0" if part.isdigit() else part for part in parts]


def key(text: str) -> str:
    """Return letters and digits only: what two writings of one name have in common."""
    return "".join(words(text))


def accented(text: str) -> str:
    """Return a key that keeps accents: equal for "Hòa" and "hoà", not for "Hoa".

    Each syllable is its letters, then its tone: where the tone stands does not count.
    """
    out = []
    for word in re.findall(
        r"\w+", unicodedata.normalize("NFC", _APOSTROPHES.sub("", text)).lower()
    ):
        marks = unicodedata.normalize("NFD", word)
        letters = unicodedata.normalize("NFC", "".join(c for c in marks if c not in _TONES))
        out.append(letters + "".join(c for c in marks if c in _TONES))
    return "".join(out)
