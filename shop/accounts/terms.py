"""Which version of which text holds on a day. Dated data: ``data/terms.toml``."""

import tomllib
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path

TERMS = Path(__file__).parent / "data" / "terms.toml"


@dataclass(frozen=True)
class Terms:
    """One version of one text. Kinds: ordering, delivery, returns, privacy, marketing, account."""

    kind: str
    version: str
    effective_on: date


@lru_cache(maxsize=4)
def all_terms(path: Path = TERMS) -> tuple[Terms, ...]:
    """Return every version of every text, the newest first; of one day, the last one."""
    rows = tomllib.loads(path.read_text(encoding="utf-8"))["terms"]
    found = (Terms(**row) for row in rows)
    return tuple(sorted(found, key=lambda t: (t.effective_on, t.kind, t.version), reverse=True))


@lru_cache(maxsize=64)
def current_terms(kind: str, on: date, path: Path = TERMS) -> Terms:
    """Return the version that holds on a day; before the first one began, the first one."""
    versions = [terms for terms in all_terms(path) if terms.kind == kind]
    return next((terms for terms in versions if terms.effective_on <= on), versions[-1])
