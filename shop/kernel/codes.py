"""Codes that people read aloud and banks mangle: Crockford base 32, no I, L, O, U."""

import secrets

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
#: Of a code that pays for whoever has it. Sixty random bits: nobody meets one by chance, and tries
#: are counted.
BEARER_LENGTH = 12
_LOOK_ALIKES = str.maketrans("ILO", "110")


def random_code(length: int) -> str:
    """Return ``length`` random characters, 5 bits each."""
    return "".join([ALPHABET[byte % 32] for byte in secrets.token_bytes(length)])


def read_code(text: str) -> str:
    """Return a typed or spoken code in one form: upper case, I and L as 1, O as 0."""
    return "".join(c for c in text.upper() if c.isascii() and c.isalnum()).translate(_LOOK_ALIKES)


def read_bearer_code(typed: str) -> str:
    """Return a typed code, which pays for whoever has it, as it is looked up; "" when it is none.

    >>> read_bearer_code("7k2m-9pxa o1il")
    '7K2M9PXA0111'
    """
    code = read_code(typed[:60])
    return code if len(code) == BEARER_LENGTH else ""


def in_fours(code: str) -> str:
    """Return such a code as it is printed and read aloud.

    >>> in_fours("7K2M9PXA0111")
    '7K2M-9PXA-0111'
    """
    return "-".join(code[at : at + 4] for at in range(0, len(code), 4))


def check_character(body: str) -> str:
    """Return the check character of a code body.

    Weighted sum modulo 31, so that one wrong character and any two swapped
    neighbours are noticed. Source: DECISIONS 4.
    """
    total = sum((i + 2) * ALPHABET.index(c) for i, c in enumerate(body))
    return ALPHABET[total % 31]
