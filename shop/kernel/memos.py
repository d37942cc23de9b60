"""The code that somebody writes into a transfer, and finding it in what banks make of it.

Two letters of the site, seven random characters, one check character. Source:
DECISIONS 4; shapes of real bank texts in DOMAIN 1.2.
"""

import re
import secrets

from shop.kernel.codes import ALPHABET, check_character, read_code

BODY_LENGTH = 7
MEMO_LENGTH = 2 + BODY_LENGTH + 1
#: The check is a sum modulo 31, to which Z (31) and 0 are the same. Without Z every
#: single wrong character is noticed; 31^7 codes are plenty.
_BODY_ALPHABET = ALPHABET[:31]


def new_memo(prefix: str) -> str:
    """Return a fresh memo such as ``CP7K2M9PXA``, neither guessable nor sequential.

    The prefix does not come again inside, where words glued on could look like a second memo.
    """
    while True:
        body = "".join(secrets.choice(_BODY_ALPHABET) for _ in range(BODY_LENGTH))
        memo = prefix + body + check_character(body)
        if read_code(prefix) not in read_code(memo)[1:]:
            return memo


def read_memo(text: str, prefix: str) -> list[str]:
    """Return every valid memo in a bank's text, in order, each once.

    Banks change case, drop or add punctuation, split words and glue others on, so
    everything but letters and digits is dropped first. People mix up I, L and 1, and
    O and 0. What is found counts only if its check character does.
    """
    bare = read_code(text)
    start = read_code(prefix)
    found: dict[str, None] = {}
    pattern = rf"(?=({re.escape(start)}([{_BODY_ALPHABET}]{{{BODY_LENGTH}}})([{_BODY_ALPHABET}])))"
    for match in re.finditer(pattern, bare):
        body, check = match[2], match[3]
        if check_character(body) == check:
            found[prefix + body + check] = None
    return list(found)


def spoken(memo: str) -> str:
    """Return a memo in groups for reading aloud: "CP 7K2M 9PXA"."""
    rest = memo[2:]
    return " ".join((memo[:2], rest[:4], rest[4:]))
