"""Codes that people read aloud and banks mangle: Crockford base 32, no I, L, O, U."""

import secrets

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_LOOK_ALIKES = str.maketrans("ILO", "110")


def random_code(length: int) -> str:
    """Return ``length`` random characters, 5 bits each."""
    return "".join([ALPHABET[byte % 32] for byte in secrets.token_bytes(length)])


def read_code(text: str) -> str:
    """Return a typed or spoken code in one form: upper case, I and L as 1, O as 0."""
    return "".join(c for c in text.upper() if c.isascii() and c.isalnum()).translate(_LOOK_ALIKES)


def check_character(body: str) -> str:
    """Return the check character of a code body.

    Weighted sum modulo 31, so that one wrong character and any two swapped
    neighbours are noticed. Source: DECISIONS 4.
    """
    total = sum((i + 2) * ALPHABET.index(c) for i, c in enumerate(body))
    return ALPHABET[total % 31]
