"""Hashing passwords: argon2id, at most four at a time in one process (QUALITY T13)."""

import threading
import unicodedata
from functools import lru_cache
from pathlib import Path

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from shop.accounts.rules import PASSWORD_BYTES

_HASHER = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
_AT_ONCE = threading.BoundedSemaphore(4)


@lru_cache(maxsize=1)
def common_passwords() -> frozenset[str]:
    """Return the words that guessers try first, lower case."""
    path = Path(__file__).parent / "data" / "common_passwords.txt"
    return frozenset(path.read_text(encoding="utf-8").split())


def hashed(password: str) -> str:
    with _AT_ONCE:
        return _HASHER.hash(password.encode("utf-8", "surrogatepass"))


@lru_cache(maxsize=1)
def _nobodys_hash() -> str:
    return hashed("the account that does not exist")


def password_fits(kept: str | None, typed: str) -> bool:
    """Tell whether a password is right; takes as long when there is no account or no password.

    Tried as typed, then once in NFC: Vietnamese keyboards write composed or decomposed letters.
    """
    spellings = [typed]
    composed = unicodedata.normalize("NFC", typed)
    if composed != typed:
        spellings.append(composed)
    fits = False
    for spelling in spellings:
        given = spelling.encode("utf-8", "surrogatepass")
        if len(given) > PASSWORD_BYTES:
            given = b""
        with _AT_ONCE:
            try:
                fits = _HASHER.verify(kept or _nobodys_hash(), given) or fits
            except (VerificationError, InvalidHashError):
                continue
    return fits and kept is not None


def wants_new_hash(kept: str) -> bool:
    """Tell whether a stored hash was made with weaker settings than today's."""
    return _HASHER.check_needs_rehash(kept)
