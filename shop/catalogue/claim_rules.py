"""Words that food may not say of itself: found while she writes, with better ones.

Warned of and never refused: a word may be right where it stands, and only she knows.
"""

import re
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from shop.kernel.text import nfc

#: Texts of a product that buyers read as what it promises.
CHECKED = ("title", "summary", "description", "ingredients", "made")
#: And of a stall.
STALL_CHECKED = ("sentence", "story")


@dataclass(frozen=True)
class Claim:
    """One kind of claim: why it is a trouble, what to say instead, by which law since when."""

    key: str
    why_vi: str
    why_en: str
    instead_vi: str
    instead_en: str
    law: str
    since: date


@dataclass(frozen=True)
class Found:
    """``word``: as it was written."""

    word: str
    claim: Claim


def claims_in(text: str) -> list[Found]:
    """Return each kind of claim that a text makes, once, in the order of the table.

    >>> [found.word for found in claims_in("Ngon nhất xóm, trị ho, giá trị cao")]
    ['trị', 'nhất']
    """
    if not text:
        return []
    said = nfc(text)
    found = []
    for claim, wanted, otherwise in _table():
        plain = otherwise.sub(lambda m: " " * len(m[0]), said) if otherwise else said
        match = wanted.search(plain)
        if match:
            found.append(Found(match[0], claim))
    return found


def claims_of(row: Any, names: Iterable[str]) -> dict[str, list[Found]]:
    """Return the claims in the texts of a row, by the name of the field, both languages."""
    fields = [f"{name}_{spoken}" for name in names for spoken in ("vi", "en")]
    return {name: found for name in fields if (found := claims_in(getattr(row, name)))}


@cache
def _table() -> list[tuple[Claim, re.Pattern[str], re.Pattern[str] | None]]:
    path = Path(__file__).parent / "data" / "claims.toml"
    rows: list[dict[str, Any]] = tomllib.loads(path.read_text("utf-8"))["claims"]
    return [
        (
            Claim(
                row["key"], row["why_vi"], row["why_en"], row["instead_vi"], row["instead_en"],
                row["law"], row["from"],
            ),
            _any_of(row["words"]), _any_of(row["but"]) if row["but"] else None,
        )
        for row in rows
    ]  # fmt: skip


def _any_of(words: list[str]) -> re.Pattern[str]:
    longest = sorted((nfc(word) for word in words), key=len, reverse=True)
    return re.compile(r"(?<!\w)(?:" + "|".join(map(re.escape, longest)) + r")(?!\w)", re.IGNORECASE)
